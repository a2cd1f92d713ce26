//! `rvenv run`: the command as if the environment were active, and nothing else.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::sandbox::{Sandbox, write_program};

/// A fixture with an environment in its project.
fn fixture() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.run(["create", "--without-pip"]).ok();
    sandbox
}

/// A script of the environment's.
fn add_command(sandbox: &Sandbox, name: &str, text: &str) {
    write_program(&sandbox.project().join(".venv/bin").join(name), text);
}

#[test]
fn the_command_sees_what_activation_would_set_and_prints_alone() {
    let mut sandbox = fixture();
    let venv = sandbox.project().join(".venv");
    let other = sandbox.root().join("other");
    sandbox
        .set("PATH", format!("{}:/usr/bin::/bin", other.join("bin").display()))
        .set("VIRTUAL_ENV", &venv)
        .set("PYTHONHOME", "/nowhere");
    let script = "echo \"$VIRTUAL_ENV|$VIRTUAL_ENV_PROMPT|$PATH|${PYTHONHOME-unset}\"";
    let ran = sandbox.run(["run", "sh", "-c", script]).ok();
    let venv = venv.display();
    let other = other.display();
    assert_eq!(ran.stdout, format!("{venv}|project|{venv}/bin:{other}/bin:/usr/bin::/bin|unset\n"));
    assert_eq!(ran.stderr, "");
}

#[test]
fn variables_that_mislead_python_are_hidden() {
    let mut sandbox = fixture();
    let venv = sandbox.project().join(".venv");
    for name in rvenv::support::python_vars::MISLEADING {
        sandbox.set(name, "/nowhere");
    }
    let ran = sandbox.run(["run", "python", "-c", "import sys; print(sys.prefix)"]).ok();
    assert_eq!(ran.stdout, format!("{}\n", venv.display()));
    let ran = sandbox.run(["run", "env"]).ok();
    assert!(!ran.stdout.contains("/nowhere"), "{}", ran.stdout);
}

#[test]
fn another_environment_is_taken_out_of_path() {
    let mut sandbox = fixture();
    sandbox.run(["create", "--without-pip", "../other"]).ok();
    let other = sandbox.root().join("other");
    sandbox
        .set("VIRTUAL_ENV", &other)
        .set("PATH", format!("{}:/usr/bin:/bin", other.join("bin").display()));
    let ran = sandbox.run(["run", "--env", ".venv", "sh", "-c", "echo $PATH"]).ok();
    let own = sandbox.project().join(".venv/bin");
    assert_eq!(ran.stdout, format!("{}:/usr/bin:/bin\n", own.display()));
}

#[test]
fn without_a_name_it_is_the_active_environment_as_for_install() {
    let mut sandbox = fixture();
    sandbox.run(["create", "--without-pip", "../other"]).ok();
    let other = sandbox.root().join("other");
    sandbox.set("VIRTUAL_ENV", &other);
    let ran = sandbox.run(["run", "python", "-c", "import sys; print(sys.prefix)"]).ok();
    assert_eq!(ran.stdout, format!("{}\n", other.display()));
}

#[test]
fn a_python_file_runs_with_the_environments_python() {
    let sandbox = fixture();
    sandbox.write("tool.py", "import sys\nprint(sys.prefix, *sys.argv)\nsys.exit(3)\n");
    let ran = sandbox.run(["run", "tool.py", "--help", "-q"]).code(3);
    let venv = sandbox.project().join(".venv");
    assert_eq!(ran.stdout, format!("{} tool.py --help -q\n", venv.display()));
}

#[test]
fn arguments_belong_to_the_command_whatever_they_look_like() {
    let sandbox = fixture();
    add_command(&sandbox, "show", "#!/bin/sh\nfor arg; do printf '[%s]' \"$arg\"; done\n");
    let args = ["run", "show", "--env", "x", "-q", "--", "a b", "", "$HOME"];
    assert_eq!(sandbox.run(args).ok().stdout, "[--env][x][-q][--][a b][][$HOME]");
    assert_eq!(sandbox.run(["run", "--", "show", "--version"]).ok().stdout, "[--version]");
}

#[test]
fn the_exit_code_is_the_commands_own() {
    let sandbox = fixture();
    sandbox.run(["run", "sh", "-c", "exit 42"]).code(42);
    let killed = sandbox.run(["run", "sh", "-c", "kill -TERM $$"]);
    // It became the command, so the signal is seen by whoever waits for it.
    assert_eq!(killed.code, None, "{killed:#?}");
}

