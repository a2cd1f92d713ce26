//! The environment that is active by the variables of a shell.

use super::World;

#[test]
fn healthy_and_active_takes_three_lines() {
    let world = World::active();
    let ran = world.sandbox.run(["check"]).ok();
    assert_eq!(ran.stdout.lines().count(), 3, "{ran:#?}");
    assert!(ran.stdout.contains(&*world.env().to_string_lossy()), "{ran:#?}");
    assert_eq!(ran.stderr, "");
    assert_eq!(world.check(&[]).0["active"], true);
}

#[test]
fn quiet_prints_only_what_is_wrong() {
    let ran = World::active().sandbox.run(["check", "--quiet"]).ok();
    assert_eq!(ran.stdout + &ran.stderr, "");
    let world = World::new();
    let ran = world.sandbox.run(["check", "--quiet"]).code(1);
    assert!(ran.stdout.contains("[not-active]"), "{ran:#?}");
    assert_eq!((ran.stdout.lines().count(), &*ran.stderr), (2, ""), "{ran:#?}");
    assert_eq!(world.sandbox.run(["check", "--quiet", "--json"]).code(1).stderr, "");
}

#[test]
fn colours_are_for_terminals() {
    let world = World::new();
    assert!(!world.sandbox.run(["check"]).code(1).stdout.contains('\x1b'));
    let ran = world.sandbox.run(["check", "--color", "always"]).code(1);
    assert!(ran.stdout.contains('\x1b'), "{ran:#?}");
}

#[test]
fn an_environment_that_is_there_and_not_active() {
    let world = World::new();
    let report = world.check(&[]);
    assert_eq!(report.codes(), ["not-active"]);
    assert_eq!(report.0["active"], false);
    assert_eq!(report.0["environment"]["path"], &*world.env().to_string_lossy());
    // Named, it need not be active.
    assert_eq!(world.check(&[".venv"]).is_healthy().codes(), [""; 0]);
}

#[test]
fn no_environment_at_all() {
    let world = World::new();
    std::fs::remove_dir_all(world.env()).unwrap();
    let report = world.check(&[]);
    assert_eq!(report.codes(), ["not-active"]);
    assert_eq!(report.0["findings"][0]["fix"]["command"][1], "create");
    world.sandbox.run(["check", "nowhere"]).code(1);
    world.sandbox.run(["check", "."]).code(1);
}

#[test]
fn another_environment_than_the_projects() {
    let mut world = World::new();
    let other = world.sandbox.root().join("other");
    world.create(&["../other"]);
    world.activate(&other);
    let report = world.check(&[]);
    assert_eq!(report.codes(), ["active-is-another"]);
    assert_eq!(report.0["environment"]["path"], &*other.to_string_lossy());
}

#[test]
fn a_variable_without_path_and_the_reverse() {
    let mut world = World::active();
    world.sandbox.set("PATH", "/usr/bin:/bin");
    let report = world.check(&[]);
    assert_eq!(report.codes(), ["not-on-path"]);
    assert_eq!(report.0["active"], false, "no command runs in it");

    let mut world = World::active();
    world.sandbox.set("VIRTUAL_ENV", "");
    let report = world.check(&[]);
    assert_eq!(report.codes(), ["variable-unset"]);
    assert_eq!(report.0["active"], true);
}

#[test]
fn an_environment_that_was_deleted_while_active() {
    let world = World::active();
    std::fs::remove_dir_all(world.env()).unwrap();
    assert_eq!(world.check(&[]).codes(), ["active-gone"]);
}

#[test]
fn something_before_it_on_path() {
    let mut world = World::new();
    let other = world.sandbox.root().join("other");
    world.create(&["../other"]);
    let path = [other.join("bin"), world.env().join("bin"), "/usr/bin".into()];
    let path = std::env::join_paths(path).unwrap();
    let env = world.env();
    world.sandbox.set("VIRTUAL_ENV", env).set("PATH", path);
    let report = world.check(&[]);
    assert!(
        report.finds("path-shadowed")["seen"].as_str().unwrap().contains("another environment")
    );
}

#[test]
fn the_same_directory_by_another_name_is_no_fault() {
    let mut world = World::new();
    let link = world.sandbox.root().join("link");
    std::os::unix::fs::symlink(world.sandbox.project(), &link).unwrap();
    world.activate(&link.join(".venv"));
    world.check(&[]).is_healthy();
}

#[test]
fn variables_that_mislead_python() {
    let mut world = World::active();
    world.sandbox.set("PYTHONHOME", "/usr").set("PYTHONPATH", "/x");
    world.sandbox.set("BASH_FUNC_python%%", "() { echo; }");
    let report = world.check(&[]);
    assert_eq!(report.codes(), ["pythonhome-set", "pythonpath-set", "command-hidden"]);
    for name in ["PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__", "PYTHONPLATLIBDIR"] {
        let mut world = World::active();
        world.sandbox.set(name, "/usr/bin/python3");
        let report = world.check(&[]);
        assert_eq!(report.codes(), ["python-variable-set"], "{name}");
        let seen = &report.finds("python-variable-set")["seen"];
        assert_eq!(*seen, format!("`{name}` is `/usr/bin/python3`"));
    }
}
