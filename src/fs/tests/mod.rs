//! What the parts promise together.

mod stage;

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Doomed, Guard};
use crate::Host;

/// A temporary directory, and its real path.
fn world() -> (TempDir, PathBuf) {
    let root = tempfile::Builder::new().prefix("rvenv-fs-").tempdir().unwrap();
    let path = root.path().canonicalize().unwrap();
    (root, path)
}

/// Every path below `root`, sorted.
fn tree(root: &Path) -> Vec<String> {
    let entries = walkdir::WalkDir::new(root).min_depth(1).sort_by_file_name();
    entries
        .into_iter()
        .map(|entry| {
            entry.unwrap().path().strip_prefix(root).unwrap().to_string_lossy().into_owned()
        })
        .collect()
}

/// A directory that passes for an environment, told apart by what is in `which`.
fn environment(path: &Path, which: &str) {
    std::fs::create_dir(path).unwrap();
    std::fs::write(path.join("pyvenv.cfg"), "home = /usr/bin\n").unwrap();
    std::fs::write(path.join("which"), which).unwrap();
}

fn which(path: &Path) -> String {
    std::fs::read_to_string(path.join("which")).unwrap()
}

fn doom(path: &Path) -> Doomed {
    Guard::new(&Host::new([("HOME", "/nonexistent/home")], "/nonexistent/cwd")).judge(path).unwrap()
}
