//! Files that no command deletes with any flag.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::{bounded, can_mount, fixture, listing, mark, mounted};
use crate::sandbox::{Ran, Sandbox, copy_rvenv};

const COMMANDS: [&[&str]; 4] = [
    &["remove"],
    &["remove", "--force"],
    &["create", "--clear", "--without-pip"],
    &["create", "--clear", "--without-pip", "--force"],
];

#[track_caller]
fn refused(sandbox: &Sandbox, command: &[&str], place: &str, reason: &str) {
    // Here, the records may be in the project.
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
        [("HOME", &home, "the home directory `"), ("RVENV_CACHE_DIR", &cache, "rvenv's own")]
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
    // `--clear` replaces the content of a mount point that is an environment, and of no other.
    let script = "mkdir env && mount -t tmpfs none env && echo \"$1\" >env/pyvenv.cfg && shift && \
                  \"$0\" \"$@\" env; echo $?; mountpoint -q env && ls env; umount env; rmdir env";
    for (cfg, commands) in [("home = /usr/bin", &COMMANDS[..2]), ("x = y", &COMMANDS[..])] {
        for command in commands {
            let words = [&[cfg], *command].concat();
            let args: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            let ran = mounted(&sandbox, script, &args).ok();
            assert!(ran.stderr.contains("it is a mount point"), "{ran:#?}");
            assert_eq!(ran.stdout, "1\npyvenv.cfg\n", "{ran:#?}");
        }
    }
}

#[test]
fn links_and_their_targets() {
    let sandbox = Sandbox::new();
    let project = sandbox.project();
    mark(&project.join("real"));
    symlink("real", project.join("link")).unwrap();
    for place in ["link", "link/"] {
        refused(&sandbox, &["remove"], place, "it is a link");
        refused(&sandbox, &["remove", "--force"], place, "it is a link");
    }
    // The targets of an environment's links are not changed.
    let outside = sandbox.root().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("kept"), "mine").unwrap();
    symlink(&outside, project.join("real/lib64")).unwrap();
    bounded(&sandbox, &["remove", "real"]).ok();
    assert!(!project.join("real").exists());
    assert_eq!(fs::read_to_string(outside.join("kept")).unwrap(), "mine");
}

