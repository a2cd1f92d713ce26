//! The commands that pip gets: they work wherever the environment is, and are those that pip writes.

use std::fs;
use std::path::Path;

use rvenv::seed::{Options, Target};

use super::fixture;
use super::fixture::{modern, prepare};
use crate::sandbox::{Ran, Sandbox};

/// Directories that a plain shebang line cannot name: the kernel, the shell or Python would misread it.
fn places() -> Vec<String> {
    let long = "d".repeat(150);
    let names = [
        "with space",
        &long,
        "$(touch pwned)",
        "a `touch pwned` b",
        "it's",
        "it's a \"name\" $HOME",
        "''' + x",
        "back\\slash",
        "\\x",
        "new\nline",
        "tab\there",
        "naïve ünïcode",
        "-rf",
        "ends with '",
    ];
    names.map(str::to_owned).into()
}

#[test]
fn commands_work_in_any_place() {
    let sandbox = Sandbox::new();
    let python = modern(&sandbox);
    let (seed, _) = prepare(&sandbox, &python, &Options::default()).expect("a seed");
    for place in places() {
        let root = sandbox.root().join(&place).join("env");
        fixture::place(&seed, &python, &root);
        let ran = Ran::of(sandbox.command(root.join("bin/pip")).arg("--version"));
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{place:?}: {ran:?}");
        let version = format!("pip {} from {}", seed.pip_version(), root.display());
        assert!(ran.stdout.starts_with(&version), "{ran:?}");
        let script = |name| fs::read_to_string(root.join("bin").join(name)).unwrap();
        assert_eq!(script("pip3"), script("pip"), "{place:?}");
    }
    assert!(fixture::tree(&sandbox.project()).is_empty(), "a name was taken for code");
}

#[test]
fn commands_are_those_that_pip_writes() {
    let sandbox = Sandbox::new();
    let python = modern(&sandbox);
    let (seed, _) = prepare(&sandbox, &python, &Options::default()).expect("a seed");
    let wheel = &python.wheels.iter().find(|wheel| wheel.project == "pip").expect("pip").path;
    for place in ["plain".to_owned(), "with space".to_owned(), "d".repeat(150)] {
        let root = sandbox.root().join(place).join("env");
        fixture::place(&seed, &python, &root);
        let names = ["pip", "pip3", &format!("pip{}", python.version.short())]
            .map(|name| root.join("bin").join(name));
        let read = || names.clone().map(|name| fs::read_to_string(name).expect("a script"));
        let ours = read();
        let mut install =
            sandbox.command(root.join("bin").join(python.executable.file_name().unwrap()));
        install.args(["-m", "pip", "install", "--no-deps", "--no-index", "--no-compile"]);
        install.arg("--force-reinstall");
        Ran::of(install.arg(wheel)).ok();
        assert_eq!(ours, read());
    }
}

#[test]
fn a_relocatable_environment_can_move() {
    let sandbox = Sandbox::new();
    let python = modern(&sandbox);
    let (seed, _) = prepare(&sandbox, &python, &Options::default()).expect("a seed");
    let (here, there) = (sandbox.root().join("here"), sandbox.root().join("over there"));
    let make = |root: &Path| {
        Ran::of(
            sandbox.command(&python.executable).args(["-m", "venv", "--without-pip"]).arg(root),
        )
        .ok();
    };
    make(&here);
    let target = Target { root: &here, interpreter: &python, python: "python", relocatable: true };
    fixture::apply(&here, &seed.entries(&target));
    fs::rename(&here, &there).unwrap();
    let link = sandbox.root().join("link");
    std::os::unix::fs::symlink(there.join("bin/pip"), &link).unwrap();
    for command in [there.join("bin/pip"), link] {
        let ran = Ran::of(sandbox.command(command).arg("--version")).ok();
        assert!(ran.stdout.contains(&*there.to_string_lossy()), "{ran:?}");
    }
}
