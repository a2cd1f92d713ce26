//! `--relocatable`: commands find their Python beside themselves, whoever installs them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use zip::write::{SimpleFileOptions, ZipWriter};

use super::{Fixture, Package, cpythons, first_line, set_first_line};
use crate::sandbox::{Ran, Sandbox, write_program};

/// The first two lines of a command with a relative shebang.
const RELATIVE: &str = "#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python";

/// A fixture whose environment is relocatable.
fn fixture(args: &[&str]) -> Fixture {
    let mut fixture = Fixture { sandbox: Sandbox::new(), python: cpythons().remove(0).path };
    fixture.sandbox.set("PIP_NO_INDEX", "1");
    let mut command = fixture.sandbox.rvenv();
    Ran::of(command.args(["create", "--relocatable", "-p"]).arg(&fixture.python).args(args)).ok();
    fixture
}

/// A wheel with a command of each kind: an entry point, a script, and one whose text is not UTF-8.
fn wheel(fixture: &Fixture) -> PathBuf {
    let path = fixture.sandbox.project().join("hi-1.0-py3-none-any.whl");
    let mut zip = ZipWriter::new(fs::File::create(&path).unwrap());
    let say = "import hi, sys\nprint(sys.prefix)\n";
    let files: [(&str, Vec<u8>); 6] = [
        ("hi.py", b"import sys\ndef main():\n    print(sys.prefix)\n".to_vec()),
        ("hi-1.0.data/scripts/hi-script", format!("#!python\n{say}").into()),
        (
            "hi-1.0.data/scripts/hi-latin",
            [b"#!python\n# -*- coding: latin-1 -*-\n# \xe9\n", say.as_bytes()].concat(),
        ),
        ("hi-1.0.dist-info/METADATA", b"Metadata-Version: 2.1\nName: hi\nVersion: 1.0\n".to_vec()),
        (
            "hi-1.0.dist-info/WHEEL",
            b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n".to_vec(),
        ),
        ("hi-1.0.dist-info/entry_points.txt", b"[console_scripts]\nhi = hi:main\n".to_vec()),
    ];
    let mut record = String::new();
    for (name, text) in &files {
        let options = SimpleFileOptions::default().unix_permissions(0o755);
        zip.start_file(*name, options).unwrap();
        zip.write_all(text).unwrap();
        record += &format!("{name},,\n");
    }
    zip.start_file("hi-1.0.dist-info/RECORD", SimpleFileOptions::default()).unwrap();
    zip.write_all((record + "hi-1.0.dist-info/RECORD,,\n").as_bytes()).unwrap();
    zip.finish().unwrap();
    path
}

/// Asserts that the commands of [`wheel`] run in `env`, wherever it is.
#[track_caller]
fn commands_run_in(env: &Path) {
    for name in ["hi", "hi-script", "hi-latin"] {
        let path = env.join("bin").join(name);
        let text = fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&text);
        let relative = text.replace("# -*- coding: latin-1 -*-\n", "");
        assert!(relative.starts_with(RELATIVE), "{name}: {text}");
        let ran = Ran::of(&mut Command::new(path)).ok();
        assert_eq!(Path::new(ran.stdout.trim()), env, "{name}");
    }
}

/// Moves the environment to another directory.
fn moved(fixture: &Fixture) -> PathBuf {
    let new = fixture.sandbox.project().join("moved here/env");
    fs::create_dir_all(new.parent().unwrap()).unwrap();
    fs::rename(fixture.env(), &new).unwrap();
    new
}

#[test]
fn packages_of_install_work_after_a_move() {
    for args in [&[][..], &["--without-pip"]] {
        let fixture = fixture(args);
        let wheel = wheel(&fixture);
        Ran::of(fixture.sandbox.rvenv().args(["install", "-q"]).arg(wheel)).ok();
        commands_run_in(&fixture.env());
        let report = fixture.check(&[".venv", "--deep"]);
        assert!(!report.codes().contains(&"package-altered"), "{report:#?}");
        commands_run_in(&moved(&fixture));
    }
}

