//! The failures of the process itself.

use std::io;

use super::hint::Hint;

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
            Self::NoCurrentDirectory { .. } | Self::Interrupted { .. } => None,
        }
    }
}
