//! Another minor version: made anew beside the old environment, with what that held.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::process::Command;

use rvenv::Host;
use rvenv::trust::Trust;

use super::base::{fixture, two};
use super::{Fixture, Package, append, hash, installation};
use crate::sandbox::{Ran, write_program};

/// A wheel of a package, where pip finds it without a network.
pub(super) fn wheel(fixture: &mut Fixture, package: &Package<'_>) {
    wheel_requiring(fixture, package, "");
}

/// A wheel whose METADATA has further lines.
pub(super) fn wheel_requiring(fixture: &mut Fixture, package: &Package<'_>, headers: &str) {
    let dir = fixture.sandbox.root().join("wheels");
    fs::create_dir_all(&dir).unwrap();
    let Package { name, version, tag } = package;
    let dist_info = package.dist_info();
    let files = [
        (format!("{name}.py"), format!("VERSION = '{version}'\ndef main():\n    print(VERSION)\n")),
        (
            format!("{dist_info}/METADATA"),
            format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{headers}"),
        ),
        (
            format!("{dist_info}/WHEEL"),
            format!("Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: {tag}\n"),
        ),
        (
            format!("{dist_info}/entry_points.txt"),
            format!("[console_scripts]\n{name} = {name}:main\n"),
        ),
        (format!("{name}-{version}.data/data/etc/{name}.conf"), "default\n".to_owned()),
    ];
    let file = fs::File::create(dir.join(format!("{name}-{version}-{tag}.whl"))).unwrap();
    let mut zip = zip::ZipWriter::new(file);
    let mut record = String::new();
    for (path, text) in &files {
        zip.start_file(path, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
        record += &format!("{path},{},{}\n", hash(text.as_bytes()), text.len());
    }
    record += &format!("{dist_info}/RECORD,,\n");
    zip.start_file(format!("{dist_info}/RECORD"), zip::write::SimpleFileOptions::default())
        .unwrap();
    zip.write_all(record.as_bytes()).unwrap();
    zip.finish().unwrap();
    fixture.sandbox.set("PIP_NO_INDEX", "1").set("PIP_FIND_LINKS", &dir);
}

#[test]
fn packages_are_carried_over_to_another_python() {
    let (newest, other) = two();
    let mut fixture = fixture(&other);
    let thing = Package::new("thing", "1.0");
    wheel(&mut fixture, &thing);
    let script = fixture.bin("mine");
    write_program(&script, "#!/bin/sh\necho mine\n");
    fs::create_dir(fixture.env().join("notes")).unwrap();
    fs::write(fixture.env().join("notes/a.txt"), "kept\n").unwrap();
    fs::create_dir(fixture.sandbox.project().join("lib")).unwrap();
    fs::write(fixture.site().join("mine.pth"), "../../../../lib\n").unwrap();
    // The old base is gone, as when a system was upgraded.
    fs::remove_dir_all(fixture.sandbox.root().join("opt")).unwrap();

    let newest = newest.path.display().to_string();
    fixture.sandbox.run(["create", "--upgrade", "--python", &newest, ".venv"]).ok();
    fixture.check(&[".venv", "--deep"]).is_healthy();
    assert_eq!(fixture.runs("import thing; print(thing.VERSION)"), "1.0\n");
    for (program, says) in [("thing", "1.0\n"), ("mine", "mine\n")] {
        assert_eq!(Ran::of(&mut Command::new(fixture.bin(program))).ok().stdout, says);
    }
    assert_eq!(fs::read_to_string(fixture.env().join("notes/a.txt")).unwrap(), "kept\n");
    assert!(fixture.site().join("mine.pth").is_file());
    let left: Vec<_> = fs::read_dir(fixture.sandbox.project()).unwrap().flatten().collect();
    assert_eq!(left.len(), 2, "nothing is left beside it: {left:?}");
    // It speaks of no other place.
    let script = fs::read_to_string(fixture.bin("activate")).unwrap();
    assert!(!script.contains(".rvenv-"), "{script}");
}

/// Packages that setuptools and distutils recorded in their own formats are packages, too.
#[test]
fn distributions_without_dist_info_are_reinstalled() {
    let (newest, other) = two();
    let mut fixture = fixture(&other);
    let names = ["directory", "file", "egg", "archive"];
    let mut packages = vec![Package::new("thing", "1.0")];
    packages.extend(names.map(|name| Package::new(name, "2.0")));
    packages.iter().for_each(|package| wheel(&mut fixture, package));
    let site = fixture.site();
    let info = |name: &str| format!("Metadata-Version: 1.1\nName: {name}\nVersion: 2.0\n");
    fs::create_dir(site.join("directory.egg-info")).unwrap();
    fs::write(site.join("directory.egg-info/PKG-INFO"), info("directory")).unwrap();
    fs::write(site.join("file-2.0-py3.9.egg-info"), info("file")).unwrap();
    fs::create_dir_all(site.join("egg-2.0-py3.9.egg/EGG-INFO")).unwrap();
    fs::write(site.join("egg-2.0-py3.9.egg/EGG-INFO/PKG-INFO"), info("egg")).unwrap();
    fs::write(site.join("archive-2.0-py3.9.egg"), "PK").unwrap();
    assert_eq!(fixture.check(&[".venv"]).0["environment"]["packages"], 5);
    // Nor has what an interrupted upgrade put aside.
    fs::rename(site.join("thing-1.0.dist-info"), site.join("~hing-1.0.dist-info")).unwrap();

    let newest = newest.path.display().to_string();
    let upgrade = ["create", "--upgrade", "--python", &newest, ".venv"];
    fs::write(site.join("riddle.egg-info"), "").unwrap();
    let ran = fixture.sandbox.run(upgrade).code(1);
    assert!(ran.stderr.contains("riddle.egg-info"), "{ran:#?}");
    assert!(site.join("riddle.egg-info").exists());

    fs::remove_file(site.join("riddle.egg-info")).unwrap();
    fixture.sandbox.run(upgrade).ok();
    for name in names {
        assert_eq!(fixture.runs(&format!("import {name}; print({name}.VERSION)")), "2.0\n");
    }
    assert_eq!(fixture.runs("import thing; print(thing.VERSION)"), "1.0\n");
    fixture.check(&[".venv", "--deep"]).is_healthy();
}

/// A file that no installer wrote is the user's, in every directory.
#[test]
fn the_users_own_files_come_along() {
    let (newest, other) = two();
    let mut fixture = fixture(&other);
    wheel(&mut fixture, &Package::new("thing", "1.0"));
    let old_site = fixture.site();
    let mine = [
        "share/mine/data.txt",
        "include/mine.h",
        "bin/pipeline",
        "bin/postactivate",
        "lib/libmine.so",
        "etc/deep/mine.toml",
    ];
    let modules = ["sitecustomize.py", "mymod.py", "myns/part/one.py", "notes.txt"];
    let files = mine.map(|file| fixture.env().join(file)).into_iter();
    for file in files.chain(modules.map(|file| old_site.join(file))) {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "X = 7\n").unwrap();
    }
    symlink("/etc/hostname", fixture.bin("link")).unwrap();
    fs::create_dir_all(old_site.join("myns/__pycache__")).unwrap();
    fs::write(old_site.join("myns/__pycache__/one.pyc"), "").unwrap();
    fs::create_dir_all(fixture.env().join("repo/refs/heads")).unwrap();

    let newest = newest.path.display().to_string();
    let ran = fixture.sandbox.run(["create", "--upgrade", "--python", &newest, ".venv"]).ok();
    assert!(!ran.stderr.contains("warning"), "{ran:#?}");
    assert_ne!(fixture.site(), old_site);
    for file in mine.map(|file| fixture.env().join(file)) {
        assert_eq!(fs::read_to_string(&file).unwrap(), "X = 7\n", "{}", file.display());
    }
    let program = "import sitecustomize, mymod, myns.part.one as one; print(mymod.X + one.X)";
    assert_eq!(fixture.runs(program), "14\n");
    assert!(fixture.site().join("notes.txt").is_file());
    assert!(fs::read_link(fixture.bin("link")).is_ok());
    assert!(!fixture.site().join("myns/__pycache__/one.pyc").exists());
    assert!(fixture.env().join("repo/refs/heads").is_dir(), "without it, git knows no repository");
    assert!(
        !fixture.env().join("lib").join(old_site.parent().unwrap().file_name().unwrap()).exists()
    );
    fixture.check(&[".venv", "--deep"]).is_healthy();
}

