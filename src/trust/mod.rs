//! Which environments may be activated without being asked for: on a change of directory.
//!
//! What comes with a cloned repository or an unpacked archive can hold a `.venv/bin/ls`. So only
//! what the user made with rvenv, or allowed by name, gets onto PATH. The list is kept outside of
//! the projects, one small file for each environment, named by the hash of its canonical path.
//! A record holds that path and the identity of the environment: another one at the same place is
//! another environment. Further records hold which links and `.venv` files lead to which environment,
//! and which projects may be used although others can write to them.

mod error;
mod git;
mod identity;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use crate::fs;
use crate::support::dirs;
use crate::support::hex::hex;
use crate::support::host::{Host, Platform};
use crate::support::limits;
use crate::support::ownership::User;
use crate::support::private_dir::{self, PrivacyProblem};
pub use error::{Error, Result};
use identity::{identity, old_identity, private_identity};

const DENIED: &str = "denied";

/// The list of environments that the user allowed or denied.
#[derive(Clone, Debug)]
pub struct Trust {
    /// The directory of the list; `None` if the user's directories are unknown.
    dir: Option<PathBuf>,
    /// The reason why others could change the list. Determined when a record is first needed.
    problem: OnceLock<Option<PrivacyProblem>>,
    user: User,
}

/// The status of an environment in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The user made it with rvenv, or allowed it.
    Allowed,
    /// The user denied what is at this place, whatever it is.
    Denied,
    /// It is not in the list.
    Unknown,
    /// It is in the list, and it, its directory of programs or its `pyvenv.cfg` is another one since.
    Changed,
    /// Git tracks a file of it, so that a pull can change it.
    Tracked,
    /// A link or a `.venv` file leads to it that was not allowed together with it.
    ThroughLink,
}

/// An environment that was allowed before rvenv changed it.
#[derive(Clone, Debug)]
pub struct Allowed {
    path: PathBuf,
    directories: String,
}

impl Trust {
    /// The list of this host's user: `rvenv/allowed` in `XDG_STATE_HOME` or `~/.local/state`, in
    /// `~/Library/Application Support`, or `rvenv-state\allowed` in `%LOCALAPPDATA%`, whose `rvenv`
    /// is the cache.
    ///
    /// One that belongs to another user, or that others can write to, counts as no list at all.
    pub fn of(host: &Host) -> Self {
        // On Windows this is the directory of the cache, too.
        let own = if host.platform() == Platform::Windows { "rvenv-state" } else { "rvenv" };
        let dir = dirs::state(host).map(|state| state.join(own).join("allowed"));
        Self { dir, problem: OnceLock::new(), user: User::of(host) }
    }

    /// The list's entry for the environment at `root`, with links followed.
    pub fn verdict(&self, root: &Path) -> Verdict {
        self.judge(root).unwrap_or(Verdict::Unknown)
    }

    fn judge(&self, root: &Path) -> Option<Verdict> {
        let path = crate::support::path::canonicalize(root).ok()?;
        let record = self.read(&self.file(&path)?)?;
        if record == denial(&path) {
            return Some(Verdict::Denied);
        }
        let Ok(identity) = identity(&path) else { return Some(Verdict::Changed) };
        let is_old = old_identity(&path).is_ok_and(|old| record == allowance(&old, "", &path));
        let repositories = git::repositories(&path);
        let current = allowance(&identity, &git::versions(&repositories), &path);
        if record == current {
            return Some(Verdict::Allowed);
        }
        // The index may be another one since, and nothing else.
        if !(is_allowance_of(&record, &identity, &path) || is_old && self.is_private(&path)) {
            return Some(Verdict::Changed);
        }
        if repositories.iter().any(|repository| repository.tracks(&path)) {
            return Some(Verdict::Tracked);
        }
        // If it cannot be written, the next call reads the index again.
        let _ = self.write(&path, &current);
        Some(Verdict::Allowed)
    }

    /// The list's entry for the environment at `root`, to which the link or file `place` points.
    pub fn verdict_through(&self, place: &Path, root: &Path) -> Verdict {
        let verdict = self.verdict(root);
        let is_recorded = || {
            let (Some(file), Ok(root)) = (self.link_file(place), canonical(root)) else {
                return false;
            };
            self.read(&file).is_some_and(|record| record == link_record(place, &root))
        };
        if verdict == Verdict::Allowed && !is_recorded() { Verdict::ThroughLink } else { verdict }
    }

    /// Allows to reach the environment at `root` through the link or file `place`.
    ///
    /// # Errors
    /// When the list cannot be kept.
    pub fn allow_link(&self, place: &Path, root: &Path) -> Result<()> {
        let root = canonical(root)?;
        let file = self.link_file(place).ok_or(Error::NoTrustList)?;
        self.write_file(&file, &link_record(place, &root))
    }

