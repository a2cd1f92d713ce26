//! Archives that are damaged, or made to do harm.

use std::fs;

use super::archives::{Item, directory, file, gzip, special, tar, zip, zstd};
use super::{Fixture, listing};
use crate::sandbox::Ran;

/// A fixture whose archive has further entries, counted by its manifest.
fn fixture(items: impl IntoIterator<Item = Item>) -> Fixture {
    Fixture::new().with(items)
}

#[test]
fn entries_outside_of_the_target_are_refused() {
    for name in [
        "../escaped",
        "lib/../../escaped",
        "/tmp/rvenv-escaped",
        "./escaped",
        "lib//escaped",
        "lib/./escaped",
        "..",
        ".rvenv/1/lock",
        ".rvenv-temp",
    ] {
        let fixture = fixture([file(name, "x")]);
        let archive = fixture.tar_gz();
        fixture.refuses(&archive, "which is not a path inside an environment");
        if !name.starts_with('/') {
            let archive = fixture.write("a.zip", &zip(&fixture.all()));
            fixture.refuses(&archive, "which is not a path inside an environment");
        }
    }
    assert!(!std::path::Path::new("/tmp/rvenv-escaped").exists());
}

#[test]
fn entries_of_other_kinds_are_refused() {
    for (kind, target, what) in [
        (b'1', "/etc/passwd", "a hard link"),
        (b'2', "/etc", "a symbolic link"),
        (b'2', "lib", "a symbolic link"),
        (b'3', "", "a device"),
        (b'4', "", "a device"),
        (b'6', "", "a pipe"),
        (b'S', "", "a sparse file"),
        (b'x', "", "an extension"),
        (b'g', "", "an extension"),
        (b'K', "", "an extension"),
    ] {
        let fixture = fixture([special("share", kind, target), file("share/x", "x")]);
        fixture.refuses(&fixture.tar_gz(), what);
    }
    let fixture = fixture([special("share", b'2', "/etc")]);
    let archive = fixture.write("a.zip", &zip(&fixture.all()));
    fixture.refuses(&archive, "a symbolic link");
}

#[test]
fn entries_that_contradict_each_other_are_refused() {
    for (items, message) in [
        (vec![file("x", "1"), file("x", "2")], "contains `x` twice"),
        (vec![directory("x/"), directory("x/")], "contains `x` twice"),
        (vec![file("x", "1"), file("x/y", "2")], "`x` as a file and as a directory"),
        (vec![file("x/y", "1"), file("x", "2")], "`x` as a file and as a directory"),
        (vec![directory("x/"), file("x", "2")], "`x` as a file and as a directory"),
        (vec![file("pyvenv.cfg", "home = /tmp\n")], "contains `pyvenv.cfg` twice"),
        (vec![file("bin/python", "x")], "contains `bin/python` twice"),
    ] {
        let fixture = fixture(items);
        fixture.refuses(&fixture.tar_gz(), message);
    }
}

#[test]
fn a_zip_with_two_entries_of_one_name_is_refused() {
    let fixture = fixture([file("share-one", "1"), file("share-two", "2")]);
    let mut bytes = zip(&fixture.all());
    // The second name becomes the first one, in its head and in the directory.
    for at in 0..bytes.len() - 9 {
        if &bytes[at..at + 9] == b"share-two" {
            bytes[at..at + 9].copy_from_slice(b"share-one");
        }
    }
    fixture.refuses(&fixture.write("a.zip", &bytes), "cannot unpack");
}

#[test]
fn a_name_in_a_message_cannot_control_the_terminal() {
    let fixture = fixture([file("../\u{1b}[2Jx\n\u{202e}", "x")]);
    let ran = fixture.refuses(&fixture.tar_gz(), r"../\u{1b}[2Jx\n\u{202e}");
    assert!(!ran.stderr.contains(['\u{1b}', '\u{202e}']), "{ran:#?}");
}

#[test]
fn names_longer_than_systems_take_are_refused() {
    for name in ["n".repeat(256), "d/".repeat(3000) + "f"] {
        let fixture = fixture([file(name, "x")]);
        fixture.refuses(&fixture.tar_gz(), "name is too long");
    }
    // Whatever is claimed of its length.
    let fixture = fixture([]);
    let long = Item { kind: b'L', ..file("././@LongLink", vec![b'n'; 1 << 20]) };
    let items = [fixture.all(), vec![long]].concat();
    fixture.refuses(&fixture.write("a.tar.gz", &gzip(&tar(&items))), "name is too long");
}

#[test]
fn far_more_content_than_the_archive_has_bytes_is_refused() {
    let mut fixture = fixture([file("zeros", vec![0; 65 << 20])]);
    let bomb = |fixture: &Fixture| fixture.write("a.tar.zst", &zstd(&tar(&fixture.all())));
    fixture.refuses(&bomb(&fixture), "its manifest lists");
    // A manifest that claims less.
    fixture.manifest.bytes = 1 << 20;
    fixture.refuses(&bomb(&fixture), "the archive contains another number");
}

