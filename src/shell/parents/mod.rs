//! The processes that this one was started by.

#[cfg_attr(any(target_os = "linux", target_os = "android"), path = "proc.rs")]
#[cfg_attr(not(any(target_os = "linux", target_os = "android")), path = "table.rs")]
mod system;

use std::cell::LazyCell;
use std::path::PathBuf;

type Arguments = Vec<Vec<u8>>;

/// The properties of a process that identify a shell.
pub(super) struct Process {
    /// The file that it runs; unknown where it is another user's.
    pub(super) executable: Option<PathBuf>,
    /// Its command line. Read on demand, as few processes need it.
    pub(super) arguments: LazyCell<Arguments, Box<dyn FnOnce() -> Arguments>>,
}

/// Parents that are looked at: a bound, as process numbers are reused while this is reading.
const LIMIT: usize = 64;

/// The parents of this process, the nearest first; none where the system does not show them.
pub(super) fn parents() -> impl Iterator<Item = Process> {
    system::parents().take(LIMIT)
}
