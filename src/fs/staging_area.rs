//! The staging area of a target.
//!
//! All temporary files for the target `DIR` are in `.rvenv-DIR` beside it (in `.rvenv` inside it for
//! changes in place), in one stage (a directory) per process. The name is fixed, so that one system
//! call finds the stages of killed processes; the parent can contain 100,000 names and is not listed.
//! If another user has taken the name, a number is appended.
//! A `lock` file identifies a stage of rvenv. Its process holds the lock until it exits.

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use super::remove::remove_at;
use super::sys;
use super::sys::{Handle, Kind, Mounts};
use crate::fs::{Error, Result};
use crate::support::hex::hex;

/// The content of the lock file: an explanation for people who find it, and the mark of rvenv.
pub(super) const MARK: &[u8] =
    b"rvenv works here, or was killed while it did; rvenv removes this directory.\n";
pub(super) const LOCK: &str = "lock";
/// The new environment until it is renamed.
pub(super) const NEW: &str = "new";
/// The old environment while its name is free. The next run puts it back after a kill.
pub(super) const OLD: &str = "old";
/// A directory that is only to be deleted.
const DEAD: &str = "dead";
/// A file: [`NEW`] and the target are being exchanged, so [`NEW`] may be another user's directory.
pub(super) const EXCHANGING: &str = "exchanging";
/// A file: the directory that the staging area is in is being emptied, where it cannot be moved.
pub(super) const DELETING: &str = "deleting";
/// A file: that directory is empty, and the entries of [`NEW`] are being moved into it.
pub(super) const MOVING: &str = "moving";
const SCRATCH: &str = "scratch";
pub(super) const INSIDE: &str = ".rvenv";

/// On filesystems without locks (some network filesystems), a lock file older than this is abandoned.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);
/// The number of names that are tried if other users have taken them.
const NAMES: usize = 16;
/// The limit of attempts; each fails only because another process removes the same directories.
const ATTEMPTS: usize = 1000;

/// A stage of this user that no process uses, and its lock.
pub(super) fn abandoned_stage(wrapper: &Handle, own: &Path) -> Option<(Handle, File)> {
    let stage = wrapper.sub(own, Mounts::Stay).ok()?;
    let Ok(lock) = stage.open_file(Path::new(LOCK), true) else {
        // An empty one was left before its lock was created; any other is not a stage.
        let _ = wrapper.remove_dir(own);
        return None;
    };
    let is_ours = stage.is_ours().unwrap_or(false) && wrapper.is_private(&stage).unwrap_or(false);
    (is_ours && is_abandoned(&lock)).then_some((stage, lock))
}

