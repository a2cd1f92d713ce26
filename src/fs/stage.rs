//! Building beside a target, moving into place, and cleaning up after processes that were killed.
//!
//! Everything temporary for the target `DIR` is in `.rvenv-DIR` beside it (`.rvenv` in it for work
//! in place), in one directory for each process. The name is fixed, so that finding what a killed
//! process left takes one system call and no listing of the parent, which may hold 100,000 names.
//! What is rvenv's own is known by its `lock` file, what is in use by a lock on that file, which
//! ends with the process however it ends.

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use super::dir::Dir;
use super::guard::Doomed;
use super::remove::{empty, remove_at, split};
use super::sys::{self, Handle, Kind, Mounts};
use crate::error::{Error, Result};

/// What the lock file says, for people who find it, and as the proof of whose it is.
const MARK: &[u8] =
    b"rvenv works here, or was killed while it did; rvenv removes this directory.\n";
const LOCK: &str = "lock";
/// The new environment until it is in place; the old one after an exchange.
const NEW: &str = "new";
/// The old environment while its name is free, for one moment: put back when found.
const OLD: &str = "old";
/// What is only to be deleted.
const DEAD: &str = "dead";
const SCRATCH: &str = "scratch";
const INSIDE: &str = ".rvenv";

/// Without locks (some network file systems) what is older than this is in use no more.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);
/// Each attempt fails only because another process is taking the same directories away.
const ATTEMPTS: usize = 1000;

