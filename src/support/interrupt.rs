//! A signal that asks the program to end, as a value that long work looks at.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{Error, Result};

/// Was the program asked to end? The binary's signal handlers store the signal's number; the
/// library asks between two pieces of work, so that what it built is taken away by destructors.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicUsize>);

impl Interrupt {
    /// The variable in which the handlers store the signal's number.
    pub fn flag(&self) -> &Arc<AtomicUsize> {
        &self.0
    }

    /// # Errors
    /// [`Error::Interrupted`] from the moment on that a signal has come.
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