/// Whether this is a lock file of rvenv that no process holds; if so, this process holds it afterwards.
pub(super) fn is_abandoned(lock: &File) -> bool {
    let mut text = Vec::new();
    let regular = lock.metadata().is_ok_and(|meta| meta.is_file());
    // A process that is killed while it writes the file leaves a part of the text.
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

/// Removes everything except the lock file, which is removed last, so that a stage is recognized after a
/// failure. Returns `false` if a file is in use: the next sweep finds it.
pub(super) fn empty_stage(stage: &Handle, path: &Path) -> Result<bool> {
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

/// Removes a stage that contains only its lock file.
pub(super) fn remove_stage(
    wrapper: &Handle,
    stage: &Handle,
    path: &Path,
    own: &OsStr,
    lock: &mut Option<File>,
) -> Result<()> {
    let unlinked = stage.unlink(Path::new(LOCK));
    // On Windows an open file stays in its directory even if it is deleted. Elsewhere the lock is held
    // to the end, so that a process that waits for it finds no stage.
    if cfg!(windows) {
        *lock = None;
    }
    for removed in [unlinked, wrapper.remove_dir(Path::new(own))] {
        match removed {
            Ok(()) => {}
            // Another process sweeps, too, or has already created a new stage of this name.
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::DirectoryNotEmpty) => {}
            Err(error) => return Err(Error::io("remove", path)(error)),
        }
    }
    Ok(())
}

/// The staging area of one target, and the stage of this process in it.
#[derive(Debug)]
pub(super) struct StagingArea {
    pub(super) parent: Handle,
    wrapper: Handle,
    pub(super) stage: Handle,
    /// Held until everything else is removed.
    lock: Option<File>,
    pub(crate) path: PathBuf,
    name: OsString,
    own: OsString,
    scratch: Option<PathBuf>,
    /// Whether [`NEW`] was moved out and nothing was moved in, so that the stage is empty.
    pub(super) is_bare: bool,
    cleared: bool,
}

impl StagingArea {
    /// Creates one in `parent`, whose path is `at`, for its entry `target`; returns the directory [`NEW`], too.
    pub(super) fn beside(parent: Handle, at: &Path, target: &OsStr) -> Result<(Self, Handle)> {
        Self::open(parent, at, area_names(target))
    }

    /// Creates one inside the directory `target`, whose path is `at`.
    pub(super) fn inside(target: Handle, at: &Path) -> Result<(Self, Handle)> {
        Self::open(target, at, std::iter::once(INSIDE.into()))
    }

    /// Uses the first of these names that no other user has taken.
    fn open(
        parent: Handle,
        at: &Path,
        mut names: impl Iterator<Item = OsString>,
    ) -> Result<(Self, Handle)> {
        let mut attempt = 0;
        let mut name = names.next().unwrap_or_else(|| INSIDE.into());
        loop {
            let own = OsString::from(format!("{}-{attempt}", std::process::id()));
            match Self::try_open(&parent, Path::new(&name), Path::new(&own)) {
                Ok((wrapper, claim, new)) => {
                    let path = at.join(&name).join(&own);
                    let Claim { stage, lock } = claim;
                    let area = Self {
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
                    return Ok((area, new));
                }
                Err(Failure::Foreign(error)) => match names.next() {
                    Some(next) => name = next,
                    None => return Err(Error::io("create", at.join(name))(error)),
                },
                Err(Failure::Io(error)) if attempt < ATTEMPTS && is_contended(&error) => {
                    attempt += 1;
                }
                Err(Failure::Io(error)) => return Err(Error::io("create", at.join(name))(error)),
            }
        }
    }

    fn try_open(
        parent: &Handle,
        name: &Path,
        own: &Path,
    ) -> Result<(Handle, Claim, Handle), Failure> {
        let exists = match parent.make_dir(name, true) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => true,
            made => made.map(|()| false).map_err(Failure::Io)?,
        };
        let make = || {
            let wrapper = parent.sub(name, Mounts::Stay)?;
            wrapper.make_dir(own, true)?;
            let (claim, new) = Claim::create(&wrapper, own).inspect_err(|_| {
                let _ = wrapper.remove_dir(own);
            })?;
            Ok((wrapper, claim, new))
        };
        let (wrapper, claim, new) = make().map_err(|error: io::Error| {
            // A file, a link or another user's directory has the name.
            let is_foreign = error.kind() == ErrorKind::PermissionDenied
                || parent.kind(name).is_ok_and(|kind| kind != Kind::Directory);
            if exists && is_foreign {
                return Failure::Foreign(error);
            }
            let _ = parent.remove_dir(name);
            Failure::Io(error)
        })?;
        let is_private = wrapper.is_private(&claim.stage);
        if matches!(is_private, Ok(true)) {
            return Ok((wrapper, claim, new));
        }
        // Anybody else who can write there could replace the files.
        let _ = claim.stage.remove_dir(Path::new(NEW));
        let _ = claim.stage.unlink(Path::new(LOCK));
        let _ = wrapper.remove_dir(own);
        if !exists {
            let _ = parent.remove_dir(name);
        }
        Err(match is_private {
            Ok(_) => Failure::Foreign(ErrorKind::PermissionDenied.into()),
            Err(error) => Failure::Io(error),
        })
    }

    /// Records that [`NEW`] may be another user's directory from here on.
    pub(super) fn begin_exchange(&self) -> io::Result<()> {
        self.stage.make_file(Path::new(EXCHANGING), false).map(drop)
    }

    /// Records that [`NEW`] is this process's directory again, or was checked and is to be deleted.
    pub(super) fn end_exchange(&self, delete: bool) -> io::Result<()> {
        if delete {
            mark_dead(&self.stage, NEW)?;
        }
        self.stage.unlink(Path::new(EXCHANGING))
    }

    /// Leaves the stage unchanged because [`NEW`] is somebody else's; returns its path.
    pub(super) fn abandon(&mut self) -> PathBuf {
        self.cleared = true;
        self.lock = None;
        self.path.join(NEW)
    }

    /// Moves the directory `name` aside temporarily.
    pub(super) fn move_aside(&self, name: &OsStr) -> io::Result<()> {
        self.parent.rename(Path::new(name), &self.stage, Path::new(OLD))
    }

    /// The directory that was moved aside.
    pub(super) fn aside(&self) -> io::Result<Handle> {
        self.stage.sub(Path::new(OLD), Mounts::Stay)
    }

    /// A directory for temporary files, created on first use.
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

    /// Records that the directory moved aside must not be put back, because its deletion begins.
    pub(super) fn mark_dead(&self) -> io::Result<()> {
        mark_dead(&self.stage, OLD)
    }

    /// Puts the directory moved aside back. If that fails, it stays where it is.
    pub(super) fn put_back(&mut self, name: &OsStr) -> io::Result<()> {
        let renamed = self.stage.rename(Path::new(OLD), &self.parent, Path::new(name));
        self.cleared |= renamed.is_err();
        renamed
    }

    /// Removes the stage, once. A failure is retried once: a virus scanner can have a file open for a
    /// moment, and network drives fail temporarily.
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
            // Other processes use it, or have removed it.
            Err(error) if is_occupied(&error) || error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(Error::io("remove", &self.path)),
        }
    }
}

