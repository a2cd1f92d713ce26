//! The failures of the list of allowed environments.

use crate::support::hint::Hint;
use crate::{fs, support};

/// The result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failures of the list of allowed environments.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The user has no home directory, or it belongs to another user.
    #[error("cannot store the list of allowed environments: you own no home directory")]
    NoTrustList,

    /// An error of a lower layer.
    #[error(transparent)]
    Support(support::Error),

    /// An error of a lower layer.
    #[error(transparent)]
    Fs(fs::Error),
}

support::lift_errors! { Error {
    support::Error => Support [],
    fs::Error => Fs [Support],
}}

impl Error {
    /// The next step for the user, if there is one.
    pub fn hint(&self) -> Option<Hint> {
        self.lower_hint()
    }
}
