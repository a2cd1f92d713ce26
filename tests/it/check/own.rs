//! The user's files in an environment that is created again for another minor version.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::base::two;
use super::upgrade::wheel;
use super::{CPython, Package, World, append, edit, hash};
use crate::sandbox::{Ran, Sandbox};

/// A world with an environment of the older of two versions, and the newer one.
fn world() -> (World, CPython) {
    let (newest, other) = two();
    let world = World { sandbox: Sandbox::new(), python: other.path };
    world.create(&[]);
    (world, newest)
}

/// Has the environment made anew; no package index is at hand.
#[track_caller]
fn upgraded(world: &World, to: &CPython) -> Ran {
    let mut command = world.sandbox.rvenv();
    command.args(["create", "--upgrade", "--without-pip", ".venv", "-p"]).arg(&to.path);
    Ran::of(&mut command).ok()
}

#[track_caller]
fn says(world: &World, file: &str, text: &str) {
    assert_eq!(fs::read_to_string(world.env().join(file)).unwrap(), text, "{file}");
}

#[test]
fn the_users_own_word_at_the_top_stays() {
    let (world, newest) = world();
    for name in [".gitignore", "CACHEDIR.TAG", ".lock", ".rvenv/mine.toml"] {
        let path = world.env().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "secret.txt\n").unwrap();
    }
    let _ = fs::remove_file(world.env().join("lib64"));
    symlink("/elsewhere", world.env().join("lib64")).unwrap();
    let ran = upgraded(&world, &newest);
    assert!(ran.stderr.contains("left as it was: `.gitignore`, `CACHEDIR.TAG`\n"), "{ran:#?}");
    // At a path that a new environment has itself.
    let lib64 = if cfg!(target_os = "linux") { "lib64.old" } else { "lib64" };
    assert_eq!(fs::read_link(world.env().join(lib64)).unwrap().to_str(), Some("/elsewhere"));
    for name in [".gitignore", "CACHEDIR.TAG", ".lock", ".rvenv/mine.toml"] {
        says(&world, name, "secret.txt\n");
    }
}

#[test]
fn files_that_makers_write_at_the_root_are_not_the_users() {
    for (ignore, tag) in [
        ("*", "Signature: 8a477f597d28d172789f06886806bc55"),
        (
            "# created by virtualenv automatically\n*\n",
            "Signature: 8a477f597d28d172789f06886806bc55\n\
             # This file is a cache directory tag created by Python virtualenv.\n\
             # For information about cache directory tags, see:\n\
             #   https://bford.info/cachedir/",
        ),
    ] {
        let (world, newest) = world();
        fs::write(world.env().join(".gitignore"), ignore).unwrap();
        fs::write(world.env().join("CACHEDIR.TAG"), tag).unwrap();
        fs::write(world.env().join(".lock"), "").unwrap();
        // A leftover of a killed process.
        fs::create_dir_all(world.env().join(".rvenv/1")).unwrap();
        let ran = upgraded(&world, &newest);
        assert!(!ran.stderr.contains("warning"), "{ran:#?}");
        for name in [".lock", ".rvenv"] {
            assert!(!world.env().join(name).exists(), "{name}");
        }
    }
}

#[test]
fn directories_keep_their_rights() {
    let (world, newest) = world();
    let site = world.site();
    let dirs = [world.env().join("priv"), world.env().join("sealed/in"), site.join("mine")];
    for dir in &dirs {
        fs::create_dir_all(dir).unwrap();
        fs::write(dir.join("a.py"), "").unwrap();
    }
    let set = |path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    set(&dirs[0], 0o700);
    set(&dirs[1], 0o500);
    set(&dirs[2], 0o2770);
    upgraded(&world, &newest);
    for (dir, mode) in [
        (world.env().join("priv"), 0o700),
        (world.env().join("sealed/in"), 0o500),
        (world.site().join("mine"), 0o2770),
    ] {
        let found = fs::metadata(&dir).unwrap().permissions().mode() & 0o7777;
        assert_eq!(found, mode, "{}", dir.display());
        assert!(dir.join("a.py").exists());
    }
    set(&world.env().join("sealed/in"), 0o700);
}

#[test]
fn the_users_own_commands_stay_whatever_their_names() {
    let (world, newest) = world();
    let wrapper = "#!/bin/sh\nexec env X=1 other \"$@\"\n";
    for name in ["pip", "pip3.10", "python3.10", "pydoc"] {
        fs::write(world.bin(name), wrapper).unwrap();
    }
    symlink("python3", world.bin("py")).unwrap();
    symlink("/elsewhere/pip", world.bin("otherpip")).unwrap();
    fs::remove_file(world.bin("python")).unwrap();
    fs::create_dir(world.bin("python")).unwrap();
    for name in ["one", "two"] {
        fs::write(world.bin("python").join(name), wrapper).unwrap();
    }
    let ran = upgraded(&world, &newest);
    assert!(ran.stderr.contains("own: `bin/python.old`\n"), "{ran:#?}");
    for name in ["pip", "pip3.10", "python3.10", "pydoc", "python.old/one", "python.old/two"] {
        says(&world, &format!("bin/{name}"), wrapper);
    }
    for (name, target) in [("py", "python3"), ("otherpip", "/elsewhere/pip")] {
        assert_eq!(fs::read_link(world.bin(name)).unwrap().to_str(), Some(target));
    }
}

