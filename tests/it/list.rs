//! `rvenv list` and `rvenv remove`: many environments.

use std::fs;
use std::fs::{File, FileTimes};
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::sandbox::Sandbox;

fn listing(sandbox: &Sandbox, args: &[&str]) -> Value {
    let ran = sandbox.run([&["list", "--json"], args].concat()).ok();
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:#?}"))
}

/// The environments' paths, relative to the project.
fn paths(sandbox: &Sandbox, listing: &Value) -> Vec<String> {
    let project = format!("{}/", sandbox.project().display());
    let rows = listing["environments"].as_array().unwrap();
    rows.iter().map(|row| row["path"].as_str().unwrap().replace(&project, "")).collect()
}

#[test]
fn environments_are_found_sorted_and_what_cannot_hold_one_is_not_entered() {
    let sandbox = Sandbox::new();
    let inside =
        ["b/.venv", "a/env", "node_modules/x/.venv", ".git/hooks/.venv", "a/env/lib/inner"];
    for dir in inside {
        sandbox.run(["create", "--without-pip", dir]).ok();
    }
    symlink(sandbox.project().join("a"), sandbox.project().join("link")).unwrap();
    let listing = listing(&sandbox, &[]);
    assert_eq!(paths(&sandbox, &listing), ["a/env", "b/.venv"]);
    assert_eq!(listing["version"], 1);
    assert_eq!(listing["environments"][0]["healthy"], true, "{listing:#}");
    assert!(listing["environments"][0]["python"].as_str().unwrap().starts_with("3."));
}

#[test]
fn several_roots_are_searched_and_each_environment_is_listed_once() {
    let sandbox = Sandbox::new();
    sandbox.run(["create", "--without-pip", "a/one", "b/two", "c/three"]).ok();
    let listing = listing(&sandbox, &["b", "a", "a/one"]);
    assert_eq!(paths(&sandbox, &listing), ["a/one", "b/two"]);
    assert_eq!(listing["roots"].as_array().unwrap().len(), 3, "{listing:#}");
    let ran = sandbox.run(["list", "a", "b"]).ok();
    let two = sandbox.project().join("b/two");
    assert!(ran.stdout.contains(two.to_str().unwrap()), "{ran:#?}");
    sandbox.run(["list", "a", "missing"]).code(1);
}

#[test]
fn a_root_that_is_an_environment_is_the_answer() {
    let sandbox = Sandbox::new();
    sandbox.run(["create", "--without-pip"]).ok();
    assert_eq!(paths(&sandbox, &listing(&sandbox, &[".venv"])), [".venv"]);
}

#[test]
fn damage_is_reported_and_explained() {
    let sandbox = Sandbox::new();
    sandbox.run(["create", "--without-pip", "good", "bad"]).ok();
    fs::remove_file(sandbox.project().join("bad/bin/python")).unwrap();
    let listing = listing(&sandbox, &["--unhealthy"]);
    assert_eq!(paths(&sandbox, &listing), ["bad"]);
    assert!(!listing["environments"][0]["problems"].as_array().unwrap().is_empty(), "{listing:#}");
    let ran = sandbox.run(["list"]).ok();
    assert!(ran.stdout.lines().any(|line| line.contains("bad") && line.contains('✗')), "{ran:#?}");
    assert!(ran.stdout.lines().any(|line| line.ends_with("  good")), "{ran:#?}");
}

#[test]
fn a_file_with_two_names_takes_its_blocks_once() {
    let sandbox = Sandbox::new();
    sandbox.run(["create", "--without-pip", "one", "two"]).ok();
    let before = listing(&sandbox, &[]);
    let size = |listing: &Value, row: usize| listing["environments"][row]["size"].as_u64().unwrap();
    let megabyte = 1 << 20;
    let first = sandbox.write("one/data", vec![1; megabyte]);
    for name in ["one/again", "two/shared"] {
        fs::hard_link(&first, sandbox.project().join(name)).unwrap();
    }
    let after = listing(&sandbox, &[]);
    let grown = |row| size(&after, row) - size(&before, row);
    // Directories may have grown too; a second megabyte would show.
    for row in [0, 1] {
        assert!((1 << 20..3 << 19).contains(&grown(row)), "{} bytes", grown(row));
    }
    let total = |listing: &Value| listing["size"].as_u64().unwrap();
    assert!((1 << 20..3 << 19).contains(&(total(&after) - total(&before))));
}

