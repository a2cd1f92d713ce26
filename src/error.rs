//! Everything that can go wrong, as data.
//!
//! A variant's fields are facts (paths, names, causes); its text is a lowercase fragment without a
//! full stop. What the user can do about it is [`Error::hint`]: data too, worded by the binary.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::fs::Refusal;
use crate::python::{PassedOver, Reason};

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

/// A way out of an [`Error`], for the binary to word.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// Make an environment first.
    CreateEnvironment,
    /// Say that the directory may go although it is no environment.
    Force,
    /// Do it again.
    Retry,
}

impl Error {
    /// Wraps what the system said about `path`; for use with `map_err`.
    pub fn io(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.as_ref().to_owned(), source }
    }

    /// The way out, where there is one. A `match` without `_`: a new error must decide.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::Protected { refusal: Refusal::NotAnEnvironment, .. } => Some(Hint::Force),
            Self::Occupied { .. } | Self::Changed { .. } => Some(Hint::Retry),
            Self::NoCurrentDirectory { .. }
            | Self::Io { .. }
            | Self::UnreadableRequest { .. }
            | Self::UnusablePython { .. }
            | Self::NoPython { .. }
            | Self::NotAFile { .. }
            | Self::TooLarge { .. }
            | Self::Immovable { .. }
            | Self::Protected { .. }
            | Self::Interrupted { .. } => None,
        }
    }
}
