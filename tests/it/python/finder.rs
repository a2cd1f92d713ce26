use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use rvenv::python::{Finder, Reason, Request};
use serde_json::json;

use super::fixture::Fixture;
use crate::sandbox::{for_each_python, real_pythons, skip, write_program};
use std::path::Path;

#[test]
fn path_precedes_other_sources_and_python3_precedes_names_with_a_version() {
    let mut fixture = Fixture::new();
    fixture.path(["one/bin", "two/bin"]);
    fixture.fake("one/bin/python3.17", "3.17.2");
    fixture.fake("two/bin/python3", "3.16.1");
    fixture.fake("two/bin/python3.16", "3.16.1");
    fixture.fake("home/.pyenv/versions/3.18.0/bin/python3", "3.18.0");
    // The `python3` of the user's shell is used.
    assert_eq!(fixture.finds("python").0, "two/bin/python3");
    assert_eq!(fixture.finds("3").0, "two/bin/python3");
    assert_eq!(fixture.finds(">=3.17").0, "one/bin/python3.17");
    assert_eq!(fixture.finds("3.16").0, "two/bin/python3");
    assert_eq!(fixture.finds("3.17").0, "one/bin/python3.17");
    assert_eq!(
        fixture.finds("3.18"),
        ("home/.pyenv/versions/3.18.0/bin/python3".into(), "pyenv".into())
    );
    assert_eq!(fixture.finds("~=3.17.1").0, "one/bin/python3.17");
}

#[test]
fn the_first_that_fits_is_taken_and_nothing_after_it_is_run() {
    let mut fixture = Fixture::new();
    fixture.path(["one/bin", "two/bin"]);
    fixture.fake("one/bin/python3", "3.17.0");
    fixture.fake("two/bin/python3", "3.17.0");
    fixture.find("3.17");
    assert_eq!(fixture.runs(), ["one/bin/python3"]);
}

#[test]
fn a_candidate_whose_name_or_directory_has_another_version_is_not_started() {
    let mut fixture = Fixture::new();
    fixture.path(["one/bin", "two/bin"]);
    fixture.fake("one/real/python3.16", "3.16.0");
    fixture.link("one/bin/python3", "../real/python3.16");
    fixture.fake("two/bin/python3.17", "3.17.0");
    for version in ["3.15.1", "3.16.2", "pypy3.17-7.9.0"] {
        fixture.fake(&format!("home/.pyenv/versions/{version}/bin/python3"), "3.16.0");
    }
    assert_eq!(fixture.finds("cpython3.17").0, "two/bin/python3.17");
    assert!(fixture.try_find("cpython==3.17.1").is_err());
    assert_eq!(fixture.runs(), ["two/bin/python3.17"]);
}

