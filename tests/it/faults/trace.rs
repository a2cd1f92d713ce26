//! The system calls of a run, of which one can be made to fail or to kill the process.

use std::fmt;
use std::path::PathBuf;
use std::process::Command;

use crate::sandbox::{Ran, Sandbox};

/// The system calls that change the disk, whatever their arguments.
const CHANGING: &str = "mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,rmdir,symlink,symlinkat,link,\
     linkat,write,pwrite64,writev,copy_file_range,sendfile,ftruncate,chmod,fchmod,fchmodat,utimensat,flock,\
     ioctl,clone3,vfork,pipe2";
/// The system calls that read the disk; `openat` does both.
const READING: &str = "openat,openat2,statx,newfstatat,fstat,getdents64,readlink,read";
/// rvenv's first own system call. Earlier ones belong to the loader and the runtime.
const FIRST: &str = "getcwd";

/// The output file of strace, in the cache.
pub(super) const LOG: &str = "strace.log";

/// A system call: its name, and its number among the calls of that name, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    name: String,
    nth: usize,
    changes: bool,
}

/// The fault of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The process is killed on entering it.
    Kill,
    /// It fails.
    Error(&'static str),
}

/// One fault at one call.
#[derive(Clone, Debug)]
pub(super) struct Point {
    call: Call,
    fault: Fault,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Call { name, nth, .. } = &self.call;
        match self.fault {
            Fault::Kill => write!(f, "{name}:signal=KILL:when={nth}"),
            Fault::Error(error) => write!(f, "{name}:error={error}:when={nth}"),
        }
    }
}

impl Point {
    pub(super) fn changes(&self) -> bool {
        self.call.changes
    }

    /// Whether the fault makes one symlink fail, in whose place a copy works.
    pub(super) fn prevents_a_symlink(&self) -> bool {
        self.call.name == "symlinkat" && !self.kills()
    }

    pub(super) fn kills(&self) -> bool {
        self.fault == Fault::Kill
    }
}

/// Every fault at each of the calls.
pub(super) fn points(calls: &[Call]) -> Vec<Point> {
    const CHANGE: [Fault; 6] = [
        Fault::Kill,
        Fault::Error("ENOSPC"),
        Fault::Error("EIO"),
        Fault::Error("EACCES"),
        Fault::Error("EROFS"),
        Fault::Error("EMFILE"),
    ];
    const READ: [Fault; 3] = [Fault::Error("EIO"), Fault::Error("EACCES"), Fault::Error("EMFILE")];
    let of = |call: &Call| {
        let faults = if call.changes { CHANGE.as_slice() } else { READ.as_slice() };
        faults.iter().map(|fault| Point { call: call.clone(), fault: *fault }).collect::<Vec<_>>()
    };
    calls.iter().flat_map(of).collect()
}

/// rvenv under strace.
pub(super) struct Tracer<'a> {
    pub(super) sandbox: &'a Sandbox,
    pub(super) args: &'a [String],
    /// A fault of every run: a system that lacks a call.
    pub(super) always: Option<&'a str>,
}

impl Tracer<'_> {
    /// The calls of an undisturbed run. Those of the Pythons that it starts are not rvenv's.
    pub(super) fn calls(&self) -> Vec<Call> {
        Ran::of(&mut self.command(None)).ok();
        let text = std::fs::read_to_string(self.log()).unwrap();
        let mut seen = std::collections::BTreeMap::new();
        let mut started = false;
        let mut calls = Vec::new();
        for line in text.lines() {
            let Some((name, arguments)) = line.split_once('(') else { continue };
            let nth = seen.entry(name).or_insert(0);
            *nth += 1;
            started |= name == FIRST;
            if !started || name == FIRST {
                continue;
            }
            let changes = match name {
                "openat" => arguments.contains("O_CREAT"),
                name => CHANGING.split(',').any(|changing| changing == name),
            };
            calls.push(Call { name: name.to_owned(), nth: *nth, changes });
        }
        calls
    }

    /// A run with a fault at `point`; `None` if the run did not reach it.
    pub(super) fn run(&self, point: &Point) -> Option<Ran> {
        let ran = Ran::of(&mut self.command(Some(point)));
        let log = std::fs::read_to_string(self.log()).unwrap();
        let marks = log.lines().filter(|line| match point.fault {
            Fault::Kill => line.contains("killed by SIGKILL"),
            Fault::Error(_) => {
                let call = line.strip_prefix(&point.call.name).unwrap_or_default();
                call.starts_with('(') && call.ends_with("(INJECTED)")
            }
        });
        (marks.count() > 0).then_some(ran)
    }

    fn command(&self, point: Option<&Point>) -> Command {
        let mut command = self.sandbox.command("strace");
        command.args(["-qq", "-s0", "-o"]).arg(self.log());
        command.args(["-e", &format!("trace={FIRST},{CHANGING},{READING}")]);
        if let Some(always) = self.always {
            command.args(["-e", &format!("inject={always}")]);
        }
        if let Some(point) = point {
            command.args(["-e", &format!("inject={point}")]);
        }
        command.arg(env!("CARGO_BIN_EXE_rvenv")).args(self.args);
        command
    }

    fn log(&self) -> PathBuf {
        self.sandbox.root().join("cache").join(LOG)
    }
}
