//! The harness: a temporary world with its own home, cache and project, and no variable of the
//! developer's in it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use assert_cmd::cargo::CommandCargoExt;
use tempfile::TempDir;

/// The user's own file of settings, from the root of a sandbox.
#[cfg(unix)]
pub(crate) const USER_CONFIG: &str = if cfg!(target_os = "macos") {
    "home/Library/Application Support/rvenv/config.toml"
} else {
    "home/.config/rvenv/config.toml"
};

/// A temporary world. Everything in it is removed when it is dropped.
pub(crate) struct Sandbox {
    root: TempDir,
    vars: BTreeMap<OsString, OsString>,
}

impl Sandbox {
    /// A world whose PATH holds only the system's directories.
    pub(crate) fn new() -> Self {
        let root = tempfile::Builder::new()
            .prefix("rvenv-test-")
            .tempdir()
            .expect("a temporary directory");
        let mut sandbox = Self { root, vars: BTreeMap::new() };
        for dir in ["home", "cache", "project"] {
            std::fs::create_dir(sandbox.root().join(dir)).expect("a directory of the sandbox");
        }
        let home = sandbox.root().join("home");
        let cache = sandbox.root().join("cache");
        sandbox.set(if cfg!(windows) { "USERPROFILE" } else { "HOME" }, home);
        sandbox.set("RVENV_CACHE_DIR", cache);
        if cfg!(windows) {
            // Programs do not start without these, and PATH alone tells where Python is.
            for name in ["SystemRoot", "TEMP", "PATHEXT", "PATH"] {
                sandbox.set(name, std::env::var_os(name).unwrap_or_default());
            }
        } else {
            sandbox.set("PATH", "/usr/local/bin:/usr/bin:/bin").set("LC_ALL", "C.UTF-8");
        }
        sandbox
    }

    /// The world's root, canonical.
    pub(crate) fn root(&self) -> PathBuf {
        rvenv::support::path::canonicalize(self.root.path()).expect("the sandbox's root")
    }

    /// The folder that commands run in.
    pub(crate) fn project(&self) -> PathBuf {
        self.root().join("project")
    }

    /// Sets a variable for every command to come.
    pub(crate) fn set(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Self {
        self.vars.insert(name.as_ref().to_owned(), value.as_ref().to_owned());
        self
    }

    /// Any program, in the project, with the world's variables only.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        self.prepare(Command::new(program))
    }

    /// rvenv itself.
    pub(crate) fn rvenv(&self) -> Command {
        self.prepare(Command::cargo_bin("rvenv").expect("the rvenv binary"))
    }

    /// Runs rvenv with `args`.
    pub(crate) fn run<I, S>(&self, args: I) -> Ran
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let mut command = self.rvenv();
        command.args(args);
        Ran::of(&mut command)
    }

    /// Puts the directory of rvenv itself first on PATH.
    #[cfg(unix)]
    pub(crate) fn with_rvenv_on_path(&mut self) -> &mut Self {
        let rvenv = Path::new(env!("CARGO_BIN_EXE_rvenv")).parent().expect("a directory");
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", rvenv.display());
        self.set("PATH", path)
    }

    /// Writes a file of the project, with the directories above it.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.project().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(&path, text).expect("a file of the project");
        path
    }

    fn prepare(&self, mut command: Command) -> Command {
        command.env_clear().envs(&self.vars).current_dir(self.project());
        command
    }
}

/// Whether strace is installed, which has to be where every shell is demanded.
#[cfg(target_os = "linux")]
pub(crate) fn has_strace() -> bool {
    let is_there = Command::new("strace").arg("-V").output().is_ok();
    let demanded = std::env::var_os("RVENV_REQUIRE_SHELLS").is_some();
    assert!(is_there || !demanded, "strace is not installed");
    is_there
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    /// What it wrote for programs.
    pub(crate) stdout: String,
    /// What it wrote for people.
    pub(crate) stderr: String,
}

impl Ran {
    /// Runs `command` to its end.
    #[track_caller]
    pub(crate) fn of(command: &mut Command) -> Self {
        let Output { status, stdout, stderr } =
            command.output().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
        Self {
            code: status.code(),
            stdout: String::from_utf8_lossy(&stdout).into_owned(),
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
        }
    }

    /// Asserts the exit code, and shows all that was written when it is another.
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

/// Every real CPython 3.8+ and `PyPy` 3 on this machine, in the order of their paths; never empty.
pub(crate) fn real_pythons() -> Vec<PathBuf> {
    let mut found = Vec::new();
    if cfg!(windows) {
        found.extend(which::which_all("python").into_iter().flatten());
    }
    let pyenv = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let pyenv = pyenv.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".pyenv")));
    let home = pyenv.unwrap_or_default().join("versions");
    if let Ok(entries) = std::fs::read_dir(home) {
        found.extend(entries.flatten().map(|entry| entry.path().join("bin/python3")));
    }
    found.extend(["/usr/bin/python3", "/usr/bin/pypy3"].map(PathBuf::from));
    found.retain(|python| {
        Command::new(python)
            .args(["-I", "-c", "import sys; sys.exit(sys.version_info < (3, 8))"])
            .output()
            .is_ok_and(|output| output.status.success())
    });
    if found.is_empty() {
        found.extend(which::which("python3"));
    }
    found.sort();
    assert!(!found.is_empty(), "the tests need a Python 3.8 or later");
    found
}
