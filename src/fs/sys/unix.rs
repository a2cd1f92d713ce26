//! Directory handles on Unix. Operations are relative to an open directory, so that they are not affected
//! if a parent of it is renamed or replaced.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags};
use rustix::io::Errno;

/// `EXT4_SUPER_MAGIC` and `TMPFS_MAGIC` of statfs(2).
#[cfg(any(target_os = "linux", target_os = "android"))]
const BLOCKS_OF_ITS_OWN: [rustix::fs::FsWord; 2] = [0xef53, 0x0102_1994];

use crate::fs::FileFacts;
use crate::support::identity::{FileId, FileStamp};
use crate::support::users::effective_uid;

pub(crate) use super::kind::{Kind, Mounts, Opened};

/// An open directory.
#[derive(Debug)]
pub(crate) struct Handle(OwnedFd);

fn kind_of(file_type: FileType) -> Kind {
    match file_type {
        FileType::Directory => Kind::Directory,
        FileType::Symlink => Kind::Link,
        _ => Kind::Other,
    }
}

// O_PATH needs no read permission: parent directories of other users may permit only search and write.
#[cfg(target_os = "linux")]
const NAMING: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const NAMING: OFlags = OFlags::RDONLY;

fn directory() -> OFlags {
    NAMING | OFlags::DIRECTORY | OFlags::CLOEXEC
}

