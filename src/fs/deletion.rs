//! The rules of deletion.

use std::ffi::OsStr;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::remove::split;
use super::repository;
use super::root_entries;
use super::sys;
use super::sys::{Handle, Kind, Mounts};
use crate::fs::{Error, Result};
use crate::support::host::Host;
use crate::support::identity::FileId;
use crate::support::limits;
use crate::support::users;

/// The entries that version control creates at the root of a repository. Those of CVS are in releases,
/// too.
pub(super) const REPOSITORY: [&str; 9] =
    [".git", ".hg", ".svn", ".jj", ".bzr", ".pijul", "_darcs", ".fslckout", "_FOSSIL_"];
/// The entries of a git repository without a working tree (gitrepository-layout(5)).
const BARE_REPOSITORY: [&str; 3] = ["HEAD", "objects", "refs"];
/// The manifests of projects. No tool creates one of them at the root of an environment.
const MANIFEST: [&str; 5] = ["pyproject.toml", "setup.py", "Cargo.toml", "package.json", "go.mod"];
/// The number of the user's entries that a message names.
const NAMED: usize = 5;

/// The reason not to delete a directory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A link, whose target may belong to another project. The real path, if it exists.
    #[error("it is a link{}", to(.0.as_deref()))]
    Link(Option<PathBuf>),
    /// A file.
    #[error("it is not a directory")]
    NotADirectory,
    /// The root of the filesystem.
    #[error("it is the root directory")]
    Root,
    /// A mount point.
    #[error("it is a mount point")]
    MountPoint,
    /// It contains a mount point.
    #[error("`{}` in it is a mount point", .0.display())]
    MountInside(PathBuf),
    /// A user's home, or a directory above it.
    #[error("the home directory `{}` is in it", .0.display())]
    Home(PathBuf),
    /// The current directory, or a directory above it.
    #[error("the current directory is in it")]
    CurrentDirectory,
    /// It contains a file or directory of rvenv, for example the cache.
    #[error("rvenv's own `{}` is in it", .0.display())]
    OwnFiles(PathBuf),
    /// The program that runs is installed in it.
    #[error("the running `{}` is in it", .0.display())]
    OwnProgram(PathBuf),
    /// A repository: the name of the entry that identifies it.
    #[error("it is a repository (it has a `{0}`)")]
    Repository(&'static str),
    /// It contains a repository with content that no other repository has: the relative path.
    /// `with_user_files` permits it.
    #[error("`{}` in it is a repository", .0.display())]
    InnerRepository(PathBuf),
    /// A project: the name of its manifest.
    #[error("it is a project (it has a `{0}`)")]
    Project(&'static str),
    /// Entries at the environment's root that no tool creates. `with_user_files` permits it.
    #[error("it contains files that no environment tool creates: {}", listed(.0))]
    UserEntries(Vec<String>),
    /// No evidence that it was created as an environment. `force` overrides only this refusal.
    #[error("it is not a virtual environment (it has no `pyvenv.cfg` with the key `home`)")]
    NotAnEnvironment,
}

/// The permissions that the user gave with `--force` and `--with-user-files`.
#[derive(Clone, Copy, Debug, Default)]
struct Allowed {
    force: bool,
    user_files: bool,
}

/// The protected directories and the user's permissions.
#[derive(Clone, Debug)]
pub struct Guard {
    kept: Vec<(Refusal, PathBuf)>,
    own_home: Option<PathBuf>,
    allowed: Allowed,
}

/// A directory that was checked and may be deleted, by its identity and not only its name.
#[derive(Debug)]
pub struct DeletionTarget {
    path: PathBuf,
    id: FileId,
    allowed: Allowed,
    is_mount_point: bool,
}

impl Guard {
    /// Protects the current directory and the homes of all users.
    pub fn new(host: &Host) -> Self {
        let own = host.home().map(Path::to_owned);
        let homes = own.clone().into_iter().chain(users::homes());
        let homes = homes.map(|home| (Refusal::Home(home.clone()), home));
        let cwd = (Refusal::CurrentDirectory, host.cwd().to_owned());
        Self { kept: homes.chain([cwd]).collect(), own_home: own, allowed: Allowed::default() }
    }

    /// Also protects a file or directory of rvenv, for example the cache.
    #[must_use]
    pub fn keep(mut self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        self.kept.push((Refusal::OwnFiles(path.clone()), path));
        self
    }

    /// Also protects the environment that contains the running `program`.
    #[must_use]
    pub fn keep_program(mut self, program: PathBuf) -> Self {
        self.kept.push((Refusal::OwnProgram(program.clone()), program));
        self
    }

    /// Also allows directories that are not environments. All other rules still apply.
    #[must_use]
    pub fn force(mut self, force: bool) -> Self {
        self.allowed.force = force;
        self
    }

    /// Also allows environments that contain user files. All other rules still apply.
    #[must_use]
    pub fn with_user_files(mut self, user_files: bool) -> Self {
        self.allowed.user_files = user_files;
        self
    }

    /// Checks whether the directory at `path` may be deleted with its content.
    ///
    /// # Errors
    /// [`Error::Protected`] with the reason.
    pub fn check_deletable(&self, path: &Path) -> Result<DeletionTarget> {
        let target = self.check_replaceable(path)?;
        if target.is_mount_point {
            return Err(Error::Protected { path: path.to_owned(), refusal: Refusal::MountPoint });
        }
        Ok(target)
    }

    /// Checks whether the directory at `path` may be replaced. As [`Self::check_deletable`], except that a
    /// mount point with an environment is permitted: its content is replaced.
    ///
    /// # Errors
    /// [`Error::Protected`] with the reason.
    pub fn check_replaceable(&self, path: &Path) -> Result<DeletionTarget> {
        let failed = || Error::io("examine", path);
        // A trailing slash would follow a link.
        let place: PathBuf = path.components().collect();
        let meta = place.symlink_metadata().map_err(failed())?;
        let checked = if place.parent().is_none() {
            // The root of a drive or a share can be a mounted directory.
            Err(Refusal::Root)
        } else if meta.is_symlink() {
            Err(Refusal::Link(crate::support::path::canonicalize(place).ok()))
        } else if meta.is_dir() {
            let place = crate::support::path::canonicalize(place).map_err(failed())?;
            self.check_directory(place).map_err(failed())?
        } else {
            Err(Refusal::NotADirectory)
        };
        checked.map_err(|refusal| Error::Protected { path: path.to_owned(), refusal })
    }

    fn check_directory(&self, path: PathBuf) -> io::Result<Result<DeletionTarget, Refusal>> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name().map(Path::new)) else {
            return Ok(Err(Refusal::Root));
        };
        if users::is_foreign_home(&path, self.own_home.as_deref()) {
            return Ok(Err(Refusal::Home(path)));
        }
        let parent = Handle::open(parent)?;
        let is_mount_point = sys::is_mount_point(&parent, name)?;
        let open = || {
            let mounts = if is_mount_point { Mounts::Cross } else { Mounts::Stay };
            parent.sub(name, mounts)
        };
        let mut directory = open()?;
        loop {
            let id = directory.id()?;
            if let Some(refusal) = self.refusal_by_place(&id) {
                return Ok(Err(refusal));
            }
            let refusal = if is_mount_point && !is_environment(&directory)? {
                Some(Refusal::MountPoint)
            } else {
                refusal_by_contents(&directory, &path, self.allowed)?
            };
            // Another process may have replaced it and deleted this one during the check.
            directory = open()?;
            if directory.id()? == id {
                let allowed = self.allowed;
                let target = DeletionTarget { path, id, allowed, is_mount_point };
                return Ok(refusal.map_or(Ok(target), Err));
            }
        }
    }

    fn refusal_by_place(&self, id: &FileId) -> Option<Refusal> {
        let kept = self.kept.iter().find(|(_, kept)| is_in(kept, id));
        kept.map(|(refusal, _)| refusal.clone())
    }
}

