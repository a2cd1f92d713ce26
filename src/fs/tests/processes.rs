//! Processes that are killed, and many that want the same target.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use super::{child, doom, environment, fixture, given, passes, tree, which};
use crate::fs::Error;
use crate::fs::{InPlace, Stage, discard, is_unfinished, sweep};

/// Starts a child and waits until it says that it is where it is to be killed.
fn until_ready(name: &str, root: &Path) -> Child {
    let mut child =
        child(name, root, &["env"]).stdout(Stdio::piped()).stdin(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(
        lines.map_while(Result::ok).any(|line| line.ends_with("ready")),
        "the child ended too early"
    );
    child
}

/// Says that it is ready, and waits for the end.
#[expect(clippy::print_stdout, reason = "a test's child says that it is ready")]
fn wait() {
    println!("ready");
    let _ = std::io::stdin().read_line(&mut String::new());
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

fn staged(target: &Path, which: &str) -> Stage {
    let stage = Stage::beside(target).unwrap();
    stage.dir().write(Path::new("pyvenv.cfg"), b"home = /usr/bin\n", false).unwrap();
    stage.dir().create_dir(Path::new("lib")).unwrap();
    stage.dir().write(Path::new("tcl"), which.as_bytes(), false).unwrap();
    stage
}

#[test]
fn litter_of_the_killed_is_swept_and_nothing_else() {
    let (_guard, root) = fixture();
    let target = root.join("env");
    let child = until_ready("processes::stages", &root);
    let in_use = tree(&root);
    sweep(&target).unwrap();
    assert_eq!(tree(&root), in_use, "it is still in use");
    kill(child);
    // An entry with the name of a leftover that rvenv did not create stays.
    std::fs::create_dir_all(root.join(".rvenv-env/mine/lock")).unwrap();
    std::fs::create_dir_all(root.join(".rvenv-env/1-0")).unwrap();
    std::fs::write(root.join(".rvenv-env/1-0/lock"), "my own text").unwrap();
    sweep(&target).unwrap();
    let kept = [
        ".rvenv-env",
        ".rvenv-env/1-0",
        ".rvenv-env/1-0/lock",
        ".rvenv-env/mine",
        ".rvenv-env/mine/lock",
    ];
    assert_eq!(tree(&root), kept);
}

/// Any user who can write here can create an entry with the name of a leftover.
#[test]
fn litter_of_another_user_stays() {
    let (_guard, root) = fixture();
    kill(until_ready("processes::stages", &root));
    let area = root.join(".rvenv-env");
    let stage = std::fs::read_dir(&area).unwrap().next().unwrap().unwrap().path();
    if std::os::unix::fs::chown(&stage, Some(65534), None).is_err() {
        return super::skipped("litter_of_another_user_stays", "only root can give a file away");
    }
    let before = tree(&root);
    sweep(&root.join("env")).unwrap();
    assert_eq!(tree(&root), before);
    // Nor does it hinder.
    drop(staged(&root.join("env"), "new"));
    assert_eq!(tree(&root), before);
}

#[test]
#[ignore = "run and killed by the tests before"]
fn stages() {
    let _stage = staged(&given().join("env"), "never");
    wait();
}

#[test]
fn an_environment_that_was_aside_comes_back() {
    let (_guard, root) = fixture();
    let target = root.join("env");
    for (came, expected) in [(None, "old"), (Some("other"), "other")] {
        environment(&target, "old");
        kill(until_ready("processes::sets_aside", &root));
        assert!(!target.exists());
        if let Some(other) = came {
            environment(&target, other);
        }
        sweep(&target).unwrap();
        assert_eq!(which(&target), expected);
        assert_eq!(tree(&root), ["env", "env/pyvenv.cfg", "env/tcl"]);
        std::fs::remove_dir_all(&target).unwrap();
    }
}

#[test]
#[ignore = "run and killed by the test before"]
fn sets_aside() {
    let target = given().join("env");
    let stage = staged(&target, "never");
    stage.move_aside().unwrap();
    wait();
}

#[test]
fn litter_inside_is_swept() {
    let (_guard, root) = fixture();
    environment(&root.join("env"), "mine");
    kill(until_ready("processes::works_in_place", &root));
    assert!(is_unfinished(&root.join("env")));
    sweep(&root.join("env")).unwrap();
    assert!(is_unfinished(&root.join("env")), "the mark stays for who works there next");
    InPlace::open(&root.join("env")).unwrap().finish().unwrap();
    assert_eq!(tree(&root), ["env", "env/new", "env/pyvenv.cfg", "env/tcl"]);
}

#[test]
#[ignore = "run and killed by the test before"]
fn works_in_place() {
    let place = InPlace::open(&given().join("env")).unwrap();
    place.dir().write(Path::new("new"), b"x", false).unwrap();
    wait();
}

#[test]
fn many_that_want_the_same_target() {
    let (_guard, root) = fixture();
    let run = |name: &str| {
        let children: Vec<_> = (0..8)
            .map(|_| child(name, &root, &["env"]).stdout(Stdio::piped()).spawn().unwrap())
            .collect();
        let outputs: Vec<_> =
            children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
        outputs
            .iter()
            .map(|output| {
                let text = String::from_utf8_lossy(&output.stdout);
                assert!(
                    output.status.success(),
                    "{text}{}",
                    String::from_utf8_lossy(&output.stderr)
                );
                text.matches("published").count()
            })
            .sum::<usize>()
    };
    let whole = ["env", "env/lib", "env/pyvenv.cfg", "env/tcl"];
    assert_eq!(run("processes::publishes"), 1);
    assert_eq!(tree(&root), whole);
    assert_eq!(run("processes::replaces"), 8);
    assert_eq!(tree(&root), whole);
    assert_eq!(run("processes::replaces_in_two_steps_and_discards"), 8);
    sweep(&root.join("env")).unwrap();
    if root.join("env").exists() {
        assert_eq!(tree(&root), whole);
    } else {
        assert_eq!(tree(&root), [""; 0]);
    }
}

#[expect(clippy::print_stdout, reason = "a test's child tells what it did")]
fn tell() {
    println!("published");
}

#[test]
#[ignore = "run eight times at once by the test before"]
fn publishes() {
    let mut stage = staged(&given().join("env"), "new");
    match stage.publish() {
        Ok(()) => tell(),
        Err(Error::Occupied { path }) => assert_eq!(which(&path), "new"),
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
#[ignore = "run eight times at once by the test before"]
fn replaces() {
    let target = given().join("env");
    for _ in 0..20 {
        sweep(&target).unwrap();
        let target_dir = doom(&target);
        let mut stage = staged(&target, "new");
        stage.replace(&target_dir).unwrap();
        assert!(target.join("tcl").exists(), "a reader never sees half an environment");
        stage.finish().unwrap();
    }
    tell();
}

#[test]
#[ignore = "run eight times at once by the test before"]
fn replaces_in_two_steps_and_discards() {
    let target = given().join("env");
    let check = || {
        crate::fs::Guard::new(&crate::Host::new([("HOME", "/nonexistent")], "/nonexistent"))
            .with_user_files(true)
            .check_deletable(&target)
    };
    for turn in 0..20 {
        sweep(&target).unwrap();
        let mut stage = staged(&target, "new");
        let done = match check() {
            Ok(target_dir) if turn % 3 == 0 => discard(&target_dir).map(drop),
            Ok(target_dir) => stage.replace_in_two_steps(&target_dir),
            Err(_) => stage.publish(),
        };
        match done {
            Ok(()) | Err(Error::Occupied { .. }) => {}
            // Somebody else had just discarded it.
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => panic!("{error:?}"),
        }
        stage.finish().unwrap();
    }
    tell();
}

#[test]
fn the_umask_decides_the_rights() {
    for umask in ["077", "022", "000"] {
        let (_guard, root) = fixture();
        let script = format!("umask {umask}; exec \"$@\"");
        let mut command = child("processes::under_umask", &root, &["sh", "-c", &script, "sh"]);
        command.env("RVENV_TEST_UMASK", umask);
        passes(command);
        let mode = |path: &str| {
            use std::os::unix::fs::PermissionsExt;
            root.join(path).metadata().unwrap().permissions().mode() & 0o7777
        };
        let mask = u32::from_str_radix(umask, 8).unwrap();
        for (path, full) in [
            ("above", 0o777),
            ("above/env", 0o777),
            ("above/env/bin", 0o777),
            ("above/env/bin/activate", 0o666),
            ("above/env/bin/pip", 0o777),
            ("above/env/bin/copy", 0o777),
            ("above/env/in-place", 0o666),
            ("above/whole", 0o666),
            ("above/executable", 0o777),
        ] {
            assert_eq!(mode(path), full & !mask, "{path} under {umask}");
        }
    }
}

#[test]
#[ignore = "run under several umasks by the test before"]
fn under_umask() {
    let target = given().join("above/env");
    let mut stage = Stage::beside(&target).unwrap();
    stage.dir().create_dir(Path::new("bin")).unwrap();
    stage.dir().write(Path::new("bin/activate"), b"x", false).unwrap();
    stage.dir().write(Path::new("bin/pip"), b"x", true).unwrap();
    stage.dir().copy(Path::new("/bin/sh"), Path::new("bin/copy")).unwrap();
    stage.publish().unwrap();
    stage.finish().unwrap();
    let place = InPlace::open(&target).unwrap();
    place.dir().write(Path::new("in-place"), b"x", false).unwrap();
    place.finish().unwrap();
    crate::fs::write_whole(&given().join("above/whole"), b"x", false).unwrap();
    crate::fs::write_whole(&given().join("above/executable"), b"x", true).unwrap();
}
