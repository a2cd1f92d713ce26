//! Running an interpreter so that nothing but the interpreter answers.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::python::Reason;
use crate::support::host::Host;

/// Variables that change what an interpreter does although it runs isolated (`-I`).
const MISLEADING: [&str; 2] = ["__PYVENV_LAUNCHER__", "VIRTUAL_ENV"];

/// The most that is read of a child's output: an answer takes about 2 KiB.
const OUTPUT_LIMIT: usize = 1 << 20;

/// The most that an answer may take that is meant to be large: pip's bytecode is 5 MiB.
const ANSWER_LIMIT: u64 = 1 << 28;

/// `executable -I -B`, with the host's variables less those that mislead a Python, and nothing to
/// read from. `-I` keeps the user's site and the current directory out, `-B` writes no bytecode
/// into an installation that is not ours.
pub(crate) fn isolated(executable: &Path, host: &Host) -> Command {
    let mut command = Command::new(executable);
    let vars = host.vars().filter(|(name, _)| {
        let name = name.to_string_lossy();
        !name.starts_with("PYTHON") && !MISLEADING.contains(&name.as_ref())
    });
    command.args(["-I", "-B"]).env_clear().envs(vars).current_dir(host.cwd()).stdin(Stdio::null());
    command
}

/// What a child said before it ended.
#[derive(Debug)]
pub(crate) struct Output {
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// What it wrote, up to a limit.
    pub(crate) stdout: Vec<u8>,
    /// What it complained of, up to a limit.
    pub(crate) stderr: Vec<u8>,
}

/// Runs `command` to its end, or ends it and all that it started when `limit` has passed.
pub(crate) fn run_with_timeout(command: &mut Command, limit: Duration) -> Result<Output, Reason> {
    let deadline = Instant::now() + limit;
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let cannot_run = |error: io::Error| Reason::CannotRun(error.to_string());
    let mut child = command.spawn().map_err(cannot_run)?;
    let drains = Drain::of(child.stdout.take())
        .and_then(|stdout| Ok((stdout, Drain::of(child.stderr.take())?)));
    let (stdout, stderr) = drains.inspect_err(|_| end(&mut child)).map_err(cannot_run)?;
    let Some(status) = wait(&mut child, deadline) else {
        end(&mut child);
        return Err(Reason::Hangs(limit));
    };
    Ok(Output { status, stdout: stdout.finish(), stderr: stderr.finish() })
}

/// Waits for `child`, whose answer may be large, as bytecode is. Not `wait_with_output`, which
/// panics where a pipe cannot be read.
pub(crate) fn wait_with_output(mut child: Child) -> io::Result<Output> {
    let stderr = Drain::of(child.stderr.take())?;
    let mut stdout = Vec::new();
    let received = match child.stdout.take() {
        Some(pipe) => pipe.take(ANSWER_LIMIT + 1).read_to_end(&mut stdout),
        None => Ok(0),
    };
    let status = child.wait()?;
    if received? as u64 > ANSWER_LIMIT {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(Output { status, stdout, stderr: stderr.finish() })
}

/// A pipe that is being read to its end by a thread of its own, so that a full pipe never blocks
/// the child; the first part is kept.
struct Drain {
    kept: Arc<Mutex<Vec<u8>>>,
    ended: mpsc::Receiver<()>,
}

impl Drain {
    fn of(pipe: Option<impl Read + Send + 'static>) -> io::Result<Self> {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let (sender, ended) = mpsc::channel();
        let shared = Arc::clone(&kept);
        // Not `thread::spawn`, which panics where there may be no more threads.
        thread::Builder::new().spawn(move || {
            let mut buffer = [0; 8192];
            let mut pipe = pipe;
            while let Some(Ok(count @ 1..)) = pipe.as_mut().map(|pipe| pipe.read(&mut buffer)) {
                let mut kept = shared.lock().unwrap_or_else(PoisonError::into_inner);
                let room = OUTPUT_LIMIT.saturating_sub(kept.len()).min(count);
                kept.extend_from_slice(&buffer[..room]);
            }
            drop(sender);
        })?;
        Ok(Self { kept, ended })
    }

    /// What was read. The child has ended, but a process that it left behind may hold the pipe
    /// open: then what is there by now is all.
    fn finish(self) -> Vec<u8> {
        let _ = self.ended.recv_timeout(Duration::from_millis(200));
        std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Waits for `child` until `deadline`.
fn wait(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    let mut pause = Duration::from_micros(500);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < deadline => thread::sleep(pause),
            Ok(None) | Err(_) => return None,
        }
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}

/// Ends `child`, and on Unix its whole process group: a shim's grandchild may be what hangs.
fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    // Either fails only when it has ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}
