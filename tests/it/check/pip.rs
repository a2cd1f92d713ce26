//! pip: missing, damaged, twice.

use std::fs;
use std::path::PathBuf;

use super::Fixture;

/// The directory `pip-….dist-info`.
fn dist_info(fixture: &Fixture) -> PathBuf {
    let entries = fs::read_dir(fixture.site()).unwrap().flatten().map(|entry| entry.path());
    let is_of_pip = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("pip-") && name.ends_with(".dist-info")
    };
    entries.into_iter().find(is_of_pip).unwrap()
}

#[track_caller]
fn starts(fixture: &Fixture) {
    assert!(fixture.pip(&["--version"]).ok().stdout.starts_with("pip "));
}

#[test]
fn a_pip_with_missing_files_is_seeded_again() {
    let fixture = Fixture::with_pip();
    assert_eq!(fixture.faults(), [""; 0]);
    let site = fixture.site();
    fs::write(site.join("pip/__init__.py"), "").unwrap();
    fixture.is_free_of(&["pip-damaged"]);
    starts(&fixture);

    fs::remove_dir_all(site.join("pip")).unwrap();
    fixture.is_free_of(&["pip-damaged"]);
    starts(&fixture);

    fs::remove_dir_all(dist_info(&fixture)).unwrap();
    fs::remove_dir_all(site.join("pip")).unwrap();
    fixture.is_free_of(&["pip-missing"]);
    starts(&fixture);
}

#[test]
fn a_pip_with_an_incomplete_record_is_seeded_again() {
    let fixture = Fixture::with_pip();
    // A full disk leaves an empty file.
    let record = dist_info(&fixture).join("RECORD");
    fs::write(&record, "").unwrap();
    fixture.is_free_of(&["pip-damaged"]);
    starts(&fixture);

    // A kill leaves this while pip compiles the pip that it has unpacked.
    let rows = fs::read_to_string(&record).unwrap();
    let rows: Vec<_> = rows.lines().filter(|row| !row.starts_with("../")).collect();
    fs::write(&record, rows.join("\n")).unwrap();
    for name in ["pip", "pip3"] {
        fs::remove_file(fixture.bin(name)).unwrap();
    }
    fixture.is_free_of(&["pip-damaged"]);
    assert!(fixture.bin("pip").exists());
    starts(&fixture);
}

#[test]
fn a_changed_archive_of_pip_is_seeded_again_by_a_deep_check() {
    let fixture = Fixture::with_pip();
    let archive = fixture.site().join("pip/_pip.zip");
    let mut bytes = fs::read(&archive).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    // The file may be a hard link to the cache.
    fs::remove_file(&archive).unwrap();
    fs::write(&archive, bytes).unwrap();
    assert_eq!(fixture.faults(), [""; 0]);
    assert_eq!(fixture.check(&[".venv", "--deep"]).codes(), ["pip-damaged"]);
    let report = fixture.sandbox.run(["check", "--deep", ".venv"]).code(1).stdout;
    assert!(report.contains("`rvenv check --deep --fix .venv`"), "{report}");
    assert_eq!(fixture.check(&[".venv", "--deep", "--fix"]).is_healthy().codes(), [""; 0]);
    starts(&fixture);
}

#[test]
fn a_second_pip_is_removed() {
    let fixture = Fixture::with_pip();
    let own = dist_info(&fixture);
    let other = fixture.site().join("pip-1.0.dist-info");
    fs::create_dir(&other).unwrap();
    for name in ["RECORD", "METADATA"] {
        fs::copy(own.join(name), other.join(name)).unwrap();
    }
    fixture.is_free_of(&["pip-twice"]);
    starts(&fixture);
}

#[test]
fn an_environment_that_was_to_have_none_is_healthy_without() {
    assert_eq!(Fixture::new().faults(), [""; 0]);
}

#[test]
fn an_uninstalled_pip_is_a_note() {
    let fixture = Fixture::with_pip();
    fixture.pip(&["uninstall", "--yes", "pip"]).ok();
    let report = fixture.check(&[".venv"]);
    report.is_healthy();
    assert_eq!(report.codes(), ["pip-missing"]);
    assert!(report.command("pip-missing").ends_with(" pip"));
    // It stays so, as it was done on purpose.
    assert_eq!(fixture.check(&[".venv", "--fix"]).is_healthy().codes(), ["pip-missing"]);
    fs::create_dir(fixture.site().join("pip")).unwrap();
    assert_eq!(fixture.faults(), ["pip-missing"]);
}

#[test]
fn an_upgraded_pip_is_complete() {
    let fixture = Fixture::with_pip();
    // By its own wheel: what counts is that pip replaces itself by ordinary files.
    let wheels = fixture.sandbox.root().join("wheels");
    let list = "import ensurepip, pathlib; print(next(pathlib.Path(ensurepip.__path__[0], '_bundled').glob('pip-*')))";
    let wheel = fixture.runs(list);
    fs::create_dir(&wheels).unwrap();
    fixture.pip(&["install", "--force-reinstall", wheel.trim()]).ok();
    assert_eq!(fixture.check(&[".venv", "--deep"]).is_healthy().codes(), [""; 0]);
}
