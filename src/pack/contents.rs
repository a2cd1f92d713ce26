//! The contents of an archive.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::archive::Content;
use super::{Leaving, Request};
use crate::python::Interpreter;
use crate::venv::state::State;

/// The entries of an archive by their paths, and what was found while they were collected.
pub(super) struct Contents<'a> {
    pub(super) state: &'a State<'a>,
    pub(super) base: &'a Interpreter,
    pub(super) request: &'a Request<'a>,
    /// Without the manifest.
    pub(super) items: BTreeMap<String, Content>,
    /// The references to paths outside of the archive.
    pub(super) leaving: Vec<Leaving>,
    /// Editable installs, where these are refused.
    pub(super) editables: Vec<String>,
    /// Messages for the user.
    pub(super) notes: Vec<String>,
}

impl<'a> Contents<'a> {
    /// Everything in the environment, as it is to be in the archive.
    pub(super) fn collect(
        state: &'a State<'a>,
        base: &'a Interpreter,
        request: &'a Request<'a>,
    ) -> super::Result<Self> {
        let mut contents = Self {
            state,
            base,
            request,
            items: BTreeMap::new(),
            leaving: Vec::new(),
            editables: Vec::new(),
            notes: Vec::new(),
        };
        contents.add_tree()?;
        contents.rewrite_scripts()?;
        contents.rewrite_kernels();
        contents.rewrite_sites()?;
        contents.add_configuration();
        Ok(contents)
    }

    /// Replaces the bytes of an entry, which keeps its permissions, or adds a file.
    pub(super) fn replace(&mut self, path: String, data: Vec<u8>) {
        let executable = match self.items.get(&path) {
            Some(Content::Bytes { executable, .. } | Content::File { executable, .. }) => {
                *executable
            }
            Some(Content::Directory) | None => false,
        };
        self.items.insert(path, Content::Bytes { data, executable });
    }

    /// Adds a file, and the directories above it.
    pub(super) fn add(&mut self, path: String, content: Content) {
        for (end, _) in path.match_indices('/') {
            self.items.entry(path[..end].to_owned()).or_insert(Content::Directory);
        }
        self.items.insert(path, content);
    }

    /// Removes a file, or a directory with all that is in it.
    pub(super) fn remove(&mut self, path: &str) {
        let below = format!("{path}/");
        self.items.remove(path);
        self.items.retain(|name, _| !name.starts_with(&below));
    }

    /// The path of an entry in the archive; `None` for a place outside of the environment, and for
    /// names that are not text.
    pub(super) fn path(&self, path: &Path) -> Option<String> {
        archive_path(&normalized(path)?, self.state.root())
    }

    /// Records that `path` names `to`, which is outside of the archive.
    pub(super) fn leaves(&mut self, path: impl Into<PathBuf>, to: impl Into<PathBuf>) {
        self.leaving.push(Leaving { path: path.into(), to: to.into() });
    }
}

/// `path`, which is in `root`, as the path of an entry.
pub(super) fn archive_path(path: &Path, root: &Path) -> Option<String> {
    let names = path.strip_prefix(root).ok()?.components();
    let names: Option<Vec<_>> = names.map(|name| name.as_os_str().to_str()).collect();
    names.map(|names| names.join("/"))
}

/// An absolute path without `.` and `..`, which are resolved without reading the disk.
pub(super) fn normalized(path: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !out.pop() {
                    return None;
                }
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => out.push(part),
        }
    }
    Some(out)
}
