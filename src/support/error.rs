//! The failures of the process itself.

use std::io;
use std::path::PathBuf;

use super::hint::Hint;
use super::ownership::Objection;

/// The result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failures of the process itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The current directory was deleted or cannot be read.
    #[error("cannot determine the current directory")]
    NoCurrentDirectory {
        /// The error of the system.
        source: io::Error,
    },

    /// A file or directory found by walking up belongs to another user, or others can write to it.
    #[error("{objection}: it is not used unless you name it")]
    NotOwned {
        /// The path and the reason.
        objection: Objection,
        /// The project that it was found in.
        dir: PathBuf,
    },

    /// A signal asked the program to end.
    #[error("interrupted by signal {signal}")]
    Interrupted {
        /// Its number.
        signal: usize,
    },
}

impl Error {
    /// The next step for the user, if there is one.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::NotOwned { dir, .. } => Some(Hint::AllowProject(dir.clone())),
            Self::NoCurrentDirectory { .. } | Self::Interrupted { .. } => None,
        }
    }
}
