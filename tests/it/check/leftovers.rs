//! Leftovers of an interrupted install: pip renames the old version, writes the new one, and deletes the
//! old one.

use std::fs;
use std::path::Path;

use super::{Fixture, hash};

/// A package with a directory of its own.
fn install(fixture: &Fixture, version: &str) {
    let site = fixture.site();
    let dist_info = format!("thing-{version}.dist-info");
    fs::create_dir_all(site.join("thing/sub")).unwrap();
    fs::create_dir(site.join(&dist_info)).unwrap();
    let metadata = format!("Metadata-Version: 2.1\nName: thing\nVersion: {version}\n");
    let mut record = String::new();
    for (path, text) in [
        ("thing/__init__.py".to_owned(), format!("VERSION = '{version}'\n")),
        ("thing/sub/__init__.py".to_owned(), "X = 1\n".to_owned()),
        (format!("{dist_info}/METADATA"), metadata),
    ] {
        fs::write(site.join(&path), &text).unwrap();
        record += &format!("{path},{},{}\n", hash(text.as_bytes()), text.len());
    }
    record += &format!("{dist_info}/RECORD,,\n");
    fs::write(site.join(dist_info).join("RECORD"), record).unwrap();
}

/// A fixture with a package whose upgrade was interrupted when nothing new was there yet.
fn aside() -> Fixture {
    let fixture = Fixture::new();
    install(&fixture, "1.0");
    let site = fixture.site();
    fs::rename(site.join("thing"), site.join("~hing")).unwrap();
    fs::rename(site.join("thing-1.0.dist-info"), site.join("~hing-1.0.dist-info")).unwrap();
    fixture
}

fn says_one(fixture: &Fixture) {
    let said = fixture.runs("import thing, thing.sub; print(thing.VERSION, thing.sub.X)");
    assert_eq!(said, "1.0 1\n");
    let left: Vec<_> = fs::read_dir(fixture.site()).unwrap().flatten().collect();
    let left = left.iter().filter(|entry| entry.file_name().to_string_lossy().contains("hing"));
    assert_eq!(left.count(), 2, "the package and its metadata");
    fixture.check(&[".venv", "--deep"]).is_healthy();
}

#[test]
fn the_old_version_is_restored_if_the_new_one_is_incomplete() {
    let fixture = aside();
    fixture.is_free_of(&["install-leftover"]);
    says_one(&fixture);

    // Before the metadata was begun, in it, and without its RECORD, which comes last.
    let begun = |dist_info: &Path| fs::create_dir(dist_info).unwrap();
    let named = |dist_info: &Path| {
        fs::create_dir(dist_info).unwrap();
        fs::write(dist_info.join("METADATA"), "Name: thing\nVersion: 2.0\n").unwrap();
    };
    // With the RECORD of the wheel: the commands are written after it, and pip's own RECORD at the end.
    let without_commands = |dist_info: &Path| {
        named(dist_info);
        let name = dist_info.file_name().unwrap().to_str().unwrap();
        let rows = format!("thing/__init__.py,,\n{name}/entry_points.txt,,\n{name}/RECORD,,\n");
        fs::write(dist_info.join("entry_points.txt"), "[console_scripts]\nx = y:z\n").unwrap();
        fs::write(dist_info.join("RECORD"), rows).unwrap();
    };
    let none = |_: &Path| {};
    for version in ["1.0", "2.0"] {
        for metadata in [&none as &dyn Fn(&Path), &begun, &named, &without_commands] {
            let fixture = aside();
            fs::create_dir(fixture.site().join("thing")).unwrap();
            fs::write(fixture.site().join("thing/__init__.py"), "VERSION = '2.0'\n").unwrap();
            metadata(&fixture.site().join(format!("thing-{version}.dist-info")));
            fixture.is_free_of(&["install-leftover"]);
            says_one(&fixture);
        }
    }
}

