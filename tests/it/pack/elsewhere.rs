//! A packed environment on another machine: another directory, no original, no base.

use super::*;
use crate::sandbox::{for_each_python, skip_unless_required};

/// The values of an environment's Python: its prefix, its program, the prefix of a child process.
const SELF: &str = "import hi, subprocess, sys; print(sys.prefix); print(sys.executable); \
    print(subprocess.check_output([sys.executable, '-c', 'import sys; print(sys.prefix)']).decode(), end=''); \
    print(hi.__file__); print(sys.base_prefix)";

/// Asserts that the environment works, and gives the prefix of its base.
#[track_caller]
fn works(said: &str, command: &str, env: &Path) -> PathBuf {
    let lines: Vec<_> = said.lines().collect();
    let env_text = env.to_str().unwrap();
    assert_eq!(lines[0], env_text, "{said}");
    assert_eq!(lines[1], env.join("bin/python").to_str().unwrap(), "{said}");
    assert_eq!(lines[2], env_text, "{said}");
    assert_eq!(lines[3], site(env).join("hi.py").to_str().unwrap(), "{said}");
    assert_eq!(command.trim(), env_text);
    lines[4].into()
}

for_each_python!(a_packed_environment_runs_where_the_original_is_not);
fn a_packed_environment_runs_where_the_original_is_not(python: &Path) {
    let fixture = Fixture::of(python);
    let original = fixture.create(".venv");
    fixture.pack(&["-o", "env.tar.gz"]).ok();
    fs::rename(&original, fixture.path("gone")).unwrap();
    let env = fixture.unpack("env.tar.gz", "other place/é");
    let said = fixture.python_of(&env, SELF).ok();
    let command = Ran::of(&mut fixture.sandbox.command(env.join("bin/hi"))).ok();
    works(&said.stdout, &command.stdout, &env);
    assert_eq!((&*said.stderr, &*command.stderr), ("", ""));
    assert!(records_are_right(&env) >= 5);
    for name in fs::read_dir(env.join("bin")).unwrap().flatten() {
        assert!(!name.file_type().unwrap().is_symlink(), "{name:?}");
    }
}

/// Runs a command in a mount namespace where a directory is empty.
fn without(directory: &Path, command: &[&str], fixture: &Fixture) -> Option<Ran> {
    let script = "mount -t tmpfs none \"$1\" && shift && exec \"$@\"";
    with_mounts(script, &[&[directory.to_str().unwrap()], command].concat(), fixture)
}

/// Runs a script with arguments in a mount namespace.
fn with_mounts(script: &str, arguments: &[&str], fixture: &Fixture) -> Option<Ran> {
    let mut unshare = fixture.sandbox.command("unshare");
    unshare.args(["-m", "sh", "-c", script, "sh"]).args(arguments);
    let works = Ran::of(
        fixture.sandbox.command("unshare").args(["-m", "mount", "-t", "tmpfs", "none", "/mnt"]),
    );
    if works.code != Some(0) {
        skip_unless_required("RVENV_REQUIRE_SHELLS", "no mount namespaces are allowed");
        return None;
    }
    Some(Ran::of(&mut unshare))
}

#[test]
fn another_base_of_the_same_minor_version_is_found_when_the_base_is_gone() {
    let Some(python) = known_python("3.11") else { return };
    let Some(system) = known_python("system").filter(|system| is_of_series(system, "3.11")) else {
        skip_unless_required("RVENV_REQUIRE_PYTHONS", "the system's Python is not 3.11");
        return;
    };
    let fixture = Fixture::of(&python);
    fixture.create(".venv");
    fixture.pack(&["-o", "env.tar.gz"]).ok();
    fs::remove_dir_all(fixture.path(".venv")).unwrap();
    let env = fixture.unpack("env.tar.gz", "env");
    let base = python.ancestors().nth(2).unwrap();
    let program = env.join("bin/python");
    let Some(said) = without(base, &[program.to_str().unwrap(), "-c", SELF], &fixture) else {
        return;
    };
    let command = without(base, &[env.join("bin/hi").to_str().unwrap()], &fixture).unwrap();
    let prefix = works(&said.ok().stdout, &command.ok().stdout, &env);
    assert_eq!(prefix, system.ancestors().nth(2).unwrap());
}