#[test]
fn the_seeds_commands_are_the_users_only_where_he_changed_them() {
    let (newest, other) = two();
    let world = World { sandbox: Sandbox::new(), python: other.path };
    let create = |args: &[&str], python| {
        let mut command = world.sandbox.rvenv();
        Ran::of(command.args(["create", ".venv"]).args(args).arg("-p").arg(python)).ok()
    };
    create(&[], &world.python);
    append(&world.bin("pip"), "# mine\n");
    let mine = fs::read_to_string(world.bin("pip")).unwrap();
    // As if virtualenv had put it there, which records no hash.
    let names = fs::read_dir(world.site()).unwrap().map(|entry| entry.unwrap().path());
    let mut records = names.map(|path| path.join("RECORD")).filter(|path| path.is_file());
    let record = records.find(|path| path.to_str().unwrap().contains("/pip-")).unwrap();
    let command = fs::read(world.bin("pip3")).unwrap();
    edit(&record, &format!("bin/pip3,{},{}", hash(&command), command.len()), "bin/pip3,,");
    let ran = create(&["--upgrade"], &newest.path);
    assert!(ran.stderr.contains("own: `bin/pip.old`\n"), "{ran:#?}");
    says(&world, "bin/pip.old", &mine);
    world.check(&[".venv", "--deep"]).is_healthy();
}

/// Configuration is installed to be changed.
#[test]
fn edited_package_files_are_kept_beside_the_new_ones() {
    let (mut world, newest) = world();
    let thing = Package::new("thing", "1.0");
    wheel(&mut world, &thing);
    world.install("thing", "1.0");
    let record = world.site().join(thing.dist_info()).join("RECORD");
    for (file, told, found) in [
        ("etc/thing.conf", "default\n", "mine\n"),
        ("share/thing/page.html", "page\n", "mine\n"),
        ("share/thing/other.html", "page\n", "page\n"),
    ] {
        let path = world.env().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, found).unwrap();
        let row = format!("../../../{file},{},{}\n", hash(told.as_bytes()), told.len());
        let rows = fs::read_to_string(&record).unwrap();
        fs::write(&record, row + &rows).unwrap();
    }
    append(&world.bin("thing"), "# mine\n");
    let command = fs::read_to_string(world.bin("thing")).unwrap();
    let mut rvenv = world.sandbox.rvenv();
    let ran = Ran::of(rvenv.args(["create", "--upgrade", "-p"]).arg(&newest.path)).ok();
    let told = "own: `bin/thing.old`, `etc/thing.conf.old`\n";
    assert!(ran.stderr.contains(told), "{ran:#?}");
    says(&world, "bin/thing.old", &command);
    says(&world, "etc/thing.conf", "default\n");
    says(&world, "etc/thing.conf.old", "mine\n");
    // The new version has no such file.
    says(&world, "share/thing/page.html", "mine\n");
    assert!(!world.env().join("share/thing/other.html").exists());
    world.check(&[".venv", "--deep"]).is_healthy();
}

/// Packages of setuptools and distutils have a list of names, not of files.
#[test]
fn the_users_own_modules_stay_beside_those_of_eggs() {
    let (mut world, newest) = world();
    wheel(&mut world, &Package::new("thing", "1.0"));
    let site = world.site();
    let backup = "~backup/notes.txt";
    for (file, text) in [
        ("thing.egg-info/PKG-INFO", "Metadata-Version: 1.1\nName: thing\nVersion: 1.0\n"),
        ("thing.egg-info/top_level.txt", "thing\nzope\n"),
        ("thing.py", "MINE = 1\n"),
        ("zope/mine/m.py", "X = 1\n"),
        ("zope/_c.cpython-38-x86_64-linux-gnu.so", ""),
        ("~hing/a.py", ""),
        (backup, "mine\n"),
    ] {
        fs::create_dir_all(site.join(file).parent().unwrap()).unwrap();
        fs::write(site.join(file), text).unwrap();
    }
    let mut rvenv = world.sandbox.rvenv();
    let ran = Ran::of(rvenv.args(["create", "--upgrade", "-p"]).arg(&newest.path)).ok();
    assert!(ran.stderr.contains("site-packages/thing.py.old`\n"), "{ran:#?}");
    assert_eq!(world.runs("import thing, zope.mine.m as m; print(thing.VERSION, m.X)"), "1.0 1\n");
    let read = |name| fs::read_to_string(world.site().join(name)).unwrap();
    assert_eq!((read("thing.py.old"), read(backup)), ("MINE = 1\n".into(), "mine\n".into()));
    for gone in ["zope/_c.cpython-38-x86_64-linux-gnu.so", "~hing/a.py"] {
        assert!(!world.site().join(gone).exists(), "{gone}");
    }
}

#[test]
fn the_users_own_lines_among_those_of_eggs_stay() {
    let (world, newest) = world();
    let dirs = ["mine", "project"].map(|name| world.sandbox.project().join(name));
    dirs.iter().for_each(|dir| fs::create_dir(dir).unwrap());
    let [mine, project] = dirs.map(|dir| dir.display().to_string());
    fs::write(world.site().join("setuptools.egg-link"), format!("{project}\n.")).unwrap();
    let text = format!("import sys; sys.__plen = len(sys.path)\n./a-1.egg\n{project}\n{mine}\n");
    fs::write(world.site().join("easy-install.pth"), text).unwrap();
    fs::write(world.site().join("setuptools.pth"), "./setuptools-1.egg\n").unwrap();
    upgraded(&world, &newest);
    let read = fs::read_to_string(world.site().join("easy-install.pth")).unwrap();
    assert_eq!(read, format!("{mine}\n"));
    assert!(!world.site().join("setuptools.pth").exists());
    world.check(&[".venv"]).is_healthy();
}

#[test]
fn an_egg_list_that_is_not_utf8_is_carried_over_unchanged() {
    let (world, newest) = world();
    let bytes = b"./a-1.egg\n/m\xff\n";
    fs::write(world.site().join("easy-install.pth"), bytes).unwrap();
    upgraded(&world, &newest);
    assert_eq!(fs::read(world.site().join("easy-install.pth")).unwrap(), bytes);
}
