//! Wheels are untrusted: whatever is wrong with one, there is one clear error and nothing is written
//! but in the cache's own temporary directory, which is gone afterwards.

use std::fs;
use std::path::{Path, PathBuf};

use rvenv::seed::{Choice, Options, WheelFault};

use super::fixture;
use super::fixture::{modern, prepare};
use super::maker::Maker;
use crate::sandbox::{Ran, Sandbox};

/// The error for the wheel that `make` writes.
#[track_caller]
fn fault(make: impl FnOnce(&Path) -> PathBuf) -> WheelFault {
    let sandbox = Sandbox::new();
    let wheel = make(&sandbox.root().join("wheels"));
    let python = modern(&sandbox);
    let before = fixture::tree(&sandbox.root());
    let options = Options { choice: Choice::Wheel(wheel.clone()), ..Options::default() };
    let error = prepare(&sandbox, &python, &options).expect_err("a bad wheel");
    let left: Vec<_> =
        fixture::tree(&sandbox.root()).into_iter().filter(|path| !before.contains(path)).collect();
    assert!(
        left.iter().all(|path| path.extension().is_some_and(|end| end == "lock")),
        "left behind: {left:?}"
    );
    match error {
        rvenv::Error::Seed(rvenv::seed::Error::Wheel { path, fault }) if path == wheel => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_whole_wheel_works() {
    let sandbox = Sandbox::new();
    let wheel = Maker::new("99.1").requiring(">=3.8").write(&sandbox.root().join("wheels"));
    let python = modern(&sandbox);
    let options = Options { choice: Choice::Wheel(wheel), ..Options::default() };
    let (seed, _) = prepare(&sandbox, &python, &options).expect("a seed");
    assert_eq!(seed.pip_version(), "99.1");
    let root = sandbox.root().join("env");
    fixture::place(&seed, &python, &root);
    let ran = Ran::of(&mut sandbox.command(root.join("bin/pip"))).ok();
    let site = root.join(&python.scheme.purelib);
    assert_eq!(
        ran.stdout,
        format!("pip 99.1 from {}/pip/_pip.zip/pip/_internal/cli/main.pyc\n", site.display())
    );
}

/// A checkout of pip in the current directory has files of the same names.
#[test]
fn a_traceback_shows_the_source_line_of_the_installed_pip() {
    let sandbox = Sandbox::new();
    let module = "pip/_internal/fails.py";
    let wheel = Maker::new("99.2")
        .with(module, "def fail():\n    raise ValueError('of pip')\n")
        .write(&sandbox.root().join("wheels"));
    let python = modern(&sandbox);
    let options = Options { choice: Choice::Wheel(wheel), ..Options::default() };
    let (seed, _) = prepare(&sandbox, &python, &options).expect("a seed");
    let root = sandbox.root().join("env");
    fixture::place(&seed, &python, &root);
    let checkout = sandbox.root().join("checkout");
    fs::create_dir_all(checkout.join("pip/_internal")).unwrap();
    fs::write(checkout.join(module), "the\nwrong line\n").unwrap();
    let code = "import sys, traceback; sys.path.insert(0, sys.argv[1])\n\
        from pip._internal.fails import fail\n\
        try: fail()\n\
        except ValueError: traceback.print_exc(file=sys.stdout)";
    let mut command = sandbox.command(&python.executable);
    command.args(["-I", "-c", code]).arg(root.join(&python.scheme.purelib));
    let shown = Ran::of(command.current_dir(&checkout)).ok().stdout;
    assert!(shown.contains("raise ValueError('of pip')"), "{shown}");
    assert!(
        shown.contains("_pip.zip/pip/_internal/fails.py") && !shown.contains("wrong"),
        "{shown}"
    );
}

#[test]
fn interpreter_names_that_point_elsewhere() {
    for name in [
        "../evil.py",
        "pip/../../evil.py",
        "/tmp/evil.py",
        "..\\evil.py",
        "C:evil.py",
        "pip//evil.py",
        "pip/./e",
        "pip/\n",
    ] {
        let fault = fault(|dir| Maker::new("99.0").with(name, "x").write(dir));
        assert!(
            matches!(&fault, WheelFault::UnsafeName { name: found } if found == name),
            "{name:?}: {fault:?}"
        );
    }
    assert!(!Path::new("/tmp/evil.py").exists());
}

#[test]
fn links() {
    let fault = fault(|dir| {
        Maker::new("99.0").with("pip/link", "/etc/passwd").with_mode(0o120_777).write(dir)
    });
    assert!(matches!(fault, WheelFault::Special { .. }), "{fault:?}");
}

#[test]
fn bombs() {
    let fault = fault(|dir| Maker::new("99.0").with("pip/zeros", vec![0; 129 << 20]).write(dir));
    assert!(matches!(fault, WheelFault::TooLarge), "{fault:?}");
}

#[test]
fn archives_that_are_cut_short_or_none_at_all() {
    for keep in [0, 10, 700] {
        let fault = fault(|dir| {
            let wheel = Maker::new("99.0").write(dir);
            let data = fs::read(&wheel).expect("a wheel");
            fs::write(&wheel, &data[..keep]).expect("a shorter wheel");
            wheel
        });
        assert!(matches!(fault, WheelFault::Archive(_)), "{fault:?}");
    }
}

#[test]
fn a_flipped_bit() {
    let fault = fault(|dir| {
        let text = "this text stands in the archive as it is, as it is too short to compress";
        let wheel = Maker::new("99.0").with("pip/text", text).write(dir);
        let mut data = fs::read(&wheel).expect("a wheel");
        let name = b"pip/text";
        let at = data.windows(name.len()).position(|window| window == name).expect("the entry");
        data[at + name.len() + 20] ^= 1;
        fs::write(&wheel, data).expect("another wheel");
        wheel
    });
    assert!(
        matches!(fault, WheelFault::Unreadable { .. } | WheelFault::Altered { .. }),
        "{fault:?}"
    );
}

#[test]
fn record_and_files_differ() {
    let missing = fault(|dir| Maker::new("99.0").recording("pip/gone.py,sha256=AAAA,1").write(dir));
    assert!(
        matches!(&missing, WheelFault::Missing { name } if name == "pip/gone.py"),
        "{missing:?}"
    );
    let unlisted = fault(|dir| Maker::new("99.0").with_unlisted("pip/extra.py").write(dir));
    assert!(
        matches!(&unlisted, WheelFault::Unlisted { name } if name == "pip/extra.py"),
        "{unlisted:?}"
    );
    let hash = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
    for row in [
        format!("pip/x.py,sha256={hash},1"),
        "pip/x.py,,".to_owned(),
        format!("pip/x.py,md5={hash},1"),
    ] {
        let altered =
            fault(|dir| Maker::new("99.0").with_unlisted("pip/x.py").recording(&row).write(dir));
        assert!(
            matches!(&altered, WheelFault::Altered { name } if name == "pip/x.py"),
            "{row}: {altered:?}"
        );
    }
    let row = fault(|dir| Maker::new("99.0").recording("no row").write(dir));
    assert!(matches!(row, WheelFault::Metadata { file: "RECORD", .. }), "{row:?}");
}

#[test]
fn wheels_of_something_else() {
    let renamed = |dir: &Path, name: &str| {
        let wheel = Maker::new("99.0").named("pipe").write(dir);
        let renamed = dir.join(name);
        fs::rename(wheel, &renamed).expect("a renamed wheel");
        renamed
    };
    let project = fault(|dir| renamed(dir, "pip-99.0-py3-none-any.whl"));
    assert!(
        matches!(&project, WheelFault::Project { found, .. } if found == "pipe"),
        "{project:?}"
    );
    for name in [
        "pipe-99.0-py3-none-any.whl",
        "pip-99.0.zip",
        "pip-99.0-cp312-cp312-linux_x86_64.whl",
        "pip-x-py3-none-any.whl",
    ] {
        let fault = fault(|dir| renamed(dir, name));
        assert!(matches!(fault, WheelFault::Name), "{name}: {fault:?}");
    }
    let second = "other-1.0.dist-info/METADATA";
    let metadata = fault(|dir| Maker::new("99.0").with(second, "Name: other\n").write(dir));
    assert!(matches!(metadata, WheelFault::DistInfo), "{metadata:?}");
    let python = fault(|dir| Maker::new("99.0").requiring(">=4").write(dir));
    assert!(
        matches!(&python, WheelFault::RequiresPython { requires } if requires == ">=4"),
        "{python:?}"
    );
    let data = fault(|dir| Maker::new("99.0").with("pip-99.0.data/scripts/x", "x").write(dir));
    assert!(matches!(data, WheelFault::Unsupported { .. }), "{data:?}");
}

#[test]
fn a_wheel_that_is_not_there() {
    let sandbox = Sandbox::new();
    let options =
        Options { choice: Choice::Wheel("pip-1.0-py3-none-any.whl".into()), ..Options::default() };
    let error = prepare(&sandbox, &modern(&sandbox), &options).expect_err("no wheel");
    let there = sandbox.project().join("pip-1.0-py3-none-any.whl");
    assert!(
        matches!(&error, rvenv::Error::Fs(rvenv::fs::Error::Io { action: "read", path, .. }) if *path == there),
        "{error:?}"
    );
}
