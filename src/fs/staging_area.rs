//! The staging areas of a target, and removing those of killed processes.
//!
//! Everything temporary for the target `DIR` is in `.rvenv-DIR` beside it (in `.rvenv` inside it for
//! work in place), in one stage (a directory) for each process. The name is fixed, so that finding
//! what a killed process left takes one system call and no listing of the parent, which may hold
//! 100,000 names. If another user has taken the name, a number is added to it.
//! A `lock` file shows that a stage is rvenv's own. It is locked for as long as its process runs.

use std::ffi::{OsStr, OsString};
use std::fs::{DirEntry, File, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use super::deletion::{refusal_of_found, refusal_of_unfinished};
use super::remove::{empty_except, remove_at, split};
use super::sys;
use super::sys::{Handle, Kind, Mounts};
use crate::fs::{Error, Result};
use crate::support::hex::hex;

/// What the lock file says, for people who find it, and as the proof of whose it is.
const MARK: &[u8] =
    b"rvenv works here, or was killed while it did; rvenv removes this directory.\n";
const LOCK: &str = "lock";
/// The new environment until it is in place.
pub(super) const NEW: &str = "new";
/// The old environment while its name is free, for one moment: put back when found.
const OLD: &str = "old";
/// What is only to be deleted.
const DEAD: &str = "dead";
/// A file: [`NEW`] and the target are being exchanged, so [`NEW`] may be anybody's directory.
const EXCHANGING: &str = "exchanging";
/// A file: the directory that the staging area is in is being emptied, where it cannot be moved.
pub(super) const DELETING: &str = "deleting";
/// A file: it is empty, and the entries of [`NEW`] are being moved into it.
pub(super) const MOVING: &str = "moving";
const SCRATCH: &str = "scratch";
pub(super) const INSIDE: &str = ".rvenv";
/// What the root of a mounted file system keeps when it is emptied (mke2fs(8)).
const OF_FILE_SYSTEM: &str = "lost+found";

/// Without locks (some network file systems) what is older than this is in use no more.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);
/// How many names are tried if others hold them.
const NAMES: usize = 16;
/// Each attempt fails only because another process is taking the same directories away.
const ATTEMPTS: usize = 1000;

/// Something temporary that could not be removed. It is in nobody's way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Where it is.
    pub path: PathBuf,
    /// Why it could not be removed.
    pub reason: String,
}

impl From<Error> for Leftover {
    fn from(error: Error) -> Self {
        match error {
            Error::Io { path, source, .. } => Self { path, reason: source.to_string() },
            error => Self { path: PathBuf::new(), reason: error.to_string() },
        }
    }
}

/// Removes what killed processes left beside this target: only what is provably rvenv's own and not
/// in use. An old environment whose replacement was cut short gets its name back. A
/// deletion in place that was cut short is completed. If there is nothing to do, this takes two
/// system calls.
///
/// Gives what could not be removed.
///
/// # Errors
/// If the directory that the target is in cannot be looked at.
pub fn sweep(target: &Path) -> Result<Vec<Leftover>> {
    // Beside a root there is nothing.
    let Ok((at, name)) = split(target) else { return Ok(Vec::new()) };
    let mut left = Vec::new();
    for area in area_names(name) {
        match at.join(&area).symlink_metadata().and_then(|_| Handle::open(at)) {
            Ok(parent) => left.extend(sweep_area(&parent, at, &area, Some(name))),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                break;
            }
            Err(error) => return Err(Error::io("open", at)(error)),
        }
    }
    if target.join(INSIDE).symlink_metadata().is_ok()
        && let Ok(parent) = Handle::open(at)
    {
        left.extend(complete_in_place(&parent, target, Path::new(name)));
    }
    Ok(left)
}

/// Completes the deletion or replacement of a directory in place that a killed process began.
fn complete_in_place(parent: &Handle, target: &Path, name: &Path) -> Option<Leftover> {
    let directory = parent.sub(name, Mounts::Cross).ok()?;
    let wrapper = directory.sub(Path::new(INSIDE), Mounts::Stay).ok()?;
    for (own, _) in wrapper.entries().ok()? {
        let Some((stage, lock)) = abandoned_stage(&wrapper, Path::new(&own)) else { continue };
        let is_deleting = stage.kind(Path::new(DELETING)).is_ok();
        if !is_deleting && stage.kind(Path::new(MOVING)).is_err() {
            continue;
        }
        if is_deleting && let Some(refusal) = refusal_of_unfinished(&directory, target) {
            return Some(Leftover { path: target.to_owned(), reason: refusal });
        }
        // A deletion has nothing to move in.
        let is_replacing = stage.kind(&Path::new(NEW).join("pyvenv.cfg")).is_ok();
        let done = replace_content(&directory, &stage, target).and_then(|()| {
            let path = target.join(INSIDE).join(&own);
            empty_stage(&stage, &path)?;
            remove_stage(&wrapper, &stage, &path, &own, &mut Some(lock))
        });
        if let Err(error) = done {
            return Some(error.into());
        }
        let _ = directory.remove_dir(Path::new(INSIDE));
        if !is_replacing {
            let _ = parent.remove_dir(name);
        }
    }
    None
}