impl Handle {
    /// Opens the directory at `path`, following links.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(rustix::fs::openat(CWD, path, directory(), Mode::empty())?))
    }

    /// Opens a directory below this one; no component of `relative` may be a link.
    pub(crate) fn sub(&self, relative: &Path, mounts: Mounts) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        match self.sub_at_once(relative, mounts) {
            // Linux before 5.6, or the system call filter of a container.
            Err(Errno::NOSYS | Errno::PERM) => {}
            other => return Ok(other?),
        }
        self.sub_by_parts(relative, mounts)
    }

    fn sub_by_parts(&self, relative: &Path, mounts: Mounts) -> io::Result<Self> {
        let mut handle: Option<Self> = None;
        for part in relative.components() {
            let Component::Normal(name) = part else { return Err(Errno::INVAL.into()) };
            let at = handle.as_ref().unwrap_or(self);
            let next = at.child(name)?;
            if mounts == Mounts::Stay && mount_id(&next)? != mount_id(at)? {
                return Err(Errno::XDEV.into());
            }
            handle = Some(next);
        }
        handle.ok_or_else(|| Errno::INVAL.into())
    }

    #[cfg(target_os = "linux")]
    fn sub_at_once(&self, relative: &Path, mounts: Mounts) -> Result<Self, Errno> {
        use rustix::fs::ResolveFlags;
        let mut resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        if mounts == Mounts::Stay {
            resolve |= ResolveFlags::NO_XDEV;
        }
        let flags = directory() | OFlags::NOFOLLOW;
        rustix::fs::openat2(&self.0, relative, flags, Mode::empty(), resolve).map(Self)
    }

    fn child(&self, name: &OsStr) -> io::Result<Self> {
        let flags = directory() | OFlags::NOFOLLOW;
        Ok(Self(rustix::fs::openat(&self.0, name, flags, Mode::empty())?))
    }

    /// The same directory, with a handle of its own.
    pub(crate) fn again(&self) -> io::Result<Self> {
        Ok(Self(self.0.try_clone()?))
    }

    /// The identity of the directory.
    pub(crate) fn id(&self) -> io::Result<FileId> {
        let stat = rustix::fs::fstat(&self.0)?;
        Ok(FileId::of_stat(&stat))
    }

    /// Its present path, if the system reports one.
    #[cfg(target_os = "linux")]
    pub(crate) fn path(&self) -> Option<PathBuf> {
        use std::os::fd::AsRawFd;
        let path = std::fs::read_link(format!("/proc/self/fd/{}", self.0.as_raw_fd())).ok()?;
        // One that was deleted has ` (deleted)` behind its name.
        path.is_dir().then_some(path)
    }

    /// Its current path, if the system provides it.
    #[cfg(target_os = "macos")]
    pub(crate) fn path(&self) -> Option<PathBuf> {
        let path = rustix::fs::getpath(&self.0).ok()?;
        Some(OsString::from_vec(path.into_bytes()).into())
    }

    /// Its current path, if the system provides it.
    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    #[allow(clippy::unused_self, reason = "as elsewhere")]
    pub(crate) fn path(&self) -> Option<PathBuf> {
        None
    }

    /// Whether this directory belongs to the effective user of the process.
    pub(crate) fn is_ours(&self) -> io::Result<bool> {
        Ok(rustix::fs::fstat(&self.0)?.st_uid == effective_uid())
    }

    /// Whether this directory belongs to the user and nobody else can write to it.
    pub(crate) fn is_closed(&self) -> io::Result<bool> {
        let stat = rustix::fs::fstat(&self.0)?;
        let is_open = Mode::from_raw_mode(stat.st_mode).intersects(Mode::WGRP | Mode::WOTH);
        Ok(stat.st_uid == effective_uid() && !is_open)
    }

    /// Whether only the user can write to this directory. Its owner is the user, or the owner that the
    /// filesystem reports for `made`, which the user created. Nobody else may write to it, unless the
    /// filesystem has no modes and therefore reports another mode than 0700 for `made`.
    pub(crate) fn is_private(&self, made: &Self) -> io::Result<bool> {
        let (own, made) = (rustix::fs::fstat(&self.0)?, rustix::fs::fstat(&made.0)?);
        let others = Mode::WGRP | Mode::WOTH;
        let is_open = |mode| Mode::from_raw_mode(mode).intersects(others);
        let user = effective_uid();
        Ok((own.st_uid == user || own.st_uid == made.st_uid)
            && (!is_open(own.st_mode) || is_open(made.st_mode)))
    }

    /// The kind of the entry `name`, without following a link.
    pub(crate) fn kind(&self, name: &Path) -> io::Result<Kind> {
        let stat = rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(kind_of(FileType::from_raw_mode(stat.st_mode)))
    }

    /// The metadata of the entry `name`, without following a link.
    #[allow(clippy::useless_conversion, reason = "the type differs from system to system")]
    pub(crate) fn facts(&self, name: &Path) -> io::Result<FileFacts> {
        let stat = rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let file_type = FileType::from_raw_mode(stat.st_mode);
        let seconds = u64::try_from(stat.st_mtime).ok();
        let modified = seconds.zip(u32::try_from(stat.st_mtime_nsec).ok());
        Ok(FileFacts {
            kind: kind_of(file_type),
            is_file: file_type == FileType::RegularFile,
            mode: Mode::from_raw_mode(stat.st_mode).bits().into(),
            size: stat.st_size.try_into().unwrap_or_default(),
            modified: modified.map(|(seconds, nanos)| Duration::new(seconds, nanos)),
            owner: stat.st_uid,
            group: stat.st_gid,
            links: stat.st_nlink.into(),
            stamp: FileStamp::of_stat(&stat),
        })
    }

    /// Creates a directory; a `private` one has the mode 0700.
    pub(crate) fn make_dir(&self, name: &Path, private: bool) -> io::Result<()> {
        let mode = if private { 0o700 } else { 0o777 };
        Ok(rustix::fs::mkdirat(&self.0, name, Mode::from_raw_mode(mode))?)
    }

    /// Creates a symbolic link.
    pub(crate) fn make_link(&self, target: &Path, name: &Path) -> io::Result<()> {
        Ok(rustix::fs::symlinkat(target, &self.0, name)?)
    }

    /// Creates a new file; its mode results from the umask.
    pub(crate) fn make_file(&self, name: &Path, executable: bool) -> io::Result<File> {
        let mode = Mode::from_raw_mode(if executable { 0o777 } else { 0o666 });
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.0, name, flags, mode)?.into())
    }

    /// Opens a file for reading, without following a link or waiting for the other end of a pipe.
    pub(crate) fn open_file(&self, name: &Path, writable: bool) -> io::Result<File> {
        let access = if writable { OFlags::RDWR } else { OFlags::RDONLY };
        let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.0, name, flags, Mode::empty())?.into())
    }

    /// Renames an entry and replaces `to_name`, except a directory with content.
    pub(crate) fn rename(&self, name: &Path, to: &Self, to_name: &Path) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.0, name, &to.0, to_name)?)
    }

    /// Renames an entry to a free name.
    pub(crate) fn rename_new(&self, name: &Path, to: &Self, to_name: &Path) -> io::Result<()> {
        #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
        {
            use rustix::fs::RenameFlags;
            let flags = RenameFlags::NOREPLACE;
            match rustix::fs::renameat_with(&self.0, name, &to.0, to_name, flags) {
                // Neither the kernel nor the filesystem supports RENAME_NOREPLACE.
                Err(Errno::NOSYS | Errno::INVAL | Errno::NOTSUP) => {}
                done => return Ok(done?),
            }
        }
        match to.kind(to_name) {
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.rename(name, to, to_name),
            Err(error) => Err(error),
        }
    }

    /// Exchanges two entries atomically.
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    pub(crate) fn exchange(&self, name: &Path, with: &Self, with_name: &Path) -> io::Result<()> {
        use rustix::fs::RenameFlags;
        Ok(rustix::fs::renameat_with(&self.0, name, &with.0, with_name, RenameFlags::EXCHANGE)?)
    }

    /// This system has no exchange.
    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    pub(crate) fn exchange(&self, _: &Path, _: &Self, _: &Path) -> io::Result<()> {
        Err(Errno::NOTSUP.into())
    }

    /// Creates a hard link to the file `from`.
    pub(crate) fn hard_link(&self, from: &Path, name: &Path) -> io::Result<()> {
        Ok(rustix::fs::linkat(CWD, from, &self.0, name, AtFlags::empty())?)
    }

    /// Creates a hard link to the file of the same name in the directory `from`.
    pub(crate) fn hard_link_of(&self, from: &Self, name: &Path) -> io::Result<()> {
        Ok(rustix::fs::linkat(&from.0, name, &self.0, name, AtFlags::empty())?)
    }

    /// Creates a copy-on-write clone of `from`.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(crate) fn clone_file(&self, from: impl FnOnce() -> Opened, name: &Path) -> io::Result<()> {
        // Most filesystems have no clones; statfs(2) is cheaper than an attempt.
        if BLOCKS_OF_ITS_OWN.contains(&rustix::fs::fstatfs(&self.0)?.f_type) {
            return Err(Errno::OPNOTSUPP.into());
        }
        let (from, executable) = from()?;
        let to = self.make_file(name, executable)?;
        rustix::fs::ioctl_ficlone(&to, from).map_err(|error| {
            // Free the name for the next mode.
            let _ = self.unlink(name);
            error.into()
        })
    }

    /// Creates a copy-on-write clone of `from`.
    #[cfg(target_vendor = "apple")]
    pub(crate) fn clone_file(&self, from: impl FnOnce() -> Opened, name: &Path) -> io::Result<()> {
        let (from, _) = from()?;
        Ok(rustix::fs::fclonefileat(from, &self.0, name, rustix::fs::CloneFlags::NOFOLLOW)?)
    }

    /// This system has no clones.
    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    pub(crate) fn clone_file(&self, _: impl FnOnce() -> Opened, _: &Path) -> io::Result<()> {
        Err(Errno::NOTSUP.into())
    }

    /// Creates a directory whose files share their blocks with those of `from`.
    #[cfg(target_vendor = "apple")]
    pub(crate) fn clone_tree(&self, from: &Self, name: &Path) -> io::Result<()> {
        Ok(rustix::fs::fclonefileat(&from.0, &self.0, name, rustix::fs::CloneFlags::NOFOLLOW)?)
    }

    /// Other systems clone single files only.
    #[cfg(not(target_vendor = "apple"))]
    #[expect(clippy::unused_self, reason = "it is used on macOS")]
    pub(crate) fn clone_tree(&self, _: &Self, _: &Path) -> io::Result<()> {
        Err(Errno::NOTSUP.into())
    }

    /// Excludes this directory from Time Machine as `tmutil addexclusion` does: with the binary property list
    /// of the string `com.apple.backupd` as an extended attribute.
    #[cfg(target_vendor = "apple")]
    pub(crate) fn exclude_from_backups(&self) -> io::Result<()> {
        const NAME: &str = "com.apple.metadata:com_apple_backup_excludeItem";
        const VALUE: &[u8; 61] = b"bplist00_\x10\x11com.apple.backupd\x08\
            \0\0\0\0\0\0\x01\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x1c";
        Ok(rustix::fs::fsetxattr(&self.0, NAME, VALUE, rustix::fs::XattrFlags::empty())?)
    }

    /// Other systems have no other mark than `CACHEDIR.TAG`.
    #[cfg(not(target_vendor = "apple"))]
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "it can fail on macOS")]
    pub(crate) fn exclude_from_backups(&self) -> io::Result<()> {
        Ok(())
    }

    /// Removes a file or a link.
    pub(crate) fn unlink(&self, name: &Path) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    /// Removes an empty directory.
    pub(crate) fn remove_dir(&self, name: &Path) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
    }

    /// The entries of this directory, with their kinds if the filesystem reports them (getdents(2)).
    pub(crate) fn entries(&self) -> io::Result<Vec<(OsString, Option<Kind>)>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.0, c".", flags, Mode::empty())?;
        let mut found = Vec::new();
        for entry in rustix::fs::Dir::new(fd)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            let kind = match entry.file_type() {
                FileType::Unknown => None,
                known => Some(kind_of(known)),
            };
            found.push((OsString::from_vec(name.to_vec()), kind));
        }
        Ok(found)
    }

    /// Adds all permissions of the owner to this directory.
    pub(crate) fn unlock(&self) -> io::Result<()> {
        let stat = rustix::fs::fstat(&self.0)?;
        set_mode(&self.0, Mode::from_raw_mode(stat.st_mode) | Mode::RWXU)
    }

    /// Removes the write permission of others from the entry `name`; a link is not changed.
    pub(crate) fn protect(&self, name: &Path) -> io::Result<()> {
        let flags = NAMING | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let place = rustix::fs::openat(&self.0, name, flags, Mode::empty())?;
        let stat = rustix::fs::fstat(&place)?;
        let mode = Mode::from_raw_mode(stat.st_mode);
        let is_link = FileType::from_raw_mode(stat.st_mode) == FileType::Symlink;
        if is_link || !mode.contains(Mode::WOTH) {
            return Ok(());
        }
        set_mode(&place, mode - Mode::WOTH)
    }
}

