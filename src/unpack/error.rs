//! The failures to read or unpack an archive.

use std::io;
use std::path::PathBuf;

use super::Fit;
use crate::pack::ManifestError;
use crate::support::hint::Hint;
use crate::support::limits;
use crate::{fs, python, shell, support, venv};

/// The result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failures to read or unpack an archive: each variant carries the facts, its text is a lowercase
/// fragment.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The archive is damaged, malicious, or not written by `rvenv pack`.
    #[error("cannot unpack `{}`: {fault}", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// Why.
        #[source]
        fault: Fault,
    },

    /// This machine lacks what the archive needs.
    #[error("`{}` does not fit this machine: {}", path.display(), fit.obstacles())]
    Unfit {
        /// The archive.
        path: PathBuf,
        /// The requirements, compared with this machine.
        fit: Box<Fit>,
    },

    /// There is something where the environment is to be.
    #[error("cannot unpack into `{}`: it is not an empty directory", path.display())]
    Occupied {
        /// Where.
        path: PathBuf,
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
    Venv(venv::Error),
}

support::lift_errors! { Error {
    support::Error => Support [],
    fs::Error => Fs [Support],
    python::Error => Python [Support, Fs],
    shell::Error => Shell [],
    venv::Error => Venv [Support, Fs, Python, Shell],
}}

/// The reason to reject an archive. Names of entries are escaped, because they may contain control characters.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// It ends early, or its bytes are not those of its format.
    #[error("it is damaged or incomplete")]
    Damaged(#[source] io::Error),
    /// Its format is none that `rvenv pack` writes.
    #[error("it is not a .tar.gz, .tar.zst, .zip or .tar archive")]
    Format,
    /// The program was built without the decoder.
    #[error("this build of rvenv does not support .tar.zst")]
    NoZstd,
    /// Its first entry is not the manifest.
    #[error("`rvenv pack` did not write it: its first entry is not `{}`", crate::pack::MANIFEST)]
    NoManifest,
    /// The manifest cannot be used.
    #[error("{0}")]
    Manifest(#[from] ManifestError),
    /// A name that is absolute, leads out of the directory, or is reserved.
    #[error("it contains the entry `{name}`, which is not a path inside an environment")]
    UnsafeName {
        /// The name, escaped.
        name: String,
    },
    /// A name or path that is longer than systems take.
    #[error("it contains an entry whose name is too long: `{name}...`")]
    NameTooLong {
        /// The beginning of the name, escaped.
        name: String,
    },
    /// A link, a device, or another entry that is neither file nor directory.
    #[error("its entry `{name}` is {kind}, and `rvenv pack` writes only files and directories")]
    Kind {
        /// The name, escaped.
        name: String,
        /// Its kind.
        kind: &'static str,
    },
    /// Two entries of one name.
    #[error("it contains `{name}` twice")]
    Duplicate {
        /// The name, escaped.
        name: String,
    },
    /// An entry below one that is a file.
    #[error("it contains `{name}` as a file and as a directory")]
    FileAsDirectory {
        /// The name, escaped.
        name: String,
    },
    /// Two entries whose names differ only in case, where the file system takes them for one.
    #[error(
        "its entry `{name}` differs from another one only in case, which is the same name on this file system"
    )]
    CaseCollision {
        /// The name, escaped.
        name: String,
    },
    /// More entries than any environment has.
    #[error("it contains more than {} entries", limits::ARCHIVE_ENTRIES)]
    TooMany,
    /// Far more content than its size allows for.
    #[error(
        "its manifest lists {bytes} bytes, more than {} times the {size} bytes of the archive",
        limits::ARCHIVE_RATIO
    )]
    TooLarge {
        /// The bytes in its files.
        bytes: u64,
        /// The bytes of the archive.
        size: u64,
    },
    /// A file that every packed environment has is not there.
    #[error("it contains no `{name}`")]
    Incomplete {
        /// The file.
        name: &'static str,
    },
    /// Other files than the manifest counts.
    #[error(
        "its manifest lists {files} files with {bytes} bytes, and the archive contains another number"
    )]
    Count {
        /// The files that the manifest counts.
        files: u64,
        /// Their bytes.
        bytes: u64,
    },
}

impl Error {
    /// The next step for the user, if there is one.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::Archive { .. } => None,
            Self::Unfit { fit, .. } => fit.hint(),
            Self::Occupied { .. } => Some(Hint::ChooseAnotherPath),
            _ => self.lower_hint(),
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Damaged(error)
    }
}
