//! Only what the user made or allowed gets onto PATH.

use std::path::Path;

use super::fixture::{Fixture, plant};
use crate::shells::real;

/// The note of bash in the directory `name`, and the output of the terminal.
#[track_caller]
fn visit(fixture: &Fixture, name: &str) -> (super::fixture::Note, String) {
    let real = real("bash").expect("bash");
    let dir = fixture.at(name);
    let shown = fixture.types(&real, &format!("cd '{}'\nnote visit", dir.display()));
    (fixture.note("visit", &shown), shown)
}

#[track_caller]
fn refused(fixture: &Fixture, name: &str) {
    let (note, shown) = visit(fixture, name);
    note.inactive();
    assert_eq!(shown.matches("not activating").count(), 1, "{shown}");
    assert!(shown.contains("rvenv allow"), "{shown}");
}

/// What the user made here and then changed is not said to be unknown.
#[test]
fn the_reason_for_a_changed_environment_is_the_change() {
    // Each changes the ctime of `pyvenv.cfg`, except a new name of the whole environment.
    for (change, is_refused) in [
        ("chmod -R g-w .venv", true),
        ("chmod -R o-r .venv", true),
        ("chown -R 12345 .venv && chown -R 0 .venv", true),
        ("touch -a .venv .venv/bin .venv/pyvenv.cfg", true),
        ("cp -al .venv backup", true),
        ("mv .venv .x && mv .x .venv", false),
        ("cp -a .venv .x && rm -r .venv && mv .x .venv", true),
    ] {
        let fixture = Fixture::new();
        let a = fixture.project("a");
        let mut shell = fixture.sandbox.command("sh");
        let ran = crate::sandbox::Ran::of(shell.args(["-c", change]).current_dir(fixture.at("a")));
        if ran.code != Some(0) && change.starts_with("chown") {
            crate::sandbox::skip("only root gives files away");
            continue;
        }
        let ran = ran.ok();
        assert_eq!(ran.stderr, "", "{change}");
        let (note, shown) = visit(&fixture, "a");
        assert_eq!(shown.contains("not activating"), is_refused, "{change}: {shown}");
        if is_refused {
            let reason = "was replaced or changed since you allowed it";
            assert!(shown.contains(reason), "{change}: {shown}");
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
        let fixture = Fixture::new();
        fixture.foreign("clone");
        let lines = "cd ../clone\nls\nnote in\ncd ..\ncd clone\nnote again\ncd ..\nnote out";
        let shown = fixture.types(&real, lines);
        for name in ["in", "again", "out"] {
            fixture.note(name, &shown).inactive();
        }
        assert_eq!(shown.matches("not activating").count(), 1, "{label}: {shown}");
    }
}

#[test]
fn allowing_and_denying() {
    let fixture = Fixture::new();
    let root = fixture.foreign("clone");
    fixture.rvenv(&fixture.at("clone"), &["allow"]);
    // Its own `note` is a trap for what is not trusted.
    std::fs::remove_file(root.join("bin/note")).unwrap();
    visit(&fixture, "clone").0.active(&root);
    fixture.rvenv(&fixture.at("clone"), &["deny"]);
    let (note, shown) = visit(&fixture, "clone");
    note.inactive();
    assert!(!shown.contains("not activating"), "{shown}");
    fixture.rvenv(&fixture.at("project"), &["allow", "../clone/.venv"]);
    visit(&fixture, "clone").0.active(&root);
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
        let fixture = Fixture::new();
        let root = fixture.project("a");
        visit(&fixture, "a").0.active(&root);
        // The clock of a file system may tick every few milliseconds only.
        std::thread::sleep(std::time::Duration::from_millis(20));
        replace(&root);
        eprintln!("{how}");
        refused(&fixture, "a");
    }
}

#[test]
fn actions_of_rvenv_keep_an_environment_allowed() {
    let fixture = Fixture::new();
    let root = fixture.project("a");
    let create = ["create", "--without-pip", "--python", "/usr/bin/python3"];
    for flags in [&["--clear"][..], &["--upgrade"], &[]] {
        fixture.rvenv(&fixture.at("a"), &[&create[..], flags].concat());
        visit(&fixture, "a").0.active(&root);
    }
    fixture.rvenv(&fixture.at("a"), &["deny"]);
    fixture.rvenv(&fixture.at("a"), &[&create[..], &["--clear"]].concat());
    visit(&fixture, "a").0.inactive();
}

#[test]
fn creating_over_what_a_repository_brought_does_not_allow_it() {
    let fixture = Fixture::new();
    let create = ["create", "--without-pip", "--python", "/usr/bin/python3"];
    // A whole environment, which `create` mends or leaves as it is.
    fixture.foreign("whole");
    fixture.rvenv(&fixture.at("whole"), &create);
    refused(&fixture, "whole");
    // A trap without `pyvenv.cfg`, which `create` builds its environment around.
    let trap = fixture.foreign("trap");
    std::fs::remove_file(trap.join("pyvenv.cfg")).unwrap();
    std::fs::remove_file(trap.join("bin/python")).unwrap();
    fixture.rvenv(&fixture.at("trap"), &create);
    assert!(trap.join("bin/ls").symlink_metadata().is_ok(), "the user's files are kept");
    refused(&fixture, "trap");
    // `--clear` leaves nothing of it.
    fixture.rvenv(&fixture.at("trap"), &[&create[..], &["--clear"]].concat());
    visit(&fixture, "trap").0.active(&trap);
}

#[test]
fn links_and_redirects_are_followed_only_if_they_were_allowed() {
    let fixture = Fixture::new();
    let mine = fixture.project("mine");
    fixture.foreign("clone");
    for (name, target, trusted) in
        [("to-mine", "../mine/.venv", true), ("to-clone", "../clone/.venv", false)]
    {
        let (link, file) = (fixture.at(name), fixture.at(format!("{name}-file")));
        for dir in [&link, &file] {
            std::fs::create_dir(dir).unwrap();
        }
        std::os::unix::fs::symlink(target, link.join(".venv")).unwrap();
        std::fs::write(file.join(".venv"), format!("{target}\n")).unwrap();
        for dir in [&link, &file] {
            let name = dir.file_name().unwrap().to_str().unwrap();
            // The repository must not choose which of the user's environments is used.
            refused(&fixture, name);
            if trusted {
                fixture.rvenv(dir, &["allow"]);
                // Not the link, which the repository could lead elsewhere.
                visit(&fixture, name).0.active(&mine);
            }
        }
    }
}

#[test]
fn a_list_that_cannot_be_written_hinders_no_creation() {
    let mut fixture = Fixture::new();
    std::fs::write(fixture.at("file"), "").unwrap();
    let state = fixture.at("file/state");
    fixture.sandbox.set("XDG_STATE_HOME", state);
    fixture.project("a");
    refused(&fixture, "a");
    let mut allow = fixture.sandbox.rvenv();
    let ran = crate::sandbox::Ran::of(allow.current_dir(fixture.at("a")).arg("allow")).code(1);
    assert!(
        ran.stderr.contains("cannot store the list of allowed environments: cannot use"),
        "{ran:#?}"
    );
}
