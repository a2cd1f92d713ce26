//! `pyvenv.cfg`.

use std::fs;

use super::{World, edit};

#[test]
fn one_that_is_missing_is_written_again() {
    let world = World::new();
    let cfg = world.env().join("pyvenv.cfg");
    let before = fs::read_to_string(&cfg).unwrap();
    fs::remove_file(&cfg).unwrap();
    world.is_free_of(&["cfg-missing"]);
    let home = |text: &str| text.lines().find(|line| line.starts_with("home")).map(str::to_owned);
    assert_eq!(home(&fs::read_to_string(&cfg).unwrap()), home(&before));
    // Also when it is looked for, and not named.
    fs::remove_file(&cfg).unwrap();
    assert_eq!(world.check(&[]).codes(), ["cfg-missing", "not-active"]);
}

#[test]
fn one_that_cannot_be_read() {
    let world = World::new();
    let cfg = world.env().join("pyvenv.cfg");
    fs::remove_file(&cfg).unwrap();
    fs::create_dir(&cfg).unwrap();
    assert_eq!(world.faults(), ["cfg-unreadable"]);
}

#[test]
fn obstacles_to_a_repair_are_left_to_the_user() {
    let world = World::new();
    for (name, code) in
        [("pyvenv.cfg", "cfg-unreadable"), ("bin/python", "interpreter-not-executable")]
    {
        let path = world.env().join(name);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        fs::write(path.join("mine"), "").unwrap();
        let report = world.check(&[".venv", "--fix"]);
        let path_text = path.display();
        assert_eq!(report.command(code), format!("mv {path_text} {path_text}.old"));
        fs::rename(&path, world.sandbox.root().join("mine")).unwrap();
        world.check(&[".venv", "--fix"]).is_healthy();
        fs::remove_dir_all(world.sandbox.root().join("mine")).unwrap();
    }
}

#[test]
fn keys_that_are_missing_or_wrong() {
    let world = World::new();
    let cfg = world.env().join("pyvenv.cfg");
    edit(&cfg, "home = ", "other = 1\nhome-less = ");
    world.is_free_of(&["cfg-key-missing"]);
    assert!(fs::read_to_string(&cfg).unwrap().contains("other = 1\n"), "other lines stay");
    edit(&cfg, "version = ", "ver = ");
    world.is_free_of(&["cfg-incomplete"]);
    edit(&cfg, "include-system-site-packages", "include");
    let report = world.check(&[".venv"]);
    assert_eq!(report.0["environment"]["system_site_packages"], true, "as Python takes it");
    world.is_free_of(&["cfg-incomplete"]);
    assert_eq!(world.check(&[".venv"]).0["environment"]["system_site_packages"], false);
    let home = world.python.parent().unwrap().display().to_string();
    edit(&cfg, &format!("home = {home}"), "home = bin");
    world.is_free_of(&["cfg-key-missing"]);
}

#[test]
fn site_packages_that_are_missing() {
    let world = World::new();
    fs::remove_dir(world.site()).unwrap();
    world.is_free_of(&["site-packages-missing"]);
}

#[test]
fn packages_of_another_version_beside() {
    let world = World::new();
    let other = world.env().join("lib/python3.5/site-packages");
    fs::create_dir_all(&other).unwrap();
    // An empty one is nobody's loss.
    assert_eq!(world.faults(), [""; 0]);
    fs::write(other.join("x.py"), "").unwrap();
    assert_eq!(world.faults(), ["site-packages-other"]);
}
