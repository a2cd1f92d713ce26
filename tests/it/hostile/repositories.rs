//! A repository inside an environment is the user's, unless it is as `pip install -e git+URL` left it.

use std::fs;
use std::path::{Path, PathBuf};

use super::mark;
use crate::sandbox::{Ran, Sandbox};

/// A remote repository, and an environment with a clone of it.
struct World {
    sandbox: Sandbox,
}

impl World {
    /// `None` without git.
    fn new(format: &str) -> Option<Self> {
        if which::which("git").is_err() {
            crate::sandbox::skip_unless_required("RVENV_REQUIRE_SHELLS", "git is not installed");
            return None;
        }
        let mut sandbox = Sandbox::new();
        for role in ["AUTHOR", "COMMITTER"] {
            sandbox.set(format!("GIT_{role}_NAME"), "x").set(format!("GIT_{role}_EMAIL"), "x@x");
        }
        let world = Self { sandbox };
        let remote = world.remote();
        fs::create_dir_all(&remote).unwrap();
        world.git(&remote, &["init", "-q", "-b", "main", "--object-format", format]);
        fs::create_dir_all(remote.join("pkg")).unwrap();
        fs::write(remote.join(".gitignore"), "*.log\nonly-a-directory/\n").unwrap();
        fs::write(remote.join("setup.py"), "").unwrap();
        for number in 0..30 {
            // git stores later ones as changes of earlier ones.
            let text = format!("{}{number}\n", "line\n".repeat(2000));
            fs::write(remote.join("pkg/__init__.py"), text).unwrap();
            world.git(&remote, &["add", "-A"]);
            world
                .git(&remote, &["commit", "-q", "-m", &format!("{}{number}", "word ".repeat(200))]);
        }
        world.git(&remote, &["tag", "-a", "-m", "x", "v1", "HEAD~3"]);
        world.git(&remote, &["gc", "-q"]);
        mark(&world.env());
        Some(world)
    }

    fn remote(&self) -> PathBuf {
        self.sandbox.root().join("remote")
    }

    fn env(&self) -> PathBuf {
        self.sandbox.project().join(".venv")
    }

    fn checkout(&self) -> PathBuf {
        self.env().join("src/pkg")
    }

    fn git(&self, dir: &Path, args: &[&str]) {
        Ran::of(self.sandbox.command("git").current_dir(dir).args(args)).ok();
    }

    fn in_checkout(&self, args: &[&str]) {
        self.git(&self.checkout(), args);
    }

    /// As pip clones, with what an editable install leaves.
    fn clone(&self) {
        let _ = fs::remove_dir_all(self.checkout());
        let url = format!("file://{}", self.remote().display());
        let checkout = self.checkout();
        self.git(&self.env(), &["clone", "-q", &url, checkout.to_str().unwrap()]);
        for dir in ["pkg.egg-info", "build/lib", "pkg/__pycache__"] {
            fs::create_dir_all(checkout.join(dir)).unwrap();
            fs::write(checkout.join(dir).join("x"), "made").unwrap();
        }
        fs::write(checkout.join("a.log"), "made").unwrap();
    }

    fn is_removable(&self) -> bool {
        let ran = self.sandbox.run(["remove", "--dry-run", ".venv"]);
        assert!(ran.code == Some(0) || ran.stderr.contains("is a repository"), "{ran:#?}");
        ran.code == Some(0)
    }
}

