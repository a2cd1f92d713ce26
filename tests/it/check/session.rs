//! The environment that is active by the variables of a shell.

use super::Fixture;

#[test]
fn healthy_and_active_takes_three_lines() {
    let fixture = Fixture::active();
    let ran = fixture.sandbox.run(["check"]).ok();
    assert_eq!(ran.stdout.lines().count(), 3, "{ran:#?}");
    assert!(ran.stdout.contains(&*fixture.env().to_string_lossy()), "{ran:#?}");
    assert_eq!(ran.stderr, "");
    assert_eq!(fixture.check(&[]).0["active"], true);
}

#[test]
fn quiet_prints_only_what_is_wrong() {
    let ran = Fixture::active().sandbox.run(["check", "--quiet"]).ok();
    assert_eq!(ran.stdout + &ran.stderr, "");
    let fixture = Fixture::new();
    let ran = fixture.sandbox.run(["check", "--quiet"]).code(1);
    assert!(ran.stdout.contains("[not-active]"), "{ran:#?}");
    assert_eq!((ran.stdout.lines().count(), &*ran.stderr), (2, ""), "{ran:#?}");
    assert_eq!(fixture.sandbox.run(["check", "--quiet", "--json"]).code(1).stderr, "");
}

#[test]
fn colours_are_for_terminals() {
    let fixture = Fixture::new();
    assert!(!fixture.sandbox.run(["check"]).code(1).stdout.contains('\x1b'));
    let ran = fixture.sandbox.run(["check", "--color", "always"]).code(1);
    assert!(ran.stdout.contains('\x1b'), "{ran:#?}");
}

#[test]
fn an_environment_that_is_there_and_not_active() {
    let fixture = Fixture::new();
    let report = fixture.check(&[]);
    assert_eq!(report.codes(), ["not-active"]);
    assert_eq!(report.0["active"], false);
    assert_eq!(report.0["environment"]["path"], &*fixture.env().to_string_lossy());
    // Named, it need not be active.
    assert_eq!(fixture.check(&[".venv"]).is_healthy().codes(), [""; 0]);
}

#[test]
fn no_environment_at_all() {
    let fixture = Fixture::new();
    std::fs::remove_dir_all(fixture.env()).unwrap();
    let report = fixture.check(&[]);
    assert_eq!(report.codes(), ["not-active"]);
    assert_eq!(report.0["findings"][0]["fix"]["command"][1], "create");
    fixture.sandbox.run(["check", "nowhere"]).code(1);
    fixture.sandbox.run(["check", "."]).code(1);
}

#[test]
fn another_environment_than_the_projects() {
    let mut fixture = Fixture::new();
    let other = fixture.sandbox.root().join("other");
    fixture.create(&["../other"]);
    fixture.activate(&other);
    let report = fixture.check(&[]);
    assert_eq!(report.codes(), ["active-is-another"]);
    assert_eq!(report.0["environment"]["path"], &*other.to_string_lossy());
}

#[test]
fn a_variable_without_path_and_the_reverse() {
    let mut fixture = Fixture::active();
    fixture.sandbox.set("PATH", "/usr/bin:/bin");
    let report = fixture.check(&[]);
    assert_eq!(report.codes(), ["not-on-path"]);
    assert_eq!(report.0["active"], false, "no command runs in it");

    let mut fixture = Fixture::active();
    fixture.sandbox.set("VIRTUAL_ENV", "");
    let report = fixture.check(&[]);
    assert_eq!(report.codes(), ["variable-unset"]);
    assert_eq!(report.0["active"], true);
}

#[test]
fn an_environment_that_was_deleted_while_active() {
    let fixture = Fixture::active();
    std::fs::remove_dir_all(fixture.env()).unwrap();
    assert_eq!(fixture.check(&[]).codes(), ["active-gone"]);
}

#[test]
fn something_before_it_on_path() {
    let mut fixture = Fixture::new();
    let other = fixture.sandbox.root().join("other");
    fixture.create(&["../other"]);
    let path = [other.join("bin"), fixture.env().join("bin"), "/usr/bin".into()];
    let path = std::env::join_paths(path).unwrap();
    let env = fixture.env();
    fixture.sandbox.set("VIRTUAL_ENV", env).set("PATH", path);
    let report = fixture.check(&[]);
    assert!(
        report.finds("path-shadowed")["seen"].as_str().unwrap().contains("another environment")
    );
}

#[test]
fn the_same_directory_by_another_name_is_no_fault() {
    let mut fixture = Fixture::new();
    let link = fixture.sandbox.root().join("link");
    std::os::unix::fs::symlink(fixture.sandbox.project(), &link).unwrap();
    fixture.activate(&link.join(".venv"));
    fixture.check(&[]).is_healthy();
}

#[test]
fn variables_that_mislead_python() {
    let mut fixture = Fixture::active();
    fixture.sandbox.set("PYTHONHOME", "/usr").set("PYTHONPATH", "/x");
    fixture.sandbox.set("BASH_FUNC_python%%", "() { echo; }");
    let report = fixture.check(&[]);
    assert_eq!(report.codes(), ["pythonhome-set", "pythonpath-set", "command-hidden"]);
    for name in ["PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__", "PYTHONPLATLIBDIR"] {
        let mut fixture = Fixture::active();
        fixture.sandbox.set(name, "/usr/bin/python3");
        let report = fixture.check(&[]);
        assert_eq!(report.codes(), ["python-variable-set"], "{name}");
        let seen = &report.finds("python-variable-set")["seen"];
        assert_eq!(*seen, format!("`{name}` is `/usr/bin/python3`"));
    }
}
