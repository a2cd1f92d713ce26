//! The user's files in an environment that is created again for another minor version.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::base::two;
use super::upgrade::wheel;
use super::{CPython, Fixture, Package, append, edit, hash};
use crate::sandbox::{Ran, Sandbox};

/// A fixture with an environment of the older of two versions, and the newer one.
fn fixture() -> (Fixture, CPython) {
    let (newest, other) = two();
    let fixture = Fixture { sandbox: Sandbox::new(), python: other.path };
    fixture.create(&[]);
    (fixture, newest)
}

/// Has the environment made anew; no package index is at hand.
#[track_caller]
fn upgraded(fixture: &Fixture, to: &CPython) -> Ran {
    let mut command = fixture.sandbox.rvenv();
    command.args(["create", "--upgrade", "--without-pip", ".venv", "-p"]).arg(&to.path);
    Ran::of(&mut command).ok()
}

#[track_caller]
fn says(fixture: &Fixture, file: &str, text: &str) {
    assert_eq!(fs::read_to_string(fixture.env().join(file)).unwrap(), text, "{file}");
}

#[test]
fn the_users_own_word_at_the_top_stays() {
    let (fixture, newest) = fixture();
    for name in [".gitignore", "CACHEDIR.TAG", ".lock", ".rvenv/mine.toml"] {
        let path = fixture.env().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "secret.txt\n").unwrap();
    }
    let _ = fs::remove_file(fixture.env().join("lib64"));
    symlink("/elsewhere", fixture.env().join("lib64")).unwrap();
    let ran = upgraded(&fixture, &newest);
    assert!(ran.stderr.contains("left as it was: `.gitignore`, `CACHEDIR.TAG`\n"), "{ran:#?}");
    // At a path that a new environment has itself.
    let lib64 = if cfg!(target_os = "linux") { "lib64.old" } else { "lib64" };
    assert_eq!(fs::read_link(fixture.env().join(lib64)).unwrap().to_str(), Some("/elsewhere"));
    for name in [".gitignore", "CACHEDIR.TAG", ".lock", ".rvenv/mine.toml"] {
        says(&fixture, name, "secret.txt\n");
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
        let (fixture, newest) = fixture();
        fs::write(fixture.env().join(".gitignore"), ignore).unwrap();
        fs::write(fixture.env().join("CACHEDIR.TAG"), tag).unwrap();
        fs::write(fixture.env().join(".lock"), "").unwrap();
        // A leftover of a killed process.
        fs::create_dir_all(fixture.env().join(".rvenv/1")).unwrap();
        let ran = upgraded(&fixture, &newest);
        assert!(!ran.stderr.contains("warning"), "{ran:#?}");
        for name in [".lock", ".rvenv"] {
            assert!(!fixture.env().join(name).exists(), "{name}");
        }
    }
}

#[test]
fn directories_keep_their_rights() {
    let (fixture, newest) = fixture();
    let site = fixture.site();
    let dirs = [fixture.env().join("priv"), fixture.env().join("sealed/in"), site.join("mine")];
    for dir in &dirs {
        fs::create_dir_all(dir).unwrap();
        fs::write(dir.join("a.py"), "").unwrap();
    }
    let set = |path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    set(&dirs[0], 0o700);
    set(&dirs[1], 0o500);
    set(&dirs[2], 0o2770);
    upgraded(&fixture, &newest);
    for (dir, mode) in [
        (fixture.env().join("priv"), 0o700),
        (fixture.env().join("sealed/in"), 0o500),
        (fixture.site().join("mine"), 0o2770),
    ] {
        let found = fs::metadata(&dir).unwrap().permissions().mode() & 0o7777;
        assert_eq!(found, mode, "{}", dir.display());
        assert!(dir.join("a.py").exists());
    }
    set(&fixture.env().join("sealed/in"), 0o700);
}

#[test]
fn the_users_own_commands_stay_whatever_their_names() {
    let (fixture, newest) = fixture();
    let wrapper = "#!/bin/sh\nexec env X=1 other \"$@\"\n";
    for name in ["pip", "pip3.10", "python3.10", "pydoc"] {
        fs::write(fixture.bin(name), wrapper).unwrap();
    }
    symlink("python3", fixture.bin("py")).unwrap();
    symlink("/elsewhere/pip", fixture.bin("otherpip")).unwrap();
    fs::remove_file(fixture.bin("python")).unwrap();
    fs::create_dir(fixture.bin("python")).unwrap();
    for name in ["one", "two"] {
        fs::write(fixture.bin("python").join(name), wrapper).unwrap();
    }
    let ran = upgraded(&fixture, &newest);
    assert!(ran.stderr.contains("own: `bin/python.old`\n"), "{ran:#?}");
    for name in ["pip", "pip3.10", "python3.10", "pydoc", "python.old/one", "python.old/two"] {
        says(&fixture, &format!("bin/{name}"), wrapper);
    }
    for (name, target) in [("py", "python3"), ("otherpip", "/elsewhere/pip")] {
        assert_eq!(fs::read_link(fixture.bin(name)).unwrap().to_str(), Some(target));
    }
}

