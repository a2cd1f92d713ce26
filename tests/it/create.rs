//! `rvenv create`: what it does about what is there, and what it says when it cannot.

use std::fs;
use std::os::unix::fs::symlink;

use predicates::prelude::*;

use crate::sandbox::{Sandbox, recent_cpython, write_program};

/// Runs `create ARGS`, asserts that it fails with `code`, that the one error line holds each of
/// `words`, and that the project is as it was.
#[track_caller]
fn refused(sandbox: &Sandbox, args: &[&str], code: i32, words: &[&str]) {
    let listing = |dir: &std::path::Path| -> Vec<_> {
        walkdir::WalkDir::new(dir)
            .into_iter()
            .flatten()
            .map(|entry| entry.path().to_owned())
            .collect()
    };
    let before = listing(&sandbox.project());
    let ran = sandbox.run([&["create"], args].concat()).code(code);
    for word in words {
        assert!(predicate::str::contains(*word).eval(&ran.stderr), "`{word}` is not in {ran:#?}");
    }
    assert!(!ran.stderr.contains("panicked"), "{ran:#?}");
    assert_eq!(ran.stdout, "");
    assert_eq!(listing(&sandbox.project()), before, "something was left behind: {args:?}");
}

#[test]
fn a_second_create_changes_nothing_and_says_so() {
    let sandbox = Sandbox::new();
    sandbox.run(["create"]).ok();
    let cfg = sandbox.project().join(".venv/pyvenv.cfg");
    let before = fs::metadata(&cfg).unwrap().modified().unwrap();
    let ran = sandbox.run(["create"]).ok();
    assert!(ran.stderr.contains("exists and is complete"), "{ran:#?}");
    assert_eq!(fs::metadata(&cfg).unwrap().modified().unwrap(), before);
}

/// An environment that was made in a project's own folder, and that the user went on with.
#[test]
fn files_of_the_user_stay_when_an_environment_is_updated() {
    let sandbox = Sandbox::new();
    sandbox.write(".gitignore", "secret.txt\n");
    sandbox.run(["create", "--without-pip", "."]).ok();
    let script = sandbox.project().join("bin/activate");
    let changed = fs::read_to_string(&script).unwrap() + "export MINE=1\n";
    fs::write(&script, &changed).unwrap();
    fs::write(sandbox.project().join("bin/activate.csh"), "").unwrap();
    let fish = sandbox.project().join("bin/activate.fish");
    fs::write(&fish, "# another tool's\n").unwrap();
    for args in
        [&["create", "--without-pip", "--upgrade", "."][..], &["create", "--without-pip", "."]]
    {
        fs::remove_file(sandbox.project().join("bin/python")).unwrap();
        let ran = sandbox.run(args).ok();
        assert!(ran.stderr.contains("left as it was: `bin/activate`\n"), "{ran:#?}");
        let read = |name: &str| fs::read_to_string(sandbox.project().join(name)).unwrap();
        assert_eq!(read(".gitignore"), "secret.txt\n");
        assert_eq!(read("bin/activate"), changed);
        assert_eq!(read("bin/activate.fish"), "# another tool's\n");
        assert!(read("bin/activate.csh").contains("VIRTUAL_ENV"), "nothing was in it");
        assert!(sandbox.project().join("bin/python").exists());
    }
}

