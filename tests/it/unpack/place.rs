//! The directory that an archive is unpacked to.

use std::fs;
use std::os::unix::fs::symlink;

use super::{Fixture, listing};
use crate::sandbox::{Ran, skip};

#[test]
fn an_empty_directory_gets_the_environment() {
    let fixture = Fixture::new();
    let archive = fixture.tar_gz();
    let unpack = |dir: &str| {
        let mut command = fixture.sandbox.rvenv();
        Ran::of(command.args(["-q", "unpack"]).arg(&archive).arg(dir))
    };
    let project = fixture.sandbox.project();
    fs::create_dir(project.join("empty")).unwrap();
    unpack("empty").ok();
    fixture.works(&project.join("empty"));
    // Also behind a link, and where parents are missing.
    fs::create_dir(project.join("target")).unwrap();
    symlink("target", project.join("link")).unwrap();
    unpack("link").ok();
    fixture.works(&project.join("link"));
    assert!(project.join("link").is_symlink());
    unpack("a/b/c").ok();
    fixture.works(&project.join("a/b/c"));
}

#[test]
fn the_current_directory_stays_the_same_directory() {
    let fixture = Fixture::new();
    let archive = fixture.tar_gz();
    let here = fixture.sandbox.project().join("here");
    fs::create_dir(&here).unwrap();
    let script = "cd here && \"$0\" -q unpack \"$1\" . && [ -x bin/python ] && pwd -P";
    let mut command = fixture.sandbox.command("sh");
    command.args(["-c", script]).arg(fixture.sandbox.rvenv().get_program()).arg(archive);
    let ran = Ran::of(&mut command).ok();
    assert_eq!(ran.stdout.trim(), here.to_str().unwrap());
    fixture.works(&here);
}

#[test]
fn existing_files_are_not_touched() {
    let fixture = Fixture::new();
    let archive = fixture.tar_gz();
    let project = fixture.sandbox.project();
    fs::create_dir(fixture.env()).unwrap();
    fs::write(fixture.env().join("mine"), "mine").unwrap();
    fixture.refuses(&archive, "it is not an empty directory");
    fs::remove_dir_all(fixture.env()).unwrap();
    fs::write(fixture.env(), "mine").unwrap();
    fixture.refuses(&archive, "it is not an empty directory");
    fs::remove_file(fixture.env()).unwrap();
    symlink("nowhere", fixture.env()).unwrap();
    fixture.refuses(&archive, "cannot follow");
    assert!(!project.join("nowhere").exists());
    fs::remove_file(fixture.env()).unwrap();
    // The second run finds the first one's environment.
    fixture.sandbox.run(["unpack".as_ref(), archive.as_os_str()]).ok();
    let before = listing(&fixture.env());
    fixture.refuses(&archive, "it is not an empty directory");
    assert_eq!(listing(&fixture.env()), before);
}

#[test]
fn a_place_where_no_environment_can_be_is_refused() {
    let fixture = Fixture::new();
    let archive = fixture.tar_gz();
    let ran = Ran::of(fixture.sandbox.rvenv().arg("unpack").arg(&archive).arg("a:b")).code(1);
    let message = "contains `:`, which separates the entries of PATH";
    assert!(ran.stderr.contains(message), "{ran:#?}");
    assert!(!fixture.sandbox.project().join("a:b").exists());
}

/// Runs `script` in a mount namespace of its own, with rvenv as `$0` and the archive as `$1`.
fn mounted(fixture: &Fixture, script: &str) -> Option<Ran> {
    let mut command = fixture.sandbox.command("unshare");
    let rvenv = fixture.sandbox.rvenv().get_program().to_owned();
    command.args(["-m", "sh", "-c", script]).arg(rvenv).arg(fixture.tar_gz());
    let ran = Ran::of(&mut command);
    if ran.code == Some(9) || ran.stderr.contains("unshare failed") {
        skip("mounting is not allowed here");
        return None;
    }
    Some(ran)
}

#[test]
fn an_empty_mount_point_gets_the_environment() {
    let fixture = Fixture::new();
    let script = "mkdir .venv && mount -t tmpfs none .venv || exit 9
        \"$0\" -q unpack \"$1\" && .venv/bin/thing && ls -A .venv";
    let Some(ran) = mounted(&fixture, script) else { return };
    let ran = ran.ok();
    assert!(ran.stdout.starts_with("1.0\n"), "{ran:#?}");
    assert!(!ran.stdout.contains(".rvenv"), "{ran:#?}");
}

#[test]
fn a_full_disk_keeps_nothing() {
    let big = super::archives::file("share.bin", "x".repeat(3 << 20));
    let fixture = Fixture::new().with([big]);
    for place in ["disk/.venv", "disk"] {
        let script = format!(
            "mkdir -p disk && mount -t tmpfs -o size=2m none disk || exit 9
            \"$0\" unpack \"$1\" {place}; echo \"code $?\"; ls -A disk"
        );
        let Some(ran) = mounted(&fixture, &script) else { return };
        assert_eq!(ran.stdout, "code 1\n", "{ran:#?}");
        assert!(ran.stderr.contains("No space left on device"), "{ran:#?}");
    }
}

#[test]
fn a_directory_that_cannot_be_written_is_an_error() {
    let fixture = Fixture::new();
    let script = "mkdir disk && mount -t tmpfs -o ro none disk || exit 9
        \"$0\" unpack \"$1\" disk/.venv; echo \"code $?\"; ls -A disk";
    let Some(ran) = mounted(&fixture, script) else { return };
    assert_eq!(ran.stdout, "code 1\n", "{ran:#?}");
    assert!(ran.stderr.contains("error: "), "{ran:#?}");
}