/// An attack on a clone: its description and its function.
type Change = (&'static str, fn(&World));

#[test]
fn a_clone_that_nobody_changed_is_not_the_users() {
    for format in ["sha1", "sha256"] {
        let Some(world) = World::new(format) else { return };
        world.clone();
        assert!(world.is_removable(), "a clone");
        // As pip checks out a commit, a tag and a branch.
        for revision in ["HEAD~7", "v1", "main"] {
            world.in_checkout(&["checkout", "-q", revision]);
            assert!(world.is_removable(), "{format} {revision}");
        }
        world.in_checkout(&["reset", "-q", "--hard", "HEAD~5"]);
        assert!(world.is_removable(), "a reset");
        // The same content with other times.
        let file = world.checkout().join("setup.py");
        fs::write(&file, fs::read(&file).unwrap()).unwrap();
        assert!(world.is_removable(), "written again");
        world.sandbox.run(["remove", ".venv"]).ok();
        assert!(!world.env().exists());
    }
}

#[test]
fn a_commit_that_was_pushed_is_not_the_users_alone() {
    let Some(world) = World::new("sha1") else { return };
    world.clone();
    let checkout = world.checkout();
    world.in_checkout(&["checkout", "-q", "-b", "mine"]);
    fs::write(checkout.join("pkg/new.py"), "x = 1\n").unwrap();
    world.in_checkout(&["add", "pkg/new.py"]);
    assert!(!world.is_removable(), "staged");
    world.in_checkout(&["commit", "-q", "-m", "mine"]);
    assert!(!world.is_removable(), "committed");
    world.in_checkout(&["push", "-q", "origin", "mine"]);
    assert!(world.is_removable(), "pushed");
}

#[test]
fn content_that_exists_only_in_the_clone_is_the_users() {
    let Some(world) = World::new("sha1") else { return };
    let changes: [Change; 13] = [
        ("a changed file", |world| {
            fs::write(world.checkout().join("setup.py"), "x").unwrap();
        }),
        ("an untracked file", |world| {
            fs::write(world.checkout().join("notes.txt"), "").unwrap();
        }),
        ("a file with the name of an ignored directory", |world| {
            fs::write(world.checkout().join("only-a-directory"), "").unwrap();
        }),
        ("a directory `build` that is not a project's", |world| {
            fs::create_dir_all(world.checkout().join("pkg/build")).unwrap();
            fs::write(world.checkout().join("pkg/build/x"), "").unwrap();
        }),
        ("a deleted file", |world| {
            fs::remove_file(world.checkout().join("setup.py")).unwrap();
        }),
        ("a link in the place of a file", |world| {
            fs::remove_file(world.checkout().join("setup.py")).unwrap();
            std::os::unix::fs::symlink("x", world.checkout().join("setup.py")).unwrap();
        }),
        ("a staged file that is written as a tree", |world| {
            fs::write(world.checkout().join("setup.py"), "x").unwrap();
            world.in_checkout(&["add", "setup.py"]);
            world.in_checkout(&["write-tree"]);
        }),
        ("a stash", |world| {
            fs::write(world.checkout().join("setup.py"), "x").unwrap();
            world.in_checkout(&["stash", "-q"]);
        }),
        ("a commit on another branch", |world| {
            world.in_checkout(&["checkout", "-q", "-b", "mine"]);
            world.in_checkout(&["commit", "-q", "--allow-empty", "-m", "mine"]);
            world.in_checkout(&["checkout", "-q", "main"]);
        }),
        ("a commit without a branch", |world| {
            world.in_checkout(&["checkout", "-q", "--detach"]);
            world.in_checkout(&["commit", "-q", "--allow-empty", "-m", "mine"]);
        }),
        ("a note", |world| world.in_checkout(&["notes", "add", "-m", "mine"])),
        ("a split index", |world| world.in_checkout(&["update-index", "--split-index"])),
        ("a second working tree", |world| {
            world.in_checkout(&["worktree", "add", "-q", "../../../elsewhere", "HEAD~1"]);
        }),
    ];
    for (what, change) in changes {
        world.clone();
        assert!(world.is_removable());
        change(&world);
        assert!(!world.is_removable(), "{what}");
        let _ = fs::remove_dir_all(world.sandbox.project().join("elsewhere"));
    }
}

#[test]
fn a_repository_without_a_remote_and_other_kinds_are_the_users() {
    let Some(world) = World::new("sha1") else { return };
    for kind in [".git", ".hg", ".svn", ".jj", ".bzr", ".pijul", "_darcs", ".fslckout", "_FOSSIL_"]
    {
        let dir = world.env().join("lib/it");
        fs::create_dir_all(dir.join(kind)).unwrap();
        assert!(!world.is_removable(), "{kind}");
        fs::remove_dir_all(dir).unwrap();
    }
    let dir = world.env().join("lib/it");
    fs::create_dir_all(&dir).unwrap();
    world.git(&dir, &["init", "-q"]);
    assert!(!world.is_removable(), "nothing committed");
    world.git(&dir, &["commit", "-q", "--allow-empty", "-m", "mine"]);
    assert!(!world.is_removable(), "committed");
}

#[test]
fn a_submodule_is_judged_too() {
    let Some(world) = World::new("sha1") else { return };
    let inner = world.sandbox.root().join("inner");
    fs::create_dir_all(&inner).unwrap();
    world.git(&inner, &["init", "-q", "-b", "main"]);
    fs::write(inner.join("a.py"), "").unwrap();
    world.git(&inner, &["add", "-A"]);
    world.git(&inner, &["commit", "-q", "-m", "x"]);
    let allow = ["-c", "protocol.file.allow=always"];
    let add = ["submodule", "--quiet", "add", inner.to_str().unwrap(), "inner"];
    world.git(&world.remote(), &[&allow[..], &add].concat());
    world.git(&world.remote(), &["commit", "-q", "-m", "x"]);
    world.clone();
    assert!(world.is_removable(), "not checked out");
    world.in_checkout(&[&allow[..], &["submodule", "--quiet", "update", "--init"]].concat());
    assert!(world.is_removable(), "checked out");
    fs::write(world.checkout().join("inner/a.py"), "mine").unwrap();
    assert!(!world.is_removable(), "changed");
}