#[test]
fn the_age_is_listed_and_listing_does_not_change_it() {
    let sandbox = Sandbox::new();
    sandbox.run(["create", "--without-pip", "old", "new"]).ok();
    let old = sandbox.project().join("old");
    let day = Duration::from_secs(24 * 60 * 60);
    let then = SystemTime::now() - 100 * day;
    let times = FileTimes::new().set_accessed(then).set_modified(then);
    let lib = fs::read_dir(old.join("lib")).unwrap().flatten().next().unwrap().path();
    for path in [old.join("pyvenv.cfg"), old.join("bin"), lib.join("site-packages")] {
        File::open(path).unwrap().set_times(times).unwrap();
    }
    // The second look must not find the traces of the first.
    for _ in 0..2 {
        assert_eq!(paths(&sandbox, &listing(&sandbox, &["--older-than", "90d"])), ["old"]);
        assert!(paths(&sandbox, &listing(&sandbox, &["--older-than", "110d"])).is_empty());
    }
    let ran = sandbox.run(["list"]).ok();
    assert!(ran.stdout.contains("3 months ago"), "{ran:#?}");
    sandbox.run(["list", "--older-than", "soon"]).code(2);
}

#[test]
fn nothing_found_is_said_and_a_root_that_is_not_there_is_an_error() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(["list"]).ok();
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("no environment"), "{ran:#?}");
    let ran = sandbox.run(["list", "nowhere"]).code(1);
    assert!(ran.stderr.contains("nowhere`"), "{ran:#?}");
    sandbox.run(["list", ""]).code(2);
}

#[test]
fn environments_are_removed_and_nothing_else() {
    let sandbox = Sandbox::new();
    sandbox.run(["create", "--without-pip", "one", "two"]).ok();
    sandbox.write("data/file", "precious");
    // The others are removed although one is refused.
    sandbox.run(["create", "--without-pip", "three"]).ok();
    let ran = sandbox.run(["remove", "three", "data"]).code(1);
    assert!(ran.stderr.contains("it is not a virtual environment"), "{ran:#?}");
    assert!(!sandbox.project().join("three").exists());
    assert!(sandbox.project().join("data/file").exists());

    sandbox.run(["remove", "--dry-run", "one"]).ok();
    assert!(sandbox.project().join("one/pyvenv.cfg").exists());

    let ran = sandbox.run(["remove", "one", "two"]).ok();
    assert!(ran.stderr.contains("removed `one`\nremoved `two`\n"), "{ran:#?}");
    let left: Vec<_> =
        fs::read_dir(sandbox.project()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["data"]);
}

#[test]
fn protected_directories_stay_with_every_option() {
    let sandbox = Sandbox::new();
    sandbox.write("home-like/.git/config", "");
    sandbox.run(["create", "--without-pip", "home-like/env"]).ok();
    for dir in [".", "..", "home-like", "/", "../home"] {
        sandbox.run(["remove", "--force", dir]).code(1);
    }
    assert!(sandbox.project().join("home-like/env/pyvenv.cfg").exists());
    symlink("home-like/env", sandbox.project().join("link")).unwrap();
    sandbox.run(["remove", "link"]).code(1);
    assert!(sandbox.project().join("home-like/env/pyvenv.cfg").exists());
}

#[test]
fn removing_the_active_environment_prints_the_next_step() {
    let mut sandbox = Sandbox::new();
    sandbox.run(["create", "--without-pip"]).ok();
    sandbox.set("VIRTUAL_ENV", sandbox.project().join(".venv"));
    let ran = sandbox.run(["remove", ".venv"]).ok();
    assert!(ran.stderr.contains("`deactivate`"), "{ran:#?}");
}

