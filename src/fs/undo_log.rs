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
    pieces: AtomicUsize,
    done: Mutex<Vec<Done>>,
}

/// One change. Paths are relative to the directory that is worked on.
#[derive(Debug)]
pub(super) enum Done {
    /// Nothing was there before.
    Made(PathBuf),
    /// What was there is in the workshop, under the second name.
    Replaced(PathBuf, PathBuf),
}

impl Done {
    pub(super) fn relative(&self) -> &Path {
        match self {
            Self::Made(relative) | Self::Replaced(relative, _) => relative,
        }
    }
}

impl UndoLog {
    pub(super) fn new(handle: Handle) -> Self {
        Self { handle, replaces: true, pieces: AtomicUsize::new(0), done: Mutex::default() }
    }

    /// From now on, what is there already is an error.
    pub(super) fn spare(&mut self) {
        self.replaces = false;
    }

    /// Makes a file, and gives its name in the workshop.
    pub(super) fn make(
        &self,
        make: impl FnOnce(&Handle, &Path) -> io::Result<()>,
    ) -> io::Result<PathBuf> {
        let piece = self.next_piece();
        make(&self.handle, &piece)?;
        Ok(piece)
    }

    /// Moves a piece to its place.
    pub(super) fn put(
        &self,
        piece: &Path,
        parent: &Handle,
        name: &Path,
        relative: &Path,
    ) -> io::Result<()> {
        match self.handle.rename_new(piece, parent, name) {
            Ok(()) => self.remember(Done::Made(relative.to_owned())),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && self.replaces => {
                return self.exchange(piece, parent, name, relative);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn exchange(
        &self,
        piece: &Path,
        parent: &Handle,
        name: &Path,
        relative: &Path,
    ) -> io::Result<()> {
        match self.handle.exchange(piece, parent, name) {
            Ok(()) => {}
            // Then the old file cannot be kept.
            Err(error) if sys::is_unable(&error) || error.kind() == ErrorKind::NotFound => {
                return self.handle.rename(piece, parent, name);
            }
            Err(error) => return Err(error),
        }
        let done = Done::Replaced(relative.to_owned(), piece.to_owned());
        // A rename would have refused to replace a directory, and with it all that is in it.
        if self.handle.kind(piece).is_ok_and(|kind| kind != Kind::Directory) {
            self.remember(done);
            return Ok(());
        }
        self.handle.exchange(piece, parent, name)?;
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
        let piece = self.next_piece();
        parent.rename(name, &self.handle, &piece)?;
        self.remember(Done::Replaced(relative.to_owned(), piece));
        Ok(())
    }

    pub(super) fn remember(&self, done: Done) {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).push(done);
    }

    /// What was done: it is for the caller to undo, or it stays.
    pub(super) fn forget(&self) -> Vec<Done> {
        std::mem::take(&mut *self.done.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Undoes one change of `name` in `parent`. Where that fails, the file is at least whole.
    pub(super) fn undo(&self, done: &Done, parent: &Handle, name: &Path) {
        let _ = match done {
            // A directory goes only when nobody else has put something into it.
            Done::Made(_) => parent.unlink(name).or_else(|_| parent.remove_dir(name)),
            Done::Replaced(_, piece) => self.handle.rename(piece, parent, name),
        };
    }

    fn next_piece(&self) -> PathBuf {
        PathBuf::from(format!("piece-{}", self.pieces.fetch_add(1, Ordering::Relaxed)))
    }
}
