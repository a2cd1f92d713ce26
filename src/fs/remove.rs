//! Deleting a directory tree: relative to open directories, so that a directory which is swapped
//! for a link meanwhile does not lead out of the tree; never into another mounted file system.
//!
//! The standard library's `remove_dir_all` is safe from links too, but empties what is mounted in
//! the tree, stops at the first directory that may not be written to, and does not say which path
//! it failed at.

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::sys::{Handle, Kind, Mounts};
use crate::fs::{Error, Result};

/// Deeper directories are first moved up, so that a tree of any depth takes a bounded stack and
/// few open files.
const DEEPEST: usize = 64;

/// Deletes what is at `path`: a file, a link (not what it links to), or a directory with all that
/// is in it. What can be deleted is, also when something else cannot; the owner's missing rights
/// over a directory are no hindrance.
///
/// # Errors
/// The first failure, with its path.
pub fn remove_tree(path: &Path) -> Result<()> {
    let (parent, name) = split(path)?;
    let handle = Handle::open(parent).map_err(Error::io("open", parent))?;
    let kind = handle.kind(Path::new(name)).map_err(Error::io("remove", path))?;
    remove_at(&handle, parent, name, kind)
}

/// The directory that `path` is in, and its name there.
pub(super) fn split(path: &Path) -> Result<(&Path, &OsStr)> {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if parent.as_os_str().is_empty() => Ok((Path::new("."), name)),
        (Some(parent), Some(name)) => Ok((parent, name)),
        _ => Err(Error::io("work on", path)(ErrorKind::InvalidInput.into())),
    }
}

/// Deletes what stands at `name` in `parent`, whose path is `at`.
pub(super) fn remove_at(parent: &Handle, at: &Path, name: &OsStr, kind: Kind) -> Result<()> {
    let failed = |source| Error::Io { action: "remove", path: at.join(name), source };
    if kind != Kind::Directory {
        return unlocking(parent, || parent.unlink(Path::new(name))).map_err(failed);
    }
    let top = parent.sub(Path::new(name), Mounts::Stay).map_err(failed)?;
    empty(&top, &at.join(name))?;
    unlocking(parent, || parent.remove_dir(Path::new(name))).map_err(failed)
}

/// Deletes what is in the directory `top`, whose path is `path`.
fn empty(top: &Handle, path: &Path) -> Result<()> {
    empty_except(top, path, &[])
}

/// Deletes what is in the directory `top`, whose path is `path`, but for entries of these names.
pub(super) fn empty_except(top: &Handle, path: &Path, kept: &[&str]) -> Result<()> {
    let mut remover = Remover { top, kept, first: None, moved: 0 };
    remover.drain(top, path, 0);
    remover.first.map_or(Ok(()), Err)
}

struct Remover<'top> {
    top: &'top Handle,
    /// Entries of `top` that stay.
    kept: &'top [&'top str],
    first: Option<Error>,
    moved: usize,
}

impl Remover<'_> {
    /// Empties a directory. Some file systems skip names in a list while names are taken from it,
    /// and somebody may still be adding some: so it goes on for as long as that gets anywhere.
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
            // Somebody else deletes here as well.
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

/// Tries again with every right of the owner over `dir` when those were missing.
fn unlocking<T>(dir: &Handle, work: impl Fn() -> io::Result<T>) -> io::Result<T> {
    match work() {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => match dir.unlock() {
            Ok(()) => work(),
            Err(_) => Err(error),
        },
        done => done,
    }
}
