//! The activation scripts on disk.

use std::fs;

use super::{Fixture, append};
use crate::sandbox::Ran;

#[test]
fn ones_that_are_missing_are_written() {
    let fixture = Fixture::new();
    fs::remove_file(fixture.bin("activate.fish")).unwrap();
    fixture.is_free_of(&["activation-missing"]);
}

#[test]
fn a_half_made_environment_of_stdlibs_gets_its_scripts() {
    // stdlib's venv writes the scripts last; a kill before that leaves an environment without.
    let fixture = Fixture::new();
    fs::remove_dir_all(fixture.env()).unwrap();
    let mut venv = fixture.sandbox.command(&fixture.python);
    Ran::of(venv.args(["-I", "-m", "venv", "--without-pip"]).arg(fixture.env())).ok();
    for entry in fs::read_dir(fixture.env().join("bin")).unwrap().flatten() {
        if entry.file_name().to_string_lossy().to_lowercase().starts_with("activate") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    fixture.is_free_of(&["activation-missing"]);
    assert!(fixture.bin("activate").is_file());
}

#[test]
fn scripts_of_other_releases_are_distinguished_from_edited_ones() {
    let fixture = Fixture::new();
    let fish = fixture.bin("activate.fish");
    append(&fish, "# mine\n");
    let report = fixture.check(&[".venv", "--fix"]);
    assert_eq!(report.is_healthy().codes(), ["activation-altered"]);
    assert!(fs::read_to_string(&fish).unwrap().ends_with("# mine\n"));

    // The script of another release: other lines, and a seal that fits them.
    let old = "# another release\n";
    let seal = "# rvenv wrote this file; changed files are left alone: ";
    let digest = crc32fast::hash(old.as_bytes());
    fs::write(&fish, format!("{old}{seal}{digest:08x}\n")).unwrap();
    fixture.is_free_of(&["activation-altered"]);
    assert!(!fs::read_to_string(&fish).unwrap().contains("another release"));
}
