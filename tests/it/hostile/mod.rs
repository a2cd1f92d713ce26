//! Places, files and requests that were made to hurt.

mod deletion;
mod input;
mod output;
mod places;
mod repositories;
mod volumes;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::pip::Maker;
use crate::sandbox::{Ran, Sandbox, output, real_pythons, skip};

/// A fixture, and the words of a `create` that needs neither network nor pip's own wheel.
fn fixture() -> (Sandbox, Vec<String>) {
    let sandbox = Sandbox::new();
    let wheel = Maker::new("24.2").write(&sandbox.root());
    let python = real_pythons().pop().unwrap();
    let words = ["create", "--offline", "--without-setuptools", "--pip"];
    let paths = [wheel.to_str().unwrap(), "--python", python.to_str().unwrap()];
    let words = words.into_iter().chain(paths).map(str::to_owned).collect();
    (sandbox, words)
}

/// Runs rvenv with at most 2 GiB of memory, and not for ever.
#[track_caller]
fn bounded(sandbox: &Sandbox, args: &[&str]) -> Ran {
    bounded_in(&sandbox.project(), sandbox, args)
}

/// [`bounded`] in another directory.
#[track_caller]
fn bounded_in(dir: &Path, sandbox: &Sandbox, args: &[&str]) -> Ran {
    let mut command = sandbox.command("sh");
    command.current_dir(dir);
    command.args(["-c", "ulimit -v 2000000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_rvenv")]);
    let ran = Ran::of(command.args(args));
    assert_eq!(ran.signal, None, "{args:?}: {ran:#?}");
    assert!(!ran.stderr.contains("panicked"), "{args:?}: {ran:#?}");
    ran
}

/// Everything that is in the project.
fn listing(sandbox: &Sandbox) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(sandbox.project()).sort_by_file_name();
    walk.into_iter().map(|entry| entry.unwrap().path().to_owned()).collect()
}

/// Can this user mount file systems here?
fn can_mount() -> bool {
    let can = which::which("unshare").is_ok()
        && output(Command::new("unshare").args(["-m", "true"])).status.success();
    if !can {
        skip("mounting is not allowed here");
    }
    can
}

/// Runs `script` where mounts are its own; `$0` is rvenv, `$@` what is given.
fn mounted(sandbox: &Sandbox, script: &str, args: &[String]) -> Ran {
    let mut command = sandbox.command("unshare");
    command.args(["-m", "sh", "-c", script, env!("CARGO_BIN_EXE_rvenv")]).args(args);
    Ran::of(&mut command)
}

/// A minimal environment, enough for the rules of deletion.
fn mark(dir: &std::path::Path) {
    fs::create_dir_all(dir).unwrap();
    fs::write(dir.join("pyvenv.cfg"), "home = /usr/bin\n").unwrap();
}
