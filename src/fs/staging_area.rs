//! Where temporary files of a target are, whose they are, and taking away what killed processes left.
//!
//! Everything temporary for the target `DIR` is in `.rvenv-DIR` beside it (`.rvenv` in it for work
//! in place), in one directory for each process. The name is fixed, so that finding what a killed
//! process left takes one system call and no listing of the parent, which may hold 100,000 names.
//! What is rvenv's own is known by its `lock` file, what is in use by a lock on that file, which
//! ends with the process however it ends.

use std::ffi::{OsStr, OsString};
use std::fs::{DirEntry, File, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use super::remove::{remove_at, split};
use super::sys;
use super::sys::{Handle, Kind, Mounts};
use crate::fs::{Error, Result};
use crate::support::hex::hex;

/// What the lock file says, for people who find it, and as the proof of whose it is.
const MARK: &[u8] =
    b"rvenv works here, or was killed while it did; rvenv removes this directory.\n";
const LOCK: &str = "lock";
/// The new environment until it is in place; the old one after an exchange.
pub(super) const NEW: &str = "new";
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

/// Removes what killed processes left beside this target: only what is provably rvenv's own, and
/// not in use. An old environment that was aside when the process that replaces it was killed comes
/// back. Nothing to do costs one system call. What they left in it,
/// [`InPlace::open`](super::InPlace::open) removes.
///
/// # Errors
/// The first failure; what can be removed is, nevertheless.
pub fn sweep(target: &Path) -> Result<()> {
    // Beside a root there is nothing.
    let Ok((at, name)) = split(target) else { return Ok(()) };
    let yard = yard_name(name);
    match at.join(&yard).symlink_metadata().and_then(|_| Handle::open(at)) {
        Ok(parent) => sweep_yard(&parent, at, &yard, Some(name)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(())
        }
        Err(error) => Err(Error::io("open", at)(error)),
    }
}

/// Is work in place going on in this directory, or was it cut short by a kill? Then its files are
/// each whole, and need not all be of one state.
pub fn is_unfinished(target: &Path) -> bool {
    target.join(INSIDE).is_dir()
}

/// Whether [`sweep`] would find something of a killed process.
pub fn has_stale_temp_files(target: &Path) -> bool {
    let Ok((at, name)) = split(target) else { return false };
    let yards = [at.join(yard_name(name)), target.join(INSIDE)];
    yards.iter().filter_map(|yard| std::fs::read_dir(yard).ok()).any(|stages| {
        let mut stages = stages.flatten().peekable();
        stages.peek().is_none() || stages.any(|stage| is_dead(&stage.path()))
    })
}

/// Whether this is a directory as rvenv makes them for temporary files, with nothing else in it, and
/// not in use.
pub(crate) fn is_staging_area(path: &Path) -> bool {
    let is_dead = |stage: io::Result<DirEntry>| stage.is_ok_and(|stage| is_dead(&stage.path()));
    std::fs::read_dir(path).is_ok_and(|mut stages| stages.all(is_dead))
}

/// A stage whose lock nobody holds, or that is empty: its process was killed before it had a lock,
/// or when it had removed that.
fn is_dead(stage: &Path) -> bool {
    match File::open(stage.join(LOCK)) {
        Ok(lock) => is_abandoned(&lock),
        Err(_) => std::fs::read_dir(stage).is_ok_and(|mut entries| entries.next().is_none()),
    }
}

/// Sweeps only what is in the directory `target`, whose path is `at`.
pub(super) fn sweep_inside(target: &Handle, at: &Path) -> Result<()> {
    sweep_yard(target, at, OsStr::new(INSIDE), None)
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
    let put_back = match home {
        Some((parent, name)) => stage.rename(Path::new(OLD), parent, name),
        None => Ok(()),
    };
    // Occupied: the new environment has been moved in, or something else that is not to be touched.
    let done =
        put_back.or_else(|error| if is_occupied(&error) { mark_dead(&stage) } else { Err(error) });
    match done {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(Error::Io { action: "put back", path: path.join(OLD), source: error });
        }
        _ => {}
    }
    if empty_stage(&stage, &path)? {
        remove_stage(wrapper, &stage, &path, own, &mut Some(lock))?;
    }
    Ok(())
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

/// Removes everything but the lock file, which goes last, so that what remains after a failure is
/// still known as ours; `false` where something is in use: it is out of the way, and the next sweep
/// finds it.
fn empty_stage(stage: &Handle, path: &Path) -> Result<bool> {
    let mut first = Ok(());
    for (name, kind) in stage.entries().map_err(Error::io("list", path))? {
        if name != LOCK {
            let kind = kind.or_else(|| stage.kind(Path::new(&name)).ok()).unwrap_or(Kind::Other);
            first = first.and(remove_at(stage, path, &name, kind));
        }
    }
    match first {
        Err(Error::Io { source, .. }) if sys::is_in_use(&source) => Ok(false),
        done => done.map(|()| true),
    }
}

/// Removes a stage that holds nothing but its lock file.
fn remove_stage(
    wrapper: &Handle,
    stage: &Handle,
    path: &Path,
    own: &OsStr,
    lock: &mut Option<File>,
) -> Result<()> {
    let unlinked = stage.unlink(Path::new(LOCK));
    // Windows keeps a file that is open in its directory, whatever was done to its name. Elsewhere
    // the lock is held to the end: who waits for it must find the stage gone.
    if cfg!(windows) {
        *lock = None;
    }
    for removed in [unlinked, wrapper.remove_dir(Path::new(own))] {
        match removed {
            Ok(()) => {}
            // Somebody else sweeps too; and a new stage may have got the name already.
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::DirectoryNotEmpty) => {}
            Err(error) => return Err(Error::io("remove", path)(error)),
        }
    }
    Ok(())
}

