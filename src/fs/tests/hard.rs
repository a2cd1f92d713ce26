//! File systems that refuse, and names that few have tried.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::{can_mount, child, doom, environment, fixture, given, passes, skipped, tree, which};
use crate::Host;
use crate::fs::Error;
use crate::fs::Result;
use crate::fs::{
    Dir, Guard, InPlace, LinkMode, Linker, Refusal, Stage, discard, sweep, write_whole,
};

#[track_caller]
fn kind<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
    match result {
        Err(Error::Io { source, .. }) => source.kind(),
        other => panic!("{other:?}"),
    }
}

fn mount(root: &Path, words: &[&str]) {
    assert!(Command::new("mount").args(words).current_dir(root).status().unwrap().success());
}

#[test]
fn names_of_any_bytes_and_length() {
    let (_guard, root) = fixture();
    let long = "n".repeat(255);
    let new_line = "a\nb $(x) `y` ' \" \\ ";
    for name in [
        b"\xff\xfe not utf-8".as_slice(),
        long.as_bytes(),
        "é".repeat(127).as_bytes(),
        new_line.as_bytes(),
        b"-rf",
    ] {
        let target = root.join(OsStr::from_bytes(name));
        let mut stage = Stage::beside(&target).unwrap();
        stage.dir().write(Path::new("pyvenv.cfg"), b"home = x\n", false).unwrap();
        stage.dir().write(Path::new(OsStr::from_bytes(b"\xff")), b"x", false).unwrap();
        stage.publish().unwrap();
        stage.finish().unwrap();
        let mut stage = Stage::beside(&target).unwrap();
        stage.replace(&doom(&target)).unwrap();
        stage.finish().unwrap();
        assert_eq!(std::fs::read_dir(&target).unwrap().count(), 0);
        sweep(&target).unwrap();
        std::fs::remove_dir(&target).unwrap();
        assert_eq!(tree(&root), [""; 0]);
    }
    let too_long = root.join("n".repeat(256));
    let mut stage = Stage::beside(&too_long).unwrap();
    assert_eq!(kind(stage.publish()), ErrorKind::InvalidFilename);
    drop(stage);
    assert_eq!(tree(&root), [""; 0]);
}

#[test]
fn parents_that_cannot_be() {
    let (_guard, root) = fixture();
    std::fs::write(root.join("file"), "x").unwrap();
    std::os::unix::fs::symlink("nowhere", root.join("dangling")).unwrap();
    let before = tree(&root);
    assert_eq!(kind(Stage::beside(&root.join("file/env"))), ErrorKind::NotADirectory);
    assert_eq!(kind(Stage::beside(&root.join("file/a/env"))), ErrorKind::NotADirectory);
    assert_eq!(kind(Stage::beside(&root.join("dangling/env"))), ErrorKind::NotFound);
    assert_eq!(kind(Stage::beside(Path::new("/"))), ErrorKind::InvalidInput);
    assert_eq!(tree(&root), before);
}

/// The target's own path fits just so, and those of the files in it do not.
#[test]
fn a_path_near_the_longest() {
    let (_guard, root) = fixture();
    let mut target = root.join("deep");
    while target.as_os_str().len() + 201 < 4090 {
        target.push("d".repeat(200));
    }
    let rest = 4090 - target.as_os_str().len() - 1;
    target.push("e".repeat(rest));
    let mut stage = Stage::beside(&target).unwrap();
    stage.dir().create_dir(Path::new("bin")).unwrap();
    stage.dir().write(Path::new("bin/activate"), b"x", false).unwrap();
    stage.publish().unwrap();
    stage.finish().unwrap();
    assert!(target.is_dir());
    crate::fs::remove_tree(&root.join("deep")).unwrap();
}

