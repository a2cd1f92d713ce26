//! Directories whose content decides what runs: nobody else may change them.

use std::io;
use std::path::{Path, PathBuf};

#[cfg(unix)]
use super::users;

/// The reason why a directory is not private to the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrivacyProblem {
    /// Others can write to the directory, or to one above it.
    #[error("others can write to `{}`", .0.display())]
    Writable(PathBuf),
    /// Others can write to the directory, or to one above it, and `chmod` has no effect there.
    #[error("others can write to `{}`, whose filesystem has no mode for each file", .0.display())]
    WritableMount(PathBuf),
    /// The directory, or one above it, belongs to another user.
    #[error("`{}` belongs to another user ({owner})", path.display())]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// Its owner: `uid` and a number, or a SID.
        owner: String,
    },
    /// The system refuses the directory.
    #[error("cannot use `{}`: {reason}", path.display())]
    Unusable {
        /// The directory.
        path: PathBuf,
        /// The system's error.
        reason: String,
    },
}

/// The real path of a directory, which need not exist yet, if nobody else can change what is there: it
/// is the user's alone, and those above it are the user's or root's.
///
/// # Errors
/// The property because of which others can change it.
#[cfg(unix)]
pub(crate) fn check(root: &Path) -> Result<PathBuf, PrivacyProblem> {
    examine(root).map(|(real, _)| real)
}

/// As [`check`], and the directory can be created if it does not exist.
///
/// # Errors
/// As [`check`], and if the directory above it is read-only.
#[cfg(unix)]
pub(crate) fn check_creatable(root: &Path) -> Result<PathBuf, PrivacyProblem> {
    use rustix::fs::{Access, access};
    let (real, above) = examine(root)?;
    if let Some(above) = above {
        access(&above, Access::WRITE_OK).map_err(|error| unusable(&above)(error.into()))?;
    }
    Ok(real)
}

/// The real path of [`check`], and the lowest existing directory above it if it does not exist.
#[cfg(unix)]
fn examine(root: &Path) -> Result<(PathBuf, Option<PathBuf>), PrivacyProblem> {
    let dirs: Vec<&Path> = root.ancestors().collect();
    for dir in dirs.into_iter().rev() {
        let meta = match dir.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok((root.to_owned(), dir.parent().map(Path::to_owned)));
            }
            meta => meta.map_err(unusable(dir))?,
        };
        if meta.is_symlink() {
            // From here on the real path is used, whatever becomes of the link.
            let real = crate::support::path::canonicalize(dir).map_err(unusable(dir))?;
            let rest = root.strip_prefix(dir).unwrap_or(Path::new(""));
            let is_whole = rest.as_os_str().is_empty();
            return examine(&if is_whole { real } else { real.join(rest) });
        }
        if !meta.is_dir() {
            return Err(unusable(dir)(io::ErrorKind::NotADirectory.into()));
        }
        check_directory(dir, &meta, dir == root)?;
    }
    Ok((root.to_owned(), None))
}

#[cfg(unix)]
fn unusable(path: &Path) -> impl FnOnce(io::Error) -> PrivacyProblem {
    let path = path.to_owned();
    |error| PrivacyProblem::Unusable { path, reason: error.kind().to_string() }
}

/// Whether a directory keeps others from changing what is in it. The last one is the user's alone;
/// above it root, a user-private group (its number is the owner's) and group 0 may write, and
/// everybody where only owners can remove entries (sticky).
#[cfg(unix)]
fn check_directory(
    dir: &Path,
    meta: &std::fs::Metadata,
    is_last: bool,
) -> Result<(), PrivacyProblem> {
    use std::os::unix::fs::MetadataExt;
    let (user, owner, group, mode) = (users::effective_uid(), meta.uid(), meta.gid(), meta.mode());
    let is_above = !is_last;
    // Inside a user namespace, files of users that are not mapped have the overflow uid.
    let is_unmapped = || users::is_unmapped(owner);
    if owner != user && !(is_above && (owner == 0 || is_unmapped())) {
        let owner = format!("uid {owner}");
        return Err(PrivacyProblem::Foreign { path: dir.to_owned(), owner });
    }
    let is_group_trusted =
        || (group == owner || group == 0) && super::ownership::is_group_alone(dir);
    let group_may = is_above && mode & 0o020 != 0 && is_group_trusted();
    let others = if group_may { 0o002 } else { 0o022 };
    let is_sticky = is_above && mode & 0o1000 != 0;
    if mode & others != 0 && !is_sticky {
        let has_modes = super::ownership::has_modes(dir);
        let problem =
            if has_modes { PrivacyProblem::Writable } else { PrivacyProblem::WritableMount };
        return Err(problem(dir.to_owned()));
    }
    Ok(())
}

