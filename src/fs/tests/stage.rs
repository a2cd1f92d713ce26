use std::path::Path;

use super::{doom, environment, fixture, tree, which};
use crate::fs::Error;
use crate::fs::{InPlace, Stage, discard, sweep};

fn staged(target: &Path, which: &str) -> Stage {
    let stage = Stage::beside(target).unwrap();
    stage.dir().write(Path::new("pyvenv.cfg"), b"home = /usr/bin\n", false).unwrap();
    stage.dir().write(Path::new("tcl"), which.as_bytes(), false).unwrap();
    stage
}

#[test]
fn a_new_directory_is_published_with_its_parents() {
    let (_guard, root) = fixture();
    let target = root.join("a/b/env");
    let mut stage = staged(&target, "new");
    assert!(!target.exists());
    stage.publish().unwrap();
    stage.finish().unwrap();
    assert_eq!(tree(&root), ["a", "a/b", "a/b/env", "a/b/env/pyvenv.cfg", "a/b/env/tcl"]);
}

#[test]
fn a_stage_that_is_dropped_leaves_nothing() {
    let (_guard, root) = fixture();
    let mut stage = staged(&root.join("a/b/env"), "new");
    std::fs::write(stage.scratch().unwrap().join("wheel"), "x").unwrap();
    drop(stage);
    assert_eq!(tree(&root), [""; 0]);
}

#[test]
fn files_created_in_the_meantime_are_not_replaced() {
    let (_guard, root) = fixture();
    for (name, make) in [
        ("directory", (|path| environment(path, "other")) as fn(&Path)),
        ("file", |path| std::fs::write(path, "x").unwrap()),
        #[cfg(unix)]
        ("link", |path| std::os::unix::fs::symlink("nowhere", path).unwrap()),
    ] {
        let target = root.join(name);
        let mut stage = staged(&target, "new");
        make(&target);
        let before =
            tree(&root).into_iter().filter(|path| path.starts_with(name)).collect::<Vec<_>>();
        assert!(
            matches!(stage.publish(), Err(Error::Occupied { path }) if path == target),
            "{name}"
        );
        drop(stage);
        assert_eq!(
            tree(&root).into_iter().filter(|path| path.starts_with(name)).collect::<Vec<_>>(),
            before
        );
    }
}

#[test]
fn an_old_environment_is_replaced() {
    let (_guard, root) = fixture();
    let target = root.join("env");
    environment(&target, "old");
    let target_dir = doom(&target);
    let mut stage = staged(&target, "new");
    stage.replace(&target_dir).unwrap();
    assert_eq!(which(&target), "new");
    stage.finish().unwrap();
    assert_eq!(tree(&root), ["env", "env/pyvenv.cfg", "env/tcl"]);
}

#[test]
fn only_what_was_judged_is_replaced_or_deleted() {
    let (_guard, root) = fixture();
    let target = root.join("env");
    environment(&target, "old");
    let target_dir = doom(&target);
    let mut stage = staged(&target, "new");
    std::fs::rename(&target, root.join("elsewhere")).unwrap();
    std::fs::create_dir(&target).unwrap();
    std::fs::write(target.join("thesis.tex"), "").unwrap();
    assert!(matches!(stage.replace(&target_dir), Err(Error::Changed { .. })));
    drop(stage);
    assert!(matches!(discard(&target_dir), Err(Error::Changed { .. })));
    assert_eq!(
        tree(&root),
        ["elsewhere", "elsewhere/pyvenv.cfg", "elsewhere/tcl", "env", "env/thesis.tex"]
    );
}

#[test]
fn a_discarded_environment_is_gone() {
    let (_guard, root) = fixture();
    let target = root.join("env");
    environment(&target, "old");
    discard(&doom(&target)).unwrap();
    assert_eq!(tree(&root), [""; 0]);
}