impl DeletionTarget {
    /// Its path, absolute and without links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is a mount point, so that only its content can be replaced.
    pub fn is_mount_point(&self) -> bool {
        self.is_mount_point
    }

    /// Whether this directory may be deleted, too: it is the checked one, whose content may have changed
    /// since, or one that another process created there and that passes the same check.
    pub(super) fn covers(&self, directory: &Handle) -> io::Result<bool> {
        let refusal = refusal_by_contents(directory, &self.path, self.allowed)?;
        Ok(refusal.is_none_or(|refusal| {
            // The checked directory may have lost its `pyvenv.cfg` since.
            refusal == Refusal::NotAnEnvironment && directory.id().is_ok_and(|id| id == self.id)
        }))
    }
}

/// Whether another file system is mounted at `path`, so that nothing can be renamed onto it.
pub(crate) fn is_mount_point(path: &Path) -> bool {
    let Ok((at, name)) = split(path) else { return true };
    Handle::open(at)
        .and_then(|parent| sys::is_mount_point(&parent, Path::new(name)))
        .unwrap_or(false)
}

/// Whether `path`, which need not exist, is the directory `id` or inside it. If a parent of `path` cannot
/// be searched, the nearest one that can decides.
fn is_in(path: &Path, id: &FileId) -> bool {
    let real = path.ancestors().find_map(|path| crate::support::path::canonicalize(path).ok());
    real.is_some_and(|real| {
        real.ancestors().any(|ancestor| FileId::of(ancestor).is_ok_and(|found| found == *id))
    })
}

/// The reason not to delete a directory that was moved aside: it may contain the user's files.
pub(super) fn refusal_of_found(directory: &Handle, path: &Path) -> io::Result<Option<Refusal>> {
    refusal_by_contents(directory, path, Allowed::default())
}

