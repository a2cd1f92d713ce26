//! An open directory and the changes in it.

use std::io::{self, BufWriter, Write};
use std::path::{Component, Path, PathBuf};

use super::link;
use super::link::{LinkMode, Linker};
use super::pair::DirPair;
use super::remove::remove_at;
use super::sys;
use super::sys::{Handle, Kind, Mounts};
use super::undo_log::{Change, UndoLog};
use crate::fs::{Error, Result};
use crate::support::identity::FileId;

/// The bytes that one system call reads or writes where a file is copied piece by piece: with
/// [`io::copy`]'s 8 KiB, an archive of many files takes several times as many calls.
pub(crate) const BLOCK: usize = 64 * 1024;

/// An open directory. All paths are relative to it and stay below it; threads may share it.
///
/// In a *fresh* directory, which no other process uses, files are created under their final names, and
/// an existing one is an error. In a directory that is changed *in place*
/// ([`InPlace`](super::InPlace)), each file is created in the staging area and renamed, and no parent of it
/// may be a link.
#[derive(Debug)]
pub struct Dir {
    handle: Handle,
    path: PathBuf,
    /// `None` for a fresh directory.
    undo_log: Option<UndoLog>,
}

impl Dir {
    /// Opens a fresh directory, following links to it.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be opened.
    pub fn open(path: &Path) -> Result<Self> {
        let handle = Handle::open(path).map_err(Error::io("open", path))?;
        Ok(Self::fresh(handle, path.to_owned()))
    }

    pub(super) fn fresh(handle: Handle, path: PathBuf) -> Self {
        Self { handle, path, undo_log: None }
    }

    pub(super) fn in_place(handle: Handle, path: PathBuf, undo_log: UndoLog) -> Self {
        Self { handle, path, undo_log: Some(undo_log) }
    }

    pub(super) fn undo_log(&mut self) -> Option<&mut UndoLog> {
        self.undo_log.as_mut()
    }

    /// Undoes all changes in place as far as possible.
    pub(super) fn roll_back(&self) {
        let Some(undo_log) = &self.undo_log else { return };
        for done in undo_log.drain().iter().rev() {
            let Ok((parent, name)) = self.place(done.relative()) else { continue };
            undo_log.undo(done, parent.as_ref().unwrap_or(&self.handle), name);
        }
    }

    /// The identity of the directory.
    pub fn identity(&self) -> Option<FileId> {
        self.handle.id().ok()
    }

