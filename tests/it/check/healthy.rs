//! No false alarm: environments of every Python and every tool, fresh and with packages in them.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Fixture, Report};
use crate::sandbox::{Ran, Sandbox, for_each_python, skip_unless_required};

/// A fixture without an environment.
fn fixture() -> Fixture {
    let mut fixture = Fixture { sandbox: Sandbox::new(), python: PathBuf::new() };
    reach_index(&mut fixture);
    fixture
}

/// Lets installers reach the package index as the developer does.
fn reach_index(fixture: &mut Fixture) {
    let words = ["CERT", "CA_BUNDLE", "PROXY", "proxy", "INDEX_URL"];
    for (name, value) in std::env::vars_os() {
        if words.iter().any(|word| name.to_string_lossy().contains(word)) {
            fixture.sandbox.set(name, value);
        }
    }
}

#[track_caller]
fn is_healthy(fixture: &Fixture, env: &str) -> Report {
    let report = fixture.check(&[env, "--deep"]);
    assert_eq!(report.is_healthy().codes(), [""; 0], "{env}");
    report
}

/// A tool that is installed where the developer says; without one the test says that it skips.
pub(crate) fn tool(variable: &str) -> Option<PathBuf> {
    let tool = std::env::var_os(variable).map(PathBuf::from);
    if tool.is_none() {
        skip_unless_required("RVENV_REQUIRE_PEERS", &format!("{variable} names no program"));
    }
    tool
}

for_each_python!(an_environment_of_venv_is_healthy);

fn an_environment_of_venv_is_healthy(python: &Path) {
    let fixture = fixture();
    let mut venv = fixture.sandbox.command(python);
    Ran::of(venv.args(["-I", "-m", "venv", "--without-pip", "env"])).ok();
    let report = is_healthy(&fixture, "env");
    assert_eq!(report.0["environment"]["maker"], "venv");
}

#[test]
fn environments_of_venv_with_pip_and_with_options_are_healthy() {
    let fixture = fixture();
    let python = &super::cpythons()[0].path;
    for (name, options) in
        [("plain", &[][..]), ("full", &["--copies", "--system-site-packages", "--prompt", "it's"])]
    {
        Ran::of(fixture.sandbox.command(python).args(["-m", "venv", name]).args(options)).ok();
        is_healthy(&fixture, name);
    }
}

for_each_python!(an_environment_of_rvenv_is_healthy);

fn an_environment_of_rvenv_is_healthy(python: &Path) {
    let fixture = fixture();
    Ran::of(fixture.sandbox.rvenv().args(["create", "env", "-p"]).arg(python)).ok();
    let report = is_healthy(&fixture, "env");
    assert_eq!(report.0["environment"]["maker"], "rvenv");
}

#[test]
fn environments_of_rvenv_with_options_are_healthy() {
    let fixture = fixture();
    let python = &super::cpythons()[0].path;
    fixture.sandbox.add_images(python, "files");
    for (name, options) in [
        ("files", &["--pip-layout", "files"][..]),
        ("relocatable", &["--relocatable"]),
        ("system", &["--system-site-packages", "--without-pip"]),
    ] {
        let mut command = fixture.sandbox.rvenv();
        Ran::of(command.args(["create", name, "-p"]).arg(python).args(options)).ok();
        is_healthy(&fixture, name);
    }
}

for_each_python!(an_environment_with_a_copied_interpreter_is_healthy);

/// The base of such an environment has another name than the command line that made it.
fn an_environment_with_a_copied_interpreter_is_healthy(python: &Path) {
    let fixture = fixture();
    let mut command = fixture.sandbox.rvenv();
    Ran::of(command.args(["create", "--copies", "env", "-p"]).arg(python)).ok();
    is_healthy(&fixture, "env");
    // With copies, the `venv` of Debian's PyPy copies all of /usr/lib.
    if !python.ends_with("pypy3") {
        let mut venv = fixture.sandbox.command(python);
        Ran::of(venv.args(["-I", "-m", "venv", "--copies", "--without-pip", "stdlib"])).ok();
        is_healthy(&fixture, "stdlib");
    }
}

#[test]
fn an_environment_of_virtualenv_with_a_copied_interpreter_is_healthy() {
    let fixture = fixture();
    let Some(virtualenv) = tool("RVENV_TEST_VIRTUALENV") else { return };
    let mut command = fixture.sandbox.command(virtualenv);
    Ran::of(command.args(["--no-periodic-update", "--copies", "virtualenv"])).ok();
    is_healthy(&fixture, "virtualenv");
}

/// Installs real packages: pure, compiled, with a namespace. Without an index the test says so.
fn fill(install: &mut Command) -> bool {
    is_installed(install.args(["requests", "markupsafe", "zope.interface", "cffi", "click"]))
}

/// Whether a package index could be asked.
fn is_installed(install: &mut Command) -> bool {
    let ran = Ran::of(install);
    if ran.code != Some(0) {
        let why = ran.stderr.lines().last().unwrap_or_default();
        skip_unless_required("RVENV_REQUIRE_PEERS", &format!("there is no package index ({why})"));
    }
    ran.code == Some(0)
}