#[test]
fn a_broken_environment_is_repaired_and_its_packages_stay() {
    let sandbox = Sandbox::new();
    sandbox.run(["create", "--prompt", "mine"]).ok();
    let venv = sandbox.project().join(".venv");
    let site = fs::read_dir(venv.join("lib"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path()
        .join("site-packages");
    fs::write(site.join("kept.py"), "").unwrap();
    fs::remove_file(venv.join("bin/python")).unwrap();
    fs::remove_file(venv.join("bin/activate")).unwrap();
    let ran = sandbox.run(["create"]).ok();
    assert!(ran.stderr.contains("updated"), "{ran:#?}");
    assert!(venv.join("bin/python").exists() && venv.join("bin/activate").exists());
    assert!(site.join("kept.py").exists());
    assert!(fs::read_to_string(venv.join("pyvenv.cfg")).unwrap().contains("prompt = 'mine'"));
}

#[test]
fn another_prompt_or_view_of_system_packages_is_written_to_an_existing_pyvenv_cfg() {
    for (flags, expected) in [
        (&["--prompt", "other"][..], "prompt = 'other'"),
        (&["--system-site-packages"], "include-system-site-packages = true"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.run(["create", "--without-pip"]).ok();
        let kept = sandbox.write(".venv/kept.txt", "mine");
        let cfg = sandbox.project().join(".venv/pyvenv.cfg");
        assert!(!fs::read_to_string(&cfg).unwrap().lines().any(|line| line == expected));
        let args = [&["create", "--without-pip"], flags].concat();
        let ran = sandbox.run(&args).ok();
        assert!(ran.stderr.contains("updated `.venv`"), "{ran:#?}");
        let text = fs::read_to_string(&cfg).unwrap();
        assert!(text.lines().any(|line| line == expected), "{text}");
        assert!(kept.exists());
        let ran = sandbox.run(&args).ok();
        assert!(!ran.stderr.contains("updated"), "the second time it is up to date: {ran:#?}");
    }
}

#[test]
fn clear_replaces_an_environment_and_nothing_else() {
    let sandbox = Sandbox::new();
    sandbox.run(["create"]).ok();
    let stray = sandbox.project().join(".venv/lib/stray");
    fs::write(&stray, "").unwrap();
    let ran = sandbox.run(["create", "--clear"]).ok();
    assert!(ran.stderr.contains("replaced"), "{ran:#?}");
    assert!(!stray.exists());
    assert!(sandbox.project().join(".venv/bin/python").exists());

    fs::create_dir(sandbox.project().join("src")).unwrap();
    fs::write(sandbox.project().join("src/lib.py"), "").unwrap();
    refused(&sandbox, &["--clear", "src"], 1, &["will not delete", "pyvenv.cfg"]);
    refused(&sandbox, &["--clear", "."], 1, &["will not delete"]);
    refused(&sandbox, &["--clear", ""], 2, &["empty"]);
}

#[test]
fn an_environment_can_share_a_directory_with_a_project_and_takes_nothing_of_it() {
    let sandbox = Sandbox::new();
    let gitignore = sandbox.project().join(".gitignore");
    fs::write(&gitignore, "mine\n").unwrap();
    sandbox.run(["create", "."]).ok();
    assert_eq!(fs::read_to_string(&gitignore).unwrap(), "mine\n");
    assert!(sandbox.project().join("bin/python").exists());

    let other = Sandbox::new();
    fs::create_dir(other.project().join("bin")).unwrap();
    fs::write(other.project().join("bin/activate"), "mine").unwrap();
    refused(&other, &["."], 1, &["bin/activate", "no environment tool"]);
}

#[test]
fn a_link_stays_a_link() {
    let sandbox = Sandbox::new();
    let real = sandbox.root().join("elsewhere");
    fs::create_dir(&real).unwrap();
    symlink(&real, sandbox.project().join(".venv")).unwrap();
    sandbox.run(["create"]).ok();
    assert!(sandbox.project().join(".venv").is_symlink());
    assert!(real.join("bin/python").exists());
}

#[test]
fn several_directories_and_missing_parents_are_made() {
    let sandbox = Sandbox::new();
    sandbox.run(["create", "--without-pip", "a", "deep/down/b"]).ok();
    assert!(sandbox.project().join("a/bin/python").exists());
    assert!(sandbox.project().join("deep/down/b/bin/python").exists());
}

#[test]
fn places_that_cannot_hold_an_environment_are_refused() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.project().join("file"), "").unwrap();
    symlink("cycle", sandbox.project().join("cycle")).unwrap();
    refused(&sandbox, &["file"], 1, &["error: ", "file` exists and is not a directory", "hint: "]);
    refused(&sandbox, &["file/below"], 1, &["error: ", "file"]);
    refused(&sandbox, &["cycle"], 1, &["error: ", "cycle"]);
    refused(&sandbox, &["a:b"], 1, &["error: ", "separates the entries of PATH", "hint: "]);
    refused(&sandbox, &["a\nb"], 1, &["error: ", "line break", "hint: "]);
    refused(&sandbox, &["/proc/nothing/here"], 1, &["error: ", "/proc/nothing"]);
    refused(&sandbox, &[""], 2, &["error: ", "empty"]);
}

#[test]
fn flags_that_contradict_each_other_are_wrong_usage() {
    let sandbox = Sandbox::new();
    refused(&sandbox, &["--clear", "--upgrade"], 2, &["cannot be used with"]);
    refused(&sandbox, &["--copies", "--symlinks"], 2, &["cannot be used with"]);
    refused(&sandbox, &["--no-such-flag"], 2, &["unexpected argument"]);
}

#[test]
fn a_file_that_is_not_a_python_is_reported_with_the_reason() {
    let sandbox = Sandbox::new();
    let script = |name: &str, text: &str| {
        let path = sandbox.root().join(name);
        write_program(&path, text);
        path.to_str().unwrap().to_owned()
    };
    refused(&sandbox, &["-p", &script("text", "just text\n")], 1, &["error: ", "text"]);
    refused(&sandbox, &["-p", &script("gone", "#!/bin/sh\nexit 127\n")], 1, &["127"]);
    refused(&sandbox, &["-p", "/no/such/python"], 1, &["/no/such/python"]);
    refused(&sandbox, &["-p", "3.99"], 1, &["3.99"]);
    refused(&sandbox, &["-p", ">=3.11,<<3"], 1, &["cannot read"]);
}

#[test]
fn an_environment_of_another_minor_version_is_not_touched() {
    let sandbox = Sandbox::new();
    sandbox.run(["create", "--without-pip"]).ok();
    let cfg = sandbox.project().join(".venv/pyvenv.cfg");
    let text = fs::read_to_string(&cfg).unwrap();
    let other: String = text
        .lines()
        .map(|line| {
            if line.starts_with("version") {
                "version = 3.1.0\n".into()
            } else {
                format!("{line}\n")
            }
        })
        .collect();
    fs::write(&cfg, other).unwrap();
    refused(&sandbox, &[], 1, &["3.1.0", "hint: ", "--clear", "--upgrade"]);
}

#[test]
fn an_environment_inside_an_environment_is_based_on_the_base() {
    let mut sandbox = Sandbox::new();
    sandbox.run(["create", "--without-pip", "outer"]).ok();
    let outer = sandbox.project().join("outer");
    sandbox
        .set("PATH", format!("{}:/usr/bin:/bin", outer.join("bin").display()))
        .set("VIRTUAL_ENV", &outer);
    sandbox.run(["create", "--without-pip", "inner"]).ok();
    let home = |name: &str| {
        let text = fs::read_to_string(sandbox.project().join(name).join("pyvenv.cfg")).unwrap();
        text.lines().find(|line| line.starts_with("home")).unwrap().to_owned()
    };
    assert_eq!(home("inner"), home("outer"));
}

/// The `command` of an environment's `pyvenv.cfg`.
fn recorded_command(sandbox: &Sandbox, dir: &str) -> String {
    let text = std::fs::read_to_string(sandbox.project().join(dir).join("pyvenv.cfg")).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("command = ")).collect();
    let [line] = lines[..] else { panic!("{text}") };
    assert_eq!(text.lines().filter(|line| line.starts_with("home")).count(), 1, "{text}");
    line.to_owned()
}

