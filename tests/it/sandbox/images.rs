//! The images of pip that rvenv builds in its cache. Building one takes two seconds of processor time, so
//! one is built for each Python and copied into the caches of the sandboxes that need it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use walkdir::WalkDir;

use super::{known_python, real_pythons};

/// Copies the images that `command` would build into its cache, if it is an `rvenv create` that seeds the
/// default pip. A cache that has a directory `pip` stays as it is, so [`Sandbox::cold`](super::Sandbox::cold)
/// and tests that damage images are not affected.
pub(super) fn provide(command: &Command) {
    let Some(python) = seeded_python(command) else { return };
    let cache = command.get_envs().find(|(name, _)| *name == "RVENV_CACHE_DIR");
    let Some(cache) = cache.and_then(|(_, value)| value).map(Path::new) else { return };
    if cache.is_dir() {
        add_to(cache, &python, "archive");
    }
}

/// Copies the images of this Python's default pip in this layout into a cache that has none.
pub(super) fn add_to(cache: &Path, python: &Path, layout: &'static str) {
    if cache.join("pip").exists() {
        return;
    }
    if let Some(images) = images_for(python, layout) {
        copy(&images, &cache.join("pip")).expect("a copy of the images");
    }
}

/// The Python of this machine whose pip `command` seeds. `None` for another command, a Python that the test
/// made, and another choice of pip.
fn seeded_python(command: &Command) -> Option<PathBuf> {
    let args: Vec<&OsStr> = command.get_args().collect();
    let is_rvenv = command.get_program() == OsStr::new(env!("CARGO_BIN_EXE_rvenv"));
    let other_seed = |arg: &OsStr| {
        let text = arg.to_string_lossy();
        ["--without-pip", "--pip", "--upgrade-deps", "--dry-run"]
            .iter()
            .any(|start| text.starts_with(start))
    };
    if !is_rvenv
        || args.first() != Some(&OsStr::new("create"))
        || args.iter().any(|arg| other_seed(arg))
    {
        return None;
    }
    let option = args.iter().position(|arg| *arg == "-p" || *arg == "--python");
    match option {
        Some(at) => args.get(at + 1).map(PathBuf::from).filter(|python| python.is_absolute()),
        None => known_python("system"),
    }
    .filter(|python| real_pythons().contains(python))
}

/// The directory with these images. `None` if they cannot be built.
fn images_for(python: &Path, layout: &'static str) -> Option<PathBuf> {
    type Built = BTreeMap<(PathBuf, &'static str), Option<PathBuf>>;
    static BUILT: Mutex<Built> = Mutex::new(Built::new());
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let images = built.entry((python.to_owned(), layout)).or_insert_with(|| build(python, layout));
    images.clone()
}

/// Builds them in a directory that belongs to this build of rvenv, for the next run of the tests as well.
fn build(python: &Path, layout: &str) -> Option<PathBuf> {
    let rvenv = env!("CARGO_BIN_EXE_rvenv");
    let modified = fs::metadata(rvenv).ok()?.modified().ok()?;
    let age = modified.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_nanos();
    let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("images");
    let of_this_build = all.join(age.to_string());
    if !of_this_build.is_dir() {
        let _ = fs::remove_dir_all(&all);
    }
    // In a chroot, the same link leads to another Python.
    let real = fs::canonicalize(python).ok()?;
    let name: String =
        real.to_str()?.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    let cache = of_this_build.join(layout).join(name);
    fs::create_dir_all(&cache).ok()?;
    let env = tempfile::tempdir().ok()?;
    let mut create = Command::new(rvenv);
    create.args(["create", "--pip-layout", layout, "--python"]).arg(python);
    create.arg(env.path().join("env")).current_dir(env.path()).env_clear();
    create.env("HOME", env.path()).env("RVENV_CACHE_DIR", &cache).env("LC_ALL", "C.UTF-8");
    create.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    create.status().ok()?.success().then(|| cache.join("pip"))
}

/// Copies a directory with modes and modification times, which the verification of an image compares.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in WalkDir::new(from) {
        let entry = entry?;
        let target = to.join(entry.path().strip_prefix(from).expect("a path below"));
        let meta = entry.metadata()?;
        if meta.is_dir() {
            fs::create_dir(&target)?;
            fs::set_permissions(&target, meta.permissions())?;
        } else {
            fs::copy(entry.path(), &target)?;
            File::options().write(true).open(&target)?.set_modified(meta.modified()?)?;
        }
    }
    Ok(())
}
