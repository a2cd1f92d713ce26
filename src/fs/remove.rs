//! Deletion of a directory tree. It works relative to open directories, so that a directory that is
//! replaced by a link is not followed, and it crosses no mount point.
//!
//! The standard library's `remove_dir_all` follows no links either, but it empties filesystems mounted in
//! the tree, stops at the first read-only directory, and does not report the failing path.

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::sys::{Handle, Kind, Mounts};
use crate::fs::{Error, Result};

/// The maximum depth of open directories; deeper ones are moved up first, which bounds the stack and the
/// number of open files.
const DEEPEST: usize = 64;

/// Deletes the entry at `path`: a file, a link (not its target), or a directory with its content. A
/// failure does not stop the deletion of the rest. Missing permissions of the owner on a directory are
/// added.
///
/// # Errors
/// The first failure.
pub fn remove_tree(path: &Path) -> Result<()> {
    let (parent, name) = split(path)?;
    let handle = Handle::open(parent).map_err(Error::io("open", parent))?;
    let kind = handle.kind(Path::new(name)).map_err(Error::io("remove", path))?;
    remove_at(&handle, parent, name, kind)
}

/// The parent directory of `path` and the name in it.
pub(super) fn split(path: &Path) -> Result<(&Path, &OsStr)> {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if parent.as_os_str().is_empty() => Ok((Path::new("."), name)),
        (Some(parent), Some(name)) => Ok((parent, name)),
        _ => Err(Error::io("work on", path)(ErrorKind::InvalidInput.into())),
    }
}

/// Deletes the entry `name` of `parent`, whose path is `at`.
pub(super) fn remove_at(parent: &Handle, at: &Path, name: &OsStr, kind: Kind) -> Result<()> {
    let failed = |source| Error::Io { action: "remove", path: at.join(name), source };
    if kind != Kind::Directory {
        return unlocking(parent, || parent.unlink(Path::new(name))).map_err(failed);
    }
    let top = parent.sub(Path::new(name), Mounts::Stay).map_err(failed)?;
    empty(&top, &at.join(name))?;
    unlocking(parent, || parent.remove_dir(Path::new(name))).map_err(failed)
}

/// Deletes the content of the directory `top`, whose path is `path`.
fn empty(top: &Handle, path: &Path) -> Result<()> {
    empty_except(top, path, &[])
}

/// Deletes the content of the directory `top`, whose path is `path`, except for entries of these names.
pub(super) fn empty_except(top: &Handle, path: &Path, kept: &[&str]) -> Result<()> {
    let mut remover = Remover { top, kept, first: None, moved: 0 };
    remover.drain(top, path, 0);
    remover.first.map_or(Ok(()), Err)
}

struct Remover<'top> {
    top: &'top Handle,
    /// The entries of `top` to keep.
    kept: &'top [&'top str],
    first: Option<Error>,
    moved: usize,
}

impl Remover<'_> {
    /// Empties a directory. Some filesystems skip names in a listing during deletions, and other processes
    /// may add entries, so it repeats as long as it makes progress.
    fn drain(&mut self, dir: &Handle, path: &Path, depth: usize) {
        loop {
            let entries = match unlocking(dir, || dir.entries()) {
                Ok(entries) => entries,
                Err(error) => return self.failed(path.to_owned(), error),
            };
            let removed = entries
                .iter()
                .filter(|(name, _)| depth > 0 || !self.kept.iter().any(|kept| name == kept))
                .filter(|(name, kind)| self.entry(dir, path, name, *kind, depth))
                .count();
            if removed == 0 {
                return;
            }
        }
    }

    fn entry(
        &mut self,
        dir: &Handle,
        path: &Path,
        name: &OsString,
        kind: Option<Kind>,
        depth: usize,
    ) -> bool {
        let entry = Path::new(name);
        let remove = |this: &mut Self| {
            if kind.map_or_else(|| dir.kind(entry), Ok)? != Kind::Directory {
                return unlocking(dir, || dir.unlink(entry));
            }
            if depth == DEEPEST {
                this.moved += 1;
                let place = format!(".rvenv-{}-{}", std::process::id(), this.moved);
                return unlocking(dir, || dir.rename(entry, this.top, Path::new(&place)));
            }
            let below = dir.sub(entry, Mounts::Stay)?;
            this.drain(&below, &path.join(entry), depth + 1);
            unlocking(dir, || dir.remove_dir(entry))
        };
        match remove(self) {
            Ok(()) => true,
            // Another process deletes here, too.
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            Err(error) => {
                self.failed(path.join(entry), error);
                false
            }
        }
    }

    fn failed(&mut self, path: PathBuf, source: io::Error) {
        self.first.get_or_insert(Error::Io { action: "remove", path, source });
    }
}

/// Retries with all permissions of the owner on `dir` if those were missing.
fn unlocking<T>(dir: &Handle, work: impl Fn() -> io::Result<T>) -> io::Result<T> {
    match work() {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => match dir.unlock() {
            Ok(()) => work(),
            Err(_) => Err(error),
        },
        done => done,
    }
}
