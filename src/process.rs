//! Signals, and handing the terminal over to another program.

use std::io;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use rvenv::Error;
use rvenv::interrupt::Interrupt;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

/// What ends a program from outside: Ctrl-C, a service manager, a terminal that was closed.
#[cfg(unix)]
const ENDING: [i32; 3] = [SIGINT, SIGTERM, signal_hook::consts::SIGHUP];
#[cfg(not(unix))]
const ENDING: [i32; 2] = [SIGINT, SIGTERM];

/// How long a child is left alone between two looks at it.
const PATIENCE: Duration = Duration::from_millis(20);

/// POSIX shells' code for a command that is there and cannot be executed.
pub(crate) const CANNOT_EXECUTE: u8 = 126;
/// POSIX shells' code for a command that is not there.
pub(crate) const NOT_FOUND: u8 = 127;

/// Lets the signals that end a program end the work first: what was begun is taken away, then
/// [`end_by`] ends the program as the signal would have. A second signal ends it at once.
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
pub(crate) fn end_by(signal: usize) -> ExitCode {
    let number = i32::try_from(signal).unwrap_or_default();
    // Only a system that does not know the signal comes back from this.
    let _ = low_level::emulate_default_handler(number);
    ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX))
}

/// Runs `command` in this program's place: on Unix it becomes the command, so that signals, the
/// terminal and the exit code are the command's own.
#[cfg(unix)]
pub(crate) fn become_command(mut command: Command) -> anyhow::Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(failed(&command, error))
}

/// Runs `command` and ends with its exit code, of which Windows has 32 bits. Ctrl-C reaches it by
/// itself, as it shares the console; this program waits for what the command makes of it.
#[cfg(not(unix))]
#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "`ExitCode` carries only 8 of the bits, and there is nothing left to clean up"
)]
pub(crate) fn become_command(mut command: Command) -> anyhow::Result<ExitCode> {
    flag::register(SIGINT, Arc::default())?;
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => Err(failed(&command, error)),
    }
}

/// Runs `command` to its end and gives its exit code, 128 + n where signal n ended it. What
/// interrupts this program is for the command to answer, and its answer is waited for.
pub(crate) fn wait_for(command: &mut Command, interrupt: &Interrupt) -> anyhow::Result<u8> {
    let mut child = command.spawn().map_err(|error| failed(command, error))?;
    let mut told = false;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(code(status));
        }
        if let (Err(Error::Interrupted { signal }), false) = (interrupt.check(), told) {
            told = true;
            hand_on(signal, &child);
        }
        thread::sleep(PATIENCE);
    }
}

/// Passes a signal on that was sent to this program alone; Ctrl-C is sent to both by the terminal.
#[cfg(unix)]
fn hand_on(signal: usize, child: &Child) {
    use rustix::process::{Pid, Signal, kill_process};
    let signal = i32::try_from(signal).ok().filter(|signal| *signal != SIGINT);
    let signal = signal.and_then(Signal::from_named_raw);
    if let (Some(signal), Some(pid)) = (signal, Pid::from_raw(child.id().cast_signed())) {
        // It may have ended by now.
        let _ = kill_process(pid, signal);
    }
}

#[cfg(not(unix))]
fn hand_on(_signal: usize, _child: &Child) {}

#[cfg(unix)]
fn code(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    let code = status.code().or_else(|| Some(128 + status.signal()?)).unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}

#[cfg(not(unix))]
fn code(status: ExitStatus) -> u8 {
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

/// What the system means when it does not find a program that is there.
#[cfg(unix)]
const WHY_NOT: &str = ": its first line names an interpreter that is not there";
#[cfg(not(unix))]
const WHY_NOT: &str = ": its path is too long for Windows to start it";

/// An error that carries the exit code that a shell would give.
#[derive(Debug, thiserror::Error)]
#[error("cannot run `{}`{}", program.display(), if *is_there { WHY_NOT } else { "" })]
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
