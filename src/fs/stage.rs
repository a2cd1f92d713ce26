//! Creation of a directory in a staging area, and its rename to the target.

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::deletion::DeletionTarget;
use super::dir::Dir;
use super::remove::split;
use super::staging_area;
use super::staging_area::{DELETING, NEW, OLD, StagingArea};
use super::sweep;
use super::sweep::Leftover;
use super::sys;
use super::sys::{Handle, Mounts};
use super::undo_log::UndoLog;
use crate::fs::{Error, Result};

/// A new directory in a staging area, which one rename moves to its target.
///
/// If it is dropped before the rename, it is removed, and so are the parents of the target that it created.
#[derive(Debug)]
pub struct Stage {
    dir: Dir,
    area: StagingArea,
    target: PathBuf,
    name: OsString,
    parents: Vec<PathBuf>,
    /// Whether the staging area is in the target, which is a mount point.
    is_inside: bool,
}

impl Stage {
    /// Creates a stage beside `target`, and the missing parents of the target.
    ///
    /// # Errors
    /// [`Error::Io`] if the parents or the staging area cannot be created.
    pub fn beside(target: &Path) -> Result<Self> {
        let (at, name) = split(target)?;
        let mut parents = Vec::new();
        let made = make_parents(at, &mut parents).and_then(|parent| {
            let (area, new) = StagingArea::beside(parent, at, name)?;
            Ok((Dir::fresh(new, area.path.join(NEW)), area))
        });
        let (dir, area) = made.inspect_err(|_| remove_parents(&parents))?;
        let (target, name) = (target.to_owned(), name.to_owned());
        Ok(Self { dir, area, target, name, parents, is_inside: false })
    }

    /// Creates a stage for the replacement of `old`: beside it, or inside it if it is a mount point, which
    /// cannot be renamed and takes no directories of another filesystem.
    ///
    /// # Errors
    /// As [`Self::beside`].
    pub fn replacing(old: &DeletionTarget) -> Result<Self> {
        if !old.is_mount_point() {
            return Self::beside(old.path());
        }
        let target = old.path().to_owned();
        let handle = Handle::open(&target).map_err(Error::io("open", &target))?;
        let (area, new) = StagingArea::inside(handle, &target)?;
        let dir = Dir::fresh(new, area.path.join(NEW));
        let name = OsString::new();
        Ok(Self { dir, area, target, name, parents: Vec::new(), is_inside: true })
    }

    /// The new directory.
    pub fn dir(&self) -> &Dir {
        &self.dir
    }

    /// A directory for other temporary files, on the same filesystem, removed with the stage.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be created.
    pub fn scratch(&mut self) -> Result<&Path> {
        self.area.scratch()
    }

    /// Renames the new directory to the target, which is missing or an empty directory.
    ///
    /// # Errors
    /// [`Error::Occupied`] if another process created an entry there: the stage is unchanged.
    pub fn publish(&mut self) -> Result<()> {
        self.move_in()?;
        self.area.is_bare = true;
        Ok(())
    }

