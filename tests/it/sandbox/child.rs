//! Child processes with a deadline: a test that hangs fails, and shows the output up to then.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{
    Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Output, Stdio,
};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// The longest that a child may run. `RVENV_TEST_DEADLINE` gives another number of seconds.
///
/// The slowest child by far, an installation from the package index, takes 30 s on a busy machine.
pub(crate) fn deadline() -> Duration {
    let seconds = std::env::var("RVENV_TEST_DEADLINE").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(180))
}

/// The result of a command.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code; `None` if a signal ended the process.
    pub(crate) code: Option<i32>,
    /// The signal that ended the process.
    pub(crate) signal: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Runs `command` to its end, within the [`deadline`].
    #[track_caller]
    pub(crate) fn of(command: &mut Command) -> Self {
        Running::start(command).wait()
    }

    /// Asserts the exit code, and shows the whole output if it is another.
    #[track_caller]
    pub(crate) fn code(self, expected: i32) -> Self {
        assert_eq!(self.code, Some(expected), "{self:#?}");
        self
    }

    /// Asserts success.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        self.code(0)
    }
}

/// Copies rvenv to `to`: see [`copy_program`].
pub(crate) fn copy_rvenv(to: &Path) {
    copy_program(Path::new(env!("CARGO_BIN_EXE_rvenv")), to);
}

/// Copies a program to `to`, which rvenv starts at once. Another process does it: one that a parallel test
/// forks from this one would have the copy open for writing, and then no program can start it ("Text file
/// busy").
pub(crate) fn copy_program(from: &Path, to: &Path) {
    Ran::of(Command::new("cp").args([from, to])).ok();
}

/// Writes a script that rvenv starts at once, in another process, for the reason of [`copy_program`].
pub(crate) fn write_program(path: &Path, text: &str) {
    // install(1) of BSD copies regular files only.
    let mut shell = Command::new("sh");
    shell.args(["-c", "cat >\"$0\" && chmod 755 \"$0\""]).arg(path);
    let (running, mut stdin) = Running::start_with_input(&mut shell);
    stdin.write_all(text.as_bytes()).expect("a pipe to the program");
    drop(stdin);
    running.wait().ok();
}

/// Starts `command`, again while its program is busy: a process that another test has just forked can still
/// have the file open that this test wrote.
fn spawn(command: &mut Command) -> io::Result<Child> {
    let end = Instant::now() + deadline();
    loop {
        match command.spawn() {
            Err(error)
                if error.kind() == io::ErrorKind::ExecutableFileBusy && Instant::now() < end =>
            {
                thread::sleep(Duration::from_millis(1));
            }
            spawned => return spawned,
        }
    }
}

/// A process that was started, and the processes that it starts: they are one process group, which
/// is killed when this is dropped before the end.
pub(crate) struct Running {
    child: Child,
    command: String,
    started: Instant,
    stdout: Option<Collected>,
    stderr: Option<Collected>,
    has_ended: bool,
}