#[test]
fn other_files_than_the_manifest_counts_are_refused() {
    let mut fixture = Fixture::new();
    for (files, bytes) in [(1, 0), (-1, 0), (0, 1), (0, -1)] {
        fixture.count();
        fixture.manifest.files = fixture.manifest.files.strict_add_signed(files);
        fixture.manifest.bytes = fixture.manifest.bytes.strict_add_signed(bytes);
        for (name, bytes) in fixture.archives() {
            fixture.refuses(&fixture.write(name, &bytes), "the archive contains another number");
        }
    }
}

#[test]
fn an_archive_that_is_cut_off_or_changed_is_refused() {
    let fixture = Fixture::new();
    for (name, bytes) in fixture.archives() {
        let step = bytes.len() / 12;
        for end in (0..bytes.len() - 1024.min(bytes.len() / 2)).step_by(step) {
            fixture.refuses(&fixture.write(name, &bytes[..end]), "cannot unpack");
        }
        if name != "a.tar" {
            let mut changed = bytes.clone();
            changed[bytes.len() / 2] ^= 0xff;
            fixture.refuses(&fixture.write(name, &changed), "cannot unpack");
        }
    }
    let tar = tar(&fixture.all());
    for after in [&b"x"[..], &[0; 4000]] {
        let bytes = gzip(&[&*tar, after].concat());
        let archive = fixture.write("a.tar.gz", &bytes);
        if after == b"x" {
            fixture.refuses(&archive, "cannot unpack");
        } else {
            Ran::of(fixture.sandbox.rvenv().args(["-q", "unpack"]).arg(archive)).ok();
        }
    }
}

#[test]
fn a_file_that_is_not_an_archive_of_pack_is_refused() {
    let fixture = Fixture::new();
    for (name, bytes, message) in [
        ("text", b"home = /usr/bin\n".to_vec(), "it is not a .tar.gz"),
        ("empty", Vec::new(), "it is not a .tar.gz"),
        ("other.tar.gz", gzip(&tar(&fixture.items)), "`rvenv pack` did not write it"),
        ("other.zip", zip(&fixture.items), "`rvenv pack` did not write it"),
        ("none.tar.gz", gzip(&tar(&[])), "`rvenv pack` did not write it"),
    ] {
        fixture.refuses(&fixture.write(name, &bytes), message);
    }
    for (manifest, message) in
        [("{", "the manifest is damaged"), (r#"{"format": 99}"#, "is newer than")]
    {
        let items = [vec![file(rvenv::pack::MANIFEST, manifest)], fixture.items.clone()].concat();
        fixture.refuses(&fixture.write("a.tar.gz", &gzip(&tar(&items))), message);
    }
    let dir = fixture.sandbox.project().join("dir");
    fs::create_dir(&dir).unwrap();
    fixture.refuses(&dir, "is not a regular file");
    fixture.refuses(&fixture.sandbox.project().join("absent"), "it does not exist");
}

#[test]
fn an_archive_without_a_configuration_is_refused() {
    let mut fixture = Fixture::new();
    fixture.items.retain(|item| item.name != b"pyvenv.cfg");
    fixture.count();
    fixture.refuses(&fixture.tar_gz(), "it contains no `pyvenv.cfg`");
}

/// Neither a program in the archive nor one that only the archive names is started.
#[test]
fn no_program_of_the_archive_is_started() {
    let mut fixture = Fixture::new();
    let mark = fixture.sandbox.root().join("started");
    let script = format!("#!/bin/sh\ntouch '{}'\nexit 1\n", mark.display());
    let named = fixture.sandbox.write("named/python3", &script);
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(&named, fs::Permissions::from_mode(0o755)).unwrap();
    fixture.manifest.python.base = named.to_str().unwrap().to_owned();
    fixture.manifest.python.named = Some(named.to_str().unwrap().to_owned());
    for item in fixture.items.iter_mut().filter(|item| item.name.starts_with(b"bin/python")) {
        item.data = script.clone().into_bytes();
    }
    let site = fixture.items.iter().find(|item| item.name.ends_with(b"site-packages/")).unwrap();
    let pth = [&*site.name, b"evil.pth"].concat();
    let code = format!("import pathlib; pathlib.Path({mark:?}).touch()\n");
    let fixture = fixture.with([file(pth, code)]);
    let archive = fixture.tar_gz();
    Ran::of(fixture.sandbox.rvenv().arg("check").arg(&archive)).ok();
    Ran::of(fixture.sandbox.rvenv().arg("unpack").arg(&archive));
    assert!(fixture.env().join("bin/python").exists());
    assert!(!mark.exists(), "{:?}", listing(&fixture.sandbox.root()));
    // Where no variable names a Python, those that the archive names are considered.
    let mut fixture = fixture;
    fs::remove_dir_all(fixture.env()).unwrap();
    fixture.sandbox.set("RVENV_PACK_PYTHON", "");
    for command in ["check", "unpack"] {
        let ran = Ran::of(fixture.sandbox.rvenv().arg(command).arg(&archive));
        assert!(!mark.exists(), "{command}: {ran:#?}");
    }
}