/// The directory, which need not exist yet, if another user has not created it. The access lists of the
/// directories above it decide who can replace it; the profile of a user can belong to another SID, such as
/// that of an account before its migration.
///
/// # Errors
/// If it belongs to another user.
#[cfg(windows)]
pub(crate) fn check(root: &Path) -> Result<PathBuf, PrivacyProblem> {
    match super::ownership::object_to_owner(root) {
        Some(owner) => Err(PrivacyProblem::Foreign { path: root.to_owned(), owner }),
        None => Ok(root.to_owned()),
    }
}

/// As [`check`]: whether the directory can be created depends on access lists, which are not read.
///
/// # Errors
/// As [`check`].
#[cfg(windows)]
pub(crate) fn check_creatable(root: &Path) -> Result<PathBuf, PrivacyProblem> {
    check(root)
}

/// Whether a directory is the user's alone, or is not there yet.
pub(crate) fn is_own(dir: &Path) -> bool {
    is_private(dir) || dir.symlink_metadata().is_err()
}

/// Creates a directory with its parents. New ones are for the user alone, whatever the umask says, as one
/// that others can write to is not used.
///
/// # Errors
/// If that fails, or if another user has created it, or the directory that it is in, in the meantime.
pub(crate) fn create_private_dir(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)?;
    let checked = if cfg!(unix) { 2 } else { 1 };
    let are_private = path.ancestors().take(checked).all(is_private);
    if are_private { Ok(()) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

#[cfg(unix)]
fn is_private(dir: &Path) -> bool {
    let meta = dir.symlink_metadata();
    meta.is_ok_and(|meta| meta.is_dir() && check_directory(dir, &meta, true).is_ok())
}

#[cfg(windows)]
fn is_private(dir: &Path) -> bool {
    dir.is_dir() && check(dir).is_ok()
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn fixture() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().expect("a directory");
        let path = crate::support::path::canonicalize(dir.path()).expect("it is there");
        (dir, path)
    }

    fn set_mode(path: &Path, mode: u32) {
        let mode = PermissionsExt::from_mode(mode);
        std::fs::set_permissions(path, mode).expect("it is ours");
    }

    #[test]
    fn a_cache_is_the_users_alone_and_those_above_are_safe() {
        let (_guard, dir) = fixture();
        let cache = dir.join("a/cache");
        assert_eq!(check(&cache), Ok(cache.clone()), "it need not exist");
        std::fs::create_dir_all(&cache).unwrap();
        for (mode, above, expected) in [
            (0o700, 0o755, Ok(cache.clone())),
            (0o755, 0o700, Ok(cache.clone())),
            (0o775, 0o755, Err(PrivacyProblem::Writable(cache.clone()))),
            (0o777, 0o755, Err(PrivacyProblem::Writable(cache.clone()))),
            (0o1777, 0o755, Err(PrivacyProblem::Writable(cache.clone()))),
            (0o700, 0o777, Err(PrivacyProblem::Writable(dir.join("a")))),
            (0o700, 0o1777, Ok(cache.clone())),
        ] {
            set_mode(&cache, mode);
            set_mode(&dir.join("a"), above);
            assert_eq!(check(&cache), expected, "{mode:o} in {above:o}");
        }
    }

    #[test]
    fn a_link_is_followed_once() {
        let (_guard, dir) = fixture();
        std::fs::create_dir(dir.join("scratch")).unwrap();
        set_mode(&dir.join("scratch"), 0o700);
        symlink("scratch", dir.join("link")).unwrap();
        symlink("nowhere", dir.join("dangling")).unwrap();
        assert_eq!(check(&dir.join("link")), Ok(dir.join("scratch")));
        assert_eq!(check(&dir.join("link/rvenv")), Ok(dir.join("scratch/rvenv")));
        assert!(matches!(check(&dir.join("dangling")), Err(PrivacyProblem::Unusable { .. })));
        std::fs::write(dir.join("file"), "").unwrap();
        assert!(matches!(check(&dir.join("file/rvenv")), Err(PrivacyProblem::Unusable { .. })));
    }

    #[test]
    fn another_users_directories_are_refused_at_every_level() {
        if users::effective_uid() != 0 {
            return;
        }
        let (_guard, dir) = fixture();
        let cache = dir.join("a/b/cache");
        std::fs::create_dir_all(&cache).unwrap();
        for foreign in ["a", "a/b", "a/b/cache"] {
            let foreign = dir.join(foreign);
            std::os::unix::fs::chown(&foreign, Some(54_321), None).unwrap();
            let expected =
                PrivacyProblem::Foreign { path: foreign.clone(), owner: "uid 54321".into() };
            assert_eq!(check(&cache), Err(expected));
            std::os::unix::fs::chown(&foreign, Some(0), None).unwrap();
        }
        assert_eq!(check(&cache), Ok(cache.clone()));
    }
}