#[test]
fn a_link_on_the_way_is_not_followed_in_place() {
    let (_guard, root) = fixture();
    environment(&root.join("env"), "mine");
    std::fs::create_dir(root.join("kept")).unwrap();
    std::os::unix::fs::symlink("../kept", root.join("env/lib")).unwrap();
    let place = InPlace::open(&root.join("env")).unwrap();
    assert!(place.dir().write(Path::new("lib/file"), b"x", false).is_err());
    assert!(place.dir().create_dir(Path::new("lib")).is_err());
    assert!(place.dir().create_dir(Path::new("lib/dir")).is_err());
    assert!(place.dir().remove(Path::new("lib/x")).is_err());
    assert!(place.dir().remove_tree(Path::new("lib/x")).is_err());
    // Replacing the link itself is allowed, because this does not follow it.
    place.dir().symlink(Path::new("lib64"), Path::new("lib")).unwrap();
    place.finish().unwrap();
    assert_eq!(tree(&root), ["env", "env/lib", "env/pyvenv.cfg", "env/tcl", "kept"]);
}

#[test]
fn only_what_is_in_the_directory_is_protected() {
    use std::fs::Permissions;
    let (_guard, root) = fixture();
    let set = |name: &str, mode| {
        std::fs::set_permissions(root.join(name), Permissions::from_mode(mode)).unwrap();
    };
    let mode = |name: &str| root.join(name).metadata().unwrap().permissions().mode() & 0o7777;
    environment(&root.join("env"), "mine");
    std::fs::create_dir_all(root.join("env/lib/deep")).unwrap();
    for name in ["theirs", "env/lib/deep/file"] {
        std::fs::write(root.join(name), "").unwrap();
        set(name, 0o4777);
    }
    set("env", 0o777);
    set("env/lib/deep", 0o1777);
    set("env/tcl", 0o006);
    std::os::unix::fs::symlink("../theirs", root.join("env/link")).unwrap();
    std::os::unix::fs::symlink("..", root.join("env/lib/up")).unwrap();
    Dir::open(&root.join("env")).unwrap().protect().unwrap();
    assert_eq!(mode("theirs"), 0o4777);
    let protected = ["env", "env/lib/deep", "env/lib/deep/file", "env/tcl"].map(mode);
    assert_eq!(protected, [0o775, 0o1775, 0o4775, 0o004]);
}

#[test]
fn in_place_behind_a_link() {
    let (_guard, root) = fixture();
    environment(&root.join("real"), "mine");
    std::os::unix::fs::symlink("real", root.join("env")).unwrap();
    let place = InPlace::open(&root.join("env")).unwrap();
    place.dir().write(Path::new("tcl"), b"new", false).unwrap();
    place.finish().unwrap();
    assert_eq!(which(&root.join("real")), "new");
    assert_eq!(tree(&root), ["env", "real", "real/pyvenv.cfg", "real/tcl"]);
}

#[test]
fn two_steps_where_names_cannot_be_exchanged() {
    let (_guard, root) = fixture();
    let target = root.join("env");
    environment(&target, "old");
    let target_dir = doom(&target);
    let mut stage = Stage::beside(&target).unwrap();
    stage.dir().write(Path::new("tcl"), b"new", false).unwrap();
    stage.replace_in_two_steps(&target_dir).unwrap();
    stage.finish().unwrap();
    assert_eq!(tree(&root), ["env", "env/tcl"]);
    // Something else by now: it is put back.
    let mut stage = Stage::beside(&target).unwrap();
    assert!(matches!(stage.replace_in_two_steps(&target_dir), Err(Error::Changed { .. })));
    drop(stage);
    assert_eq!(which(&target), "new");
    assert_eq!(tree(&root), ["env", "env/tcl"]);
}

#[test]
fn file_systems_that_refuse() {
    if can_mount("file_systems_that_refuse") {
        for test in ["full", "read_only", "far", "mounted", "layered"] {
            let (_guard, root) = fixture();
            passes(child(&format!("hard::{test}"), &root, &["unshare", "-m"]));
        }
    }
}

