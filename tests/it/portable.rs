//! Behaviour that is common to all systems: the one module that runs on Windows, too.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::sandbox::{Ran, Sandbox, output, real_pythons};

const PREFIX: &str = "import sys; print(sys.prefix)";

/// A fixture with an environment, `.venv`, and its directory.
fn fixture(args: &[&str]) -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::new();
    sandbox.run([&["create"], args].concat()).ok();
    let env = sandbox.project().join(".venv");
    (sandbox, env)
}

fn scripts(env: &Path) -> PathBuf {
    env.join(if cfg!(windows) { "Scripts" } else { "bin" })
}

fn program(env: &Path, name: &str) -> PathBuf {
    scripts(env).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:#?}"))
}

#[track_caller]
fn is_path(text: &str, path: &Path) {
    assert_eq!(Path::new(text.trim_end()), path);
}

#[test]
fn an_environment_is_completed_and_its_python_runs() {
    let (sandbox, env) = fixture(&[]);
    let python = output(sandbox.command(program(&env, "python")).args(["-c", PREFIX]));
    is_path(&String::from_utf8(python.stdout).unwrap(), &env);
    let pip = Ran::of(sandbox.command(program(&env, "pip")).arg("--version")).ok();
    assert!(pip.stdout.starts_with("pip "), "{pip:#?}");
    for name in ["activate", "activate.fish", "Activate.ps1"] {
        assert!(scripts(&env).join(name).is_file(), "{name}");
    }
    let cfg = fs::read_to_string(env.join("pyvenv.cfg")).unwrap();
    assert!(cfg.starts_with("home = "), "{cfg}");
    assert_eq!(cfg.contains("\r\n"), cfg!(windows), "{cfg:?}");
    let left = fs::read_dir(sandbox.project()).unwrap().count();
    assert_eq!(left, 1, "something temporary is left");
}

#[test]
fn the_same_again_changes_nothing_and_clear_replaces() {
    let (sandbox, env) = fixture(&["--without-pip"]);
    fs::write(env.join("mine"), "").unwrap();
    let ran = sandbox.run(["create", "--without-pip"]).ok();
    assert!(ran.stderr.contains("exists and is complete"), "{ran:#?}");
    assert!(env.join("mine").exists());
    sandbox.run(["create", "--without-pip", "--clear"]).code(1);
    assert!(env.join("mine").exists(), "the user's file stops the deletion");
    sandbox.run(["create", "--without-pip", "--clear", "--with-user-files"]).ok();
    assert!(!env.join("mine").exists());
    sandbox.write("data/mine", "");
    sandbox.run(["create", "--clear", "data"]).code(1);
    assert!(sandbox.project().join("data/mine").exists());
}

#[test]
fn check_reports_and_repairs_damage() {
    let (sandbox, env) = fixture(&["--without-pip"]);
    sandbox.run(["check", ".venv"]).ok();
    fs::remove_file(program(&env, "python")).unwrap();
    let ran = sandbox.run(["check", "--json", ".venv"]).code(1);
    let report = json(&ran);
    let codes: Vec<_> =
        report["findings"].as_array().unwrap().iter().map(|one| one["code"].clone()).collect();
    assert!(codes.contains(&"interpreter-missing".into()), "{report:#}");
    sandbox.run(["check", "--fix", ".venv"]).ok();
    sandbox.run(["check", ".venv"]).ok();
    assert!(program(&env, "python").is_file());
}

#[test]
fn a_moved_environment_is_repaired_with_its_commands() {
    let (sandbox, env) = fixture(&[]);
    let moved = sandbox.project().join("an other place");
    fs::rename(env, &moved).unwrap();
    sandbox.run(["check", "an other place"]).code(1);
    sandbox.run(["check", "--fix", "an other place"]).ok();
    Ran::of(sandbox.command(program(&moved, "pip")).arg("--version")).ok();
}

#[test]
fn run_is_the_command_with_its_exit_code() {
    let (sandbox, env) = fixture(&["--without-pip"]);
    let ran = sandbox.run(["run", "python", "-c", PREFIX]).ok();
    is_path(&ran.stdout, &env);
    assert_eq!(ran.stderr, "");
    sandbox.run(["run", "python", "-c", "import sys; sys.exit(7)"]).code(7);
    sandbox.run(["run", "no-such-command"]).code(127);
}

#[test]
fn environments_are_listed_and_removed() {
    let (sandbox, env) = fixture(&["--without-pip"]);
    sandbox.write("data/mine", "");
    let listing = json(&sandbox.run(["list", "--json"]).ok());
    is_path(listing["environments"][0]["path"].as_str().unwrap(), &env);
    assert_eq!(listing["environments"].as_array().unwrap().len(), 1, "{listing:#}");
    sandbox.run(["remove", "data", ".venv"]).code(1);
    assert!(sandbox.project().join("data/mine").exists());
    assert!(!env.exists(), "the others are removed although one is refused");
}

#[test]
fn pythons_are_listed_and_found_by_what_is_asked_for() {
    let sandbox = Sandbox::new();
    let listing = json(&sandbox.run(["python", "list", "--json"]).ok());
    assert_eq!(listing["version"], 1);
    assert!(!listing["pythons"].as_array().unwrap().is_empty(), "{listing:#}");
    for python in real_pythons() {
        let asked = sandbox.run(["python", "find", python.to_str().unwrap()]).ok();
        let found = PathBuf::from(asked.stdout.trim_end());
        assert!(found.is_file(), "{}", found.display());
        // Stubs of macOS and of the Windows Store start a program at another path, so paths can differ.
        let facts = |python: &PathBuf| {
            let script = "import sys; print(sys.base_prefix, sys.version)";
            Ran::of(sandbox.command(python).args(["-I", "-c", script])).ok().stdout
        };
        assert_eq!(facts(&found), facts(&python), "{}", found.display());
    }
    sandbox.run(["python", "find", "3.99"]).code(1);
}

#[test]
fn an_environment_of_the_stdlib_venv_is_checked_and_run_like_one_of_rvenv() {
    let sandbox = Sandbox::new();
    let python = &real_pythons()[0];
    let venv = ["-m", "venv", "--without-pip", "theirs"];
    Ran::of(sandbox.command(python).args(venv)).ok();
    sandbox.run(["check", "theirs"]).ok();
    let ran = sandbox.run(["run", "--env", "theirs", "python", "-c", PREFIX]).ok();
    is_path(&ran.stdout, &sandbox.project().join("theirs"));
}
