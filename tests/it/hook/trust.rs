//! Only what the user made or allowed gets onto PATH.

use std::path::Path;

use super::world::{World, plant};
use crate::shells::real;

/// The note of bash in the directory `name`, and the output of the terminal.
#[track_caller]
fn visit(world: &World, name: &str) -> (super::world::Note, String) {
    let real = real("bash").expect("bash");
    let dir = world.at(name);
    let shown = world.types(&real, &format!("cd '{}'\nnote visit", dir.display()));
    (world.note("visit", &shown), shown)
}

#[track_caller]
fn refused(world: &World, name: &str) {
    let (note, shown) = visit(world, name);
    note.inactive();
    assert_eq!(shown.matches("not activating").count(), 1, "{shown}");
    assert!(shown.contains("rvenv allow"), "{shown}");
}

/// What the user made here and then changed is not said to be unknown.
#[test]
fn the_reason_for_a_changed_environment_is_the_change() {
    for change in [
        "chmod -R g-w .venv",
        "chmod -R o-r .venv",
        "chown -R 12345 .venv && chown -R 0 .venv",
        "touch -a .venv .venv/bin .venv/pyvenv.cfg",
        "cp -al .venv backup",
        "mv .venv .x && mv .x .venv",
        "cp -a .venv .x && rm -r .venv && mv .x .venv",
    ] {
        let world = World::new();
        let a = world.project("a");
        let mut shell = world.sandbox.command("sh");
        let ran = crate::sandbox::Ran::of(shell.args(["-c", change]).current_dir(world.at("a")));
        if ran.code != Some(0) && change.starts_with("chown") {
            crate::sandbox::skip("only root gives files away");
            continue;
        }
        let (note, shown) = visit(&world, "a");
        if shown.contains("not activating") {
            assert!(
                shown.contains("was replaced or changed since you allowed it"),
                "{change}: {shown}"
            );
            note.inactive();
        } else {
            note.active(&a);
        }
    }
}

#[test]
fn a_foreign_environment_is_named_once_and_never_on_path() {
    for label in ["bash", "zsh", "fish", "dash", "ksh93", "mksh", "tcsh", "pwsh"] {
        let Some(real) = real(label) else { continue };
        let world = World::new();
        world.foreign("clone");
        let lines = "cd ../clone\nls\nnote in\ncd ..\ncd clone\nnote again\ncd ..\nnote out";
        let shown = world.types(&real, lines);
        for name in ["in", "again", "out"] {
            world.note(name, &shown).inactive();
        }
        assert_eq!(shown.matches("not activating").count(), 1, "{label}: {shown}");
    }
}

#[test]
fn allowing_and_denying() {
    let world = World::new();
    let root = world.foreign("clone");
    world.rvenv(&world.at("clone"), &["allow"]);
    // Its own `note` is a trap for what is not trusted.
    std::fs::remove_file(root.join("bin/note")).unwrap();
    visit(&world, "clone").0.active(&root);
    world.rvenv(&world.at("clone"), &["deny"]);
    let (note, shown) = visit(&world, "clone");
    note.inactive();
    assert!(!shown.contains("not activating"), "{shown}");
    world.rvenv(&world.at("project"), &["allow", "../clone/.venv"]);
    visit(&world, "clone").0.active(&root);
}

/// Puts something else in an environment's place.
type Replace = fn(&Path);