    /// Permits the use of the files of the project at `dir`, which others own or can write to.
    ///
    /// # Errors
    /// When the directory does not exist, and when the list cannot be written.
    pub fn allow_project(&self, dir: &Path) -> Result<()> {
        let dir = canonical(dir)?;
        let record = project_record(&dir).map_err(fs::Error::io("examine", &dir))?;
        let file = self.project_file(&dir).ok_or(Error::NoTrustList)?;
        self.write_file(&file, &record)
    }

    /// Takes back what [`Trust::allow_project`] permitted.
    pub fn forget_project(&self, dir: &Path) {
        let file = canonical(dir).ok().and_then(|dir| self.project_file(&dir));
        // It need not be there.
        let _ = file.filter(|_| self.list().is_ok()).map(std::fs::remove_file);
    }

    /// Whether `dir` is, or is below, a project that [`Trust::allow_project`] permitted.
    pub fn permits_project(&self, dir: &Path) -> bool {
        let Ok(dir) = canonical(dir) else { return false };
        dir.ancestors().any(|dir| {
            let record = self.project_file(dir).and_then(|file| self.read(&file));
            record.is_some_and(|record| project_record(dir).is_ok_and(|now| now == record))
        })
    }

    fn is_private(&self, path: &Path) -> bool {
        identity::is_private(path, self.user)
    }

    /// Whether there is an environment at `root`, and it is allowed.
    pub fn allows(&self, root: &Path) -> bool {
        // A new environment's place costs one system call.
        root.symlink_metadata().is_ok() && self.verdict(root) == Verdict::Allowed
    }

    /// Allows the environment at `root`, as it is now.
    ///
    /// # Errors
    /// When there is none, and when the list cannot be kept.
    pub fn allow(&self, root: &Path) -> Result<()> {
        let path = canonical(root)?;
        let identity =
            identity(&path).map_err(fs::Error::io("examine", path.join("pyvenv.cfg")))?;
        self.write(&path, &allowance(&identity, "", &path))
    }

    /// Allows what rvenv just made at `location`, unless the user denied that place, or others can
    /// write there: they could have put another environment in its place meanwhile. Nothing depends on
    /// it, so it fails in silence.
    ///
    /// Cheap, as it is done for every new environment: `location` is no link itself, and is not
    /// resolved when its parent is `cwd`. Windows' current directory can be a link, in another case or
    /// a short name.
    pub fn allow_made(&self, location: &Path, cwd: &Path) {
        let canonical;
        let path = if cfg!(unix) && location.parent() == Some(cwd) {
            location
        } else if let Ok(path) = crate::support::path::canonicalize(location) {
            canonical = path;
            &canonical
        } else {
            return;
        };
        let (Some(file), Some(identity)) = (self.file(path), private_identity(path, self.user))
        else {
            return;
        };
        if !self.dir.as_ref().is_some_and(|dir| private_dir::is_own(dir)) {
            return;
        }
        let record = allowance(&identity, "", path);
        let open = |fresh| {
            std::fs::File::options().write(true).create_new(fresh).truncate(!fresh).open(&file)
        };
        let is_denied =
            || fs::read_bounded(&file, limits::TRUST_RECORD).is_ok_and(|it| it == denial(path));
        let make_list = || file.parent().is_some_and(|dir| make_private(dir).is_ok());
        let opened = open(true).or_else(|error| match error.kind() {
            io::ErrorKind::AlreadyExists if !is_denied() => open(false),
            io::ErrorKind::NotFound if make_list() => open(true),
            _ => Err(error),
        });
        // A record that a crash cut short equals none, so it does no harm.
        let _ = opened.and_then(|mut file| file.write_all(&record));
    }

    /// The environment at `root`, if it is allowed: for [`Self::allow_again`].
    pub fn allowed(&self, root: &Path) -> Option<Allowed> {
        if !self.allows(root) {
            return None;
        }
        let path = canonical(root).ok()?;
        Some(Allowed { directories: identity::of_directories(&path).ok()?, path })
    }

    /// Allows an environment again after rvenv changed it in place, unless its directories are other ones
    /// now that somebody else could have put there meanwhile.
    ///
    /// # Errors
    /// When the list cannot be kept.
    pub fn allow_again(&self, allowed: &Allowed) -> Result<()> {
        let now = identity::of_directories(&allowed.path);
        let is_same = now.is_ok_and(|now| now == allowed.directories);
        if is_same || self.is_private(&allowed.path) { self.allow(&allowed.path) } else { Ok(()) }
    }

    /// Denies whatever is at `root`: it is neither activated nor named any more.
    ///
    /// # Errors
    /// When nothing is there, and when the list cannot be kept.
    pub fn deny(&self, root: &Path) -> Result<()> {
        let path = canonical(root)?;
        self.write(&path, &denial(&path))
    }

    /// Forgets every environment that is not there any more, and removes what was being written when
    /// its process was killed.
    pub fn sweep(&self) {
        let Ok(dir) = self.list() else { return };
        fs::sweep_files(dir);
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
        for file in entries.map(|entry| entry.path()) {
            let Some(record) = self.read(&file) else { continue };
            if path_of(&record).is_none_or(|path| !path.exists()) {
                // Another process may have been faster.
                let _ = std::fs::remove_file(file);
            }
        }
    }

