//! The failures to read settings and project files.

use std::path::PathBuf;

use super::Source;
use crate::support::hint::Hint;
use crate::{fs, python, support};

/// The result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failures to read settings and project files: each variant carries the facts, its text is a lowercase fragment.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file that is no TOML.
    #[error("cannot read `{}`: line {line}: {reason}", path.display())]
    BadToml {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },

    /// A key that does not exist.
    #[error("{origin} sets `{key}`, which is no setting")]
    UnknownSetting {
        /// The key.
        key: String,
        /// Who sets it.
        origin: Source,
        /// Keys with a similar name.
        near: Vec<String>,
    },

    /// A value that a key cannot have.
    #[error("{origin} sets `{key}` to `{found}`: expected {expected}")]
    BadSetting {
        /// The key.
        key: &'static str,
        /// Who sets it.
        origin: Source,
        /// The value.
        found: String,
        /// What it can be.
        expected: String,
    },

    /// A project's file sets what is not for a project to set.
    #[error("`{}` sets `{key}` to `{found}`, which is not for a project's file: {why}", file.display())]
    ForbiddenSetting {
        /// The key.
        key: &'static str,
        /// The value.
        found: String,
        /// The file.
        file: PathBuf,
        /// Why not.
        why: &'static str,
    },

    /// `tool.rvenv` is something else than a table.
    #[error("`tool.rvenv` of `{}` is no table", path.display())]
    SettingsNotATable {
        /// The file.
        path: PathBuf,
    },

    /// Two files of one directory configure rvenv, so that one of them would be overlooked.
    #[error("both `{}` and `[tool.rvenv]` of `{}` hold settings", first.display(), second.display())]
    TwoConfigurations {
        /// `rvenv.toml`.
        first: PathBuf,
        /// `pyproject.toml`.
        second: PathBuf,
    },

    /// Nothing was named, and the directories have nothing that says what to install.
    #[error("nothing to install: no `requirements.txt`, `pyproject.toml` or `setup.py` in `{}` or above it", start.display())]
    NothingToInstall {
        /// Where the search began.
        start: PathBuf,
    },

    /// From a lower layer.
    #[error(transparent)]
    Support(support::Error),

    /// From a lower layer.
    #[error(transparent)]
    Fs(fs::Error),

    /// From a lower layer.
    #[error(transparent)]
    Python(python::Error),
}

support::lift_errors! { Error {
    support::Error => Support [],
    fs::Error => Fs [Support],
    python::Error => Python [Support, Fs],
}}

impl Error {
    /// The next step for the user, if there is one.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::UnknownSetting { near, .. } if !near.is_empty() => {
                Some(Hint::DidYouMean(near.clone()))
            }
            Self::UnknownSetting { .. } => Some(Hint::ShowSettings),
            Self::ForbiddenSetting { key, .. } => Some(Hint::SetByUser(key)),
            Self::TwoConfigurations { .. } => Some(Hint::KeepOneConfiguration),
            Self::NothingToInstall { .. } => Some(Hint::NamePackages),
            Self::Support(error) => error.hint(),
            Self::Fs(error) => error.hint(),
            Self::Python(error) => error.hint(),
            Self::BadToml { .. } | Self::BadSetting { .. } | Self::SettingsNotATable { .. } => None,
        }
    }
}