#[test]
fn packages_of_create_work_after_a_move() {
    let fixture = fixture(&["--without-pip"]);
    let wheel = wheel(&fixture);
    fs::write(fixture.sandbox.project().join("list.txt"), wheel.to_str().unwrap()).unwrap();
    for flags in [&["--install", wheel.to_str().unwrap()][..], &["-r", "list.txt"]] {
        let mut command = fixture.sandbox.rvenv();
        command.args(["create", "--clear", "--relocatable", "-p"]).arg(&fixture.python).args(flags);
        Ran::of(&mut command).ok();
        commands_run_in(&fixture.env());
    }
    commands_run_in(&moved(&fixture));
}

#[test]
fn a_failed_install_leaves_no_absolute_command() {
    let fixture = fixture(&[]);
    let wheel = wheel(&fixture);
    Ran::of(fixture.sandbox.rvenv().args(["install", "-q"]).arg(&wheel)).ok();
    // pip fails before it writes, and what a pip before it wrote is there.
    set_first_line(&fixture.bin("hi"), &fixture.bin("python"));
    Ran::of(fixture.sandbox.rvenv().args(["install", "-q", "no-such-package"])).code(1);
    let text = fs::read_to_string(fixture.bin("hi")).unwrap();
    assert!(text.starts_with(RELATIVE), "{text}");
}

#[test]
fn absolute_commands_of_another_pip_are_found_and_repaired() {
    let fixture = fixture(&[]);
    let wheel = wheel(&fixture);
    let mut pip = fixture.sandbox.command(fixture.bin("python"));
    Ran::of(pip.args(["-m", "pip", "install", "-q"]).arg(wheel)).ok();
    let report = fixture.check(&[".venv"]);
    let seen = report.finds("shebang-absolute")["seen"].as_str().unwrap();
    assert!(seen.starts_with("`hi` (and 2 more)"), "{seen}");
    fixture.is_free_of(&["shebang-absolute"]);
    commands_run_in(&fixture.env());
    fixture.check(&[".venv", "--deep"]).is_healthy();
}

#[test]
fn a_repair_after_a_move_writes_relative_lines() {
    let fixture = fixture(&["--without-pip"]);
    Package::new("thing", "1.0").install(&fixture.env());
    let new = moved(&fixture);
    let dir = new.to_str().unwrap();
    assert!(fixture.check(&[dir]).codes().contains(&"shebang-dead"));
    fixture.check(&[dir, "--fix"]).is_healthy();
    let text = fs::read_to_string(new.join("bin/thing")).unwrap();
    assert!(text.starts_with(RELATIVE), "{text}");
    // A copy, whose original is still there.
    let copy = fixture.sandbox.project().join("copy");
    set_first_line(&new.join("bin/thing"), &new.join("bin/python"));
    Ran::of(fixture.sandbox.command("cp").arg("-a").arg(&new).arg(&copy)).ok();
    fixture.check(&["copy", "--fix"]).is_healthy();
    let text = fs::read_to_string(copy.join("bin/thing")).unwrap();
    assert!(text.starts_with(RELATIVE), "{text}");
}

#[test]
fn a_script_of_the_users_is_named_and_left_alone() {
    let fixture = fixture(&["--without-pip"]);
    let text = first_line(&fixture.bin("python")) + "print(1)\n";
    write_program(&fixture.bin("mine"), &text);
    let report = fixture.check(&[".venv", "--fix"]);
    assert_eq!(report.codes(), ["shebang-absolute"]);
    assert!(report.finds("shebang-absolute")["seen"].as_str().unwrap().contains("`mine`"));
    assert_eq!(fs::read_to_string(fixture.bin("mine")).unwrap(), text);
}

/// `setup.py develop`, which old releases of pip run for an editable install, lists its command in no RECORD.
#[test]
fn the_command_of_a_project_that_setuptools_links() {
    let fixture = fixture(&[]);
    let text = first_line(&fixture.bin("python"))
        + "# EASY-INSTALL-ENTRY-SCRIPT: 'hi','console_scripts','hi'\nprint('hello')\n";
    write_program(&fixture.bin("hi"), &text);
    Ran::of(fixture.sandbox.rvenv().args(["install", "-q", "pip"])).ok();
    let text = fs::read_to_string(fixture.bin("hi")).unwrap();
    assert!(text.starts_with(RELATIVE), "{text}");
    let ran = Ran::of(&mut Command::new(moved(&fixture).join("bin/hi"))).ok();
    assert_eq!(ran.stdout, "hello\n");
}
