//! What `check` stores of the metadata of packages, and when it is not used.

use std::fs::{self, File, FileTimes};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Fixture, append, edit, hash};

/// The age of a change from which its content is stored.
const SETTLED: Duration = Duration::from_millis(2100);

/// An environment with as many packages as are worth a file of the cache, whose metadata is stored.
fn remembered() -> Fixture {
    let fixture = Fixture::new();
    for letter in 'a'..='j' {
        fixture.install(&format!("thing_{letter}"), "1.0");
    }
    std::thread::sleep(SETTLED);
    assert_eq!(fixture.faults(), [""; 0]);
    fixture
}

/// The same, with directories of which `check` looks at each one.
fn remembered_with(directories: &[&str], prepare: impl Fn(&Path)) -> Fixture {
    let fixture = Fixture::new();
    for letter in 'a'..='j' {
        fixture.install(&format!("thing_{letter}"), "1.0");
    }
    let site = fixture.site();
    let rows = directories.iter().map(|it| format!("{it}/x.py,{},0\n", hash(b"")));
    append(&site.join("thing_a-1.0.dist-info/RECORD"), &rows.collect::<String>());
    prepare(&site);
    for directory in directories {
        fs::create_dir_all(site.join(directory)).unwrap();
        fs::write(site.join(directory).join("x.py"), "").unwrap();
    }
    std::thread::sleep(SETTLED);
    assert_eq!(fixture.faults(), [""; 0]);
    fixture
}

/// The file of the cache.
fn record(fixture: &Fixture) -> PathBuf {
    let form = fixture.sandbox.root().join("cache/packages/1");
    let mut files = fs::read_dir(&form).unwrap().flatten();
    let file = files.next().expect("a file").path();
    assert!(files.next().is_none());
    file
}

/// A valid file of the cache that lists another command of `thing_d`.
fn with_another_command(stored: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(&stored[4..]).replace("../bin/thing_d", "../bin/thing_x");
    let sum = crc32fast::hash(text.as_bytes()).to_le_bytes();
    [&sum[..], text.as_bytes()].concat()
}

/// Changes a file, and gives it its former times again, as far as a program can.
fn edit_secretly(path: &Path, old: &str, new: &str) {
    assert_eq!(old.len(), new.len());
    let modified = fs::metadata(path).unwrap().modified().unwrap();
    edit(path, old, new);
    let times = FileTimes::new().set_modified(modified);
    File::options().write(true).open(path).unwrap().set_times(times).unwrap();
}

#[test]
fn a_change_that_keeps_size_and_mtime_is_noticed() {
    let fixture = remembered();
    let stored = fs::read(record(&fixture)).unwrap();
    let dist_info = fixture.site().join("thing_a-1.0.dist-info");
    edit_secretly(&dist_info.join("METADATA"), "Name: thing_a", "Nome: thing_a");
    assert_eq!(fixture.faults(), ["metadata-incomplete"]);
    edit_secretly(&dist_info.join("METADATA"), "Nome: thing_a", "Name: thing_a");
    edit_secretly(&dist_info.join("RECORD"), "../bin/thing_a", "../bin/thing_z");
    assert_eq!(fixture.faults(), ["command-broken"]);
    edit_secretly(&dist_info.join("RECORD"), "../bin/thing_z", "../bin/thing_a");
    edit_secretly(&dist_info.join("WHEEL"), "py3-none-any", "py2-none-any");
    assert_eq!(fixture.faults(), ["foreign-abi"]);
    edit_secretly(&dist_info.join("WHEEL"), "py2-none-any", "py3-none-any");
    assert_eq!(fixture.faults(), [""; 0]);
    // A file that was just changed can change again with the same ctime, so nothing is written.
    assert_eq!(fs::read(record(&fixture)).unwrap(), stored);
}

#[test]
fn files_are_looked_at_whatever_is_stored() {
    let fixture = remembered();
    fs::remove_file(fixture.bin("thing_b")).unwrap();
    assert_eq!(fixture.faults(), ["command-broken"]);
    fixture.install("thing_b", "1.0");
    fs::remove_dir_all(fixture.site().join("thing_c-1.0.dist-info")).unwrap();
    assert_eq!(fixture.faults(), ["files-unowned"]);
}

