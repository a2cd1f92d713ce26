//! Building beside a target and moving into place.

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::deletion::DeletionTarget;
use super::dir::Dir;
use super::remove::{empty, split};
use super::staging_area;
use super::staging_area::{NEW, StagingArea};
use super::sys;
use super::sys::{Handle, Mounts};
use super::undo_log::UndoLog;
use crate::fs::{Error, Result};

/// A place beside a target, to build in what is then moved there in one step.
///
/// Dropped before that, it is removed wholly, and so are the target's parents that it made.
#[derive(Debug)]
pub struct Stage {
    dir: Dir,
    yard: StagingArea,
    target: PathBuf,
    name: OsString,
    parents: Vec<PathBuf>,
}

impl Stage {
    /// Makes a stage beside `target`, and the target's parents where they are missing.
    pub fn beside(target: &Path) -> Result<Self> {
        let (at, name) = split(target)?;
        let mut parents = Vec::new();
        let made = make_parents(at, &mut parents).and_then(|parent| {
            let (yard, new) = StagingArea::beside(parent, at, name)?;
            Ok((Dir::fresh(new, yard.path.join(NEW)), yard))
        });
        let (dir, yard) = made.inspect_err(|_| remove_parents(&parents))?;
        Ok(Self { dir, yard, target: target.to_owned(), name: name.to_owned(), parents })
    }

    /// The new directory.
    pub fn dir(&self) -> &Dir {
        &self.dir
    }

    /// A directory for other temporary files, on the same file system, removed with the stage.
    pub fn scratch(&mut self) -> Result<&Path> {
        self.yard.scratch()
    }

    /// Moves the new directory to the target, where nothing is, or an empty directory.
    ///
    /// # Errors
    /// [`Error::Occupied`] when there is something by now: the stage is as it was, and the caller
    /// may look at what has come.
    pub fn publish(&mut self) -> Result<()> {
        self.move_in()?;
        self.yard.is_bare = true;
        Ok(())
    }

    fn move_in(&mut self) -> Result<()> {
        // To rename a directory onto something else than nothing or an empty directory fails by
        // the rules of POSIX: no special flag is needed, which older systems would not know.
        let StagingArea { stage, parent, .. } = &self.yard;
        stage.rename(Path::new(NEW), parent, Path::new(&self.name)).map_err(|error| {
            if staging_area::is_occupied(&error) {
                Error::Occupied { path: self.target.clone() }
            } else {
                self.failed(error)
            }
        })?;
        self.parents.clear();
        Ok(())
    }

    /// Puts the new directory in the place of the one that was judged, in one step where the
    /// system can exchange two names.
    ///
    /// # Errors
    /// [`Error::Changed`] when something else has come to stand there, which is left alone;
    /// [`Error::Immovable`] when the old one can only be worked on in place (an image layer of a
    /// container, a mount point). The old directory then stands as it was.
    pub fn replace(&mut self, doomed: &DeletionTarget) -> Result<()> {
        let StagingArea { stage, parent, .. } = &self.yard;
        let (new, name) = (Path::new(NEW), Path::new(&self.name));
        match stage.exchange(new, parent, name) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return self.publish(),
            Err(error) if sys::is_unable(&error) => return self.replace_in_two_steps(doomed),
            Err(error) => return Err(self.failed(error)),
        }
        if covers(stage.sub(new, Mounts::Stay), doomed) {
            return Ok(());
        }
        stage.exchange(new, parent, name).map_err(|error| self.failed(error))?;
        Err(Error::Changed { path: self.target.clone() })
    }

    /// For systems that cannot exchange: what is aside comes back when this is killed.
    pub(super) fn replace_in_two_steps(&mut self, doomed: &DeletionTarget) -> Result<()> {
        match self.yard.move_aside(&self.name) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return self.publish(),
            Err(error) => return Err(self.failed(error)),
        }
        let moved = if covers(self.yard.aside(), doomed) {
            self.move_in()
        } else {
            Err(Error::Changed { path: self.target.clone() })
        };
        match moved {
            Ok(()) | Err(Error::Occupied { .. }) => {
                // Where that fails, it cannot come back either: its place is taken.
                let _ = self.yard.mark_dead();
            }
            Err(_) => self.yard.put_back(&self.name),
        }
        moved
    }

    /// The first of the two steps alone.
    #[cfg(all(test, unix))]
    pub(super) fn move_aside(&self) -> io::Result<()> {
        self.yard.move_aside(&self.name)
    }

    /// Deletes what was replaced and everything else that was temporary.
    ///
    /// # Errors
    /// What could not be deleted. The new directory is in its place nevertheless, and the next
    /// [`sweep`](super::sweep) tries again.
    pub fn finish(mut self) -> Result<()> {
        self.yard.clear()
    }

    fn failed(&self, source: io::Error) -> Error {
        refused(&self.target, source)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // The parents can go only when there is nothing left in them.
        let _ = self.yard.clear();
        remove_parents(&self.parents);
    }
}