    fn move_in(&mut self) -> Result<()> {
        // POSIX rename() fails unless the target is missing or an empty directory, so
        // RENAME_NOREPLACE, which older kernels lack, is not needed.
        let StagingArea { stage, parent, .. } = &self.area;
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

    /// Exchanges the new directory with the checked one, atomically if the system supports it
    /// (`RENAME_EXCHANGE`, rename(2)).
    ///
    /// # Errors
    /// [`Error::Changed`] if another process replaced the checked directory; [`Error::Immovable`] if it
    /// cannot be renamed (the image layer of a container, a mount point). The old directory is then
    /// unchanged.
    pub fn replace(&mut self, old: &DeletionTarget) -> Result<()> {
        if self.is_inside {
            return self.replace_inside(old);
        }
        self.area.begin_exchange().map_err(|error| self.failed(error))?;
        let StagingArea { stage, parent, .. } = &self.area;
        let (new, name) = (Path::new(NEW), Path::new(&self.name));
        if let Err(error) = stage.exchange(new, parent, name) {
            self.area.end_exchange(false).map_err(|error| self.failed(error))?;
            return match error.kind() {
                ErrorKind::NotFound => self.publish(),
                _ if sys::is_unable(&error) => self.replace_in_two_steps(old),
                _ => Err(self.failed(error)),
            };
        }
        if covers(stage.sub(new, Mounts::Stay), old) {
            return self.area.end_exchange(true).map_err(|error| self.failed(error));
        }
        stage.exchange(new, parent, name).map_err(|error| self.failed(error))?;
        // In the meantime another process may have put yet another directory at the target.
        let back = stage.sub(new, Mounts::Stay).and_then(|back| back.id()).ok();
        if back.is_some() && back == self.dir.identity() {
            self.area.end_exchange(false).map_err(|error| self.failed(error))?;
            return Err(Error::Changed { path: self.target.clone() });
        }
        Err(Error::Displaced { path: self.target.clone(), at: self.area.abandon() })
    }

    /// Replaces the content of a mount point.
    fn replace_inside(&mut self, old: &DeletionTarget) -> Result<()> {
        let StagingArea { stage, parent, .. } = &self.area;
        if !covers(Handle::open(&self.target), old) {
            return Err(Error::Changed { path: self.target.clone() });
        }
        stage.make_file(Path::new(DELETING), false).map_err(|error| self.failed(error))?;
        sweep::replace_content(parent, stage, &self.target)
    }

    /// For systems without an exchange; after a kill, the next sweep puts the old directory back.
    pub(super) fn replace_in_two_steps(&mut self, old: &DeletionTarget) -> Result<()> {
        match self.area.move_aside(&self.name) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return self.publish(),
            Err(error) => return Err(self.failed(error)),
        }
        let moved = if covers(self.area.aside(), old) {
            self.move_in()
        } else {
            Err(Error::Changed { path: self.target.clone() })
        };
        match moved {
            Ok(()) | Err(Error::Occupied { .. }) => {
                // If this fails, the old directory cannot be put back either: its name is taken.
                let _ = self.area.mark_dead();
            }
            // If this fails, `sweep` finds it.
            Err(_) => drop(self.area.put_back(&self.name)),
        }
        moved
    }

    /// The first of the two steps alone.
    #[cfg(all(test, unix))]
    pub(super) fn move_aside(&self) -> io::Result<()> {
        self.area.move_aside(&self.name)
    }

    /// Deletes the replaced directory and all temporary files.
    ///
    /// # Errors
    /// The first file that could not be deleted. The new directory has its target's name nevertheless,
    /// and the next [`sweep()`] tries again.
    pub fn finish(mut self) -> Result<()> {
        self.area.clear()
    }

    fn failed(&self, source: io::Error) -> Error {
        refused(&self.target, source)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Parents can be removed only when they are empty.
        let _ = self.area.clear();
        remove_parents(&self.parents);
    }
}

/// Deletes a checked directory: one rename moves it into a staging area, where it is deleted; the next
/// [`sweep()`] completes this after a kill. Returns what could not be deleted.
///
/// # Errors
/// [`Error::Changed`] if another process replaced the directory; the new one is not touched.
pub fn discard(old: &DeletionTarget) -> Result<Option<Leftover>> {
    let (at, name) = split(old.path())?;
    let handle = Handle::open(at).map_err(Error::io("open", at))?;
    let (mut area, _) = StagingArea::beside(handle, at, name)?;
    match area.move_aside(name) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {
            // The one inside is removed before the directory, which a kill could leave empty.
            area.stage
                .make_file(Path::new(DELETING), false)
                .map_err(|error| refused(old.path(), error))?;
            return discard_in_place(&area.parent, old, name).map(|()| None);
        }
        moved => moved.map_err(|error| refused(old.path(), error))?,
    }
    if !covers(area.aside(), old) {
        return Err(match area.put_back(name) {
            Ok(()) => changed(old),
            Err(_) => Error::Displaced { path: old.path().to_owned(), at: area.path.join(OLD) },
        });
    }
    if let Err(error) = area.mark_dead() {
        // If this fails, `sweep` finds it.
        let _ = area.put_back(name);
        return Err(refused(old.path(), error));
    }
    Ok(area.clear().err().map(Leftover::from))
}

