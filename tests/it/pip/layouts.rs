//! What stands in an environment.

use std::fs;
use std::path::Path;
use std::process::Command;

use rvenv::python::Interpreter;
use rvenv::seed::{Layout, Options};

use super::world;
use super::world::{interpreter, prepare};
use crate::sandbox::{Ran, Sandbox, real_pythons};

fn site(root: &Path, python: &Interpreter) -> std::path::PathBuf {
    root.join(&python.scheme.purelib)
}

/// A stdlib environment with pip, where this Python can make one.
fn stdlib_env(python: &Interpreter, root: &Path) -> bool {
    let made = Command::new(&python.executable).args(["-m", "venv"]).arg(root).output();
    made.is_ok_and(|made| made.status.success())
}

#[test]
fn files_layout_is_what_ensurepip_leaves() {
    let mut compared = 0;
    for python in real_pythons() {
        let sandbox = Sandbox::new();
        let python = interpreter(&sandbox, &python);
        let (ours, theirs) = (sandbox.root().join("env"), sandbox.root().join("std"));
        // Both in the same place, one after the other: scripts hold the environment's path.
        if !stdlib_env(&python, &ours) {
            world::skipped(&format!(
                "{} makes no environment with pip",
                python.executable.display()
            ));
            continue;
        }
        fs::rename(&ours, &theirs).expect("out of the way");
        let options = Options { layout: Layout::Files, ..Options::default() };
        let (seed, _) = prepare(&sandbox, &python, &options).expect("a seed");
        world::place(&seed, &python, &ours);
        assert_eq!(
            world::tree(&site(&ours, &python)),
            world::tree(&site(&theirs, &python)),
            "{python:?}"
        );
        for file in world::tree(&site(&theirs, &python)) {
            if file.extension().is_some_and(|extension| extension == "pyc") {
                continue;
            }
            let read = |root| fs::read(site(root, &python).join(&file)).expect("a file");
            assert!(read(&ours) == read(&theirs), "{file:?} of {python:?}");
        }
        for command in fs::read_dir(theirs.join("bin")).expect("commands").flatten() {
            if command.file_name().to_string_lossy().starts_with("pip") {
                let read = |root: &Path| {
                    fs::read_to_string(root.join("bin").join(command.file_name())).unwrap()
                };
                assert_eq!(read(&ours), read(&theirs), "{python:?}");
            }
        }
        compared += 1;
    }
    assert!(compared > 0, "the tests need one Python whose venv works");
}

#[test]
fn pip_starts_in_every_layout_of_every_python() {
    for python in real_pythons() {
        for layout in [Layout::Archive, Layout::Files] {
            let sandbox = Sandbox::new();
            let python = interpreter(&sandbox, &python);
            let root = sandbox.root().join("env");
            let options = Options { layout, ..Options::default() };
            let (seed, _) = match prepare(&sandbox, &python, &options) {
                Ok(prepared) => prepared,
                Err(error) => panic!("{}: {error:?}", python.executable.display()),
            };
            world::place(&seed, &python, &root);
            for command in ["pip", "pip3", &format!("pip{}", python.version.short())] {
                let ran =
                    Ran::of(sandbox.command(root.join("bin").join(command)).arg("--version")).ok();
                assert!(
                    ran.stdout.starts_with(&format!(
                        "pip {} from {}",
                        seed.pip_version(),
                        root.display()
                    )),
                    "{ran:?}"
                );
                assert_eq!(ran.stderr, "");
            }
            let listed =
                Ran::of(sandbox.command(root.join("bin/pip")).args(["list", "--format=freeze"]))
                    .ok();
            assert!(listed.stdout.contains(&format!("pip=={}", seed.pip_version())), "{listed:?}");
            Ran::of(sandbox.command(root.join("bin/python")).args(["-I", "-m", "pip", "check"]))
                .ok();
        }
    }
}