#[test]
fn the_seeds_commands_are_the_users_only_where_he_changed_them() {
    let (newest, other) = two();
    let fixture = Fixture { sandbox: Sandbox::new(), python: other.path };
    let create = |args: &[&str], python| {
        let mut command = fixture.sandbox.rvenv();
        Ran::of(command.args(["create", ".venv"]).args(args).arg("-p").arg(python)).ok()
    };
    create(&[], &fixture.python);
    append(&fixture.bin("pip"), "# mine\n");
    let mine = fs::read_to_string(fixture.bin("pip")).unwrap();
    // As if virtualenv had put it there, which records no hash.
    let names = fs::read_dir(fixture.site()).unwrap().map(|entry| entry.unwrap().path());
    let mut records = names.map(|path| path.join("RECORD")).filter(|path| path.is_file());
    let record = records.find(|path| path.to_str().unwrap().contains("/pip-")).unwrap();
    let command = fs::read(fixture.bin("pip3")).unwrap();
    edit(&record, &format!("bin/pip3,{},{}", hash(&command), command.len()), "bin/pip3,,");
    let ran = create(&["--upgrade"], &newest.path);
    assert!(ran.stderr.contains("own: `bin/pip.old`\n"), "{ran:#?}");
    says(&fixture, "bin/pip.old", &mine);
    fixture.check(&[".venv", "--deep"]).is_healthy();
}

/// Configuration is installed to be changed.
#[test]
fn edited_package_files_are_kept_beside_the_new_ones() {
    let (mut fixture, newest) = fixture();
    let thing = Package::new("thing", "1.0");
    wheel(&mut fixture, &thing);
    fixture.install("thing", "1.0");
    let record = fixture.site().join(thing.dist_info()).join("RECORD");
    for (file, told, found) in [
        ("etc/thing.conf", "default\n", "mine\n"),
        ("share/thing/page.html", "page\n", "mine\n"),
        ("share/thing/other.html", "page\n", "page\n"),
    ] {
        let path = fixture.env().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, found).unwrap();
        let row = format!("../../../{file},{},{}\n", hash(told.as_bytes()), told.len());
        let rows = fs::read_to_string(&record).unwrap();
        fs::write(&record, row + &rows).unwrap();
    }
    append(&fixture.bin("thing"), "# mine\n");
    let command = fs::read_to_string(fixture.bin("thing")).unwrap();
    let mut rvenv = fixture.sandbox.rvenv();
    let ran = Ran::of(rvenv.args(["create", "--upgrade", "-p"]).arg(&newest.path)).ok();
    let told = "own: `bin/thing.old`, `etc/thing.conf.old`\n";
    assert!(ran.stderr.contains(told), "{ran:#?}");
    says(&fixture, "bin/thing.old", &command);
    says(&fixture, "etc/thing.conf", "default\n");
    says(&fixture, "etc/thing.conf.old", "mine\n");
    // The new version has no such file.
    says(&fixture, "share/thing/page.html", "mine\n");
    assert!(!fixture.env().join("share/thing/other.html").exists());
    fixture.check(&[".venv", "--deep"]).is_healthy();
}

/// Packages of setuptools and distutils have a list of names, not of files.
#[test]
fn the_users_own_modules_stay_beside_those_of_eggs() {
    let (mut fixture, newest) = fixture();
    wheel(&mut fixture, &Package::new("thing", "1.0"));
    let site = fixture.site();
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
    let mut rvenv = fixture.sandbox.rvenv();
    let ran = Ran::of(rvenv.args(["create", "--upgrade", "-p"]).arg(&newest.path)).ok();
    assert!(ran.stderr.contains("site-packages/thing.py.old`\n"), "{ran:#?}");
    assert_eq!(
        fixture.runs("import thing, zope.mine.m as m; print(thing.VERSION, m.X)"),
        "1.0 1\n"
    );
    let read = |name| fs::read_to_string(fixture.site().join(name)).unwrap();
    assert_eq!((read("thing.py.old"), read(backup)), ("MINE = 1\n".into(), "mine\n".into()));
    for gone in ["zope/_c.cpython-38-x86_64-linux-gnu.so", "~hing/a.py"] {
        assert!(!fixture.site().join(gone).exists(), "{gone}");
    }
}

#[test]
fn the_users_own_lines_among_those_of_eggs_stay() {
    let (fixture, newest) = fixture();
    let dirs = ["mine", "project"].map(|name| fixture.sandbox.project().join(name));
    dirs.iter().for_each(|dir| fs::create_dir(dir).unwrap());
    let [mine, project] = dirs.map(|dir| dir.display().to_string());
    fs::write(fixture.site().join("setuptools.egg-link"), format!("{project}\n.")).unwrap();
    let text = format!("import sys; sys.__plen = len(sys.path)\n./a-1.egg\n{project}\n{mine}\n");
    fs::write(fixture.site().join("easy-install.pth"), text).unwrap();
    fs::write(fixture.site().join("setuptools.pth"), "./setuptools-1.egg\n").unwrap();
    upgraded(&fixture, &newest);
    let read = fs::read_to_string(fixture.site().join("easy-install.pth")).unwrap();
    assert_eq!(read, format!("{mine}\n"));
    assert!(!fixture.site().join("setuptools.pth").exists());
    fixture.check(&[".venv"]).is_healthy();
}

#[test]
fn an_egg_list_that_is_not_utf8_is_carried_over_unchanged() {
    let (fixture, newest) = fixture();
    let bytes = b"./a-1.egg\n/m\xff\n";
    fs::write(fixture.site().join("easy-install.pth"), bytes).unwrap();
    upgraded(&fixture, &newest);
    assert_eq!(fs::read(fixture.site().join("easy-install.pth")).unwrap(), bytes);
}
