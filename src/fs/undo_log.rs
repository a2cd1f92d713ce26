//! The undo log of changes in place.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::sys;
use super::sys::{Handle, Kind};

/// The directory for new files before their rename and for replaced files until the end, and the list of
/// changes.
#[derive(Debug)]
pub(super) struct UndoLog {
    handle: Handle,
    /// Whether existing files may be replaced.
    replaces: bool,
    temp_names: AtomicUsize,
    done: Mutex<Vec<Change>>,
}

/// One change. Paths are relative to the changed directory.
#[derive(Debug)]
pub(super) enum Change {
    /// A new entry.
    Made(PathBuf),
    /// A replaced entry; the old one is kept under the second name.
    Replaced(PathBuf, PathBuf),
    /// Nothing was there before, and a directory with its content was moved there.
    MovedIn(PathBuf),
}

impl Change {
    pub(super) fn relative(&self) -> &Path {
        match self {
            Self::Made(relative) | Self::Replaced(relative, _) | Self::MovedIn(relative) => {
                relative
            }
        }
    }
}

impl UndoLog {
    pub(super) fn new(handle: Handle) -> Self {
        Self { handle, replaces: true, temp_names: AtomicUsize::new(0), done: Mutex::default() }
    }

    /// Makes the replacement of an existing file an error from here on.
    pub(super) fn forbid_replacing(&mut self) {
        self.replaces = false;
    }

    /// Creates a file under a temporary name and returns that name.
    pub(super) fn make(
        &self,
        make: impl FnOnce(&Handle, &Path) -> io::Result<()>,
    ) -> io::Result<PathBuf> {
        let temp_name = self.next_temp_name();
        make(&self.handle, &temp_name)?;
        Ok(temp_name)
    }

    /// Renames a file from its temporary name to its final name.
    pub(super) fn put(
        &self,
        temp_name: &Path,
        parent: &Handle,
        name: &Path,
        relative: &Path,
    ) -> io::Result<()> {
        match self.handle.rename_new(temp_name, parent, name) {
            Ok(()) => self.record(Change::Made(relative.to_owned())),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && self.replaces => {
                return self.exchange(temp_name, parent, name, relative);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn exchange(
        &self,
        temp_name: &Path,
        parent: &Handle,
        name: &Path,
        relative: &Path,
    ) -> io::Result<()> {
        match self.handle.exchange(temp_name, parent, name) {
            Ok(()) => {}
            // The old file cannot be kept then.
            Err(error) if sys::is_unable(&error) || error.kind() == ErrorKind::NotFound => {
                return self.handle.rename(temp_name, parent, name);
            }
            Err(error) => return Err(error),
        }
        let done = Change::Replaced(relative.to_owned(), temp_name.to_owned());
        // rename(2) refuses to replace a directory with content; an exchange does not.
        if self.handle.kind(temp_name).is_ok_and(|kind| kind != Kind::Directory) {
            self.record(done);
            return Ok(());
        }
        self.handle.exchange(temp_name, parent, name)?;
        Err(ErrorKind::IsADirectory.into())
    }

    /// Moves a file or a link to the directory of replaced files.
    pub(super) fn take_away(
        &self,
        parent: &Handle,
        name: &Path,
        relative: &Path,
    ) -> io::Result<()> {
        if parent.kind(name)? == Kind::Directory {
            return Err(ErrorKind::IsADirectory.into());
        }
        let temp_name = self.next_temp_name();
        parent.rename(name, &self.handle, &temp_name)?;
        self.record(Change::Replaced(relative.to_owned(), temp_name));
        Ok(())
    }

    pub(super) fn record(&self, change: Change) {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).push(change);
    }

    /// Removes and returns the changes: the caller undoes them, or they are final.
    pub(super) fn drain(&self) -> Vec<Change> {
        std::mem::take(&mut *self.done.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Undoes one change of `name` in `parent`. If that fails, the file is complete nevertheless.
    pub(super) fn undo(&self, done: &Change, parent: &Handle, name: &Path) {
        let _ = match done {
            // Fails if other processes have created files in the directory, which is then kept.
            Change::Made(_) => parent.unlink(name).or_else(|_| parent.remove_dir(name)),
            Change::Replaced(_, temp_name) => self.handle.rename(temp_name, parent, name),
            // It is removed with all that is temporary.
            Change::MovedIn(_) => parent.rename(name, &self.handle, &self.next_temp_name()),
        };
    }

    fn next_temp_name(&self) -> PathBuf {
        PathBuf::from(format!("temp-{}", self.temp_names.fetch_add(1, Ordering::Relaxed)))
    }
}
