//! What an environment holds, as a pure list.

use std::path::PathBuf;

/// What stands at a place in an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A directory.
    Directory,
    /// A symbolic link with this target.
    Link(PathBuf),
    /// A copy of this file, which the environment owns.
    Copy(PathBuf),
    /// The same as this file of the cache: cloned, hard-linked or copied, as the link mode says.
    Share(PathBuf),
    /// A file with these bytes.
    Text(Vec<u8>),
    /// An executable file with these bytes.
    Script(Vec<u8>),
}

/// One place in an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Relative to the environment's root.
    pub path: PathBuf,
    /// What stands there.
    pub content: Content,
}

/// What an environment holds, parents before children.
///
/// `create` applies a plan, `--dry-run` prints it, `check` compares it with the disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In the order of making.
    pub entries: Vec<Entry>,
}
