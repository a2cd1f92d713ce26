//! The error of the library: one variant per module.
//!
//! Each module has an enum of its own with its hints; errors of lower layers keep their own variant
//! here, whichever layers they passed.

use crate::support::hint::Hint;
use crate::{
    check, create, fs, pack, python, seed, settings, shell, store, support, trust, unpack, venv,
};

/// The library's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure of the library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Of [`mod@support`].
    #[error(transparent)]
    Support(support::Error),
    /// Of [`mod@fs`].
    #[error(transparent)]
    Fs(fs::Error),
    /// Of [`mod@python`].
    #[error(transparent)]
    Python(python::Error),
    /// Of [`mod@shell`].
    #[error(transparent)]
    Shell(shell::Error),
    /// Of [`mod@settings`].
    #[error(transparent)]
    Settings(settings::Error),
    /// Of [`mod@trust`].
    #[error(transparent)]
    Trust(trust::Error),
    /// Of [`mod@venv`].
    #[error(transparent)]
    Venv(venv::Error),
    /// Of [`mod@seed`].
    #[error(transparent)]
    Seed(seed::Error),
    /// Of [`mod@store`].
    #[error(transparent)]
    Store(store::Error),
    /// Of [`mod@pack`].
    #[error(transparent)]
    Pack(pack::Error),
    /// Of [`mod@create`].
    #[error(transparent)]
    Create(create::Error),
    /// Of [`mod@check`].
    #[error(transparent)]
    Check(check::Error),
    /// Of [`mod@unpack`].
    #[error(transparent)]
    Unpack(unpack::Error),
}

support::lift_errors! { Error {
    support::Error => Support [],
    fs::Error => Fs [Support],
    python::Error => Python [Support, Fs],
    shell::Error => Shell [],
    settings::Error => Settings [Support, Fs, Python],
    trust::Error => Trust [Support, Fs],
    venv::Error => Venv [Support, Fs, Python, Shell],
    seed::Error => Seed [Support, Fs, Python],
    store::Error => Store [Support, Fs],
    pack::Error => Pack [Support, Fs, Python, Shell, Venv],
    create::Error => Create [Support, Fs, Python, Shell, Settings, Venv, Seed, Store],
    check::Error => Check [Support, Fs, Python, Shell, Venv, Seed],
    unpack::Error => Unpack [Support, Fs, Python, Shell, Venv],
}}

impl Error {
    /// The next step for the user, if there is one.
    pub fn hint(&self) -> Option<Hint> {
        self.lower_hint()
    }
}
