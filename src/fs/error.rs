//! The failures of file operations.

use std::io;
use std::path::{Path, PathBuf};

use super::Refusal;
use crate::support;
use crate::support::hint::{DeletionHint, Hint};

/// The result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failures of file operations.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A system call on a path failed.
    #[error("cannot {action} `{}`{}", path.display(), absence(path, source))]
    Io {
        /// The operation, as a verb: `read`, `create`, `rename`.
        action: &'static str,
        /// Its path.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },

    /// The path of a file to read is not a regular file.
    #[error("`{}` is not a regular file", path.display())]
    NotAFile {
        /// Where.
        path: PathBuf,
    },

    /// A file exceeds the size limit of its kind.
    #[error("`{}` is longer than {limit} bytes", path.display())]
    TooLarge {
        /// Where.
        path: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },

    /// Another process created an entry where this one was about to create its own.
    #[error("another process created `{}`", path.display())]
    Occupied {
        /// Where.
        path: PathBuf,
    },

    /// Another process replaced an entry after it was checked; the new entry was not touched.
    #[error("another process replaced `{}`", path.display())]
    Changed {
        /// Where.
        path: PathBuf,
    },

    /// An entry that another process created was moved and could not be moved back.
    #[error("another process replaced `{}`; the replacement was moved to `{}`", path.display(), at.display())]
    Displaced {
        /// The former path of the entry.
        path: PathBuf,
        /// The current path of the entry.
        at: PathBuf,
    },

    /// A directory that the system cannot rename, for example of an overlay's lower layer (EXDEV).
    #[error("cannot move `{}` aside", path.display())]
    Immovable {
        /// Where.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },

    /// A directory that Windows does not move while a program runs from it or has it open.
    #[error("cannot move `{}`: a program in it is running, or a file in it is open", path.display())]
    InUse {
        /// Where.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },

    /// The filesystem or the user's permissions do not allow symbolic links.
    #[error("cannot create a symbolic link at `{}`", path.display())]
    NoLinks {
        /// The link.
        path: PathBuf,
        /// The error of the system.
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

    /// An error of a lower layer.
    #[error(transparent)]
    Support(support::Error),
}

support::lift_errors! { Error {
    support::Error => Support [],
}}

/// The part of a message that names what does not exist: `path`, or the highest directory above it.
fn absence(path: &Path, source: &io::Error) -> String {
    if source.kind() != io::ErrorKind::NotFound {
        return String::new();
    }
    let above = path.ancestors().skip(1).filter(|above| !above.as_os_str().is_empty());
    match above.take_while(|above| !above.exists()).last() {
        Some(missing) => format!(": `{}` does not exist", missing.display()),
        None => ": it does not exist".to_owned(),
    }
}

/// The next step after the refusal to delete `path`.
fn deletion_hint(path: &Path, refusal: &Refusal) -> Option<DeletionHint> {
    match refusal {
        Refusal::NotAnEnvironment => Some(DeletionHint::Force),
        Refusal::OwnProgram(program) => Some(DeletionHint::RunCopy(program.clone())),
        Refusal::UserEntries(_) | Refusal::InnerRepository(_) => Some(DeletionHint::WithUserFiles),
        Refusal::MountInside(mount) => Some(DeletionHint::Unmount(mount.clone())),
        Refusal::Link(Some(real)) => {
            Some(DeletionHint::NameTarget { link: path.to_owned(), target: real.clone() })
        }
        _ => None,
    }
}

impl Error {
    /// The next step for the user, if there is one.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::Protected { path, refusal } => deletion_hint(path, refusal).map(Hint::Deletion),
            Self::Occupied { .. } | Self::Changed { .. } | Self::InUse { .. } => Some(Hint::Retry),
            _ => self.lower_hint(),
        }
    }

    /// Wraps a system error on `path`; for use with `map_err`.
    pub fn io(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.as_ref().to_owned(), source }
    }
}