#[test]
#[ignore = "run with mounts of its own"]
fn full() {
    let root = given();
    mount(&root, &["-t", "tmpfs", "-o", "size=64k,nr_inodes=40", "tmpfs", "."]);
    let file = root.join("file");
    write_whole(&file, b"old", false).unwrap();
    environment(&root.join("env"), "old");
    let before = tree(&root);
    let large = vec![b'x'; 100_000];
    assert_eq!(kind(write_whole(&file, &large, false)), ErrorKind::StorageFull);
    let stage = Stage::beside(&root.join("env")).unwrap();
    assert_eq!(kind(stage.dir().write(Path::new("x"), &large, false)), ErrorKind::StorageFull);
    for mode in [LinkMode::Clone, LinkMode::Hardlink, LinkMode::Copy] {
        let linker = Linker::new(mode);
        let program = Path::new("/bin/bash");
        assert_eq!(
            kind(stage.dir().share(program, Path::new("y"), &linker)),
            ErrorKind::StorageFull
        );
    }
    assert_eq!(std::fs::read_dir(stage.dir().path()).unwrap().count(), 0);
    drop(stage);
    let place = InPlace::open(&root.join("env")).unwrap();
    assert_eq!(kind(place.dir().write(Path::new("tcl"), &large, false)), ErrorKind::StorageFull);
    drop(place);
    assert_eq!(tree(&root), before);
    assert_eq!(std::fs::read(&file).unwrap(), b"old");
    assert_eq!(which(&root.join("env")), "old");
    // No room for even one more name.
    let mut fillers = 0;
    while std::fs::create_dir(root.join(format!("filler-{fillers}"))).is_ok() {
        fillers += 1;
    }
    let before = tree(&root);
    assert_eq!(kind(Stage::beside(&root.join("a/b/new"))), ErrorKind::StorageFull);
    assert_eq!(kind(Stage::beside(&root.join("env"))), ErrorKind::StorageFull);
    for spare in 0..6 {
        // Each time there is room for one name more, and it fails one step later.
        if let Ok(stage) = Stage::beside(&root.join("a/new")) {
            assert!(spare > 3);
            drop(stage);
        }
        assert_eq!(tree(&root).len(), before.len() - spare);
        std::fs::remove_dir(root.join(format!("filler-{spare}"))).unwrap();
    }
}

#[test]
#[ignore = "run with mounts of its own"]
fn read_only() {
    let root = given();
    mount(&root, &["-t", "tmpfs", "tmpfs", "."]);
    environment(&root.join("env"), "old");
    let target_dir = doom(&root.join("env"));
    mount(&root, &["-o", "remount,ro", root.to_str().unwrap()]);
    assert_eq!(kind(Stage::beside(&root.join("new"))), ErrorKind::ReadOnlyFilesystem);
    assert_eq!(kind(Stage::beside(&root.join("a/b"))), ErrorKind::ReadOnlyFilesystem);
    assert_eq!(kind(InPlace::open(&root.join("env"))), ErrorKind::ReadOnlyFilesystem);
    assert_eq!(kind(discard(&target_dir)), ErrorKind::ReadOnlyFilesystem);
    assert_eq!(
        kind(write_whole(&root.join("env/tcl"), b"x", false)),
        ErrorKind::ReadOnlyFilesystem
    );
    sweep(&root.join("env")).unwrap();
}

/// The cache is on another file system than the environment.
#[test]
#[ignore = "run with mounts of its own"]
fn far() {
    let root = given();
    for name in ["far", "near"] {
        std::fs::create_dir(root.join(name)).unwrap();
    }
    mount(&root, &["-t", "tmpfs", "tmpfs", "far"]);
    std::fs::write(root.join("far/file"), "x").unwrap();
    let dir = crate::fs::Dir::open(&root.join("near")).unwrap();
    for mode in [LinkMode::Clone, LinkMode::Hardlink] {
        let linker = Linker::new(mode);
        let name = format!("{mode:?}");
        dir.share(&root.join("far/file"), Path::new(&name), &linker).unwrap();
        assert_eq!(std::fs::read(root.join("near").join(name)).unwrap(), b"x");
        assert_eq!(linker.mode(), LinkMode::Copy, "it is remembered");
    }
}

