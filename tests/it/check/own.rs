//! What is the user's in an environment that is made anew for another minor version.

use std::fs;

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
