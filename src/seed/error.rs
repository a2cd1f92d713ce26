//! The failures to provide pip.

use std::io;
use std::path::{Path, PathBuf};

use super::WheelFault;
use crate::support::hint::Hint;
use crate::{fs, python, support};

/// The result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failures to provide pip: each variant carries the facts, its text is a lowercase fragment.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The cache lacks something, and cannot take it.
    #[error("cannot write to the cache{}", at(path.as_deref()))]
    CacheUnwritable {
        /// Where; `None` without a cache.
        path: Option<PathBuf>,
        /// What the system said.
        source: io::Error,
    },

    /// A wheel that is broken, hostile, or not what it should be.
    #[error("cannot use the wheel `{}`", path.display())]
    Wheel {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        fault: WheelFault,
    },

    /// A Python that was run for some work failed.
    #[error("`{}` failed to {task}{}", python.display(), quoted(stderr))]
    PythonFailed {
        /// The Python.
        python: PathBuf,
        /// What it was to do, as a verb.
        task: String,
        /// What it wrote.
        stderr: String,
    },

    /// A version of pip that is no version.
    #[error("`{version}` is no version of pip")]
    PipVersionInvalid {
        /// What was asked for.
        version: String,
    },

    /// The pip that was asked for is not at hand, and connections are forbidden.
    #[error("{requirement} is neither in the cache nor with `{}`, and rvenv is offline", python.display())]
    PipOffline {
        /// `pip` or `pip==24.0`.
        requirement: String,
        /// The base.
        python: PathBuf,
        /// The distribution's package that holds one, where that is known.
        package: Option<String>,
    },

    /// The base carries no pip, and none could be fetched.
    #[error("`{}` comes without pip, and fetching it failed", python.display())]
    PipUnavailable {
        /// The base.
        python: PathBuf,
        /// The distribution's package that holds it, where that is known.
        package: Option<String>,
        /// Why it could not be fetched.
        source: Box<Error>,
    },

    /// The package index offers nothing that fits.
    #[error("`{index}` offers no pip for Python {version}")]
    IndexEmpty {
        /// The page that was read.
        index: String,
        /// The Python.
        version: String,
    },

    /// The package index answered with something else than a list of files.
    #[error("cannot understand what `{index}` says")]
    IndexUnreadable {
        /// The page that was read.
        index: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },

    /// What came from the package index is not what it promised.
    #[error("`{url}` is not the file that the index promised: its hash differs")]
    DownloadAltered {
        /// The file.
        url: String,
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
            Self::PipOffline { .. } => Some(Hint::WaysToPip { package: None }),
            Self::PipUnavailable { package, .. } => {
                Some(Hint::WaysToPip { package: package.clone() })
            }
            Self::Support(error) => error.hint(),
            Self::Fs(error) => error.hint(),
            Self::Python(error) => error.hint(),
            Self::CacheUnwritable { .. }
            | Self::Wheel { .. }
            | Self::PythonFailed { .. }
            | Self::PipVersionInvalid { .. }
            | Self::IndexEmpty { .. }
            | Self::IndexUnreadable { .. }
            | Self::DownloadAltered { .. } => None,
        }
    }
}

/// Text for a location that may be unknown.
fn at(path: Option<&Path>) -> String {
    path.map_or_else(|| ": there is none".to_owned(), |path| format!(" at `{}`", path.display()))
}

/// The standard error output of a program, if there is any.
fn quoted(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(": {words}") }
}