#[test]
fn a_replaced_environment_asks_again() {
    let ways: [(&str, Replace); 4] = [
        ("removed and planted", |root| {
            std::fs::remove_dir_all(root).unwrap();
            plant(root);
        }),
        ("moved in", |root| {
            let other = root.with_file_name("other");
            plant(&other);
            std::fs::remove_dir_all(root).unwrap();
            std::fs::rename(other, root).unwrap();
        }),
        ("unpacked over it", |root| {
            let cfg = std::fs::read(root.join("pyvenv.cfg")).unwrap();
            std::fs::remove_file(root.join("pyvenv.cfg")).unwrap();
            std::fs::write(root.join("pyvenv.cfg"), cfg).unwrap();
            std::os::unix::fs::symlink("/bin/false", root.join("bin/ls")).unwrap();
        }),
        // The inode stays the same for certain, unlike above: only the ctime tells.
        ("pyvenv.cfg overwritten in place", |root| {
            let cfg = std::fs::read(root.join("pyvenv.cfg")).unwrap();
            std::fs::write(root.join("pyvenv.cfg"), cfg).unwrap();
        }),
    ];
    for (how, replace) in ways {
        let world = World::new();
        let root = world.project("a");
        visit(&world, "a").0.active(&root);
        // The clock of a file system may tick every few milliseconds only.
        std::thread::sleep(std::time::Duration::from_millis(20));
        replace(&root);
        eprintln!("{how}");
        refused(&world, "a");
    }
}

#[test]
fn actions_of_rvenv_keep_an_environment_allowed() {
    let world = World::new();
    let root = world.project("a");
    let create = ["create", "--without-pip", "--python", "/usr/bin/python3"];
    for flags in [&["--clear"][..], &["--upgrade"], &[]] {
        world.rvenv(&world.at("a"), &[&create[..], flags].concat());
        visit(&world, "a").0.active(&root);
    }
    world.rvenv(&world.at("a"), &["deny"]);
    world.rvenv(&world.at("a"), &[&create[..], &["--clear"]].concat());
    visit(&world, "a").0.inactive();
}

#[test]
fn creating_over_what_a_repository_brought_does_not_allow_it() {
    let world = World::new();
    let create = ["create", "--without-pip", "--python", "/usr/bin/python3"];
    // A whole environment, which `create` mends or leaves as it is.
    world.foreign("whole");
    world.rvenv(&world.at("whole"), &create);
    refused(&world, "whole");
    // A trap without `pyvenv.cfg`, which `create` builds its environment around.
    let trap = world.foreign("trap");
    std::fs::remove_file(trap.join("pyvenv.cfg")).unwrap();
    std::fs::remove_file(trap.join("bin/python")).unwrap();
    world.rvenv(&world.at("trap"), &create);
    assert!(trap.join("bin/ls").symlink_metadata().is_ok(), "the user's files are kept");
    refused(&world, "trap");
    // `--clear` leaves nothing of it.
    world.rvenv(&world.at("trap"), &[&create[..], &["--clear"]].concat());
    visit(&world, "trap").0.active(&trap);
}

#[test]
fn links_and_redirects_are_followed_only_if_they_were_allowed() {
    let world = World::new();
    let mine = world.project("mine");
    world.foreign("clone");
    for (name, target, trusted) in
        [("to-mine", "../mine/.venv", true), ("to-clone", "../clone/.venv", false)]
    {
        let (link, file) = (world.at(name), world.at(format!("{name}-file")));
        for dir in [&link, &file] {
            std::fs::create_dir(dir).unwrap();
        }
        std::os::unix::fs::symlink(target, link.join(".venv")).unwrap();
        std::fs::write(file.join(".venv"), format!("{target}\n")).unwrap();
        for dir in [&link, &file] {
            let name = dir.file_name().unwrap().to_str().unwrap();
            // The repository must not choose which of the user's environments is used.
            refused(&world, name);
            if trusted {
                world.rvenv(dir, &["allow"]);
                // Not the link, which the repository could lead elsewhere.
                visit(&world, name).0.active(&mine);
            }
        }
    }
}

#[test]
fn a_list_that_cannot_be_written_hinders_no_creation() {
    let mut world = World::new();
    std::fs::write(world.at("file"), "").unwrap();
    let state = world.at("file/state");
    world.sandbox.set("XDG_STATE_HOME", state);
    world.project("a");
    refused(&world, "a");
    let mut allow = world.sandbox.rvenv();
    let ran = crate::sandbox::Ran::of(allow.current_dir(world.at("a")).arg("allow")).code(1);
    assert!(
        ran.stderr.contains("cannot store the list of allowed environments: cannot use"),
        "{ran:#?}"
    );
}
