//! Runs an interpreter with a time limit and collects its output.

use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::python::Reason;
use crate::support::host::Host;
#[cfg(target_os = "linux")]
use crate::support::processes::{self, Stat};
use crate::support::python_vars::MISLEADING;

#[cfg(not(unix))]
#[path = "pipe_threads.rs"]
mod pipe;
#[cfg(unix)]
#[path = "pipe_unix.rs"]
mod pipe;

use pipe::Pipes;

/// Bytes that are kept of each output stream of a probe, the last ones: the answer has about 2 KiB, and
/// start-up files may print before it.
const PROBE_OUTPUT_LIMIT: usize = 1024 * 1024;

/// Bytes that a helper program of rvenv may write to stdout: the bytecode of pip has 5 MiB.
const HELPER_OUTPUT_LIMIT: usize = 256 * 1024 * 1024;

/// The longest pause between two calls of `waitpid` on a child that runs.
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// `executable -I -B -X utf8`, without the host's variables that mislead a Python, and with an empty stdin.
/// `-I` ignores the user's site-packages and the current directory, `-B` writes no bytecode into the
/// installation, `-X utf8` (PEP 540) decodes paths in the same way under each locale.
pub(crate) fn isolated(executable: &Path, host: &Host) -> Command {
    let mut command = Command::new(executable);
    let vars = host.vars().filter(|(name, _)| {
        let name = name.to_string_lossy();
        !name.starts_with("PYTHON") && !MISLEADING.contains(&&*name) && name != "VIRTUAL_ENV"
    });
    command.args(["-I", "-B", "-X", "utf8"]);
    command.env_clear().envs(vars).current_dir(host.cwd()).stdin(Stdio::null());
    command
}

/// Exit status and output of a child.
#[derive(Debug)]
pub(crate) struct Output {
    /// The exit status.
    pub(crate) status: ExitStatus,
    /// Its stdout, up to a limit.
    pub(crate) stdout: Vec<u8>,
    /// Its stderr, up to a limit.
    pub(crate) stderr: Vec<u8>,
}

/// The bytes of a stream that are kept.
#[derive(Clone, Copy)]
enum Keep {
    /// At most this many, the last ones.
    Last(usize),
    /// All of them. More than this many are an error.
    AtMost(usize),
}

/// The bytes that were read from a stream.
struct Stream {
    bytes: Vec<u8>,
    keep: Keep,
}

impl Stream {
    const fn new(keep: Keep) -> Self {
        Self { bytes: Vec::new(), keep }
    }

    /// Adds bytes that were read.
    fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.extend_from_slice(bytes);
        match self.keep {
            Keep::AtMost(limit) if self.bytes.len() > limit => {
                Err(io::ErrorKind::FileTooLarge.into())
            }
            // Twice the limit, so that a long output is not moved with each read.
            Keep::Last(limit) if self.bytes.len() > 2 * limit => {
                self.bytes.drain(..self.bytes.len() - limit);
                Ok(())
            }
            Keep::AtMost(_) | Keep::Last(_) => Ok(()),
        }
    }
}

/// The time until which a child has to end.
struct Deadline {
    start: Instant,
    limit: Duration,
    end: Instant,
}

impl Deadline {
    /// A child that the machine has no time for gets this multiple of its limit.
    const MOST: u32 = 6;

    fn after(limit: Duration) -> Self {
        let start = Instant::now();
        Self { start, limit, end: start + limit }
    }

    /// The time that is left. When none is, and `child` waits for a processor or a disk instead of
    /// something that may never happen, it gets more.
    fn left(&mut self, child: &Child) -> Duration {
        let left = self.end.saturating_duration_since(Instant::now());
        if !left.is_zero() || self.start.elapsed() > self.limit * Self::MOST {
            return left;
        }
        let more = if is_starved(child.id(), self.limit) { self.limit / 10 } else { left };
        self.end = Instant::now() + more;
        more
    }
}

/// Whether a process of `group` is busy although all of them together had a processor for less than `limit`.
#[cfg(target_os = "linux")]
fn is_starved(group: u32, limit: Duration) -> bool {
    let stats = processes::directories().filter_map(|process| Stat::read(&process));
    let stats: Vec<_> = stats.filter(|stat| u32::try_from(stat.group) == Ok(group)).collect();
    let ticks: u64 = stats.iter().map(|stat| stat.ticks).sum();
    let spent = Duration::from_secs(ticks) / clock_ticks_per_second();
    stats.iter().any(|stat| stat.is_busy) && spent < limit
}

/// The unit of the times in `/proc`.
#[cfg(target_os = "linux")]
fn clock_ticks_per_second() -> u32 {
    u32::try_from(rustix::param::clock_ticks_per_second()).unwrap_or(100)
}

/// Other systems do not say how long a process waited for a processor.
#[cfg(not(target_os = "linux"))]
const fn is_starved(_group: u32, _limit: Duration) -> bool {
    false
}

