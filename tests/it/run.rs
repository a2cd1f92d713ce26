//! `rvenv run`: the command as if the environment were active, and nothing else.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::sandbox::Sandbox;

/// A world with an environment in its project.
fn world() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.run(["create", "--without-pip"]).ok();
    sandbox
}

/// A script of the environment's.
fn add_command(sandbox: &Sandbox, name: &str, text: &str) {
    let path = sandbox.write(&format!(".venv/bin/{name}"), text);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn the_command_sees_what_activation_would_set_and_prints_alone() {
    let mut sandbox = world();
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
    let mut sandbox = world();
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
    let mut sandbox = world();
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
    let mut sandbox = world();
    sandbox.run(["create", "--without-pip", "../other"]).ok();
    let other = sandbox.root().join("other");
    sandbox.set("VIRTUAL_ENV", &other);
    let ran = sandbox.run(["run", "python", "-c", "import sys; print(sys.prefix)"]).ok();
    assert_eq!(ran.stdout, format!("{}\n", other.display()));
}

#[test]
fn a_python_file_runs_with_the_environments_python() {
    let sandbox = world();
    sandbox.write("tool.py", "import sys\nprint(sys.prefix, *sys.argv)\nsys.exit(3)\n");
    let ran = sandbox.run(["run", "tool.py", "--help", "-q"]).code(3);
    let venv = sandbox.project().join(".venv");
    assert_eq!(ran.stdout, format!("{} tool.py --help -q\n", venv.display()));
}

#[test]
fn arguments_belong_to_the_command_whatever_they_look_like() {
    let sandbox = world();
    add_command(&sandbox, "show", "#!/bin/sh\nfor arg; do printf '[%s]' \"$arg\"; done\n");
    let args = ["run", "show", "--env", "x", "-q", "--", "a b", "", "$HOME"];
    assert_eq!(sandbox.run(args).ok().stdout, "[--env][x][-q][--][a b][][$HOME]");
    assert_eq!(sandbox.run(["run", "--", "show", "--version"]).ok().stdout, "[--version]");
}

#[test]
fn the_exit_code_is_the_commands_own() {
    let sandbox = world();
    sandbox.run(["run", "sh", "-c", "exit 42"]).code(42);
    let killed = sandbox.run(["run", "sh", "-c", "kill -TERM $$"]);
    // It became the command, so the signal is seen by whoever waits for it.
    assert_eq!(killed.code, None, "{killed:#?}");
}

#[test]
fn a_slip_of_the_hand_is_named() {
    let sandbox = world();
    add_command(&sandbox, "pytest", "#!/bin/sh\n");
    let ran = sandbox.run(["run", "pytset"]).code(127);
    assert!(ran.stderr.contains("no command `pytset`"), "{ran:#?}");
    assert!(ran.stderr.contains("hint: did you mean `pytest`?"), "{ran:#?}");
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_command_that_a_package_could_bring_is_told_to_be_installed() {
    let sandbox = world();
    let ran = sandbox.run(["run", "no-such-linter"]).code(127);
    assert!(ran.stderr.contains("`rvenv install no-such-linter`"), "{ran:#?}");
    for path in ["./no-such-linter", "no-such.py"] {
        let ran = sandbox.run(["run", path]).code(127);
        assert!(!ran.stderr.contains("rvenv install"), "{path} is no package: {ran:#?}");
    }
}

#[test]
fn what_cannot_be_executed_gives_126() {
    let sandbox = world();
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
fn a_dead_environment_does_not_run_what_comes_next_on_path() {
    let sandbox = world();
    let python = sandbox.project().join(".venv/bin/python");
    fs::remove_file(&python).unwrap();
    std::os::unix::fs::symlink("/no/such/python", python).unwrap();
    let ran = sandbox.run(["run", "python", "-V"]).code(1);
    assert!(ran.stderr.contains("is missing"), "{ran:#?}");
    assert_eq!(ran.stdout, "");
}

#[test]
fn no_environment_and_no_command_are_told() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(["run", "python"]).code(1);
    assert!(ran.stderr.contains("no virtual environment"), "{ran:#?}");
    world().run(["run"]).code(2);
    world().run(["run", "--no-such-flag", "python"]).code(2);
}

#[test]
fn a_broken_setting_does_not_stop_a_command() {
    let mut sandbox = world();
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
