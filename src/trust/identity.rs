//! The properties that identify an environment.

use std::io;
use std::path::Path;

use crate::support::found::object_to_environment;
use crate::support::ownership::User;

/// The values that no other environment at this path can have. Root and directory of programs: inode, owner and
/// mode, which installing packages does not change. `pyvenv.cfg`: also the time at which it was last
/// written, renamed or linked (ctime), which nobody can set, unlike the time of its content, which
/// archives bring along. The number of the device is left out: btrfs and NFS give another one at each
/// start.
///
/// # Errors
/// When one of them is missing, or is a link: what that leads to could change without a trace.
#[cfg(unix)]
pub(super) fn identity(root: &Path) -> io::Result<String> {
    use std::os::unix::fs::MetadataExt;
    let directories = of_directories(root)?;
    let cfg = root.join("pyvenv.cfg").symlink_metadata()?;
    if !cfg.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let (second, nanosecond) = (cfg.ctime(), cfg.ctime_nsec());
    Ok(format!("{directories}, {} {second}.{nanosecond:09}", of(&cfg)))
}

/// The root and the directory of programs alone.
#[cfg(unix)]
pub(super) fn of_directories(root: &Path) -> io::Result<String> {
    let metas = [root.symlink_metadata()?, root.join("bin").symlink_metadata()?];
    if !metas.iter().all(std::fs::Metadata::is_dir) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok(format!("{}, {}", of(&metas[0]), of(&metas[1])))
}

#[cfg(unix)]
fn of(meta: &std::fs::Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    format!("{} {} {:o}", meta.ino(), meta.uid(), meta.mode())
}

/// When the root was created.
#[cfg(not(unix))]
pub(super) fn of_directories(root: &Path) -> io::Result<String> {
    root.symlink_metadata()?.created().map(|time| format!("{time:?}"))
}

/// The values that another environment at this path has only by malice: size and times of its `pyvenv.cfg`.
#[cfg(not(unix))]
pub(super) fn identity(root: &Path) -> io::Result<String> {
    let meta = root.join("pyvenv.cfg").symlink_metadata()?;
    if !meta.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let nanoseconds = |time: std::time::SystemTime| {
        time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_nanos()
    };
    Ok(format!("{} {} {}", meta.len(), nanoseconds(meta.created()?), nanoseconds(meta.modified()?)))
}

/// The content of a record of rvenv 0.1: inode and ctime of `pyvenv.cfg`.
#[cfg(unix)]
pub(super) fn old_identity(root: &Path) -> io::Result<String> {
    use std::os::unix::fs::MetadataExt;
    let meta = root.join("pyvenv.cfg").symlink_metadata()?;
    Ok(format!("{} {}.{:09}", meta.ino(), meta.ctime(), meta.ctime_nsec()))
}

/// Old records are the same there.
#[cfg(not(unix))]
pub(super) fn old_identity(root: &Path) -> io::Result<String> {
    identity(root)
}

/// Whether the environment at `root` belongs to the user, nobody else can write to it, and nobody else
/// can put another in its place.
pub(super) fn is_private(root: &Path, user: User) -> bool {
    object_to_environment(root, user).is_none()
        && root.parent().is_none_or(|parent| user.object(parent, true).is_none())
}

/// Inode and owner of a directory.
#[cfg(unix)]
pub(super) fn of_directory(dir: &Path) -> io::Result<String> {
    use std::os::unix::fs::MetadataExt;
    let meta = dir.symlink_metadata()?;
    Ok(format!("{} {}", meta.ino(), meta.uid()))
}

/// The path alone.
#[cfg(not(unix))]
pub(super) fn of_directory(dir: &Path) -> io::Result<String> {
    dir.symlink_metadata().map(|_| String::new())
}
