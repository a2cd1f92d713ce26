//! Signals, and starting programs that use the terminal.

use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

use rvenv::support;
use rvenv::support::interrupt::Interrupt;

mod exit;
#[cfg_attr(unix, path = "process/unix.rs")]
#[cfg_attr(not(unix), path = "process/windows.rs")]
mod sys;

pub(crate) use exit::Exit;
pub(crate) use sys::{exec, exit_by_signal, exit_code, watch_signals};

/// Polling interval while waiting for a child.
const PATIENCE: Duration = Duration::from_millis(20);

/// Runs `command` and returns its exit code, 128 + n if signal n ended it. A signal to this program is
/// passed to the command, and its exit is awaited.
pub(crate) fn wait_for(command: &mut Command, interrupt: &Interrupt) -> anyhow::Result<i32> {
    let mut child = command.spawn().map_err(|error| failed(command, error))?;
    let mut is_forwarded = false;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(sys::code(status));
        }
        if let (Err(support::Error::Interrupted { signal }), false) =
            (interrupt.check(), is_forwarded)
        {
            is_forwarded = true;
            sys::forward_signal(signal, &child);
        }
        thread::sleep(PATIENCE);
    }
}

/// A program that could not be started, with the exit code that a shell would return.
#[derive(Debug, thiserror::Error)]
#[error("cannot run `{}`{}", program.display(), if *is_there { sys::WHY_NOT } else { "" })]
pub(crate) struct CannotRun {
    program: PathBuf,
    /// Whether the file exists although the system reports that it does not.
    is_there: bool,
    pub(crate) code: Exit,
    source: io::Error,
}

fn failed(command: &Command, source: io::Error) -> anyhow::Error {
    let program = PathBuf::from(command.get_program());
    let missing = source.kind() == io::ErrorKind::NotFound;
    let is_there = missing && program.is_file();
    let code = if missing && !is_there { Exit::NotFound } else { Exit::CannotExecute };
    CannotRun { program, is_there, code, source }.into()
}
