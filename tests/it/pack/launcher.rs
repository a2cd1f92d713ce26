//! The search of `bin/python` of a packed environment for a Python.

use super::*;

const PREFIX: &str = "import sys; print(sys.prefix)";

/// A packed environment of a Python that can be anywhere, whose recorded base does not exist.
fn unpacked(fixture: &Fixture, args: &[&str]) -> PathBuf {
    fixture.create(".venv");
    fixture.pack(&[&["-o", "env.tar.gz"], args].concat()).ok();
    let env = fixture.unpack("env.tar.gz", "env");
    let launcher = env.join("bin/python");
    let text = fs::read_to_string(&launcher).unwrap();
    let line = text.lines().find(|line| line.starts_with("base=")).unwrap();
    for name in fs::read_dir(env.join("bin")).unwrap().flatten() {
        let path = name.path();
        if name.file_name().to_string_lossy().starts_with("python") {
            fs::write(&path, text.replace(line, "base='/nowhere/python'")).unwrap();
        }
    }
    env
}

/// A fixture with CPython 3.12, which Debian's machines have only where pyenv put it.
fn fixture() -> Option<Fixture> {
    known_python("3.12").map(|python| Fixture::of(&python))
}

fn started(fixture: &Fixture, env: &Path, vars: &[(&str, &str)]) -> Ran {
    let mut command = fixture.sandbox.command(env.join("bin/python"));
    // Of pyenv's directories, the launcher finds those below HOME.
    command.env("HOME", "/nonexistent").env("PATH", "/usr/bin:/bin");
    command.envs(vars.iter().copied()).args(["-c", PREFIX]);
    Ran::of(&mut command)
}

#[test]
fn the_search_goes_from_the_variable_to_the_usual_directories() {
    let Some(fixture) = fixture() else { return };
    let env = unpacked(&fixture, &[]);
    let expected = format!("{}\n", env.display());
    let python = fixture.python.to_str().unwrap();
    let none = started(&fixture, &env, &[]).code(127);
    assert!(none.stderr.contains("no CPython 3.12 on this machine"), "{}", none.stderr);
    let variable = [("RVENV_PACK_PYTHON", python)];
    assert_eq!(started(&fixture, &env, &variable).ok().stdout, expected);
    let path = format!("/usr/bin:{}", fixture.python.parent().unwrap().display());
    assert_eq!(started(&fixture, &env, &[("PATH", &path)]).ok().stdout, expected);
    let root = fixture.python.ancestors().nth(4).unwrap().to_str().unwrap();
    assert_eq!(started(&fixture, &env, &[("PYENV_ROOT", root)]).ok().stdout, expected);
    for wrong in ["python3.12", "/nowhere/python", "/bin/sh", "/usr/bin", "/usr/bin/python3"] {
        let ran =
            started(&fixture, &env, &[("RVENV_PACK_PYTHON", wrong), ("PATH", &path)]).code(127);
        assert!(
            ran.stderr.contains(&format!("RVENV_PACK_PYTHON={wrong} is not")),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn the_named_python_is_tried_first() {
    let Some(fixture) = fixture() else { return };
    let python = fixture.python.to_str().unwrap().to_owned();
    let env = unpacked(&fixture, &["--python", &python]);
    assert_eq!(started(&fixture, &env, &[]).ok().stdout, format!("{}\n", env.display()));
}

#[test]
fn launchers_and_relative_entries_of_path_are_passed_over() {
    let Some(fixture) = fixture() else { return };
    let env = unpacked(&fixture, &[]);
    let other = fixture.unpack("env.tar.gz", "other");
    // A Python in the current directory, which a relative entry would find.
    let link = fixture.path("python3.12");
    std::os::unix::fs::symlink(&fixture.python, link).unwrap();
    let bin = env.join("bin");
    for path in [
        format!(".:{}:", bin.display()),
        format!("{}:{}", other.join("bin").display(), bin.display()),
    ] {
        let ran = started(&fixture, &env, &[("PATH", &format!("{path}:/usr/bin:/bin"))]).code(127);
        assert!(ran.stderr.contains("no CPython 3.12"), "{}", ran.stderr);
    }
}

#[test]
fn an_environment_on_path_gives_its_base() {
    let Some(fixture) = fixture() else { return };
    let env = unpacked(&fixture, &[]);
    let path = format!("{}:/usr/bin:/bin", fixture.path(".venv/bin").display());
    let mut command = fixture.sandbox.command(env.join("bin/python"));
    command.env("HOME", "/nonexistent").env("PATH", path);
    let ran = Ran::of(command.args(["-c", "import hi, sys; print(sys.prefix, hi.__file__)"])).ok();
    assert_eq!(ran.stdout, format!("{} {}\n", env.display(), site(&env).join("hi.py").display()));
}

#[test]
fn every_way_to_start_it_finds_the_environment() {
    let Some(fixture) = fixture() else { return };
    fixture.create(".venv");
    fixture.pack(&["-o", "env.tar.gz"]).ok();
    let env = fixture.unpack("env.tar.gz", "env");
    let expected = format!("{}\n", env.display());
    let link = fixture.path("link");
    std::os::unix::fs::symlink(env.join("bin/python3.12"), &link).unwrap();
    let path = format!("{}:/usr/bin:/bin", env.join("bin").display());
    for shell in ["sh", "bash", "dash", "busybox sh"] {
        let mut words = shell.split(' ');
        let mut command = fixture.sandbox.command(words.next().unwrap());
        command.args(words).arg(env.join("bin/python"));
        assert_eq!(Ran::of(command.args(["-c", PREFIX])).ok().stdout, expected, "{shell}");
    }
    let mut command = fixture.sandbox.command("./env/bin/python3");
    assert_eq!(Ran::of(command.args(["-c", PREFIX])).ok().stdout, expected);
    assert_eq!(Ran::of(fixture.sandbox.command(&link).args(["-c", PREFIX])).ok().stdout, expected);
    let mut command = fixture.sandbox.command("sh");
    command.env("PATH", &path).args(["-c", &format!("python3.12 -c '{PREFIX}'")]);
    assert_eq!(Ran::of(&mut command).ok().stdout, expected);
    let mut command = fixture.sandbox.command("bash");
    command.args(["-c", &format!(". env/bin/activate && cd / && python -c '{PREFIX}'")]);
    assert_eq!(Ran::of(&mut command).ok().stdout, expected);
}

#[test]
fn arguments_and_the_exit_code_are_those_of_python() {
    for name in ["3.12", "3.9"] {
        let Some(python) = known_python(name) else { continue };
        let fixture = Fixture::of(&python);
        fixture.create(".venv");
        fixture.pack(&["-o", "env.tar.gz"]).ok();
        let env = fixture.unpack("env.tar.gz", "env");
        let mut command = fixture.sandbox.command(env.join("bin/python"));
        let code = "import os, sys; print(sys.argv[1:], sorted(n for n in os.environ if 'RVENV_PACK' in n or 'PYVENV' in n)); sys.exit(7)";
        let ran = Ran::of(command.args(["-c", code, "a b", "", "*", "-x"])).code(7);
        assert_eq!(ran.stdout, "['a b', '', '*', '-x'] []\n", "{name}");
    }
}