/// Installations of uv, and those that were copied into an image, are not where they were built for.
#[test]
fn a_base_that_was_moved_starts_with_every_option_and_its_children_inherit_nothing() {
    for minor in ["3.11", "3.12", "3.13"] {
        let Some(python) = known_python(minor) else { continue };
        let fixture = Fixture::of(&python);
        fixture.create(".venv");
        fixture.pack(&["-o", "env.tar.gz"]).ok();
        fs::remove_dir_all(fixture.path(".venv")).unwrap();
        let env = fixture.unpack("env.tar.gz", "env");
        let (base, moved) = (python.ancestors().nth(2).unwrap(), fixture.path("moved"));
        fs::create_dir(&moved).unwrap();
        let script = "mount --bind \"$1\" \"$2\" && mount -t tmpfs none \"$1\" && \
            export LD_LIBRARY_PATH=\"$2/lib\" PATH=\"$2/bin:$PATH\" && shift 2 && exec \"$@\"";
        let (from, to) = (base.to_str().unwrap(), moved.to_str().unwrap());
        let run = |program: &str, arguments: &[&str]| {
            let program = env.join("bin").join(program);
            let words = [&[from, to, program.to_str().unwrap()], arguments].concat();
            with_mounts(script, &words, &fixture)
        };
        let Some(said) = run("python", &["-c", SELF]) else { return };
        let command = run("hi", &[]).unwrap().ok();
        assert_eq!(works(&said.ok().stdout, &command.stdout, &env), moved);
        let inherited = "import os; print([n for n in os.environ if 'HOME' in n and n != 'HOME'])";
        assert_eq!(run("python", &["-c", inherited]).unwrap().ok().stdout, "[]\n");
        let shown = "import hi, sys; print(sys.argv[1:], sys.flags.no_user_site, sys.warnoptions)";
        for (options, no_user_site, warnings) in [
            (&["-Ic"][..], 1, "[]"),
            (&["-E", "-c"], 0, "[]"),
            (&["-I", "-W", "ignore", "-c"], 1, "['ignore']"),
            (&["-EsWignore", "-X", "utf8", "-c"], 1, "['ignore']"),
        ] {
            let arguments = [options, &[shown, "-I", "", "a b", "-E"]].concat();
            let said = run("python", &arguments).unwrap().ok().stdout;
            let expected = format!("['-I', '', 'a b', '-E'] {no_user_site} {warnings}\n");
            assert_eq!(said, expected, "{minor} {options:?}");
        }
        let said = run("python3", &["-Im", "hi"]).unwrap().ok();
        assert_eq!((&*said.stdout, &*said.stderr), ("", ""));
    }
}

#[test]
fn on_a_full_disk_nothing_is_left_and_an_old_archive_stays() {
    let fixture = Fixture::new();
    let env = fixture.create(".venv");
    // Random bytes, so that an archive is as large.
    let script = "head -c 3000000 /dev/urandom > \"$1/data.bin\"";
    let site = site(&env);
    Ran::of(fixture.sandbox.command("sh").args(["-c", script, "sh"]).arg(&site)).ok();
    let small = fixture.path("small");
    fs::create_dir(&small).unwrap();
    let rvenv = fixture.sandbox.rvenv().get_program().to_owned();
    let script = "mount -t tmpfs -o size=1m none \"$1\" && cd \"$1\" && echo old > old.tar.gz && \
        { \"$2\" $3; echo \"$?\"; cat old.tar.gz; ls -A; }";
    let run = |command: &str| {
        let rvenv = rvenv.to_str().unwrap();
        with_mounts(script, &[small.to_str().unwrap(), rvenv, command], &fixture)
    };
    for format in ["tar.gz", "zip", "tar.zst", "tar"] {
        let Some(ran) = run(&format!("pack ../.venv -o new.{format}")) else { return };
        assert_eq!(ran.stdout, "1\nold\nold.tar.gz\n", "{format}");
        let expected =
            |line: &str| line.starts_with("error: ") || line.starts_with("  caused by: ");
        assert!(ran.stderr.lines().all(expected), "{format}: {}", ran.stderr);
        assert!(ran.stderr.contains("No space left on device"), "{format}: {}", ran.stderr);
        fixture.pack(&["-o", &format!("whole.{format}")]).ok();
        let ran = run(&format!("unpack ../whole.{format} env")).unwrap();
        assert_eq!(ran.stdout, "1\nold\nold.tar.gz\n", "{format}");
        assert!(ran.stderr.contains("No space left on device"), "{format}: {}", ran.stderr);
    }
    let ran = run("pack ../.venv --force -o old.tar.gz").unwrap();
    assert_eq!(ran.stdout, "1\nold\nold.tar.gz\n");
}

