//! The entries that tools create at an environment's root, and that are not the user's.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use super::sys::{Handle, Kind, Mounts};
use super::{Error, Result};

/// The condition under which a name of the table counts as created by a tool.
#[derive(Clone, Copy)]
enum When {
    Always,
    /// If an entry of this name is at the root, too.
    With(&'static str),
    /// If it contains nothing but directories with a repository: the rule for repositories decides.
    Checkouts,
}

use When::{Always, Checkouts, With};

/// The entries that environment tools, installers, Python, systems and caches create, with their creators.
const NAMES: &[(&str, When)] = &[
    // Python's `venv` (Lib/venv/__init__.py; `lib64` and `Scripts` by platform); `site` (PEP 405).
    ("bin", Always),
    ("include", Always),
    ("Include", Always),
    ("lib", Always),
    ("Lib", Always),
    ("lib64", Always),
    // `sys.platlibdir` of Gentoo's 32-bit and x32 builds, a directory of its own from 3.15 on.
    ("lib32", Always),
    ("libx32", Always),
    ("Scripts", Always),
    ("pyvenv.cfg", Always),
    (".gitignore", Always),
    ("__pycache__", Always),
    // Installers: data files of wheels (`data` of sysconfig's scheme is the root), `pip install -e
    // git+…` (src), pip before 10 (pip-selfcheck.json), Debian's `posix_local` scheme (local).
    ("share", Always),
    ("etc", Always),
    ("man", Always),
    ("src", Checkouts),
    ("pip-selfcheck.json", Always),
    ("local", Always),
    // virtualenv, uv and rvenv (.lock is uv's, .rvenv and the manifest of `rvenv pack` are ours);
    // macOS's and PyPy's layouts.
    ("CACHEDIR.TAG", Always),
    (".lock", Always),
    (".rvenv", Always),
    (".rvenv-pack.json", Always),
    (".Python", Always),
    ("lib-python", Always),
    ("lib_pypy", Always),
    ("site-packages", Always),
    ("DLLs", Always),
    ("libs", Always),
    ("tcl", Always),
    // virtualenvwrapper and pipenv (.project), pipx, rye, pre-commit, tox, nox (tmp).
    (".project", Always),
    ("pipx_metadata.json", Always),
    ("rye-venv.json", Always),
    (".install_state_v1", Always),
    (".install_state_v2", Always),
    (".tox-info.json", Always),
    (".tox-config1", Always),
    ("log", With(".tox-info.json")),
    ("tmp", With(".tox-info.json")),
    // nodeenv --python-virtualenv (lib/node_modules, and these of Node's archive).
    ("CHANGELOG.md", With("bin/node")),
    ("LICENSE", With("bin/node")),
    ("README.md", With("bin/node")),
    // conda and mamba, also where `python -m venv` ran over their environment.
    ("conda-meta", Always),
    ("condabin", With("conda-meta")),
    ("compiler_compat", With("conda-meta")),
    ("doc", With("conda-meta")),
    ("docs", With("conda-meta")),
    ("fonts", With("conda-meta")),
    ("libexec", With("conda-meta")),
    ("Library", With("conda-meta")),
    ("Menu", With("conda-meta")),
    ("mkspecs", With("conda-meta")),
    ("plugins", With("conda-meta")),
    ("qml", With("conda-meta")),
    ("sbin", With("conda-meta")),
    ("shell", With("conda-meta")),
    ("ssl", With("conda-meta")),
    ("Tools", With("conda-meta")),
    ("translations", With("conda-meta")),
    ("var", With("conda-meta")),
    ("x86_64-conda-linux-gnu", With("conda-meta")),
    ("aarch64-conda-linux-gnu", With("conda-meta")),
    ("python.exe", With("conda-meta")),
    ("pythonw.exe", With("conda-meta")),
    // File systems and desktops.
    ("lost+found", Always),
    (".DS_Store", Always),
    (".localized", Always),
    ("Thumbs.db", Always),
    ("desktop.ini", Always),
    (".directory", Always),
    // Caches of editors, type checkers, linters and tests.
    (".pytest_cache", Always),
    (".mypy_cache", Always),
    (".ruff_cache", Always),
    (".pyre", Always),
    (".pytype", Always),
    (".hypothesis", Always),
    (".ropeproject", Always),
    (".ipynb_checkpoints", Always),
    (".coverage", Always),
];

/// Prefixes of such names: files that NFS and FUSE keep while a program has them open, and metadata of
/// macOS on other filesystems.
const PREFIXES: [&str; 3] = [".nfs", ".fuse_hidden", "._"];

/// Whether a directory contains entries that no environment tool creates at an environment's root.
///
/// # Errors
/// If the directory cannot be read.
pub(crate) fn has_user_entries(directory: &Path) -> Result<bool> {
    let found = Handle::open(directory).and_then(|directory| of_user(&directory));
    Ok(!found.map_err(Error::io("read", directory))?.is_empty())
}

/// The names of the user's entries among those at the root of an environment, sorted.
pub(super) fn of_user(directory: &Handle) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for (name, kind) in directory.entries()? {
        if !is_known(directory, &name, kind)? {
            found.push(name.to_string_lossy().into_owned());
        }
    }
    found.sort();
    Ok(found)
}

