//! Directory handles on Unix: everything is relative to an open directory, so that renaming or
//! replacing a directory on the way to it changes nothing for who holds it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags};
use rustix::io::Errno;

/// `EXT4_SUPER_MAGIC` and `TMPFS_MAGIC` of statfs(2).
#[cfg(any(target_os = "linux", target_os = "android"))]
const BLOCKS_OF_ITS_OWN: [rustix::fs::FsWord; 2] = [0xef53, 0x0102_1994];

use crate::support::identity::FileId;
use crate::support::users::effective_uid;

pub(crate) use super::kind::{Kind, Mounts, Opened};

/// An open directory.
#[derive(Debug)]
pub(crate) struct Handle(OwnedFd);

// A handle that only names the directory needs no right to read it: others' parent directories may
// grant just searching and writing.
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

    /// Opens a directory below this one; no part of `relative` may be a link.
    pub(crate) fn sub(&self, relative: &Path, mounts: Mounts) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        match self.sub_at_once(relative, mounts) {
            // Before Linux 5.6, or forbidden by a container's filter of system calls.
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

    /// Which directory this is.
    pub(crate) fn id(&self) -> io::Result<FileId> {
        let stat = rustix::fs::fstat(&self.0)?;
        Ok(FileId::of_stat(&stat))
    }

    /// Does this directory belong to the user that the process acts for?
    pub(crate) fn is_ours(&self) -> io::Result<bool> {
        Ok(rustix::fs::fstat(&self.0)?.st_uid == effective_uid())
    }

    /// Does this directory belong to the user, and can nobody else write there?
    pub(crate) fn is_closed(&self) -> io::Result<bool> {
        let stat = rustix::fs::fstat(&self.0)?;
        let is_open = Mode::from_raw_mode(stat.st_mode).intersects(Mode::WGRP | Mode::WOTH);
        Ok(stat.st_uid == effective_uid() && !is_open)
    }

    /// Is this directory the user's alone? Its owner is the user, or the one whom the file system
    /// gives to everything that the user creates, such as `made`; and nobody else can write there,
    /// unless the file system has no modes, as it shows for `made`, which was created with 0700.
    pub(crate) fn is_private(&self, made: &Self) -> io::Result<bool> {
        let (own, made) = (rustix::fs::fstat(&self.0)?, rustix::fs::fstat(&made.0)?);
        let others = Mode::WGRP | Mode::WOTH;
        let is_open = |mode| Mode::from_raw_mode(mode).intersects(others);
        let user = effective_uid();
        Ok((own.st_uid == user || own.st_uid == made.st_uid)
            && (!is_open(own.st_mode) || is_open(made.st_mode)))
    }

    /// What stands at `name`, a link not being followed.
    pub(crate) fn kind(&self, name: &Path) -> io::Result<Kind> {
        let stat = rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => Kind::Directory,
            FileType::Symlink => Kind::Link,
            _ => Kind::Other,
        })
    }

    /// Makes a directory; `private` ones are for the owner alone.
    pub(crate) fn make_dir(&self, name: &Path, private: bool) -> io::Result<()> {
        let mode = if private { 0o700 } else { 0o777 };
        Ok(rustix::fs::mkdirat(&self.0, name, Mode::from_raw_mode(mode))?)
    }

    /// Makes a symbolic link.
    pub(crate) fn make_link(&self, target: &Path, name: &Path) -> io::Result<()> {
        Ok(rustix::fs::symlinkat(target, &self.0, name)?)
    }

    /// Makes a file that is not there yet, with the rights that the umask leaves.
    pub(crate) fn make_file(&self, name: &Path, executable: bool) -> io::Result<File> {
        let mode = Mode::from_raw_mode(if executable { 0o777 } else { 0o666 });
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.0, name, flags, mode)?.into())
    }

    /// Opens a file for reading, a link not being followed, without waiting for the other end of a
    /// pipe.
    pub(crate) fn open_file(&self, name: &Path, writable: bool) -> io::Result<File> {
        let access = if writable { OFlags::RDWR } else { OFlags::RDONLY };
        let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.0, name, flags, Mode::empty())?.into())
    }

    /// Renames; what stands at `to_name` is replaced, but never a directory with something in it.
    pub(crate) fn rename(&self, name: &Path, to: &Self, to_name: &Path) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.0, name, &to.0, to_name)?)
    }

    /// Renames to a name where nothing stands.
    pub(crate) fn rename_new(&self, name: &Path, to: &Self, to_name: &Path) -> io::Result<()> {
        #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
        {
            use rustix::fs::RenameFlags;
            let flags = RenameFlags::NOREPLACE;
            match rustix::fs::renameat_with(&self.0, name, &to.0, to_name, flags) {
                // Not known to the system, or to the file system.
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

    /// Exchanges what stands at two names, in one step.
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    pub(crate) fn exchange(&self, name: &Path, with: &Self, with_name: &Path) -> io::Result<()> {
        use rustix::fs::RenameFlags;
        Ok(rustix::fs::renameat_with(&self.0, name, &with.0, with_name, RenameFlags::EXCHANGE)?)
    }

    /// Exchanging is not known to this system.
    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    pub(crate) fn exchange(&self, _: &Path, _: &Self, _: &Path) -> io::Result<()> {
        Err(Errno::NOTSUP.into())
    }

    /// Gives the file `from` a second name here.
    pub(crate) fn hard_link(&self, from: &Path, name: &Path) -> io::Result<()> {
        Ok(rustix::fs::linkat(CWD, from, &self.0, name, AtFlags::empty())?)
    }

    /// Makes a file that shares its blocks with `from` until one of the two is written to.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(crate) fn clone_file(&self, from: impl FnOnce() -> Opened, name: &Path) -> io::Result<()> {
        // Most machines' file systems cannot, and to ask is cheaper than to try.
        if BLOCKS_OF_ITS_OWN.contains(&rustix::fs::fstatfs(&self.0)?.f_type) {
            return Err(Errno::OPNOTSUPP.into());
        }
        let (from, executable) = from()?;
        let to = self.make_file(name, executable)?;
        rustix::fs::ioctl_ficlone(&to, from).map_err(|error| {
            // Leave the name free for the next way to try.
            let _ = self.unlink(name);
            error.into()
        })
    }

    /// Makes a file that shares its blocks with `from` until one of the two is written to.
    #[cfg(target_vendor = "apple")]
    pub(crate) fn clone_file(&self, from: impl FnOnce() -> Opened, name: &Path) -> io::Result<()> {
        let (from, _) = from()?;
        Ok(rustix::fs::fclonefileat(from, &self.0, name, rustix::fs::CloneFlags::NOFOLLOW)?)
    }

    /// Cloning is not known to this system.
    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    pub(crate) fn clone_file(&self, _: impl FnOnce() -> Opened, _: &Path) -> io::Result<()> {
        Err(Errno::NOTSUP.into())
    }

    /// Makes a directory whose files share their blocks with those of `from`.
    #[cfg(target_vendor = "apple")]
    pub(crate) fn clone_tree(&self, from: &Self, name: &Path) -> io::Result<()> {
        Ok(rustix::fs::fclonefileat(&from.0, &self.0, name, rustix::fs::CloneFlags::NOFOLLOW)?)
    }

    /// Elsewhere each file is cloned by itself.
    #[cfg(not(target_vendor = "apple"))]
    #[expect(clippy::unused_self, reason = "it is used on macOS")]
    pub(crate) fn clone_tree(&self, _: &Self, _: &Path) -> io::Result<()> {
        Err(Errno::NOTSUP.into())
    }

    /// Asks Time Machine to leave this directory out, as its own tool notes it: with the binary
    /// property list of the string `com.apple.backupd`.
    #[cfg(target_vendor = "apple")]
    pub(crate) fn exclude_from_backups(&self) -> io::Result<()> {
        const NAME: &str = "com.apple.metadata:com_apple_backup_excludeItem";
        const VALUE: &[u8; 61] = b"bplist00_\x10\x11com.apple.backupd\x08\
            \0\0\0\0\0\0\x01\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x1c";
        Ok(rustix::fs::fsetxattr(&self.0, NAME, VALUE, rustix::fs::XattrFlags::empty())?)
    }

    /// Elsewhere there is no such mark but `CACHEDIR.TAG`.
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

    /// What is in this directory; the kind where the file system tells it in passing.
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
                FileType::Directory => Some(Kind::Directory),
                FileType::Symlink => Some(Kind::Link),
                _ => Some(Kind::Other),
            };
            found.push((OsString::from_vec(name.to_vec()), kind));
        }
        Ok(found)
    }

    /// Gives the owner every right over this directory.
    pub(crate) fn unlock(&self) -> io::Result<()> {
        let stat = rustix::fs::fstat(&self.0)?;
        set_mode(&self.0, Mode::from_raw_mode(stat.st_mode) | Mode::RWXU)
    }

    /// Takes from everybody the right to write what stands at `name`; a link stays as it is.
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

