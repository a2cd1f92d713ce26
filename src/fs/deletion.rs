//! What may be deleted at all.

use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::sys;
use super::sys::{Handle, Kind, Mounts};
use crate::fs::{Error, Result};
use crate::support::host::Host;
use crate::support::identity::FileId;
use crate::support::limits;
use crate::support::users;

/// What a directory with somebody's work in it holds: version control,
const REPOSITORY: [&str; 5] = [".git", ".hg", ".svn", ".jj", ".bzr"];
/// and the manifests of projects. No tool puts one of them at the root of an environment.
const MANIFEST: [&str; 5] = ["pyproject.toml", "setup.py", "Cargo.toml", "package.json", "go.mod"];

/// Why a directory is not deleted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Deleting it would delete a link, or what somebody meant to keep elsewhere.
    #[error("it is a link")]
    Link,
    /// A file of the user's.
    #[error("it is not a directory")]
    NotADirectory,
    /// The root of the file system.
    #[error("it is the root directory")]
    Root,
    /// Another file system is mounted there.
    #[error("it is a mount point")]
    MountPoint,
    /// A user's home, or a directory above it.
    #[error("the home directory `{}` is in it", .0.display())]
    Home(PathBuf),
    /// The current directory, or a directory above it.
    #[error("the current directory is in it")]
    CurrentDirectory,
    /// It holds files that rvenv works with.
    #[error("rvenv's own `{}` is in it", .0.display())]
    OwnFiles(PathBuf),
    /// A repository: the name of what tells.
    #[error("it is a repository (it has a `{0}`)")]
    Repository(&'static str),
    /// A project: the name of its manifest.
    #[error("it is a project (it has a `{0}`)")]
    Project(&'static str),
    /// Nothing says that it was made as an environment. This one alone `force` overrules.
    #[error("it is not a virtual environment (it has no `pyvenv.cfg` with a `home` in it)")]
    NotAnEnvironment,
}

/// The rules of deletion: who asks, which directories are protected, and whether `--force` was given.
#[derive(Clone, Debug)]
pub struct Guard {
    kept: Vec<(Refusal, PathBuf)>,
    own_home: Option<PathBuf>,
    force: bool,
}

/// A directory that was judged and may be deleted: which one it is, not just its name.
#[derive(Debug)]
pub struct DeletionTarget {
    path: PathBuf,
    id: FileId,
    force: bool,
}

impl Guard {
    /// Protects the current directory and the homes of all users.
    pub fn new(host: &Host) -> Self {
        let own = host.home().map(Path::to_owned);
        let homes = own.clone().into_iter().chain(users::homes());
        let homes = homes.map(|home| (Refusal::Home(home.clone()), home));
        let cwd = (Refusal::CurrentDirectory, host.cwd().to_owned());
        Self { kept: homes.chain([cwd]).collect(), own_home: own, force: false }
    }

    /// Guards a file or directory of rvenv's own too: its cache, its executable.
    #[must_use]
    pub fn keep(mut self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        self.kept.push((Refusal::OwnFiles(path.clone()), path));
        self
    }

    /// Lets go of directories that are no environments, but of nothing else.
    #[must_use]
    pub fn force(self, force: bool) -> Self {
        Self { force, ..self }
    }

    /// May the directory at `path` be deleted, with all that is in it?
    ///
    /// # Errors
    /// [`Error::Protected`] says why not.
    pub fn judge(&self, path: &Path) -> Result<DeletionTarget> {
        let failed = || Error::io("look at", path);
        // Without a slash at the end, which would follow a link.
        let place: PathBuf = path.components().collect();
        let meta = place.symlink_metadata().map_err(failed())?;
        let verdict = if place.parent().is_none() {
            // The root of a drive or a share may well be a directory of something else.
            Err(Refusal::Root)
        } else if meta.is_symlink() {
            Err(Refusal::Link)
        } else if meta.is_dir() {
            let place = crate::support::path::canonicalize(place).map_err(failed())?;
            self.judge_directory(place).map_err(failed())?
        } else {
            Err(Refusal::NotADirectory)
        };
        verdict.map_err(|refusal| Error::Protected { path: path.to_owned(), refusal })
    }

    fn judge_directory(&self, path: PathBuf) -> io::Result<Result<DeletionTarget, Refusal>> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name().map(Path::new)) else {
            return Ok(Err(Refusal::Root));
        };
        if users::is_foreign_home(&path, self.own_home.as_deref()) {
            return Ok(Err(Refusal::Home(path)));
        }
        let parent = Handle::open(parent)?;
        if sys::is_mount_point(&parent, name)? {
            return Ok(Err(Refusal::MountPoint));
        }
        let mut directory = parent.sub(name, Mounts::Stay)?;
        loop {
            let id = directory.id()?;
            for (refusal, kept) in &self.kept {
                if is_in(kept, &id)? {
                    return Ok(Err(refusal.clone()));
                }
            }
            let refusal = refusal_by_contents(&directory, self.force)?;
            // Another process may have put a new one in its place meanwhile, and deleted this one
            // while we looked.
            directory = parent.sub(name, Mounts::Stay)?;
            if directory.id()? == id {
                return Ok(refusal.map_or(Ok(DeletionTarget { path, id, force: self.force }), Err));
            }
        }
    }
}

impl DeletionTarget {
    /// Where it was: absolute, without links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Is this the directory that was judged, or one that is to be judged alike? (Another process
    /// may have put its environment there meanwhile.)
    pub(super) fn covers(&self, directory: &Handle) -> io::Result<bool> {
        Ok(directory.id()? == self.id || refusal_by_contents(directory, self.force)?.is_none())
    }
}

/// Is `path`, which need not exist yet, the directory `id` or somewhere in it?
fn is_in(path: &Path, id: &FileId) -> io::Result<bool> {
    for ancestor in path.ancestors().filter(|ancestor| !ancestor.as_os_str().is_empty()) {
        match crate::support::path::canonicalize(ancestor) {
            Ok(real) => {
                return Ok(real
                    .ancestors()
                    .any(|ancestor| FileId::of(ancestor).is_ok_and(|found| found == *id)));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

/// What speaks against deleting, by what is in the directory.
fn refusal_by_contents(directory: &Handle, force: bool) -> io::Result<Option<Refusal>> {
    for (names, refusal) in
        [(REPOSITORY, Refusal::Repository as fn(_) -> _), (MANIFEST, Refusal::Project)]
    {
        for name in names {
            match directory.kind(Path::new(name)) {
                Ok(_) => return Ok(Some(refusal(name))),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(if force || is_environment(directory)? { None } else { Some(Refusal::NotAnEnvironment) })
}

fn is_environment(directory: &Handle) -> io::Result<bool> {
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
