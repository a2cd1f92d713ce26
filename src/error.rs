//! Everything that can go wrong, as data.
//!
//! A variant's fields are facts (paths, names, causes); its text is a lowercase fragment without a
//! full stop. What the user can do about it is [`Error::hint`]: data too, worded by the binary.

use std::io;
use std::path::{Path, PathBuf};

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
}

/// A way out of an [`Error`], for the binary to word.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// Make an environment first.
    CreateEnvironment,
}

impl Error {
    /// Wraps what the system said about `path`; for use with `map_err`.
    pub fn io(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.as_ref().to_owned(), source }
    }

    /// The way out, where there is one. A `match` without `_`: a new error must decide.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::NoCurrentDirectory { .. } | Self::Io { .. } => None,
        }
    }
}
