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
    parts(root).map(|parts| of_parts(&parts))
}

/// The identity of the environment at `root`, if it belongs to the user, nobody else can write to it, and
/// nobody else can put another in its place. Each file is examined once, as this is done for every new
/// environment.
#[cfg(unix)]
pub(super) fn private_identity(root: &Path, user: User) -> Option<String> {
    let parts = parts(root).ok()?;
    let is_own = |(path, meta): &Part| {
        let facts = crate::support::ownership::Facts::from_metadata(meta, path);
        user.objection(facts).is_none()
    };
    (parts.iter().all(is_own) && is_in_private_place(root, user)).then(|| of_parts(&parts))
}

#[cfg(not(unix))]
pub(super) fn private_identity(root: &Path, user: User) -> Option<String> {
    identity(root).ok().filter(|_| is_private(root, user))
}

#[cfg(unix)]
type Part = (std::path::PathBuf, std::fs::Metadata);

/// The root, the directory of programs and `pyvenv.cfg`.
#[cfg(unix)]
fn parts(root: &Path) -> io::Result<[Part; 3]> {
    let part = |path: std::path::PathBuf| path.symlink_metadata().map(|meta| (path, meta));
    let parts = [part(root.to_owned())?, part(root.join("bin"))?, part(root.join("pyvenv.cfg"))?];
    let [root, bin, cfg] = &parts;
    let is_whole = root.1.is_dir() && bin.1.is_dir() && cfg.1.is_file();
    if is_whole { Ok(parts) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

#[cfg(unix)]
fn of_parts([root, bin, cfg]: &[Part; 3]) -> String {
    use std::os::unix::fs::MetadataExt;
    let (second, nanosecond) = (cfg.1.ctime(), cfg.1.ctime_nsec());
    let [root, bin, cfg] = [root, bin, cfg].map(|part| of(&part.1));
    format!("{root}, {bin}, {cfg} {second}.{nanosecond:09}")
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
    object_to_environment(root, user).is_none() && is_in_private_place(root, user)
}

fn is_in_private_place(root: &Path, user: User) -> bool {
    root.parent().is_none_or(|parent| user.object(parent, true).is_none())
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