/// Deletes a directory of a container's image layer, which cannot be renamed. A marker file in it lets
/// [`sweep()`] complete this after a kill.
fn discard_in_place(parent: &Handle, old: &DeletionTarget, name: &OsStr) -> Result<()> {
    let failed = || Error::io("remove", old.path());
    let open = || parent.sub(Path::new(name), Mounts::Stay).map_err(failed());
    let directory = open()?;
    if !old.covers(&directory).map_err(failed())? {
        return Err(changed(old));
    }
    let (mut area, new) = StagingArea::inside(open()?, old.path())?;
    drop(new);
    area.stage.remove_dir(Path::new(NEW)).map_err(failed())?;
    // The staging area of a process that was killed before it deleted anything would keep the directory.
    let _ = sweep::sweep_inside(&directory, old.path());
    area.stage.make_file(Path::new(DELETING), false).map_err(failed())?;
    let emptied = sweep::replace_content(&directory, &area.stage, old.path());
    if emptied.is_err() {
        // The rest is not an environment; the marker file remains for the next sweep.
        area.abandon();
        return emptied;
    }
    area.clear()?;
    parent.remove_dir(Path::new(name)).map_err(failed())
}

fn changed(old: &DeletionTarget) -> Error {
    Error::Changed { path: old.path().to_owned() }
}

/// A directory that is changed in place because it cannot be replaced as a whole: the current
/// directory, the target of a link, a mount point. Each file in it is replaced atomically.
///
/// If it is dropped before [`finish`](Self::finish), all changes are undone; replaced files return if
/// the system can exchange two names. After a kill each file is the old or the new one, and
/// [`is_unfinished`](super::is_unfinished) is true.
#[derive(Debug)]
pub struct InPlace {
    dir: Dir,
    area: StagingArea,
}

impl InPlace {
    /// Opens a directory, follows links to it, and removes the files of killed processes from it.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be opened, or a staging area in it cannot be created.
    pub fn open(target: &Path) -> Result<Self> {
        let failed = || Error::io("open", target);
        let handle = Handle::open(target).map_err(failed())?;
        // This process's stage is created before those of killed processes are removed, so that the
        // directory is marked as unfinished all the time.
        let (area, undo_log) =
            StagingArea::inside(Handle::open(target).map_err(failed())?, target)?;
        // A stage that cannot be removed obstructs nothing.
        let _ = sweep::sweep_inside(&handle, target);
        let dir = Dir::in_place(handle, target.to_owned(), UndoLog::new(undo_log));
        Ok(Self { dir, area })
    }

    /// Forbids to replace files: those in the directory are the user's.
    #[must_use]
    pub fn no_overwrite(mut self) -> Self {
        if let Some(undo_log) = self.dir.undo_log() {
            undo_log.forbid_replacing();
        }
        self
    }

    /// The directory.
    pub fn dir(&self) -> &Dir {
        &self.dir
    }

    /// A directory for other temporary files, on the same filesystem.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be created.
    pub fn scratch(&mut self) -> Result<&Path> {
        self.area.scratch()
    }

    /// Keeps the changes and removes the temporary files.
    ///
    /// # Errors
    /// The first file that could not be removed.
    pub fn finish(mut self) -> Result<()> {
        if let Some(undo_log) = self.dir.undo_log() {
            undo_log.drain();
        }
        self.area.clear()
    }
}

impl Drop for InPlace {
    fn drop(&mut self) {
        self.dir.roll_back();
    }
}

/// Whether this is the checked directory; false if it cannot be opened.
fn covers(directory: io::Result<Handle>, old: &DeletionTarget) -> bool {
    directory.and_then(|directory| old.covers(&directory)).unwrap_or(false)
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

/// Removes the parents that were created for a target that was not created.
fn remove_parents(made: &[PathBuf]) {
    for path in made.iter().rev() {
        let _ = std::fs::remove_dir(path);
    }
}