/// Python writes `command` since 3.11.
#[test]
fn the_recorded_command_has_the_flags_of_stdlib_in_its_order() {
    let Some(python) = recent_cpython() else { return };
    let python = python.to_str().unwrap();
    let sandbox = Sandbox::new();
    let flags = [
        "--without-scm-ignore-files",
        "--prompt=foobar",
        "--clear",
        "--symlinks",
        "--system-site-packages",
        "--without-pip",
        "--python",
        python,
    ];
    sandbox.run([&["create"], &flags[..], &["all"]].concat()).ok();
    let command = recorded_command(&sandbox, "all");
    let expected = "command = rvenv create --without-pip --system-site-packages --clear --prompt=\"foobar\" \
                    --without-scm-ignore-files --python=";
    assert!(command.starts_with(expected), "{command}");
    for flag in ["--copies", "--upgrade"] {
        sandbox.run(["create", "--without-pip", "--python", python, flag, "one"]).ok();
        let command = recorded_command(&sandbox, "one");
        assert!(command.contains(&format!(" {flag} ")), "{command}");
    }
    // No prompt begins another line.
    for prompt in ["x\nhome = /tmp", "a\rb", "say \"x\"", "\u{85}\u{2028}", "it's"] {
        let args = ["create", "--clear", "--without-pip", "--python", python, "--prompt", prompt];
        sandbox.run([&args[..], &["odd"]].concat()).ok();
        let command = recorded_command(&sandbox, "odd");
        assert!(!command.contains(['\u{85}', '\u{2028}']), "{command:?}");
    }
}

