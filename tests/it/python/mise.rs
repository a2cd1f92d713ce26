//! The rule of mise. All expected versions are those that mise 2026.9.15 gives.

use rvenv::python::{Error, Finder, Request};

use super::fixture::Fixture;
use super::shims::{no_shim_was_run, shimmed};

const DATA: &str = "home/.local/share/mise";

/// A fixture with mise's shims, and Pythons 3.16.3 and 3.17.4 of mise.
fn fixture() -> Fixture {
    shimmed(&format!("{DATA}/shims"), &format!("{DATA}/installs/python"))
}

/// The path of an installation of mise, or of the Python after the shims on PATH.
fn python(version: Option<&str>) -> String {
    let path = version.map(|version| format!("{DATA}/installs/python/{version}/bin/python3"));
    path.unwrap_or_else(|| "bin/python3".to_owned())
}

#[test]
fn mise_reads_more_than_one_file() {
    let table = "[tools]\npython = ";
    type Row<'a> = (&'a [(&'a str, &'a str)], &'a [(&'a str, &'a str)], Option<&'a str>);
    let rows: [Row<'_>; 13] = [
        (
            &[("project/mise.dev.toml", "'3.17'"), ("project/mise.toml", "'3.16'")],
            &[("MISE_ENV", "dev")],
            Some("3.17.4"),
        ),
        (
            &[("project/mise.dev.local.toml", "'3.17'"), ("project/mise.dev.toml", "'3.16'")],
            &[("MISE_ENV", "dev")],
            Some("3.17.4"),
        ),
        (&[(".config/mise/conf.d/x.toml", "'3.17'")], &[], Some("3.17.4")),
        (
            &[(".config/mise/config.local.toml", "'3.17'"), (".config/mise/config.toml", "'3.16'")],
            &[],
            Some("3.17.4"),
        ),
        (&[(".config/mise/mise.toml", "'3.17'")], &[], Some("3.17.4")),
        (&[("project/.config/mise/conf.d/a.toml", "'3.17'")], &[], Some("3.17.4")),
        (&[("project/.config/mise/mise.toml", "'3.17'")], &[], Some("3.17.4")),
        (&[("project/mise.toml", "'mine'\n[alias.python]\nmine = '3.17'")], &[], Some("3.17.4")),
        (
            &[("project/mise.toml", "'mine'\n[tool_alias.python.versions]\nmine = '3.17'")],
            &[],
            Some("3.17.4"),
        ),
        (&[("project/mise.toml", "'3.17'"), ("project/.mise.toml", "'3.16'")], &[], Some("3.16.3")),
        (&[("project/mise.toml", "{ version = '3.17', os = ['macos'] }")], &[], None),
        (&[("project/mise.toml", "'3.17'\n[settings]\ndisable_tools = ['python']")], &[], None),
        (&[("mise.toml", "'3.17'"), ("project/mise.toml", "[]")], &[], Some("3.17.4")),
    ];
    for (files, vars, expected) in rows {
        let mut fixture = fixture();
        for (file, value) in files {
            fixture.write(&format!("home/{file}"), &format!("{table}{value}\n"));
        }
        for (name, value) in vars {
            fixture.set(name, value);
        }
        assert_eq!(fixture.finds("python").0, python(expected), "{files:?}");
    }
    let mut fixture = fixture();
    fixture.write("home/project/mise.toml", "[tools]\n'core:python' = '3.17'\n");
    let installed = python(Some("3.17.4"));
    assert_eq!(fixture.finds("python").0, installed);
    fixture.set("MISE_CEILING_PATHS", fixture.at("home/project"));
    assert_eq!(fixture.finds("python").0, "bin/python3");
    fixture.set("MISE_CEILING_PATHS", "");
    fixture.write("home/project/other.toml", "[tools]\npython = '3.16'\n");
    for variable in ["MISE_OVERRIDE_CONFIG_FILENAMES", "MISE_DEFAULT_CONFIG_FILENAME"] {
        fixture.set(variable, "other.toml");
        assert_eq!(fixture.finds("python").0, installed.replace("3.17.4", "3.16.3"), "{variable}");
        fixture.set(variable, "");
    }
    no_shim_was_run(&fixture);
}

