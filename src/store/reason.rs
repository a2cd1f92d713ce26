//! The reasons why a distribution is not stored, and why a stored one cannot be used.

use std::path::PathBuf;

/// The reason why a distribution that pip installed is not stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotStored {
    /// The user named its URL or path, or it is editable.
    #[error("it was installed from a URL or a path")]
    Direct,
    /// The report names no archive with a hash.
    #[error("pip reported no hash of its archive")]
    NoArchive,
    /// Its dist-info is not there, or was there before.
    #[error("its `.dist-info` is missing or existed before the install")]
    NotInstalled,
    /// A file of the dist-info is damaged, or RECORD is not as pip writes it.
    #[error("`{0}` is damaged")]
    BadRecord(String),
    /// A file is not as RECORD lists it, or another user can write to it.
    #[error("`{0}` differs from RECORD, or another user can write to it")]
    Altered(String),
    /// RECORD lists a file outside of the environment.
    #[error("RECORD lists `{0}`, which is outside of the environment")]
    Outside(String),
    /// Bytecode that does not belong to its source, or that another process wrote.
    #[error("`{0}` is not the bytecode of its source")]
    BadBytecode(String),
    /// A file that contains the environment's path.
    #[error("`{0}` contains the environment's path")]
    ContainsPath(String),
    /// None of its tags suits the interpreter.
    #[error("its tags do not suit the interpreter")]
    ForeignTags,
    /// The file system has neither hard links nor clones, or the file cannot be written.
    #[error("cannot store `{}`: {reason}", path.display())]
    Unlinkable {
        /// The file.
        path: PathBuf,
        /// The failure.
        reason: String,
    },
}

/// The reason why stored distributions cannot be used in an environment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Obstacle {
    /// A file of the entry is missing or changed; the entry was removed.
    #[error("`{0}` in the store was damaged")]
    Damaged(String),
    /// Two distributions have a file of one path.
    #[error("`{one}` and `{other}` both have `{path}`")]
    Overlap {
        /// A distribution.
        one: String,
        /// Another.
        other: String,
        /// Relative to the environment.
        path: String,
    },
    /// The environment has a file in the place of a new one.
    #[error("the environment has `{0}` already")]
    FileExists(String),
}