#[test]
fn edited_activation_scripts_are_kept() {
    let (newest, other) = two();
    let mut fixture = fixture(&other);
    wheel(&mut fixture, &Package::new("thing", "1.0"));
    append(&fixture.bin("activate"), "export MINE=1\n");
    fs::write(fixture.bin("activate.fish"), "# another tool's\n").unwrap();
    let newest = newest.path.display().to_string();
    let ran = fixture.sandbox.run(["create", "--upgrade", "--python", &newest, ".venv"]).ok();
    assert!(ran.stderr.contains("left as it was: `bin/activate`"), "{ran:#?}");
    assert!(ran.stderr.contains("`bin/activate.fish.old`"), "{ran:#?}");
    let script = ". .venv/bin/activate && printf %s \"$MINE $VIRTUAL_ENV\"";
    let ran = Ran::of(fixture.sandbox.command("bash").args(["-c", script])).ok();
    assert_eq!(ran.stdout, format!("1 {}", fixture.env().display()));
    assert_eq!(fs::read_to_string(fixture.bin("activate.fish.old")).unwrap(), "# another tool's\n");
    assert!(fs::read_to_string(fixture.bin("activate.fish")).unwrap().contains("VIRTUAL_ENV"));
    fixture.check(&[".venv", "--deep"]).is_healthy();
}

