//! The failures to read settings and project files.

use std::path::PathBuf;

use super::{Source, project};
use crate::support::hint::Hint;
use crate::{fs, python, support};

/// The result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failures to read settings and project files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file that is not valid TOML.
    #[error("cannot read `{}`: line {line}: {reason}", path.display())]
    BadToml {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// The cause.
        reason: String,
    },

    /// A key that does not exist.
    #[error("{origin} sets `{key}`, which is not a setting")]
    UnknownSetting {
        /// The key.
        key: String,
        /// The file, variable or flag that sets it.
        origin: Source,
        /// Keys with a similar name.
        near: Vec<String>,
    },

    /// An invalid value.
    #[error("{origin} sets `{key}` to `{found}`: expected {expected}")]
    BadSetting {
        /// The key.
        key: &'static str,
        /// The file, variable or flag that sets it.
        origin: Source,
        /// The value.
        found: String,
        /// The valid values.
        expected: String,
    },

    /// A project's file sets a key that only the user may set.
    #[error("`{}` sets `{key}` to `{found}`, which a project's file may not do: {why}", file.display())]
    ForbiddenSetting {
        /// The key.
        key: &'static str,
        /// The value.
        found: String,
        /// The file.
        file: PathBuf,
        /// The reason.
        why: &'static str,
    },

    /// A key of `pyproject.toml` that rvenv reads has a value of another kind.
    #[error("`{}`, line {line}: `{key}` is `{}`: expected {expected}", path.display(), shortened(found))]
    WrongValue {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// The key.
        key: &'static str,
        /// Its value, as in the file.
        found: String,
        /// The valid values.
        expected: &'static str,
    },

    /// Two files of one directory contain settings, so that one of them would be ignored.
    #[error("both `{}` and `[tool.rvenv]` of `{}` contain settings", first.display(), second.display())]
    TwoConfigurations {
        /// `rvenv.toml`.
        first: PathBuf,
        /// `pyproject.toml`.
        second: PathBuf,
    },

    /// No requirement was given, and no directory up to the root has a file that lists some.
    #[error("nothing to install: no `requirements.txt`, no `setup.py`, and no `pyproject.toml` with `[project]` or `[build-system]` in `{}` or above it", start.display())]
    NothingToInstall {
        /// The directory in which the search began.
        start: PathBuf,
    },

    /// An error of a lower layer.
    #[error(transparent)]
    Support(support::Error),

    /// An error of a lower layer.
    #[error(transparent)]
    Fs(fs::Error),

    /// An error of a lower layer.
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
            Self::WrongValue { key: project::REQUIRES_PYTHON | "project", .. } => {
                Some(Hint::NamePython)
            }
            Self::ForbiddenSetting { key, .. } => Some(Hint::SetByUser(key)),
            Self::TwoConfigurations { .. } => Some(Hint::KeepOneConfiguration),
            Self::NothingToInstall { .. } => Some(Hint::NamePackages),
            _ => self.lower_hint(),
        }
    }
}

/// The part of a value that is shown, in characters; a file may have any length.
const SHOWN: usize = 60;

/// The beginning of a value, on one line.
pub(crate) fn shortened(value: &str) -> String {
    let words: Vec<_> = value.split_whitespace().collect();
    let line = words.join(" ");
    let mut shown: String = line.chars().take(SHOWN).collect();
    if shown.len() < line.len() {
        shown.push('…');
    }
    shown
}
