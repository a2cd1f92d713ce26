//! The host, the cache and the interrupt flag, which nearly every operation needs.

use super::cache::Cache;
use super::host::Host;
use super::interrupt::Interrupt;

/// The process, what it remembers between runs, and the signals that it received.
#[derive(Clone, Copy, Debug)]
pub struct Session<'a> {
    /// Variables, current directory, platform.
    pub host: &'a Host,
    /// The user's cache.
    pub cache: &'a Cache,
    /// Whether a signal asked the program to end.
    pub interrupt: &'a Interrupt,
}
