//! The failures of the process itself.

use std::io;
use std::path::PathBuf;

use super::hint::Hint;
use super::ownership::Objection;

/// The result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failures of the process itself: each variant carries the facts, its text is a lowercase fragment.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The process stands in a directory that is gone or that it cannot read.
    #[error("cannot tell the current directory")]
    NoCurrentDirectory {
        /// What the system said.
        source: io::Error,
    },

    /// What was found from the current directory upwards belongs to others, or others can write to it.
    #[error("{objection}: it is not used unless you name it")]
    NotOwned {
        /// What, and why.
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
