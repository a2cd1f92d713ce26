//! Canonical paths, their comparison, and paths as bytes.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

/// `path` without the prefix `\\?\`, which most programs do not accept, if it names the same file
/// without it.
#[cfg(windows)]
pub fn strip_verbatim_prefix(path: &Path) -> Cow<'_, Path> {
    use std::ffi::OsString;
    use std::path::{Component, Prefix};
    let mut parts = path.components();
    let Some(Component::Prefix(prefix)) = parts.next() else { return path.into() };
    let mut plain = match prefix.kind() {
        Prefix::VerbatimDisk(letter) => OsString::from(format!("{}:", char::from(letter))),
        Prefix::VerbatimUNC(server, share) => {
            [r"\\".as_ref(), server, r"\".as_ref(), share].into_iter().collect()
        }
        _ => return path.into(),
    };
    plain.push(parts.as_path());
    // `CON` and `name.` are other files' names without it.
    match std::path::absolute(&plain) {
        Ok(meant) if meant.as_os_str() == plain => meant.into(),
        _ => path.into(),
    }
}

/// Other systems have no such prefix.
#[cfg(not(windows))]
pub fn strip_verbatim_prefix(path: &Path) -> Cow<'_, Path> {
    path.into()
}

/// The path that bytes in a file name: any bytes do on Unix.
#[cfg(unix)]
pub(crate) fn from_bytes(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(bytes).into()
}

/// The path that bytes in a file name, which is text elsewhere.
#[cfg(not(unix))]
pub(crate) fn from_bytes(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// `path` with its links resolved, on case-insensitive filesystems with the names in their stored case.
///
/// # Errors
/// Those of realpath(3).
#[expect(clippy::disallowed_methods, reason = "this is what is to be used instead")]
pub fn canonicalize(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    let path = std::fs::canonicalize(path)?;
    let shorter = match strip_verbatim_prefix(&path) {
        Cow::Owned(plain) => Some(plain),
        Cow::Borrowed(_) => None,
    };
    Ok(shorter.unwrap_or(path))
}

/// Whether both paths exist and have the same canonical path.
pub(crate) fn same(one: &Path, other: &Path) -> bool {
    canonicalize(one).is_ok_and(|one| canonicalize(other).is_ok_and(|other| one == other))
}

/// Whether both paths are equal, or exist and have the same canonical path.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    one == other || same(one, other)
}

/// Whether a path in a list of files has an extension. A name such as `.py` has none.
pub(crate) fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

/// Whether a directory above `path` cannot be searched, so that its content is unknown.
pub(crate) fn is_permission_denied(path: &Path) -> bool {
    path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_missing_paths_are_not_the_same_file() {
        let dir = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| dir.path().join(name));
        assert!(!is_same_file(&a, &b));
        assert!(is_same_file(&a, &a));
        std::fs::create_dir(&a).unwrap();
        assert!(!is_same_file(&a, &b));
        assert!(is_same_file(&a, &dir.path().join("a/../a")));
    }

    #[cfg(windows)]
    #[test]
    fn the_verbatim_prefix_goes_where_the_path_means_the_same_without_it() {
        let long = format!(r"C:\{}", "long name\\".repeat(50));
        for (path, expected) in [
            (r"\\?\C:\a\b".to_owned(), r"C:\a\b"),
            (r"\\?\c:\".to_owned(), r"C:\"),
            (r"\\?\UNC\server\share\a".to_owned(), r"\\server\share\a"),
            (format!(r"\\?\{long}x"), &format!("{long}x")),
            (r"\\?\C:\CON".to_owned(), r"\\?\C:\CON"),
            (r"\\?\C:\name.".to_owned(), r"\\?\C:\name."),
            (r"\\?\Volume{1}\a".to_owned(), r"\\?\Volume{1}\a"),
            (r"C:\a".to_owned(), r"C:\a"),
            ("a".to_owned(), "a"),
        ] {
            assert_eq!(strip_verbatim_prefix(Path::new(&path)).as_os_str(), expected, "{path}");
        }
    }
}