#[test]
fn files_of_stdlibs_venv_are_not_edited() {
    let (newest, other) = two();
    let mut fixture = fixture(&other);
    fs::remove_dir_all(fixture.env()).unwrap();
    let venv = ["-m", "venv", "--without-pip", ".venv"];
    Ran::of(fixture.sandbox.command(&other.path).args(venv)).ok();
    wheel(&mut fixture, &Package::new("thing", "1.0"));
    append(&fixture.bin("activate.csh"), "setenv MINE 1\n");
    let newest = newest.path.display().to_string();
    let ran = fixture.sandbox.run(["create", "--upgrade", "--python", &newest, ".venv"]).ok();
    assert!(ran.stderr.contains("own: `bin/activate.csh.old`\n"), "{ran:#?}");
    let names = fs::read_dir(fixture.bin("")).unwrap().map(|entry| entry.unwrap().file_name());
    let beside = names.filter(|name| name.to_str().unwrap().ends_with(".old"));
    assert_eq!(beside.collect::<Vec<_>>(), ["activate.csh.old"]);
}

#[test]
fn files_of_stdlibs_venv_are_not_edited_if_their_base_is_gone() {
    let (newest, other) = two();
    let mut fixture = fixture(&other);
    fs::remove_dir_all(fixture.env()).unwrap();
    let prefix = fixture.sandbox.root().join("opt/other");
    installation(&other, &prefix);
    let python = prefix.join("bin").join(format!("python{}", other.minor));
    let venv = ["-m", "venv", "--without-pip", ".venv"];
    Ran::of(fixture.sandbox.command(python).args(venv)).ok();
    fs::remove_dir_all(&prefix).unwrap();
    // Another Python of the same minor version has the same templates.
    let directory = other.path.parent().unwrap().display().to_string();
    fixture.sandbox.set("PATH", format!("{directory}:/usr/bin:/bin"));
    let newest = newest.path.display().to_string();
    let ran = fixture.sandbox.run(["create", "--upgrade", "--python", &newest, ".venv"]).ok();
    let names = fs::read_dir(fixture.bin("")).unwrap().map(|entry| entry.unwrap().file_name());
    let beside: Vec<_> = names.filter(|name| name.to_str().unwrap().ends_with(".old")).collect();
    assert_eq!(beside, [""; 0], "{ran:#?}");
}