/// Sets the mode of the open file, even if its name refers to another one now.
fn set_mode(place: &OwnedFd, mode: Mode) -> io::Result<()> {
    // fchmod(2) rejects an O_PATH handle. Its entry in `/proc` refers to the open file, also if that
    // cannot be read.
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd;
        let path = format!("/proc/self/fd/{}", place.as_raw_fd());
        Ok(rustix::fs::chmod(path, mode)?)
    }
    #[cfg(not(target_os = "linux"))]
    {
        Ok(rustix::fs::fchmod(place, mode)?)
    }
}

/// The id of a directory's mount: a bind mount of the same filesystem has another id.
///
/// From statx(2) since Linux 5.8, from `/proc/self/fdinfo` (proc(5)) since 3.15, else the device number,
/// which is the same for a bind mount.
#[cfg(target_os = "linux")]
fn mount_id(handle: &Handle) -> io::Result<u64> {
    use rustix::fs::StatxFlags;
    use std::os::fd::AsRawFd;
    let stat = rustix::fs::statx(&handle.0, c"", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID);
    if let Ok(stat) = stat
        && stat.stx_mask & StatxFlags::MNT_ID.bits() != 0
    {
        return Ok(stat.stx_mnt_id);
    }
    let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", handle.0.as_raw_fd()));
    let number = info.ok().and_then(|info| {
        info.lines().find_map(|line| line.strip_prefix("mnt_id:")?.trim().parse().ok())
    });
    number.map_or_else(|| Ok(handle.id()?.device()), Ok)
}