#[test]
fn a_slip_of_the_hand_is_named() {
    let sandbox = fixture();
    add_command(&sandbox, "pytest", "#!/bin/sh\n");
    let ran = sandbox.run(["run", "pytset"]).code(127);
    assert!(ran.stderr.contains("no command `pytset`"), "{ran:#?}");
    assert!(ran.stderr.contains("hint: did you mean `pytest`?"), "{ran:#?}");
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_missing_command_of_a_known_package_gets_a_hint_to_install_it() {
    let sandbox = fixture();
    let ran = sandbox.run(["run", "no-such-linter"]).code(127);
    assert!(ran.stderr.contains("`rvenv install no-such-linter`"), "{ran:#?}");
    for path in ["./no-such-linter", "no-such.py"] {
        let ran = sandbox.run(["run", path]).code(127);
        assert!(!ran.stderr.contains("rvenv install"), "{path} is no package: {ran:#?}");
    }
}

#[test]
fn a_file_that_cannot_be_executed_gives_126() {
    let sandbox = fixture();
    sandbox.write("plain", "echo no\n");
    sandbox.write(".venv/bin/plain-too", "echo no\n");
    let moved = sandbox.write("moved", "#!/no/such/python\n");
    fs::set_permissions(moved, fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.run(["run", "./plain"]).code(126);
    let ran = sandbox.run(["run", "plain-too"]).code(126);
    assert!(ran.stderr.contains(".venv/bin/plain-too` cannot be executed"), "{ran:#?}");
    let ran = sandbox.run(["run", "./moved"]).code(126);
    assert!(
        ran.stderr.contains("its first line names an interpreter that is not there"),
        "{ran:#?}"
    );
}

#[test]
fn a_broken_environment_does_not_run_the_next_command_on_path() {
    let sandbox = fixture();
    let python = sandbox.project().join(".venv/bin/python");
    fs::remove_file(&python).unwrap();
    std::os::unix::fs::symlink("/no/such/python", python).unwrap();
    let ran = sandbox.run(["run", "python", "-V"]).code(1);
    assert!(ran.stderr.contains("is missing"), "{ran:#?}");
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_missing_environment_and_a_missing_command_are_reported() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(["run", "python"]).code(1);
    assert!(ran.stderr.contains("no virtual environment"), "{ran:#?}");
    fixture().run(["run"]).code(2);
    fixture().run(["run", "--no-such-flag", "python"]).code(2);
}

#[test]
fn a_broken_setting_does_not_stop_a_command() {
    let mut sandbox = fixture();
    sandbox.set("RVENV_OFFLINE", "perhaps");
    sandbox.write("rvenv.toml", "nonsense");
    assert_eq!(sandbox.run(["run", "echo", "on"]).ok().stdout, "on\n");
    for often in
        [&["activate", "--shell", "sh"][..], &["deactivate", "--shell", "sh"], &["hook", "bash"]]
    {
        assert_eq!(sandbox.run(often).ok().stderr, "");
    }
    sandbox.run(["list"]).code(1);
}

#[test]
fn a_module_runs_with_all_arguments_that_follow_it() {
    let sandbox = fixture();
    sandbox.write("shown.py", "import sys\nprint(sys.prefix, *sys.argv[1:])\n");
    let venv = sandbox.project().join(".venv");
    let ran = sandbox.run(["run", "-m", "shown", "-q", "--env", "x", "--", "-m"]).ok();
    assert_eq!(ran.stdout, format!("{} -q --env x -- -m\n", venv.display()));
    sandbox.run(["run", "-m"]).code(2);
}

#[test]
fn verbosity_before_the_command_is_of_rvenv_and_after_it_of_the_command() {
    let sandbox = fixture();
    add_command(&sandbox, "show", "#!/bin/sh\necho \"$@\"\n");
    let ran = sandbox.run(["run", "-v", "show", "-q"]).ok();
    assert_eq!(ran.stdout, "-q\n");
    assert!(ran.stderr.contains("running in `"), "{ran:#?}");
}

#[test]
fn a_script_of_another_project_runs_in_the_environment_of_that_project() {
    let mut sandbox = fixture();
    let shebang =
        "#!/usr/bin/env -S rvenv run python\nimport sys\nprint(sys.prefix, *sys.argv[1:])\n";
    let script = sandbox.project().join("tools/script.py");
    fs::create_dir(script.parent().unwrap()).unwrap();
    write_program(&script, shebang);
    let elsewhere = sandbox.root().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    std::os::unix::fs::symlink(&script, elsewhere.join("link.py")).unwrap();
    let venv = sandbox.project().join(".venv");
    sandbox.with_rvenv_on_path();
    let rvenv = env!("CARGO_BIN_EXE_rvenv");
    let path = script.to_str().unwrap();
    for words in [
        &[rvenv, "run", path, "a"][..],
        &[rvenv, "run", "python", path, "a"],
        &[rvenv, "run", "./link.py", "a"],
        &[path, "a"],
    ] {
        let mut command = sandbox.command(words[0]);
        let ran = crate::sandbox::Ran::of(command.args(&words[1..]).current_dir(&elsewhere)).ok();
        assert_eq!(ran.stdout, format!("{} a\n", venv.display()), "{words:?}");
        assert!(ran.stderr.starts_with(&format!("using `{}`", venv.display())), "{ran:#?}");
    }
    // The environment of the current directory comes first.
    sandbox.run(["create", "--without-pip", "../elsewhere/.venv"]).ok();
    let mut command = sandbox.rvenv();
    let ran = crate::sandbox::Ran::of(command.args(["run", path]).current_dir(&elsewhere)).ok();
    assert_eq!(ran.stdout, format!("{}/.venv\n", elsewhere.display()));
    assert_eq!(ran.stderr, "");
}

#[test]
fn a_pip_or_python_of_another_place_is_warned_of() {
    let mut sandbox = fixture();
    let other = sandbox.root().join("other");
    fs::create_dir(&other).unwrap();
    for name in ["pip3.99", "python3.99", "pipeline"] {
        write_program(&other.join(name), "#!/bin/sh\n");
    }
    sandbox.set("PATH", format!("{}:/usr/bin:/bin", other.display()));
    let ran = sandbox.run(["run", "pip3.99"]).ok();
    let program = other.join("pip3.99");
    assert!(
        ran.stderr.contains(&format!("warning: `pip3.99` is `{}`", program.display())),
        "{ran:#?}"
    );
    assert!(ran.stderr.contains("`rvenv run python -m pip`"), "{ran:#?}");
    assert!(sandbox.run(["run", "python3.99"]).ok().stderr.contains("`rvenv run python`"));
    assert_eq!(sandbox.run(["run", "pipeline"]).ok().stderr, "");
    assert_eq!(sandbox.run(["run", "python", "-c", ""]).ok().stderr, "");
}

#[test]
fn an_interactive_shell_is_active_after_its_start_files() {
    let sandbox = fixture();
    let venv = sandbox.project().join(".venv");
    let first = "export PATH=/first:$PATH\n";
    sandbox.write("../home/.bashrc", first);
    sandbox.write("../home/.zshrc", first);
    sandbox.write("../home/.profile", first);
    for shell in ["bash", "zsh", "dash"] {
        if which::which(shell).is_err() {
            crate::sandbox::skip(&format!("{shell} is not installed"));
            continue;
        }
        let input =
            sandbox.write("input", "echo \"[$VIRTUAL_ENV|$PATH|${ZDOTDIR-}${ENV-}]\"\nexit 3\n");
        let mut command = sandbox.command("sh");
        let script = r#""$0" shell --shell "$1" < "$2""#;
        command.args(["-c", script, env!("CARGO_BIN_EXE_rvenv"), shell]).arg(input);
        let temporary = sandbox.root().join("temporary");
        fs::create_dir_all(&temporary).unwrap();
        command.env("TMPDIR", &temporary).env_remove("VIRTUAL_ENV");
        let ran = crate::sandbox::Ran::of(&mut command).code(3);
        let active = format!("[{0}|{0}/bin:", venv.display());
        assert!(ran.stdout.contains(&active) && ran.stdout.contains("|]"), "{ran:#?}");
        assert_eq!(fs::read_dir(temporary).unwrap().count(), 0, "{shell} left its file");
    }
}

#[test]
fn packages_are_listed_and_uninstalled_by_the_environments_pip() {
    let sandbox = Sandbox::new();
    sandbox.run(["create", "--without-setuptools"]).ok();
    let listed = sandbox.run(["freeze", "--all"]).ok();
    assert!(listed.stdout.starts_with("pip=="), "{listed:#?}");
    assert_eq!(listed.stderr, "");
    for word in ["remove", "rm"] {
        let ran = sandbox.run([word, "pip"]).code(1);
        assert!(ran.stderr.contains("hint: `rvenv uninstall pip`"), "{ran:#?}");
    }
    sandbox.run(["uninstall"]).code(2);
    let ran = sandbox.run(["uninstall", "pip"]).ok();
    assert!(ran.stderr.contains("uninstalling from `"), "{ran:#?}");
    assert!(!sandbox.project().join(".venv/bin/pip").exists());
    // Without a pip of its own, that of the cache is used.
    assert_eq!(sandbox.run(["freeze"]).ok().stdout, "");
}
