//! The harness: a temporary directory with its own home, cache and project, and none of the
//! developer's variables.

mod cached;
mod child;
mod pythons;
mod skipped;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use assert_cmd::cargo::CommandCargoExt;
#[cfg(unix)]
use rvenv::support::cache::{INTERPRETERS, PIP};
use tempfile::TempDir;

pub(crate) use child::{Ran, Running, copy_program, copy_rvenv, output, write_program};
pub(crate) use pythons::{
    for_each_python, known_python, python_of_test, real_pythons, recent_cpython,
};
pub(crate) use skipped::{runs_long_variants, skip, skip_unless_required};

/// The user's own file of settings, from the root of a sandbox.
#[cfg(unix)]
pub(crate) const USER_CONFIG: &str = if cfg!(target_os = "macos") {
    "home/Library/Application Support/rvenv/config.toml"
} else {
    "home/.config/rvenv/config.toml"
};

/// A temporary directory and the variables of the commands that run in it. Removed when dropped.
pub(crate) struct Sandbox {
    root: TempDir,
    vars: BTreeMap<OsString, OsString>,
}

impl Sandbox {
    /// A sandbox whose PATH holds only the system's directories.
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

    /// A sandbox in whose cache rvenv has to store the answers to probes, and to build the images of pip.
    #[cfg(unix)]
    pub(crate) fn cold() -> Self {
        let sandbox = Self::new();
        for name in [INTERPRETERS, PIP] {
            let dir = sandbox.root().join("cache").join(name);
            std::fs::create_dir(dir).expect("a directory of the cache");
        }
        sandbox
    }

    /// Puts the images of this Python's default pip, `archive` or `files`, into the cache.
    #[cfg(unix)]
    pub(crate) fn add_images(&self, python: &Path, layout: &'static str) {
        cached::add_to(&self.root().join("cache"), python, layout);
    }

    /// The sandbox's root, canonical.
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

    /// The variables of the commands.
    #[cfg(unix)]
    pub(crate) fn vars(&self) -> &BTreeMap<OsString, OsString> {
        &self.vars
    }

    /// Any program, in the project, with the sandbox's variables only.
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

/// Whether strace is installed; reports it if not.
#[cfg(target_os = "linux")]
pub(crate) fn has_strace() -> bool {
    let is_there = which::which("strace").is_ok();
    if !is_there {
        skip_unless_required("RVENV_REQUIRE_SHELLS", "strace is not installed");
    }
    is_there
}