    /// The path by which it was opened, for messages and for other programs.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Creates a directory in an existing parent. An existing directory is not an error, a link is one.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be created, or a file or a link has the name.
    pub fn create_dir(&self, relative: &Path) -> Result<()> {
        let make = || {
            let (parent, name) = self.place(relative)?;
            let parent = parent.as_ref().unwrap_or(&self.handle);
            match parent.make_dir(name, false) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    match parent.kind(name)? {
                        Kind::Directory => Ok(()),
                        Kind::Link | Kind::Other => Err(error),
                    }
                }
                Ok(()) => {
                    if let Some(undo_log) = &self.undo_log {
                        undo_log.record(Change::Made(relative.to_owned()));
                    }
                    Ok(())
                }
                failed => failed,
            }
        };
        make().map_err(|source| self.failed("create directory", relative, source))
    }

    /// Creates a symbolic link with the text `target`.
    ///
    /// # Errors
    /// [`Error::NoLinks`] if the filesystem or the permissions do not allow links.
    pub fn symlink(&self, target: &Path, relative: &Path) -> Result<()> {
        let mut is_refused = false;
        let make = |dir: &Handle, name: &Path| {
            dir.make_link(target, name).inspect_err(|_| is_refused = true)
        };
        self.put("link", relative, make).map_err(|error| match error {
            Error::Io { path, source, .. } if is_refused && self.has_no_links(&source) => {
                Error::NoLinks { path, source }
            }
            error => error,
        })
    }

    /// Writes a file.
    ///
    /// # Errors
    /// [`Error::Io`]; in a directory that is changed in place the old file is then unchanged.
    pub fn write(&self, relative: &Path, bytes: &[u8], executable: bool) -> Result<()> {
        self.put("write", relative, |dir, name| write_file(dir, name, bytes, executable))
    }

    /// Writes a file with all the bytes of `source`.
    ///
    /// # Errors
    /// If `source` cannot be read or the file cannot be written.
    pub fn write_from(
        &self,
        relative: &Path,
        source: &mut dyn io::Read,
        executable: bool,
    ) -> Result<()> {
        self.put("write", relative, |dir, name| {
            let mut file = BufWriter::with_capacity(BLOCK, dir.make_file(name, executable)?);
            io::copy(source, &mut file).and_then(|_| file.flush()).inspect_err(|_| {
                let _ = dir.unlink(name);
            })
        })
    }

    /// Copies the regular file `from`, following links to it.
    ///
    /// # Errors
    /// [`Error::Io`] if `from` cannot be read or the copy cannot be created.
    pub fn copy(&self, from: &Path, relative: &Path) -> Result<()> {
        self.put("copy to", relative, |dir, name| link::copy(from, dir, name))
    }

    /// Creates a file with the content of `from`, by the cheapest method that works.
    ///
    /// # Errors
    /// [`Error::Io`] if even a copy fails.
    pub fn share(&self, from: &Path, relative: &Path, linker: &Linker) -> Result<()> {
        self.put("link to the cache", relative, |dir, name| linker.link(from, dir, name))
    }

    /// Opens the directory `relative` of this fresh directory, to share the files of `from` with it.
    ///
    /// # Errors
    /// [`Error::Io`] if one of them cannot be opened.
    pub(crate) fn pair(&self, from: PathBuf, relative: &Path) -> Result<DirPair> {
        let to_path = self.path.join(relative);
        let is_top = relative.as_os_str().is_empty();
        let to =
            if is_top { self.handle.again() } else { self.handle.sub(relative, Mounts::Cross) };
        let to = to.map_err(Error::io("open", &to_path))?;
        let from_handle = Handle::open(&from).map_err(Error::io("open", &from))?;
        Ok(DirPair { from: from_handle, to, from_path: from, to_path })
    }

    /// Clones the directory `from` with its content if the system can do that with one call. Returns `false`
    /// otherwise; nothing is created then.
    pub fn share_tree(&self, from: &Path, relative: &Path, linker: &Linker) -> bool {
        if self.undo_log.is_some() || linker.mode() != LinkMode::Clone {
            return false;
        }
        let from = Handle::open(from);
        let done = from.and_then(|from| self.handle.clone_tree(&from, relative)).is_ok();
        if !done {
            let _ = self.remove_tree(relative);
        }
        done
    }

    /// Excludes the directory from the system's backups where `CACHEDIR.TAG` is not sufficient (macOS). A
    /// failure is ignored.
    pub fn exclude_from_backups(&self) {
        let _ = self.handle.exclude_from_backups();
    }

    /// Removes a file or a link; a missing one is not an error.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be removed.
    pub fn remove(&self, relative: &Path) -> Result<()> {
        let remove = || {
            let (parent, name) = self.place(relative)?;
            let parent = parent.as_ref().unwrap_or(&self.handle);
            match &self.undo_log {
                None => parent.unlink(name),
                Some(undo_log) => undo_log.take_away(parent, name, relative),
            }
        };
        match remove() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done.map_err(|source| self.failed("remove", relative, source)),
        }
    }

    /// Deletes an entry with its content as [`remove_tree`](super::remove_tree) does; a missing one is not an
    /// error. The undo log does not restore it.
    ///
    /// # Errors
    /// The first failure; the rest is deleted nevertheless.
    pub fn remove_tree(&self, relative: &Path) -> Result<()> {
        let failed = |source| self.failed("remove", relative, source);
        let (parent, name) = self.place(relative).map_err(failed)?;
        let parent = parent.as_ref().unwrap_or(&self.handle);
        let path = self.path.join(relative);
        match parent.kind(name) {
            Ok(kind) => remove_at(parent, path.parent().unwrap_or(&path), name.as_os_str(), kind),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Renames `from` to the free name `to`. The undo log does not restore it.
    ///
    /// # Errors
    /// [`Error::Io`] if `from` is missing or `to` exists.
    pub fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        let rename = || {
            let (old, name) = self.place(from)?;
            let (new, new_name) = self.place(to)?;
            let new = new.as_ref().unwrap_or(&self.handle);
            old.as_ref().unwrap_or(&self.handle).rename_new(name, new, new_name)
        };
        rename().map_err(|source| self.failed("rename", from, source))
    }

    /// Moves a file or a directory with its content to a name where nothing is. `from` is a directory
    /// of the same file system that nobody else works in. In place, it leaves again when all is
    /// undone.
    ///
    /// # Errors
    /// If something is there, or if the move fails: then it is where it was.
    pub(crate) fn move_in(&self, from: &Self, old: &Path, relative: &Path) -> Result<()> {
        let move_in = || {
            let (parent, name) = self.place(relative)?;
            from.handle.rename_new(old, parent.as_ref().unwrap_or(&self.handle), name)?;
            if let Some(undo_log) = &self.undo_log {
                undo_log.record(Change::MovedIn(relative.to_owned()));
            }
            Ok(())
        };
        move_in().map_err(|source| self.failed("move to", relative, source))
    }

    /// Removes the write permission of others from this directory and its content. No link is
    /// followed and no mount point is crossed, because others may be renaming entries concurrently.
    ///
    /// # Errors
    /// The first entry whose mode cannot be changed.
    pub fn protect(&self) -> Result<()> {
        let mut dirs = vec![PathBuf::new()];
        while let Some(dir) = dirs.pop() {
            match self.protect_level(&dir) {
                Ok(below) => dirs.extend(below),
                Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {}
                Err(error) => return Err(self.failed("protect", &dir, error)),
            }
        }
        Ok(())
    }

    /// Does this for one directory and its files; returns the directories in it.
    fn protect_level(&self, dir: &Path) -> io::Result<Vec<PathBuf>> {
        let is_top = dir.as_os_str().is_empty();
        let sub = (!is_top).then(|| self.handle.sub(dir, Mounts::Stay)).transpose()?;
        let handle = sub.as_ref().unwrap_or(&self.handle);
        handle.protect(Path::new("."))?;
        let mut below = Vec::new();
        for (name, kind) in handle.entries()? {
            match kind.map_or_else(|| handle.kind(Path::new(&name)), Ok)? {
                Kind::Directory => below.push(dir.join(name)),
                Kind::Other => handle.protect(Path::new(&name))?,
                Kind::Link => {}
            }
        }
        Ok(below)
    }

    /// Whether a link failed because the filesystem has none. Shares of `VirtualBox`, SMB and others return
    /// many errors (EROFS, EPROTO, EACCES, EREMOTEIO, ENOTSUPP): any counts if a file can be written instead.
    fn has_no_links(&self, error: &io::Error) -> bool {
        let is_other = matches!(
            error.kind(),
            io::ErrorKind::AlreadyExists
                | io::ErrorKind::NotFound
                | io::ErrorKind::StorageFull
                | io::ErrorKind::QuotaExceeded
                | io::ErrorKind::InvalidFilename
        );
        let probe = Path::new(".rvenv-probe");
        let can_write = || {
            let is_written = self.handle.make_file(probe, false).is_ok();
            is_written && self.handle.unlink(probe).is_ok()
        };
        sys::is_unable(error) || (!is_other && can_write())
    }

    fn put(
        &self,
        action: &'static str,
        relative: &Path,
        make: impl FnOnce(&Handle, &Path) -> io::Result<()>,
    ) -> Result<()> {
        let done = match &self.undo_log {
            None => self.place(relative).and_then(|(_, name)| make(&self.handle, name)),
            Some(undo_log) => self.replace(relative, undo_log, make),
        };
        done.map_err(|source| self.failed(action, relative, source))
    }

    fn replace(
        &self,
        relative: &Path,
        undo_log: &UndoLog,
        make: impl FnOnce(&Handle, &Path) -> io::Result<()>,
    ) -> io::Result<()> {
        let (parent, name) = self.place(relative)?;
        let temp_name = undo_log.make(make)?;
        undo_log.put(&temp_name, parent.as_ref().unwrap_or(&self.handle), name, relative)
    }

    /// The parent directory of `path`, if it is not this one, and the name in it.
    ///
    /// In a fresh directory no other process can replace a parent by a link, so the parent is not opened,
    /// which saves system calls.
    fn place<'path>(&self, relative: &'path Path) -> io::Result<(Option<Handle>, &'path Path)> {
        let (Some(parent), Some(name), true) =
            (relative.parent(), relative.file_name(), is_normal(relative))
        else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        if self.undo_log.is_none() || parent.as_os_str().is_empty() {
            return Ok((None, relative));
        }
        Ok((Some(self.handle.sub(parent, Mounts::Cross)?), Path::new(name)))
    }

    fn failed(&self, action: &'static str, relative: &Path, source: io::Error) -> Error {
        Error::Io { action, path: self.path.join(relative), source }
    }
}

/// Writes a new file, or none.
pub(super) fn write_file(
    dir: &Handle,
    name: &Path,
    bytes: &[u8],
    executable: bool,
) -> io::Result<()> {
    let mut file = dir.make_file(name, executable)?;
    file.write_all(bytes).inspect_err(|_| {
        let _ = dir.unlink(name);
    })
}

/// Whether every part of the path's text is a name: [`Path::components`] drops a `.` and the second of two
/// separators, so that `a/.` would mean `a`.
pub(crate) fn is_normal(relative: &Path) -> bool {
    let text = relative.as_os_str().as_encoded_bytes();
    let is_separator = |byte: &u8| std::path::is_separator(char::from(*byte));
    relative.components().all(|part| matches!(part, Component::Normal(_)))
        && text.split(is_separator).all(|part| !part.is_empty() && part != b"." && part != b"..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_are_normal() {
        for path in ["a", "a/b", "..a/b.", "~", "a b/\u{e9}"] {
            assert!(is_normal(Path::new(path)), "{path}");
        }
        for path in ["", ".", "..", "./a", "a/.", "a/", "/a", "a//b", "a/../b", "a/./b", "//"] {
            assert!(!is_normal(Path::new(path)), "{path}");
        }
    }
}
