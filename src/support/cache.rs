//! What is remembered between runs.
//!
//! The cache makes things fast and is never needed: unwritable, missing, foreign or corrupt, it
//! costs time and nothing else.

use std::io;
use std::path::{Path, PathBuf};

use crate::support::dirs;
use crate::support::host::Host;

/// The names in the directory that are rvenv's: what cleaning removes.
const PARTS: [&str; 2] = ["interpreters", "pip"];

/// The directory for what is remembered, if there is one that can be trusted.
#[derive(Clone, Debug)]
pub struct Cache {
    root: Option<PathBuf>,
    problem: Option<CacheProblem>,
}

/// Why there is no cache.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CacheProblem {
    /// The user asked for none, by an empty `RVENV_CACHE_DIR`.
    #[error("`RVENV_CACHE_DIR` is empty")]
    Disabled,
    /// No variable names a home.
    #[error("no variable names a home or a cache directory")]
    NoHome,
    /// Others can write to the directory, or to one above it.
    #[error("others can write to `{}`", .0.display())]
    Writable(PathBuf),
    /// The directory, or one above it, belongs to another user.
    #[error("`{}` belongs to another user (uid {owner})", path.display())]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// Its owner's number.
        owner: u32,
    },
    /// The directory cannot be looked at.
    #[error("cannot use `{}`: {reason}", path.display())]
    Unusable {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
}

impl Cache {
    /// The cache of this host: `RVENV_CACHE_DIR`, else `rvenv` in the user's cache directory
    /// ([`dirs::cache`]).
    ///
    /// Whoever can write there could put any code into the pip of every new environment. So the directory
    /// must be the user's alone, and those above it the user's or root's. Then nobody else can change what
    /// its real path leads to, and the path is as good as an open handle.
    pub fn of(host: &Host) -> Self {
        let is_disabled = host
            .vars()
            .any(|(name, value)| name.eq_ignore_ascii_case("RVENV_CACHE_DIR") && value.is_empty());
        let checked = match Self::place(host) {
            _ if is_disabled => Err(CacheProblem::Disabled),
            None => Err(CacheProblem::NoHome),
            Some(root) => check(&root),
        };
        match checked {
            Ok(root) => Self { root: Some(root), problem: None },
            Err(problem) => Self { root: None, problem: Some(problem) },
        }
    }

    /// No cache: nothing is remembered.
    pub const fn none() -> Self {
        Self { root: None, problem: None }
    }

    /// A cache in this directory, which is the caller's own: one that lives as long as the work.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: Some(root.into()), problem: None }
    }

    /// The cache directory, which need not exist yet; `None` without a cache.
    pub fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// Why there is no cache, where there is none.
    pub fn problem(&self) -> Option<&CacheProblem> {
        self.problem.as_ref()
    }

    /// The parts of it that exist. The user may keep other things in the same directory.
    pub fn parts(&self) -> Vec<PathBuf> {
        let root = self.root.iter();
        root.flat_map(|root| PARTS.map(|name| root.join(name)))
            .filter(|part| part.is_dir())
            .collect()
    }

    fn place(host: &Host) -> Option<PathBuf> {
        if let Some(dir) = host.path_var("RVENV_CACHE_DIR") {
            return Some(host.absolute(dir));
        }
        dirs::cache(host).map(|dir| dir.join("rvenv"))
    }
}

/// The real path of a cache directory, which need not exist yet, if nobody else can change what is there.
#[cfg(unix)]
fn check(root: &Path) -> Result<PathBuf, CacheProblem> {
    let dirs: Vec<&Path> = root.ancestors().collect();
    for dir in dirs.into_iter().rev() {
        let meta = match dir.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            meta => meta.map_err(unusable(dir))?,
        };
        if meta.is_symlink() {
            // From here on the real path is used, whatever becomes of the link.
            let real = crate::support::path::canonicalize(dir).map_err(unusable(dir))?;
            let rest = root.strip_prefix(dir).unwrap_or(Path::new(""));
            let is_whole = rest.as_os_str().is_empty();
            return check(&if is_whole { real } else { real.join(rest) });
        }
        if !meta.is_dir() {
            return Err(unusable(dir)(io::ErrorKind::NotADirectory.into()));
        }
        check_directory(dir, &meta, dir == root)?;
    }
    Ok(root.to_owned())
}

#[cfg(unix)]
fn unusable(path: &Path) -> impl FnOnce(io::Error) -> CacheProblem {
    let path = path.to_owned();
    |error| CacheProblem::Unusable { path, reason: error.kind().to_string() }
}

