//! The failures to create or upgrade an environment.

use std::path::PathBuf;

use super::python_choice::Origin;
use crate::support::hint::Hint;
use crate::{fs, python, seed, settings, shell, support, venv};

/// The result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failures to create or upgrade an environment: each variant carries the facts, its text is a lowercase fragment.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Somebody asks for a Python in words that cannot be read.
    #[error("{origin} asks for no Python")]
    UnreadableDemand {
        /// Who.
        origin: Origin,
        /// What is wrong with it.
        source: Box<python::Error>,
    },

    /// A version file is there, and no version can be read from it.
    #[error("cannot read a version of Python from `{}`{}", path.display(), line.map(|line| format!(", line {line}")).unwrap_or_default())]
    UnreadableVersionFile {
        /// The file.
        path: PathBuf,
        /// The line whose bytes are no text, counted from 1.
        line: Option<usize>,
        /// Why the file cannot be read, unless it is a line's encoding.
        source: Option<fs::Error>,
    },

    /// A file or device stands where the environment is to be.
    #[error("`{}` is there and is not a directory", path.display())]
    NotADirectory {
        /// The place.
        path: PathBuf,
    },

    /// A link to a directory with the user's files, where an environment would be mixed with them.
    #[error("`{}` is a link to `{}`, which is neither an environment nor empty", path.display(), target.display())]
    LinkToFiles {
        /// The link.
        path: PathBuf,
        /// What it points to.
        target: PathBuf,
    },

    /// A file of the user's is in the way.
    #[error("`{}` is there, and was not made by an environment tool", path.display())]
    WouldOverwrite {
        /// The file.
        path: PathBuf,
    },

    /// An environment of another minor version is there; its packages would not be found.
    #[error("`{}` is an environment of Python {has}, not of {wanted}", path.display())]
    OtherPython {
        /// The environment.
        path: PathBuf,
        /// Its version.
        has: String,
        /// The version that it was to have.
        wanted: String,
    },

    /// What an environment held could not be installed for its new Python.
    #[error("not all packages of `{}` could be installed for the new Python: it is as it was", path.display())]
    NotReinstalled {
        /// The environment.
        path: PathBuf,
    },

    /// What an environment holds cannot be installed again, as nothing tells what it is.
    #[error("`{}` holds {}, which does not say what to install: it is as it was", path.display(), entries.join(", "))]
    NotReinstallable {
        /// The environment.
        path: PathBuf,
        /// Their names in its `site-packages`.
        entries: Vec<String>,
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

    /// From a lower layer.
    #[error(transparent)]
    Shell(shell::Error),

    /// From a lower layer.
    #[error(transparent)]
    Settings(settings::Error),

    /// From a lower layer.
    #[error(transparent)]
    Venv(venv::Error),

    /// From a lower layer.
    #[error(transparent)]
    Seed(seed::Error),
}

support::lift_errors! { Error {
    support::Error => Support [],
    fs::Error => Fs [Support],
    python::Error => Python [Support, Fs],
    shell::Error => Shell [],
    settings::Error => Settings [Support, Fs, Python],
    venv::Error => Venv [Support, Fs, Python, Shell],
    seed::Error => Seed [Support, Fs, Python],
}}

impl Error {
    /// The next step for the user, if there is one.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::NotADirectory { .. } | Self::LinkToFiles { .. } | Self::WouldOverwrite { .. } => {
                Some(Hint::ChooseAnotherPath)
            }
            Self::OtherPython { .. } => Some(Hint::ClearOrUpgrade),
            Self::Support(error) => error.hint(),
            Self::Fs(error) => error.hint(),
            Self::Python(error) => error.hint(),
            Self::Shell(error) => error.hint(),
            Self::Settings(error) => error.hint(),
            Self::Venv(error) => error.hint(),
            Self::Seed(error) => error.hint(),
            Self::UnreadableDemand { .. }
            | Self::UnreadableVersionFile { .. }
            | Self::NotReinstalled { .. }
            | Self::NotReinstallable { .. } => None,
        }
    }
}
