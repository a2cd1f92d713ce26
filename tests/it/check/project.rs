//! The project that an environment is for.

use std::fs;
use std::path::Path;

use super::{Fixture, Report};
use crate::sandbox::Ran;

#[test]
fn a_project_that_requires_another_python() {
    let fixture = Fixture::new();
    let file = fixture.sandbox.project().join("pyproject.toml");
    let requires = |text: &str| {
        fs::write(&file, format!("[project]\nname = 'x'\nrequires-python = '{text}'\n")).unwrap();
    };
    requires(">=3.6");
    assert_eq!(fixture.faults(), [""; 0]);
    requires(">=3.6,<3.7");
    let report = fixture.check(&[".venv"]);
    assert_eq!(report.codes(), ["requires-python"]);
    assert!(report.command("requires-python").contains("--upgrade --python >=3.6,<3.7"));
    fs::write(&file, "no toml at all [").unwrap();
    assert_eq!(fixture.faults(), [""; 0]);
}

#[test]
fn the_project_is_the_one_that_is_worked_on() {
    let fixture = Fixture::new();
    let project = fixture.sandbox.project();
    let part = project.join("part");
    let file = part.join("pyproject.toml");
    let away = project.parent().unwrap().join("away");
    fs::create_dir_all(part.join("src")).unwrap();
    fs::create_dir(&away).unwrap();
    fs::write(&file, "[project]\nname = 'x'\nrequires-python = '<3.7'\n").unwrap();

    // The directories above it are its project too.
    let seen = |from: &Path, env: &Path| {
        let mut command = fixture.sandbox.rvenv();
        command.current_dir(from).args(["check", "--json"]).arg(env);
        Report(serde_json::from_str(&Ran::of(&mut command).stdout).unwrap())
    };
    let env = fixture.env();
    assert_eq!(seen(&project, &env).codes(), [""; 0], "another project's file, further down");
    let report = seen(&part.join("src"), &env);
    assert_eq!(report.codes(), ["requires-python"], "the workspace's environment, for its part");
    let text = report.finds("requires-python")["seen"].as_str().unwrap().to_owned();
    assert!(text.contains(file.to_str().unwrap()), "{text}");

    fs::rename(&env, away.join("env")).unwrap();
    fixture.check(&["--fix", "../away/env"]);
    assert_eq!(seen(&part, &away.join("env")).codes(), [""; 0], "an environment of nobody here");
    fs::write(part.join(".venv"), "../../away/env").unwrap();
    assert_eq!(seen(&part, &away.join("env")).codes(), ["requires-python"], "led to by `.venv`");

    fs::remove_file(part.join(".venv")).unwrap();
    fs::create_dir(part.join("envs")).unwrap();
    fs::rename(away.join("env"), part.join("envs/one")).unwrap();
    let inside = part.join("envs/one");
    fixture.check(&["--fix", "part/envs/one"]);
    assert_eq!(seen(&away, &inside).codes(), ["requires-python"], "by where it stands");
}

#[test]
fn an_environment_that_git_tracks() {
    for format in ["sha1", "sha256"] {
        is_tracked(format);
    }
}

fn is_tracked(format: &str) {
    let fixture = Fixture::new();
    let git = |args: &[&str]| {
        let identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"];
        Ran::of(fixture.sandbox.command("git").args(identity).args(args)).ok()
    };
    git(&["init", "--quiet", "--object-format", format]);
    for name in [".a", ".venv.txt", ".venv-2", "a.txt"] {
        fs::write(fixture.sandbox.project().join(name), "").unwrap();
    }
    git(&["add", "."]);
    assert_eq!(fixture.faults(), [""; 0], "its own .gitignore keeps it out");
    // They keep the empty directory in the repository.
    fs::write(fixture.env().join(".gitkeep"), "").unwrap();
    git(&["add", "--force", ".venv/.gitignore", ".venv/.gitkeep"]);
    assert_eq!(fixture.faults(), [""; 0]);
    git(&["add", "--force", ".venv/pyvenv.cfg"]);
    for version in ["2", "3", "4"] {
        git(&["update-index", "--index-version", version]);
        let report = fixture.check(&[".venv"]);
        assert_eq!(report.codes(), ["tracked-by-git"], "{format}, index version {version}");
        assert!(report.command("tracked-by-git").ends_with("rm -r --cached --force --quiet -- ."));
    }
    // git removes a file that was added, never committed, and changed since only by force.
    super::append(&fixture.env().join("pyvenv.cfg"), "x = y\n");
    let way = fixture.check(&[".venv"]).command("tracked-by-git");
    Ran::of(fixture.sandbox.command("sh").args(["-c", &way])).ok();
    assert!(fixture.env().join("pyvenv.cfg").exists());
    assert_eq!(fixture.faults(), [""; 0], "{format}");
    git(&["add", "--force", ".venv/pyvenv.cfg"]);
    // A linked working tree has an index of its own, and the configuration of the first.
    git(&["commit", "--quiet", "--message", "all"]);
    git(&["worktree", "add", "--quiet", "../linked"]);
    let linked = fixture.sandbox.project().join("../linked/.venv");
    fs::remove_dir_all(&linked).unwrap();
    fs::rename(fixture.env(), &linked).unwrap();
    fixture.check(&["--fix", "../linked/.venv"]);
    assert_eq!(fixture.check(&["../linked/.venv"]).codes(), ["tracked-by-git"], "{format}, linked");
    let way = fixture.check(&["../linked/.venv"]).command("tracked-by-git");
    let mut elsewhere = fixture.sandbox.command("sh");
    Ran::of(elsewhere.args(["-c", &way]).current_dir("/")).ok();
    assert!(!fixture.check(&["../linked/.venv"]).codes().contains(&"tracked-by-git"), "{format}");
}

#[test]
fn an_environment_that_git_would_take_in() {
    let fixture = Fixture::new();
    let ignore = fixture.env().join(".gitignore");
    fs::remove_file(&ignore).unwrap();
    assert_eq!(fixture.faults(), [""; 0], "without git it does not matter");
    Ran::of(fixture.sandbox.command("git").args(["init", "--quiet"])).ok();
    assert_eq!(fixture.check(&[".venv"]).is_healthy().codes(), ["gitignore-missing"]);
    let project = fixture.sandbox.project().join(".gitignore");
    fs::write(&project, "*.pyc\n/.venv/\n").unwrap();
    assert_eq!(fixture.faults(), [""; 0]);
    fs::write(&project, ".venv\n!.venv\n").unwrap();
    assert_eq!(fixture.faults(), ["gitignore-missing"], "the last line counts");
    let users = fixture.sandbox.root().join("home/.config/git");
    fs::create_dir_all(&users).unwrap();
    fs::write(users.join("ignore"), ".venv/*\n").unwrap();
    assert_eq!(fixture.faults(), [""; 0]);
    fs::write(users.join("config"), "[core]\n\texcludesFile = ~/mine\n").unwrap();
    // It came with a clone, and never ended.
    fs::write(&project, "*".repeat(40) + "x\n").unwrap();
    fixture.is_free_of(&["gitignore-missing"]);
    assert!(ignore.is_file());
}
