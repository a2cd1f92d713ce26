//! A plan compared with the disk.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use super::{Content, Entry, Plan};
use crate::fs::read_bounded;
use crate::support::executable::is_executable;
use crate::support::limits;

/// The difference between an entry on the disk and its plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// There is nothing.
    Missing,
    /// There is something of another kind: a file for a directory.
    OtherKind,
    /// There is a link that leads elsewhere.
    OtherTarget(PathBuf),
    /// There is a file with other bytes, or of another size where it would be a large copy.
    OtherBytes,
    /// There is a file as planned that may not be executed.
    NotExecutable,
}

impl Plan {
    /// The entries that the disk does not hold as planned, in the plan's order. What is there
    /// beside the plan is no difference.
    pub fn differences<'a>(
        &'a self,
        root: &'a Path,
    ) -> impl Iterator<Item = (&'a Entry, Difference)> + 'a {
        self.entries.iter().filter_map(|entry| Some((entry, entry.difference(root)?)))
    }
}

impl Entry {
    /// The difference between the disk and this entry.
    pub fn difference(&self, root: &Path) -> Option<Difference> {
        let path = root.join(&self.path);
        if let Content::Link(target) = &self.content
            && let Ok(found) = std::fs::read_link(&path)
        {
            return other_target(&path, &found, target);
        }
        let Ok(meta) = path.symlink_metadata() else { return Some(Difference::Missing) };
        let unless = |is_same: bool| (!is_same).then_some(Difference::OtherBytes);
        match &self.content {
            Content::Directory | Content::Tree(_) => {
                (!path.is_dir()).then_some(Difference::OtherKind)
            }
            Content::Link(_) => Some(Difference::OtherKind),
            _ if meta.is_dir() => Some(Difference::OtherKind),
            Content::Share(from) => unless(has_size_of(&path, from)),
            Content::Copy(from) => unless(is_copy(&path, from)).or_else(|| not_executable(&path)),
            Content::Text(bytes) => other_bytes(&path, &meta, bytes),
            Content::Script(bytes) => {
                other_bytes(&path, &meta, bytes).or_else(|| not_executable(&path))
            }
        }
    }
}

/// Whether there is a file of the same size. A copy may be a link to the same file: what counts is what
/// is read there.
fn has_size_of(path: &Path, from: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| {
        meta.is_file() && std::fs::metadata(from).is_ok_and(|of| of.len() == meta.len())
    })
}

/// Whether `path` is a copy of `from`, as far as it is cheap to tell.
pub(crate) fn is_copy(path: &Path, from: &Path) -> bool {
    let stub = |path| read_bounded(path, limits::LAUNCHER_START).ok();
    has_size_of(path, from) && stub(path) == stub(from)
}

fn other_bytes(path: &Path, meta: &Metadata, bytes: &[u8]) -> Option<Difference> {
    let is_same = meta.len() == bytes.len() as u64
        && read_bounded(path, meta.len()).is_ok_and(|found| found == bytes);
    (!is_same).then_some(Difference::OtherBytes)
}

fn not_executable(path: &Path) -> Option<Difference> {
    (!is_executable(path)).then_some(Difference::NotExecutable)
}

/// A link may be spelt otherwise than planned, as long as it leads to the same file.
fn other_target(path: &Path, found: &Path, planned: &Path) -> Option<Difference> {
    let dir = path.parent().unwrap_or(path);
    let planned = dir.join(planned);
    let is_same = dir.join(found) == planned || crate::support::path::same(path, &planned);
    (!is_same).then_some(Difference::OtherTarget(found.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(content: Content) -> Entry {
        Entry::new("x", content)
    }

    #[test]
    fn each_kind_is_told_from_the_others() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let text = entry(Content::Text(b"one".to_vec()));
        assert_eq!(text.difference(root), Some(Difference::Missing));
        assert_eq!(entry(Content::Directory).difference(root), Some(Difference::Missing));

        std::fs::write(root.join("x"), "one").unwrap();
        assert_eq!(text.difference(root), None);
        assert_eq!(
            entry(Content::Text(b"two".to_vec())).difference(root),
            Some(Difference::OtherBytes)
        );
        assert_eq!(entry(Content::Directory).difference(root), Some(Difference::OtherKind));
        assert_eq!(entry(Content::Link("y".into())).difference(root), Some(Difference::OtherKind));
        std::fs::write(root.join("y"), "three").unwrap();
        let copy = entry(Content::Copy(root.join("y")));
        assert_eq!(copy.difference(root), Some(Difference::OtherBytes));
        std::fs::write(root.join("x"), "other").unwrap();
        assert_eq!(copy.difference(root), Some(Difference::OtherBytes));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_judged_by_where_it_leads() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::write(root.join("base"), "").unwrap();
        std::os::unix::fs::symlink("base", root.join("alias")).unwrap();
        std::os::unix::fs::symlink(root.join("alias"), root.join("x")).unwrap();
        assert_eq!(entry(Content::Link(root.join("base"))).difference(root), None);
        assert_eq!(entry(Content::Link("base".into())).difference(root), None);
        std::fs::write(root.join("other"), "").unwrap();
        assert_eq!(
            entry(Content::Link("other".into())).difference(root),
            Some(Difference::OtherTarget(root.join("alias")))
        );
    }
}
