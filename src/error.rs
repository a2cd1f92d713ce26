//! Everything that can go wrong, as data.
//!
//! A variant's fields are facts (paths, names, causes); its text is a lowercase fragment without a
//! full stop. What the user can do about it is a [`Hint`](crate::hint::Hint): data too.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::fs::Refusal;
use crate::python::{Origin, PassedOver, Reason};
use crate::seed::WheelFault;
use crate::settings::Source;
use crate::shell::Shell;

/// The library's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, where and why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The process stands in a directory that is gone or that it cannot read.
    #[error("cannot tell the current directory")]
    NoCurrentDirectory {
        /// What the system said.
        source: io::Error,
    },

    /// A system call on a path failed.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried, as a verb: `read`, `create`, `rename`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    // python
    /// A request for a Python is none of the forms that there are.
    #[error(
        "cannot read `{text}` as a Python: it can be a version (`3`, `3.12`, `312`, `3.12.1`, `3.14.0rc1`), a range \
         (`>=3.11,<3.14`, `~=3.12.0`), an implementation (`pypy`, `pypy3.10`, `cpython@3.12`), a build (`3.13t`, \
         `3.14+freethreaded`, `3.12d`), the name of a program on PATH, or a path to an executable, an installation \
         or an environment"
    )]
    UnreadableRequest {
        /// What was written.
        text: String,
    },

    /// There is no Python to be had at a path.
    #[error("cannot use `{}` as a Python: it {reason}", path.display())]
    UnusablePython {
        /// The path that was given.
        path: PathBuf,
        /// Why not.
        reason: Reason,
    },

    /// No Python on this machine is what was asked for.
    #[error("found no Python for `{request}`{}", Listed(candidates))]
    NoPython {
        /// What was asked for.
        request: String,
        /// Everything that was looked at, in the order of looking.
        candidates: Vec<PassedOver>,
    },

    /// Somebody asks for a Python in words that cannot be read.
    #[error("{origin} asks for no Python")]
    UnreadableDemand {
        /// Who.
        origin: Origin,
        /// What is wrong with it.
        source: Box<Error>,
    },

    // fs
    /// Something else than a regular file stands where one is to be read.
    #[error("`{}` is not a regular file", path.display())]
    NotAFile {
        /// Where.
        path: PathBuf,
    },

    /// A file is longer than any honest one of its kind.
    #[error("`{}` is longer than {limit} bytes", path.display())]
    TooLarge {
        /// Where.
        path: PathBuf,
        /// The bytes that are read at most.
        limit: u64,
    },

    /// Something has come to stand where nothing was to be: another process was quicker.
    #[error("there is something at `{}` by now", path.display())]
    Occupied {
        /// Where.
        path: PathBuf,
    },

    /// What stands here by now is not what was looked at before, nor an environment; it was left alone.
    #[error("`{}` was replaced by something else meanwhile", path.display())]
    Changed {
        /// Where.
        path: PathBuf,
    },

    /// A directory that cannot be renamed, as a whole, by anyone: it can only be worked on in place.
    #[error("cannot move `{}` aside", path.display())]
    Immovable {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// A directory that Windows does not move while a program runs from it or has it open.
    #[error("cannot move `{}`: a program runs from it, or has something in it open", path.display())]
    InUse {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// The file system, or the user's rights, allow no symbolic links here.
    #[error("cannot make a symbolic link at `{}`", path.display())]
    NoLinks {
        /// The link.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// A directory that rvenv does not delete.
    #[error("will not delete `{}`: {refusal}", path.display())]
    Protected {
        /// Where.
        path: PathBuf,
        /// Why.
        refusal: Refusal,
    },

    // interrupt
    /// A signal asked the program to end.
    #[error("interrupted by signal {signal}")]
    Interrupted {
        /// Its number.
        signal: usize,
    },

    // pip
    /// The cache lacks something, and cannot take it.
    #[error("cannot write to the cache{}", at(path.as_deref()))]
    CacheUnwritable {
        /// Where; `None` without a cache.
        path: Option<PathBuf>,
        /// What the system said.
        source: io::Error,
    },

    /// Somebody cleaned the cache while it was in use.
    #[error("`{}` of the cache was removed meanwhile", path.display())]
    CacheCleaned {
        /// The file that is gone.
        path: PathBuf,
    },

    /// A wheel that is broken, hostile, or not what it should be.
    #[error("cannot use the wheel `{}`", path.display())]
    Wheel {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        fault: WheelFault,
    },

    /// A Python that was run for some work failed.
    #[error("`{}` failed to {task}{}", python.display(), quoted(stderr))]
    PythonFailed {
        /// The Python.
        python: PathBuf,
        /// What it was to do, as a verb.
        task: String,
        /// What it wrote.
        stderr: String,
    },

    /// A version of pip that is no version.
    #[error("`{version}` is no version of pip")]
    PipVersionInvalid {
        /// What was asked for.
        version: String,
    },

    /// The pip that was asked for is not at hand, and connections are forbidden.
    #[error("{requirement} is neither in the cache nor with `{}`, and rvenv is offline", python.display())]
    PipOffline {
        /// `pip` or `pip==24.0`.
        requirement: String,
        /// The base.
        python: PathBuf,
        /// The distribution's package that holds one, where that is known.
        package: Option<String>,
    },

    /// The base carries no pip, and none could be fetched.
    #[error("`{}` comes without pip, and fetching it failed", python.display())]
    PipUnavailable {
        /// The base.
        python: PathBuf,
        /// The distribution's package that holds it, where that is known.
        package: Option<String>,
        /// Why it could not be fetched.
        source: Box<Error>,
    },

    /// The package index offers nothing that fits.
    #[error("`{index}` offers no pip for Python {version}")]
    IndexEmpty {
        /// The page that was read.
        index: String,
        /// The Python.
        version: String,
    },

    /// The package index answered with something else than a list of files.
    #[error("cannot understand what `{index}` says")]
    IndexUnreadable {
        /// The page that was read.
        index: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },

    /// What came from the package index is not what it promised.
    #[error("`{url}` is not the file that the index promised: its hash differs")]
    DownloadAltered {
        /// The file.
        url: String,
    },

    // shell
    /// No shell has this name.
    #[error("unknown shell `{name}`")]
    UnknownShell {
        /// As it was given.
        name: String,
    },

    /// An environment lacks the script that a shell is to run.
    #[error("`{}` has no `{file}`", env.display())]
    NoActivationScript {
        /// The environment.
        env: PathBuf,
        /// The script's name.
        file: &'static str,
    },

    /// A shell's language has no way to write a value down.
    #[error("{shell} cannot carry `{}`", value.display())]
    Unrepresentable {
        /// Which one.
        shell: Shell,
        /// A path or a prompt.
        value: OsString,
    },

    /// A script template and its values do not fit: a mistake in rvenv.
    #[error("the activation script has a wrong placeholder `{name}`")]
    Placeholder {
        /// The one that is unknown or not used.
        name: String,
    },

    // ---- shells ----
    /// The process tree shows no shell that rvenv knows.
    #[error("cannot tell which shell is calling")]
    UnknownCallingShell,

    /// A shell that runs nothing of ours on a change of directory.
    #[error("{shell} has no hook for a change of directory")]
    NoHook {
        /// Which one.
        shell: Shell,
    },

    // ---- trust ----
    /// There is no home to keep the list in, or it belongs to another user.
    #[error("there is no place of your own to keep the list of allowed environments in")]
    NoTrustList,

    // ---- environments ----
    /// A directory without `pyvenv.cfg`.
    #[error("`{}` is not a virtual environment: it has no `pyvenv.cfg`", path.display())]
    NotAnEnvironment {
        /// The directory.
        path: PathBuf,
    },

    /// A `pyvenv.cfg` that lacks what makes it one (PEP 405).
    #[error("`{}` has no `{missing}` key", path.display())]
    BadPyvenvCfg {
        /// The file.
        path: PathBuf,
        /// The key.
        missing: &'static str,
    },

    /// No `.venv` or `venv` in a directory or above it.
    #[error("no virtual environment in `{}` or above it", start.display())]
    NoEnvironment {
        /// Where the search began.
        start: PathBuf,
    },

    /// A `.venv` file (PEP 832) that does not name a directory.
    #[error("`{}` points to `{target}`, which is not a directory", file.display())]
    BadRedirect {
        /// The redirect.
        file: PathBuf,
        /// What it says.
        target: String,
    },

    /// The environment is there, its Python is not.
    #[error("the Python of `{}` is gone: `{}` leads to {}", env.display(), python.display(), shown(target.as_deref()))]
    InterpreterGone {
        /// The environment's directory.
        env: PathBuf,
        /// Its interpreter.
        python: PathBuf,
        /// Where the link goes, if it is one.
        target: Option<PathBuf>,
        /// What the system said.
        source: io::Error,
    },

    /// A file or device stands where the environment is to be.
    #[error("`{}` is there and is not a directory", path.display())]
    NotADirectory {
        /// The place.
        path: PathBuf,
    },

    /// A file of the user's is in the way.
    #[error("`{}` is there, and was not made by an environment tool", path.display())]
    WouldOverwrite {
        /// The file.
        path: PathBuf,
    },

    /// An environment of another minor version is there; its packages would not be found.
    #[error("`{}` is an environment of Python {has}, not of {wanted}", path.display())]
    OtherPython {
        /// The environment.
        path: PathBuf,
        /// Its version.
        has: String,
        /// The version that it was to have.
        wanted: String,
    },

    /// What an environment held could not be installed for its new Python.
    #[error("not all packages of `{}` could be installed for the new Python: it is as it was", path.display())]
    NotReinstalled {
        /// The environment.
        path: PathBuf,
    },

    /// What an environment holds cannot be installed again, as nothing tells what it is.
    #[error("`{}` holds {}, which does not say what to install: it is as it was", path.display(), entries.join(", "))]
    NotReinstallable {
        /// The environment.
        path: PathBuf,
        /// Their names in its `site-packages`.
        entries: Vec<String>,
    },

    // settings
    /// A file that is no TOML.
    #[error("cannot read `{}`: line {line}: {reason}", path.display())]
    BadToml {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },

    /// A key that does not exist.
    #[error("{origin} sets `{key}`, which is no setting")]
    UnknownSetting {
        /// The key.
        key: String,
        /// Who sets it.
        origin: Source,
        /// Keys with a similar name.
        near: Vec<String>,
    },

    /// A value that a key cannot have.
    #[error("{origin} sets `{key}` to `{found}`: expected {expected}")]
    BadSetting {
        /// The key.
        key: &'static str,
        /// Who sets it.
        origin: Source,
        /// The value.
        found: String,
        /// What it can be.
        expected: String,
    },

    /// A project's file sets what is not for a project to set.
    #[error("`{}` sets `{key}` to `{found}`, which is not for a project's file: {why}", file.display())]
    ForbiddenSetting {
        /// The key.
        key: &'static str,
        /// The value.
        found: String,
        /// The file.
        file: PathBuf,
        /// Why not.
        why: &'static str,
    },

    /// `tool.rvenv` is something else than a table.
    #[error("`tool.rvenv` of `{}` is no table", path.display())]
    SettingsNotATable {
        /// The file.
        path: PathBuf,
    },

    /// Two files of one directory configure rvenv, so that one of them would be overlooked.
    #[error("both `{}` and `[tool.rvenv]` of `{}` hold settings", first.display(), second.display())]
    TwoConfigurations {
        /// `rvenv.toml`.
        first: PathBuf,
        /// `pyproject.toml`.
        second: PathBuf,
    },

    // installing
    /// Nothing was named, and the directories have nothing that says what to install.
    #[error("nothing to install: no `requirements.txt`, `pyproject.toml` or `setup.py` in `{}` or above it", start.display())]
    NothingToInstall {
        /// Where the search began.
        start: PathBuf,
    },

    // running
    /// Neither the environment nor PATH has a command of this name.
    #[error("no command `{command}` in `{}` or on PATH", env.display())]
    NoCommand {
        /// What was asked for.
        command: String,
        /// The environment's directory.
        env: PathBuf,
        /// Commands of the environment with a similar name.
        near: Vec<String>,
    },

    /// The file is there, and the system may not execute it.
    #[error("`{}` cannot be executed", path.display())]
    NotExecutable {
        /// The file.
        path: PathBuf,
    },

    /// PATH could not hold the environment's directory.
    #[error("`{}` holds `{separator}`, which separates the entries of PATH", path.display())]
    SeparatorInPath {
        /// The path.
        path: PathBuf,
        /// `:` or `;`.
        separator: char,
    },

    /// `pyvenv.cfg` could not hold the environment's directory.
    #[error("the path {path:?} holds a character that ends a line, which would break `pyvenv.cfg`")]
    LineEndInPath {
        /// The path.
        path: PathBuf,
    },
}

/// Candidates with their reasons, a line each.
struct Listed<'a>(&'a [PassedOver]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for PassedOver { path, source, reason } in self.0 {
            write!(f, "\n  {} ({source}): {reason}", path.display())?;
        }
        Ok(())
    }
}

fn shown(target: Option<&Path>) -> String {
    target.map_or_else(|| "nothing".into(), |target| format!("`{}`", target.display()))
}

/// Words for a place that may be unknown.
fn at(path: Option<&Path>) -> String {
    path.map_or_else(|| ": there is none".to_owned(), |path| format!(" at `{}`", path.display()))
}

/// A program's own words, where it said anything.
fn quoted(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(": {words}") }
}

impl Error {
    /// Wraps what the system said about `path`; for use with `map_err`.
    pub fn io(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.as_ref().to_owned(), source }
    }
}
