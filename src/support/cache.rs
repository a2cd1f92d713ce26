//! What is remembered between runs.
//!
//! The cache makes things fast and is never needed: unwritable, missing, foreign or corrupt, it
//! costs time and nothing else.

use std::io;
use std::path::{Path, PathBuf};

use crate::support::dirs;
use crate::support::host::Host;

/// The names that stand in the directory: what cleaning takes away, and nothing else.
const PARTS: [&str; 2] = ["interpreters", "pip"];

/// The directory for what is remembered, if there is one that can be trusted.
#[derive(Clone, Debug)]
pub struct Cache {
    root: Option<PathBuf>,
}

impl Cache {
    /// The cache of this host: `RVENV_CACHE_DIR`, else `rvenv` in the user's cache directory
    /// (`XDG_CACHE_HOME` or `~/.cache`, `~/Library/Caches`, `%LOCALAPPDATA%`).
    ///
    /// A directory that belongs to another user is not trusted: its owner could put any code into
    /// the pip that every new environment gets.
    pub fn of(host: &Host) -> Self {
        let root = Self::place(host).filter(|root| trusted(root));
        Self { root }
    }

    /// No cache: nothing is remembered.
    pub const fn none() -> Self {
        Self { root: None }
    }

    /// A cache in this directory, which is the caller's own: one that lives as long as the work.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: Some(root.into()) }
    }

    /// The cache directory, which need not exist yet; `None` without a cache.
    pub fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// What of it is on the disk. The directory itself may be one that the user keeps other things
    /// in.
    pub fn parts(&self) -> Vec<PathBuf> {
        let root = self.root.iter();
        root.flat_map(|root| PARTS.map(|name| root.join(name)))
            .filter(|part| part.is_dir())
            .collect()
    }

    fn place(host: &Host) -> Option<PathBuf> {
        if let Some(dir) = host.path_var("RVENV_CACHE_DIR") {
            return Some(host.absolute(dir));
        }
        dirs::cache(host).map(|dir| dir.join("rvenv"))
    }
}

/// Whether a directory is ours alone, or not there yet.
#[cfg(unix)]
pub(crate) fn trusted(root: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::symlink_metadata(root).is_ok_and(|meta| {
        // Ours, and not open for others to write into.
        meta.is_dir()
            && meta.uid() == rustix::process::geteuid().as_raw()
            && meta.mode() & 0o022 == 0
    }) || !root.exists()
}

#[cfg(not(unix))]
pub(crate) fn trusted(_root: &Path) -> bool {
    // The user's own profile directory is guarded by its access list.
    true
}

/// Creates a directory with its parents: what is new is ours alone, whatever the umask, as a cache
/// that others can write into is not trusted.
pub(crate) fn create_private_dir(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)
}
