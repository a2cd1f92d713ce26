//! The failures of the list of allowed environments.

use crate::support::hint::Hint;
use crate::{fs, support};

/// The result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failures of the list of allowed environments: each variant carries the facts, its text is a lowercase fragment.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no home to keep the list in, or it belongs to another user.
    #[error("there is no place of your own to keep the list of allowed environments in")]
    NoTrustList,

    /// From a lower layer.
    #[error(transparent)]
    Support(support::Error),

    /// From a lower layer.
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
        match self {
            Self::Support(error) => error.hint(),
            Self::Fs(error) => error.hint(),
            Self::NoTrustList => None,
        }
    }
}
