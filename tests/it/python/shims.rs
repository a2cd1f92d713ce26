use std::fs;
use std::process::Command;

use rvenv::Hint;
use rvenv::python::Reason;

use super::fixture::Fixture;
use crate::sandbox::Ran;

/// pyenv's own shim, as `pyenv rehash` writes it.
const PYENV: &str = r#"set -e
[ -n "$PYENV_DEBUG" ] && set -x

program="${0##*/}"

export PYENV_ROOT="/home/somebody/.pyenv"
exec "/usr/share/pyenv/libexec/pyenv" exec "$program" "$@"
"#;

/// A fixture whose PATH begins with a manager's shims, two Pythons behind them, and another one on PATH.
/// Any shim that is run is counted, and hangs.
pub(super) fn shimmed(shims: &str, installs: &str) -> Fixture {
    let mut fixture = Fixture::new();
    fixture.path([shims, "bin"]);
    for version in ["3.16.3", "3.17.4"] {
        let minor = &version[..4];
        fixture.fake(&format!("{installs}/{version}/bin/python3"), version);
        for name in ["python".to_owned(), format!("python{minor}")] {
            fixture.link(&format!("{installs}/{version}/bin/{name}"), "python3");
        }
    }
    for name in ["python3", "python", "python3.16", "python3.17"] {
        let path = format!("{shims}/{name}");
        fixture.script(&path, &format!("{}\n/bin/sleep 100", fixture.counting(&path)));
    }
    fixture.fake("bin/python3", "3.15.0");
    fixture
}

#[track_caller]
pub(super) fn no_shim_was_run(fixture: &Fixture) {
    assert!(fixture.runs().iter().all(|run| !run.contains("shims")), "{:?}", fixture.runs());
}

#[test]
fn pyenv() {
    let mut fixture = shimmed("home/.pyenv/shims", "home/.pyenv/versions");
    let python = |version| {
        (format!("home/.pyenv/versions/{version}/bin/python3"), "PATH, through pyenv".to_owned())
    };
    // Nothing is chosen: pyenv passes on to the rest of PATH.
    assert_eq!(fixture.finds("python"), ("bin/python3".into(), "PATH".into()));
    fixture.write("home/.pyenv/version", "3.16.3\n");
    assert_eq!(fixture.finds("python"), python("3.16.3"));
    fixture.write("home/project/.python-version", "# ours\n3.17\n3.16.3\n");
    assert_eq!(fixture.finds("python"), python("3.17.4"));
    fixture.cd("home/project/src");
    assert_eq!(fixture.finds("python"), python("3.17.4"));
    assert_eq!(
        fixture.finds("3.16"),
        ("home/.pyenv/versions/3.16.3/bin/python3.16".into(), "PATH, through pyenv".into())
    );
    fixture.set("PYENV_VERSION", "system:3.16.3");
    assert_eq!(fixture.finds("python"), ("bin/python3".into(), "PATH".into()));
    fixture.set("PYENV_VERSION", "3.9.9:3.16.3:system");
    assert_eq!(fixture.finds("python"), python("3.16.3"));
    // Versions that the rule does not choose are still installed.
    assert_eq!(
        fixture.finds("3.17"),
        ("home/.pyenv/versions/3.17.4/bin/python3.17".into(), "pyenv".into())
    );
    fixture.set("PYENV_VERSION", "3.9.9");
    assert_eq!(fixture.finds("python").0, "bin/python3");
    let reason = Reason::Shim {
        manager: "pyenv",
        outcome: "`3.9.9` is chosen, which is not installed".into(),
    };
    assert_eq!(fixture.passed_over("python")[0], ("home/.pyenv/shims/python3".into(), reason));
    no_shim_was_run(&fixture);
}

#[test]
fn a_shim_given_by_its_path_that_selects_nothing_has_a_hint_with_a_version_that_works() {
    let mut fixture = shimmed("home/.pyenv/shims", "home/.pyenv/versions");
    fixture.fake("home/.pyenv/versions/3.7.16/bin/python3.7", "3.7.16");
    fixture.script("home/.pyenv/shims/python3.7", "exit 1");
    let hint = |fixture: &Fixture, name: &str| {
        let shim = fixture.at("home/.pyenv/shims").join(name);
        fixture.try_find(shim.to_str().unwrap()).unwrap_err().hint()
    };
    let select = |version: &str| Some(Hint::SelectVersion(version.to_owned()));
    assert_eq!(hint(&fixture, "python3"), select("3.17.4"), "nothing is selected");
    fixture.write("home/.pyenv/version", "3.17.4\n");
    assert_eq!(hint(&fixture, "python3.16"), select("3.16.3"), "another version is selected");
    assert_eq!(fixture.find("3.16.3").interpreter.version.to_string(), "3.16.3");
    for (selected, name) in [("3.9.9", "python"), ("system", "python3")] {
        fixture.set("PYENV_VERSION", selected);
        assert_eq!(hint(&fixture, name), select("3.17.4"), "{selected}");
    }
    assert_eq!(hint(&fixture, "python3.7"), Some(Hint::ListPythons), "not supported");
    fixture.write("home/project/mise.toml", "[tools]\npython = 'path:/x'\n");
    fixture.script("home/.local/share/mise/shims/python3", "exit 1");
    fixture.fake("home/.local/share/mise/installs/python/3.15.1/bin/python3", "3.15.1");
    let mise = fixture.at("home/.local/share/mise/shims/python3");
    assert_eq!(fixture.try_find(mise.to_str().unwrap()).unwrap_err().hint(), select("3.15.1"));
    no_shim_was_run(&fixture);
}

