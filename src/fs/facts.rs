//! The metadata of a file, read by its path or below an open directory.

use std::fs::Metadata;
use std::time::{Duration, UNIX_EPOCH};

use super::kind::Kind;
use crate::support::identity::FileStamp;

/// The metadata of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileFacts {
    pub(crate) kind: Kind,
    /// Whether it is a regular file.
    pub(crate) is_file: bool,
    /// Permission bits; 0 where there is only one mode.
    pub(crate) mode: u32,
    /// In bytes.
    pub(crate) size: u64,
    /// Since 1970; `None` before that.
    pub(crate) modified: Option<Duration>,
    /// The number of its owner; 0 where access lists say who may do what.
    pub(crate) owner: u32,
    /// The number of its group; 0 likewise.
    pub(crate) group: u32,
    /// The number of its hard links; 0 where the standard library does not read it.
    pub(crate) links: u64,
    /// `None` if it was modified before 1970.
    pub(crate) stamp: Option<FileStamp>,
}

impl FileFacts {
    /// Those of a file that was asked for by its path.
    pub(crate) fn of(meta: &Metadata) -> Self {
        let modified = meta.modified().ok();
        let modified = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let (mode, owner, group, links) = rights(meta);
        Self {
            kind: Kind::of(meta.file_type()),
            is_file: meta.is_file(),
            mode,
            size: meta.len(),
            modified,
            owner,
            group,
            links,
            stamp: FileStamp::of_metadata(meta),
        }
    }

    /// Whether it belongs to the user, and nobody else can write to it. A user-private group has the number
    /// of its only member.
    #[cfg(unix)]
    pub(crate) fn is_ours_alone(&self) -> bool {
        let others = if self.group == self.owner { 0o002 } else { 0o022 };
        self.owner == crate::support::users::effective_uid() && self.mode & others == 0
    }

    /// Access lists guard the user's own directories.
    #[cfg(not(unix))]
    #[allow(clippy::unused_self, reason = "as on Unix")]
    pub(crate) fn is_ours_alone(&self) -> bool {
        true
    }
}

/// Permission bits, owner, group and number of hard links.
#[cfg(unix)]
fn rights(meta: &Metadata) -> (u32, u32, u32, u64) {
    use std::os::unix::fs::MetadataExt;
    (meta.mode() & 0o7777, meta.uid(), meta.gid(), meta.nlink())
}

#[cfg(not(unix))]
fn rights(_meta: &Metadata) -> (u32, u32, u32, u64) {
    (0, 0, 0, 0)
}