/// Runs `command` to its end. After `limit`, the child and its process group are killed; on a busy
/// machine, on which it had no processor for so long, later.
///
/// # Errors
/// [`Reason::CannotRun`] when the child cannot be started or its output cannot be read;
/// [`Reason::Hangs`] when it did not end within `limit`.
pub(crate) fn run_with_timeout(command: &mut Command, limit: Duration) -> Result<Output, Reason> {
    let deadline = Deadline::after(limit);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let cannot_run = |error: io::Error| Reason::CannotRun(error.to_string());
    let mut child = command.spawn().map_err(cannot_run)?;
    let keep = Keep::Last(PROBE_OUTPUT_LIMIT);
    match collect(&mut child, keep, Some(deadline)) {
        Ok(Some(output)) => Ok(output),
        Ok(None) => {
            kill_group(&mut child);
            Err(Reason::Hangs(limit))
        }
        Err(error) => {
            kill_group(&mut child);
            Err(cannot_run(error))
        }
    }
}

/// Waits for `child` and returns its output. [`Child::wait_with_output`] would panic if a pipe cannot be
/// read.
///
/// # Errors
/// When a pipe cannot be read, or stdout is larger than 256 MiB.
pub(crate) fn wait_with_output(mut child: Child) -> io::Result<Output> {
    let collected = collect(&mut child, Keep::AtMost(HELPER_OUTPUT_LIMIT), None);
    if collected.is_err() {
        kill(&mut child);
    }
    collected?.ok_or_else(|| io::ErrorKind::TimedOut.into())
}

/// Reads both pipes until the child has ended; `None` when `deadline` passed before that.
///
/// When `waitpid` reports the exit, the pipes contain everything that the child wrote, and a process that
/// it left may keep them open. So the pipes are read once more without waiting.
fn collect(
    child: &mut Child,
    keep: Keep,
    mut deadline: Option<Deadline>,
) -> io::Result<Option<Output>> {
    let streams = [Stream::new(keep), Stream::new(Keep::Last(PROBE_OUTPUT_LIMIT))];
    let mut pipes = Pipes::new(child.stdout.take(), child.stderr.take(), streams)?;
    let mut pause = Duration::from_micros(500);
    loop {
        let is_open = pipes.read_available()?;
        if let Some(status) = child.try_wait()? {
            let [stdout, stderr] = pipes.finish(deadline.map(|deadline| deadline.end))?;
            return Ok(Some(Output { status, stdout, stderr }));
        }
        let left = deadline.as_mut().map(|deadline| deadline.left(child));
        if left.is_some_and(|left| left.is_zero()) {
            return Ok(None);
        }
        let pause_now = left.map_or(pause, |left| left.min(pause));
        if is_open {
            pipes.wait(pause_now)?;
        } else {
            thread::sleep(pause_now);
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Kills `child`, and on Unix its whole process group: a shim may have started the process that hangs. A
/// process that left the group (setsid(2)) goes on. To find it takes a cgroup, which users may not create
/// everywhere; only programs that the user or the search for Pythons chose are started in this way.
fn kill_group(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    kill(child);
}

/// Kills `child` and reaps it.
fn kill(child: &mut Child) {
    // Both fail only if it has already exited.
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// Starts `sh -c TEXT` in a process group of its own.
    fn start(text: &str) -> io::Result<Child> {
        use std::os::unix::process::CommandExt;
        Command::new("sh").args(["-c", text]).process_group(0).spawn()
    }

    /// A deadline of 1 s after a start that was `age` ago.
    fn deadline(age: Duration) -> Option<Deadline> {
        let start = Instant::now().checked_sub(age)?;
        let limit = Duration::from_secs(1);
        Some(Deadline { start, limit, end: start + limit })
    }

    #[test]
    fn a_child_that_had_no_processor_gets_more_time() {
        let mut busy = start("while :; do :; done").unwrap();
        let left = |age| deadline(Duration::from_secs(age)).unwrap().left(&busy);
        assert_eq!(left(2), Duration::from_millis(100));
        assert_eq!(left(7), Duration::ZERO, "after six times its limit");
        kill_group(&mut busy);
    }

    #[test]
    fn a_child_that_waits_for_something_else_gets_no_more_time() {
        let mut waits = start("exec sleep 60").unwrap();
        let end = Instant::now() + Duration::from_secs(20);
        while is_starved(waits.id(), Duration::from_secs(20)) && Instant::now() < end {
            thread::sleep(LONGEST_PAUSE);
        }
        assert_eq!(deadline(Duration::from_secs(2)).unwrap().left(&waits), Duration::ZERO);
        kill_group(&mut waits);
    }

    #[test]
    fn a_child_that_waits_or_uses_its_time_gets_no_more() {
        for text in ["sleep 60", "while :; do :; done"] {
            let start = Instant::now();
            let limit = Duration::from_millis(300);
            let ran = run_with_timeout(Command::new("sh").args(["-c", text]), limit);
            assert!(matches!(ran, Err(Reason::Hangs(_))), "{text}: {ran:?}");
            assert!(start.elapsed() < Duration::from_secs(50), "{text}");
        }
    }
}