/// A new version that is half written cannot be told from what the user put there: no RECORD lists it.
/// A name such as `./thing` is `.` at the top, and `~` what pip made of it: all of `site-packages`.
#[test]
fn rows_whose_paths_are_not_plain_names_move_nothing() {
    for path in ["./thing.py", "././thing.py", "/thing.py", "../thing.py", "thing.py/.", ".", ".."]
    {
        let fixture = Fixture::new();
        let site = fixture.site();
        let metadata = "Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n";
        let record = format!("{path},{},6\nthing-1.0.dist-info/RECORD,,\n", hash(b"X = 1\n"));
        for (name, text) in [
            ("thing.py", "X = 1\n"),
            ("mine.py", "MINE = 1\n"),
            ("~/thing.py", "X = 1\n"),
            ("~hing/thing.py", "X = 1\n"),
            ("~hing-1.0.dist-info/METADATA", metadata),
            ("~hing-1.0.dist-info/RECORD", &record),
        ] {
            let file = site.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        fixture.check(&[".venv", "--fix"]);
        for name in ["thing.py", "mine.py"] {
            assert!(site.join(name).exists(), "{path}: {name}");
        }
    }
}

#[test]
fn unrecorded_files_stay_when_the_old_version_is_restored() {
    let fixture = aside();
    let site = fixture.site();
    fs::create_dir_all(site.join("thing/mine/deep")).unwrap();
    fs::create_dir_all(site.join("thing/sub")).unwrap();
    let mine = ["thing/mine.txt", "thing/mine/deep/data.bin", "thing/sub/own.py", "thing/sub.txt"];
    for file in mine {
        fs::write(site.join(file), "mine").unwrap();
    }
    fs::write(site.join("thing/__init__.py"), "VERSION = '2.0'\n").unwrap();
    fixture.is_free_of(&["install-leftover"]);
    says_one(&fixture);
    for file in mine {
        assert_eq!(fs::read_to_string(site.join(file)).unwrap(), "mine", "{file}");
    }
}

/// The wheel's RECORD, which pip extracts before it writes its own, lists what the new version brought.
#[test]
fn what_only_the_new_version_lists_goes_when_the_old_version_comes_back() {
    let fixture = aside();
    let site = fixture.site();
    let new = ["thing/__init__.py", "thing/added.py", "thing/data/deep/x.txt", "thing/shared/a.py"];
    let mut rows = String::new();
    for file in new {
        fs::create_dir_all(site.join(file).parent().unwrap()).unwrap();
        fs::write(site.join(file), "VERSION = '2.0'\n").unwrap();
        rows += &format!("{file},,\n");
    }
    fs::write(site.join("thing/shared/mine.txt"), "mine").unwrap();
    let dist_info = site.join("thing-2.0.dist-info");
    fs::create_dir(&dist_info).unwrap();
    fs::write(dist_info.join("RECORD"), rows).unwrap();
    fixture.is_free_of(&["install-leftover"]);
    says_one(&fixture);
    for gone in ["thing/added.py", "thing/data", "thing/shared/a.py"] {
        assert!(!site.join(gone).exists(), "{gone}");
    }
    assert_eq!(fs::read_to_string(site.join("thing/shared/mine.txt")).unwrap(), "mine");
}

#[test]
fn remaining_files_hide_no_module_of_the_old_version() {
    let fixture = aside();
    let site = fixture.site();
    // Of the old version, `sub` is a module in a file; a directory of that name would go before it.
    let record = site.join("~hing-1.0.dist-info/RECORD");
    let text =
        fs::read_to_string(&record).unwrap().replace("thing/sub/__init__.py", "thing/sub.py");
    fs::write(&record, text).unwrap();
    fs::rename(site.join("~hing/sub/__init__.py"), site.join("~hing/sub.py")).unwrap();
    fs::remove_dir(site.join("~hing/sub")).unwrap();
    fs::create_dir_all(site.join("thing/sub")).unwrap();
    fs::write(site.join("thing/sub/__init__.py"), "raise SystemExit(3)\n").unwrap();
    fixture.is_free_of(&["install-leftover"]);
    says_one(&fixture);
    assert!(site.join("thing/sub.kept/__init__.py").is_file());
}

#[test]
fn an_interrupted_restoration_is_continued() {
    let fixture = aside();
    fs::rename(fixture.site().join("~hing"), fixture.site().join("thing")).unwrap();
    fixture.is_free_of(&["install-leftover"]);
    says_one(&fixture);
}

#[test]
fn the_old_version_is_removed_if_the_new_one_is_complete() {
    let fixture = aside();
    install(&fixture, "2.0");
    fixture.is_free_of(&["install-leftover"]);
    assert!(!fixture.site().join("~hing").exists());
    assert_eq!(fixture.runs("import thing; print(thing.VERSION)"), "2.0\n");
}

#[test]
fn nothing_is_removed_if_no_version_is_complete() {
    // A file of the old one is gone: what is in its place is the new one's, and has the same size.
    let fixture = aside();
    let (site, old) = (fixture.site(), fixture.site().join("~hing/__init__.py"));
    fs::write(&old, "VERSION = '9.9'\n").unwrap();
    fs::create_dir(site.join("thing")).unwrap();
    fs::create_dir(site.join("thing-2.0.dist-info")).unwrap();
    let report = fixture.check(&[".venv", "--fix"]);
    assert_eq!(report.codes(), ["install-leftover"]);
    assert_eq!(report.steps(), [""; 0]);
    assert!(report.command("install-leftover").ends_with("--no-deps thing==1.0"));
    for name in ["~hing", "~hing-1.0.dist-info", "thing", "thing-2.0.dist-info"] {
        assert!(site.join(name).exists(), "{name}");
    }
}

#[test]
fn the_metadata_at_its_path_determines_what_is_installed() {
    let fixture = aside();
    let site = fixture.site();
    fs::rename(site.join("~hing-1.0.dist-info"), site.join("thing-1.0.dist-info")).unwrap();
    let report = fixture.check(&[".venv", "--fix"]);
    assert_eq!(report.codes(), ["install-leftover"]);
    assert!(report.command("install-leftover").ends_with("--no-deps thing==1.0"));
    assert!(site.join("~hing/__init__.py").exists());
}

#[test]
fn files_of_another_package_stay() {
    let fixture = aside();
    let site = fixture.site();
    fixture.install("other", "1.0");
    fs::create_dir(site.join("thing")).unwrap();
    fs::write(site.join("thing/plugin.py"), "").unwrap();
    let record = site.join("other-1.0.dist-info/RECORD");
    super::append(&record, &format!("thing/plugin.py,{},0\n", hash(b"")));
    let report = fixture.check(&[".venv", "--fix"]);
    assert_eq!(report.steps(), [""; 0]);
    assert!(report.command("install-leftover").ends_with("thing==1.0"));
    assert!(site.join("thing/plugin.py").exists());
}
