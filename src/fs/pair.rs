//! Sharing of many files between two directory trees with few system calls.

use std::io;
use std::path::{Path, PathBuf};

use super::dir::write_file;
use super::link::Linker;
use super::sys::Handle;
use super::{Error, FileFacts, Result};

/// An open directory, and the one that its files are shared with, under the same names: the kernel follows
/// the long path of both only once.
#[derive(Debug)]
pub(crate) struct DirPair {
    pub(super) from: Handle,
    pub(super) to: Handle,
    pub(super) from_path: PathBuf,
    pub(super) to_path: PathBuf,
}

impl DirPair {
    /// The metadata of a file of the first directory, without following a link.
    pub(crate) fn facts(&self, name: &str) -> io::Result<FileFacts> {
        self.from.facts(Path::new(name))
    }

    /// The metadata of a file of the second directory, without following a link.
    pub(crate) fn facts_of_shared(&self, name: &str) -> io::Result<FileFacts> {
        self.to.facts(Path::new(name))
    }

    /// The path of a file of the first directory.
    pub(crate) fn source(&self, name: &str) -> PathBuf {
        self.from_path.join(name)
    }

    /// Creates a file in the second directory with the content of its namesake.
    ///
    /// # Errors
    /// As [`Dir::share`](super::Dir::share).
    pub(crate) fn share(&self, name: &str, linker: &Linker) -> Result<()> {
        let shared =
            linker.link_between(&self.from, &self.to, Path::new(name), || self.source(name));
        shared.map_err(|source| Error::Io {
            action: "link to the cache",
            path: self.to_path.join(name),
            source,
        })
    }

    /// Writes a file into the second directory.
    ///
    /// # Errors
    /// As [`Dir::write`](super::Dir::write).
    pub(crate) fn write(&self, name: &str, bytes: &[u8], executable: bool) -> Result<()> {
        write_file(&self.to, Path::new(name), bytes, executable).map_err(|source| Error::Io {
            action: "write",
            path: self.to_path.join(name),
            source,
        })
    }
}
