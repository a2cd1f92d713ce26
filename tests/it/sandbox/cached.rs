//! What rvenv stores in its cache about a Python of this machine: the answer to a probe, and the images of its
//! pip. A probe takes 20 ms of processor time and an image two seconds, so each is made once for each Python
//! and copied into the caches of the sandboxes that need it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use rvenv::support::cache::{INTERPRETERS, PIP};
use walkdir::WalkDir;

use super::real_pythons;

/// Copies what `command` would store in its cache, if it is an `rvenv create`. A cache that has these directories
/// stays as it is, so [`Sandbox::cold`](super::Sandbox::cold) and tests that damage the cache are not affected.
pub(super) fn provide(command: &Command) {
    let Some(python) = python_of_create(command) else { return };
    let cache = command.get_envs().find(|(name, _)| *name == "RVENV_CACHE_DIR");
    let Some(cache) = cache.and_then(|(_, value)| value).map(Path::new) else { return };
    if !is_used(cache) {
        return;
    }
    add(cache, INTERPRETERS, &python, &["--without-pip"]);
    if seeds_default_pip(command) {
        add_to(cache, &python, "archive");
    }
}

/// Whether rvenv uses this cache: it is a directory that no other user can write to.
fn is_used(cache: &Path) -> bool {
    #[cfg(unix)]
    let is_own = |meta: &fs::Metadata| {
        use std::os::unix::fs::MetadataExt;
        meta.mode() & 0o022 == 0 && meta.uid() == rustix::process::geteuid().as_raw()
    };
    #[cfg(not(unix))]
    let is_own = |_: &fs::Metadata| true;
    fs::metadata(cache).is_ok_and(|meta| meta.is_dir() && is_own(&meta))
}

/// Copies the images of this Python's default pip in this layout into a cache that has none.
pub(super) fn add_to(cache: &Path, python: &Path, layout: &'static str) {
    add(cache, PIP, python, &["--pip-layout", layout]);
}

/// Copies what `rvenv create OPTIONS` with this Python stores in the directory `name` of a cache, into a cache
/// that does not have it.
fn add(cache: &Path, name: &'static str, python: &Path, options: &[&'static str]) {
    // Held while copying, as a test may start several commands at once with one cache.
    let mut caches = CACHES.lock().unwrap_or_else(PoisonError::into_inner);
    if cache.join(name).exists() {
        return;
    }
    let key = (python.to_owned(), options.to_vec());
    if let Some(stored) = caches.entry(key).or_insert_with(|| fill(python, options)) {
        put(&stored.join(name), &cache.join(name));
    }
}

/// Copies a directory of a cache, and then renames the copy to `to`: a command that a test started before may
/// fill or clean the cache now. Without effect if `to` exists, or is on another file system than its cache.
fn put(from: &Path, to: &Path) {
    let Some(beside) = to.parent().and_then(Path::parent) else { return };
    let staging = tempfile::Builder::new().prefix("cache-").tempdir_in(beside);
    let Ok(staging) = staging else { return };
    let copied = staging.path().join("copy");
    copy(from, &copied).expect("a copy of a part of the cache");
    let _ = fs::rename(copied, to);
}

/// The Python of this machine with which `command` makes an environment. `None` for another command, and for
/// a Python that the test made.
fn python_of_create(command: &Command) -> Option<PathBuf> {
    let args: Vec<&OsStr> = command.get_args().collect();
    let is_rvenv = command.get_program() == OsStr::new(env!("CARGO_BIN_EXE_rvenv"));
    if !is_rvenv || args.first() != Some(&OsStr::new("create")) {
        return None;
    }
    let option = args.iter().position(|arg| *arg == "-p" || *arg == "--python");
    match option {
        Some(at) => args.get(at + 1).map(PathBuf::from).filter(|python| python.is_absolute()),
        None => python_on_path(command),
    }
    .filter(|python| real_pythons().contains(python))
}

/// The first `python3` on the PATH of `command`.
fn python_on_path(command: &Command) -> Option<PathBuf> {
    let path = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, value)| value)?;
    std::env::split_paths(path).map(|dir| dir.join("python3")).find(|python| python.exists())
}

/// Whether an `rvenv create` takes the images of the default pip.
fn seeds_default_pip(create: &Command) -> bool {
    let other = ["--without-pip", "--pip", "--upgrade-deps", "--dry-run"];
    let is_other = |arg: &OsStr| {
        let text = arg.to_string_lossy();
        other.iter().any(|start| text.starts_with(start))
    };
    !create.get_args().any(is_other)
}

/// The caches after `rvenv create OPTIONS` with a Python; `None` where it failed.
type Caches = BTreeMap<(PathBuf, Vec<&'static str>), Option<PathBuf>>;
static CACHES: Mutex<Caches> = Mutex::new(Caches::new());

/// Fills a cache in a directory that belongs to this build of rvenv, for the next run of the tests as well.
fn fill(python: &Path, options: &[&str]) -> Option<PathBuf> {
    let rvenv = env!("CARGO_BIN_EXE_rvenv");
    let modified = fs::metadata(rvenv).ok()?.modified().ok()?;
    let age = modified.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_nanos();
    let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("caches");
    let of_this_build = all.join(age.to_string());
    if !of_this_build.is_dir() {
        let _ = fs::remove_dir_all(&all);
    }
    // In a chroot, the same link leads to another Python.
    let real = fs::canonicalize(python).ok()?;
    let name: String =
        real.to_str()?.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    let cache = of_this_build.join(options.join("")).join(name);
    fs::create_dir_all(&cache).ok()?;
    let env = tempfile::tempdir().ok()?;
    let mut create = Command::new(rvenv);
    create.arg("create").args(options).arg("--python").arg(python);
    create.arg(env.path().join("env")).current_dir(env.path()).env_clear();
    create.env("HOME", env.path()).env("RVENV_CACHE_DIR", &cache).env("LC_ALL", "C.UTF-8");
    create.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    create.status().ok()?.success().then_some(cache)
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
