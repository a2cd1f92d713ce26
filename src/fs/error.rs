//! The failures of file operations.

use std::io;
use std::path::{Path, PathBuf};

use super::Refusal;
use crate::support;
use crate::support::hint::Hint;

/// The result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failures of file operations: each variant carries the facts, its text is a lowercase fragment.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
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

    /// What another process put here meanwhile was taken away and could not be put back.
    #[error("`{}` was replaced by something else meanwhile, which is at `{}` now", path.display(), at.display())]
    Displaced {
        /// Where it was.
        path: PathBuf,
        /// Where it is.
        at: PathBuf,
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

    /// From a lower layer.
    #[error(transparent)]
    Support(support::Error),
}

support::lift_errors! { Error {
    support::Error => Support [],
}}

impl Error {
    /// The next step for the user, if there is one.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::Protected { path, refusal } => match refusal {
                Refusal::NotAnEnvironment => Some(Hint::Force),
                Refusal::OwnProgram(program) => Some(Hint::RunCopy(program.clone())),
                Refusal::UserEntries(_) | Refusal::InnerRepository(_) => Some(Hint::WithUserFiles),
                Refusal::MountInside(mount) => Some(Hint::Unmount(mount.clone())),
                Refusal::Link(Some(real)) => {
                    Some(Hint::NameTarget { link: path.clone(), target: real.clone() })
                }
                _ => None,
            },
            Self::Occupied { .. } | Self::Changed { .. } | Self::InUse { .. } => Some(Hint::Retry),
            Self::Support(error) => error.hint(),
            Self::Io { .. }
            | Self::NotAFile { .. }
            | Self::TooLarge { .. }
            | Self::Immovable { .. }
            | Self::Displaced { .. }
            | Self::NoLinks { .. } => None,
        }
    }

    /// Wraps a system error on `path`; for use with `map_err`.
    pub fn io(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.as_ref().to_owned(), source }
    }
}
