//! The failures to check or repair an environment.

use crate::support::hint::Hint;
use crate::{fs, python, seed, shell, support, venv};

/// The result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failures to check or repair an environment.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An error of a lower layer.
    #[error(transparent)]
    Support(support::Error),

    /// An error of a lower layer.
    #[error(transparent)]
    Fs(fs::Error),

    /// An error of a lower layer.
    #[error(transparent)]
    Python(python::Error),

    /// An error of a lower layer.
    #[error(transparent)]
    Shell(shell::Error),

    /// An error of a lower layer.
    #[error(transparent)]
    Venv(venv::Error),

    /// An error of a lower layer.
    #[error(transparent)]
    Seed(seed::Error),
}

support::lift_errors! { Error {
    support::Error => Support [],
    fs::Error => Fs [Support],
    python::Error => Python [Support, Fs],
    shell::Error => Shell [],
    venv::Error => Venv [Support, Fs, Python, Shell],
    seed::Error => Seed [Support, Fs, Python],
}}

impl Error {
    /// The next step for the user, if there is one.
    pub fn hint(&self) -> Option<Hint> {
        self.lower_hint()
    }
}
