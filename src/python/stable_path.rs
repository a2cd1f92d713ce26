//! The choice of the path of a base's executable that is valid for the longest time.
//!
//! An environment contains a path of its base and stops working when that path becomes invalid. A link
//! into another tree (`~/bin/python` to a version manager's file) is followed, because Python does not
//! find its library from there (cpython#106045, virtualenv#3157). A link to a whole tree and Homebrew's
//! `opt` link are kept, because a patch release changes only their targets (uv#1640).

use std::path::{Path, PathBuf};

use crate::support::links::chain;
use crate::support::path::same;

/// The stable path of the executable at `asked`. `library` is the standard library, relative to the
/// tree's root.
pub(super) fn executable(asked: &Path, library: &Path, stdlib: &Path) -> PathBuf {
    let kept = chain(asked)
        .find(|path| in_tree(path, library, stdlib) || is_build(path))
        .unwrap_or_else(|| asked.to_owned());
    let kept = homebrew(&kept).unwrap_or(kept);
    formula(&kept).unwrap_or(kept)
}

/// Whether the tree of `path` contains the library: `TREE/bin/python3` with `TREE/lib/python3.12`.
fn in_tree(path: &Path, library: &Path, stdlib: &Path) -> bool {
    let Some(dir) = path.parent() else { return false };
    // On Windows the executable is in the tree's root.
    dir.ancestors().take(2).any(|tree| same(&tree.join(library), stdlib))
}

/// Whether `path` is the executable of a build directory: CPython finds the source's library by this file
/// beside it (`Modules/getpath.py`).
fn is_build(path: &Path) -> bool {
    !path.is_symlink() && path.with_file_name("pybuilddir.txt").is_file()
}

/// `PREFIX/opt/python@3.12/…` for `PREFIX/Cellar/python@3.12/3.12.1/…`, when it is the same file.
fn homebrew(path: &Path) -> Option<PathBuf> {
    let parts: Vec<_> = path.components().collect();
    let cellar = parts.iter().position(|part| part.as_os_str() == "Cellar")?;
    let [formula, _version, rest @ ..] = parts.get(cellar + 1..)? else { return None };
    let mut opt: PathBuf = parts[..cellar].iter().collect();
    opt.extend([Path::new("opt"), formula.as_ref()]);
    opt.extend(rest);
    same(&opt, path).then_some(opt)
}

/// `PREFIX/opt/python@3.12/bin/python3.12` for the same file in that formula's `Frameworks`: on macOS
/// Homebrew's Python is a framework and reports this link as its own path.
fn formula(path: &Path) -> Option<PathBuf> {
    let tree =
        path.ancestors().find(|dir| dir.file_name() == Some("Frameworks".as_ref()))?.parent()?;
    let link = tree.join("bin").join(path.file_name()?);
    (tree.parent()?.file_name() == Some("opt".as_ref()) && same(&link, path)).then_some(link)
}