/// Empties `directory` but for the staging area in it, and moves the entries of [`NEW`] there,
/// `pyvenv.cfg` first away and last in. Marks in the stage show how far it got, for
/// [`complete_in_place`].
pub(super) fn replace_content(directory: &Handle, stage: &Handle, path: &Path) -> Result<()> {
    let cfg = Path::new("pyvenv.cfg");
    if stage.kind(Path::new(MOVING)).is_err() {
        match directory.unlink(cfg) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Error::io("remove", path.join(cfg))(error));
            }
            _ => {}
        }
        empty_except(directory, path, &[INSIDE, OF_FILE_SYSTEM])?;
        stage
            .rename(Path::new(DELETING), stage, Path::new(MOVING))
            .map_err(Error::io("empty", path))?;
    }
    let Ok(new) = stage.sub(Path::new(NEW), Mounts::Stay) else { return Ok(()) };
    let mut names: Vec<OsString> =
        new.entries().map_err(Error::io("list", path))?.into_iter().map(|(name, _)| name).collect();
    names.sort_by_key(|name| name == cfg.as_os_str());
    names.iter().try_for_each(|name| {
        let name = Path::new(name);
        new.rename(name, directory, name).map_err(Error::io("move into", path))
    })
}

/// Is work in place going on in this directory, or was it cut short by a kill? Then its files are
/// each whole, and need not all be of one state.
pub fn is_unfinished(target: &Path) -> bool {
    target.join(INSIDE).is_dir()
}

