//! Files that were made to hurt: endless, waiting, circular, enormous, random.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use proptest::sample::select;
use rvenv::formats::PyvenvCfg;
use rvenv::python::Request;
use rvenv::settings::Settings;
use rvenv::settings::project::Project;
use rvenv::venv;
use rvenv::{Host, Platform};

use super::{bounded, bounded_in, fixture, listing};
use crate::sandbox::{Ran, Sandbox, write_program};

/// A name, and what puts it somewhere.
type HostileFile = (&'static str, fn(&Path));

/// Entries in the place of a file that is read.
const HOSTILE_FILES: [HostileFile; 9] = [
    ("a FIFO", |path| assert!(Ran::of(Command::new("mkfifo").arg(path)).ok().stdout.is_empty())),
    ("an endless device", |path| symlink("/dev/zero", path).unwrap()),
    ("a terminal", |path| symlink("/dev/tty", path).unwrap()),
    ("a directory", |path| fs::create_dir(path).unwrap()),
    ("a link to itself", |path| symlink(path.file_name().unwrap(), path).unwrap()),
    ("gigabytes", |path| File::create(path).unwrap().set_len(1 << 33).unwrap()),
    ("nothing", |path| drop(File::create(path).unwrap())),
    ("bytes", |path| fs::write(path, [0xff, 0, 0x5b, 0x0a, 0x3d, 0xfe].repeat(500)).unwrap()),
    ("a deep value", |path| fs::write(path, "a = ".to_owned() + &"[".repeat(60_000)).unwrap()),
];

const COMMANDS: [&[&str]; 9] = [
    &["check"],
    &["check", ".venv", "--json"],
    &["check", ".venv", "--fix"],
    &["activate", "--shell", "sh"],
    &["python", "find"],
    &["list"],
    &["config"],
    &["run", "true"],
    &["remove", "--dry-run", ".venv"],
];

/// Puts each file in the place of `name`, each in a project of its own, and runs every command and `create`.
///
/// All projects are prepared first: `check --fix` waits until packages have not changed for 2 s.
fn with_each_hostile_file(name: &str, has_environment: bool) {
    let (sandbox, create) = fixture();
    let create: Vec<&str> = create.iter().map(String::as_str).collect();
    let projects = HOSTILE_FILES.map(|(file, put)| {
        let project = sandbox.project().join(file);
        fs::create_dir(&project).unwrap();
        if has_environment {
            bounded_in(&project, &sandbox, &create).ok();
        }
        let path = project.join(name);
        let _ = fs::remove_file(&path);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        put(&path);
        project
    });
    for project in projects {
        for command in COMMANDS.iter().copied().chain([create.as_slice()]) {
            let ran = bounded_in(&project, &sandbox, command);
            assert!(matches!(ran.code, Some(0..=2)), "{project:?}: {command:?}: {ran:#?}");
            let is_told = ran.code == Some(0) || !(ran.stderr.is_empty() && ran.stdout.is_empty());
            assert!(is_told, "{project:?}: {command:?}: {ran:#?}");
        }
    }
}

#[test]
fn an_invalid_redirect_file() {
    with_each_hostile_file(".venv", false);
}

#[test]
fn an_invalid_configuration() {
    with_each_hostile_file(".venv/pyvenv.cfg", true);
}

#[test]
fn an_invalid_project_file() {
    let names =
        ["pyproject.toml", "rvenv.toml", ".python-version", ".gitignore", ".git", ".git/index"];
    for name in names {
        with_each_hostile_file(name, false);
    }
}

#[test]
fn files_of_an_environment_that_are_none() {
    for name in ["bin/activate", "bin/pip", "bin/odd", "bin/odd.exe"] {
        with_each_hostile_file(&format!(".venv/{name}"), true);
    }
    let (sandbox, create) = fixture();
    sandbox.run(&create).ok();
    let lib = fs::read_dir(sandbox.project().join(".venv/lib")).unwrap().next().unwrap().unwrap();
    let site = Path::new(".venv/lib").join(lib.file_name()).join("site-packages");
    for name in
        ["pip-24.2.dist-info/RECORD", "pip-24.2.dist-info/METADATA", "x.pth", "pip/_pip.zip"]
    {
        with_each_hostile_file(site.join(name).to_str().unwrap(), true);
    }
}

/// Unwritable, missing, foreign or corrupt: the cache costs time and nothing else.
#[test]
fn a_cache_that_is_corrupt() {
    let (sandbox, create) = fixture();
    let create: Vec<&str> = create.iter().map(String::as_str).collect();
    for (evil, put) in HOSTILE_FILES {
        sandbox.run(&create).ok();
        let cache = sandbox.root().join("cache");
        let is_read = |path: &Path| path.extension().is_some_and(|end| end == "json");
        let files =
            walkdir::WalkDir::new(&cache).into_iter().map(|entry| entry.unwrap().into_path());
        let files: Vec<_> = files.filter(|path| path.is_file() && is_read(path)).collect();
        assert!(files.len() >= 2, "{files:?}");
        for file in files {
            fs::remove_file(&file).unwrap();
            put(&file);
        }
        fs::remove_dir_all(sandbox.project().join(".venv")).unwrap();
        let ran = bounded(&sandbox, &create);
        assert_eq!(ran.code, Some(0), "{evil}: {ran:#?}");
        bounded(&sandbox, &["check", ".venv"]).ok();
        fs::remove_dir_all(sandbox.project().join(".venv")).unwrap();
        fs::remove_dir_all(&cache).unwrap();
        fs::create_dir(&cache).unwrap();
        fs::set_permissions(&cache, fs::Permissions::from_mode(0o700)).unwrap();
    }
}

#[test]
fn an_invalid_wheel() {
    for (evil, put) in HOSTILE_FILES {
        let sandbox = Sandbox::new();
        let wheel = sandbox.root().join("pip-24.2-py3-none-any.whl");
        put(&wheel);
        let create = ["create", "--offline", "--without-setuptools", "--pip"];
        let ran = bounded(&sandbox, &[&create[..], &[wheel.to_str().unwrap()]].concat());
        assert_eq!(ran.code, Some(1), "{evil}: {ran:#?}");
        assert!(ran.stderr.contains("error: "), "{evil}: {ran:#?}");
        assert_eq!(listing(&sandbox).len(), 1, "{evil}: something is left");
    }
}

#[test]
fn redirects_point_to_an_environment_or_are_refused() {
    let (sandbox, _) = fixture();
    let file = sandbox.project().join(".venv");
    let long = "x".repeat(10_000);
    for target in
        ["", "\n", ".", ".venv", "..", "/", "/dev/zero", "a\0b", "a\nb", &long, "~", "\u{feff}x"]
    {
        fs::write(&file, target).unwrap();
        for command in [["check", ".venv"], ["activate", ".venv"], ["run", "true"]] {
            let ran = bounded(&sandbox, &command);
            assert!(ran.code == Some(1) || ran.code == Some(127), "{target:?}: {ran:#?}");
            assert!(ran.stderr.starts_with("error: "), "{target:?}: {ran:#?}");
        }
    }
}

/// A script that answers as no Python would.
#[test]
fn interpreters_that_lie() {
    let real = crate::sandbox::real_pythons().pop().unwrap();
    let real = real.to_str().unwrap();
    let edit = |from: &str, to: &str| format!("exec {real} \"$@\" | sed 's#{from}#{to}#g'");
    for script in [
        // On both streams, as each takes the time limit; with pauses, as it may be all of the processor's.
        "while :; do head -c 100000 /dev/zero; head -c 100000 /dev/zero >&2; sleep 0.1; done"
            .to_owned(),
        "head -c 300000000 /dev/zero".to_owned(),
        "echo '<<<rvenv-probe'; echo 'rvenv-probe>>>'".to_owned(),
        "echo '<<<rvenv-probe{}rvenv-probe>>>'".to_owned(),
        "echo \"<<<rvenv-probe$(head -c 100000 /dev/zero | tr '\\0' '[')rvenv-probe>>>\""
            .to_owned(),
        "kill -9 $$".to_owned(),
        "exec cat".to_owned(),
        edit("site-packages", "../../../../../escape"),
        edit("\"bin\"", "\"/tmp/rvenv-escape\""),
        edit("lib/python", "/tmp/rvenv-escape/"),
        edit("\"scripts\"", "\"nothing\""),
    ] {
        let (sandbox, mut create) = fixture();
        let python = sandbox.root().join("python3");
        write_program(&python, &format!("#!/bin/sh\n{script}\n"));
        let before = sandbox.root().read_dir().unwrap().count();
        *create.last_mut().unwrap() = python.to_str().unwrap().to_owned();
        let create: Vec<&str> = create.iter().map(String::as_str).collect();
        let ran = bounded(&sandbox, &create);
        assert!(!Path::new("/tmp/rvenv-escape").exists(), "{script}: {ran:#?}");
        assert_eq!(sandbox.root().read_dir().unwrap().count(), before, "{script}: {ran:#?}");
        match ran.code {
            // The answer of a script is ignored if the Python that it starts answers for itself.
            Some(0) if script.contains(real) => {
                sandbox.run(["check", ".venv"]).ok();
            }
            Some(1) => {
                assert!(ran.stderr.starts_with("error: "), "{script}: {ran:#?}");
                assert!(!sandbox.project().join(".venv").exists(), "{script}: {ran:#?}");
            }
            _ => panic!("{script}: {ran:#?}"),
        }
    }
}

/// Text that nearly is what is expected.
fn almost() -> impl Strategy<Value = Vec<u8>> {
    let word = select(vec![
        "[tool.rvenv]\n",
        "[project]\n",
        "requires-python",
        "python",
        " = ",
        "\"",
        "'",
        "3.12",
        ">=3.11,<4",
        "\n",
        "#",
        "==3.*",
        "[",
        "]",
        "{",
        "}",
        ",",
        "home",
        "version",
        "prompt",
        "pip",
        "\\u",
        "\\",
        "../",
        "/",
        ".",
        "cpython@",
        "pypy3.10",
        "!=",
        "~=",
        "\0",
        "\u{feff}",
        "é",
        "999999999999999999999",
        "-",
        "include-system-site-packages",
        "true",
        "link-mode",
        "copy",
        "\r",
        "t",
        "*",
    ]);
    let piece = prop_oneof![
        8 => word.prop_map(|word| word.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..6),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    /// `PROPTEST_CASES` makes it run for longer.
    #[test]
    fn no_file_of_a_project_makes_a_parser_panic(
        name in select(vec!["pyproject.toml", "rvenv.toml", ".python-version", ".venv", "pyvenv.cfg"]),
        text in almost(),
    ) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(name), &text).unwrap();
        let host = Host::new([("HOME", dir.path())], dir.path());
        if let Ok(project) = Project::find(&host) {
            let _ = project.requires_python();
            if let Ok(settings) = Settings::default().with_project(&project) {
                let _ = rvenv::create::python_choice::ResolvedRequest::of(&settings, &project, &host);
            }
        }
        let _ = venv::nearest(&host);
        let cfg = PyvenvCfg::parse(&text);
        let _ = (cfg.prompt(), cfg.version(), cfg.is_relocatable(), cfg.to_string());
        let _ = Request::parse(String::from_utf8_lossy(&text).as_ref(), &host);
        let _ = venv::ensure_usable(Path::new(&*String::from_utf8_lossy(&text)), Platform::current());
    }
}
