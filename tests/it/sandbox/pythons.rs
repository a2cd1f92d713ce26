//! The Pythons of this machine.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::{output, skip, skip_unless_required};

/// Every real CPython 3.8+ and `PyPy` 3 on this machine, in the order of their paths; never empty.
pub(crate) fn real_pythons() -> Vec<PathBuf> {
    static FOUND: OnceLock<Vec<PathBuf>> = OnceLock::new();
    FOUND.get_or_init(search).clone()
}

fn search() -> Vec<PathBuf> {
    let mut found = Vec::new();
    if cfg!(windows) {
        found.extend(which::which_all("python").into_iter().flatten());
    }
    found.extend(pyenv_versions().into_iter().map(|version| version.join("bin/python3")));
    found.extend([SYSTEM, PYPY].map(PathBuf::from));
    found.retain(|python| is_usable(python));
    if found.is_empty() {
        found.extend(which::which("python3"));
    }
    found.sort();
    assert!(!found.is_empty(), "the tests need a Python 3.8 or later");
    found
}

/// A CPython 3.11 or later, the newest of a version manager where there is one: since 3.12 it has no setuptools
/// to seed, and its modules are files.
pub(crate) fn recent_cpython() -> Option<PathBuf> {
    let script =
        "import sys; sys.exit(sys.version_info < (3, 11) or sys.implementation.name != 'cpython')";
    let is_recent =
        |python: &PathBuf| output(Command::new(python).args(["-I", "-c", script])).status.success();
    let recent: Vec<_> = real_pythons().into_iter().filter(is_recent).collect();
    let of_manager = recent.iter().rfind(|python| !python.starts_with("/usr"));
    let found = of_manager.or(recent.first()).cloned();
    if found.is_none() {
        let why = "there is no CPython 3.11 or later";
        skip_unless_required("RVENV_REQUIRE_PYTHONS", why);
    }
    found
}

/// Debian's own Pythons.
const SYSTEM: &str = "/usr/bin/python3";
const PYPY: &str = "/usr/bin/pypy3";

fn pyenv_versions() -> Vec<PathBuf> {
    let root = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let root = root.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".pyenv")));
    let versions = root.unwrap_or_default().join("versions");
    let Ok(entries) = std::fs::read_dir(versions) else { return Vec::new() };
    entries.flatten().map(|entry| entry.path()).collect()
}

fn is_usable(python: &Path) -> bool {
    let script = "import sys; sys.exit(sys.version_info < (3, 8))";
    python.exists() && output(Command::new(python).args(["-I", "-c", script])).status.success()
}

/// A Python by its name in [`for_each_python`]: `3.8` to `3.13` below pyenv, the `system`'s, or `pypy3`.
///
/// The `system`'s is any Python where the system has none, so one test always runs.
pub(crate) fn known_python(name: &str) -> Option<PathBuf> {
    let found = match name {
        "system" if is_real(SYSTEM) => Some(SYSTEM.into()),
        "system" => real_pythons().pop(),
        "pypy3" => is_real(PYPY).then(|| PYPY.into()),
        minor => real_pythons().into_iter().find(|python| {
            let version = python.ancestors().nth(2).and_then(Path::file_name);
            let version = version.unwrap_or_default().to_string_lossy();
            version.strip_prefix(minor).is_some_and(|rest| rest.starts_with('.'))
        }),
    };
    if found.is_none() {
        let why = format!("Python {name} is not installed");
        skip_unless_required("RVENV_REQUIRE_PYTHONS", &why);
    }
    found
}

fn is_real(path: &str) -> bool {
    real_pythons().iter().any(|python| python == Path::new(path))
}

/// The Pythons of [`for_each_python`] that run by default: those at which the behaviour of CPython changes.
///
/// - 3.8 is the oldest: `getpath` in C, no `platlibdir` (3.9), scripts of `ensurepip` with setuptools;
/// - the system's, which the distribution patches, and whose 3.11 has `getpath.py` (since 3.11);
/// - 3.13 is the newest: no setuptools in `ensurepip` (since 3.12), and a `.gitignore` from `venv`;
/// - `PyPy`.
const DEFAULT: [&str; 4] = ["3.8", "3.13", "system", "pypy3"];

/// The Python `name` for a test that [`for_each_python`] generates. `None`, which is reported, for one that
/// is not installed, and for one that is not in [`DEFAULT`] unless `RVENV_TEST_PYTHONS` is `all`.
pub(crate) fn python_of_test(name: &str) -> Option<PathBuf> {
    let all = std::env::var_os("RVENV_TEST_PYTHONS").is_some_and(|value| value == "all");
    if all || DEFAULT.contains(&name) {
        return known_python(name);
    }
    skip(&format!("each test of Python {name} (`.ci/long pythons`)"));
    None
}

/// Generates the tests `$name::cpython_3_8` … `$name::pypy3`. Each calls the function `$name(&Path)`
/// with one Python, or reports why it does not run: see [`python_of_test`].
macro_rules! for_each_python {
    ($name:ident) => {
        mod $name {
            $crate::sandbox::for_each_python!(@ $name;
                cpython_3_8 "3.8", cpython_3_9 "3.9", cpython_3_10 "3.10", cpython_3_11 "3.11",
                cpython_3_12 "3.12", cpython_3_13 "3.13", system "system", pypy3 "pypy3");
        }
    };
    (@ $rule:ident; $($name:ident $python:literal),*) => {
        $(#[test]
        fn $name() {
            if let Some(python) = $crate::sandbox::python_of_test($python) {
                super::$rule(&python);
            }
        })*
    };
}
pub(crate) use for_each_python;
