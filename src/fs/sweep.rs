//! Removal of the staging areas of killed processes.

use std::ffi::{OsStr, OsString};
use std::fs::{DirEntry, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::deletion::{refusal_of_found, refusal_of_unfinished};
use super::remove::{empty_except, split};
use super::staging_area::{
    DELETING, EXCHANGING, INSIDE, LOCK, MOVING, NEW, OLD, abandoned_stage, area_names, empty_stage,
    is_abandoned, is_occupied, mark_dead, remove_stage,
};
use super::sys::{Handle, Mounts};
use crate::fs::{Error, Result};

/// An entry at the root of a mounted filesystem that is kept when the directory is emptied (mke2fs(8)).
const LOST_AND_FOUND: &str = "lost+found";

/// A temporary file or directory that could not be removed. It obstructs no later command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Its path.
    pub path: PathBuf,
    /// The reason.
    pub reason: String,
    /// Whether the system refused, so that `rm` by the same user fails, too.
    pub is_denied: bool,
}

impl From<Error> for Leftover {
    fn from(error: Error) -> Self {
        match error {
            Error::Io { path, source, .. } => {
                let is_denied = source.kind() == std::io::ErrorKind::PermissionDenied;
                Self { path, reason: source.to_string(), is_denied }
            }
            error => Self { path: PathBuf::new(), reason: error.to_string(), is_denied: false },
        }
    }
}

/// Removes the staging areas that killed processes left beside this target, if rvenv created them and
/// no process uses them. An old environment whose replacement was interrupted gets its name back. An
/// interrupted deletion in place is completed. If there is nothing to do, this takes two system calls.
///
/// Returns what could not be removed.
///
/// # Errors
/// If the parent directory of the target cannot be opened.
pub fn sweep(target: &Path) -> Result<Vec<Leftover>> {
    // A root has no parent.
    let Ok((at, name)) = split(target) else { return Ok(Vec::new()) };
    let mut leftovers = Vec::new();
    for area in area_names(name) {
        match at.join(&area).symlink_metadata().and_then(|_| Handle::open(at)) {
            Ok(parent) => leftovers.extend(sweep_area(&parent, at, &area, Some(name))),
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
        leftovers.extend(complete_in_place(&parent, target, Path::new(name)));
    }
    Ok(leftovers)
}

/// Completes the deletion or replacement in place that a killed process began.
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
            return Some(Leftover { path: target.to_owned(), reason: refusal, is_denied: false });
        }
        // A deletion has no new environment.
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

/// Empties `directory` except for the staging area in it, and moves the entries of [`NEW`] there.
/// `pyvenv.cfg` is the first entry removed and the last one moved. Marker files in the stage record the
/// progress for [`complete_in_place`].
pub(super) fn replace_content(directory: &Handle, stage: &Handle, path: &Path) -> Result<()> {
    let cfg = Path::new("pyvenv.cfg");
    if stage.kind(Path::new(MOVING)).is_err() {
        match directory.unlink(cfg) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Error::io("remove", path.join(cfg))(error));
            }
            _ => {}
        }
        empty_except(directory, path, &[INSIDE, LOST_AND_FOUND])?;
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

/// Whether a process is modifying this directory in place, or was killed doing so. Each file is
/// complete, but the files may be of different states.
pub fn is_unfinished(target: &Path) -> bool {
    target.join(INSIDE).is_dir()
}

/// Whether [`sweep`] would find files of a killed process.
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

/// Whether this directory is a staging area that no process uses.
pub(crate) fn is_staging_area(path: &Path) -> bool {
    let is_dead = |stage: io::Result<DirEntry>| stage.is_ok_and(|stage| is_dead(&stage.path()));
    std::fs::read_dir(path).is_ok_and(|mut stages| stages.all(is_dead))
}

/// Whether no process holds the lock of the stage, or the stage is empty because its process was killed
/// before it created the lock or after it removed it.
fn is_dead(stage: &Path) -> bool {
    match File::open(stage.join(LOCK)) {
        Ok(lock) => is_abandoned(&lock),
        Err(_) => std::fs::read_dir(stage).is_ok_and(|mut entries| entries.next().is_none()),
    }
}

/// Sweeps only the staging area inside the directory `target`, whose path is `at`.
pub(super) fn sweep_inside(target: &Handle, at: &Path) -> Vec<Leftover> {
    sweep_area(target, at, OsStr::new(INSIDE), None)
}

fn sweep_area(parent: &Handle, at: &Path, area: &OsStr, target: Option<&OsStr>) -> Vec<Leftover> {
    let path = at.join(area);
    // A file or a link is not a staging area.
    let Ok(wrapper) = parent.sub(Path::new(area), Mounts::Stay) else { return Vec::new() };
    let target = target.map(|name| (parent, Path::new(name)));
    let entries = wrapper.entries().unwrap_or_default();
    let swept = entries.iter().filter_map(|(own, _)| sweep_stage(&wrapper, &path, own, target));
    let leftovers: Vec<_> = swept.collect();
    if wrapper.is_closed().unwrap_or(false) {
        // Fails if another process uses it, or if it contains a file of somebody else.
        let _ = parent.remove_dir(Path::new(area));
    }
    leftovers
}

fn sweep_stage(
    wrapper: &Handle,
    at: &Path,
    own: &OsStr,
    home: Option<(&Handle, &Path)>,
) -> Option<Leftover> {
    let path = at.join(own);
    let (stage, lock) = abandoned_stage(wrapper, Path::new(own))?;
    if let Some((parent, name)) = home
        && stage.kind(Path::new(DELETING)).is_ok()
        && let Some(leftover) = complete_deletion(parent, at, name)
    {
        return Some(leftover);
    }
    let put_back = match home {
        Some((parent, name)) => stage.rename(Path::new(OLD), parent, name),
        None => Ok(()),
    };
    match put_back {
        // The name is taken by the new environment, or by an entry that must not be changed.
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

/// Completes the deletion in place of the directory `name`, of which only the staging area in it may be left.
fn complete_deletion(parent: &Handle, area: &Path, name: &Path) -> Option<Leftover> {
    let target = area.parent()?.join(name);
    let leftover = complete_in_place(parent, &target, name);
    if leftover.is_some() {
        return leftover;
    }
    let directory = parent.sub(name, Mounts::Stay).ok()?;
    let is_emptied = directory.entries().ok()?.iter().all(|(entry, _)| entry == INSIDE);
    if is_emptied {
        let leftovers = sweep_inside(&directory, &target);
        // Fails if another process uses it.
        let _ = parent.remove_dir(name);
        return leftovers.into_iter().next();
    }
    None
}

/// The reason not to delete a directory that a killed process moved aside.
fn refused(stage: &Handle, name: &str, path: &Path) -> Option<Leftover> {
    let path = path.join(name);
    let directory = match stage.sub(Path::new(name), Mounts::Stay) {
        Ok(directory) => directory,
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => return Some(Error::io("examine", path)(error).into()),
    };
    let refusal = match refusal_of_found(&directory, &path) {
        Ok(refusal) => refusal?.to_string(),
        Err(error) => error.to_string(),
    };
    Some(Leftover { path, reason: refusal, is_denied: false })
}
