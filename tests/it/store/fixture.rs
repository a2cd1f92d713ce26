//! An environment, archives of every kind, and a store.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::sandbox::{Ran, Sandbox};

const WHEELS: &str = include_str!("wheels.py");

/// Every project of `wheels.py` that can be stored.
pub(crate) const PROJECTS: [&str; 12] = [
    "plain",
    "pack",
    "ns.one",
    "ns_two",
    "with-data",
    "path-file",
    "stable",
    "both",
    "tagged",
    "Mixed.Name_of-it",
    "unicode",
    "built",
];

/// A sandbox whose pip knows only the archives of `wheels.py`, made for `python`.
pub(crate) fn fixture(python: &Path) -> Sandbox {
    let mut sandbox = Sandbox::new();
    let archives = sandbox.root().join("archives");
    let maker = sandbox.root().join("wheels.py");
    std::fs::write(&maker, WHEELS).unwrap();
    Ran::of(sandbox.command(python).arg("-I").arg(maker).arg(&archives)).ok();
    sandbox.set("PIP_NO_INDEX", "1").set("PIP_FIND_LINKS", archives);
    sandbox.set("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    sandbox
}

/// `NAME==1.0` of each project.
pub(crate) fn pins(projects: &[&str]) -> Vec<String> {
    projects.iter().map(|name| format!("{name}==1.0")).collect()
}

/// An entry: its permission bits, and its bytes or the target of the link; `None` for a directory.
pub(crate) type Content = (u32, Option<Vec<u8>>);

/// Everything below `root`, by its relative path.
pub(crate) fn contents(root: &Path) -> BTreeMap<PathBuf, Content> {
    let mut found = BTreeMap::new();
    for entry in walkdir::WalkDir::new(root).min_depth(1).into_iter().map(Result::unwrap) {
        let meta = entry.path().symlink_metadata().unwrap();
        let bytes = if meta.is_dir() {
            None
        } else if meta.is_symlink() {
            let target = std::fs::read_link(entry.path()).unwrap();
            Some(target.into_os_string().into_encoded_bytes())
        } else {
            Some(std::fs::read(entry.path()).unwrap())
        };
        let path = entry.path().strip_prefix(root).unwrap().to_owned();
        found.insert(path, (meta.permissions().mode() & 0o7777, bytes));
    }
    found
}

/// Asserts that two directories had the same content.
#[track_caller]
pub(crate) fn assert_same(one: &BTreeMap<PathBuf, Content>, other: &BTreeMap<PathBuf, Content>) {
    let missing = |here: &BTreeMap<PathBuf, Content>, there: &BTreeMap<PathBuf, Content>| {
        here.keys().filter(|path| !there.contains_key(*path)).cloned().collect::<Vec<_>>()
    };
    assert_eq!((missing(one, other), missing(other, one)), (Vec::new(), Vec::new()));
    for (path, content) in one {
        let other = &other[path];
        let text = |content: &Content| {
            content.1.as_deref().map(String::from_utf8_lossy).map(|text| text.into_owned())
        };
        assert_eq!(content.0, other.0, "the mode of {}", path.display());
        assert!(content == other, "{}: {:?} {:?}", path.display(), text(content), text(other));
    }
}
