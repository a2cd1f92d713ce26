//! The failures to use the package store.

use super::Obstacle;
use crate::support::hint::Hint;
use crate::{fs, support};

/// The result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failures to use the package store: each variant carries the facts, its text is a lowercase fragment.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The stored distributions cannot be used in this environment.
    #[error("cannot use what is stored: {0}")]
    Unusable(#[from] Obstacle),
    /// Of [`mod@crate::support`].
    #[error(transparent)]
    Support(support::Error),
    /// Of [`mod@crate::fs`].
    #[error(transparent)]
    Fs(fs::Error),
}

support::lift_errors! { Error {
    support::Error => Support [],
    fs::Error => Fs [Support],
}}

impl Error {
    /// The next step for the user, if there is one: without what is stored, pip installs.
    pub fn hint(&self) -> Option<Hint> {
        self.lower_hint()
    }
}