/// The directory for temporary files of one target, and this process's part of it.
#[derive(Debug)]
pub(super) struct StagingArea {
    pub(super) parent: Handle,
    wrapper: Handle,
    pub(super) stage: Handle,
    /// Held until all else is removed.
    lock: Option<File>,
    pub(crate) path: PathBuf,
    name: OsString,
    own: OsString,
    scratch: Option<PathBuf>,
    /// Whether [`NEW`] was moved out and nothing in, so that clearing has nothing to look for.
    pub(super) is_bare: bool,
    cleared: bool,
}

impl StagingArea {
    /// In `parent`, whose path is `at`, for its entry `target`; with the directory [`NEW`] in it.
    pub(super) fn beside(parent: Handle, at: &Path, target: &OsStr) -> Result<(Self, Handle)> {
        Self::open(parent, at, yard_name(target))
    }

    /// In the directory `target`, whose path is `at`, for itself.
    pub(super) fn inside(target: Handle, at: &Path) -> Result<(Self, Handle)> {
        Self::open(target, at, INSIDE.into())
    }

    fn open(parent: Handle, at: &Path, name: OsString) -> Result<(Self, Handle)> {
        let mut attempt = 0;
        loop {
            let own = OsString::from(format!("{}-{attempt}", std::process::id()));
            match Self::try_open(&parent, Path::new(&name), Path::new(&own)) {
                Ok((wrapper, claim, new)) => {
                    let path = at.join(&name).join(&own);
                    let Claim { stage, lock } = claim;
                    let yard = Self {
                        parent,
                        wrapper,
                        stage,
                        lock: Some(lock),
                        path,
                        name,
                        own,
                        scratch: None,
                        is_bare: false,
                        cleared: false,
                    };
                    return Ok((yard, new));
                }
                Err(error) if attempt < ATTEMPTS && is_contended(&error) => attempt += 1,
                Err(error) => return Err(Error::io("create", at.join(name))(error)),
            }
        }
    }

    fn try_open(parent: &Handle, name: &Path, own: &Path) -> io::Result<(Handle, Claim, Handle)> {
        match parent.make_dir(name, true) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let make = || {
            let wrapper = parent.sub(name, Mounts::Stay)?;
            wrapper.make_dir(own, true)?;
            let (claim, new) = Claim::stake(&wrapper, own).inspect_err(|_| {
                let _ = wrapper.remove_dir(own);
            })?;
            Ok((wrapper, claim, new))
        };
        make().inspect_err(|_| {
            let _ = parent.remove_dir(name);
        })
    }

