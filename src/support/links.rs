//! Symbolic links, followed one at a time.

use std::fs;
use std::iter;
use std::path::{Component, Path, PathBuf};

use super::path::canonicalize;

/// The number of links that are followed before a cycle is assumed: as many as Linux follows
/// (`path_resolution(7)`).
const MAX_LINKS: usize = 40;

/// `path`, and each path that it links to. A link is read when its target is asked for.
pub(crate) fn chain(path: &Path) -> impl Iterator<Item = PathBuf> {
    let mut last: Option<PathBuf> = None;
    let follow = move || {
        let next = match &last {
            None => path.to_owned(),
            Some(link) => join(link.parent()?, &fs::read_link(link).ok()?),
        };
        last = Some(next.clone());
        Some(next)
    };
    iter::from_fn(follow).take(MAX_LINKS + 1)
}

/// The path that the link at `path` ends at, which need not exist; `None` if it is not a link,
/// or in a cycle.
pub(crate) fn end(path: &Path) -> Option<PathBuf> {
    let end = chain(path).skip(1).last()?;
    fs::read_link(&end).is_err().then_some(end)
}

/// `target` as seen from `dir`. The parent of a link is the parent of its target, not of its name.
fn join(dir: &Path, target: &Path) -> PathBuf {
    let mut out = dir.to_owned();
    for part in target.components() {
        match part {
            Component::ParentDir => {
                if out.is_symlink() {
                    out = canonicalize(&out).unwrap_or(out);
                }
                out.pop();
            }
            Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_followed_to_their_end() {
        let dir = tempfile::tempdir().unwrap();
        let dir = canonicalize(dir.path()).unwrap();
        fs::create_dir_all(dir.join("real/below")).unwrap();
        symlink("real/below", dir.join("alias")).unwrap();
        symlink("alias/../nothing", dir.join("first")).unwrap();
        symlink("first", dir.join("second")).unwrap();
        assert_eq!(end(&dir.join("second")), Some(dir.join("real/nothing")));
        assert_eq!(end(&dir.join("real")), None);
        assert_eq!(end(&dir.join("missing")), None);
        assert_eq!(chain(&dir.join("second")).count(), 3);
    }

    #[test]
    fn a_cycle_has_no_end() {
        let dir = tempfile::tempdir().unwrap();
        symlink("b", dir.path().join("a")).unwrap();
        symlink("a", dir.path().join("b")).unwrap();
        assert_eq!(end(&dir.path().join("a")), None);
    }
}
