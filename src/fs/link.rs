//! The same file twice, as cheaply as the file systems allow.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};

use serde::{Deserialize, Serialize};

use super::sys;
use super::sys::{Handle, Opened};
use crate::support::container::is_container;
use crate::support::executable::has_execute_bit;
use crate::support::host::Host;
#[cfg(unix)]
use crate::support::users;

/// How an environment shares a file of the cache. What a file system cannot do falls back to the
/// next mode in this order; symbolic links fall back to copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkMode {
    /// A file of its own, whose blocks are shared until one is written to (btrfs, XFS, APFS).
    Clone,
    /// A second name of the same file: writing to one writes to both.
    Hardlink,
    /// A file of its own.
    Copy,
    /// A link to the file, which breaks when the cache is cleaned: only when asked for.
    Symlink,
}

/// Links files from one directory tree into another, and remembers what did not work between the
/// two. One linker is for one pair of file systems; threads may share it.
///
/// There is no batch over several threads: 800 hard links take 2 ms on ext4, and two threads on two
/// cores made them no faster, as did they for copies.
#[derive(Debug)]
pub struct Linker {
    mode: AtomicU8,
    hard_links: bool,
}

impl Linker {
    /// Starts with `mode`.
    pub const fn new(mode: LinkMode) -> Self {
        Self { mode: AtomicU8::new(mode as u8), hard_links: true }
    }

    /// The linker for files of the cache in an environment at `location`: with the mode that was
    /// `asked` for, else with the cheapest one that is safe.
    ///
    /// A hard link is the same file as the cache's. `chown -R` of an environment, which is usual after
    /// root or another user has created it, would give that away. So root, and anybody in another
    /// user's directory, gets clones or copies; in a container there is one user.
    pub fn of_cache(asked: Option<LinkMode>, location: &Path, host: &Host) -> Self {
        let hard_links = asked.is_some() || !may_change_owner(location) || is_container(host);
        Self { hard_links, ..Self::new(asked.unwrap_or(LinkMode::Clone)) }
    }

    /// The mode in use: another than at the start when that one did not work.
    pub fn mode(&self) -> LinkMode {
        match self.mode.load(Ordering::Relaxed) {
            mode if mode == LinkMode::Clone as u8 => LinkMode::Clone,
            mode if mode == LinkMode::Hardlink as u8 => LinkMode::Hardlink,
            mode if mode == LinkMode::Symlink as u8 => LinkMode::Symlink,
            _ => LinkMode::Copy,
        }
    }

    /// Makes `name` in `to` the same as the file `from`.
    pub(crate) fn link(&self, from: &Path, to: &Handle, name: &Path) -> io::Result<()> {
        loop {
            let mode = self.mode();
            let done = match mode {
                LinkMode::Clone => clone(from, to, name),
                LinkMode::Hardlink => to.hard_link(from, name),
                LinkMode::Symlink => to.make_link(from, name),
                LinkMode::Copy => return copy(from, to, name),
            };
            let Err(error) = done else { return Ok(()) };
            match error.kind() {
                // Another mode would fail in the same way, or worse.
                ErrorKind::AlreadyExists | ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                    return Err(error);
                }
                _ if sys::is_unable(&error) => self.fall_back(mode),
                // A matter of this one file: too many links to it, not ours, not there. A copy
                // works, or says what is wrong.
                _ => return copy(from, to, name),
            }
        }
    }

    fn fall_back(&self, from: LinkMode) {
        let is_next = from == LinkMode::Clone && self.hard_links;
        let next = if is_next { LinkMode::Hardlink } else { LinkMode::Copy };
        // Where another thread was quicker, its word stands.
        let _ = self.mode.compare_exchange(
            from as u8,
            next as u8,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
    }
}

/// Whether what is created at `location` is likely to get another owner.
#[cfg(unix)]
fn may_change_owner(location: &Path) -> bool {
    let user = users::effective_uid();
    let parent = location.parent().unwrap_or(location);
    user == 0 || users::owner(parent).is_some_and(|owner| owner != user)
}

/// Elsewhere files keep their owner.
#[cfg(not(unix))]
fn may_change_owner(_location: &Path) -> bool {
    false
}

fn clone(from: &Path, to: &Handle, name: &Path) -> io::Result<()> {
    to.clone_file(|| open(from), name)
}

/// Copies a regular file, links to it being followed; executable stays executable.
pub(crate) fn copy(from: &Path, to: &Handle, name: &Path) -> io::Result<()> {
    let (mut source, executable) = open(from)?;
    let mut target = to.make_file(name, executable)?;
    // On Linux this is `copy_file_range`, which clones where the file system can.
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
