//! Types that the directory handles of all systems share.

use std::fs::{File, FileType};
use std::io;

/// The kind of a directory entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Directory,
    Link,
    Other,
}

impl Kind {
    pub(super) fn of(file_type: FileType) -> Self {
        if file_type.is_symlink() {
            Self::Link
        } else if file_type.is_dir() {
            Self::Directory
        } else {
            Self::Other
        }
    }
}

/// Whether the opening of a subdirectory may cross a mount point. On Windows a mounted volume is a link,
/// which is never followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mounts {
    Cross,
    Stay,
}

/// A file to be copied, and whether it is executable.
pub(crate) type Opened = io::Result<(File, bool)>;
