//! Directory handles for systems where the standard library has none (Windows): paths. Windows does not
//! rename or replace a directory that is in use, so a path is safe there.
#![allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "the same functions as on Unix")]

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::fs::FileFacts;
use crate::support::identity::FileId;

pub(crate) use super::kind::{Kind, Mounts, Opened};

/// A directory.
#[derive(Debug)]
pub(crate) struct Handle(PathBuf);

impl Handle {
    /// Its path.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        Some(self.0.clone())
    }

    /// The directory at `path`, following links.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        if path.metadata()?.is_dir() {
            Ok(Self(path.to_owned()))
        } else {
            Err(io::ErrorKind::NotADirectory.into())
        }
    }

    /// Opens a directory below this one; no part of `relative` may be a link.
    pub(crate) fn sub(&self, relative: &Path, _mounts: Mounts) -> io::Result<Self> {
        let mut path = self.0.clone();
        for part in relative.components() {
            path.push(part);
            if !path.symlink_metadata()?.is_dir() {
                return Err(io::ErrorKind::NotADirectory.into());
            }
        }
        Ok(Self(path))
    }

    /// The same directory, with a handle of its own.
    pub(crate) fn again(&self) -> io::Result<Self> {
        Ok(Self(self.0.clone()))
    }

    /// The identity of the directory.
    pub(crate) fn id(&self) -> io::Result<FileId> {
        FileId::of(&self.0)
    }

    /// Access lists protect a user's directories; this function has no owner to compare.
    pub(crate) fn is_ours(&self) -> io::Result<bool> {
        Ok(true)
    }

    /// Access lists guard a user's directories.
    pub(crate) fn is_closed(&self) -> io::Result<bool> {
        Ok(true)
    }

    /// Access lists guard a user's directories.
    pub(crate) fn is_private(&self, _made: &Self) -> io::Result<bool> {
        Ok(true)
    }

    /// The kind of the entry `name`, without following a link.
    pub(crate) fn kind(&self, name: &Path) -> io::Result<Kind> {
        Ok(Kind::of(self.0.join(name).symlink_metadata()?.file_type()))
    }

    /// The metadata of the entry `name`, without following a link.
    pub(crate) fn facts(&self, name: &Path) -> io::Result<FileFacts> {
        Ok(FileFacts::of(&self.0.join(name).symlink_metadata()?))
    }

    /// Creates a hard link to the file of the same name in the directory `from`.
    pub(crate) fn hard_link_of(&self, from: &Self, name: &Path) -> io::Result<()> {
        std::fs::hard_link(from.0.join(name), self.0.join(name))
    }

    /// Creates a directory.
    pub(crate) fn make_dir(&self, name: &Path, _private: bool) -> io::Result<()> {
        std::fs::create_dir(self.0.join(name))
    }

    /// Creates a symbolic link, of the kind (file or directory) of its target.
    #[cfg(windows)]
    pub(crate) fn make_link(&self, target: &Path, name: &Path) -> io::Result<()> {
        let link = self.0.join(name);
        let beside = link.parent().unwrap_or(&self.0).join(target);
        if beside.is_dir() {
            std::os::windows::fs::symlink_dir(target, &link)?;
        } else {
            std::os::windows::fs::symlink_file(target, &link)?;
        }
        // wine reports success and creates no link.
        link.symlink_metadata().map(drop).map_err(|_| io::ErrorKind::Unsupported.into())
    }

    /// This system has no symbolic links.
    #[cfg(not(windows))]
    pub(crate) fn make_link(&self, _: &Path, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Creates a new file.
    pub(crate) fn make_file(&self, name: &Path, _executable: bool) -> io::Result<File> {
        File::options().read(true).write(true).create_new(true).open(self.0.join(name))
    }

    /// Opens a file for reading.
    pub(crate) fn open_file(&self, name: &Path, writable: bool) -> io::Result<File> {
        File::options().read(true).write(writable).open(self.0.join(name))
    }

    /// Renames an entry and replaces `to_name`, except a directory with content.
    ///
    /// Windows does not replace a file that is running or open, but renames it: it is moved aside, and a
    /// later sweep deletes it.
    pub(crate) fn rename(&self, name: &Path, to: &Self, to_name: &Path) -> io::Result<()> {
        let (from, to) = (self.0.join(name), to.0.join(to_name));
        if from.is_dir() {
            // On Windows a directory does not replace another one, not even an empty one.
            match to.symlink_metadata() {
                Ok(meta) if meta.is_dir() => std::fs::remove_dir(&to)?,
                Ok(_) => return Err(io::ErrorKind::AlreadyExists.into()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        patiently(|| std::fs::rename(&from, &to)).or_else(|error| {
            if !is_in_use(&error) || !to.is_file() {
                return Err(error);
            }
            let aside = from.with_extension("aside");
            std::fs::rename(&to, &aside)?;
            // Put the old one back if the new one cannot be renamed either.
            std::fs::rename(&from, &to).inspect_err(|_| {
                let _ = std::fs::rename(&aside, &to);
            })
        })
    }

    /// Renames an entry to a free name.
    pub(crate) fn rename_new(&self, name: &Path, to: &Self, to_name: &Path) -> io::Result<()> {
        match to.kind(to_name) {
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.rename(name, to, to_name),
            Err(error) => Err(error),
        }
    }

    /// Exchanges two files, so that each name refers to one of them at any time. Windows cannot exchange
    /// directories.
    pub(crate) fn exchange(&self, name: &Path, with: &Self, with_name: &Path) -> io::Result<()> {
        let (ours, theirs) = (self.0.join(name), with.0.join(with_name));
        if !ours.symlink_metadata()?.is_file() || !theirs.symlink_metadata()?.is_file() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let kept = ours.with_extension("kept");
        std::fs::hard_link(&theirs, &kept).map_err(|_| io::ErrorKind::Unsupported)?;
        self.rename(name, with, with_name).inspect_err(|_| {
            let _ = std::fs::remove_file(&kept);
        })?;
        std::fs::rename(&kept, &ours)
    }

    /// Creates a hard link to the file `from`.
    pub(crate) fn hard_link(&self, from: &Path, name: &Path) -> io::Result<()> {
        std::fs::hard_link(from, self.0.join(name))
    }

    /// This system has no clones.
    pub(crate) fn clone_file(&self, _: impl FnOnce() -> Opened, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Cloning is not known to this system.
    pub(crate) fn clone_tree(&self, _: &Self, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// This system has no other mark than `CACHEDIR.TAG`.
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "it can fail on macOS")]
    pub(crate) fn exclude_from_backups(&self) -> io::Result<()> {
        Ok(())
    }

    /// Removes a file or a link, also a read-only one.
    pub(crate) fn unlink(&self, name: &Path) -> io::Result<()> {
        let path = self.0.join(name);
        let meta = path.symlink_metadata()?;
        let mut permissions = meta.permissions();
        if permissions.readonly() && !meta.is_symlink() {
            #[expect(clippy::permissions_set_readonly_false, reason = "the file is deleted next")]
            permissions.set_readonly(false);
            std::fs::set_permissions(&path, permissions)?;
        }
        // On Windows, `remove_dir` removes a link to a directory and keeps its target.
        patiently(|| std::fs::remove_file(&path)).or_else(|error| {
            if meta.is_symlink() { std::fs::remove_dir(&path) } else { Err(error) }
        })
    }

    /// Removes an empty directory.
    pub(crate) fn remove_dir(&self, name: &Path) -> io::Result<()> {
        patiently(|| std::fs::remove_dir(self.0.join(name)))
    }

    /// The entries of this directory.
    pub(crate) fn entries(&self) -> io::Result<Vec<(OsString, Option<Kind>)>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.0)? {
            let entry = entry?;
            found.push((entry.file_name(), entry.file_type().ok().map(Kind::of)));
        }
        Ok(found)
    }

    /// Access control lists have no equivalent of a mode.
    pub(crate) fn protect(&self, _name: &Path) -> io::Result<()> {
        Ok(())
    }

    /// Access control lists are not changed.
    pub(crate) fn unlock(&self) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}

/// The longest time for which a virus scanner or an indexer is expected to keep a file open.
const PATIENCE: [u64; 7] = [1, 5, 20, 50, 100, 200, 400];

/// Retries for a short time if a file is in use.
fn patiently(work: impl Fn() -> io::Result<()>) -> io::Result<()> {
    for pause in PATIENCE {
        match work() {
            Err(error) if is_in_use(&error) => {
                std::thread::sleep(std::time::Duration::from_millis(pause));
            }
            done => return done,
        }
    }
    work()
}

/// Whether another process has the file open: `ERROR_ACCESS_DENIED` (which can have other causes),
/// `ERROR_SHARING_VIOLATION`, `ERROR_LOCK_VIOLATION`, `ERROR_USER_MAPPED_FILE`.
pub(crate) fn is_in_use(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(5 | 32 | 33 | 1224))
}

/// On Windows a mounted volume is a link, which is rejected as one.
pub(crate) fn is_mount_point(_parent: &Handle, _name: &Path) -> io::Result<bool> {
    Ok(false)
}

/// On Windows mounted volumes are links.
pub(crate) fn mount_points() -> Vec<PathBuf> {
    Vec::new()
}

/// Opens the file at `path` for reading.
pub(crate) fn open_for_reading(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// The bytes of a name, for measuring and hashing it.
pub(crate) fn name_bytes(name: &OsStr) -> &[u8] {
    name.as_encoded_bytes()
}

/// Whether the filesystem, or the pair of filesystems, does not support the operation for any file.
pub(crate) fn is_unable(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::CrossesDevices | io::ErrorKind::InvalidInput)
        // ERROR_INVALID_FUNCTION: FAT has no links; ERROR_PRIVILEGE_NOT_HELD: symbolic links
        // require a privilege that users do not have.
        || matches!(error.raw_os_error(), Some(1 | 1314))
}
