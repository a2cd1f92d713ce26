use std::path::Path;

use super::{environment, fixture};
use crate::Host;
use crate::fs::Error;
use crate::fs::{Guard, Refusal};

#[track_caller]
fn refusal(guard: &Guard, path: &Path) -> Refusal {
    match guard.check_deletable(path) {
        Err(Error::Protected { path: named, refusal }) if named == path => refusal,
        other => panic!("{}: {other:?}", path.display()),
    }
}

const HOME: &str = if cfg!(windows) { "USERPROFILE" } else { "HOME" };

#[test]
fn only_environments_are_let_go() {
    let (_guard, root) = fixture();
    let guard = Guard::new(&Host::new([("HOME", "/nonexistent")], "/nonexistent"));
    let guard = guard.with_user_files(true);
    let force = guard.clone().force(true);
    let env = root.join("env");
    environment(&env, "mine");
    guard.check_deletable(&env).unwrap();

    for (name, text) in
        [("none", None), ("empty", Some("")), ("uvish", Some("homes = x\n")), ("cut", Some("home"))]
    {
        let path = root.join(name);
        std::fs::create_dir(&path).unwrap();
        if let Some(text) = text {
            std::fs::write(path.join("pyvenv.cfg"), text).unwrap();
        }
        assert_eq!(refusal(&guard, &path), Refusal::NotAnEnvironment, "{name}");
        force.check_deletable(&path).unwrap();
    }
    std::fs::create_dir_all(root.join("odd/pyvenv.cfg")).unwrap();
    assert_eq!(refusal(&guard, &root.join("odd")), Refusal::NotAnEnvironment);
    assert!(matches!(guard.check_deletable(&root.join("missing")), Err(Error::Io { .. })));
}

#[test]
fn work_and_homes_stay_also_by_force() {
    let (_guard, root) = fixture();
    let env = |name: &str| {
        let path = root.join(name);
        environment(&path, name);
        path
    };
    let (home, current, cache, other) = (env("home"), env("current"), env("cache"), env("other"));
    std::fs::create_dir(current.join("below")).unwrap();
    let host = Host::new([(HOME, &home)], current.join("below"));
    // The cache need not exist for what is around it to stay.
    let own = cache.join("not/yet/there");
    let program = env("installed").join("bin/rvenv");
    std::fs::create_dir(root.join("installed/bin")).unwrap();
    std::fs::write(&program, "").unwrap();
    let guard = Guard::new(&host).keep(&own).keep_program(program.clone());
    let guard = guard.force(true).with_user_files(true);
    assert_eq!(refusal(&guard, &home), Refusal::Home(home.clone()));
    assert_eq!(refusal(&guard, &root), Refusal::Home(home.clone()));
    assert_eq!(refusal(&guard, &current), Refusal::CurrentDirectory);
    assert_eq!(refusal(&guard, &cache), Refusal::OwnFiles(own));
    assert_eq!(refusal(&guard, &root.join("installed")), Refusal::OwnProgram(program));
    assert_eq!(refusal(&guard, Path::new("/")), Refusal::Root);
    assert_eq!(refusal(&guard, &other.join("tcl")), Refusal::NotADirectory);
    guard.check_deletable(&other).unwrap();

    std::fs::write(other.join(".git"), "gitdir: elsewhere").unwrap();
    assert_eq!(refusal(&guard, &other), Refusal::Repository(".git"));
    std::fs::remove_file(other.join(".git")).unwrap();
    std::fs::write(other.join("pyproject.toml"), "").unwrap();
    assert_eq!(refusal(&guard, &other), Refusal::Project("pyproject.toml"));
}

#[cfg(unix)]
#[test]
fn a_home_is_known_by_any_name_and_links_stay() {
    use std::os::unix::fs::symlink;
    let (_guard, root) = fixture();
    environment(&root.join("home"), "home");
    symlink("home", root.join("alias")).unwrap();
    symlink(".", root.join("loop")).unwrap();
    let host = Host::new([(HOME, root.join("alias"))], "/nonexistent");
    let guard = Guard::new(&host).force(true).with_user_files(true);
    let home = Refusal::Home(root.join("alias"));
    assert_eq!(refusal(&guard, &root.join("loop/loop/home")), home);
    let link = Refusal::Link(Some(root.join("home")));
    assert_eq!(refusal(&guard, &root.join("alias")), link);
    // A slash at the end would follow the link.
    assert_eq!(refusal(&guard, &root.join("alias/")), link);
    symlink(root.join("home/pyvenv.cfg"), root.join("cfg")).unwrap();
    std::fs::create_dir(root.join("fake")).unwrap();
    symlink(root.join("home/pyvenv.cfg"), root.join("fake/pyvenv.cfg")).unwrap();
    assert_eq!(refusal(&Guard::new(&host), &root.join("fake")), Refusal::NotAnEnvironment);
}
