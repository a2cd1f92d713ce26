//! The reasons to reject a candidate.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::{Implementation, Version};

/// The reason to reject a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The file does not exist.
    Missing,
    /// The path is a directory without a Python.
    EmptyDirectory,
    /// The system did not start it; the system's message.
    CannotRun(String),
    /// It exited with an error.
    Failed {
        /// Its exit status: `exit status: 127`.
        status: String,
        /// The last line of its standard error output.
        last_line: String,
    },
    /// It did not exit within the time limit and was killed.
    Hangs(Duration),
    /// It exited with 0, and its output is not the answer of the probe.
    NotPython,
    /// Its path is not valid Unicode, which neither `pyvenv.cfg` nor a script can represent.
    NotUnicode,
    /// Its path contains a line end, which `pyvenv.cfg` cannot represent.
    LineEnd,
    /// It reports an impossible value.
    Impossible(String),
    /// It is older than the oldest supported version.
    TooOld(Implementation, Version),
    /// It does not know the option `-I` (new in Python 3.4).
    Ancient,
    /// It is an environment whose base does not exist.
    BaseMissing(PathBuf),
    /// It is a version manager's shim, and the manager's rule selects no Python.
    Shim {
        /// `pyenv`.
        manager: &'static str,
        /// The result of the rule: `3.11.7 has no python3.12`.
        outcome: String,
    },
    /// It is a version manager's shim, and rvenv cannot follow the manager's rule.
    UnfollowedShim {
        /// `mise`.
        manager: &'static str,
        /// The file and line that it cannot follow, and why.
        what: String,
    },
    /// It is the placeholder of macOS for the developer tools, which are not installed.
    AppleStub,
    /// It is the placeholder of Windows for a Python from the Store, which is not installed.
    StoreStub,
    /// Only an environment that is not trusted names it, so it was not started.
    NotStarted,
    /// It works and does not satisfy the request.
    Other(String),
}

impl Reason {
    /// Whether the candidate looks like a Python and does not work; false for a working one of another
    /// version and for a placeholder.
    pub fn is_malfunction(&self) -> bool {
        match self {
            Self::CannotRun(_)
            | Self::Failed { .. }
            | Self::Hangs(_)
            | Self::NotPython
            | Self::NotUnicode
            | Self::LineEnd
            | Self::Impossible(_)
            | Self::BaseMissing(_) => true,
            Self::Missing
            | Self::EmptyDirectory
            | Self::TooOld(..)
            | Self::Ancient
            | Self::Shim { .. }
            | Self::UnfollowedShim { .. }
            | Self::AppleStub
            | Self::StoreStub
            | Self::NotStarted
            | Self::Other(_) => false,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("does not exist"),
            Self::EmptyDirectory => f.write_str("is a directory without a Python"),
            Self::CannotRun(cause) => write!(f, "cannot be run: {cause}"),
            Self::Failed { status, last_line } if last_line.is_empty() => {
                write!(f, "fails ({status})")
            }
            Self::Failed { status, last_line } => write!(f, "fails ({status}): {last_line}"),
            Self::Hangs(limit) => write!(f, "gave no answer within {} s", limit.as_secs_f32()),
            Self::NotPython => f.write_str("does not answer as a Python"),
            Self::LineEnd => {
                f.write_str("has a path with a line break, which `pyvenv.cfg` cannot represent")
            }
            Self::NotUnicode => f.write_str("has a path that is not valid Unicode"),
            Self::Impossible(what) => write!(f, "reports an impossible value: {what}"),
            Self::TooOld(implementation, version) => {
                write!(
                    f,
                    "is {implementation} {version}, and rvenv needs {} or later",
                    Version::OLDEST.short()
                )
            }
            Self::Ancient => {
                write!(f, "is older than 3.4, and rvenv needs {} or later", Version::OLDEST.short())
            }
            Self::BaseMissing(base) => {
                write!(f, "is an environment whose base `{}` does not exist", base.display())
            }
            Self::Shim { manager, outcome } => write!(f, "is a shim of {manager}: {outcome}"),
            Self::UnfollowedShim { manager, what } => {
                write!(f, "is a shim of {manager}, whose rule rvenv cannot follow: {what}")
            }
            Self::AppleStub => {
                f.write_str("is a placeholder for the developer tools, which are not installed")
            }
            Self::StoreStub => {
                f.write_str("is a placeholder for the Python of the Store, which is not installed")
            }
            Self::NotStarted => f.write_str("was not started: only the environment names it"),
            Self::Other(what) => write!(f, "is {what}"),
        }
    }
}