fn is_known(root: &Handle, name: &OsStr, kind: Option<Kind>) -> io::Result<bool> {
    let Some(text) = name.to_str() else { return Ok(false) };
    if PREFIXES.iter().any(|prefix| text.starts_with(prefix)) {
        return Ok(kind.map_or_else(|| root.kind(Path::new(name)), Ok)? != Kind::Directory);
    }
    let entry = NAMES.iter().find(|(known, _)| *known == text);
    Ok(match entry.map(|(_, when)| *when) {
        Some(Always) => true,
        Some(With(other)) => root.kind(Path::new(other)).is_ok(),
        Some(Checkouts) => has_only_checkouts(root, Path::new(name))?,
        None => false,
    })
}

/// Whether a directory contains nothing but directories with a repository in them, as `pip install
/// -e git+URL` leaves it, and the note that pip adds.
fn has_only_checkouts(root: &Handle, name: &Path) -> io::Result<bool> {
    let Ok(directory) = root.sub(name, Mounts::Stay) else { return Ok(false) };
    let is_checkout = |entry: &OsStr| {
        entry == "pip-delete-this-directory.txt"
            || super::deletion::REPOSITORY
                .iter()
                .any(|repository| directory.kind(&Path::new(entry).join(repository)).is_ok())
    };
    Ok(directory.entries()?.iter().all(|(entry, _)| is_checkout(entry)))
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn files_of_tools_are_not_the_users() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let user = || of_user(&Handle::open(dir.path()).unwrap()).unwrap();
        for name in ["bin", "lib", "share", "etc", ".pytest_cache", "src/checkout/.git"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        for name in ["pyvenv.cfg", ".DS_Store", "._lib", ".nfs000123", "pipx_metadata.json"] {
            fs::write(at(name), "").unwrap();
        }
        assert_eq!(user(), [""; 0]);
        // A name that only conda creates, and `src` with something else in it.
        fs::create_dir(at("var")).unwrap();
        fs::write(at("src/main.py"), "").unwrap();
        fs::write(at("notes.txt"), "").unwrap();
        assert_eq!(user(), ["notes.txt", "src", "var"]);
        fs::create_dir(at("conda-meta")).unwrap();
        assert_eq!(user(), ["notes.txt", "src"]);
    }

    #[test]
    fn each_name_is_in_the_table_once() {
        for (name, _) in NAMES {
            assert_eq!(NAMES.iter().filter(|(other, _)| other == name).count(), 1, "{name}");
        }
    }
}