    /// Takes the directory `name` away from its place for a moment.
    pub(super) fn move_aside(&self, name: &OsStr) -> io::Result<()> {
        self.parent.rename(Path::new(name), &self.stage, Path::new(OLD))
    }

    /// What was set aside.
    pub(super) fn aside(&self) -> io::Result<Handle> {
        self.stage.sub(Path::new(OLD), Mounts::Stay)
    }

    /// A directory for temporary files, made when first asked for.
    pub(super) fn scratch(&mut self) -> Result<&Path> {
        let path = if let Some(path) = self.scratch.take() {
            path
        } else {
            let path = self.path.join(SCRATCH);
            self.stage.make_dir(Path::new(SCRATCH), true).map_err(Error::io("create", &path))?;
            path
        };
        Ok(self.scratch.insert(path))
    }

    /// What was set aside must not come back from here on: it may soon be half deleted.
    pub(super) fn mark_dead(&self) -> io::Result<()> {
        mark_dead(&self.stage)
    }

    /// Gives what was set aside its name back. Where that fails, it stays where `sweep` finds it.
    pub(super) fn put_back(&mut self, name: &OsStr) {
        self.cleared |= self.stage.rename(Path::new(OLD), &self.parent, Path::new(name)).is_err();
    }

    /// Removes what is temporary; once. What fails is tried once more: a scanner that has a file
    /// open for a moment, or a network drive that hiccups, is to leave nothing behind.
    pub(super) fn clear(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.cleared, true) {
            return Ok(());
        }
        self.try_clear().or_else(|_| self.try_clear())
    }

    fn try_clear(&mut self) -> Result<()> {
        let Self { wrapper, stage, path, own, lock, .. } = self;
        let is_bare = self.is_bare && self.scratch.is_none();
        if is_bare || empty_stage(stage, path)? {
            remove_stage(wrapper, stage, path, own, lock)?;
        }
        match self.parent.remove_dir(Path::new(&self.name)) {
            // Others work there, or have removed it.
            Err(error) if is_occupied(&error) || error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(Error::io("remove", &self.path)),
        }
    }
}

impl Drop for StagingArea {
    fn drop(&mut self) {
        // Here nobody is left to tell of a failure; `sweep` will find what remains.
        let _ = self.clear();
    }
}

/// A process of our number has left something; or one that sweeps, or has ended, has just taken
/// away what we had made.
fn is_contended(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound | ErrorKind::WouldBlock)
}

/// A stage, and the lock on it.
struct Claim {
    stage: Handle,
    lock: File,
}

impl Claim {
    fn stake(wrapper: &Handle, own: &Path) -> io::Result<(Self, Handle)> {
        let stage = wrapper.sub(own, Mounts::Stay)?;
        let lock = stage.make_file(Path::new(LOCK), false)?;
        match lock.try_lock() {
            // Who sweeps has it, and removes it.
            Err(TryLockError::WouldBlock) => return Err(ErrorKind::WouldBlock.into()),
            // No locks here: see `ABANDONED`.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        let furnish = || {
            (&lock).write_all(MARK)?;
            // If who sweeps had the lock before us, the stage is gone by now, and this fails.
            stage.make_dir(Path::new(NEW), false)?;
            stage.sub(Path::new(NEW), Mounts::Stay)
        };
        let new = furnish().inspect_err(|_| {
            let _ = stage.remove_dir(Path::new(NEW));
            let _ = stage.unlink(Path::new(LOCK));
        })?;
        Ok((Self { stage, lock }, new))
    }
}

fn mark_dead(stage: &Handle) -> io::Result<()> {
    stage.rename(Path::new(OLD), stage, Path::new(DEAD))
}

fn yard_name(target: &OsStr) -> OsString {
    let mut name = OsString::from(".rvenv-");
    // A name is at most 255 bytes (or UTF-16 units) long.
    if sys::name_bytes(target).len() <= 200 {
        name.push(target);
    } else {
        let hash = Sha256::digest(sys::name_bytes(target));
        name.push(hex(&hash));
    }
    name
}

/// Does something stand where a directory was to be renamed to?
pub(super) fn is_occupied(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::AlreadyExists | ErrorKind::DirectoryNotEmpty | ErrorKind::NotADirectory
    )
}