#[test]
fn a_shim_is_known_by_its_content_too() {
    let mut fixture = Fixture::new();
    fixture.path(["tools/shims", "bin"]);
    fixture.script("tools/shims/python3", PYENV);
    fixture.fake("tools/versions/3.17.4/bin/python3", "3.17.4");
    fixture.write("tools/version", "3.17.4");
    assert_eq!(
        fixture.finds("python"),
        ("tools/versions/3.17.4/bin/python3".into(), "PATH, through pyenv".into())
    );

    // The part of the file that is read may end within a character.
    let asdf = "# asdf-plugin: python 3.17.4\nexec asdf exec \"python3\" \"$@\"\n# ";
    fixture.script("tools/shims/python3", &(asdf.to_owned() + &"\u{fffd}".repeat(1000)));
    fixture.fake("tools/installs/python/3.16.3/bin/python3", "3.16.3");
    fixture.set("ASDF_PYTHON_VERSION", "3.16.3");
    assert_eq!(fixture.finds("python").1, "PATH, through asdf");

    fs::remove_file(fixture.at("tools/shims/python3")).unwrap();
    let mise = fixture.script("usr/bin/mise", "exit 1");
    fixture.link("tools/shims/python3", mise);
    fixture.set("MISE_PYTHON_VERSION", "3.16");
    assert_eq!(fixture.finds("python").1, "PATH, through mise");
}

#[test]
fn asdf() {
    let mut fixture = shimmed("home/.asdf/shims", "home/.asdf/installs/python");
    let python = |version| {
        (
            format!("home/.asdf/installs/python/{version}/bin/python3"),
            "PATH, through asdf".to_owned(),
        )
    };
    assert_eq!(fixture.finds("python").0, "bin/python3");
    fixture.write("home/.tool-versions", "nodejs 20\npython 3.16.3 system\n");
    assert_eq!(fixture.finds("python"), python("3.16.3"));
    fixture.write("home/project/.tool-versions", "pythonx 1\npython 3.17.4 # ours\n");
    assert_eq!(fixture.finds("python"), python("3.17.4"));
    fixture.write("home/project/.tool-versions", "nodejs 20\n");
    fixture.write("home/project/.python-version", "3.17.4\n");
    assert_eq!(fixture.finds("python"), python("3.16.3"));
    fixture.write("home/.asdfrc", "legacy_version_file = yes\n");
    assert_eq!(fixture.finds("python"), python("3.17.4"));
    fixture.set("ASDF_PYTHON_VERSION", "3.16.3");
    assert_eq!(fixture.finds("python"), python("3.16.3"));
    no_shim_was_run(&fixture);
}

/// As asdf's `internal/config/config.go` reads them: the names of both files, and the former name of one
/// variable.
#[test]
fn asdf_by_its_variables() {
    let mut fixture = shimmed("home/.asdf/shims", "home/.asdf/installs/python");
    let python = |version| format!("home/.asdf/installs/python/{version}/bin/python3");
    fixture.write("home/project/.tool-versions", "python 3.16.3\n");
    fixture.write("home/project/versions.txt", "python 3.17.4\n");
    assert_eq!(fixture.finds("python").0, python("3.16.3"));
    fixture.set("ASDF_DEFAULT_TOOL_VERSIONS_FILENAME", "versions.txt");
    assert_eq!(fixture.finds("python").0, python("3.17.4"));
    fixture.set("ASDF_TOOL_VERSIONS_FILENAME", ".tool-versions");
    assert_eq!(fixture.finds("python").0, python("3.16.3"));
    fixture.set("ASDF_TOOL_VERSIONS_FILENAME", "versions.txt");
    fixture.set("ASDF_DEFAULT_TOOL_VERSIONS_FILENAME", "absent");
    assert_eq!(fixture.finds("python").0, python("3.17.4"));

    // The other file lets `.python-version` count.
    fs::remove_file(fixture.at("home/project/versions.txt")).unwrap();
    fixture.write("home/project/.python-version", "3.17.4\n");
    assert_eq!(fixture.finds("python").0, "bin/python3");
    fixture.write("home/config/asdfrc", "legacy_version_file = yes\n");
    let config = fixture.at("home/config/asdfrc");
    fixture.set("ASDF_CONFIG_FILE", config);
    assert_eq!(fixture.finds("python").0, python("3.17.4"));
    fixture.write("home/.asdfrc", "legacy_version_file = yes\n");
    fixture.write("home/config/asdfrc", "legacy_version_file = no\n");
    assert_eq!(fixture.finds("python").0, "bin/python3", "the file that is named, only");
    no_shim_was_run(&fixture);
}

