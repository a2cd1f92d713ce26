//! The signals of POSIX, and `exec`.

use std::io;
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rvenv::support::interrupt::Interrupt;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

use super::failed;

/// The signals that ask a program to end: Ctrl-C, a service manager, a closed terminal.
const ENDING: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];

/// The cause if execve(2) returns ENOENT for an existing file.
pub(super) const WHY_NOT: &str = ": its first line names an interpreter that is not there";

/// Makes the first signal stop the work in an orderly way: unfinished changes are rolled back, then
/// [`exit_by_signal`] ends the program. A second signal ends it at once.
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

/// Ends the program by `signal`, so that the shell sees that signal.
pub(crate) fn exit_by_signal(signal: usize) -> ExitCode {
    let number = i32::try_from(signal).unwrap_or_default();
    // Returns only if the system does not know the signal.
    let _ = low_level::emulate_default_handler(number);
    ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX))
}

/// Replaces this program by `command`, which gets its signals, terminal and exit code (execve(2)).
pub(crate) fn exec(mut command: Command) -> anyhow::Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(failed(&command, error))
}

/// Forwards a signal that was sent to this program alone; the terminal sends Ctrl-C to both.
pub(super) fn forward_signal(signal: usize, child: &Child) {
    use rustix::process::{Pid, Signal, kill_process};
    let signal = i32::try_from(signal).ok().filter(|signal| *signal != SIGINT);
    let signal = signal.and_then(Signal::from_named_raw);
    if let (Some(signal), Some(pid)) = (signal, Pid::from_raw(child.id().cast_signed())) {
        // The child may have ended.
        let _ = kill_process(pid, signal);
    }
}

/// The exit code as shells report it.
pub(super) fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().or_else(|| Some(128 + status.signal()?)).unwrap_or(1)
}

/// A child's code as this program's own.
pub(crate) fn exit_code(code: i32) -> ExitCode {
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