/// In the order of `mise config ls` for `MISE_ENV=dev,dev2`, where the home directory is above the current one;
/// a later one overrides.
const ORDER: [&str; 43] = [
    "home/.config/mise/mise.dev.toml",
    "home/.config/mise/mise.dev.local.toml",
    "home/.tool-versions",
    "home/.config/mise/conf.d/x.toml",
    "home/.config/mise/config.toml",
    "home/.config/mise/mise.toml",
    "home/mise.toml",
    "home/.config/mise/config.local.toml",
    "home/.config/mise/mise.local.toml",
    "home/.config/mise/config.dev.toml",
    "home/.config/mise/config.dev.local.toml",
    "home/project/.tool-versions",
    "home/project/.config/mise/conf.d/a.toml",
    "home/project/.config/mise/conf.d/b.toml",
    "home/project/.config/mise/config.toml",
    "home/project/.config/mise/mise.toml",
    "home/project/.config/mise.toml",
    "home/project/.mise/conf.d/a.toml",
    "home/project/.mise/config.toml",
    "home/project/mise/conf.d/a.toml",
    "home/project/mise/config.toml",
    "home/project/mise.toml",
    "home/project/.mise.toml",
    "home/project/.config/mise/config.local.toml",
    "home/project/.config/mise/mise.local.toml",
    "home/project/.config/mise.local.toml",
    "home/project/.mise/config.local.toml",
    "home/project/mise/config.local.toml",
    "home/project/mise.local.toml",
    "home/project/.mise.local.toml",
    "home/project/.config/mise/config.dev.toml",
    "home/project/.config/mise.dev.toml",
    "home/project/mise/config.dev.toml",
    "home/project/mise.dev.toml",
    "home/project/.mise/config.dev.toml",
    "home/project/.mise.dev.toml",
    "home/project/.config/mise/config.dev.local.toml",
    "home/project/.config/mise.dev.local.toml",
    "home/project/mise/config.dev.local.toml",
    "home/project/mise.dev.local.toml",
    "home/project/.mise/config.dev.local.toml",
    "home/project/.mise.dev.local.toml",
    "home/project/mise.dev2.toml",
];

#[test]
fn the_files_override_each_other_in_the_order_of_mise() {
    let mut fixture = fixture();
    fixture.set("MISE_ENV", "dev,dev2");
    for (index, file) in ORDER.into_iter().enumerate() {
        let version = ["3.16.3", "3.17.4"][index % 2];
        let text = if file.ends_with(".tool-versions") {
            format!("python {version}\n")
        } else {
            format!("[tools]\npython = '{version}'\n")
        };
        fixture.write(file, &text);
        assert_eq!(fixture.finds("python").0, python(Some(version)), "{file}");
    }
    no_shim_was_run(&fixture);
}

const OWN: &str = "home/project/mise.toml";
const GLOBAL: &str = "home/.config/mise/config.toml";
const SIMPLE: &str = "[tools]\npython = '3.17'\n";
const DISABLED: &str = "[settings]\ndisable_tools = ['python']\n";
const ALIAS: &str = "[alias.python]\nmine = '3.17'\n";