fn is_of_series(python: &Path, series: &str) -> bool {
    let said = Ran::of(Command::new(python).arg("--version"));
    said.stdout.starts_with(&format!("Python {series}."))
}

#[test]
fn a_machine_without_such_a_python_gets_one_clear_error() {
    let Some(python) = known_python("3.9") else { return };
    let fixture = Fixture::of(&python);
    fixture.create(".venv");
    let note = fixture.pack(&["-o", "env.tar.gz"]).ok().stderr;
    assert!(note.contains("note: the other machine's CPython 3.9 must be at the place"), "{note}");
    let env = fixture.unpack("env.tar.gz", "env");
    let base = python.ancestors().nth(2).unwrap();
    let program = env.join("bin/python");
    let Some(said) = without(base, &[program.to_str().unwrap(), "-c", "1"], &fixture) else {
        return;
    };
    let said = said.code(127);
    assert!(said.stderr.contains("no CPython 3.9 on this machine"), "{}", said.stderr);
    assert!(said.stderr.contains("hint: "), "{}", said.stderr);
}

#[test]
fn pip_in_its_archive_works_after_packing() {
    let fixture = Fixture::new();
    let mut create = fixture.sandbox.rvenv();
    Ran::of(create.args(["create", "--offline", "-p"]).arg(&fixture.python)).ok();
    fixture.pack(&["-o", "env.tar.gz"]).ok();
    fs::remove_dir_all(fixture.path(".venv")).unwrap();
    let env = fixture.unpack("env.tar.gz", "env");
    let said = Ran::of(fixture.sandbox.command(env.join("bin/pip")).arg("--version")).ok();
    assert!(said.stdout.contains(env.to_str().unwrap()), "{}", said.stdout);
    assert!(records_are_right(&env) > 10);
}

for_each_python!(with_its_python_it_runs_where_that_is_hidden);
fn with_its_python_it_runs_where_that_is_hidden(python: &Path) {
    let fixture = Fixture::of(python);
    fixture.create(".venv");
    fixture.pack(&["--with-python", "-o", "env.tar.gz"]).ok();
    fs::remove_dir_all(fixture.path(".venv")).unwrap();
    let env = fixture.unpack("env.tar.gz", "other place/env");
    let code = "import sysconfig; print(sysconfig.get_path('stdlib'))";
    let library = Ran::of(Command::new(python).args(["-c", code])).ok().stdout;
    // Debian's programs are beside those of the system: their standard library is hidden.
    let library = Path::new(library.trim());
    let root = library.ancestors().nth(2).unwrap();
    let hidden = if root == Path::new("/usr") { library } else { root };
    let program = env.join("bin/python");
    let code = format!("import ssl, sqlite3, ctypes; {SELF}");
    let Some(said) = without(hidden, &[program.to_str().unwrap(), "-c", &code], &fixture) else {
        return;
    };
    let command = without(hidden, &[env.join("bin/hi").to_str().unwrap()], &fixture).unwrap();
    assert_eq!(works(&said.ok().stdout, &command.ok().stdout, &env), env);
    let name = fs::read_dir(env.join("bin")).unwrap().flatten().map(|entry| entry.path());
    let name = name.filter(|path| path.to_str().unwrap().contains("/py")).last().unwrap();
    let said = without(hidden, &[name.to_str().unwrap(), "-c", "import hi; hi.main()"], &fixture);
    assert_eq!(said.unwrap().ok().stdout, format!("{}\n", env.display()));
    let said =
        without(hidden, &[program.to_str().unwrap(), "-I", "-c", "import hi; hi.main()"], &fixture);
    assert_eq!(said.unwrap().ok().stdout, format!("{}\n", env.display()));
    records_are_right(&env);
}

#[test]
fn libraries_of_the_system_are_listed_and_refused_with_strict() {
    let fixture = Fixture::new();
    fixture.create(".venv");
    let listed = fixture.pack(&["--with-python", "-o", "env.tar.gz"]).ok().stderr;
    assert!(
        listed.contains("these libraries of the system: ") && listed.contains("libssl.so"),
        "{listed}"
    );
    fs::remove_file(fixture.path("env.tar.gz")).unwrap();
    let refused = fixture.pack(&["--with-python", "--strict", "-o", "env.tar.gz"]).code(1).stderr;
    assert!(refused.contains("libcrypto.so"), "{refused}");
    assert!(!fixture.path("env.tar.gz").exists());
}
