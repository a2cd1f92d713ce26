//! Work in place: files are made elsewhere and renamed to their names, and all can be taken back.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::sys;
use super::sys::{Handle, Kind};

/// Where the files of a directory that is worked on in place are made, what was replaced is kept
/// until the end, and what was done is known.
#[derive(Debug)]
pub(super) struct UndoLog {
    handle: Handle,
    /// Whether what is there already may be replaced.
    replaces: bool,
    temp_names: AtomicUsize,
    done: Mutex<Vec<Change>>,
}

/// One change. Paths are relative to the directory that is worked on.
#[derive(Debug)]
pub(super) enum Change {
    /// Nothing was there before.
    Made(PathBuf),
    /// What was there is kept under the second name.
    Replaced(PathBuf, PathBuf),
}

impl Change {
    pub(super) fn relative(&self) -> &Path {
        match self {
            Self::Made(relative) | Self::Replaced(relative, _) => relative,
        }
    }
}

impl UndoLog {
    pub(super) fn new(handle: Handle) -> Self {
        Self { handle, replaces: true, temp_names: AtomicUsize::new(0), done: Mutex::default() }
    }

    /// From now on, what is there already is an error.
    pub(super) fn forbid_replacing(&mut self) {
        self.replaces = false;
    }

    /// Creates a file under a temporary name, and gives that name.
    pub(super) fn make(
        &self,
        make: impl FnOnce(&Handle, &Path) -> io::Result<()>,
    ) -> io::Result<PathBuf> {
        let temp_name = self.next_temp_name();
        make(&self.handle, &temp_name)?;
        Ok(temp_name)
    }

    /// Moves a file with a temporary name to its place.
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
            // Then the old file cannot be kept.
            Err(error) if sys::is_unable(&error) || error.kind() == ErrorKind::NotFound => {
                return self.handle.rename(temp_name, parent, name);
            }
            Err(error) => return Err(error),
        }
        let done = Change::Replaced(relative.to_owned(), temp_name.to_owned());
        // A rename would have refused to replace a directory, and with it all that is in it.
        if self.handle.kind(temp_name).is_ok_and(|kind| kind != Kind::Directory) {
            self.record(done);
            return Ok(());
        }
        self.handle.exchange(temp_name, parent, name)?;
        Err(ErrorKind::IsADirectory.into())
    }

    /// Takes a file or a link away from its place.
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

    /// What was done: it is for the caller to undo, or it stays.
    pub(super) fn drain(&self) -> Vec<Change> {
        std::mem::take(&mut *self.done.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Undoes one change of `name` in `parent`. Where that fails, the file is at least whole.
    pub(super) fn undo(&self, done: &Change, parent: &Handle, name: &Path) {
        let _ = match done {
            // A directory goes only when nobody else has put something into it.
            Change::Made(_) => parent.unlink(name).or_else(|_| parent.remove_dir(name)),
            Change::Replaced(_, temp_name) => self.handle.rename(temp_name, parent, name),
        };
    }

    fn next_temp_name(&self) -> PathBuf {
        PathBuf::from(format!("temp-{}", self.temp_names.fetch_add(1, Ordering::Relaxed)))
    }
}