for_each_python!(an_environment_of_uv_is_healthy);

fn an_environment_of_uv_is_healthy(python: &Path) {
    let Some(uv) = tool("RVENV_TEST_UV") else { return };
    let fixture = fixture();
    for (name, seed) in [("plain", &[][..]), ("seeded", &["--seed"])] {
        let mut venv = fixture.sandbox.command(&uv);
        Ran::of(venv.args(["venv", name]).args(seed).arg("--python").arg(python)).ok();
        is_healthy(&fixture, name);
    }
}

#[test]
fn a_relocatable_environment_of_uv_with_packages_is_healthy() {
    let Some(uv) = tool("RVENV_TEST_UV") else { return };
    let fixture = fixture();
    Ran::of(fixture.sandbox.command(&uv).args(["venv", "--relocatable", "filled"])).ok();
    let mut install = fixture.sandbox.command(&uv);
    if fill(install.args(["pip", "install", "--python", "filled"])) {
        let report = is_healthy(&fixture, "filled");
        assert_eq!(report.0["environment"]["maker"], "uv");
    }
}

for_each_python!(an_environment_of_virtualenv_is_healthy);

fn an_environment_of_virtualenv_is_healthy(python: &Path) {
    let Some(virtualenv) = tool("RVENV_TEST_VIRTUALENV") else { return };
    let fixture = fixture();
    let mut command = fixture.sandbox.command(&virtualenv);
    let ran = Ran::of(command.args(["--no-periodic-update", "env", "--python"]).arg(python));
    if ran.code != Some(0) {
        // It brings no pip for Python 3.8.
        let mut command = fixture.sandbox.command(&virtualenv);
        Ran::of(command.args(["--no-seed", "env", "--python"]).arg(python)).ok();
    }
    let report = is_healthy(&fixture, "env");
    assert_eq!(report.0["environment"]["maker"], "virtualenv");
}

#[test]
fn environments_of_virtualenv_with_options_are_healthy() {
    let Some(virtualenv) = tool("RVENV_TEST_VIRTUALENV") else { return };
    let fixture = fixture();
    for (name, options) in [
        ("no-scripts", &["--activators", "", "--no-pip"][..]),
        ("fish", &["--activators", "fish"]),
        ("linked", &["--symlink-app-data"]),
    ] {
        let mut command = fixture.sandbox.command(&virtualenv);
        command.args(["--no-periodic-update", name, "--python"]).arg(&super::cpythons()[0].path);
        Ran::of(command.args(options)).ok();
        is_healthy(&fixture, name);
    }
}

/// setuptools writes a `.pth` file for a `src` directory, a finder for other packages, and links in its strict mode.
#[test]
fn editable_installs_of_setuptools_are_healthy() {
    let mut fixture = Fixture::with_pip();
    reach_index(&mut fixture);
    let python: &Path = &fixture.bin("python");
    let mut install = fixture.sandbox.command(python);
    if !is_installed(install.args(["-m", "pip", "install", "--quiet", "setuptools>=80"])) {
        return;
    }
    for (name, source, options) in [
        ("by_path", "src/by_path", &[][..]),
        ("by_finder", "by_finder", &[]),
        ("by_links", "src/by_links", &["--config-settings", "editable_mode=strict"]),
    ] {
        let project = fixture.sandbox.root().join(name);
        std::fs::create_dir_all(project.join(source)).unwrap();
        std::fs::write(project.join(source).join("__init__.py"), "VALUE = 1\n").unwrap();
        let text = "[build-system]\nrequires = ['setuptools']\nbuild-backend = \
            'setuptools.build_meta'\n[project]\nname = 'NAME'\nversion = '1.0'\n\
            scripts = { NAME = 'NAME:main' }\n";
        std::fs::write(project.join("pyproject.toml"), text.replace("NAME", name)).unwrap();
        let mut install = fixture.sandbox.command(python);
        install.args(["-m", "pip", "install", "--quiet", "--no-build-isolation", "--no-deps"]);
        Ran::of(install.args(options).arg("-e").arg(&project)).ok();
        assert_eq!(fixture.runs(&format!("import {name}; print({name}.VALUE)")), "1\n");
    }
    is_healthy(&fixture, ".venv");
    // What builds leave is the user's to remove, and then the install has no modules.
    std::fs::remove_dir_all(fixture.sandbox.root().join("by_links/build")).unwrap();
    assert!(!fixture.check(&[".venv"]).codes().is_empty());
}

#[test]
fn an_environment_of_rvenv_with_packages_of_pip_is_healthy() {
    let mut fixture = Fixture::with_pip();
    reach_index(&mut fixture);
    let python: &Path = &fixture.bin("python");
    let mut install = fixture.sandbox.command(python);
    if fill(install.args(["-m", "pip", "install", "--quiet"])) {
        is_healthy(&fixture, ".venv");
    }
}