impl Drop for StagingArea {
    fn drop(&mut self) {
        // A failure cannot be reported here; `sweep` finds the remains.
        let _ = self.clear();
    }
}

/// Whether a process with the same number left a stage, or another process is removing the directories.
fn is_contended(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound | ErrorKind::WouldBlock)
}

/// A stage and its lock.
struct Claim {
    stage: Handle,
    lock: File,
}

impl Claim {
    fn create(wrapper: &Handle, own: &Path) -> io::Result<(Self, Handle)> {
        let stage = wrapper.sub(own, Mounts::Stay)?;
        let lock = stage.make_file(Path::new(LOCK), false)?;
        match lock.try_lock() {
            // A process that sweeps has it and removes it.
            Err(TryLockError::WouldBlock) => return Err(ErrorKind::WouldBlock.into()),
            // The filesystem has no locks: see `ABANDONED`.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        let fill = || {
            (&lock).write_all(MARK)?;
            // This fails if a process that sweeps had the lock before and removed the stage.
            stage.make_dir(Path::new(NEW), false)?;
            stage.sub(Path::new(NEW), Mounts::Stay)
        };
        let new = fill().inspect_err(|_| {
            let _ = stage.remove_dir(Path::new(NEW));
            let _ = stage.unlink(Path::new(LOCK));
        })?;
        Ok((Self { stage, lock }, new))
    }
}

/// The reason that a staging area could not be created under one name.
enum Failure {
    /// Another user or a non-directory has the name.
    Foreign(io::Error),
    Io(io::Error),
}

pub(super) fn mark_dead(stage: &Handle, name: &str) -> io::Result<()> {
    stage.rename(Path::new(name), stage, Path::new(DEAD))
}

/// The names of a target's staging area, in the order in which they are tried.
pub(super) fn area_names(target: &OsStr) -> impl Iterator<Item = OsString> {
    let first = area_name(target);
    (0..NAMES).map(move |number| {
        let mut name = first.clone();
        if number > 0 {
            name.push(format!(".{number}"));
        }
        name
    })
}

fn area_name(target: &OsStr) -> OsString {
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

/// Whether the target of a directory's rename exists.
pub(super) fn is_occupied(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::AlreadyExists | ErrorKind::DirectoryNotEmpty | ErrorKind::NotADirectory
    )
}