/// Sets the rights over what is open, whatever stands at its name by now.
fn set_mode(place: &OwnedFd, mode: Mode) -> io::Result<()> {
    // A naming handle cannot be given to `fchmod`. Its entry in `/proc` leads to what is open, also
    // where that may not even be read.
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

/// Which mount a directory is on: a bind mount of the same file system has another number.
///
/// By statx(2) since Linux 5.8, by `/proc/self/fdinfo` (proc(5)) since 3.15, else the device, which is
/// the same for a bind mount.
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

/// Elsewhere there are no bind mounts that keep the device.
#[cfg(not(target_os = "linux"))]
fn mount_id(handle: &Handle) -> io::Result<u64> {
    Ok(handle.id()?.device())
}

/// Where file systems are mounted, files included, as far as `/proc` shows it (proc(5), `mountinfo`).
#[cfg(target_os = "linux")]
pub(crate) fn mount_points() -> Vec<std::path::PathBuf> {
    let text = std::fs::read("/proc/self/mountinfo").unwrap_or_default();
    let path = |line: &[u8]| {
        let field = line.split(|byte| *byte == b' ').nth(4)?;
        Some(OsString::from_vec(unescape_octal(field)).into())
    };
    text.split(|byte| *byte == b'\n').filter_map(path).collect()
}

/// Elsewhere only directories are asked, one at a time.
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

/// Is the directory of that name the root of a mounted file system?
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
    // The access time of `pyvenv.cfg` tells when an environment was used last. Only the owner may leave
    // it (open(2)).
    #[cfg(target_os = "linux")]
    match rustix::fs::openat(CWD, path, flags | OFlags::NOATIME, Mode::empty()) {
        Err(rustix::io::Errno::PERM) => {}
        opened => return Ok(opened?.into()),
    }
    Ok(rustix::fs::openat(CWD, path, flags, Mode::empty())?.into())
}

/// The bytes of a name, for measuring and hashing it.
pub(crate) fn name_bytes(name: &OsStr) -> &[u8] {
    name.as_bytes()
}

/// Here a name can be taken away from what is in use.
pub(crate) fn is_in_use(_error: &io::Error) -> bool {
    false
}

/// Does this error say that the file system, or the way between two of them, cannot do what was
/// asked: now, and for the next file too?
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

    /// The way for old systems goes where the way for new ones goes, and is stopped by the same.
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
