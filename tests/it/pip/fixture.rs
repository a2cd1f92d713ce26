//! Environments with a pip that the library placed, without the rest of `create`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use rvenv::python;
use rvenv::python::Interpreter;
use rvenv::seed;
use rvenv::seed::{Event, Options, Seed, Target};
use rvenv::support::cache::Cache;
use rvenv::venv::{Content, Entry};
use rvenv::{Error, Host};

use crate::sandbox::{Ran, Sandbox, real_pythons};

/// The facts about a real Python.
pub(crate) fn interpreter(sandbox: &Sandbox, python: &Path) -> Interpreter {
    python::probe(python, &host(sandbox)).expect("the facts about a Python")
}

/// A Python that carries pip and no setuptools, where there is one.
pub(crate) fn modern(sandbox: &Sandbox) -> Interpreter {
    static FOUND: OnceLock<Interpreter> = OnceLock::new();
    let find = || {
        let probed = real_pythons().into_iter().map(|python| interpreter(sandbox, &python));
        let carries_pip =
            |python: &Interpreter| python.wheels.iter().any(|wheel| wheel.project == "pip");
        probed
            .filter(carries_pip)
            .max_by_key(|python| (python.wheels.len() == 1, python.version))
            .expect("a Python with a bundled pip")
    };
    FOUND.get_or_init(find).clone()
}

/// The host of a sandbox, as the library sees it.
pub(crate) fn host(sandbox: &Sandbox) -> Host {
    host_with(sandbox, &[])
}

/// [`host`] with more variables.
pub(crate) fn host_with(sandbox: &Sandbox, vars: &[(&str, &str)]) -> Host {
    let root = sandbox.root();
    let own = [
        ("HOME", root.join("home").into_os_string()),
        ("RVENV_CACHE_DIR", root.join("cache").into_os_string()),
        ("PATH", "/usr/bin:/bin".into()),
    ];
    let vars = vars.iter().map(|(name, value)| (*name, value.into()));
    Host::new(own.into_iter().chain(vars), sandbox.project())
}

/// [`seed::prepare`] on a host and with its cache, with the events that it told.
pub(crate) fn prepare_on(
    host: &Host,
    python: &Interpreter,
    options: &Options,
) -> Result<(Seed, Vec<Event>), Error> {
    let mut events = Vec::new();
    let seed =
        seed::prepare(python, options, &Cache::of(host), host, &mut |event| events.push(event))?;
    Ok((seed, events))
}

/// [`seed::prepare`] in a sandbox, with the events that it told.
pub(crate) fn prepare(
    sandbox: &Sandbox,
    python: &Interpreter,
    options: &Options,
) -> Result<(Seed, Vec<Event>), Error> {
    prepare_on(&host(sandbox), python, options)
}

/// An environment at `root` with what `seed` places.
pub(crate) fn place(seed: &Seed, python: &Interpreter, root: &Path) {
    let mut venv = Command::new(&python.executable);
    Ran::of(venv.args(["-m", "venv", "--without-pip"]).arg(root)).ok();
    // The scripts name the Python that ensurepip would have run by.
    let name = python.executable.file_name().expect("a name").to_string_lossy();
    let target = Target { root, interpreter: python, python: &name, relocatable: false };
    apply(root, &seed.entries(&target));
}

/// Makes entries, as `create` does.
pub(crate) fn apply(root: &Path, entries: &[Entry]) {
    for Entry { path, content } in entries {
        let path = root.join(path);
        match content {
            Content::Directory | Content::Tree(_) => {
                fs::create_dir(&path).expect("a new directory")
            }
            Content::Link(_) | Content::Copy(_) => panic!("pip has none: {}", path.display()),
            Content::Share(shared) => fs::hard_link(shared, &path).expect("a link to the image"),
            Content::Text(text) => fs::write(&path, text).expect("a file"),
            Content::Script(text) => {
                fs::write(&path, text).expect("a script");
                make_executable(&path);
            }
        }
    }
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("an executable script");
}

/// Every file below `root`, relative, sorted.
pub(crate) fn tree(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![root.to_owned()];
    while let Some(dir) = todo.pop() {
        for entry in fs::read_dir(&dir).expect("a directory").flatten() {
            let path = entry.path();
            if entry.file_type().expect("a type").is_dir() {
                todo.push(path);
            } else {
                found.push(path.strip_prefix(root).expect("a path below").to_owned());
            }
        }
    }
    found.sort();
    found
}

/// Asserts that `pip check` finds no conflict in the environment `root`.
pub(crate) fn assert_pip_check(sandbox: &Sandbox, root: &Path) {
    let mut check = sandbox.command(root.join("bin/python"));
    let check = Ran::of(check.args(["-I", "-m", "pip", "check"]));
    // PyPy 8 contains a cffi whose metadata requires a project that PyPy does not contain.
    let is_of_pypy = |line: &str| line.starts_with("cffi ") && line.contains("pycparser");
    let is_known = !check.stdout.is_empty() && check.stdout.lines().all(is_of_pypy);
    let passed = check.code == Some(0) || is_known;
    assert!(passed && check.stderr.is_empty(), "{check:?}");
}