    /// The directory of the list, which need not exist yet.
    fn list(&self) -> Result<&Path> {
        let dir = self.dir.as_deref().ok_or(Error::NoTrustList)?;
        let problem = self.problem.get_or_init(|| private_dir::check(dir).err());
        problem.clone().map_or(Ok(dir), |problem| Err(Error::TrustListNotPrivate(problem)))
    }

    fn read(&self, file: &Path) -> Option<Vec<u8>> {
        let record = fs::read_bounded(file, limits::TRUST_RECORD).ok()?;
        self.list().is_ok().then_some(record)
    }

    fn file(&self, path: &Path) -> Option<PathBuf> {
        Some(self.dir.as_ref()?.join(hash(path.as_os_str().as_encoded_bytes(), 16)))
    }

    fn project_file(&self, dir: &Path) -> Option<PathBuf> {
        let name = [b"project\0", dir.as_os_str().as_encoded_bytes()].concat();
        Some(self.dir.as_ref()?.join(hash(&name, 16)))
    }

    fn link_file(&self, place: &Path) -> Option<PathBuf> {
        let name = [b"link\0", place.as_os_str().as_encoded_bytes()].concat();
        Some(self.dir.as_ref()?.join(hash(&name, 16)))
    }

    fn write(&self, path: &Path, record: &[u8]) -> Result<()> {
        let file = self.file(path).ok_or(Error::NoTrustList)?;
        self.write_file(&file, record)
    }

    fn write_file(&self, file: &Path, record: &[u8]) -> Result<()> {
        let dir = self.list()?;
        if !dir.is_dir() {
            make_private(dir)?;
        }
        Ok(fs::write_whole(file, record, false)?)
    }
}

/// Names an environment as it is now, in 16 characters: another one in its place has another name.
pub fn fingerprint(root: &Path) -> String {
    let path = crate::support::path::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    let record = identity(&path).map(|identity| allowance(&identity, "", &path));
    hash(&record.unwrap_or_else(|_| denial(&path)), 8)
}

fn canonical(root: &Path) -> Result<PathBuf> {
    crate::support::path::canonicalize(root)
        .map_err(fs::Error::io("find", root))
        .map_err(Into::into)
}

/// A record that allows the environment of this identity at `path`; `index` is the version of the git
/// index that was read.
fn allowance(identity: &str, index: &str, path: &Path) -> Vec<u8> {
    let separator = if index.is_empty() { "" } else { "; git " };
    record(&format!("allowed {identity}{separator}{index}"), path)
}

/// Whether a record allows the environment of this identity at `path`, whatever index was read.
fn is_allowance_of(record: &[u8], identity: &str, path: &Path) -> bool {
    let start = format!("allowed {identity}");
    let rest = record.strip_prefix(start.as_bytes());
    path_of(record).as_deref() == Some(path)
        && rest.is_some_and(|rest| rest.starts_with(b"\n") || rest.starts_with(b"; git "))
}

/// A record that permits the use of the files of the project at `dir`: this directory and no other one
/// that is put in its place.
fn project_record(dir: &Path) -> io::Result<Vec<u8>> {
    let identity = identity::of_directory(dir)?;
    Ok(record(&format!("project {identity}"), dir))
}

/// The record of the environment that a link or file refers to. Paths contain no NUL.
fn link_record(place: &Path, root: &Path) -> Vec<u8> {
    let place = place.as_os_str().as_encoded_bytes();
    [b"link ", root.as_os_str().as_encoded_bytes(), b"\0\n", place].concat()
}

fn denial(path: &Path) -> Vec<u8> {
    record(DENIED, path)
}

/// A line, and the path, which can hold anything.
fn record(line: &str, path: &Path) -> Vec<u8> {
    [line.as_bytes(), b"\n", path.as_os_str().as_encoded_bytes()].concat()
}

fn path_of(record: &[u8]) -> Option<PathBuf> {
    let link_end = || record.windows(2).position(|two| two == b"\0\n").map(|at| at + 1);
    let end = if record.starts_with(b"link ") {
        link_end()?
    } else {
        record.iter().position(|&byte| byte == b'\n')?
    };
    Some(crate::support::path::from_bytes(&record[end + 1..]))
}

/// The first `length` bytes of the hash of `bytes`.
fn hash(bytes: &[u8], length: usize) -> String {
    hex(&Sha256::digest(bytes)[..length])
}

/// Makes a directory that only its owner can look into, and its parents, where nobody else can replace
/// them.
fn make_private(dir: &Path) -> Result<()> {
    private_dir::check(dir).map_err(Error::TrustListNotPrivate)?;
    private_dir::create_private_dir(dir).map_err(fs::Error::io("create", dir)).map_err(Into::into)
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