/// A place beside a target, to build in what is then moved there in one step.
///
/// Dropped before that, it is removed wholly, and so are the target's parents that it made.
#[derive(Debug)]
pub struct Stage {
    dir: Dir,
    yard: Yard,
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
            let yard = Yard::open(parent, at, &yard_name(name))?;
            let path = yard.path.join(NEW);
            let open = || {
                yard.stage.make_dir(Path::new(NEW), false)?;
                yard.stage.sub(Path::new(NEW), Mounts::Stay)
            };
            let handle = open().map_err(Error::io("create", &path))?;
            Ok((Dir::fresh(handle, path), yard))
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
        // To rename a directory onto something else than nothing or an empty directory fails by
        // the rules of POSIX: no special flag is needed, which older systems would not know.
        let Yard { stage, parent, .. } = &self.yard;
        stage.rename(Path::new(NEW), parent, Path::new(&self.name)).map_err(|error| {
            if is_occupied(&error) {
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
    pub fn replace(&mut self, doomed: &Doomed) -> Result<()> {
        let Yard { stage, parent, .. } = &self.yard;
        let (new, name) = (Path::new(NEW), Path::new(&self.name));
        match stage.exchange(new, parent, name) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return self.publish(),
            Err(error) if sys::is_unable(&error) => return self.replace_in_two_steps(doomed),
            Err(error) => return Err(self.failed(error)),
        }
        if covers(stage, new, doomed) {
            return Ok(());
        }
        stage.exchange(new, parent, name).map_err(|error| self.failed(error))?;
        Err(Error::Changed { path: self.target.clone() })
    }

    fn replace_in_two_steps(&mut self, doomed: &Doomed) -> Result<()> {
        let old = Path::new(OLD);
        match self.yard.parent.rename(Path::new(&self.name), &self.yard.stage, old) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return self.publish(),
            Err(error) => return Err(self.failed(error)),
        }
        let moved = if covers(&self.yard.stage, old, doomed) {
            self.publish()
        } else {
            Err(Error::Changed { path: self.target.clone() })
        };
        match moved {
            Ok(()) | Err(Error::Occupied { .. }) => self.yard.bury(),
            Err(_) => self.yard.put_back(&self.name),
        }
        moved
    }

    /// Deletes what was replaced and everything else that was temporary.
    ///
    /// # Errors
    /// What could not be deleted. The new directory is in its place nevertheless, and the next
    /// [`sweep`] tries again.
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
/// then, which the next [`sweep`] completes if it is stopped.
///
/// # Errors
/// [`Error::Changed`] when something else has come to stand there, which is left alone.
pub fn discard(doomed: &Doomed) -> Result<()> {
    let (at, name) = split(doomed.path())?;
    let handle = Handle::open(at).map_err(Error::io("open", at))?;
    let mut yard = Yard::open(handle, at, &yard_name(name))?;
    let old = Path::new(OLD);
    match yard.parent.rename(Path::new(name), &yard.stage, old) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {
            return discard_in_place(&yard.parent, doomed, name);
        }
        renamed => renamed.map_err(|error| refused(doomed.path(), error))?,
    }
    if !covers(&yard.stage, old, doomed) {
        yard.put_back(name);
        return Err(changed(doomed));
    }
    yard.bury();
    yard.clear()
}

/// A directory of a container's image layer cannot be renamed. What marks it as an environment goes
/// first, so that nobody takes what is left of it for one.
fn discard_in_place(parent: &Handle, doomed: &Doomed, name: &OsStr) -> Result<()> {
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

fn changed(doomed: &Doomed) -> Error {
    Error::Changed { path: doomed.path().to_owned() }
}

/// A directory that is worked on in place, because it cannot be replaced as a whole: the current
/// one, one behind a link, a mount point. Each file in it is replaced whole.
#[derive(Debug)]
pub struct InPlace {
    dir: Dir,
    yard: Yard,
}

impl InPlace {
    /// Opens a directory, following links to it, and removes what killed processes left in it.
    pub fn open(target: &Path) -> Result<Self> {
        let failed = || Error::io("open", target);
        let handle = Handle::open(target).map_err(failed())?;
        sweep_yard(&handle, target, OsStr::new(INSIDE), None)?;
        let yard = Yard::open(Handle::open(target).map_err(failed())?, target, OsStr::new(INSIDE))?;
        let workshop = yard.wrapper.sub(Path::new(&yard.own), Mounts::Stay).map_err(failed())?;
        Ok(Self { dir: Dir::in_place(handle, target.to_owned(), workshop), yard })
    }

    /// The directory.
    pub fn dir(&self) -> &Dir {
        &self.dir
    }

    /// A directory for other temporary files, on the same file system, removed with the rest.
    pub fn scratch(&mut self) -> Result<&Path> {
        self.yard.scratch()
    }

    /// Removes what was temporary.
    pub fn finish(mut self) -> Result<()> {
        self.yard.clear()
    }
}

/// Removes what killed processes left for this target, beside it and in it: only what is provably
/// rvenv's own, and not in use. An old environment that was aside when the process that replaces
/// it was killed comes back. Nothing to do costs four system calls.
///
/// # Errors
/// The first failure; what can be removed is, nevertheless.
pub fn sweep(target: &Path) -> Result<()> {
    let (at, name) = split(target)?;
    let open = |path: &Path| match Handle::open(path) {
        Ok(handle) => Ok(Some(handle)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(Error::io("open", path)(error)),
    };
    let Some(parent) = open(at)? else { return Ok(()) };
    let beside = sweep_yard(&parent, at, &yard_name(name), Some(name));
    let inside = open(target)?
        .map_or(Ok(()), |inside| sweep_yard(&inside, target, OsStr::new(INSIDE), None));
    beside.and(inside)
}

fn sweep_yard(parent: &Handle, at: &Path, yard: &OsStr, target: Option<&OsStr>) -> Result<()> {
    let path = at.join(yard);
    let wrapper = match parent.sub(Path::new(yard), Mounts::Stay) {
        Ok(wrapper) => wrapper,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io("open", &path)(error)),
    };
    let mut first = Ok(());
    for (own, _) in wrapper.entries().map_err(Error::io("list", &path))? {
        let swept =
            sweep_stage(&wrapper, &path, &own, target.map(|name| (parent, Path::new(name))));
        first = first.and(swept);
    }
    // Not when somebody works there, or something that is not ours is in it.
    let _ = parent.remove_dir(Path::new(yard));
    first
}

fn sweep_stage(
    wrapper: &Handle,
    at: &Path,
    own: &OsStr,
    home: Option<(&Handle, &Path)>,
) -> Result<()> {
    let path = at.join(own);
    let Ok(stage) = wrapper.sub(Path::new(own), Mounts::Stay) else { return Ok(()) };
    let Ok(lock) = stage.open_file(Path::new(LOCK), true) else {
        // Killed before it had its lock file, if it is empty; else it is not ours.
        let _ = wrapper.remove_dir(Path::new(own));
        return Ok(());
    };
    if !stage.is_ours().unwrap_or(false) || !is_abandoned(&lock) {
        return Ok(());
    }
    if let Some((parent, name)) = home
        && let Err(error) = stage.rename(Path::new(OLD), parent, name)
        && error.kind() != ErrorKind::NotFound
        && !is_occupied(&error)
    {
        return Err(Error::Io { action: "put back", path: path.join(OLD), source: error });
    }
    clear_stage(wrapper, &stage, &path, own)
}

/// Is this our lock file, which no living process holds? If so, we hold it now.
fn is_abandoned(lock: &File) -> bool {
    let mut text = Vec::new();
    let regular = lock.metadata().is_ok_and(|meta| meta.is_file());
    // Killed between making and writing it, a process leaves a part of the text.
    if !regular
        || lock.take(MARK.len() as u64 + 1).read_to_end(&mut text).is_err()
        || !MARK.starts_with(&text)
    {
        return false;
    }
    match lock.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(_)) => {
            let modified = lock.metadata().and_then(|meta| meta.modified());
            modified.is_ok_and(|then| {
                SystemTime::now().duration_since(then).is_ok_and(|age| age > ABANDONED)
            })
        }
    }
}

