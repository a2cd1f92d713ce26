//! The project that an environment is for.

use std::fs;

use super::World;
use crate::sandbox::Ran;

#[test]
fn a_project_that_requires_another_python() {
    let world = World::new();
    let file = world.sandbox.project().join("pyproject.toml");
    let requires = |text: &str| {
        fs::write(&file, format!("[project]\nname = 'x'\nrequires-python = '{text}'\n")).unwrap();
    };
    requires(">=3.6");
    assert_eq!(world.faults(), [""; 0]);
    requires(">=3.6,<3.7");
    let report = world.check(&[".venv"]);
    assert_eq!(report.codes(), ["requires-python"]);
    assert!(report.command("requires-python").contains("--upgrade --python >=3.6,<3.7"));
    fs::write(&file, "no toml at all [").unwrap();
    assert_eq!(world.faults(), [""; 0]);
}

#[test]
fn an_environment_that_git_tracks() {
    let world = World::new();
    let git = |args: &[&str]| {
        let identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"];
        Ran::of(world.sandbox.command("git").args(identity).args(args)).ok()
    };
    git(&["init", "--quiet"]);
    fs::write(world.sandbox.project().join("a.txt"), "").unwrap();
    git(&["add", "."]);
    assert_eq!(world.faults(), [""; 0], "its own .gitignore keeps it out");
    git(&["add", "--force", ".venv/pyvenv.cfg"]);
    for version in ["2", "3", "4"] {
        git(&["update-index", "--index-version", version]);
        let report = world.check(&[".venv"]);
        assert_eq!(report.codes(), ["tracked-by-git"], "index version {version}");
        assert!(report.command("tracked-by-git").starts_with("git rm -r --cached"));
    }
}

#[test]
fn an_environment_that_git_would_take_in() {
    let world = World::new();
    let ignore = world.env().join(".gitignore");
    fs::remove_file(&ignore).unwrap();
    assert_eq!(world.faults(), [""; 0], "without git it does not matter");
    Ran::of(world.sandbox.command("git").args(["init", "--quiet"])).ok();
    assert_eq!(world.check(&[".venv"]).is_healthy().codes(), ["gitignore-missing"]);
    let project = world.sandbox.project().join(".gitignore");
    fs::write(&project, "*.pyc\n/.venv/\n").unwrap();
    assert_eq!(world.faults(), [""; 0]);
    fs::remove_file(project).unwrap();
    world.is_mended_of(&["gitignore-missing"]);
    assert!(ignore.is_file());
}