#[test]
fn directories_that_existed_are_looked_at_again() {
    let fixture = remembered_with(&["parts/one", "parts/two"], |_| {});
    let package = fixture.site().join("parts");
    let stored = fs::read(record(&fixture)).unwrap();
    let remove = |path: &Path| fs::remove_dir_all(path).unwrap();
    let rename = |path: &Path| fs::rename(path, path.with_extension("old")).unwrap();
    let replace = |path: &Path| {
        rename(path);
        fs::write(path, "").unwrap();
    };
    let damages: [&dyn Fn(&Path); 3] = [&remove, &rename, &replace];
    for damage in damages {
        damage(&package.join("two"));
        let modified = std::time::SystemTime::UNIX_EPOCH;
        let times = FileTimes::new().set_modified(modified);
        File::open(&package).unwrap().set_times(times).unwrap();
        assert_eq!(fixture.faults(), ["package-damaged"]);
        let _ = fs::remove_file(package.join("two"));
        let _ = fs::remove_dir_all(package.join("two.old"));
        fs::create_dir(package.join("two")).unwrap();
        assert_eq!(fixture.faults(), [""; 0]);
    }
    // The directories that were changed are stored again when a further change would have another ctime.
    assert!(fs::read(record(&fixture)).unwrap() == stored);
    std::thread::sleep(SETTLED);
    assert_eq!(fixture.faults(), [""; 0]);
    assert!(fs::read(record(&fixture)).unwrap() != stored);
    fs::remove_dir(package.join("two")).unwrap();
    assert_eq!(fixture.faults(), ["package-damaged"]);
}

#[test]
fn the_target_of_a_link_that_existed_is_looked_at_again() {
    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().join("two");
    let fixture = remembered_with(&["parts/one", "parts/two"], |site| {
        fs::create_dir_all(site.join("parts")).unwrap();
        fs::create_dir(&target).unwrap();
        symlink(&target, site.join("parts/two")).unwrap();
    });
    fs::remove_dir_all(&target).unwrap();
    assert_eq!(fixture.faults(), ["package-damaged"]);
}

#[test]
fn a_file_that_is_added_to_a_dist_info_is_noticed() {
    let fixture = remembered();
    let file = fixture.site().join("thing_a-1.0.dist-info/direct_url.json");
    fs::write(&file, r#"{"url": "file:///no/project", "dir_info": {"editable": true}}"#).unwrap();
    assert_eq!(fixture.faults(), ["editable-gone"]);
    fs::remove_file(&file).unwrap();
    assert_eq!(fixture.faults(), [""; 0]);
}

#[test]
fn a_damaged_file_of_the_cache_is_ignored_and_replaced() {
    let fixture = remembered();
    let record = record(&fixture);
    let stored = fs::read(&record).unwrap();
    // The stored contents are used: a valid file with another command leads to a finding.
    fs::write(&record, with_another_command(&stored)).unwrap();
    assert_eq!(fixture.faults(), ["command-broken"]);
    for damaged in [&b""[..], b"x", &stored[..stored.len() / 2], &[&stored[..], b" "].concat()] {
        fs::write(&record, damaged).unwrap();
        assert_eq!(fixture.faults(), [""; 0]);
        assert_eq!(fs::read(&record).unwrap(), stored);
    }
    let mut flipped = stored.clone();
    let at = stored.len() - stored.len() / 3;
    flipped[at] ^= 1;
    fs::write(&record, flipped).unwrap();
    assert_eq!(fixture.faults(), [""; 0]);
    assert_eq!(fs::read(&record).unwrap(), stored);
}

#[test]
fn a_file_of_the_cache_that_others_can_write_is_not_used() {
    let fixture = remembered();
    let record = record(&fixture);
    let stored = fs::read(&record).unwrap();
    let lie = with_another_command(&stored);
    fs::write(&record, &lie).unwrap();
    let mode: fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    fs::set_permissions(&record, mode).unwrap();
    assert_eq!(fixture.faults(), [""; 0]);
    if fs::metadata(&record).is_ok_and(|meta| std::os::unix::fs::MetadataExt::uid(&meta) == 0) {
        fs::write(&record, &lie).unwrap();
        std::os::unix::fs::chown(&record, Some(54_321), None).unwrap();
        assert_eq!(fixture.faults(), [""; 0]);
    }
    assert_eq!(fs::read(&record).unwrap(), stored);
}