/// A file that exists and cannot be read is not skipped in favour of one in a parent directory.
#[test]
fn a_file_of_asdf_or_mise_that_cannot_be_read_is_an_error_and_a_link_to_nothing_is_absent() {
    for (shims, installs) in [
        ("home/.asdf/shims", "home/.asdf/installs/python"),
        ("home/.local/share/mise/shims", "home/.local/share/mise/installs/python"),
    ] {
        let fixture = shimmed(shims, installs);
        fixture.write(
            "home/.tool-versions",
            "python 3.16.3
",
        );
        let file = fixture.link("home/project/.tool-versions", "nowhere");
        assert_eq!(fixture.finds("python").0, format!("{installs}/3.16.3/bin/python3"));
        // Longer than any version file; root can read each one.
        fs::write(fixture.at("home/project/nowhere"), "# ".repeat(1 << 20)).unwrap();
        let error = fixture.try_find("python").unwrap_err();
        assert!(error.to_string().contains(&format!("`{}`", file.display())), "{error}");
        assert_eq!(error.hint(), Some(Hint::NamePython));
        assert_eq!(fixture.finds("3.17.4").0, format!("{installs}/3.17.4/bin/python3.17"));
    }
}

#[test]
fn mise() {
    let mut fixture =
        shimmed("home/.local/share/mise/shims", "home/.local/share/mise/installs/python");
    let dir = "home/.local/share/mise/installs/python";
    let python =
        |version| (format!("{dir}/{version}/bin/python3"), "PATH, through mise".to_owned());
    assert_eq!(fixture.finds("python").0, "bin/python3");
    fixture.write("home/.config/mise/config.toml", "[tools]\npython = '3.16'\n");
    assert_eq!(fixture.finds("python"), python("3.16.3"));
    let rows = [
        ("mise.toml", "[tools]\nnode = '20'\npython = { version = '3.17' }\n", "3.17.4"),
        (".tool-versions", "python 3.16.3\n", "3.17.4"),
        ("mise.local.toml", "[tools]\npython = ['3.16', '3.17']\n", "3.16.3"),
    ];
    for (file, text, version) in rows {
        fixture.write(&format!("home/project/{file}"), text);
        assert_eq!(fixture.finds("python"), python(version), "{file}");
    }
    fixture.link(&format!("{dir}/latest"), "./3.17.4");
    fixture.set("MISE_PYTHON_VERSION", "latest");
    assert_eq!(fixture.finds("python"), python("3.17.4"));
    no_shim_was_run(&fixture);
}

#[test]
fn rye() {
    let mut fixture = Fixture::new();
    fixture.path(["home/.rye/shims", "bin"]);
    for version in ["3.16.3", "3.17.4"] {
        fixture.fake(&format!("home/.rye/py/cpython@{version}/bin/python3"), version);
    }
    let rye = fixture.script("home/.rye/self/bin/rye", "/bin/sleep 100");
    fixture.link("home/.rye/shims/python3", rye);
    fixture.write("home/.rye/config.toml", "[default]\ntoolchain = 'cpython@3.17.4'\n");
    assert_eq!(
        fixture.finds("python"),
        ("home/.rye/py/cpython@3.17.4/bin/python3".into(), "PATH, through rye".into())
    );
    fixture.write("home/project/.python-version", "3.16\n");
    assert_eq!(fixture.finds("python").0, "home/.rye/py/cpython@3.16.3/bin/python3");
}

#[test]
fn a_project_file_cannot_point_a_shim_outside_of_its_manager() {
    let mut fixture = shimmed("home/.asdf/shims", "home/.asdf/installs/python");
    fixture.fake("home/project/evil/bin/python3", "3.19.0");
    let path = format!("path:{}", fixture.at("home/project/evil").display());
    for name in
        ["../../../project/evil", "..", &path, fixture.at("home/project/evil").to_str().unwrap()]
    {
        fixture.write("home/project/.tool-versions", &format!("python {name}\n"));
        assert_eq!(fixture.finds("python").0, "bin/python3", "{name}");
    }
    let pyenv = shimmed("home/.pyenv/shims", "home/.pyenv/versions");
    fixture = pyenv;
    fixture.fake("home/project/evil/bin/python3", "3.19.0");
    fixture.write("home/project/.python-version", "../../project/evil\n");
    assert_eq!(fixture.finds("python").0, "bin/python3");
    no_shim_was_run(&fixture);
}

#[test]
fn a_pipe_in_place_of_a_file_keeps_nobody_waiting() {
    let mut fixture = shimmed("home/.pyenv/shims", "home/.pyenv/versions");
    fixture.write("home/.pyenv/version", "3.16.3\n");
    for name in ["project/.python-version", ".conda/environments.txt"] {
        let path = fixture.at("home").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        Ran::of(Command::new("mkfifo").arg(path)).ok();
    }
    assert_eq!(fixture.finds("python").0, "home/.pyenv/versions/3.16.3/bin/python3");
    fixture.set("PYENV_VERSION", "system");
    assert!(fixture.try_find("3.19").is_err());
}