impl Running {
    /// Starts `command`. Streams that it does not redirect are captured, and stdin is empty.
    #[track_caller]
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::start_with(command, Stdio::null())
    }

    /// Starts `command` with a pipe as its stdin.
    #[track_caller]
    pub(crate) fn start_with_input(command: &mut Command) -> (Self, ChildStdin) {
        let mut running = Self::start_with(command, Stdio::piped());
        let stdin = running.child.stdin.take().expect("a pipe");
        (running, stdin)
    }

    /// Starts `command` with a stdout that nobody reads.
    #[track_caller]
    pub(crate) fn start_with_closed_stdout(command: &mut Command) -> Self {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut running =
            Self::spawn(command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped()));
        running.collect();
        running
    }

    #[track_caller]
    fn start_with(command: &mut Command, stdin: Stdio) -> Self {
        let mut running =
            Self::spawn(command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()));
        running.collect();
        running
    }

    #[track_caller]
    fn spawn(command: &mut Command) -> Self {
        super::cached::provide(command);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let child =
            spawn(command).unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
        Self {
            child,
            command: format!("{command:?}"),
            started: Instant::now(),
            stdout: None,
            stderr: None,
            has_ended: false,
        }
    }

    fn collect(&mut self) {
        self.stdout = self.child.stdout.take().map(Collected::of::<ChildStdout>);
        self.stderr = self.child.stderr.take().map(Collected::of::<ChildStderr>);
    }

    /// The process ID.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `condition` holds. Fails if the process ends before, or at the deadline.
    #[track_caller]
    pub(crate) fn wait_until(&mut self, what: &str, condition: impl Fn() -> bool) {
        while !condition() {
            if self.child.try_wait().expect("a child").is_some() {
                panic!("{} ended before {what}: {}", self.command, self.output_so_far());
            }
            self.panic_if_late(what);
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits for the end of the process, but not of its output: processes that it started may go on,
    /// and stay alive.
    #[track_caller]
    pub(crate) fn wait_for_exit(mut self) -> ExitStatus {
        self.exit()
    }

    /// Waits for the end of the process and of its output.
    #[track_caller]
    pub(crate) fn wait(self) -> Ran {
        let (status, stdout, stderr) = self.end();
        Ran {
            code: status.code(),
            signal: signal(status),
            stdout: String::from_utf8_lossy(&stdout).into_owned(),
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
        }
    }

    #[track_caller]
    fn end(mut self) -> (ExitStatus, Vec<u8>, Vec<u8>) {
        for stream in [&self.stdout, &self.stderr].into_iter().flatten() {
            let left = deadline().saturating_sub(self.started.elapsed());
            if stream.ended.recv_timeout(left).is_err() {
                self.panic_if_late("the end of its output");
            }
        }
        let status = self.exit();
        let take = |stream: &Option<Collected>| stream.as_ref().map(Collected::bytes);
        (status, take(&self.stdout).unwrap_or_default(), take(&self.stderr).unwrap_or_default())
    }

    #[track_caller]
    fn exit(&mut self) -> ExitStatus {
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            self.panic_if_late("its end");
            thread::sleep(Duration::from_millis(1));
        };
        self.has_ended = true;
        status
    }

    #[track_caller]
    fn panic_if_late(&self, what: &str) {
        if self.started.elapsed() >= deadline() {
            panic!(
                "{} was killed after {} s, without {what}: {}",
                self.command,
                deadline().as_secs(),
                self.output_so_far()
            );
        }
    }

    fn output_so_far(&self) -> String {
        let text = |stream: &Option<Collected>| {
            let bytes = stream.as_ref().map(Collected::bytes).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        format!("\nstdout: {}\nstderr: {}", text(&self.stdout), text(&self.stderr))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        #[cfg(unix)]
        {
            use rustix::process::{Pid, Signal, kill_process_group};
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// [`Command::output`] within the [`deadline`].
#[track_caller]
pub(crate) fn output(command: &mut Command) -> Output {
    let (status, stdout, stderr) = Running::start(command).end();
    Output { status, stdout, stderr }
}

/// The bytes of a stream up to now. A thread reads it.
struct Collected {
    bytes: Arc<Mutex<Vec<u8>>>,
    ended: Receiver<()>,
}

impl Collected {
    fn of<R: Read + Send + 'static>(mut stream: R) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let (sender, ended) = mpsc::channel();
        let target = Arc::clone(&bytes);
        thread::spawn(move || {
            let mut buffer = [0; 1 << 16];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                target.lock().expect("no panic").extend_from_slice(&buffer[..count]);
            }
            let _ = sender.send(());
        });
        Self { bytes, ended }
    }

    fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().expect("no panic").clone()
    }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}

/// The deadline is tested with a short one of its own, as the variable holds for the whole process.
#[cfg(unix)]
#[test]
fn a_child_that_hangs_is_killed_with_its_children_and_its_output_is_shown() {
    let program = std::env::current_exe().expect("the test's program");
    let mut command = Command::new(program);
    command.args(["--exact", "sandbox::child::hangs", "--ignored", "--nocapture"]);
    command.env("RVENV_TEST_DEADLINE", "2");
    let ran = Ran::of(&mut command).code(101);
    let shown = ran.stdout + &ran.stderr;
    assert!(shown.contains("without the end of its output"), "{shown}");
    let id = shown.split("grandchild ").nth(1).expect("the output so far");
    let id = id.split(';').next().expect("a process ID");
    // The kill is sent at once; the entry in /proc may outlive it until it is reaped.
    let is_running = || {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    };
    let start = Instant::now();
    while is_running() {
        assert!(start.elapsed() < deadline(), "the grandchild {id} still runs");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Started by the test above.
#[cfg(unix)]
#[test]
#[ignore = "hangs until its deadline, for the test above"]
fn hangs() {
    Ran::of(Command::new("sh").args(["-c", "sleep 1000 & echo \"grandchild $!;\"; wait"]));
}