#[test]
fn work_in_place_replaces_each_file_and_leaves_nothing_else() {
    let (_guard, root) = fixture();
    let target = root.join("env");
    environment(&target, "old");
    let place = InPlace::open(&target).unwrap();
    place.dir().create_dir(Path::new("bin")).unwrap();
    place.dir().create_dir(Path::new("bin")).unwrap();
    place.dir().write(Path::new("bin/activate"), b"x", true).unwrap();
    place.dir().write(Path::new("tcl"), b"new", false).unwrap();
    place.finish().unwrap();
    assert_eq!(tree(&target), ["bin", "bin/activate", "pyvenv.cfg", "tcl"]);
    assert_eq!(which(&target), "new");
}

#[test]
fn work_in_place_that_is_not_finished_is_taken_back() {
    let (_guard, root) = fixture();
    let target = root.join("env");
    environment(&target, "old");
    std::fs::create_dir(target.join("kept")).unwrap();
    let before = tree(&root);
    let place = InPlace::open(&target).unwrap();
    let dir = place.dir();
    dir.create_dir(Path::new("bin")).unwrap();
    dir.write(Path::new("bin/activate"), b"x", true).unwrap();
    dir.write(Path::new("tcl"), b"new", false).unwrap();
    dir.write(Path::new("tcl"), b"newer", false).unwrap();
    dir.remove(Path::new("pyvenv.cfg")).unwrap();
    assert!(dir.write(Path::new("kept"), b"x", false).is_err());
    assert!(dir.remove(Path::new("kept")).is_err());
    drop(place);
    assert_eq!(tree(&root), before);
    assert_eq!(which(&target), "old");

    let place = InPlace::open(&target).unwrap().no_overwrite();
    place.dir().write(Path::new("new"), b"x", false).unwrap();
    assert!(place.dir().write(Path::new("tcl"), b"new", false).is_err());
    drop(place);
    assert_eq!(tree(&root), before);
    assert_eq!(which(&target), "old");
}

#[test]
fn sweeping_where_nothing_is_changes_nothing() {
    let (_guard, root) = fixture();
    sweep(&root.join("env")).unwrap();
    sweep(&root.join("no/parent")).unwrap();
    environment(&root.join("env"), "mine");
    let stage = staged(&root.join("env"), "in use");
    let before = tree(&root);
    sweep(&root.join("env")).unwrap();
    assert_eq!(tree(&root), before);
    drop(stage);
}

/// As after a kill, or where a project came to the target's name and could not be put back.
#[test]
fn what_was_moved_aside_is_deleted_only_if_it_may_be() {
    use crate::fs::staging_area::{EXCHANGING, LOCK, MARK, NEW, OLD};
    for (name, is_exchanging) in [(OLD, false), (NEW, true)] {
        for is_project in [true, false] {
            let (_guard, root) = fixture();
            let target = root.join("env");
            environment(&target, "newer");
            let stage = root.join(".rvenv-env/4194304-0");
            std::fs::create_dir_all(&stage).unwrap();
            environment(&stage.join(name), "aside");
            std::fs::write(stage.join(LOCK), MARK).unwrap();
            if is_exchanging {
                std::fs::write(stage.join(EXCHANGING), "").unwrap();
            }
            if is_project {
                std::fs::write(stage.join(name).join("pyproject.toml"), "").unwrap();
            }
            #[cfg(unix)]
            for dir in [stage.parent().unwrap(), &stage] {
                use std::os::unix::fs::PermissionsExt;
                std::fs::set_permissions(dir, PermissionsExt::from_mode(0o700)).unwrap();
            }
            let leftovers = sweep(&target).unwrap();
            assert_eq!(which(&target), "newer");
            assert_eq!(stage.join(name).join("pyproject.toml").exists(), is_project, "{name}");
            assert_eq!(leftovers.len(), usize::from(is_project), "{name}: {leftovers:?}");
            assert_eq!(root.join(".rvenv-env").exists(), is_project, "{name}");
        }
    }
}
