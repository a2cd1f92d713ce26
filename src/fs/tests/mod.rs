//! Tests of the parts together.

mod deletion;
mod file;
#[cfg(target_os = "linux")]
mod hard;
#[cfg(unix)]
mod processes;
#[cfg(target_os = "linux")]
mod remove;
mod stage;

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{DeletionTarget, Guard};
use crate::Host;

/// A temporary directory, and its real path.
fn fixture() -> (TempDir, PathBuf) {
    let root = tempfile::Builder::new().prefix("rvenv-fs-").tempdir().unwrap();
    let path = crate::support::path::canonicalize(root.path()).unwrap();
    (root, path)
}

/// Every path below `root`, sorted.
fn tree(root: &Path) -> Vec<String> {
    let entries = walkdir::WalkDir::new(root).min_depth(1).sort_by_file_name();
    entries
        .into_iter()
        .map(|entry| {
            let path = entry.unwrap().path().strip_prefix(root).unwrap().to_owned();
            path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
        })
        .collect()
}

/// A directory that passes for an environment, told apart by what is in `which`.
fn environment(path: &Path, which: &str) {
    std::fs::create_dir(path).unwrap();
    std::fs::write(path.join("pyvenv.cfg"), "home = /usr/bin\n").unwrap();
    std::fs::write(path.join("tcl"), which).unwrap();
}

fn which(path: &Path) -> String {
    std::fs::read_to_string(path.join("tcl")).unwrap()
}

fn doom(path: &Path) -> DeletionTarget {
    let host = Host::new([("HOME", "/nonexistent/home")], "/nonexistent/cwd");
    Guard::new(&host).with_user_files(true).check_deletable(path).unwrap()
}

/// Runs the ignored test `name` in a process of its own that gets `root`, behind the command
/// `before` (`unshare -m`, `setpriv …`).
#[cfg(unix)]
fn child(name: &str, root: &Path, before: &[&str]) -> std::process::Command {
    let program = std::env::current_exe().unwrap();
    let words =
        before.iter().map(std::ffi::OsStr::new).chain([program.as_os_str()]).collect::<Vec<_>>();
    let mut command = std::process::Command::new(words[0]);
    command.args(&words[1..]).args(["--exact", "--ignored", "--nocapture", "--test-threads=1"]);
    command.arg(format!("fs::tests::{name}")).env("RVENV_TEST_ROOT", root);
    command
}

/// The directory that a child works in.
#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "a test's child is told by a variable where to work")]
fn given() -> PathBuf {
    std::env::var_os("RVENV_TEST_ROOT").expect("this test is run by another one").into()
}

/// Runs a child to its end, which must be a good one.
#[cfg(unix)]
#[track_caller]
fn passes(mut command: std::process::Command) {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let ran_one = text.contains("1 passed");
    assert!(
        output.status.success() && ran_one,
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// May tests mount file systems of their own? Where not, that is said.
#[cfg(target_os = "linux")]
fn can_mount(test: &str) -> bool {
    let done = std::process::Command::new("unshare").args(["-m", "true"]).output();
    let can = done.is_ok_and(|output| output.status.success());
    if !can {
        skipped(test, "mounting is not allowed here");
    }
    can
}

#[cfg(unix)]
#[expect(clippy::print_stderr, reason = "a test that cannot run says so")]
fn skipped(test: &str, why: &str) {
    eprintln!("{test}: skipped, as {why}");
}
