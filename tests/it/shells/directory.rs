//! The directories and files that stand for an environment: `activate`, `check` and `--env` accept a
//! project, what is in an environment, and a `.venv` file.

use std::path::Path;

use crate::sandbox::Sandbox;

/// A sandbox with an environment at `env` in the project.
fn with(env: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.run(["create", "--quiet", "--without-pip", env]).ok();
    sandbox
}

/// Asserts that `named` is the environment at `env` to each command.
#[track_caller]
fn leads(sandbox: &Sandbox, named: &str, env: &str) {
    let root = sandbox.project().join(env);
    let code = sandbox.run(["activate", "--shell", "nushell", named]).ok().stdout;
    let code: serde_json::Value = serde_json::from_str(&code).unwrap();
    assert_eq!(code["VIRTUAL_ENV"], root.to_str().unwrap(), "activate {named}");
    let report = sandbox.run(["check", "--json", named]).stdout;
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["environment"]["path"], root.to_str().unwrap(), "check {named}");
    let program = "import sys; print(sys.prefix)";
    let shown = sandbox.run(["run", "--env", named, "python", "-c", program]).ok().stdout;
    assert_eq!(Path::new(shown.trim_end()), root, "run --env {named}");
}

#[test]
fn a_project_directory_selects_its_environment() {
    for env in [".venv", "venv", "env"] {
        let name = format!("app/{env}");
        let sandbox = with(&name);
        sandbox.write("app/main.py", "");
        for named in ["app", "app/main.py", "./app/.", "other/../app"] {
            leads(&sandbox, named, &name);
        }
    }
}

#[test]
fn the_order_is_the_directory_itself_then_the_names_then_the_parent() {
    let sandbox = with("app/env");
    leads(&sandbox, "app", "app/env");
    sandbox.run(["create", "--quiet", "--without-pip", "app/venv"]).ok();
    leads(&sandbox, "app", "app/venv");
    sandbox.run(["create", "--quiet", "--without-pip", "app/.venv"]).ok();
    leads(&sandbox, "app", "app/.venv");
    sandbox.run(["create", "--quiet", "--without-pip", "app/.venv/.venv"]).ok();
    leads(&sandbox, "app/.venv", "app/.venv");
    sandbox.run(["create", "--quiet", "--without-pip", "app/.venv/bin/venv"]).ok();
    leads(&sandbox, "app/.venv/bin", "app/.venv/bin/venv");
}

#[test]
fn paths_inside_an_environment_select_it() {
    let sandbox = with("my env");
    // A link out of it, taken as written.
    let python = sandbox.project().join("my env/bin/python");
    assert!(python.is_symlink());
    for named in ["bin", "bin/python", "bin/activate", "pyvenv.cfg"] {
        leads(&sandbox, &format!("my env/{named}"), "my env");
    }
    let file = sandbox.write("sub/.venv", "../my env\n");
    leads(&sandbox, file.to_str().unwrap(), "my env");
    leads(&sandbox, "sub", "my env");
}

#[test]
fn an_environment_without_its_configuration_is_reported_where_it_is() {
    let sandbox = with("app/.venv");
    std::fs::remove_file(sandbox.project().join("app/.venv/pyvenv.cfg")).unwrap();
    for named in ["app", "app/.venv", "app/.venv/bin", "app/.venv/bin/python"] {
        let ran = sandbox.run(["check", named]).code(1);
        assert!(ran.stdout.contains("pyvenv.cfg"), "{named}: {ran:#?}");
        let ran = sandbox.run(["activate", "--shell", "sh", named]).code(1);
        assert!(
            ran.stderr.contains("app/.venv` is not a virtual environment"),
            "{named}: {ran:#?}"
        );
    }
}

#[test]
fn a_directory_without_an_environment_is_an_error() {
    let sandbox = with("app/.venv");
    std::fs::create_dir_all(sandbox.project().join("tools/bin")).unwrap();
    sandbox.write("tools/readme", "");
    for named in ["tools", "tools/bin", "tools/readme", "."] {
        for command in [&["activate", "--shell", "sh"][..], &["check"], &["run", "--env"]] {
            let end = (command[0] == "run").then_some("true");
            let words = command.iter().copied().chain([named]).chain(end);
            let ran = sandbox.run(words).code(1);
            assert!(
                ran.stderr.contains("not a virtual environment"),
                "{command:?} {named}: {ran:#?}"
            );
        }
    }
    let ran = sandbox.run(["activate", "--shell", "sh", "nothing"]).code(1);
    assert!(ran.stderr.contains("cannot open"), "{ran:#?}");
    // Deletion takes the name of an environment only.
    for named in ["app", "app/.venv/bin", "app/.venv/bin/python"] {
        sandbox.run(["remove", named]).code(1);
    }
    assert!(sandbox.project().join("app/.venv/bin/python").exists());
}

#[test]
fn an_environment_called_env_is_named_and_not_chosen() {
    let mut sandbox = with("env");
    sandbox.with_rvenv_on_path();
    for (command, line) in [
        (&["activate", "--shell", "sh"][..], "rvenv activate --shell sh env"),
        (&["check"], "rvenv check env"),
        (&["run", "true"], "rvenv run --env env true"),
        (
            &["--color", "never", "activate", "--shell", "sh"],
            "rvenv --color never activate --shell sh env",
        ),
        (&["--color", "never", "run", "true"], "rvenv --color never run --env env true"),
    ] {
        let ran = sandbox.run(command).code(1);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains(&format!("`{line}`")), "{command:?}: {ran:#?}");
        let words: Vec<_> = line.split(' ').skip(1).collect();
        let ran = sandbox.run(words).ok();
        assert!(!ran.stderr.contains("error"), "{line}: {ran:#?}");
    }
    std::fs::create_dir(sandbox.project().join("src")).unwrap();
    let mut command = sandbox.rvenv();
    let ran = crate::sandbox::Ran::of(
        command.args(["activate", "--shell", "sh"]).current_dir(sandbox.project().join("src")),
    );
    assert!(ran.code(1).stderr.contains("rvenv create"));
}
