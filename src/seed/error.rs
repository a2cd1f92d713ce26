//! The failures to provide pip.

use std::io;
use std::path::{Path, PathBuf};

use super::WheelFault;
use crate::support::hint::Hint;
use crate::{fs, python, support};

/// The result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failures to provide pip.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file is missing in the cache and cannot be written to it.
    #[error("cannot write to the cache{}", at(path.as_deref()))]
    CacheUnwritable {
        /// The path; `None` without a cache.
        path: Option<PathBuf>,
        /// The error of the system.
        source: io::Error,
    },

    /// A wheel that is damaged, hostile, or of another project.
    #[error("cannot use the wheel `{}`", path.display())]
    Wheel {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        fault: WheelFault,
    },

    /// A Python that was started for a task failed.
    #[error("`{}` failed to {task}{}", python.display(), quoted(stderr))]
    PythonFailed {
        /// The Python.
        python: PathBuf,
        /// The task, as a verb.
        task: String,
        /// Its standard error output.
        stderr: String,
    },

    /// A requested version of pip that cannot be parsed.
    #[error("`{version}` is not a version of pip")]
    PipVersionInvalid {
        /// The requested version.
        version: String,
    },

    /// The requested pip is not available locally, and connections are not allowed.
    #[error("{requirement} is neither in the cache nor bundled with `{}`, and rvenv is offline", python.display())]
    PipOffline {
        /// `pip` or `pip==24.0`.
        requirement: String,
        /// The base.
        python: PathBuf,
        /// The operating system's package that contains one, if known.
        package: Option<String>,
    },

    /// The base bundles no pip, and the download failed.
    #[error("`{}` bundles no pip, and the download failed", python.display())]
    PipUnavailable {
        /// The base.
        python: PathBuf,
        /// The operating system's package that contains one, if known.
        package: Option<String>,
        /// The cause of the failed download.
        source: Box<Error>,
    },

    /// The package index has no compatible version.
    #[error("`{index}` offers no pip for Python {version}")]
    IndexEmpty {
        /// The URL of the response.
        index: String,
        /// The Python.
        version: String,
    },

    /// The response of the package index is not a list of files.
    #[error("cannot parse the response of `{index}`")]
    IndexUnreadable {
        /// The URL of the response.
        index: String,
        /// The cause.
        source: serde_json::Error,
    },

    /// A downloaded file does not have the hash that the package index lists.
    #[error("the hash of `{url}` is not the one in the index")]
    DownloadAltered {
        /// The file.
        url: String,
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
            Self::PipOffline { .. } => Some(Hint::WaysToPip { package: None }),
            Self::PipUnavailable { package, .. } => {
                Some(Hint::WaysToPip { package: package.clone() })
            }
            _ => self.lower_hint(),
        }
    }
}

/// Text for a location that may be unknown.
fn at(path: Option<&Path>) -> String {
    path.map_or_else(
        || ": no cache directory is available".to_owned(),
        |path| format!(" at `{}`", path.display()),
    )
}

/// The standard error output of a program, if there is any.
fn quoted(output: &str) -> String {
    if output.is_empty() { String::new() } else { format!(": {}", without_old_versions(output)) }
}

/// The output of pip with the newest versions of its list only: pip's own list has about 150.
fn without_old_versions(output: &str) -> String {
    const START: &str = "(from versions: ";
    const LISTED: usize = 3;
    let split = output.split_once(START).and_then(|(before, rest)| {
        let (versions, after) = rest.split_once(')')?;
        Some((before, versions.split(", ").collect::<Vec<_>>(), after))
    });
    match split {
        Some((before, versions, after)) if versions.len() > LISTED => {
            let newest = versions[versions.len() - LISTED..].join(", ");
            format!("{before}{START}..., {newest}){after}")
        }
        _ => output.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_versions_of_pips_list_are_quoted() {
        let list = "no version (from versions: 1.0, 2.0, 3.0, 4.0)\nERROR: none";
        assert_eq!(quoted(list), ": no version (from versions: ..., 2.0, 3.0, 4.0)\nERROR: none");
        for output in
            ["x (from versions: none)", "x (from versions: 1, 2, 3)", "x (from versions: "]
        {
            assert_eq!(quoted(output), format!(": {output}"));
        }
    }
}
