//! Why a candidate is not the Python that was looked for.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::{Implementation, Version};

/// Why a candidate is not the Python that was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// There is no such file.
    Missing,
    /// There is a directory, and no Python in it.
    EmptyDirectory,
    /// The system would not start it; what it said.
    CannotRun(String),
    /// It started and failed.
    Failed {
        /// How it ended: `exit status: 127`.
        status: String,
        /// The last line that it complained with.
        complaint: String,
    },
    /// It did not end within the time limit, and was ended.
    Hangs(Duration),
    /// It ended well and did not answer as a Python does.
    NotPython,
    /// It lies in a path that is no valid Unicode, which neither `pyvenv.cfg` nor a script can hold.
    NotUnicode,
    /// It answered with something that cannot be true.
    Lies(String),
    /// It is too old to make environments for.
    TooOld(Implementation, Version),
    /// It is so old that it does not know the option that isolates it.
    Ancient,
    /// It is an environment whose base is not there any more.
    BaseMissing(PathBuf),
    /// It is a version manager's shim, and the manager's own rule gives no Python.
    Shim {
        /// `pyenv`.
        manager: &'static str,
        /// What the rule came to: `3.11.7 has no python3.12`.
        outcome: String,
    },
    /// It is macOS' stand-in for a Python that comes with the developer tools, which are not there.
    AppleStub,
    /// It is Windows' stand-in for a Python from the Store, which is not there.
    StoreStub,
    /// Only an environment that is not trusted names it, so it was not started.
    NotStarted,
    /// It is a sound Python, and another one than asked for.
    Other(String),
}

impl Reason {
    /// Whether it is a Python that does not work, or pretends to be one: neither a sound one of another
    /// version nor a placeholder.
    pub fn is_malfunction(&self) -> bool {
        match self {
            Self::CannotRun(_)
            | Self::Failed { .. }
            | Self::Hangs(_)
            | Self::NotPython
            | Self::NotUnicode
            | Self::Lies(_)
            | Self::BaseMissing(_) => true,
            Self::Missing
            | Self::EmptyDirectory
            | Self::TooOld(..)
            | Self::Ancient
            | Self::Shim { .. }
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
            Self::Failed { status, complaint } if complaint.is_empty() => {
                write!(f, "fails ({status})")
            }
            Self::Failed { status, complaint } => write!(f, "fails ({status}): {complaint}"),
            Self::Hangs(limit) => write!(f, "gave no answer within {} s", limit.as_secs_f32()),
            Self::NotPython => f.write_str("does not answer as a Python"),
            Self::NotUnicode => f.write_str("lies in a path that is not valid Unicode"),
            Self::Lies(what) => write!(f, "answers what cannot be true: {what}"),
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
                write!(f, "is an environment whose base `{}` is gone", base.display())
            }
            Self::Shim { manager, outcome } => write!(f, "is a shim of {manager}: {outcome}"),
            Self::AppleStub => {
                f.write_str("stands for the developer tools, which are not installed")
            }
            Self::StoreStub => f.write_str("stands for the Store, whose Python is not installed"),
            Self::NotStarted => f.write_str("was not started: only the environment names it"),
            Self::Other(what) => write!(f, "is {what}"),
        }
    }
}
