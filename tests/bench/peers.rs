//! The tools that rvenv is measured against, and the Python that all of them get.

use std::path::{Path, PathBuf};
use std::process::Command;

/// uv and virtualenv, from PyPI.
pub(crate) struct Peers {
    pub(crate) uv: PathBuf,
    pub(crate) virtualenv: PathBuf,
}

impl Peers {
    /// Installs them once, into `target/peers`.
    pub(crate) fn install() -> Self {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers");
        let bin = dir.join("bin");
        if !bin.join("virtualenv").exists() {
            eprintln!("installing uv and virtualenv into {}", dir.display());
            check(Command::new(python()).args(["-m", "venv"]).arg(&dir));
            check(Command::new(bin.join("python")).args([
                "-m",
                "pip",
                "install",
                "-q",
                "uv",
                "virtualenv",
            ]));
        }
        Self { uv: bin.join("uv"), virtualenv: bin.join("virtualenv") }
    }
}

/// `RVENV_BENCH_PYTHON`, else the newest CPython 3.12 or later that pyenv has, else the `python3`
/// on PATH: its real executable, no shim.
pub(crate) fn python() -> PathBuf {
    let named = std::env::var_os("RVENV_BENCH_PYTHON").map(PathBuf::from);
    named.unwrap_or_else(|| {
        let script = "import sys; print(sys.executable)";
        let find = |name: &str| {
            let output = Command::new(name)
                .args(["-c", script])
                .env("PYENV_VERSION", "3.12:3.13")
                .output()
                .ok()?;
            let path = String::from_utf8(output.stdout).ok()?;
            output.status.success().then(|| PathBuf::from(path.trim()))
        };
        ["python3.12", "python3.13", "python3"]
            .into_iter()
            .find_map(find)
            .expect("a Python 3 on PATH")
    })
}

/// `3.12`.
pub(crate) fn short_version(python: &Path) -> String {
    let script = "import sys; print('%d.%d' % sys.version_info[:2])";
    let output = Command::new(python).args(["-c", script]).output().expect("it runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A pyenv with one version whose shims fail, as pyenv's do when the version that a shim is for is
/// not the one selected.
pub(crate) fn shim(root: &Path, python: &Path) -> PathBuf {
    let pyenv = root.join("pyenv");
    let (shims, versions) = (pyenv.join("shims"), pyenv.join("versions"));
    std::fs::create_dir_all(&shims).expect("a directory");
    std::fs::create_dir_all(&versions).expect("a directory");
    let prefix = python.parent().and_then(Path::parent).expect("an installation");
    link(prefix, &versions.join(format!("{}.0", short_version(python))));
    for name in ["python", "python3", &format!("python{}", short_version(python))] {
        let shim = shims.join(name);
        let text =
            format!("#!/bin/sh\n# pyenv shim\nexport PYENV_ROOT='{}'\nexit 127\n", pyenv.display());
        std::fs::write(&shim, text).expect("a shim");
        make_executable(&shim);
    }
    pyenv
}

fn check(command: &mut Command) {
    let status = command.status().expect("it starts");
    assert!(status.success(), "{command:?}: {status}");
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) {
    std::os::unix::fs::symlink(to, at).expect("a link");
}

#[cfg(unix)]
fn make_executable(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).expect("a mode");
}

#[cfg(not(unix))]
fn link(_to: &Path, _at: &Path) {}

#[cfg(not(unix))]
fn make_executable(_file: &Path) {}