#[test]
fn a_directory_that_is_not_an_environment_is_removed_only_with_force() {
    let (sandbox, create) = fixture();
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

/// Runs a script with `$0` as rvenv where it can mount, in the project.
#[track_caller]
fn script(sandbox: &Sandbox, script: &str) -> Ran {
    mounted(sandbox, &format!("set -e; {script}"), &[])
}

#[test]
fn clear_and_upgrade_do_not_follow_a_link() {
    let (sandbox, create) = fixture();
    let create: Vec<&str> = create.iter().map(String::as_str).collect();
    let (own, clone) = (sandbox.root().join("own/.venv"), sandbox.project().join(".venv"));
    bounded(&sandbox, &[create.as_slice(), &[own.to_str().unwrap()]].concat()).ok();
    fs::write(own.join("lib/kept"), "mine").unwrap();
    symlink("../own/.venv", &clone).unwrap();
    for flags in [&["--clear"][..], &["--clear", "--force"], &["--clear", "--with-user-files"]] {
        for place in [&[][..], &[".venv"], &["./.venv"], &[clone.to_str().unwrap()]] {
            let ran = bounded(&sandbox, &[create.as_slice(), flags, place].concat()).code(1);
            assert!(ran.stderr.contains("it is a link to"), "{ran:#?}");
            assert_eq!(fs::read_to_string(own.join("lib/kept")).unwrap(), "mine", "{flags:?}");
        }
    }
    // The command in the hint works as it is.
    symlink(".venv", sandbox.project().join("second")).unwrap();
    for place in [&[][..], &[".venv"], &["./.venv/"], &[".venv/../.venv"], &["second"]] {
        fs::write(own.join("lib/kept"), "mine").unwrap();
        let ran = bounded(&sandbox, &[create.as_slice(), &["--clear"], place].concat()).code(1);
        let hint = ran.stderr.split('`').find(|word| word.starts_with("rvenv create")).unwrap();
        assert!(hint.ends_with(own.to_str().unwrap()), "{hint}");
        let words: Vec<&str> = hint.split(' ').skip(1).collect();
        bounded(&sandbox, &words).ok();
        assert!(!own.join("lib/kept").exists(), "{place:?}");
    }
    // Without `--clear` the environment behind a link is used, and named.
    let ran = bounded(&sandbox, &create).ok();
    assert!(ran.stderr.contains(own.to_str().unwrap()), "{ran:#?}");
}

#[test]
fn a_link_may_point_to_an_environment_an_empty_directory_or_a_free_name() {
    let (sandbox, create) = fixture();
    let create: Vec<&str> = create.iter().map(String::as_str).collect();
    let project = sandbox.project();
    let home = sandbox.root().join("home/.local");
    fs::create_dir_all(home.join("bin")).unwrap();
    symlink(&home, project.join(".venv")).unwrap();
    let before = listing(&sandbox);
    let ran = bounded(&sandbox, &create).code(1);
    assert!(ran.stderr.contains("neither an environment nor empty"), "{ran:#?}");
    assert_eq!(fs::read_dir(home.join("bin")).unwrap().count(), 0);
    assert_eq!(listing(&sandbox), before);
    // `.venv -> /scratch/me/env`: an empty directory, and one that does not exist.
    for (name, exists) in [("scratch", true), ("free", false)] {
        let target = sandbox.root().join(name);
        if exists {
            fs::create_dir(&target).unwrap();
        }
        symlink(&target, project.join(name)).unwrap();
        let ran = bounded(&sandbox, &[create.as_slice(), &[name]].concat()).ok();
        assert!(target.join("pyvenv.cfg").is_file(), "{ran:#?}");
        assert!(ran.stderr.contains(target.to_str().unwrap()), "{ran:#?}");
    }
}

#[test]
fn the_users_entries_at_the_root_stop_the_deletion() {
    let (sandbox, create) = fixture();
    let create: Vec<&str> = create.iter().map(String::as_str).collect();
    let app = sandbox.project().join("myapp");
    fs::create_dir_all(app.join("data")).unwrap();
    for file in ["main.py", "requirements.txt", "data/x.csv"] {
        fs::write(app.join(file), "mine").unwrap();
    }
    let ran = bounded(&sandbox, &[create.as_slice(), &["myapp"]].concat()).ok();
    assert!(ran.stderr.contains("it contains your files"), "{ran:#?}");
    assert!(!app.join("CACHEDIR.TAG").exists() && !app.join(".gitignore").exists());
    for command in COMMANDS {
        refused(&sandbox, command, "myapp", "`data`, `main.py`, `requirements.txt`");
    }
    let ran = bounded(&sandbox, &["remove", "--dry-run", "myapp"]).code(1);
    assert!(ran.stderr.contains("--with-user-files"), "{ran:#?}");
    // Not the flag for something else: a project stays.
    fs::write(app.join("setup.py"), "").unwrap();
    refused(&sandbox, &["remove", "--with-user-files"], "myapp", "it is a project");
    fs::remove_file(app.join("setup.py")).unwrap();
    bounded(&sandbox, &["remove", "--with-user-files", "myapp"]).ok();
    assert!(!app.exists());
}

#[test]
fn a_repository_inside_stops_the_deletion() {
    let (sandbox, create) = fixture();
    let create: Vec<&str> = create.iter().map(String::as_str).collect();
    let env = sandbox.project().join(".venv");
    for place in ["src/proj", "lib/deep/er", "share/x"] {
        bounded(&sandbox, &create).ok();
        fs::create_dir_all(env.join(place).join(".git")).unwrap();
        fs::write(env.join(place).join("work.py"), "mine").unwrap();
        for command in COMMANDS {
            refused(&sandbox, command, ".venv", &format!("`{place}` in it is a repository"));
        }
        bounded(&sandbox, &["remove", "--with-user-files", ".venv"]).ok();
        assert!(!env.exists());
    }
}

#[test]
fn a_bare_repository_inside_stops_the_deletion() {
    let (sandbox, create) = fixture();
    let create: Vec<&str> = create.iter().map(String::as_str).collect();
    let env = sandbox.project().join(".venv");
    bounded(&sandbox, &create).ok();
    let bare = env.join("lib/mirror.git");
    for part in ["objects", "refs"] {
        fs::create_dir_all(bare.join(part)).unwrap();
    }
    fs::write(bare.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    for command in COMMANDS {
        refused(&sandbox, command, ".venv", "`lib/mirror.git` in it is a repository");
    }
    fs::remove_file(bare.join("HEAD")).unwrap();
    bounded(&sandbox, &["remove", ".venv"]).ok();
}

#[test]
fn files_of_tools_at_the_root_are_not_an_obstacle() {
    let (sandbox, create) = fixture();
    let create: Vec<&str> = create.iter().map(String::as_str).collect();
    let env = sandbox.project().join(".venv");
    for again in [&["remove", ".venv"][..], &[create.as_slice(), &["--clear"]].concat()] {
        bounded(&sandbox, &create).ok();
        for dir in ["share/jupyter", "etc/jupyter", "man/man1", ".pytest_cache", "lost+found"] {
            fs::create_dir_all(env.join(dir)).unwrap();
        }
        for file in [".DS_Store", ".lock", "pipx_metadata.json", ".project", ".nfs0001"] {
            fs::write(env.join(file), "x").unwrap();
        }
        bounded(&sandbox, again).ok();
        assert!(!env.join("share").exists(), "{again:?}");
    }
}

#[test]
fn of_several_directories_the_harmless_ones_are_removed() {
    let sandbox = Sandbox::new();
    let project = sandbox.project();
    for name in ["one", "mine", "two"] {
        mark(&project.join(name));
    }
    fs::write(project.join("mine/thesis.tex"), "").unwrap();
    let ran = bounded(&sandbox, &["remove", "one", "missing", "mine", "two"]).code(1);
    assert_eq!(ran.stderr.matches("error: ").count(), 2, "{ran:#?}");
    assert!(!project.join("one").exists() && !project.join("two").exists());
    assert!(project.join("mine/thesis.tex").exists());
}

#[test]
fn a_mount_inside_is_found_before_the_first_deletion() {
    if !can_mount() {
        return;
    }
    let sandbox = Sandbox::new();
    let prepare = "mkdir -p env/lib/a/b data; touch data/kept env/lib/first; \
                   echo home = /usr/bin >env/pyvenv.cfg; mount --bind data env/lib/a/b;";
    let old_kernel = |errno| {
        format!("strace -f -qq -o /dev/null -e trace=openat2,statx -e inject=openat2:error={errno}")
    };
    let ways = [String::new(), old_kernel("ENOSYS"), old_kernel("EPERM")];
    for way in ways.iter().filter(|way| way.is_empty() || crate::sandbox::has_strace()) {
        for words in ["remove", "remove --force", "remove --with-user-files", "create --clear"] {
            let after = "umount env/lib/a/b; ls data env/lib; rm -r env data";
            let ran = script(
                &sandbox,
                &format!("{prepare} if {way} \"$0\" {words} env; then exit 9; fi; {after}"),
            )
            .ok();
            assert!(ran.stderr.contains("is a mount point"), "{way} {words}: {ran:#?}");
            assert_eq!(ran.stdout, "data:\nkept\n\nenv/lib:\na\nfirst\n", "{way} {words}");
        }
        // A file can be mounted, too.
        let ran = script(
            &sandbox,
            &format!(
                "mkdir -p env/lib; touch env/lib/file; echo mine >data; echo home = /usr/bin >env/pyvenv.cfg; \
                 mount --bind data env/lib/file; if {way} \"$0\" remove env; then exit 9; fi; \
                 umount env/lib/file; cat data; ls env; rm -r env data"
            ),
        )
        .ok();
        assert_eq!(ran.stdout, "mine\nlib\npyvenv.cfg\n", "{way}: {ran:#?}");
    }
}

#[test]
fn an_environment_on_a_volume_is_replaced_in_place() {
    if !can_mount() {
        return;
    }
    let (sandbox, create) = fixture();
    let run = |flags: &str| format!("\"$0\" {} {flags} .venv", create.join(" "));
    let lines = [
        "mkdir .venv; mount -t tmpfs none .venv; mkdir .venv/lost+found".to_owned(),
        run(""),
        "touch .venv/lib/old".to_owned(),
        run("--clear"),
        "mountpoint -q .venv; .venv/bin/python -m pip --version >/dev/null; ls -A .venv; test ! -e .venv/lib/old"
            .to_owned(),
    ];
    let ran = script(&sandbox, &lines.join("; ")).ok();
    let names = ran.stdout.lines().collect::<Vec<_>>();
    assert!(names.contains(&"lost+found") && names.contains(&"pyvenv.cfg"), "{ran:#?}");
    assert!(!names.iter().any(|name| name.starts_with(".rvenv")), "{ran:#?}");
}

/// As with `pip install rvenv-cli` in the environment of a project.
#[test]
fn an_environment_that_contains_the_running_rvenv_stays_and_the_hint_works() {
    let mut sandbox = Sandbox::new();
    let temporary = sandbox.root().join("home");
    sandbox.set("TMPDIR", &temporary);
    sandbox.run(["create", "--without-pip"]).ok();
    let env = sandbox.project().join(".venv");
    let installed = env.join("bin/rvenv");
    copy_rvenv(&installed);
    for command in [&["remove"][..], &["create", "--clear"], &["create", "--clear", "--force"]] {
        let before = listing(&sandbox);
        let ran = Ran::of(sandbox.command(&installed).args(command).arg(".venv")).code(1);
        assert!(ran.stderr.contains("/bin/rvenv` is in it"), "{ran:#?}");
        let copy = temporary.join("rvenv");
        let made = format!("`cp {} {}`", installed.display(), copy.display());
        assert!(
            ran.stderr.contains(&format!("with a copy of it, `{}`", copy.display())),
            "{ran:#?}"
        );
        assert!(ran.stderr.contains(&made), "{ran:#?}");
        assert_eq!(listing(&sandbox), before, "{command:?}");
    }
    Ran::of(sandbox.command(&installed).arg("check").arg(".venv")).ok();
    let script = "cp .venv/bin/rvenv \"$TMPDIR/rvenv\" && \"$TMPDIR/rvenv\" remove .venv";
    Ran::of(sandbox.command("sh").args(["-c", script])).ok();
    assert!(!env.exists());
}
