//! A repository inside an environment is the user's, unless it is as `pip install -e git+URL` left it.

use std::fs;
use std::path::{Path, PathBuf};

use super::mark;
use crate::sandbox::{Ran, Sandbox};

/// A remote repository, and an environment with a clone of it.
struct Fixture {
    sandbox: Sandbox,
}

impl Fixture {
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
        let fixture = Self { sandbox };
        let remote = fixture.remote();
        fs::create_dir_all(&remote).unwrap();
        fixture.git(&remote, &["init", "-q", "-b", "main", "--object-format", format]);
        fs::create_dir_all(remote.join("pkg")).unwrap();
        fs::write(remote.join(".gitignore"), "*.log\nonly-a-directory/\n").unwrap();
        fs::write(remote.join("setup.py"), "").unwrap();
        for number in 0..30 {
            // git stores later ones as changes of earlier ones.
            let text = format!("{}{number}\n", "line\n".repeat(2000));
            fs::write(remote.join("pkg/__init__.py"), text).unwrap();
            fixture.git(&remote, &["add", "-A"]);
            fixture
                .git(&remote, &["commit", "-q", "-m", &format!("{}{number}", "word ".repeat(200))]);
        }
        fixture.git(&remote, &["tag", "-a", "-m", "x", "v1", "HEAD~3"]);
        fixture.git(&remote, &["gc", "-q"]);
        mark(&fixture.env());
        Some(fixture)
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
type Change = (&'static str, fn(&Fixture));

#[test]
fn a_clone_that_nobody_changed_is_not_the_users() {
    for format in ["sha1", "sha256"] {
        let Some(fixture) = Fixture::new(format) else { return };
        fixture.clone();
        assert!(fixture.is_removable(), "a clone");
        // As pip checks out a commit, a tag and a branch.
        for revision in ["HEAD~7", "v1", "main"] {
            fixture.in_checkout(&["checkout", "-q", revision]);
            assert!(fixture.is_removable(), "{format} {revision}");
        }
        fixture.in_checkout(&["reset", "-q", "--hard", "HEAD~5"]);
        assert!(fixture.is_removable(), "a reset");
        // The same content with other times.
        let file = fixture.checkout().join("setup.py");
        fs::write(&file, fs::read(&file).unwrap()).unwrap();
        assert!(fixture.is_removable(), "written again");
        fixture.sandbox.run(["remove", ".venv"]).ok();
        assert!(!fixture.env().exists());
    }
}

#[test]
fn a_commit_that_was_pushed_is_not_the_users_alone() {
    let Some(fixture) = Fixture::new("sha1") else { return };
    fixture.clone();
    let checkout = fixture.checkout();
    fixture.in_checkout(&["checkout", "-q", "-b", "mine"]);
    fs::write(checkout.join("pkg/new.py"), "x = 1\n").unwrap();
    fixture.in_checkout(&["add", "pkg/new.py"]);
    assert!(!fixture.is_removable(), "staged");
    fixture.in_checkout(&["commit", "-q", "-m", "mine"]);
    assert!(!fixture.is_removable(), "committed");
    fixture.in_checkout(&["push", "-q", "origin", "mine"]);
    assert!(fixture.is_removable(), "pushed");
}

#[test]
fn content_that_exists_only_in_the_clone_is_the_users() {
    let Some(fixture) = Fixture::new("sha1") else { return };
    let changes: [Change; 13] = [
        ("a changed file", |fixture| {
            fs::write(fixture.checkout().join("setup.py"), "x").unwrap();
        }),
        ("an untracked file", |fixture| {
            fs::write(fixture.checkout().join("notes.txt"), "").unwrap();
        }),
        ("a file with the name of an ignored directory", |fixture| {
            fs::write(fixture.checkout().join("only-a-directory"), "").unwrap();
        }),
        ("a directory `build` that is not a project's", |fixture| {
            fs::create_dir_all(fixture.checkout().join("pkg/build")).unwrap();
            fs::write(fixture.checkout().join("pkg/build/x"), "").unwrap();
        }),
        ("a deleted file", |fixture| {
            fs::remove_file(fixture.checkout().join("setup.py")).unwrap();
        }),
        ("a link in the place of a file", |fixture| {
            fs::remove_file(fixture.checkout().join("setup.py")).unwrap();
            std::os::unix::fs::symlink("x", fixture.checkout().join("setup.py")).unwrap();
        }),
        ("a staged file that is written as a tree", |fixture| {
            fs::write(fixture.checkout().join("setup.py"), "x").unwrap();
            fixture.in_checkout(&["add", "setup.py"]);
            fixture.in_checkout(&["write-tree"]);
        }),
        ("a stash", |fixture| {
            fs::write(fixture.checkout().join("setup.py"), "x").unwrap();
            fixture.in_checkout(&["stash", "-q"]);
        }),
        ("a commit on another branch", |fixture| {
            fixture.in_checkout(&["checkout", "-q", "-b", "mine"]);
            fixture.in_checkout(&["commit", "-q", "--allow-empty", "-m", "mine"]);
            fixture.in_checkout(&["checkout", "-q", "main"]);
        }),
        ("a commit without a branch", |fixture| {
            fixture.in_checkout(&["checkout", "-q", "--detach"]);
            fixture.in_checkout(&["commit", "-q", "--allow-empty", "-m", "mine"]);
        }),
        ("a note", |fixture| fixture.in_checkout(&["notes", "add", "-m", "mine"])),
        ("a split index", |fixture| fixture.in_checkout(&["update-index", "--split-index"])),
        ("a second working tree", |fixture| {
            fixture.in_checkout(&["worktree", "add", "-q", "../../../elsewhere", "HEAD~1"]);
        }),
    ];
    for (what, change) in changes {
        fixture.clone();
        assert!(fixture.is_removable());
        change(&fixture);
        assert!(!fixture.is_removable(), "{what}");
        let _ = fs::remove_dir_all(fixture.sandbox.project().join("elsewhere"));
    }
}

#[test]
fn a_repository_without_a_remote_and_other_kinds_are_the_users() {
    let Some(fixture) = Fixture::new("sha1") else { return };
    for kind in [".git", ".hg", ".svn", ".jj", ".bzr", ".pijul", "_darcs", ".fslckout", "_FOSSIL_"]
    {
        let dir = fixture.env().join("lib/it");
        fs::create_dir_all(dir.join(kind)).unwrap();
        assert!(!fixture.is_removable(), "{kind}");
        fs::remove_dir_all(dir).unwrap();
    }
    let dir = fixture.env().join("lib/it");
    fs::create_dir_all(&dir).unwrap();
    fixture.git(&dir, &["init", "-q"]);
    assert!(!fixture.is_removable(), "nothing committed");
    fixture.git(&dir, &["commit", "-q", "--allow-empty", "-m", "mine"]);
    assert!(!fixture.is_removable(), "committed");
}

#[test]
fn a_submodule_is_judged_too() {
    let Some(fixture) = Fixture::new("sha1") else { return };
    let inner = fixture.sandbox.root().join("inner");
    fs::create_dir_all(&inner).unwrap();
    fixture.git(&inner, &["init", "-q", "-b", "main"]);
    fs::write(inner.join("a.py"), "").unwrap();
    fixture.git(&inner, &["add", "-A"]);
    fixture.git(&inner, &["commit", "-q", "-m", "x"]);
    let allow = ["-c", "protocol.file.allow=always"];
    let add = ["submodule", "--quiet", "add", inner.to_str().unwrap(), "inner"];
    fixture.git(&fixture.remote(), &[&allow[..], &add].concat());
    fixture.git(&fixture.remote(), &["commit", "-q", "-m", "x"]);
    fixture.clone();
    assert!(fixture.is_removable(), "not checked out");
    fixture.in_checkout(&[&allow[..], &["submodule", "--quiet", "update", "--init"]].concat());
    assert!(fixture.is_removable(), "checked out");
    fs::write(fixture.checkout().join("inner/a.py"), "mine").unwrap();
    assert!(!fixture.is_removable(), "changed");
}
