//! `pyvenv.cfg`.

use std::fs;

use super::{Fixture, edit};

#[test]
fn one_that_is_missing_is_written_again() {
    let fixture = Fixture::new();
    let cfg = fixture.env().join("pyvenv.cfg");
    let before = fs::read_to_string(&cfg).unwrap();
    fs::remove_file(&cfg).unwrap();
    fixture.is_free_of(&["cfg-missing"]);
    let home = |text: &str| text.lines().find(|line| line.starts_with("home")).map(str::to_owned);
    assert_eq!(home(&fs::read_to_string(&cfg).unwrap()), home(&before));
    // Also when it is looked for, and not named.
    fs::remove_file(&cfg).unwrap();
    assert_eq!(fixture.check(&[]).codes(), ["cfg-missing", "not-active"]);
}

#[test]
fn one_that_cannot_be_read() {
    let fixture = Fixture::new();
    let cfg = fixture.env().join("pyvenv.cfg");
    fs::remove_file(&cfg).unwrap();
    fs::create_dir(&cfg).unwrap();
    assert_eq!(fixture.faults(), ["cfg-unreadable"]);
}

#[test]
fn obstacles_to_a_repair_are_left_to_the_user() {
    let fixture = Fixture::new();
    for (name, code) in
        [("pyvenv.cfg", "cfg-unreadable"), ("bin/python", "interpreter-not-executable")]
    {
        let path = fixture.env().join(name);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        fs::write(path.join("mine"), "").unwrap();
        let report = fixture.check(&[".venv", "--fix"]);
        let path_text = path.display();
        assert_eq!(report.command(code), format!("mv {path_text} {path_text}.old"));
        fs::rename(&path, fixture.sandbox.root().join("mine")).unwrap();
        fixture.check(&[".venv", "--fix"]).is_healthy();
        fs::remove_dir_all(fixture.sandbox.root().join("mine")).unwrap();
    }
}

#[test]
fn keys_that_are_missing_or_wrong() {
    let fixture = Fixture::new();
    let cfg = fixture.env().join("pyvenv.cfg");
    edit(&cfg, "home = ", "other = 1\nhome-less = ");
    fixture.is_free_of(&["cfg-key-missing"]);
    assert!(fs::read_to_string(&cfg).unwrap().contains("other = 1\n"), "other lines stay");
    edit(&cfg, "version = ", "ver = ");
    fixture.is_free_of(&["cfg-incomplete"]);
    edit(&cfg, "include-system-site-packages", "include");
    let report = fixture.check(&[".venv"]);
    assert_eq!(report.0["environment"]["system_site_packages"], true, "as Python takes it");
    fixture.is_free_of(&["cfg-incomplete"]);
    assert_eq!(fixture.check(&[".venv"]).0["environment"]["system_site_packages"], false);
    let home = fixture.python.parent().unwrap().display().to_string();
    edit(&cfg, &format!("home = {home}"), "home = bin");
    fixture.is_free_of(&["cfg-key-missing"]);
}

#[test]
fn site_packages_that_are_missing() {
    let fixture = Fixture::new();
    fs::remove_dir(fixture.site()).unwrap();
    fixture.is_free_of(&["site-packages-missing"]);
}

#[test]
fn packages_of_another_version_beside() {
    let fixture = Fixture::new();
    let other = fixture.env().join("lib/python3.5/site-packages");
    fs::create_dir_all(&other).unwrap();
    // An empty one is nobody's loss.
    assert_eq!(fixture.faults(), [""; 0]);
    fs::write(other.join("x.py"), "").unwrap();
    assert_eq!(fixture.faults(), ["site-packages-other"]);
}
