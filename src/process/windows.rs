//! Ctrl-C, Ctrl-Break and the closing of the console. They are sent to every program that shares it, so
//! that there is none to be handed on to a child.
#![allow(clippy::exit, clippy::disallowed_methods, reason = "`ExitCode` has 8 of the 32 bits")]

use std::io;
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rvenv::support::interrupt::Interrupt;

use super::failed;

/// The number of Ctrl-C in C.
const SIGINT: usize = 2;
/// `STATUS_CONTROL_C_EXIT`: what Windows ends a program with that does not catch Ctrl-C.
const INTERRUPTED: i32 = 0xC000_013A_u32.cast_signed();

/// The cause if `CreateProcessW` does not find an existing program.
pub(super) const WHY_NOT: &str = ": its path is too long for Windows to start it";

/// Lets Ctrl-C end the work first: what was begun is taken away, then [`exit_by_signal`] ends the program.
/// A second one ends it at once.
pub(crate) fn watch_signals(interrupt: &Interrupt) -> io::Result<()> {
    let flag = Arc::clone(interrupt.flag());
    on_interrupt(move || {
        if flag.swap(SIGINT, Ordering::Relaxed) != 0 {
            std::process::exit(INTERRUPTED);
        }
    })
}

fn on_interrupt(handler: impl FnMut() + Send + 'static) -> io::Result<()> {
    ctrlc::set_handler(handler).map_err(io::Error::other)
}

/// Ends the program as Ctrl-C would have, so that the shell knows.
pub(crate) fn exit_by_signal(_signal: usize) -> ExitCode {
    std::process::exit(INTERRUPTED)
}

/// Runs `command` and ends with its exit code. This program ignores Ctrl-C, which `command` handles, and
/// waits for its exit code.
pub(crate) fn exec(mut command: Command) -> anyhow::Result<ExitCode> {
    on_interrupt(|| {})?;
    match command.status() {
        Ok(status) => Ok(exit_code(code(status))),
        Err(error) => Err(failed(&command, error)),
    }
}

/// The console has sent the signal to the child, too.
pub(super) fn forward_signal(_signal: usize, _child: &Child) {}

/// The exit code.
pub(super) fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(1)
}

/// A child's code as this program's own: one that is larger ends it here.
pub(crate) fn exit_code(code: i32) -> ExitCode {
    u8::try_from(code).map_or_else(|_| std::process::exit(code), ExitCode::from)
}
