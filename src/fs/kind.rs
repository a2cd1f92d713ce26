//! What every system's directories have in common.

use std::fs::File;
use std::io;

/// What stands at a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Directory,
    Link,
    Other,
}

/// May a walk into a directory cross into another mounted file system? A mounted volume is a link
/// on Windows, which no walk follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mounts {
    Cross,
    Stay,
}

/// A file to be copied, and whether it is executable.
pub(crate) type Opened = io::Result<(File, bool)>;