/// The lock file goes last, so that what remains after a failure is still known as ours.
fn clear_stage(wrapper: &Handle, stage: &Handle, path: &Path, own: &OsStr) -> Result<()> {
    let mut first = Ok(());
    for (name, kind) in stage.entries().map_err(Error::io("list", path))? {
        if name != LOCK {
            let kind = kind.or_else(|| stage.kind(Path::new(&name)).ok()).unwrap_or(Kind::Other);
            first = first.and(remove_at(stage, path, &name, kind));
        }
    }
    first?;
    for removed in [stage.unlink(Path::new(LOCK)), wrapper.remove_dir(Path::new(own))] {
        match removed {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Error::io("remove", path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The directory for temporary files of one target, and this process's part of it.
#[derive(Debug)]
struct Yard {
    parent: Handle,
    wrapper: Handle,
    stage: Handle,
    /// Held for as long as this lives.
    _lock: File,
    path: PathBuf,
    name: OsString,
    own: OsString,
    scratch: Option<PathBuf>,
    cleared: bool,
}

impl Yard {
    fn open(parent: Handle, at: &Path, name: &OsStr) -> Result<Self> {
        let mut last = ErrorKind::AlreadyExists.into();
        for attempt in 0..ATTEMPTS {
            let own = OsString::from(format!("{}-{attempt}", std::process::id()));
            match Self::try_open(&parent, name, &own) {
                Ok((wrapper, stage, lock)) => {
                    let path = at.join(name).join(&own);
                    return Ok(Self {
                        parent,
                        wrapper,
                        stage,
                        _lock: lock,
                        path,
                        name: name.to_owned(),
                        own,
                        scratch: None,
                        cleared: false,
                    });
                }
                // A process of that number has left something; or one that sweeps, or has ended,
                // has just taken away what we had made.
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::AlreadyExists | ErrorKind::NotFound | ErrorKind::WouldBlock
                    ) =>
                {
                    last = error;
                }
                Err(error) => return Err(Error::io("create", at.join(name))(error)),
            }
        }
        Err(Error::io("create", at.join(name))(last))
    }

    fn try_open(parent: &Handle, name: &OsStr, own: &OsStr) -> io::Result<(Handle, Handle, File)> {
        match parent.make_dir(Path::new(name), true) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let wrapper = parent.sub(Path::new(name), Mounts::Stay)?;
        wrapper.make_dir(Path::new(own), true)?;
        let lock = lock(&wrapper, own);
        if lock.is_err() {
            let _ = wrapper.remove_dir(Path::new(own));
            let _ = parent.remove_dir(Path::new(name));
        }
        let (stage, lock) = lock?;
        Ok((wrapper, stage, lock))
    }

    fn scratch(&mut self) -> Result<&Path> {
        let path = if let Some(path) = self.scratch.take() {
            path
        } else {
            let path = self.path.join(SCRATCH);
            self.stage.make_dir(Path::new(SCRATCH), true).map_err(Error::io("create", &path))?;
            path
        };
        Ok(self.scratch.insert(path))
    }

    /// From here on the old directory must not come back: it may soon be half deleted.
    fn bury(&self) {
        let _ = self.stage.rename(Path::new(OLD), &self.stage, Path::new(DEAD));
    }

    /// Gives the old directory its name back. Where that fails, it stays where `sweep` finds it.
    fn put_back(&mut self, name: &OsStr) {
        if self.stage.rename(Path::new(OLD), &self.parent, Path::new(name)).is_err() {
            self.cleared = true;
        }
    }

    fn clear(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.cleared, true) {
            return Ok(());
        }
        let cleared = clear_stage(&self.wrapper, &self.stage, &self.path, &self.own);
        // Not while others work there.
        let _ = self.parent.remove_dir(Path::new(&self.name));
        cleared
    }
}

impl Drop for Yard {
    fn drop(&mut self) {
        // Here nobody is left to tell of a failure; `sweep` will find what remains.
        let _ = self.clear();
    }
}

/// Makes the lock file of a stage, and holds it.
fn lock(wrapper: &Handle, own: &OsStr) -> io::Result<(Handle, File)> {
    let stage = wrapper.sub(Path::new(own), Mounts::Stay)?;
    let mut lock = stage.make_file(Path::new(LOCK), false)?;
    match lock.try_lock() {
        Err(TryLockError::WouldBlock) => return Err(ErrorKind::WouldBlock.into()),
        // No locks here: see `ABANDONED`.
        Ok(()) | Err(TryLockError::Error(_)) => {}
    }
    lock.write_all(MARK).inspect_err(|_| {
        let _ = stage.unlink(Path::new(LOCK));
    })?;
    Ok((stage, lock))
}

fn yard_name(target: &OsStr) -> OsString {
    let mut name = OsString::from(".rvenv-");
    // A name is at most 255 bytes (or UTF-16 units) long.
    if sys::name_bytes(target).len() <= 200 {
        name.push(target);
    } else {
        let hash = Sha256::digest(sys::name_bytes(target));
        name.extend(hash.iter().map(|byte| OsString::from(format!("{byte:02x}"))));
    }
    name
}

/// Is what `name` has in `stage` what was judged? What cannot be looked at is not.
fn covers(stage: &Handle, name: &Path, doomed: &Doomed) -> bool {
    stage.sub(name, Mounts::Stay).and_then(|directory| doomed.covers(&directory)).unwrap_or(false)
}

fn is_occupied(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::AlreadyExists | ErrorKind::DirectoryNotEmpty | ErrorKind::NotADirectory
    )
}

fn refused(target: &Path, source: io::Error) -> Error {
    let path = target.to_owned();
    match source.kind() {
        ErrorKind::CrossesDevices | ErrorKind::ResourceBusy => Error::Immovable { path, source },
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