/// Whether [`sweep`] would find something of a killed process.
pub fn has_stale_temp_files(target: &Path) -> bool {
    let Ok((at, name)) = split(target) else { return false };
    let beside = area_names(name).map(|area| at.join(area));
    let beside = beside.take_while(|area| area.symlink_metadata().is_ok());
    let mut areas = beside.chain([target.join(INSIDE)]);
    areas.by_ref().filter_map(|area| std::fs::read_dir(area).ok()).any(|stages| {
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
pub(super) fn sweep_inside(target: &Handle, at: &Path) -> Vec<Leftover> {
    sweep_area(target, at, OsStr::new(INSIDE), None)
}

fn sweep_area(parent: &Handle, at: &Path, area: &OsStr, target: Option<&OsStr>) -> Vec<Leftover> {
    let path = at.join(area);
    // A file or a link is another's.
    let Ok(wrapper) = parent.sub(Path::new(area), Mounts::Stay) else { return Vec::new() };
    let target = target.map(|name| (parent, Path::new(name)));
    let entries = wrapper.entries().unwrap_or_default();
    let swept = entries.iter().filter_map(|(own, _)| sweep_stage(&wrapper, &path, own, target));
    let left: Vec<_> = swept.collect();
    if wrapper.is_closed().unwrap_or(false) {
        // Fails if another process works there, or if something in it is not ours.
        let _ = parent.remove_dir(Path::new(area));
    }
    left
}

/// A stage of ours that no process uses, and the lock on it.
fn abandoned_stage(wrapper: &Handle, own: &Path) -> Option<(Handle, File)> {
    let stage = wrapper.sub(own, Mounts::Stay).ok()?;
    let Ok(lock) = stage.open_file(Path::new(LOCK), true) else {
        // If it is empty, its process was killed before it had a lock file; else it is not ours.
        let _ = wrapper.remove_dir(own);
        return None;
    };
    let is_ours = stage.is_ours().unwrap_or(false) && wrapper.is_private(&stage).unwrap_or(false);
    (is_ours && is_abandoned(&lock)).then_some((stage, lock))
}

fn sweep_stage(
    wrapper: &Handle,
    at: &Path,
    own: &OsStr,
    home: Option<(&Handle, &Path)>,
) -> Option<Leftover> {
    let path = at.join(own);
    let (stage, lock) = abandoned_stage(wrapper, Path::new(own))?;
    let put_back = match home {
        Some((parent, name)) => stage.rename(Path::new(OLD), parent, name),
        None => Ok(()),
    };
    match put_back {
        // Something else has its name: the new environment, or what must not be touched.
        Err(error) if is_occupied(&error) => {
            if let Some(refused) = refused(&stage, OLD, &path) {
                return Some(refused);
            }
            if let Err(error) = mark_dead(&stage, OLD) {
                return Some(Error::io("remove", path.join(OLD))(error).into());
            }
        }
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Some(Error::io("put back", path.join(OLD))(error).into());
        }
        _ => {}
    }
    if stage.kind(Path::new(EXCHANGING)).is_ok()
        && let Some(refused) = refused(&stage, NEW, &path)
    {
        return Some(refused);
    }
    let removed = empty_stage(&stage, &path).and_then(|is_empty| {
        if is_empty { remove_stage(wrapper, &stage, &path, own, &mut Some(lock)) } else { Ok(()) }
    });
    removed.err().map(Leftover::from)
}

/// Why a directory that a killed process took away from its place must not be deleted.
fn refused(stage: &Handle, name: &str, path: &Path) -> Option<Leftover> {
    let path = path.join(name);
    let directory = match stage.sub(Path::new(name), Mounts::Stay) {
        Ok(directory) => directory,
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => return Some(Error::io("look at", path)(error).into()),
    };
    let refusal = match refusal_of_found(&directory, &path) {
        Ok(refusal) => refusal?.to_string(),
        Err(error) => error.to_string(),
    };
    Some(Leftover { path, reason: refusal })
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
        Self::open(parent, at, area_names(target))
    }

    /// In the directory `target`, whose path is `at`, for itself.
    pub(super) fn inside(target: Handle, at: &Path) -> Result<(Self, Handle)> {
        Self::open(target, at, std::iter::once(INSIDE.into()))
    }

    /// Takes the first of these names that nobody else holds.
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
        let is_there = match parent.make_dir(name, true) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => true,
            made => made.map(|()| false).map_err(Failure::Io)?,
        };
        let make = || {
            let wrapper = parent.sub(name, Mounts::Stay)?;
            wrapper.make_dir(own, true)?;
            let (claim, new) = Claim::stake(&wrapper, own).inspect_err(|_| {
                let _ = wrapper.remove_dir(own);
            })?;
            Ok((wrapper, claim, new))
        };
        let (wrapper, claim, new) = make().map_err(|error: io::Error| {
            // A file, a link or another user's directory has the name.
            let is_foreign = error.kind() == ErrorKind::PermissionDenied
                || parent.kind(name).is_ok_and(|kind| kind != Kind::Directory);
            if is_there && is_foreign {
                return Failure::Foreign(error);
            }
            let _ = parent.remove_dir(name);
            Failure::Io(error)
        })?;
        let is_private = wrapper.is_private(&claim.stage);
        if matches!(is_private, Ok(true)) {
            return Ok((wrapper, claim, new));
        }
        // Whoever else can write there could replace what is built.
        let _ = claim.stage.remove_dir(Path::new(NEW));
        let _ = claim.stage.unlink(Path::new(LOCK));
        let _ = wrapper.remove_dir(own);
        if !is_there {
            let _ = parent.remove_dir(name);
        }
        Err(match is_private {
            Ok(_) => Failure::Foreign(ErrorKind::PermissionDenied.into()),
            Err(error) => Failure::Io(error),
        })
    }

    /// Marks that [`NEW`] may be anybody's directory from here on.
    pub(super) fn begin_exchange(&self) -> io::Result<()> {
        self.stage.make_file(Path::new(EXCHANGING), false).map(drop)
    }

    /// [`NEW`] is ours again, or was checked and only to be deleted.
    pub(super) fn end_exchange(&self, delete: bool) -> io::Result<()> {
        if delete {
            mark_dead(&self.stage, NEW)?;
        }
        self.stage.unlink(Path::new(EXCHANGING))
    }

    /// Leaves everything in it as it is: [`NEW`] is somebody else's. Gives where that is.
    pub(super) fn abandon(&mut self) -> PathBuf {
        self.cleared = true;
        self.lock = None;
        self.path.join(NEW)
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
        mark_dead(&self.stage, OLD)
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

/// Why a staging area could not be opened under one name.
enum Failure {
    /// Another user, or something that is not a directory, has the name.
    Foreign(io::Error),
    Io(io::Error),
}

fn mark_dead(stage: &Handle, name: &str) -> io::Result<()> {
    stage.rename(Path::new(name), stage, Path::new(DEAD))
}

/// The names of a target's staging area, in the order in which they are tried.
fn area_names(target: &OsStr) -> impl Iterator<Item = OsString> {
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

/// Does something stand where a directory was to be renamed to?
pub(super) fn is_occupied(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::AlreadyExists | ErrorKind::DirectoryNotEmpty | ErrorKind::NotADirectory
    )
}