/// The reason not to complete an interrupted deletion: the rest may be the user's files.
pub(super) fn refusal_of_unfinished(directory: &Handle, path: &Path) -> Option<String> {
    let allowed = Allowed { force: true, user_files: false };
    match refusal_by_contents(directory, path, allowed) {
        Err(error) => return Some(error.to_string()),
        Ok(Some(refusal)) => return Some(refusal.to_string()),
        Ok(None) => {}
    }
    let entries = root_entries::of_user(directory).unwrap_or_default();
    (!entries.is_empty()).then(|| Refusal::UserEntries(entries).to_string())
}

/// The reason in its content not to delete a directory.
fn refusal_by_contents(
    directory: &Handle,
    path: &Path,
    allowed: Allowed,
) -> io::Result<Option<Refusal>> {
    for (names, refusal) in
        [(&REPOSITORY[..], Refusal::Repository as fn(_) -> _), (&MANIFEST, Refusal::Project)]
    {
        for &name in names {
            match directory.kind(Path::new(name)) {
                Ok(_) => return Ok(Some(refusal(name))),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    let is_environment = is_environment(directory)?;
    if !is_environment && !allowed.force {
        return Ok(Some(Refusal::NotAnEnvironment));
    }
    if is_environment && !allowed.user_files {
        let entries = root_entries::of_user(directory)?;
        if !entries.is_empty() {
            return Ok(Some(Refusal::UserEntries(entries)));
        }
    }
    if let Some(mount) = sys::mount_points().into_iter().find(|mount| is_below(mount, path)) {
        return Ok(Some(Refusal::MountInside(mount)));
    }
    Ok(refusal_inside(directory, path, allowed))
}

fn is_below(mount: &Path, path: &Path) -> bool {
    mount != path && mount.starts_with(path)
}

/// Searches the tree for mount points and repositories, by handle. An unreadable directory cannot be
/// deleted either, so the deletion reports it.
fn refusal_inside(top: &Handle, path: &Path, allowed: Allowed) -> Option<Refusal> {
    // It may have been moved since.
    let place = top.path().unwrap_or_else(|| path.to_owned());
    let mut below = vec![PathBuf::new()];
    while let Some(relative) = below.pop() {
        let is_top = relative.as_os_str().is_empty();
        let opened = if is_top { Ok(None) } else { top.sub(&relative, Mounts::Stay).map(Some) };
        let directory = match &opened {
            Ok(Some(directory)) => directory,
            Ok(None) => top,
            Err(error) if error.kind() == ErrorKind::CrossesDevices => {
                return Some(Refusal::MountInside(path.join(relative)));
            }
            Err(_) => continue,
        };
        let entries = directory.entries().unwrap_or_default();
        let has = |known: &&str| entries.iter().any(|(name, _)| name == *known);
        if !is_top && !allowed.user_files && BARE_REPOSITORY.iter().all(has) {
            return Some(Refusal::InnerRepository(relative));
        }
        for (name, kind) in entries {
            if !is_top && !allowed.user_files && REPOSITORY.iter().any(|known| name == *known) {
                if name == OsStr::new(".git")
                    && repository::is_clone(&place.join(&relative), &place)
                {
                    continue;
                }
                return Some(Refusal::InnerRepository(relative));
            }
            let kind = kind.or_else(|| directory.kind(Path::new(&name)).ok());
            if kind == Some(Kind::Directory) && name != OsStr::new("__pycache__") {
                below.push(relative.join(name));
            }
        }
    }
    None
}

/// Whether a directory is provably an environment: it has a `pyvenv.cfg` with a `home` (PEP 405).
pub(super) fn is_environment(directory: &Handle) -> io::Result<bool> {
    let name = Path::new("pyvenv.cfg");
    let open = || match directory.kind(name)? {
        Kind::Other => directory.open_file(name, false).map(Some),
        Kind::Directory | Kind::Link => Ok(None),
    };
    let file = match open() {
        Ok(Some(file)) => file,
        Ok(None) => return Ok(false),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    if !file.metadata()?.is_file() {
        return Ok(false);
    }
    let mut text = Vec::new();
    file.take(limits::PYVENV_CFG).read_to_end(&mut text)?;
    let is_home = |line: &[u8]| {
        let key = line.split(|byte| *byte == b'=').next().unwrap_or_default();
        key.len() < line.len() && key.trim_ascii().eq_ignore_ascii_case(b"home")
    };
    Ok(text.split(|byte| *byte == b'\n').any(is_home))
}

fn to(target: Option<&Path>) -> String {
    target.map(|target| format!(" to `{}`", target.display())).unwrap_or_default()
}

fn listed(entries: &[String]) -> String {
    let names: Vec<_> = entries.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    let more = entries.len().saturating_sub(NAMED);
    let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
    names.join(", ") + &rest
}
