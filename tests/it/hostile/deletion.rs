//! What is never deleted, by no command and with no flag.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::{bounded, can_mount, listing, mark, mounted, world};
use crate::sandbox::{Ran, Sandbox};

const COMMANDS: [&[&str]; 4] = [
    &["remove"],
    &["remove", "--force"],
    &["create", "--clear", "--without-pip"],
    &["create", "--clear", "--without-pip", "--force"],
];

#[track_caller]
fn refused(sandbox: &Sandbox, command: &[&str], place: &str, reason: &str) {
    // What is remembered may stand in the project here.
    let listing = |sandbox| {
        let is_remembered = |path: &PathBuf| path.iter().any(|part| part == "interpreters");
        let all = listing(sandbox).into_iter();
        all.filter(|path| !is_remembered(path)).collect::<Vec<_>>()
    };
    let before = listing(sandbox);
    let ran = bounded(sandbox, &[command, &[place]].concat()).code(1);
    assert!(ran.stderr.contains("error: will not delete"), "{command:?} {place}: {ran:#?}");
    assert!(ran.stderr.contains(reason), "{command:?} {place}: {ran:#?}");
    assert_eq!(listing(sandbox), before, "{command:?} {place}");
}

#[test]
fn places_that_hold_more_than_an_environment() {
    let mut sandbox = Sandbox::new();
    let project = sandbox.project();
    for (name, reason) in [
        (".git", "it is a repository"),
        (".hg", "it is a repository"),
        (".svn", "it is a repository"),
        ("pyproject.toml", "it is a project"),
        ("setup.py", "it is a project"),
    ] {
        let dir = project.join(name.trim_start_matches('.'));
        mark(&dir);
        fs::write(dir.join(name), "").unwrap();
        for command in COMMANDS {
            refused(&sandbox, command, dir.to_str().unwrap(), reason);
        }
    }
    let outer = project.join("outer");
    mark(&outer);
    let (home, cache) = (outer.join("deep/home"), outer.join("cache"));
    for (name, dir, reason) in
        [("HOME", &home, "the home directory is in it"), ("RVENV_CACHE_DIR", &cache, "rvenv's own")]
    {
        fs::create_dir_all(dir).unwrap();
        mark(dir);
        sandbox.set(name, dir);
        for command in COMMANDS {
            refused(&sandbox, command, dir.to_str().unwrap(), reason);
            refused(&sandbox, command, "outer", reason);
        }
        let root = sandbox.root();
        sandbox.set("HOME", root.join("home")).set("RVENV_CACHE_DIR", root.join("cache"));
    }
}

#[test]
fn the_current_directory_and_those_above_it() {
    let sandbox = Sandbox::new();
    let inside = sandbox.project().join("env/lib");
    mark(&sandbox.project().join("env"));
    fs::create_dir(&inside).unwrap();
    fs::write(inside.join("file"), "mine").unwrap();
    let before = listing(&sandbox);
    for command in COMMANDS {
        for place in [".", "..", "../.", "../../env", "../../env/lib/..", "../lib"] {
            let ran = Ran::of(sandbox.rvenv().current_dir(&inside).args(command).arg(place));
            assert!(ran.stderr.contains("the current directory is in it"), "{place}: {ran:#?}");
            assert_eq!((ran.code, listing(&sandbox)), (Some(1), before.clone()), "{place}");
        }
    }
}

#[test]
fn the_root_and_mount_points() {
    let sandbox = Sandbox::new();
    for command in COMMANDS {
        let rehearsed = [command, &["--dry-run", "/"]].concat();
        let ran = bounded(&sandbox, &rehearsed).code(1);
        assert!(ran.stderr.contains("error: will not delete"), "{ran:#?}");
    }
    if !can_mount() {
        return;
    }
    let script = "mkdir env && mount -t tmpfs none env && echo home = /usr/bin >env/pyvenv.cfg && \
                  \"$0\" \"$@\" env; echo $?; ls env; umount env; rmdir env";
    for command in COMMANDS {
        let args: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
        let ran = mounted(&sandbox, script, &args).ok();
        assert!(ran.stderr.contains("it is a mount point"), "{ran:#?}");
        assert_eq!(ran.stdout, "1\npyvenv.cfg\n", "{ran:#?}");
    }
}

#[test]
fn links_and_what_they_lead_to() {
    let sandbox = Sandbox::new();
    let project = sandbox.project();
    mark(&project.join("real"));
    symlink("real", project.join("link")).unwrap();
    for place in ["link", "link/"] {
        refused(&sandbox, &["remove"], place, "it is a link");
        refused(&sandbox, &["remove", "--force"], place, "it is a link");
    }
    // What an environment links to is not touched.
    let outside = sandbox.root().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("kept"), "mine").unwrap();
    symlink(&outside, project.join("real/lib64")).unwrap();
    bounded(&sandbox, &["remove", "real"]).ok();
    assert!(!project.join("real").exists());
    assert_eq!(fs::read_to_string(outside.join("kept")).unwrap(), "mine");
}

#[test]
fn a_directory_that_is_no_environment_goes_only_by_force() {
    let (sandbox, create) = world();
    let create: Vec<&str> = create.iter().map(String::as_str).collect();
    let plain = sandbox.project().join("plain");
    for command in [vec!["remove"], [create.as_slice(), &["--clear"]].concat()] {
        fs::create_dir_all(&plain).unwrap();
        fs::write(plain.join("file"), "mine").unwrap();
        // A `pyvenv.cfg` that nobody made for an environment tells nothing.
        fs::write(plain.join("pyvenv.cfg"), "nothing = here\n").unwrap();
        refused(&sandbox, &command, "plain", "it is not a virtual environment");
        bounded(&sandbox, &[command.as_slice(), &["--force", "plain"]].concat()).ok();
        assert!(!plain.join("file").exists());
        let _ = fs::remove_dir_all(&plain);
    }
    fs::write(sandbox.project().join("file"), "").unwrap();
    refused(&sandbox, &["remove", "--force"], "file", "it is not a directory");
    assert!(Path::new("/usr/bin").is_dir());
}
