//! Which names and kinds of entries are refused.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::error::Fault;
use crate::fs::is_normal;
use crate::pack::MANIFEST;
use crate::support::limits;
use crate::support::path::from_bytes;

/// Beginnings of names at the root that rvenv uses for temporary files.
const RESERVED: &str = ".rvenv";
/// The part of a name that is too long which its message shows, in bytes: less than a line of a terminal.
const SHOWN: usize = 64;

/// The entries that were read so far.
#[derive(Debug, Default)]
pub(super) struct Names {
    kinds: HashMap<PathBuf, Kind>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    File,
    Directory,
    /// A directory that has no entry of its own so far.
    Parent,
}

/// An entry that may be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Admitted {
    /// Relative, and inside the directory.
    pub(super) path: PathBuf,
    /// The parent directories without an entry in the archive so far, outermost first.
    pub(super) parents: Vec<PathBuf>,
}

impl Names {
    /// The path of an entry, if it may be written.
    pub(super) fn admit(&mut self, name: &[u8], is_directory: bool) -> Result<Admitted, Fault> {
        if self.kinds.len() as u64 >= limits::ARCHIVE_ENTRIES {
            return Err(Fault::TooMany);
        }
        let path = safe_path(name, is_directory)?;
        let mut parents = Vec::new();
        for parent in path.ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty()) {
            match self.kinds.get(parent) {
                Some(Kind::File) => return Err(Fault::FileAsDirectory { name: shown(parent) }),
                Some(_) => break,
                None => {
                    self.kinds.insert(parent.to_owned(), Kind::Parent);
                    parents.push(parent.to_owned());
                }
            }
        }
        parents.reverse();
        let kind = if is_directory { Kind::Directory } else { Kind::File };
        match (self.kinds.insert(path.clone(), kind), kind) {
            (None, _) | (Some(Kind::Parent), Kind::Directory) => Ok(Admitted { path, parents }),
            (Some(old), kind) if old == kind => Err(Fault::Duplicate { name: shown(&path) }),
            _ => Err(Fault::FileAsDirectory { name: shown(&path) }),
        }
    }
}

/// The path that a name means, if it is inside the directory.
fn safe_path(name: &[u8], is_directory: bool) -> Result<PathBuf, Fault> {
    let stripped = name.strip_suffix(b"/").filter(|_| is_directory).unwrap_or(name);
    let is_long = stripped.len() as u64 > limits::ARCHIVE_PATH
        || stripped.split(|byte| *byte == b'/').any(|part| part.len() > limits::ARCHIVE_NAME);
    if is_long {
        return Err(Fault::NameTooLong { name: escaped(&name[..name.len().min(SHOWN)]) });
    }
    let path = from_bytes(stripped);
    let is_reserved = || {
        let first = path.iter().next().map(|part| part.to_string_lossy().to_lowercase());
        path != Path::new(MANIFEST) && first.is_some_and(|first| first.starts_with(RESERVED))
    };
    if stripped.contains(&0) || !is_normal(&path) || is_reserved() {
        return Err(Fault::UnsafeName { name: escaped(name) });
    }
    Ok(path)
}

/// A name for a message.
pub(super) fn shown(path: &Path) -> String {
    escaped(path.as_os_str().as_encoded_bytes())
}

/// A name for a message: what controls a terminal, or changes the direction of text, is escaped.
pub(super) fn escaped(name: &[u8]) -> String {
    String::from_utf8_lossy(name).escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(names: &[&str]) -> Result<Admitted, Fault> {
        let mut all = Names::default();
        let admitted: Result<Vec<_>, _> =
            names.iter().map(|name| all.admit(name.as_bytes(), name.ends_with('/'))).collect();
        Ok(admitted?.pop().expect("a name"))
    }

    #[test]
    fn parents_without_entries_are_given_once() {
        let mut all = Names::default();
        let mut parents = |name: &str| all.admit(name.as_bytes(), false).unwrap().parents;
        assert_eq!(parents("a/b/c"), [Path::new("a"), Path::new("a/b")]);
        assert!(parents("a/b/d").is_empty());
        assert_eq!(parents("a/e/f"), [Path::new("a/e")]);
    }

    #[test]
    fn paths_of_environments_are_admitted() {
        for names in [
            &["bin/", "bin/python", "lib/", "lib/a.py"][..],
            // Some archivers write directories behind their files, or not at all.
            &["lib/python3.12/site-packages/a.py", "lib/"],
            &["Foo.py", "foo.py"],
            &[".rvenv-pack.json"],
            &["lib/.rvenv", "a..b", "..a", "a b", "\u{e9}"],
        ] {
            assert!(admit(names).is_ok(), "{names:?}");
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in [
            "",
            "/",
            "//",
            ".",
            "..",
            "./a",
            "a/..",
            "a/../b",
            "../a",
            "/etc/passwd",
            "a//b",
            "a/.",
            "a\0b",
            ".rvenv/1/lock",
            ".rvenv-pack.json/x",
            ".rvenv-pack.JSON",
            ".RVENV/x",
        ] {
            let fault = admit(&[name]).unwrap_err();
            assert!(matches!(fault, Fault::UnsafeName { .. }), "{name:?}: {fault}");
        }
        let long = "x".repeat(256);
        let deep = "x/".repeat(2100) + "x";
        for name in [&long, &deep] {
            assert!(matches!(admit(&[name]).unwrap_err(), Fault::NameTooLong { .. }));
        }
    }

    #[test]
    fn entries_that_contradict_each_other_are_refused() {
        for names in [["a", "a"], ["a/", "a/"]] {
            assert!(matches!(admit(&names).unwrap_err(), Fault::Duplicate { .. }), "{names:?}");
        }
        for names in [["a", "a/b"], ["a/b", "a"], ["a/", "a"], ["a", "a/"]] {
            let fault = admit(&names).unwrap_err();
            assert!(matches!(fault, Fault::FileAsDirectory { .. }), "{names:?}: {fault}");
        }
    }

    #[test]
    fn names_in_messages_are_escaped() {
        let fault = admit(&["../\u{1b}[2J\u{202e}\n"]).unwrap_err().to_string();
        assert!(fault.contains(r"../\u{1b}[2J\u{202e}\n"), "{fault}");
    }

    proptest::proptest! {
        #[test]
        fn accepted_paths_stay_inside(name in "[a./\\x00\\\\é]{0,12}") {
            if let Ok(admitted) = Names::default().admit(name.as_bytes(), name.ends_with('/')) {
                assert!(is_normal(&admitted.path) && admitted.path.is_relative());
            }
        }
    }
}