#[test]
fn a_broken_first_python_does_not_end_the_search() {
    let mut fixture = Fixture::new();
    fixture.path(["a/bin", "b/bin", "c/bin", "d/bin", "e/bin", "f/bin"]);
    fixture.script("a/bin/python3", "echo 'no python3 here' >&2; exit 127");
    fixture.write("b/bin/python3", "just text");
    fixture.script("c/bin/python3", "exit 0");
    fixture.fake_with("d/bin/python3", "3.17.0", |answer| {
        answer["facts"]["executable"] = json!("/nowhere/python3");
    });
    fixture.script("e/bin/python3", &super::fixture::saying(&json!({"version": "3.17"})));
    let text = fixture.at("b/bin/python3");
    fs::set_permissions(text, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    fixture.fake("f/bin/python3", "3.17.0");

    assert_eq!(fixture.finds("3.17").0, "f/bin/python3");
    let passed = fixture.passed_over("3.17");
    let names: Vec<_> = passed.iter().map(|(name, _)| name.as_str()).collect();
    let expected = ["a", "b", "c", "d", "e"].map(|dir| format!("{dir}/bin/python3"));
    assert_eq!(names, expected);
    assert_eq!(passed[0].1.to_string(), "fails (exit status: 127): no python3 here");
    assert!(matches!(passed[1].1, Reason::CannotRun(_)), "{passed:?}");
    assert_eq!(passed[2].1, Reason::NotPython);
    assert!(matches!(passed[3].1, Reason::CannotRun(_)), "{passed:?}");
    assert!(matches!(passed[4].1, Reason::Impossible(_)), "{passed:?}");
}

#[test]
fn the_users_own_python3_is_not_passed_over_without_a_word() {
    let mut sandbox = crate::sandbox::Sandbox::new();
    let bin = sandbox.root().join("bin");
    fs::create_dir(&bin).unwrap();
    let python = bin.join("python3");
    write_program(&python, "#!/bin/sh\necho 'cannot do that' >&2; exit 9\n");
    sandbox.set("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    let ran = sandbox.run(["python", "find"]).ok();
    let warnings: Vec<_> = ran.stderr.lines().filter(|line| line.contains("passed over")).collect();
    let [warning] = warnings[..] else { panic!("{}", ran.stderr) };
    assert!(
        warning.contains("bin/python3` (PATH): it fails (exit status: 9): cannot do that"),
        "{warning}"
    );
    // A name that was found by a version manager's rule, or another version, is no malfunction.
    fs::write(&python, "#!/bin/sh\nexec /usr/bin/python3 \"$@\"\n").unwrap();
    let ran = sandbox.run(["python", "find"]).ok();
    assert_eq!(ran.stderr, "");
}

#[test]
fn one_that_hangs_is_passed_over() {
    let mut fixture = Fixture::new();
    fixture.path(["hangs/bin", "bin"]);
    let hanging = fixture.script("hangs/bin/python3", "/bin/sleep 1000");
    fixture.fake("bin/python3", "3.17.0");
    let (host, cache) = (fixture.host(), fixture.cache());
    // The answer of the working Python is cached, so the short limit applies only to the other one.
    fixture.find(fixture.at("bin/python3").to_str().unwrap());
    let limit = Duration::from_millis(300);
    let mut finder = Finder::new(&host, &cache).time_limit(limit);
    assert_eq!(finder.find(&Request::Any).unwrap().interpreter.version.to_string(), "3.17.0");
    let [passed] = finder.passed_over() else { panic!("{:?}", finder.passed_over()) };
    assert_eq!((&passed.path, &passed.reason), (&hanging, &Reason::Hangs(limit)));
}

#[test]
fn when_nothing_fits_every_candidate_is_listed_with_its_reason() {
    let fixture = Fixture::new();
    fixture.fake("bin/python3", "3.16.4");
    fixture.script("bin/python", "exit 3");
    fixture.fake("home/.pyenv/versions/3.19.0/bin/python3", "3.18.9");
    let error = fixture.try_find("3.19").unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("found no Python for `3.19`; the nearest are 3.18.9, 3.16.4\n"),
        "{text}"
    );
    for reason in [
        "bin/python3 (PATH): is CPython 3.16.4",
        "bin/python (PATH): fails (exit status: 3)",
        "(pyenv): is CPython 3.18.9",
    ] {
        assert!(text.contains(reason), "{reason} in {text}");
    }
    assert!(matches!(error, rvenv::Error::Python(rvenv::python::Error::NoPython { .. })));
}

#[test]
fn specialities_are_for_who_asks_for_them_and_for_when_there_is_nothing_else() {
    let mut fixture = Fixture::new();
    fixture.path(["rc/bin", "ft/bin", "dbg/bin", "pp/bin", "plain/bin"]);
    fixture.fake("rc/bin/python3", "3.19.0rc2");
    fixture.fake_with("ft/bin/python3", "3.18.1", |answer| {
        answer["facts"]["build"]["free_threaded"] = json!(true);
    });
    fixture.fake_with("dbg/bin/python3", "3.18.2", |answer| {
        answer["facts"]["build"]["debug"] = json!(true);
    });
    fixture.fake_with("pp/bin/pypy3", "3.18.3", |answer| answer["implementation"] = json!("pypy"));
    fixture.fake("plain/bin/python3", "3.18.4");
    let rows = [
        // The user chose `python3`, unless it is a pre-release.
        ("python", "ft/bin/python3"),
        ("3.18", "plain/bin/python3"),
        (">=3.18", "plain/bin/python3"),
        ("3.19", "rc/bin/python3"),
        ("3.19.0rc2", "rc/bin/python3"),
        (">=3.19.0a1", "rc/bin/python3"),
        ("3.18t", "ft/bin/python3"),
        (">=3.18+freethreaded", "ft/bin/python3"),
        ("3.18.1", "ft/bin/python3"),
        ("3.18+gil", "plain/bin/python3"),
        ("3.18d", "dbg/bin/python3"),
        ("pypy", "pp/bin/pypy3"),
        ("pypy@3.18", "pp/bin/pypy3"),
        ("3.18.3", "pp/bin/pypy3"),
    ];
    for (request, expected) in rows {
        assert_eq!(fixture.finds(request).0, expected, "{request}");
    }
}

#[test]
fn a_path_is_an_executable_an_installation_or_an_environment() {
    let mut fixture = Fixture::new();
    let python = fixture.fake("opt/py/bin/python3", "3.17.0");
    fixture.cd("opt");
    for text in [python.to_str().unwrap(), "./py", "py/bin/python3", "./py/bin/../bin/python3"] {
        assert_eq!(fixture.finds(text), ("opt/py/bin/python3".into(), "given".into()), "{text}");
    }
    fixture.link("opt/loop", "loop");
    let long = "x/".repeat(3000);
    let cannot = |text: &str| Reason::CannotRun(text.to_owned());
    let reasons = [
        ("./none", Reason::Missing),
        ("./py/bin/python3/none", Reason::Missing),
        (".", Reason::EmptyDirectory),
        ("./loop", cannot("Too many levels of symbolic links (os error 40)")),
        (&*long, cannot("File name too long (os error 36)")),
    ];
    for (text, expected) in reasons {
        let Err(rvenv::Error::Python(rvenv::python::Error::UnusablePython { reason, .. })) =
            fixture.try_find(text)
        else {
            panic!("{text}")
        };
        assert_eq!(reason, expected);
    }
}

#[test]
fn a_name_is_a_program_on_path() {
    let fixture = Fixture::new();
    fixture.fake("bin/snake", "3.17.0");
    assert_eq!(fixture.finds("snake"), ("bin/snake".into(), "PATH".into()));
    assert!(matches!(
        fixture.try_find("viper"),
        Err(rvenv::Error::Python(rvenv::python::Error::NoPython { .. }))
    ));
}

#[test]
fn a_word_that_is_no_program_can_be_a_directory() {
    let fixture = Fixture::new();
    fixture.fake("home/project/venv/bin/python3", "3.17.0");
    assert_eq!(fixture.finds("venv"), ("home/project/venv/bin/python3".into(), "given".into()));
    fixture.fake("bin/venv", "3.18.0");
    assert_eq!(fixture.finds("venv").1, "PATH");
}

#[test]
fn each_search_reports_its_own_candidates() {
    let fixture = Fixture::new();
    fixture.fake("bin/python3", "3.17.0");
    let (host, cache) = (fixture.host(), fixture.cache());
    let mut finder = Finder::new(&host, &cache);
    finder.find(&Request::parse("3.18", &host).unwrap()).unwrap_err();
    assert!(!finder.passed_over().is_empty());
    finder.find(&Request::parse("3.17", &host).unwrap()).unwrap();
    assert_eq!(finder.passed_over(), []);
}

#[test]
fn the_error_lists_a_file_once() {
    let mut fixture = Fixture::new();
    fixture.fake("usr/bin/python3", "3.17.0");
    fixture.link("bin2", "usr/bin");
    fixture.path(["usr/bin", "bin2"]);
    let text = fixture.try_find("3.18").unwrap_err().to_string();
    assert_eq!(text.matches("is CPython 3.17.0").count(), 1, "{text}");
}

for_each_python!(inside_an_active_environment_the_base_is_found);

fn inside_an_active_environment_the_base_is_found(python: &Path) {
    let mut fixture = Fixture::new();
    let env = fixture.at("env");
    let mut venv = std::process::Command::new(python);
    if !venv.args(["-m", "venv", "--without-pip"]).arg(&env).status().unwrap().success() {
        skip(&format!("{} has no venv", python.display()));
        return;
    }
    fixture.set("VIRTUAL_ENV", &env);
    fixture.path(["env/bin"]);
    assert_eq!(fixture.find("python").interpreter.executable, python);
    // An environment of an environment has the same base, also where Python itself loses sight of it.
    let inner = fixture.at("inner");
    std::process::Command::new(env.join("bin/python"))
        .args(["-m", "venv", "--without-pip"])
        .arg(&inner)
        .status()
        .unwrap();
    let found = fixture.find(inner.to_str().unwrap()).interpreter;
    assert_eq!(found.real_executable, rvenv::support::path::canonicalize(python).unwrap());
    assert!(found.executable.starts_with(python.parent().unwrap()), "{found:?}");
}

#[test]
fn all_lists_each_interpreter_once_and_what_is_broken() {
    let mut fixture = Fixture::new();
    fixture.path(["one/bin", "two/bin"]);
    let python = fixture.fake("one/bin/python3.17", "3.17.0");
    fixture.link("one/bin/python3", &python);
    fixture.link("two/bin/python3.17", &python);
    fixture.script("two/bin/python", "exit 9");
    fixture
        .fake("home/.local/share/uv/python/cpython-3.18.1-linux-x86_64-gnu/bin/python3", "3.18.1");
    let (host, cache) = (fixture.host(), fixture.cache());
    let candidates = Finder::new(&host, &cache).all();
    let own: Vec<_> = candidates
        .iter()
        .filter(|candidate| candidate.path.starts_with(fixture.at("")))
        .map(|candidate| {
            let what =
                candidate.outcome.as_ref().map_or_else(ToString::to_string, ToString::to_string);
            format!("{} [{}] {what}", fixture.called(&candidate.path), candidate.source)
        })
        .collect();
    assert_eq!(
        own,
        [
            "one/bin/python3 [PATH] CPython 3.17.0",
            "two/bin/python [PATH] fails (exit status: 9)",
            "home/.local/share/uv/python/cpython-3.18.1-linux-x86_64-gnu/bin/python3 [uv] CPython 3.18.1",
        ]
    );
}

#[test]
fn every_real_python_is_found_by_its_version() {
    let mut fixture = Fixture::new();
    let pythons = real_pythons();
    let dirs: BTreeSet<_> = pythons.iter().filter_map(|python| python.parent()).collect();
    fixture.set("PATH", std::env::join_paths(dirs).unwrap());
    let (host, cache) = (fixture.host(), fixture.cache());
    for python in pythons {
        let found = fixture.find(python.to_str().unwrap()).interpreter;
        let name = found.implementation.name();
        let request = Request::parse(format!("{name}=={}", found.version), &host).unwrap();
        let again = Finder::new(&host, &cache).find(&request).unwrap().interpreter;
        assert_eq!((again.version, again.implementation), (found.version, found.implementation));
    }
}

#[test]
fn an_explicit_minor_version_is_linked_by_the_name_that_keeps_it() {
    let fixture = Fixture::new();
    let python = fixture.fake("bin/python3.17", "3.17.2");
    fixture.link("bin/python3", "python3.17");
    for request in
        ["3.17", "3.17.2", ">=3.17,<3.18", "~=3.17.0", "==3.17.*", "python3.17", "cpython3.17"]
    {
        assert_eq!(fixture.find(request).interpreter.executable, python, "{request}");
    }
    for request in ["python", "3", ">=3.16"] {
        assert_eq!(fixture.finds(request).0, "bin/python3", "{request}");
    }
    // Another file of that name is another Python.
    fs::remove_file(fixture.at("bin/python3")).unwrap();
    fixture.fake("bin/python3", "3.17.1");
    assert_eq!(fixture.finds("3.17").0, "bin/python3");
}

#[test]
fn an_installation_with_a_versioned_name_alone_is_one() {
    let fixture = Fixture::new();
    fixture.fake("alt/bin/python3.17", "3.17.0");
    for path in ["alt", "alt/bin"] {
        let found = fixture.find(fixture.at(path).to_str().unwrap());
        assert_eq!(fixture.called(&found.interpreter.executable), "alt/bin/python3.17", "{path}");
    }
    fixture.fake("home/.pyenv/versions/work/bin/python3.18", "3.18.0");
    assert_eq!(fixture.finds("3.18").0, "home/.pyenv/versions/work/bin/python3.18");
    fs::create_dir(fixture.at("home/project/bin")).unwrap();
    assert!(fixture.try_find(fixture.at("home/project/bin").to_str().unwrap()).is_err());
}

#[test]
fn the_nearest_versions_are_those_of_near_minors_and_of_another_build() {
    let fixture = Fixture::new();
    fixture.fake("bin/python3", "3.19.0");
    for version in ["3.9.7", "3.8.18", "3.16.4", "3.16.2"] {
        fixture.fake(&format!("home/.pyenv/versions/{version}/bin/python3"), version);
    }
    for (request, told) in [
        ("3.7", ": rvenv needs Python 3.8 or later; the nearest are 3.8.18, 3.9.7, 3.16.4\n"),
        ("2", ": rvenv needs Python 3.8 or later; the nearest are 3.19.0, 3.16.4, 3.16.2\n"),
        ("<3.8", ": rvenv needs Python 3.8 or later; the nearest are 3.19.0, 3.16.4, 3.16.2\n"),
        ("3.6.15", ": rvenv needs Python 3.8 or later; the nearest are 3.8.18, 3.9.7, 3.16.4\n"),
        ("3.15", "; the nearest are 3.16.4, 3.16.2, 3.19.0\n"),
        (">3.99", "; the nearest are 3.19.0, 3.16.4, 3.16.2\n"),
        ("3.16t", "; the nearest are 3.16.4, 3.16.2, 3.19.0\n"),
        ("pypy3.10", "\n"),
    ] {
        let text = fixture.try_find(request).unwrap_err().to_string();
        let (_, told_here) = text.split_once('`').unwrap().1.split_once('`').unwrap();
        assert!(told_here.starts_with(told), "{request}: {text}");
    }
}

#[test]
fn a_missing_python_is_reported_with_the_nearest_and_the_command_that_installs_it() {
    let fixture = Fixture::new();
    fixture.fake("bin/python3", "3.16.4");
    fixture.fake("home/.pyenv/versions/3.15.1/bin/python3", "3.15.1");
    let missing = |fixture: &Fixture, request: &str| match fixture.try_find(request) {
        Err(error @ rvenv::Error::Python(rvenv::python::Error::NoPython { .. })) => {
            (error.to_string(), error.hint().unwrap())
        }
        other => panic!("{other:?}"),
    };
    let (text, hint) = missing(&fixture, "3.16.7");
    assert!(text.starts_with("found no Python for `3.16.7`; the nearest are 3.16.4,"), "{text}");
    assert_eq!(hint, rvenv::Hint::ListPythons, "there is no pyenv");
    fixture.script("bin/pyenv", "exit 1");
    for name in ["3.16.7", "3.16.9", "3.17.0rc1", "3.17.0t", "pypy3.17-7.9", "miniconda3-3.19.1"] {
        fixture.write(&format!("home/.pyenv/plugins/python-build/share/python-build/{name}"), "");
    }
    let install = |command: &str| rvenv::Hint::InstallPython(command.into());
    assert_eq!(missing(&fixture, "3.16.7").1, install("pyenv install 3.16.7"));
    assert_eq!(missing(&fixture, ">3.16.4,<3.17").1, install("pyenv install 3.16.9"));
    assert_eq!(missing(&fixture, "3.17t").1, install("pyenv install 3.17.0t"));
    assert_eq!(missing(&fixture, "3.17.0rc1").1, install("pyenv install 3.17.0rc1"));
    assert_eq!(missing(&fixture, "3.17").1, rvenv::Hint::ListPythons);
    assert_eq!(missing(&fixture, "3.19").1, rvenv::Hint::ListPythons);
    assert!(!fixture.runs().contains(&"bin/pyenv".to_owned()));
}
