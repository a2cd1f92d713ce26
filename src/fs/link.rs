//! Sharing of files between the cache and environments.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};

use serde::{Deserialize, Serialize};

use super::sys;
use super::sys::{Handle, Opened};
use crate::support::container::is_container;
use crate::support::executable::has_execute_bit;
use crate::support::host::Host;
#[cfg(unix)]
use crate::support::users;

/// The method by which an environment shares a file of the cache. If the filesystem does not support it,
/// the next one in this order is used; symbolic links fall back to copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkMode {
    /// A separate file that shares its blocks until one of both is written (btrfs, XFS, APFS).
    Clone,
    /// A second name of the same file: a write to one changes both.
    Hardlink,
    /// A separate file.
    Copy,
    /// A symbolic link, which breaks when the cache is cleaned; used only on request.
    Symlink,
}

/// Shares files between two directory trees, and remembers the modes that failed between their
/// filesystems. Threads may share a linker.
///
/// It uses one thread: 800 hard links take 2 ms on ext4, and a second thread on a second core did not
/// reduce that, neither for links nor for copies.
#[derive(Debug)]
pub struct Linker {
    mode: AtomicU8,
    hard_links: bool,
    copies: bool,
    keeps_times: bool,
}

impl Linker {
    /// Starts with `mode`.
    pub const fn new(mode: LinkMode) -> Self {
        Self { mode: AtomicU8::new(mode as u8), hard_links: true, copies: true, keeps_times: false }
    }

    /// The linker for files of the cache in an environment at `location`, with the `asked` mode or the
    /// cheapest safe one.
    ///
    /// A hard link is the cache's own file: a later `chown -R` of the environment would change the owner of
    /// the cached file. So root, and any user in another user's directory, gets clones or copies, except in a
    /// container, which has one user.
    pub fn of_cache(asked: Option<LinkMode>, location: &Path, host: &Host) -> Self {
        let hard_links = asked.is_some() || !may_change_owner(location) || is_container(host);
        Self { hard_links, ..Self::new(asked.unwrap_or(LinkMode::Clone)) }
    }

    /// The linker between an environment at `location` and the package store, in either direction:
    /// as [`Self::of_cache`], but every file keeps its mode and modification time, which bytecode
    /// refers to, and a file is copied only if `copies` permits it or that link mode was asked for.
    /// Symbolic links are never made: an installer that removes a package would leave its files.
    pub fn of_store(asked: Option<LinkMode>, copies: bool, location: &Path, host: &Host) -> Self {
        let copies = copies || asked == Some(LinkMode::Copy);
        let asked =
            asked.map(|mode| if mode == LinkMode::Symlink { LinkMode::Hardlink } else { mode });
        Self { copies, keeps_times: true, ..Self::of_cache(asked, location, host) }
    }

    /// The mode in use, after fallbacks.
    pub fn mode(&self) -> LinkMode {
        match self.mode.load(Ordering::Relaxed) {
            mode if mode == LinkMode::Clone as u8 => LinkMode::Clone,
            mode if mode == LinkMode::Hardlink as u8 => LinkMode::Hardlink,
            mode if mode == LinkMode::Symlink as u8 => LinkMode::Symlink,
            _ => LinkMode::Copy,
        }
    }

    /// Creates `name` in `to` with the content of the file `from`.
    pub(crate) fn link(&self, from: &Path, to: &Handle, name: &Path) -> io::Result<()> {
        loop {
            let mode = self.mode();
            let done = match mode {
                LinkMode::Clone => clone(from, to, name),
                LinkMode::Hardlink => to.hard_link(from, name),
                LinkMode::Symlink => to.make_link(from, name),
                LinkMode::Copy => return self.copy(from, to, name, no_link),
            };
            let Err(error) = done else { return self.complete(mode, from, to, name) };
            match error.kind() {
                // Another mode would fail, too.
                ErrorKind::AlreadyExists | ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                    return Err(error);
                }
                _ if sys::is_unable(&error) => self.fall_back(mode),
                // The cause concerns this file only (too many links, another owner, missing). A copy
                // works or returns the real error.
                _ => return self.copy(from, to, name, || error),
            }
        }
    }

    /// Creates `name` in `to` with the content of `name` in `from`, which has the path `path`.
    pub(crate) fn link_between(
        &self,
        from: &Handle,
        to: &Handle,
        name: &Path,
        path: impl FnOnce() -> PathBuf,
    ) -> io::Result<()> {
        if self.mode() == LinkMode::Hardlink && to.hard_link_of(from, name).is_ok() {
            return Ok(());
        }
        self.link(&path(), to, name)
    }

    /// Copies, where that is permitted; fails with `refusal` where it is not.
    fn copy(
        &self,
        from: &Path,
        to: &Handle,
        name: &Path,
        refusal: impl FnOnce() -> io::Error,
    ) -> io::Result<()> {
        if !self.copies {
            return Err(refusal());
        }
        copy(from, to, name)?;
        self.complete(LinkMode::Copy, from, to, name)
    }

    /// Gives a new file of its own the mode and the modification time of `from`.
    fn complete(&self, mode: LinkMode, from: &Path, to: &Handle, name: &Path) -> io::Result<()> {
        if !self.keeps_times || !matches!(mode, LinkMode::Clone | LinkMode::Copy) {
            return Ok(());
        }
        let meta = from.metadata()?;
        let file = to.open_file(name, true)?;
        let done = meta.modified().and_then(|time| file.set_modified(time));
        done.and_then(|()| file.set_permissions(meta.permissions())).inspect_err(|_| {
            let _ = to.unlink(name);
        })
    }

    fn fall_back(&self, from: LinkMode) {
        let is_next = from == LinkMode::Clone && self.hard_links;
        let next = if is_next { LinkMode::Hardlink } else { LinkMode::Copy };
        // Another thread may have changed the mode already.
        let _ = self.mode.compare_exchange(
            from as u8,
            next as u8,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
    }
}

/// Whether an environment at `location` is likely to get another owner later.
#[cfg(unix)]
fn may_change_owner(location: &Path) -> bool {
    let user = users::effective_uid();
    let parent = location.parent().unwrap_or(location);
    user == 0 || users::owner(parent).is_some_and(|owner| owner != user)
}

/// On other systems files keep their owner.
#[cfg(not(unix))]
fn may_change_owner(_location: &Path) -> bool {
    false
}

fn clone(from: &Path, to: &Handle, name: &Path) -> io::Result<()> {
    to.clone_file(|| open(from), name)
}

/// The failure where only a copy is left, which is not permitted.
fn no_link() -> io::Error {
    let message = "the file systems permit neither hard links nor clones between them";
    io::Error::new(ErrorKind::Unsupported, message)
}

/// Copies a regular file with its executable bit, following links to it.
pub(crate) fn copy(from: &Path, to: &Handle, name: &Path) -> io::Result<()> {
    let (mut source, executable) = open(from)?;
    let mut target = to.make_file(name, executable)?;
    // On Linux this uses copy_file_range(2), which clones if the filesystem supports it.
    match io::copy(&mut source, &mut target) {
        Ok(_) => Ok(()),
        Err(error) => {
            let _ = to.unlink(name);
            Err(error)
        }
    }
}

fn open(from: &Path) -> Opened {
    let file = sys::open_for_reading(from)?;
    let meta = file.metadata()?;
    if meta.is_file() {
        Ok((file, has_execute_bit(&meta)))
    } else {
        Err(ErrorKind::InvalidInput.into())
    }
}