#[test]
fn cleaning_takes_what_is_the_caches_and_leaves_the_rest() {
    let sandbox = Sandbox::new();
    sandbox.run(["create"]).ok();
    let cache = sandbox.root().join("cache");
    let ran = sandbox.run(["cache", "dir"]).ok();
    assert_eq!(ran.stdout, format!("{}\n", cache.display()));
    fs::write(cache.join("notes.txt"), "not rvenv's").unwrap();
    sandbox.run(["cache", "clean"]).ok();
    let left: Vec<_> =
        fs::read_dir(&cache).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["notes.txt"], "a part of the cache is not known to `cache clean`");
    // The environment does not need it.
    sandbox.run(["run", "python", "-m", "pip", "--version"]).ok();
    sandbox.run(["cache", "clean"]).ok();
}

/// Sets each time from which the last use is read.
fn set_last_use(sandbox: &Sandbox, name: &str, days: u64) {
    let time = SystemTime::now() - Duration::from_secs(days * 24 * 60 * 60);
    let root = sandbox.project().join(name);
    let library = fs::read_dir(root.join("lib")).unwrap().next().unwrap().unwrap().path();
    let places = [root.join("bin"), library.join("site-packages"), root.join("pyvenv.cfg")];
    for place in places {
        let times = FileTimes::new().set_accessed(time).set_modified(time);
        File::open(place).unwrap().set_times(times).unwrap();
    }
}

#[test]
fn unused_environments_are_listed_and_removed_only_with_yes() {
    let sandbox = Sandbox::new();
    sandbox.run(["create", "--without-pip", "old", "new", "below/old"]).ok();
    for name in ["old", "below/old"] {
        set_last_use(&sandbox, name, 100);
    }
    let remove = ["remove", "--older-than", "90d", "."];
    let ran = sandbox.run(remove).ok();
    assert!(ran.stdout.contains("  old\n") && ran.stdout.contains("  below/old\n"), "{ran:#?}");
    assert!(!ran.stdout.contains("new") && ran.stderr.contains("`--yes` removes them"), "{ran:#?}");
    assert!(sandbox.project().join("old").exists());
    sandbox.write("old/notes.txt", "mine");
    set_last_use(&sandbox, "old", 100);
    let ran = sandbox.run([&remove[..], &["--yes"]].concat()).code(1);
    assert!(ran.stderr.contains("notes.txt"), "files of the user stop it: {ran:#?}");
    assert!(sandbox.project().join("old").exists() && sandbox.project().join("new").exists());
    assert!(!sandbox.project().join("below/old").exists(), "{ran:#?}");
    sandbox.run(["remove", "--yes", "new"]).code(2);
    sandbox.run(["remove"]).code(2);
    let ran = sandbox.run(["remove", "--older-than", "banana"]).code(2);
    assert!(ran.stderr.contains("90d, 12w or 6months"), "{ran:#?}");
}

#[test]
fn a_file_system_that_records_no_access_makes_the_last_use_unknown() {
    let sandbox = Sandbox::new();
    let mount = sandbox.project().join("mount");
    fs::create_dir(&mount).unwrap();
    let script = "mount -t tmpfs -o noatime none mount && \"$0\" create --without-pip mount/old && \
                  touch -d '2001-01-01' mount/old/bin mount/old/lib/*/site-packages mount/old/pyvenv.cfg && \
                  \"$0\" list --json mount && \"$0\" remove --older-than 1s mount --yes && ls mount";
    let mut command = sandbox.command("unshare");
    command.args(["--mount", "--map-root-user", "sh", "-c", script, env!("CARGO_BIN_EXE_rvenv")]);
    let ran = crate::sandbox::Ran::of(&mut command);
    if ran.stderr.contains("unshare: ") || ran.stderr.contains("mount: ") {
        return crate::sandbox::skip("no file system can be mounted");
    }
    assert!(ran.stdout.contains("\"last_used\": null"), "{ran:#?}");
    assert!(ran.stdout.ends_with("\nold\n"), "it was removed: {ran:#?}");
}
