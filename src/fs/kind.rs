//! What every system's directories have in common.

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
