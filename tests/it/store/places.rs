//! A store on another file system, on one that clones files, and on one that cannot be written.

use std::path::Path;

use super::fixture::{assert_same, contents, pins};
use super::install::{filled, site, store};
use crate::sandbox::{Ran, Sandbox, skip};

/// Runs a script whose mounts are its own; `$0` is rvenv. `None` if mounting is not allowed.
fn mounted(sandbox: &Sandbox, script: &str) -> Option<Ran> {
    let mut command = sandbox.command("unshare");
    command.args(["-m", "sh", "-c", script, env!("CARGO_BIN_EXE_rvenv")]);
    let ran = Ran::of(&mut command);
    if ran.code == Some(9) || ran.stderr.contains("unshare") {
        skip("mounting is not allowed here");
        return None;
    }
    Some(ran)
}

/// The content of two environments, apart from their paths.
fn assert_same_packages(sandbox: &Sandbox, one: &str, other: &str) {
    let [one, other] = [one, other].map(|env| {
        let mut found = contents(&site(&sandbox.project().join(env)));
        found.retain(|path, _| {
            let path = path.to_string_lossy();
            !path.starts_with("pip") && !path.ends_with("RECORD") && !path.ends_with(".pyc")
        });
        found
    });
    assert_same(&one, &other);
}

#[test]
fn a_store_on_another_file_system_copies_only_if_that_is_permitted() {
    let sandbox = filled(&["plain", "pack"]);
    let store = store(&sandbox).display().to_string();
    let script = format!(
        "mount -t tmpfs -o mode=700 none '{store}' || exit 9
        \"$0\" -v create -r lock.txt two 2>&1 && \"$0\" -v create -r lock.txt three 2>&1
        echo == && export RVENV_STORE=copy
        \"$0\" -v create -r lock.txt four 2>&1 && \"$0\" -v create -r lock.txt five 2>&1
        stat -c %h five/lib/*/site-packages/plain.py"
    );
    let Some(ran) = mounted(&sandbox, &script) else { return };
    let (links, copies) = ran.stdout.split_once("==\n").expect(&ran.stdout);
    assert!(links.contains("`plain` is not stored: cannot store `"), "{links}");
    assert!(links.contains("permit neither hard links nor clones between them"), "{links}");
    assert!(!links.contains("from the store"), "{links}");
    assert!(copies.contains("added 2 packages to the store"), "{copies}");
    assert_eq!(copies.matches("installed 2 packages in ").count(), 1, "{copies}");
    assert!(copies.ends_with("\n1\n"), "{copies}");
    assert_same_packages(&sandbox, "four", "five");
    sandbox.run(["check", "five", "--deep"]).ok();
}

#[test]
fn a_store_that_cannot_be_written_is_used_and_stays_as_it_is() {
    let sandbox = filled(&["plain", "pack"]);
    let before = contents(&store(&sandbox));
    let store_text = store(&sandbox).display().to_string();
    let script = format!(
        "mount --bind '{store_text}' '{store_text}' && mount -o remount,bind,ro '{store_text}' || exit 9
        \"$0\" -v create -r lock.txt two 2>&1; echo \"code $?\"
        RVENV_STORE=copy \"$0\" create -r lock.txt three 2>&1; echo \"code $?\"
        \"$0\" -v install --env three ns.one 2>&1; echo \"code $?\""
    );
    let Some(ran) = mounted(&sandbox, &script) else { return };
    assert_eq!(ran.stdout.matches("code 0\n").count(), 3, "{}", ran.stdout);
    // Hard links do not cross mounts; copies do.
    assert_eq!(ran.stdout.matches("from the store").count(), 1, "{}", ran.stdout);
    assert!(ran.stdout.contains("nothing is stored: "), "{}", ran.stdout);
    assert_same(&before, &contents(&store(&sandbox)));
    for env in ["two", "three"] {
        sandbox.run(["check", env, "--deep"]).ok();
    }
    assert_same_packages(&sandbox, "two", "one");
}

/// A program that makes a file system with clones (FICLONE, ioctl_ficlonerange(2)), and the size of a
/// file that it accepts.
fn clones() -> Option<(&'static str, &'static str)> {
    let known = [("mkfs.btrfs", "128M"), ("mkfs.xfs", "320M")];
    let found = known.into_iter().find(|(make, _)| {
        let places = ["/usr/sbin", "/sbin"];
        places.iter().any(|place| Path::new(place).join(make).exists())
    });
    if found.is_none() {
        skip("there is neither mkfs.btrfs nor mkfs.xfs");
    }
    found
}

#[test]
fn clones_are_used_where_hard_links_are_not_permitted() {
    let Some((make, size)) = clones() else { return };
    let mut sandbox = filled(&["plain", "pack"]);
    sandbox.write("lock.txt", pins(&["plain", "pack", "with-data"]).join("\n"));
    // Root outside of a container gets no hard links.
    sandbox.set("RVENV_CONTAINER", "0");
    let script = format!(
        "PATH=$PATH:/usr/sbin:/sbin; truncate -s {size} image && mkdir disk && {make} -q image >/dev/null &&
        mount -o loop image disk 2>/dev/null || exit 9
        cp lock.txt disk && cd disk && export RVENV_CACHE_DIR=$PWD/cache
        \"$0\" -q create -r lock.txt one && \"$0\" create -r lock.txt two 2>&1 || exit 1
        stat -c %h two/lib/*/site-packages/plain.py one/lib/*/site-packages/plain.py
        diff -r -x RECORD -x pip -x __pycache__ one/lib two/lib && \"$0\" check --deep two && echo healthy"
    );
    let Some(ran) = mounted(&sandbox, &script) else { return };
    assert!(ran.stdout.contains("installed 3 packages in "), "{ran:#?}");
    assert!(ran.stdout.contains("\n1\n1\n"), "{ran:#?}");
    assert!(ran.stdout.ends_with("healthy\n"), "{ran:#?}");
}
