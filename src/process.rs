//! Signals, and handing the terminal over to another program.

use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

use rvenv::support;
use rvenv::support::interrupt::Interrupt;

#[cfg_attr(unix, path = "process/unix.rs")]
#[cfg_attr(not(unix), path = "process/windows.rs")]
mod sys;

pub(crate) use sys::{exec, exit_by_signal, exit_code, watch_signals};

/// How long a child is left alone between two looks at it.
const PATIENCE: Duration = Duration::from_millis(20);

/// POSIX shells' code for a command that is there and cannot be executed.
pub(crate) const CANNOT_EXECUTE: u8 = 126;
/// POSIX shells' code for a command that is not there.
pub(crate) const NOT_FOUND: u8 = 127;

/// Runs `command` to its end and gives its exit code, 128 + n where signal n ended it. What
/// interrupts this program is for the command to answer, and its answer is waited for.
pub(crate) fn wait_for(command: &mut Command, interrupt: &Interrupt) -> anyhow::Result<i32> {
    let mut child = command.spawn().map_err(|error| failed(command, error))?;
    let mut told = false;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(sys::code(status));
        }
        if let (Err(support::Error::Interrupted { signal }), false) = (interrupt.check(), told) {
            told = true;
            sys::forward_signal(signal, &child);
        }
        thread::sleep(PATIENCE);
    }
}

/// An error that carries the exit code that a shell would give.
#[derive(Debug, thiserror::Error)]
#[error("cannot run `{}`{}", program.display(), if *is_there { sys::WHY_NOT } else { "" })]
pub(crate) struct CannotRun {
    program: PathBuf,
    /// Whether it is there, although the system found nothing.
    is_there: bool,
    /// 126 or 127.
    pub(crate) code: u8,
    source: io::Error,
}

fn failed(command: &Command, source: io::Error) -> anyhow::Error {
    let program = PathBuf::from(command.get_program());
    let missing = source.kind() == io::ErrorKind::NotFound;
    let is_there = missing && program.is_file();
    let code = if missing && !is_there { NOT_FOUND } else { CANNOT_EXECUTE };
    CannotRun { program, is_there, code, source }.into()
}