#[test]
#[ignore = "run with mounts of its own"]
fn mounted() {
    let root = given();
    environment(&root.join("env"), "below");
    let target_dir = doom(&root.join("env"));
    std::fs::create_dir(root.join("other")).unwrap();
    mount(&root, &["--bind", "env", "env"]);
    let guard = Guard::new(&Host::new([("HOME", "/nonexistent")], "/nonexistent")).force(true);
    let refused = guard.check_deletable(&root.join("env"));
    assert!(
        matches!(refused, Err(Error::Protected { refusal: Refusal::MountPoint, .. })),
        "{refused:?}"
    );
    let mut stage = Stage::beside(&root.join("env")).unwrap();
    assert!(matches!(stage.replace(&target_dir), Err(Error::Immovable { .. })));
    assert!(matches!(stage.publish(), Err(Error::Immovable { .. } | Error::Occupied { .. })));
    drop(stage);
    assert!(matches!(discard(&target_dir), Err(Error::Immovable { .. })));
    let place = InPlace::open(&root.join("env")).unwrap();
    place.dir().write(Path::new("tcl"), b"new", false).unwrap();
    place.finish().unwrap();
    assert_eq!(tree(&root), ["env", "env/pyvenv.cfg", "env/tcl", "other"]);
}

/// In a container, the environment of a lower image layer cannot be renamed.
#[test]
#[ignore = "run with mounts of its own"]
fn layered() {
    let root = given();
    mount(&root, &["-t", "tmpfs", "tmpfs", "."]);
    for name in ["lower", "upper", "work", "merged"] {
        std::fs::create_dir(root.join(name)).unwrap();
    }
    environment(&root.join("lower/env"), "old");
    std::fs::create_dir(root.join("lower/env/lib")).unwrap();
    mount(
        &root,
        &[
            "-t",
            "overlay",
            "-o",
            "lowerdir=lower,upperdir=upper,workdir=work,redirect_dir=off",
            "overlay",
            "merged",
        ],
    );
    let target = root.join("merged/env");
    let target_dir = doom(&target);
    let mut stage = Stage::beside(&target).unwrap();
    assert!(matches!(stage.replace(&target_dir), Err(Error::Immovable { .. })));
    drop(stage);
    assert_eq!(tree(&root.join("merged")), ["env", "env/lib", "env/pyvenv.cfg", "env/tcl"]);
    discard(&target_dir).unwrap();
    assert_eq!(tree(&root.join("merged")), [""; 0]);
}

#[test]
fn more_links_than_a_file_can_have() {
    let (_guard, root) = fixture();
    if !can_mount("more_links_than_a_file_can_have") {
        return;
    }
    passes(child("hard::linked", &root, &["unshare", "-m"]));
}

#[test]
#[ignore = "run with mounts of its own"]
fn linked() {
    let root = given();
    // ext4 allows 65,000 links to a file.
    let image = root.join("image");
    let done = Command::new("mke2fs")
        .args(["-q", "-t", "ext4", "-O", "^has_journal"])
        .arg(&image)
        .arg("16m")
        .status();
    if !done.is_ok_and(|status| status.success()) {
        skipped("linked", "there is no mke2fs");
        return;
    }
    std::fs::create_dir(root.join("disk")).unwrap();
    let mounted =
        Command::new("mount").args(["-o", "loop"]).arg(&image).arg(root.join("disk")).status();
    if !mounted.unwrap().success() {
        skipped("linked", "there are no loop devices");
        return;
    }
    let disk = root.join("disk");
    let file = disk.join("file");
    std::fs::write(&file, "x").unwrap();
    let dir = crate::fs::Dir::open(&disk).unwrap();
    let linker = Linker::new(LinkMode::Hardlink);
    for n in 0..65_001 {
        dir.share(&file, Path::new(&n.to_string()), &linker).unwrap();
    }
    assert_eq!(linker.mode(), LinkMode::Hardlink, "other files may have links still");
    assert_eq!(std::fs::read(disk.join("65000")).unwrap(), b"x");
}
