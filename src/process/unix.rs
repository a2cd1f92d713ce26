//! The signals of POSIX, and `exec`.

use std::io;
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rvenv::support::interrupt::Interrupt;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

use super::failed;

/// What ends a program from outside: Ctrl-C, a service manager, a terminal that was closed.
const ENDING: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];

/// What the system means when it does not find a program that is there.
pub(super) const WHY_NOT: &str = ": its first line names an interpreter that is not there";

/// Lets the signals that end a program end the work first: what was begun is taken away, then
/// [`exit_by_signal`] ends the program as the signal would have. A second signal ends it at once.
pub(crate) fn watch_signals(interrupt: &Interrupt) -> io::Result<()> {
    let second = Arc::new(AtomicBool::new(false));
    for signal in ENDING {
        flag::register_conditional_default(signal, Arc::clone(&second))?;
        flag::register(signal, Arc::clone(&second))?;
        flag::register_usize(
            signal,
            Arc::clone(interrupt.flag()),
            usize::try_from(signal).unwrap_or_default(),
        )?;
    }
    Ok(())
}

/// Ends the program as `signal` would have, so that the shell knows.
pub(crate) fn exit_by_signal(signal: usize) -> ExitCode {
    let number = i32::try_from(signal).unwrap_or_default();
    // Only a system that does not know the signal comes back from this.
    let _ = low_level::emulate_default_handler(number);
    ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX))
}

/// Runs `command` in this program's place: on Unix it becomes the command, so that signals, the
/// terminal and the exit code are the command's own.
pub(crate) fn exec(mut command: Command) -> anyhow::Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(failed(&command, error))
}

/// Passes a signal on that was sent to this program alone; Ctrl-C is sent to both by the terminal.
pub(super) fn forward_signal(signal: usize, child: &Child) {
    use rustix::process::{Pid, Signal, kill_process};
    let signal = i32::try_from(signal).ok().filter(|signal| *signal != SIGINT);
    let signal = signal.and_then(Signal::from_named_raw);
    if let (Some(signal), Some(pid)) = (signal, Pid::from_raw(child.id().cast_signed())) {
        // It may have ended by now.
        let _ = kill_process(pid, signal);
    }
}

/// The exit code as shells give it.
pub(super) fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().or_else(|| Some(128 + status.signal()?)).unwrap_or(1)
}

/// A child's code as this program's own.
pub(crate) fn exit_code(code: i32) -> ExitCode {
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