/// Other systems have no bind mounts with the same device number.
#[cfg(not(target_os = "linux"))]
fn mount_id(handle: &Handle) -> io::Result<u64> {
    Ok(handle.id()?.device())
}

/// The mount points, including files, from `/proc/self/mountinfo` (proc(5)).
#[cfg(target_os = "linux")]
pub(crate) fn mount_points() -> Vec<std::path::PathBuf> {
    let text = std::fs::read("/proc/self/mountinfo").unwrap_or_default();
    let path = |line: &[u8]| {
        let field = line.split(|byte| *byte == b' ').nth(4)?;
        Some(OsString::from_vec(unescape_octal(field)).into())
    };
    text.split(|byte| *byte == b'\n').filter_map(path).collect()
}

/// Other systems are asked for each directory.
#[cfg(not(target_os = "linux"))]
pub(crate) fn mount_points() -> Vec<std::path::PathBuf> {
    Vec::new()
}

/// A field of mountinfo, in which space, tab, newline and backslash are `\040` and the like.
#[cfg(target_os = "linux")]
fn unescape_octal(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..3).filter(|_| byte == b'\\');
        let code = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let code = code.and_then(|digits| u8::from_str_radix(digits, 8).ok());
        out.push(code.unwrap_or(byte));
        rest = if code.is_some() { &after[3..] } else { after };
    }
    out
}

