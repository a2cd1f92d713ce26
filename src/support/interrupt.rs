//! The request of a signal to end the program, which long-running work checks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{Error, Result};

/// The number of the signal that asked the program to end, or 0. Signal handlers set it; the library checks
/// it between steps, so that destructors remove unfinished files.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicUsize>);

impl Interrupt {
    /// The variable in which the handlers store the signal's number.
    pub fn flag(&self) -> &Arc<AtomicUsize> {
        &self.0
    }

    /// Fails if a signal has arrived.
    ///
    /// # Errors
    /// [`Error::Interrupted`], also for each later call.
    pub fn check(&self) -> Result<()> {
        match self.0.load(Ordering::Relaxed) {
            0 => Ok(()),
            signal => Err(Error::Interrupted { signal }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupt_stays() {
        let interrupt = Interrupt::default();
        interrupt.check().unwrap();
        interrupt.flag().store(15, Ordering::Relaxed);
        for seen in [interrupt.clone(), interrupt] {
            assert!(matches!(seen.check(), Err(Error::Interrupted { signal: 15 })));
        }
    }
}