type Pairs = &'static [(&'static str, &'static str)];
/// Files with their text, variables, and the selected version.
type Row = (Pairs, Pairs, Option<&'static str>);

const ROWS: [Row; 24] = [
    (&[(OWN, SIMPLE), (GLOBAL, DISABLED)], &[], None),
    (&[(OWN, SIMPLE), ("home/mise.toml", DISABLED)], &[], None),
    (&[(OWN, SIMPLE)], &[("MISE_DISABLE_TOOLS", "node,python")], None),
    (&[(OWN, SIMPLE)], &[("MISE_ENABLE_TOOLS", "node")], None),
    (&[(OWN, SIMPLE)], &[("MISE_NO_CONFIG", "1")], None),
    (&[(OWN, "[tools]\npython = 'mine'\n"), (GLOBAL, ALIAS)], &[], Some("3.17.4")),
    (&[("home/project/.tool-versions", "python mine\n"), (GLOBAL, ALIAS)], &[], Some("3.17.4")),
    (&[(GLOBAL, ALIAS)], &[("MISE_PYTHON_VERSION", "mine")], Some("3.17.4")),
    (&[(OWN, "[tools]\npython = {version = '3.17', os = 'macos'}\n")], &[], None),
    (&[(OWN, "[tools]\npython = {version = '3.17', os = ['linux']}\n")], &[], Some("3.17.4")),
    (&[(OWN, "[tools]\npython = {version = '3.17', os = ['linux/riscv64']}\n")], &[], None),
    (&[(OWN, "[tools]\npython = {prefix = '3.16'}\n")], &[], Some("3.16.3")),
    (&[(OWN, "[tools]\npython = 'latest'\n")], &[], Some("3.17.4")),
    (&[(OWN, "[tools]\npython = 'v3.16.3'\n")], &[], Some("3.16.3")),
    (&[(OWN, "[tools]\npython = '>=3.16'\n")], &[], None),
    (&[("home/project/.tool-versions", "python 3.17\npython 3.16\n")], &[], Some("3.16.3")),
    (&[("home/project/.tool-versions", "core:python 3.16\n")], &[], Some("3.16.3")),
    (
        &[("home/project/tv", "python 3.16\n")],
        &[("MISE_DEFAULT_TOOL_VERSIONS_FILENAME", "tv")],
        Some("3.16.3"),
    ),
    (
        &[("home/project/.tool-versions", "python 3.16\n")],
        &[("MISE_OVERRIDE_TOOL_VERSIONS_FILENAMES", "tv")],
        None,
    ),
    (&[("home/project/mise.a.toml", SIMPLE)], &[("MISE_PROFILE", "a")], Some("3.17.4")),
    (
        &[("home/project/mise.a.toml", SIMPLE), ("home/project/.miserc.toml", "env = ['a']\n")],
        &[],
        Some("3.17.4"),
    ),
    (&[("home/project/.python-version", "3.17\n")], &[], None),
    (
        &[("home/project/.python-version", "3.17\n")],
        &[("MISE_IDIOMATIC_VERSION_FILE_ENABLE_TOOLS", "python")],
        Some("3.17.4"),
    ),
    (
        &[("home/project/a.toml", SIMPLE), ("home/project/b.toml", "[tools]\npython = '3.16'\n")],
        &[("MISE_OVERRIDE_CONFIG_FILENAMES", "a.toml:b.toml")],
        Some("3.16.3"),
    ),
];

#[test]
fn variables_settings_and_kinds_of_requests_select_as_in_mise() {
    for (files, variables, expected) in ROWS {
        let mut fixture = fixture();
        for (file, text) in files {
            fixture.write(file, text);
        }
        for (name, value) in variables {
            fixture.set(name, value);
        }
        assert_eq!(fixture.finds("python").0, python(expected), "{files:?} {variables:?}");
        no_shim_was_run(&fixture);
    }
    let mut fixture = fixture();
    fixture.write(OWN, SIMPLE);
    fixture.set("MISE_IGNORED_CONFIG_PATHS", fixture.at("home/project"));
    assert_eq!(fixture.finds("python").0, python(None));
    fixture.write("system/config.toml", SIMPLE);
    fixture.set("MISE_SYSTEM_CONFIG_DIR", fixture.at("system"));
    assert_eq!(fixture.finds("python").0, python(Some("3.17.4")));
}

#[test]
fn a_rule_that_cannot_be_followed_is_an_error_with_file_and_line_and_a_request_overrides_it() {
    let rows = [
        ("mise.toml", "[tools]\nnode = '20'\npython = '{{ env.PY }}'\n", Some(3)),
        ("mise.toml", "[tools.python]\nversion = 'path:/opt/python'\n", Some(1)),
        ("mise.toml", "[tools]\n'core:python' = 'sub-0.1:3.17'\n", Some(2)),
        ("mise.toml", "[tools]\npython = 3.17\n", Some(2)),
        ("mise.toml", "\n[tools\npython = '3.17'\n", Some(2)),
        (".mise.toml", "[tools]\npython = ['3.17', 'path:../x']\n", Some(2)),
        (".tool-versions", "node 20\npython {{ '3.17' }}\n", Some(2)),
        ("mise.toml", "\u{0}", Some(1)),
        ("mise.toml", "\ntools = 3\n", Some(2)),
        ("mise.toml", "[[tools]]\npython = '3.17'\n", Some(1)),
    ];
    for (file, text, line) in rows {
        let mut fixture = fixture();
        fixture.write(&format!("home/project/{file}"), text);
        let (host, cache) = (fixture.host(), fixture.cache());
        let error = Finder::new(&host, &cache).find(&Request::Any).unwrap_err();
        let Error::UnfollowedShim { manager: "mise", what } = &error else { panic!("{error}") };
        let path = fixture.at(format!("home/project/{file}"));
        let line = line.map(|line: usize| format!(", line {line}")).unwrap_or_default();
        assert!(what.contains(&format!("`{}`{line}", path.display())), "{text:?}: {what}");
        assert_eq!(error.hint(), Some(rvenv::Hint::NamePython));
        assert_eq!(fixture.finds("3.15").0, python(None), "{text:?}");
        no_shim_was_run(&fixture);
        if text.contains("{{ env.PY }}") {
            // mise, too, prefers the variable to the files.
            fixture.set("MISE_PYTHON_VERSION", "3.17");
            assert_eq!(fixture.finds("python").0, python(Some("3.17.4")), "{text:?}");
        }
    }
}