/// Scripts that are kept may be from anybody, and run on activation.
#[test]
fn it_is_trusted_only_if_the_old_one_was() {
    let (newest, other) = two();
    let newest = newest.path.display().to_string();
    for is_trusted in [true, false] {
        let mut fixture = fixture(&other);
        wheel(&mut fixture, &Package::new("thing", "1.0"));
        let home = fixture.sandbox.root().join("home");
        let host = Host::new([("HOME", &home)], fixture.sandbox.project());
        let trust = Trust::of(&host);
        assert!(trust.allows(&fixture.env()));
        if !is_trusted {
            fs::remove_dir_all(home.join(".local/state")).unwrap();
        }
        fixture.sandbox.run(["create", "--upgrade", "--python", &newest, ".venv"]).ok();
        assert_eq!(trust.allows(&fixture.env()), is_trusted);
    }
}

#[test]
fn the_old_one_stays_when_its_packages_cannot_be_had() {
    let (newest, other) = two();
    let mut fixture = fixture(&other);
    let unused = Package::new("unused", "1.0");
    wheel(&mut fixture, &unused);
    append(&fixture.bin("activate"), "# mine\n");
    let before = fs::read(fixture.env().join("pyvenv.cfg")).unwrap();
    let newest = newest.path.display().to_string();
    let ran = fixture.sandbox.run(["create", "--upgrade", "--python", &newest, ".venv"]).code(1);
    assert!(ran.stderr.contains("the environment is unchanged"), "{ran:#?}");
    assert!(ran.stderr.contains("`thing==1.0` cannot be installed for the new Python"), "{ran:#?}");
    assert!(ran.stderr.contains("`rvenv uninstall --env "), "{ran:#?}");
    assert_eq!(fs::read(fixture.env().join("pyvenv.cfg")).unwrap(), before);
    assert_eq!(fixture.runs("import thing; print(thing.VERSION)"), "1.0\n");
    assert!(fs::read_to_string(fixture.bin("activate")).unwrap().ends_with("# mine\n"));
    let left: Vec<_> = fs::read_dir(fixture.sandbox.project()).unwrap().flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn packages_that_conflict_are_kept_as_they_are() {
    let (newest, other) = two();
    let mut fixture = fixture(&other);
    fixture.install("other", "1.0");
    let requires = "Requires-Dist: other>=2\n";
    append(&fixture.site().join("thing-1.0.dist-info/METADATA"), requires);
    assert_eq!(fixture.faults(), ["requirement-conflict"]);
    wheel_requiring(&mut fixture, &Package::new("thing", "1.0"), requires);
    wheel(&mut fixture, &Package::new("other", "1.0"));
    let newest = newest.path.display().to_string();
    let ran = fixture.sandbox.run(["create", "--upgrade", "--python", &newest, ".venv"]).ok();
    assert!(ran.stderr.contains("the packages conflict as before"), "{ran:#?}");
    assert!(ran.stderr.contains("kept 2 packages"), "{ran:#?}");
    assert_eq!(fixture.faults(), ["requirement-conflict"]);
    fixture.runs("import thing, other");
}

#[test]
fn edited_files_and_modules_for_the_former_python_are_named() {
    let (newest, other) = two();
    let mut fixture = fixture(&other);
    wheel(&mut fixture, &Package::new("thing", "1.0"));
    append(&fixture.site().join("thing.py"), "# my patch\n");
    let tag = format!("cpython-{}", other.minor.replace('.', ""));
    let module = format!("_own.{tag}-x86_64-linux-gnu.so");
    fs::write(fixture.site().join(&module), "").unwrap();
    let newest = newest.path.display().to_string();
    let ran = fixture.sandbox.run(["create", "--upgrade", "--python", &newest, ".venv"]).ok();
    assert!(ran.stderr.contains("thing.py.old"), "{ran:#?}");
    let patched = fs::read_to_string(fixture.site().join("thing.py.old")).unwrap();
    assert!(patched.ends_with("# my patch\n"), "{patched}");
    assert!(
        ran.stderr.contains("only the former Python can load") && ran.stderr.contains(&module),
        "{ran:#?}"
    );
    assert!(!fixture.site().join(&module).exists());
}

#[test]
fn the_same_minor_version_is_only_linked_again() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0");
    let python = fixture.python.display().to_string();
    // No package index is at hand, and none is needed.
    fixture
        .sandbox
        .run(["create", "--upgrade", "--without-pip", "--python", &python, ".venv"])
        .ok();
    assert_eq!(fixture.runs("import thing; print(thing.VERSION)"), "1.0\n");
}
