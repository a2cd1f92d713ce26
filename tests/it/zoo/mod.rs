//! Unusual Pythons, derived in seconds from one that is installed: each differs from it where Pythons of
//! distributions and of users differ.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// `X.Y` of the Python at `python`, `TREE/bin/python3`, by the name of its library.
fn short(python: &Path) -> String {
    let lib = python.ancestors().nth(2).unwrap().join("lib");
    let names = fs::read_dir(lib).unwrap().flatten().map(|entry| entry.file_name());
    let names: Vec<_> = names.filter_map(|name| name.into_string().ok()).collect();
    names
        .iter()
        .find_map(|name| name.strip_prefix("python3."))
        .map(|minor| format!("3.{minor}"))
        .unwrap()
}

/// Makes a build directory of the source's tree at `to`, as `make` leaves it, and returns its executable.
/// The interpreter finds the source by its compiled-in `VPATH`, which is the directory itself.
pub(crate) fn build_directory(python: &Path, to: &Path) -> PathBuf {
    let short = short(python);
    let library = python.ancestors().nth(2).unwrap().join("lib").join(format!("python{short}"));
    fs::create_dir_all(to.join("build/lib.any")).unwrap();
    fs::create_dir_all(to.join("Lib")).unwrap();
    fs::create_dir_all(to.join("Modules")).unwrap();
    fs::write(to.join("Modules/Setup.local"), "").unwrap();
    for entry in fs::read_dir(&library).unwrap().flatten() {
        let name = entry.file_name();
        let name = name.to_str().unwrap();
        if name == "site-packages" {
            continue;
        }
        let is_built = name.starts_with("_sysconfigdata");
        let dir = if is_built { "build/lib.any" } else { "Lib" };
        symlink(entry.path(), to.join(dir).join(name)).unwrap();
    }
    for entry in fs::read_dir(library.join("lib-dynload")).unwrap().flatten() {
        symlink(entry.path(), to.join("build/lib.any").join(entry.file_name())).unwrap();
    }
    fs::write(to.join("pybuilddir.txt"), "build/lib.any").unwrap();
    let executable = to.join("python");
    fs::copy(python, &executable).unwrap();
    executable
}
