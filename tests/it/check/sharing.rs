//! Files that an environment shares with the outside.

use std::fs;
use std::path::PathBuf;

use super::Fixture;
use crate::sandbox::{Ran, skip};

/// Gives a file of the environment another name outside of it, and another owner.
fn give_away(fixture: &Fixture, file: &str, owner: u32) -> bool {
    let file = fixture.site().join(file);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "").unwrap();
    fs::hard_link(&file, fixture.sandbox.root().join("other")).unwrap();
    let is_given = std::os::unix::fs::chown(&file, Some(owner), None).is_ok();
    if !is_given {
        skip("only root can give a file away");
    }
    is_given
}

#[test]
fn a_hard_link_of_another_users_file_is_found() {
    let fixture = Fixture::new();
    if !give_away(&fixture, "pip/__init__.py", 12345) {
        return;
    }
    let report = fixture.check(&[".venv"]);
    let seen = report.finds("hard-linked-by-another")["seen"].as_str().unwrap().to_owned();
    assert!(seen.contains("pip/__init__.py") && seen.contains("12345"), "{seen}");
    let command = report.command("hard-linked-by-another");
    assert!(command.starts_with("rvenv create --clear --link-mode copy "), "{command}");
}

#[test]
fn a_hard_link_anywhere_is_found_with_deep() {
    let fixture = Fixture::new();
    if !give_away(&fixture, "deep/er/data.bin", 12345) {
        return;
    }
    assert!(!fixture.check(&[".venv"]).codes().contains(&"hard-linked-by-another"));
    let report = fixture.check(&[".venv", "--deep"]);
    let seen = report.finds("hard-linked-by-another")["seen"].as_str().unwrap().to_owned();
    assert!(seen.contains("deep/er/data.bin"), "{seen}");
}

/// An edit of a hard-linked file changes every environment that has it.
#[test]
fn deep_names_the_sharing_as_the_cause_of_a_change() {
    let fixture = Fixture::new();
    let cause = "it is a hard link, which an edit in another environment changes";
    for is_linked in [false, true] {
        fixture.install("thing", "1.0");
        let file = fixture.site().join("thing.py");
        let other = fixture.sandbox.root().join(format!("other-{is_linked}.py"));
        if is_linked {
            fs::hard_link(&file, &other).unwrap();
        } else {
            fs::copy(&file, &other).unwrap();
        }
        fs::write(&other, "VERSION = 'mine'\n").unwrap();
        fs::write(fixture.site().join("thing.py"), "VERSION = 'mine'\n").unwrap();
        let report = fixture.check(&[".venv", "--deep"]);
        let seen = report.finds("package-altered")["seen"].as_str().unwrap();
        assert_eq!(seen.contains(cause), is_linked, "{seen}");
    }
}

#[test]
fn chown_is_not_advised_where_it_would_give_the_cache_away() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0");
    if std::os::unix::fs::chown(fixture.bin("activate"), Some(12345), None).is_err() {
        skip("only root can give a file away");
        return;
    }
    let report = fixture.check(&[".venv"]);
    assert!(report.command("owned-by-another").contains("chown -R"), "{report:#?}");
    fs::hard_link(fixture.site().join("thing.py"), fixture.sandbox.root().join("other")).unwrap();
    let report = fixture.check(&[".venv"]);
    assert!(!report.command("owned-by-another").contains("chown"), "{report:#?}");
}

#[test]
fn the_keys_of_pip_that_choose_another_place_are_found() {
    let mut fixture = Fixture::new();
    let home = fixture.sandbox.root().join("home");
    let file: PathBuf = home.join(".config/pip/pip.conf");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    for (text, key) in [
        ("[global]\ntarget = /x\n", "`target` in"),
        ("[install]\nprefix = /x\n", "`prefix` in"),
        ("[install]\n\nuser = yes\n", "`user` in"),
    ] {
        fs::write(&file, text).unwrap();
        let report = fixture.check(&[".venv"]);
        let seen = report.finds("pip-destination")["seen"].as_str().unwrap().to_owned();
        assert!(seen.contains(key) && seen.contains(file.to_str().unwrap()), "{seen}");
        let line = text.lines().count();
        assert!(seen.ends_with(&format!("line {line}")), "{seen}");
    }
    for text in
        ["[global]\nindex-url = https://x.org\n", "[install]\nuser = no\n", "[list]\nuser = yes\n"]
    {
        fs::write(&file, text).unwrap();
        assert_eq!(fixture.faults(), [""; 0], "{text}");
    }
    // The file of the environment itself, which wins.
    fs::write(fixture.env().join("pip.conf"), "[global]\nroot = /x\n").unwrap();
    assert_eq!(fixture.faults(), ["pip-destination"]);
    fixture.sandbox.set("PIP_CONFIG_FILE", "/dev/null");
    assert_eq!(fixture.faults(), [""; 0]);
}

#[test]
fn an_index_of_git_that_is_not_read_is_worth_a_note() {
    let fixture = Fixture::new();
    let git = |args: &[&str]| drop(Ran::of(fixture.sandbox.command("git").args(args)).ok());
    git(&["init", "-q"]);
    fixture.sandbox.write("file", "");
    git(&["add", "file"]);
    assert_eq!(fixture.check(&[".venv"]).is_healthy().codes(), [""; 0]);
    git(&["update-index", "--split-index"]);
    assert_eq!(fixture.check(&[".venv"]).is_healthy().codes(), ["git-index-unread"]);
    git(&["update-index", "--no-split-index"]);
    assert_eq!(fixture.check(&[".venv"]).is_healthy().codes(), [""; 0]);
    let index = fixture.sandbox.project().join(".git/index");
    fs::File::options().write(true).open(index).unwrap().set_len((64 << 20) + 1).unwrap();
    assert_eq!(fixture.check(&[".venv"]).is_healthy().codes(), ["git-index-unread"]);
}