/// Deletes a directory that was judged: it vanishes from its place in one step, and is deleted
/// then, which the next [`sweep`](super::sweep) completes if it is stopped.
///
/// # Errors
/// [`Error::Changed`] when something else has come to stand there, which is left alone.
pub fn discard(doomed: &DeletionTarget) -> Result<()> {
    let (at, name) = split(doomed.path())?;
    let handle = Handle::open(at).map_err(Error::io("open", at))?;
    let (mut yard, _) = StagingArea::beside(handle, at, name)?;
    match yard.move_aside(name) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {
            return discard_in_place(&yard.parent, doomed, name);
        }
        moved => moved.map_err(|error| refused(doomed.path(), error))?,
    }
    if !covers(yard.aside(), doomed) {
        yard.put_back(name);
        return Err(changed(doomed));
    }
    if let Err(error) = yard.mark_dead() {
        yard.put_back(name);
        return Err(refused(doomed.path(), error));
    }
    yard.clear()
}

/// A directory of a container's image layer cannot be renamed. What marks it as an environment goes
/// first, so that nobody takes what is left of it for one.
fn discard_in_place(parent: &Handle, doomed: &DeletionTarget, name: &OsStr) -> Result<()> {
    let failed = || Error::io("remove", doomed.path());
    let directory = parent.sub(Path::new(name), Mounts::Stay).map_err(failed())?;
    if !doomed.covers(&directory).map_err(failed())? {
        return Err(changed(doomed));
    }
    match directory.unlink(Path::new("pyvenv.cfg")) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed()(error)),
        _ => {}
    }
    empty(&directory, doomed.path())?;
    parent.remove_dir(Path::new(name)).map_err(failed())
}

fn changed(doomed: &DeletionTarget) -> Error {
    Error::Changed { path: doomed.path().to_owned() }
}

/// A directory that is worked on in place, because it cannot be replaced as a whole: the current
/// one, one behind a link, a mount point. Each file in it is replaced whole.
///
/// Dropped before [`finish`](Self::finish), everything is taken back: what was made goes, what was
/// replaced returns, where the system can exchange two names. Killed, it leaves files that are each
/// the old or the new one, and a mark that [`is_unfinished`](super::is_unfinished) finds.
#[derive(Debug)]
pub struct InPlace {
    dir: Dir,
    yard: StagingArea,
}

impl InPlace {
    /// Opens a directory, following links to it, and removes what killed processes left in it.
    pub fn open(target: &Path) -> Result<Self> {
        let failed = || Error::io("open", target);
        let handle = Handle::open(target).map_err(failed())?;
        // Our own mark first: the killed one's must not go before there is another.
        let (yard, workshop) =
            StagingArea::inside(Handle::open(target).map_err(failed())?, target)?;
        staging_area::sweep_inside(&handle, target)?;
        let dir = Dir::in_place(handle, target.to_owned(), UndoLog::new(workshop));
        Ok(Self { dir, yard })
    }

    /// Files of others are in the directory: none of them is to be replaced.
    #[must_use]
    pub fn no_overwrite(mut self) -> Self {
        if let Some(workshop) = self.dir.workshop() {
            workshop.spare();
        }
        self
    }

    /// The directory.
    pub fn dir(&self) -> &Dir {
        &self.dir
    }

    /// A directory for other temporary files, on the same file system, removed with the rest.
    pub fn scratch(&mut self) -> Result<&Path> {
        self.yard.scratch()
    }

    /// Keeps what was done, and removes what was temporary.
    pub fn finish(mut self) -> Result<()> {
        if let Some(workshop) = self.dir.workshop() {
            workshop.forget();
        }
        self.yard.clear()
    }
}

impl Drop for InPlace {
    fn drop(&mut self) {
        self.dir.roll_back();
    }
}

/// Is this what was judged? What cannot be looked at is not.
fn covers(directory: io::Result<Handle>, doomed: &DeletionTarget) -> bool {
    directory.and_then(|directory| doomed.covers(&directory)).unwrap_or(false)
}

fn refused(target: &Path, source: io::Error) -> Error {
    let path = target.to_owned();
    match source.kind() {
        ErrorKind::CrossesDevices | ErrorKind::ResourceBusy => Error::Immovable { path, source },
        _ if sys::is_in_use(&source) => Error::InUse { path, source },
        _ => Error::Io { action: "rename to", path, source },
    }
}

fn make_parents(at: &Path, made: &mut Vec<PathBuf>) -> Result<Handle> {
    let missing = match Handle::open(at) {
        Err(error) if error.kind() == ErrorKind::NotFound => at
            .ancestors()
            .take_while(|path| !path.as_os_str().is_empty() && path.symlink_metadata().is_err()),
        done => return done.map_err(Error::io("open", at)),
    };
    for path in missing.collect::<Vec<_>>().into_iter().rev() {
        match std::fs::create_dir(path) {
            Ok(()) => made.push(path.to_owned()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::io("create", path)(error)),
        }
    }
    Handle::open(at).map_err(Error::io("open", at))
}

/// Takes back the parents that were made for a target that did not come.
fn remove_parents(made: &[PathBuf]) {
    for path in made.iter().rev() {
        let _ = std::fs::remove_dir(path);
    }
}
