//! The commands' first lines.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Fixture, set_first_line};
use crate::sandbox::{Ran, write_program};

#[test]
fn a_command_of_a_package_with_a_dead_or_foreign_python() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0").install("other", "1.0");
    let too_long = format!("/{}/bin/python3", "x".repeat(300));
    for (python, code) in [
        (Path::new("/nowhere/bin/python3"), "shebang-dead"),
        (&fixture.python, "shebang-foreign"),
        (Path::new(&too_long), "shebang-too-long"),
    ] {
        set_first_line(&fixture.bin("thing"), python);
        fixture.is_free_of(&[code]);
    }
    let ran = Ran::of(&mut Command::new(fixture.bin("thing"))).ok();
    assert_eq!(ran.stdout, "1.0\n");
}

#[test]
fn a_script_of_the_users_is_left_alone_and_named() {
    let fixture = Fixture::new();
    let text = "#!/nowhere/bin/python3\n";
    write_program(&fixture.bin("mine"), text);
    let report = fixture.check(&[".venv", "--fix"]);
    assert!(report.finds("shebang-dead")["seen"].as_str().unwrap().contains("mine"));
    assert_eq!(fs::read_to_string(fixture.bin("mine")).unwrap(), text);
}

#[test]
fn scripts_of_other_kinds_are_no_fault() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0");
    for (name, text) in [
        ("shell", "#!/bin/sh\necho\n"),
        ("env", "#!/usr/bin/env python\n"),
        ("perl", "#!/nowhere/bin/perl\n"),
        ("beside", "#!/bin/sh\n'''exec' \"$(dirname -- \"$0\")\"/'python' \"$0\" \"$@\"\n' '''\n"),
        ("binary", "\u{7f}ELF\u{0}\u{1}"),
        ("empty", ""),
    ] {
        write_program(&fixture.bin(name), text);
    }
    assert_eq!(fixture.faults(), [""; 0]);
}
