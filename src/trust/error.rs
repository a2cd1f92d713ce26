//! The failures of the list of allowed environments.

use crate::support::hint::Hint;
use crate::support::private_dir::PrivacyProblem;
use crate::{fs, support};

/// The result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failures of the list of allowed environments.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No variable names a directory for the list.
    #[error("cannot store the list of allowed environments: no variable names a home directory")]
    NoTrustList,

    /// Others could change the list.
    #[error("cannot store the list of allowed environments: {0}")]
    TrustListNotPrivate(PrivacyProblem),

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
        match self {
            Self::TrustListNotPrivate(PrivacyProblem::Writable(dir)) => {
                Some(Hint::MakePrivate(dir.clone()))
            }
            Self::NoTrustList | Self::TrustListNotPrivate(_) => Some(Hint::TrustByVariable),
            _ => self.lower_hint(),
        }
    }
}
