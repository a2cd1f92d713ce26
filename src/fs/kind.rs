//! Types that the directory handles of all systems share.

use std::fs::File;
use std::io;

/// The kind of a directory entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Directory,
    Link,
    Other,
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
