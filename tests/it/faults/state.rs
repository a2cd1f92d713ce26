//! The content of a directory as a value that can be compared and restored.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// The entry at a path.
#[derive(Clone, PartialEq, Eq)]
enum Node {
    Directory(u32),
    Link(PathBuf),
    File(u32, Vec<u8>),
}

/// Everything below a directory.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct State(BTreeMap<PathBuf, Node>);

impl State {
    /// Reads everything below `root`, except the entries named in `except`.
    pub(super) fn of(root: &Path, except: &[&str]) -> Self {
        let walk = WalkDir::new(root).min_depth(1).into_iter();
        let walk = walk.filter_entry(|entry| {
            entry.depth() != 1 || !except.iter().any(|name| entry.file_name() == *name)
        });
        let nodes = walk.map(|entry| {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode();
            let path = entry.path();
            let node = if entry.file_type().is_dir() {
                Node::Directory(mode)
            } else if entry.file_type().is_symlink() {
                Node::Link(fs::read_link(path).unwrap())
            } else {
                Node::File(mode, fs::read(path).unwrap())
            };
            (path.strip_prefix(root).unwrap().to_owned(), node)
        });
        Self(nodes.collect())
    }

    /// Restores this content of `root`, except the entries named in `except`, and deletes everything else.
    pub(super) fn put_back(&self, root: &Path, except: &[&str]) {
        for entry in fs::read_dir(root).unwrap().flatten() {
            if except.iter().any(|name| entry.file_name() == *name) {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                fs::remove_dir_all(entry.path()).unwrap();
            } else {
                fs::remove_file(entry.path()).unwrap();
            }
        }
        for (path, node) in &self.0 {
            let path = root.join(path);
            match node {
                Node::Directory(mode) => {
                    fs::create_dir(&path).unwrap();
                    fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
                }
                Node::Link(target) => symlink(target, &path).unwrap(),
                Node::File(mode, bytes) => {
                    fs::write(&path, bytes).unwrap();
                    fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
                }
            }
        }
    }

    /// Without rvenv's own temporary files.
    pub(super) fn without_yards(mut self) -> Self {
        let is_yard = |part: &Path| part.to_string_lossy().starts_with(".rvenv");
        self.0.retain(|path, _| !path.iter().any(|part| is_yard(Path::new(part))));
        self
    }

    /// Without `target` and everything below it.
    pub(super) fn without(mut self, target: &Path) -> Self {
        self.0.retain(|path, _| !path.starts_with(target));
        self
    }

    /// Without the empty directories that are not in `old`: parents of files that were not created.
    pub(super) fn without_new_parents(mut self, old: &Self) -> Self {
        while let Some(path) = self.0.iter().find_map(|(path, node)| {
            let is_empty = !self.0.keys().any(|other| other.parent() == Some(path));
            let is_new = !old.0.contains_key(path) && matches!(node, Node::Directory(_));
            (is_new && is_empty).then(|| path.clone())
        }) {
            self.0.remove(&path);
        }
        self
    }

    /// Whether every file equals the one in `old` or in `new`, no file is missing, and a new `pyvenv.cfg`
    /// exists only if all other files are new.
    pub(super) fn is_between(&self, old: &Self, new: &Self) -> bool {
        let is_known = |(path, node): (&PathBuf, &Node)| {
            [old, new].iter().any(|state| state.0.get(path) == Some(node))
        };
        let is_cfg = |path: &Path| path.ends_with("pyvenv.cfg");
        let is_marked =
            self.0.iter().any(|(path, node)| is_cfg(path) && old.0.get(path) != Some(node));
        self.0.iter().all(is_known)
            && old.0.keys().all(|path| self.0.contains_key(path) || !new.0.contains_key(path))
            && (!is_marked || self == new)
    }

    /// The paths that differ, for messages.
    pub(super) fn difference(&self, other: &Self) -> String {
        let side = |from: &Self, to: &Self, sign: char| {
            let differs = |(path, node): &(&PathBuf, &Node)| to.0.get(*path) != Some(*node);
            from.0
                .iter()
                .filter(differs)
                .map(|(path, _)| format!(" {sign}{}", path.display()))
                .collect::<String>()
        };
        side(self, other, '+') + &side(other, self, '-')
    }
}
