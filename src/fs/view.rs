//! Metadata of many files below one directory.

use std::path::{Path, PathBuf};

use super::FileFacts;
use super::kind::Kind;
use super::sys::Handle;

/// A directory of which only metadata is read. Below its handle the kernel follows short paths: that takes half
/// the time of absolute ones.
#[derive(Debug)]
pub(crate) struct DirView {
    /// `None` if it cannot be opened: then its entries cannot be looked at either.
    handle: Option<Handle>,
    path: PathBuf,
}

impl DirView {
    pub(crate) fn new(path: &Path) -> Self {
        Self { handle: Handle::open(path).ok(), path: path.to_owned() }
    }

    /// The metadata of an entry, without following a link; `None` if it does not exist.
    pub(crate) fn entry(&self, relative: &Path) -> Option<FileFacts> {
        self.handle.as_ref()?.facts(relative).ok()
    }

    /// The metadata of a file or directory, links being followed; `None` if it does not exist.
    pub(crate) fn file(&self, relative: &Path) -> Option<FileFacts> {
        let facts = self.entry(relative)?;
        if facts.kind != Kind::Link {
            return Some(facts);
        }
        Some(FileFacts::of(&self.path.join(relative).metadata().ok()?))
    }
}
