//! What is the user's in an environment that is made anew for another minor version.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::base::two;
use super::{CPython, World};
use crate::sandbox::{Ran, Sandbox};

/// A world with an environment of the older of two versions, and the newer one.
fn world() -> (World, CPython) {
    let (newest, other) = two();
    let world = World { sandbox: Sandbox::new(), python: other.path };
    world.create(&[]);
    (world, newest)
}

/// Has the environment made anew; no package index is at hand.
#[track_caller]
fn upgraded(world: &World, to: &CPython) -> Ran {
    let mut command = world.sandbox.rvenv();
    command.args(["create", "--upgrade", "--without-pip", ".venv", "-p"]).arg(&to.path);
    Ran::of(&mut command).ok()
}

#[track_caller]
fn says(world: &World, file: &str, text: &str) {
    assert_eq!(fs::read_to_string(world.env().join(file)).unwrap(), text, "{file}");
}

#[test]
fn the_users_own_word_at_the_top_stays() {
    let (world, newest) = world();
    for name in [".gitignore", "CACHEDIR.TAG", ".lock", ".rvenv/mine.toml"] {
        let path = world.env().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "secret.txt\n").unwrap();
    }
    let ran = upgraded(&world, &newest);
    assert!(ran.stderr.contains("left as it was: `.gitignore`, `CACHEDIR.TAG`\n"), "{ran:#?}");
    for name in [".gitignore", "CACHEDIR.TAG", ".lock", ".rvenv/mine.toml"] {
        says(&world, name, "secret.txt\n");
    }
}

#[test]
fn what_makers_write_at_the_top_is_nobodys() {
    for (ignore, tag) in [
        ("*", "Signature: 8a477f597d28d172789f06886806bc55"),
        (
            "# created by virtualenv automatically\n*\n",
            "Signature: 8a477f597d28d172789f06886806bc55\n\
             # This file is a cache directory tag created by Python virtualenv.\n\
             # For information about cache directory tags, see:\n\
             #   https://bford.info/cachedir/",
        ),
    ] {
        let (world, newest) = world();
        fs::write(world.env().join(".gitignore"), ignore).unwrap();
        fs::write(world.env().join("CACHEDIR.TAG"), tag).unwrap();
        fs::write(world.env().join(".lock"), "").unwrap();
        // What a killed process left.
        fs::create_dir_all(world.env().join(".rvenv/1")).unwrap();
        let ran = upgraded(&world, &newest);
        assert!(!ran.stderr.contains("warning"), "{ran:#?}");
        for name in [".lock", ".rvenv"] {
            assert!(!world.env().join(name).exists(), "{name}");
        }
    }
}

#[test]
fn directories_keep_their_rights() {
    let (world, newest) = world();
    let site = world.site();
    let dirs = [world.env().join("priv"), world.env().join("sealed/in"), site.join("mine")];
    for dir in &dirs {
        fs::create_dir_all(dir).unwrap();
        fs::write(dir.join("a.py"), "").unwrap();
    }
    let set = |path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    set(&dirs[0], 0o700);
    set(&dirs[1], 0o500);
    set(&dirs[2], 0o2770);
    upgraded(&world, &newest);
    for (dir, mode) in [
        (world.env().join("priv"), 0o700),
        (world.env().join("sealed/in"), 0o500),
        (world.site().join("mine"), 0o2770),
    ] {
        let found = fs::metadata(&dir).unwrap().permissions().mode() & 0o7777;
        assert_eq!(found, mode, "{}", dir.display());
        assert!(dir.join("a.py").exists());
    }
}
