//! Settings: who wins, what is refused, what is said.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::sandbox::{Ran, Running, Sandbox, USER_CONFIG};

/// Writes the user's file.
fn write_own(sandbox: &Sandbox, text: &str) -> PathBuf {
    let path = sandbox.root().join(USER_CONFIG);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path
}

fn settings(sandbox: &Sandbox) -> Value {
    let ran = sandbox.run(["config", "--json"]).ok();
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:#?}"))
}

/// Asserts the error, whole, and that nothing is printed.
#[track_caller]
fn refused(ran: Ran, expected: &str) {
    let ran = ran.code(1);
    assert_eq!(ran.stderr, expected);
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_nearer_layer_wins_and_each_value_has_its_source() {
    let mut sandbox = Sandbox::new();
    let own = write_own(&sandbox, "link-mode = 'copy'\nprompt = 'mine'\noffline = true\n");
    let project = sandbox.write("rvenv.toml", "prompt = 'ours'\noffline = true\n");
    sandbox.set("RVENV_OFFLINE", "0");
    let settings = settings(&sandbox);
    let row = |key: &str| {
        let row = &settings["settings"][key];
        (row["value"].clone(), row["source"].clone(), row["file"].clone())
    };
    let text = |path: &PathBuf| Value::from(path.to_str().unwrap());
    assert_eq!(row("link-mode"), ("copy".into(), "user".into(), text(&own)));
    assert_eq!(row("prompt"), ("ours".into(), "project".into(), text(&project)));
    assert_eq!(row("offline"), (false.into(), "variable".into(), Value::Null));
    assert_eq!(row("copies"), (false.into(), "default".into(), Value::Null));
    assert_eq!(row("python"), (Value::Null, "default".into(), Value::Null));
    assert_eq!(settings["version"], 1);
    assert_eq!(settings["user_file"], text(&own));
}

#[test]
fn the_printed_configuration_is_a_valid_file() {
    let sandbox = Sandbox::new();
    sandbox.write("rvenv.toml", "prompt = 'a \"b\\c'\nwithout-pip = true\n");
    let ran = sandbox.run(["config"]).ok();
    assert!(ran.stdout.contains("without-pip = true"), "{ran:#?}");
    write_own(&sandbox, &ran.stdout);
    fs::remove_file(sandbox.project().join("rvenv.toml")).unwrap();
    let settings = settings(&sandbox);
    assert_eq!(settings["settings"]["prompt"]["value"], "a \"b\\c");
    assert_eq!(settings["settings"]["without-pip"]["source"], "user");
}

#[test]
fn the_table_of_pyproject_is_found_from_below() {
    let sandbox = Sandbox::new();
    let path = sandbox.write("pyproject.toml", "[tool.rvenv]\nlink-mode = 'copy'\n");
    fs::create_dir(sandbox.project().join("src")).unwrap();
    let mut command = sandbox.rvenv();
    command.args(["config", "--json"]).current_dir(sandbox.project().join("src"));
    let settings: Value = serde_json::from_str(&Ran::of(&mut command).ok().stdout).unwrap();
    assert_eq!(settings["settings"]["link-mode"]["file"], path.to_str().unwrap());
}

#[test]
fn an_unknown_key_is_an_error_that_names_the_near_one() {
    let sandbox = Sandbox::new();
    let path = sandbox.write("rvenv.toml", "link_mode = 'copy'\n");
    refused(
        sandbox.run(["config"]),
        &format!(
            "error: `{}` sets `link_mode`, which is not a setting\nhint: did you mean `link-mode`?\n",
            path.display()
        ),
    );
    let own = write_own(&sandbox, "editor = 'vi'\n");
    refused(
        sandbox.run(["config"]),
        &format!(
            "error: `{}` sets `editor`, which is not a setting\n\
             hint: `rvenv config` lists all settings\n",
            own.display()
        ),
    );
}

#[test]
fn wrong_values_name_what_they_can_be() {
    let mut sandbox = Sandbox::new();
    let path = sandbox.write("rvenv.toml", "offline = 'yes'\n");
    let path = path.display();
    refused(
        sandbox.run(["config"]),
        &format!("error: `{path}` sets `offline` to `yes`: expected true or false\n"),
    );
    sandbox.write("rvenv.toml", "link-mode = 'reflink'\n");
    refused(
        sandbox.run(["config"]),
        &format!(
            "error: `{path}` sets `link-mode` to `reflink`: expected clone, hardlink, copy, symlink\n"
        ),
    );
    sandbox.write("rvenv.toml", "python = 3.12\n");
    refused(
        sandbox.run(["config"]),
        &format!("error: `{path}` sets `python` to `3.12`: expected text between quotes\n"),
    );
    sandbox.write("rvenv.toml", "");
    sandbox.set("RVENV_COPIES", "perhaps");
    refused(
        sandbox.run(["config"]),
        "error: `RVENV_COPIES` sets `copies` to `perhaps`: expected true or false\n",
    );
}

#[test]
fn a_project_cannot_choose_what_is_run() {
    let forbidden = [
        ("python = '.evil/python'", "python"),
        ("python = '/tmp/evil'", "python"),
        ("python = '~/evil'", "python"),
        ("python = 'reboot'", "python"),
        ("pip = 'evil-1.0-py3-none-any.whl'", "pip"),
        ("pip = './pip.whl'", "pip"),
        ("pip = 'https://example.org/pip.whl'", "pip"),
        ("color = 'always'", "color"),
    ];
    for (line, key) in forbidden {
        for (file, text) in
            [("rvenv.toml", line.to_owned()), ("pyproject.toml", format!("[tool.rvenv]\n{line}\n"))]
        {
            let sandbox = Sandbox::new();
            sandbox.write(file, text);
            for command in [&["config"][..], &["create", "--without-pip"]] {
                let ran = sandbox.run(command).code(1);
                let words = "which a project's file may not do:";
                assert!(ran.stderr.contains(words), "{line}: {ran:#?}");
                assert!(ran.stderr.contains(&format!("--{key}")), "{line}: {ran:#?}");
            }
            assert!(!sandbox.project().join(".venv").exists(), "{line}");
        }
        // It is for the user to choose.
        let sandbox = Sandbox::new();
        write_own(&sandbox, line);
        sandbox.run(["config"]).ok();
    }
}

#[test]
fn a_project_can_ask_for_versions() {
    for line in [
        "python = '3.12'",
        "python = 'python3.12'",
        "python = '>=3.9,<4'",
        "python = 'pypy3.10'",
        "pip = '24.0'",
        "pip = 'latest'",
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("rvenv.toml", line);
        sandbox.run(["config"]).ok();
    }
}

#[test]
fn two_files_beside_each_other_do_not_silence_each_other() {
    let sandbox = Sandbox::new();
    sandbox.write("rvenv.toml", "offline = true\n");
    sandbox.write("pyproject.toml", "[project]\nname = 'x'\n");
    sandbox.run(["config"]).ok();
    sandbox.write("pyproject.toml", "[tool.rvenv]\nprompt = 'x'\n");
    let ran = sandbox.run(["config"]).code(1);
    assert!(ran.stderr.contains("contain settings"), "{ran:#?}");
    assert!(ran.stderr.contains("hint: move all settings into one of the two"), "{ran:#?}");
}

#[test]
fn an_invalid_toml_file_is_reported_with_its_line() {
    let sandbox = Sandbox::new();
    let path = sandbox.write("rvenv.toml", "offline = true\nprompt = \n");
    let ran = sandbox.run(["config"]).code(1);
    let start = format!("error: cannot read `{}`: line 2: ", path.display());
    assert!(ran.stderr.starts_with(&start), "{ran:#?}");
    sandbox.write("rvenv.toml", b"offline = true\n\n# \xff\n");
    let ran = sandbox.run(["config"]).code(1);
    assert!(ran.stderr.contains("line 3: it is not UTF-8"), "{ran:#?}");
    std::fs::remove_file(path).unwrap();
    for (text, line, key) in
        [("# x\ntool = 3\n", 2, "tool"), ("[tool]\nrvenv = 3\n", 2, "tool.rvenv")]
    {
        let path = sandbox.write("pyproject.toml", text);
        let ran = sandbox.run(["create", "--without-pip"]).code(1);
        let expected =
            format!("error: `{}`, line {line}: `{key}` is `3`: expected a table\n", path.display());
        assert_eq!(ran.stderr, expected);
    }
}

#[test]
fn a_manifest_that_is_broken_for_others_is_left_out_aloud() {
    let sandbox = Sandbox::new();
    sandbox.write("pyproject.toml", "<<<<<<< HEAD\n");
    let ran = sandbox.run(["config"]).ok();
    assert!(ran.stderr.starts_with("warning: cannot read `"), "{ran:#?}");
    assert!(ran.stderr.contains("line 1"), "{ran:#?}");
    // It was meant for us.
    sandbox.write("pyproject.toml", "[tool.rvenv]\nprompt = \n");
    sandbox.run(["config"]).code(1);
}

#[test]
fn devices_pipes_and_endless_files_are_not_read() {
    for name in ["pyproject.toml", "rvenv.toml"] {
        let sandbox = Sandbox::new();
        let path = sandbox.project().join(name);
        let code = if name == "rvenv.toml" { 1 } else { 0 };
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        let ran = sandbox.run(["config"]).code(code);
        assert!(ran.stderr.contains("is not a regular file"), "{ran:#?}");
        fs::remove_file(&path).unwrap();

        Ran::of(sandbox.command("mkfifo").arg(&path)).ok();
        let ran = sandbox.run(["config"]).code(code);
        assert!(ran.stderr.contains("is not a regular file"), "{ran:#?}");
        fs::remove_file(&path).unwrap();

        // As long as a gigabyte, and as cheap as nothing.
        fs::File::create(&path).unwrap().set_len(1 << 30).unwrap();
        let ran = sandbox.run(["config"]).code(code);
        assert!(ran.stderr.contains("is longer than"), "{ran:#?}");
    }
}

#[test]
fn every_key_is_a_flag_of_create() {
    let sandbox = Sandbox::new();
    let settings = settings(&sandbox);
    let help = sandbox.run(["help", "create"]).ok().stdout;
    let keys = settings["settings"].as_object().unwrap().keys();
    // The one says which files of projects are read at all, the other is for `check`.
    for key in keys.filter(|key| !["trusted", "check-ignore"].contains(&&***key)) {
        let flags = [format!("--{key}"), format!("--no-{key}")];
        assert!(flags.iter().any(|flag| help.contains(flag)), "`{key}` is no flag of create");
    }
}

#[test]
fn nobody_reads_the_answer_and_that_is_no_error() {
    let sandbox = Sandbox::new();
    let ran = Running::start_with_closed_stdout(sandbox.rvenv().arg("config")).wait().ok();
    assert_eq!(ran.stderr, "");
}

#[test]
fn a_misspelt_variable_is_reported() {
    let mut sandbox = Sandbox::new();
    sandbox.set("RVENV_PYHTON", "3.12").set("RVENV_OF_ANOTHER_TOOL", "1");
    let ran = sandbox.run(["config"]).ok();
    assert_eq!(
        ran.stderr,
        "warning: `RVENV_PYHTON` does not name a setting\nhint: did you mean `RVENV_PYTHON`?\n"
    );
}

#[test]
fn a_file_of_the_project_that_decides_the_python_is_shown() {
    let sandbox = Sandbox::new();
    let project = sandbox.project();
    for (file, text, request) in [
        (".python-version", "3.12\n", "3.12"),
        (
            "pyproject.toml",
            "[project]\nname = 'x'\nrequires-python = '>=3.9,<3.13'\n",
            ">=3.9,<3.13",
        ),
    ] {
        sandbox.write(file, text);
        let shown = sandbox.run(["config"]).ok().stdout;
        let line = shown.lines().find(|line| line.starts_with("# python =")).unwrap();
        let path = project.join(file).display().to_string();
        assert!(line.contains(&format!("{request:?}")) && line.contains(&path), "{shown}");
        let answer: Value =
            serde_json::from_str(&sandbox.run(["config", "--json"]).ok().stdout).unwrap();
        assert_eq!(answer["python_request"]["request"], request, "{answer:#}");
        // A variable goes before it.
        let mut command = sandbox.rvenv();
        let shown = Ran::of(command.env("RVENV_PYTHON", "3.11").arg("config")).ok().stdout;
        assert!(shown.contains("python = \"3.11\""), "{shown}");
        std::fs::remove_file(project.join(file)).unwrap();
    }
}
