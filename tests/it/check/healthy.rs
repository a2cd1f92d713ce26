//! No false alarm: environments of every Python and every tool, fresh and with packages in them.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Report, World};
use crate::sandbox::{Ran, Sandbox, real_pythons};

/// A world without an environment.
fn world() -> World {
    let mut world = World { sandbox: Sandbox::new(), python: PathBuf::new() };
    reach_index(&mut world);
    world
}

/// Lets installers reach the package index as the developer does.
fn reach_index(world: &mut World) {
    let words = ["CERT", "CA_BUNDLE", "PROXY", "proxy", "INDEX_URL"];
    for (name, value) in std::env::vars_os() {
        if words.iter().any(|word| name.to_string_lossy().contains(word)) {
            world.sandbox.set(name, value);
        }
    }
}

#[track_caller]
fn is_healthy(world: &World, env: &str) -> Report {
    let report = world.check(&[env, "--deep"]);
    assert_eq!(report.is_healthy().codes(), [""; 0], "{env}");
    report
}

/// A tool that is installed where the developer says; without one the test says that it skips.
pub(crate) fn tool(variable: &str) -> Option<PathBuf> {
    let tool = std::env::var_os(variable).map(PathBuf::from);
    if tool.is_none() {
        eprintln!("skipped: {variable} names no program");
        assert!(std::env::var_os("RVENV_REQUIRE_PEERS").is_none(), "{variable} is not set");
    }
    tool
}

#[test]
fn stdlibs_of_every_python() {
    let world = world();
    for (index, python) in real_pythons().iter().enumerate() {
        let name = format!("env{index}");
        let mut venv = world.sandbox.command(python);
        Ran::of(venv.args(["-I", "-m", "venv", "--without-pip", &name])).ok();
        let report = is_healthy(&world, &name);
        assert_eq!(report.0["environment"]["maker"], "venv");
    }
}

#[test]
fn stdlibs_with_pip_and_its_options() {
    let world = world();
    let python = &super::cpythons()[0].path;
    for (name, options) in
        [("plain", &[][..]), ("full", &["--copies", "--system-site-packages", "--prompt", "it's"])]
    {
        Ran::of(world.sandbox.command(python).args(["-m", "venv", name]).args(options)).ok();
        is_healthy(&world, name);
    }
}

#[test]
fn rvenvs_of_every_python() {
    let world = world();
    for (index, python) in real_pythons().iter().enumerate() {
        let name = format!("env{index}");
        Ran::of(world.sandbox.rvenv().args(["create", &name, "-p"]).arg(python)).ok();
        let report = is_healthy(&world, &name);
        assert_eq!(report.0["environment"]["maker"], "rvenv");
    }
}

/// Their base is found by another name than that by which they were made.
#[test]
fn copies_of_every_python() {
    let world = world();
    for (index, python) in real_pythons().iter().enumerate() {
        let name = format!("env{index}");
        let mut command = world.sandbox.rvenv();
        Ran::of(command.args(["create", "--copies", &name, "-p"]).arg(python)).ok();
        is_healthy(&world, &name);
    }
    for python in super::cpythons() {
        let name = format!("stdlib{}", python.version);
        let mut venv = world.sandbox.command(&python.path);
        Ran::of(venv.args(["-I", "-m", "venv", "--copies", "--without-pip", &name])).ok();
        is_healthy(&world, &name);
    }
    let Some(virtualenv) = tool("RVENV_TEST_VIRTUALENV") else { return };
    let mut command = world.sandbox.command(virtualenv);
    Ran::of(command.args(["--no-periodic-update", "--copies", "virtualenv"])).ok();
    is_healthy(&world, "virtualenv");
}

/// Installs real packages: pure, compiled, with a namespace. Without an index the test says so.
fn fill(install: &mut Command) -> bool {
    let ran = Ran::of(install.args(["requests", "markupsafe", "zope.interface", "cffi", "click"]));
    if ran.code != Some(0) {
        eprintln!("skipped: no package index ({})", ran.stderr.lines().last().unwrap_or_default());
        assert!(std::env::var_os("RVENV_REQUIRE_PEERS").is_none(), "{ran:#?}");
    }
    ran.code == Some(0)
}

#[test]
fn uvs_of_every_python_with_packages() {
    let Some(uv) = tool("RVENV_TEST_UV") else { return };
    let world = world();
    for (index, python) in real_pythons().iter().enumerate() {
        for seed in [false, true] {
            let name = format!("env{index}{seed}");
            let mut venv = world.sandbox.command(&uv);
            venv.args(["venv", &name, "--python"]).arg(python);
            Ran::of(if seed { venv.arg("--seed") } else { &mut venv }).ok();
            is_healthy(&world, &name);
        }
    }
    Ran::of(world.sandbox.command(&uv).args(["venv", "--relocatable", "filled"])).ok();
    let mut install = world.sandbox.command(&uv);
    if fill(install.args(["pip", "install", "--python", "filled"])) {
        let report = is_healthy(&world, "filled");
        assert_eq!(report.0["environment"]["maker"], "uv");
    }
}

#[test]
fn virtualenvs_of_every_python_with_packages() {
    let Some(virtualenv) = tool("RVENV_TEST_VIRTUALENV") else { return };
    let world = world();
    for (index, python) in real_pythons().iter().enumerate() {
        let name = format!("env{index}");
        let mut command = world.sandbox.command(&virtualenv);
        let ran = Ran::of(command.args(["--no-periodic-update", &name, "--python"]).arg(python));
        if ran.code != Some(0) {
            // It has no pip for the oldest.
            let mut command = world.sandbox.command(&virtualenv);
            Ran::of(command.args(["--no-seed", &name, "--python"]).arg(python)).ok();
        }
        let report = is_healthy(&world, &name);
        assert_eq!(report.0["environment"]["maker"], "virtualenv");
    }
}

#[test]
fn rvenvs_with_packages_that_pip_installed() {
    let mut world = World::with_pip();
    reach_index(&mut world);
    let python: &Path = &world.bin("python");
    let mut install = world.sandbox.command(python);
    if fill(install.args(["-m", "pip", "install", "--quiet"])) {
        is_healthy(&world, ".venv");
    }
}