/// Whether a directory keeps others from changing what is in it. The cache itself is the user's alone;
/// above it root, a user-private group (its number is the owner's) and group 0 may write, and
/// everybody where only owners can remove entries (sticky).
#[cfg(unix)]
fn check_directory(
    dir: &Path,
    meta: &std::fs::Metadata,
    is_cache: bool,
) -> Result<(), CacheProblem> {
    use std::os::unix::fs::MetadataExt;
    let (user, owner, group, mode) =
        (super::users::effective_uid(), meta.uid(), meta.gid(), meta.mode());
    let is_above = !is_cache;
    // Inside a user namespace, files of users that are not mapped have the overflow uid.
    let is_unmapped = || super::users::is_unmapped(owner);
    if owner != user && !(is_above && (owner == 0 || is_unmapped())) {
        return Err(CacheProblem::Foreign { path: dir.to_owned(), owner });
    }
    let group_may = is_above && (group == owner || group == 0);
    let others = if group_may { 0o002 } else { 0o022 };
    let is_sticky = is_above && mode & 0o1000 != 0;
    if mode & others != 0 && !is_sticky {
        return Err(CacheProblem::Writable(dir.to_owned()));
    }
    Ok(())
}

/// Access lists guard the user's own directories.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
fn check(root: &Path) -> Result<PathBuf, CacheProblem> {
    Ok(root.to_owned())
}

/// Whether a directory is ours alone, or not there yet.
#[cfg(unix)]
pub(crate) fn trusted(root: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::symlink_metadata(root).is_ok_and(|meta| {
        // Ours, and not open for others to write into.
        meta.is_dir()
            && meta.uid() == rustix::process::geteuid().as_raw()
            && meta.mode() & 0o022 == 0
    }) || !root.exists()
}

#[cfg(not(unix))]
pub(crate) fn trusted(_root: &Path) -> bool {
    // The user's own profile directory is guarded by its access list.
    true
}

/// Creates a directory of the cache with its parents. New ones are for the user alone, whatever the
/// umask says, as a cache that others can write to is not used.
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
    let are_ours = path.ancestors().take(2).all(trusted);
    if are_ours { Ok(()) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn world() -> (tempfile::TempDir, PathBuf) {
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
        let (_guard, dir) = world();
        let cache = dir.join("a/cache");
        assert_eq!(check(&cache), Ok(cache.clone()), "it need not exist");
        std::fs::create_dir_all(&cache).unwrap();
        for (mode, above, expected) in [
            (0o700, 0o755, Ok(cache.clone())),
            (0o755, 0o700, Ok(cache.clone())),
            (0o775, 0o755, Err(CacheProblem::Writable(cache.clone()))),
            (0o777, 0o755, Err(CacheProblem::Writable(cache.clone()))),
            (0o1777, 0o755, Err(CacheProblem::Writable(cache.clone()))),
            (0o700, 0o777, Err(CacheProblem::Writable(dir.join("a")))),
            (0o700, 0o1777, Ok(cache.clone())),
        ] {
            set_mode(&cache, mode);
            set_mode(&dir.join("a"), above);
            assert_eq!(check(&cache), expected, "{mode:o} in {above:o}");
        }
    }

    #[test]
    fn a_link_is_followed_once() {
        let (_guard, dir) = world();
        std::fs::create_dir(dir.join("scratch")).unwrap();
        set_mode(&dir.join("scratch"), 0o700);
        symlink("scratch", dir.join("link")).unwrap();
        symlink("nowhere", dir.join("dangling")).unwrap();
        assert_eq!(check(&dir.join("link")), Ok(dir.join("scratch")));
        assert_eq!(check(&dir.join("link/rvenv")), Ok(dir.join("scratch/rvenv")));
        assert!(matches!(check(&dir.join("dangling")), Err(CacheProblem::Unusable { .. })));
        std::fs::write(dir.join("file"), "").unwrap();
        assert!(matches!(check(&dir.join("file/rvenv")), Err(CacheProblem::Unusable { .. })));
    }

    #[test]
    fn another_users_directories_are_refused_at_every_level() {
        if super::super::users::effective_uid() != 0 {
            return;
        }
        let (_guard, dir) = world();
        let cache = dir.join("a/b/cache");
        std::fs::create_dir_all(&cache).unwrap();
        for foreign in ["a", "a/b", "a/b/cache"] {
            let foreign = dir.join(foreign);
            std::os::unix::fs::chown(&foreign, Some(54_321), None).unwrap();
            let expected = CacheProblem::Foreign { path: foreign.clone(), owner: 54_321 };
            assert_eq!(check(&cache), Err(expected));
            std::os::unix::fs::chown(&foreign, Some(0), None).unwrap();
        }
        assert_eq!(check(&cache), Ok(cache.clone()));
    }

    #[test]
    fn an_empty_variable_means_no_cache() {
        let host = Host::new([("RVENV_CACHE_DIR", ""), ("HOME", "/root")], "/");
        let cache = Cache::of(&host);
        assert_eq!((cache.root(), cache.problem()), (None, Some(&CacheProblem::Disabled)));
    }
}