/// Whether the directory of that name is a mount point.
pub(crate) fn is_mount_point(parent: &Handle, name: &Path) -> io::Result<bool> {
    match parent.sub(name, Mounts::Stay) {
        Ok(_) => Ok(false),
        Err(error) if error.raw_os_error() == Some(Errno::XDEV.raw_os_error()) => Ok(true),
        Err(error) => Err(error),
    }
}

/// Opens the file at `path` for reading, without waiting for the other end of a pipe.
pub(crate) fn open_for_reading(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    // The access time of `pyvenv.cfg` is the last use of an environment. Only the owner may use O_NOATIME
    // (open(2)).
    #[cfg(target_os = "linux")]
    match rustix::fs::openat(CWD, path, flags | OFlags::NOATIME, Mode::empty()) {
        Err(rustix::io::Errno::PERM) => {}
        opened => return Ok(opened?.into()),
    }
    Ok(rustix::fs::openat(CWD, path, flags, Mode::empty())?.into())
}

/// The bytes of a name, to measure and hash it.
pub(crate) fn name_bytes(name: &OsStr) -> &[u8] {
    name.as_bytes()
}

/// On Unix a file in use can be renamed and deleted.
pub(crate) fn is_in_use(_error: &io::Error) -> bool {
    false
}

/// Whether the filesystem, or the pair of filesystems, does not support the operation for any file.
pub(crate) fn is_unable(error: &io::Error) -> bool {
    const UNABLE: [Errno; 7] = [
        Errno::XDEV,
        Errno::NOTSUP,
        Errno::OPNOTSUPP,
        Errno::NOSYS,
        Errno::INVAL,
        Errno::NOTTY,
        Errno::PERM,
    ];
    let code = error.raw_os_error();
    UNABLE.iter().any(|errno| Some(errno.raw_os_error()) == code)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn fields_of_mountinfo_are_unescaped() {
        assert_eq!(unescape_octal(br"/a\040b\134\011c"), b"/a b\\\tc");
        assert_eq!(unescape_octal(br"/\9\0"), br"/\9\0");
        assert!(mount_points().contains(&"/".into()));
    }

    /// The fallback for old kernels opens and rejects the same paths.
    #[test]
    fn both_ways_down_are_alike() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("a/b")).unwrap();
        std::fs::write(root.path().join("a/file"), "").unwrap();
        std::os::unix::fs::symlink("a", root.path().join("link")).unwrap();
        let handle = Handle::open(root.path()).unwrap();
        for mounts in [Mounts::Stay, Mounts::Cross] {
            for path in ["a", "a/b", "none", "a/file", "link", "link/b", "a/../a", "/proc", ""] {
                let path = Path::new(path);
                let found = |handle: io::Result<Handle>| handle.and_then(|handle| handle.id()).ok();
                let expected = match path.to_str() {
                    Some("a" | "a/b") => Some(FileId::of(&root.path().join(path)).unwrap()),
                    _ => None,
                };
                assert_eq!(found(handle.sub_by_parts(path, mounts)), expected, "{path:?}");
                if path != Path::new("a/../a") {
                    assert_eq!(found(handle.sub(path, mounts)), expected, "{path:?}");
                }
            }
        }
        let top = Handle::open(Path::new("/")).unwrap();
        assert!(top.sub_by_parts(Path::new("proc"), Mounts::Cross).is_ok());
        for proc in [
            top.sub_by_parts(Path::new("proc"), Mounts::Stay),
            top.sub(Path::new("proc"), Mounts::Stay),
        ] {
            assert_eq!(proc.unwrap_err().kind(), io::ErrorKind::CrossesDevices);
        }
    }
}
