//! Which file or directory something is, whatever its name.

use std::fs::Metadata;
use std::io;
use std::path::Path;
#[cfg(not(unix))]
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Which file or directory it is: device and inode on Unix, the canonical path elsewhere. Another
/// one that later gets the same name has another identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileId(#[cfg(unix)] (u64, u64), #[cfg(not(unix))] PathBuf);

impl FileId {
    /// The identity of the file or directory at `path`, following links.
    ///
    /// # Errors
    /// If it does not exist or cannot be examined.
    #[cfg(unix)]
    pub fn of(path: &Path) -> io::Result<Self> {
        Ok(Self::of_stat(&rustix::fs::stat(path)?))
    }

    /// The identity of the file or directory at `path`, following links.
    ///
    /// # Errors
    /// If it does not exist or cannot be examined.
    #[cfg(not(unix))]
    pub fn of(path: &Path) -> io::Result<Self> {
        super::path::canonicalize(path).map(Self)
    }

    /// The types of the fields differ from system to system.
    #[cfg(unix)]
    #[allow(clippy::useless_conversion, clippy::cast_sign_loss, clippy::unnecessary_cast)]
    pub(crate) fn of_stat(stat: &rustix::fs::Stat) -> Self {
        Self((stat.st_dev as u64, stat.st_ino as u64))
    }

    /// The number of the file system's device.
    #[cfg(unix)]
    pub(crate) fn device(&self) -> u64 {
        self.0.0
    }
}

/// Which file it is and which content it has, as far as its metadata tells: a change of size or
/// modification time, or another file of the same name, gives another version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileVersion {
    device: u64,
    inode: u64,
    /// In bytes.
    size: u64,
    /// Modification time, in nanoseconds since 1970.
    modified: u64,
}

impl FileVersion {
    /// That of the file at `path`, links being followed; `None` if it cannot be looked at.
    pub fn of(path: &Path) -> Option<Self> {
        Self::of_metadata(&std::fs::metadata(path).ok()?)
    }

    /// That of a file with this metadata; `None` if its modification time is before 1970.
    pub fn of_metadata(meta: &Metadata) -> Option<Self> {
        let modified = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        let modified = u64::try_from(modified.as_nanos()).ok()?;
        let (device, inode) = number(meta);
        Some(Self { device, inode, size: meta.len(), modified })
    }
}

/// The version of a file, and the time of the last change of its status. Programs can set a modification
/// time, but not this one, so a file that was changed and got its former time again has another stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "[u64; 5]", from = "[u64; 5]")]
pub(crate) struct FileStamp {
    version: FileVersion,
    /// ctime (inode(7)), in nanoseconds since 1970. On Windows the modification time: the standard library reads
    /// no other one.
    changed: u64,
}

/// The stored form, short because a cache file has thousands of them.
impl From<FileStamp> for [u64; 5] {
    fn from(FileStamp { version, changed }: FileStamp) -> Self {
        [version.device, version.inode, version.size, version.modified, changed]
    }
}

impl From<[u64; 5]> for FileStamp {
    fn from([device, inode, size, modified, changed]: [u64; 5]) -> Self {
        Self { version: FileVersion { device, inode, size, modified }, changed }
    }
}

impl FileStamp {
    /// That of a file with this metadata; `None` if its modification time is before 1970.
    pub(crate) fn of_metadata(meta: &Metadata) -> Option<Self> {
        let version = FileVersion::of_metadata(meta)?;
        Some(Self { version, changed: changed(meta).unwrap_or(version.modified) })
    }

    /// The types of the fields differ from system to system.
    #[cfg(unix)]
    #[allow(clippy::useless_conversion, clippy::cast_sign_loss, clippy::unnecessary_cast)]
    pub(crate) fn of_stat(stat: &rustix::fs::Stat) -> Option<Self> {
        let version = FileVersion {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            size: u64::try_from(stat.st_size).ok()?,
            modified: nanoseconds(stat.st_mtime.into(), stat.st_mtime_nsec as u64)?,
        };
        let changed = nanoseconds(stat.st_ctime.into(), stat.st_ctime_nsec as u64);
        Some(Self { version, changed: changed.unwrap_or(version.modified) })
    }

    /// The time of the last change.
    pub(crate) fn changed(&self) -> Option<SystemTime> {
        UNIX_EPOCH.checked_add(Duration::from_nanos(self.changed))
    }
}

#[cfg(unix)]
fn changed(meta: &Metadata) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    nanoseconds(meta.ctime(), u64::try_from(meta.ctime_nsec()).ok()?)
}

/// A time since 1970; `None` before that.
#[cfg(unix)]
fn nanoseconds(seconds: i64, rest: u64) -> Option<u64> {
    u64::try_from(seconds).ok()?.checked_mul(1_000_000_000)?.checked_add(rest)
}

#[cfg(not(unix))]
fn changed(_meta: &Metadata) -> Option<u64> {
    None
}

#[cfg(unix)]
fn number(meta: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (meta.dev(), meta.ino())
}

/// Stable Rust does not return a file's number on Windows; its creation time replaces it.
#[cfg(windows)]
fn number(meta: &Metadata) -> (u64, u64) {
    use std::os::windows::fs::MetadataExt;
    (0, meta.creation_time())
}

/// Always 0: the system has no such number.
#[cfg(not(any(unix, windows)))]
fn number(_meta: &Metadata) -> (u64, u64) {
    (0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_file_of_the_same_name_has_another_identity() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (dir.path().join("one"), dir.path().join("other"));
        std::fs::write(&one, "same").unwrap();
        std::fs::write(&other, "same").unwrap();
        let (id, version) = (FileId::of(&one).unwrap(), FileVersion::of(&one).unwrap());
        assert_ne!(id, FileId::of(&other).unwrap());
        assert_ne!(version, FileVersion::of(&other).unwrap());
        std::fs::write(&one, "longer").unwrap();
        assert_eq!(FileId::of(&one).unwrap(), id);
        assert_ne!(FileVersion::of(&one).unwrap(), version);
        assert!(FileId::of(&dir.path().join("missing")).is_err());
    }
}