#[test]
fn upgrade_writes_the_version_that_belongs_to_the_environment() {
    let sandbox = Sandbox::new();
    sandbox.run(["create", "--without-pip"]).ok();
    let file = sandbox.project().join(".venv/pyvenv.cfg");
    let right = std::fs::read_to_string(&file).unwrap();
    let version = right.lines().find(|line| line.starts_with("version")).unwrap().to_owned();
    for wrong in ["version = 2.7.1", "version = x", "version ="] {
        std::fs::write(&file, right.replace(&version, wrong)).unwrap();
        sandbox.run(["create", "--upgrade", "--without-pip"]).ok();
        assert!(std::fs::read_to_string(&file).unwrap().contains(&version), "{wrong}");
    }
}

#[test]
fn an_environment_that_was_made_without_pip_stays_without() {
    let sandbox = Sandbox::new();
    sandbox.run(["create", "--without-pip"]).ok();
    let file = sandbox.project().join(".venv/pyvenv.cfg");
    let text = std::fs::read_to_string(&file).unwrap();
    if !text.contains("command") {
        std::fs::write(&file, text + "uv = 0.13.9\n").unwrap();
    }
    let ran = sandbox.run(["create"]).ok();
    assert!(ran.stderr.contains("exists and is complete"), "{ran:#?}");
    let ran = sandbox.run(["create", "--upgrade"]).ok();
    assert!(ran.stderr.contains("(as before)"), "nobody gave a Python: {ran:#?}");
    sandbox.run(["run", "python", "-m", "pip", "--version"]).ok();
}

#[test]
fn clear_keeps_the_old_environment_until_the_packages_are_installed() {
    let mut sandbox = Sandbox::new();
    sandbox.set("PIP_NO_INDEX", "1");
    sandbox.run(["create", "--without-pip"]).ok();
    let mark = sandbox.write(".venv/lib/mark", "old");
    sandbox.write("bad.txt", "no-such-package\n");
    let ran = sandbox.run(["create", "--clear", "-r", "bad.txt"]).code(1);
    assert!(ran.stderr.contains("`.venv` is unchanged"), "{ran:#?}");
    assert!(mark.exists());
    sandbox.write("good.txt", "pip\n");
    sandbox.run(["create", "--clear", "-r", "good.txt"]).ok();
    assert!(!mark.exists());
    let root = sandbox.project().join(".venv");
    let ran = sandbox.run(["run", "pip", "--version"]).ok();
    assert!(ran.stdout.contains(root.to_str().unwrap()), "{ran:#?}");
    sandbox.run(["check", ".venv"]).ok();
}

#[test]
fn pyvenv_cfg_names_the_version_that_created_the_environment() {
    let sandbox = Sandbox::new();
    sandbox.run(["create"]).ok();
    let cfg = sandbox.project().join(".venv/pyvenv.cfg");
    let text = fs::read_to_string(&cfg).unwrap();
    let current = concat!("rvenv = ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(text.matches(current).count(), 1, "{text}");
    // Another creator's version is never compared, and an upgrade keeps it.
    fs::write(&cfg, text.replace(current, "rvenv = 0.0.1\n")).unwrap();
    sandbox.run(["check", ".venv"]).code(0);
    sandbox.run(["create", "--upgrade"]).ok();
    let text = fs::read_to_string(&cfg).unwrap();
    assert!(text.contains("rvenv = 0.0.1\n") && !text.contains(current), "{text}");
}
