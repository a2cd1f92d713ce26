//! Unusual Pythons, derived in seconds from one that is installed: each differs from it where Pythons of
//! distributions and of users differ.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::sandbox::{Ran, Sandbox, copy_program, known_python, real_pythons, skip};

/// `X.Y` of the Python at `python`, `TREE/bin/python3`, by the name of its library.
fn short(python: &Path) -> String {
    let lib = python.ancestors().nth(2).unwrap().join("lib");
    let names = fs::read_dir(lib).unwrap().flatten().map(|entry| entry.file_name());
    let names: Vec<_> = names.filter_map(|name| name.into_string().ok()).collect();
    names
        .iter()
        .find_map(|name| name.strip_prefix("python3."))
        .map(|minor| format!("3.{minor}"))
        .unwrap()
}

/// Makes a build directory of the source's tree at `to`, as `make` leaves it, and returns its executable.
/// The interpreter finds the source by its compiled-in `VPATH`, which is the directory itself.
pub(crate) fn build_directory(python: &Path, to: &Path) -> PathBuf {
    let short = short(python);
    let library = python.ancestors().nth(2).unwrap().join("lib").join(format!("python{short}"));
    fs::create_dir_all(to.join("build/lib.any")).unwrap();
    fs::create_dir_all(to.join("Lib")).unwrap();
    fs::create_dir_all(to.join("Modules")).unwrap();
    fs::write(to.join("Modules/Setup.local"), "").unwrap();
    for entry in fs::read_dir(&library).unwrap().flatten() {
        let name = entry.file_name();
        let name = name.to_str().unwrap();
        if name == "site-packages" {
            continue;
        }
        let is_built = name.starts_with("_sysconfigdata");
        let dir = if is_built { "build/lib.any" } else { "Lib" };
        symlink(entry.path(), to.join(dir).join(name)).unwrap();
    }
    for entry in fs::read_dir(library.join("lib-dynload")).unwrap().flatten() {
        symlink(entry.path(), to.join("build/lib.any").join(entry.file_name())).unwrap();
    }
    fs::write(to.join("pybuilddir.txt"), "build/lib.any").unwrap();
    let executable = to.join("python");
    copy_program(python, &executable);
    executable
}

/// Makes an installation at `to` with a copy of the executable of `python` and links to its library, which
/// has a `site-packages` of its own. Returns `bin/pythonX.Y`; `bin/python3` links to it.
fn tree(python: &Path, to: &Path) -> PathBuf {
    let short = short(python);
    let from = python.ancestors().nth(2).unwrap();
    let library = format!("lib/python{short}");
    for dir in ["bin", "include", &library, &format!("{library}/site-packages")] {
        fs::create_dir_all(to.join(dir)).unwrap();
    }
    for entry in fs::read_dir(from.join(&library)).unwrap().flatten() {
        if entry.file_name() != "site-packages" {
            symlink(entry.path(), to.join(&library).join(entry.file_name())).unwrap();
        }
    }
    symlink(from.join(format!("include/python{short}")), to.join(format!("include/python{short}")))
        .unwrap();
    let executable = to.join(format!("bin/python{short}"));
    copy_program(&fs::canonicalize(python).unwrap(), &executable);
    symlink(format!("python{short}"), to.join("bin/python3")).unwrap();
    executable
}

/// [`tree`] whose `sys.platlibdir` is `name`, by a start-up file.
fn with_platlibdir(python: &Path, to: &Path, name: &str) -> PathBuf {
    let executable = tree(python, to);
    symlink("lib", to.join(name)).unwrap();
    let site = to.join(format!("lib/python{}/site-packages", short(python)));
    fs::write(site.join("sitecustomize.py"), format!("import sys\nsys.platlibdir = {name:?}\n"))
        .unwrap();
    executable.with_file_name("python3")
}

/// [`tree`] without the names that `make altinstall` does not make.
fn altinstall(python: &Path, to: &Path) -> PathBuf {
    let executable = tree(python, to);
    fs::remove_file(to.join("bin/python3")).unwrap();
    executable
}

/// [`tree`] that was moved after it was made, and is reached through a link to its directory.
fn moved(python: &Path, to: &Path) -> PathBuf {
    tree(python, &to.join("before"));
    fs::rename(to.join("before"), to.join("after")).unwrap();
    symlink("after", to.join("link")).unwrap();
    to.join("link/bin/python3")
}

/// [`tree`] in the directories of a framework of macOS.
fn framework(python: &Path, to: &Path) -> PathBuf {
    let versions = to.join("Python.framework/Versions");
    tree(python, &versions.join(short(python)));
    symlink(short(python), versions.join("Current")).unwrap();
    versions.join("Current/bin/python3")
}

/// [`tree`] whose pure library is an archive; `os.py` remains, by which CPython finds it.
fn zipped(python: &Path, to: &Path) -> PathBuf {
    let executable = tree(python, to);
    let short = short(python);
    let library = to.join(format!("lib/python{short}"));
    let archive = to.join(format!("lib/python{}.zip", short.replace('.', "")));
    let script = r"
import os, py_compile, sys, zipfile
library, archive = sys.argv[1:]
def write(file, path, name):
    # Bytecode instead of source, as in the archive of an embeddable Python: it starts much faster.
    if name.endswith('.py'):
        py_compile.compile(path, archive + 'c', name, doraise=True)
        path, name = archive + 'c', name + 'c'
    file.write(path, name)
keep = ('os.py', 'lib-dynload', 'site-packages', 'ensurepip', 'venv', 'test', '__pycache__')
with zipfile.ZipFile(archive, 'w') as file:
    for name in sorted(os.listdir(library)):
        path = os.path.join(library, name)
        if name in keep or name.startswith('_sysconfigdata') or name.startswith('config-'):
            continue
        if os.path.isdir(path):
            for root, dirs, names in os.walk(path, followlinks=True):
                dirs[:] = [d for d in dirs if d not in ('__pycache__', 'test', 'tests')]
                for each in names:
                    whole = os.path.join(root, each)
                    write(file, whole, os.path.relpath(whole, library))
        else:
            write(file, path, name)
        os.unlink(path)
";
    let made = Command::new(python).args(["-I", "-c", script]).args([&library, &archive]).status();
    assert!(made.unwrap().success());
    executable.with_file_name("python3")
}

/// Paths and version of an environment's Python, without the environment's directory.
const OBSERVE: &str = r"
import json, site, sys, sysconfig
seen = {'prefix': sys.prefix, 'base_prefix': sys.base_prefix, 'path': sys.path, 'version': sys.version,
        'paths': sysconfig.get_paths(), 'site': site.getsitepackages()}
print(json.dumps(seen, sort_keys=True).replace(sys.argv[1], 'ROOT'))
";

fn observe(sandbox: &Sandbox, env: &Path) -> String {
    let python = env.join("bin/python");
    Ran::of(sandbox.command(python).args(["-c", OBSERVE]).arg(env)).ok().stdout
}

/// The entries of an environment's root and the targets of its links, without what only rvenv makes.
fn entries(env: &Path) -> Vec<String> {
    let mut entries: Vec<_> = fs::read_dir(env)
        .unwrap()
        .flatten()
        .filter(|entry| {
            !["CACHEDIR.TAG", ".gitignore"].iter().any(|name| entry.file_name() == *name)
        })
        .map(|entry| match fs::read_link(entry.path()) {
            Ok(target) => format!("{} -> {}", entry.file_name().display(), target.display()),
            Err(_) => entry.file_name().into_string().unwrap(),
        })
        .collect();
    entries.sort();
    entries
}

/// Writes a wheel with one module, and returns its path.
fn wheel(sandbox: &Sandbox, python: &Path) -> PathBuf {
    let path = sandbox.root().join("creature-1.0-py3-none-any.whl");
    let script = r"
import sys, zipfile
info = 'creature-1.0.dist-info/'
files = {'creature.py': '', info + 'METADATA': 'Metadata-Version: 2.1\nName: creature\nVersion: 1.0\n',
         info + 'WHEEL': 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n'}
files[info + 'RECORD'] = ''.join(name + ',,\n' for name in [*files, info + 'RECORD'])
with zipfile.ZipFile(sys.argv[1], 'w') as file:
    for name, text in files.items():
        file.writestr(name, text)
";
    Ran::of(sandbox.command(python).args(["-I", "-c", script]).arg(&path)).ok();
    path
}

/// Takes one unusual Python through the commands. `derive` makes it below a directory.
fn through_everything(minor: &str, derive: fn(&Path, &Path) -> PathBuf) {
    let Some(python) = known_python(minor) else { return };
    let sandbox = Sandbox::new();
    let unusual = derive(&python, &sandbox.root().join("zoo"));
    accompany(&sandbox, &python, &unusual);
}

/// Takes the Python `unusual` through the commands. `python` is any other one.
fn accompany(sandbox: &Sandbox, python: &Path, unusual: &Path) {
    let unusual = unusual.to_str().unwrap();
    let project = sandbox.project();
    let run = |args: &[&str]| sandbox.run(args).ok();

    // The same as what its own `venv` makes.
    let own = sandbox.root().join("own/.venv");
    fs::create_dir_all(own.parent().unwrap()).unwrap();
    Ran::of(sandbox.command(unusual).args(["-m", "venv", "--without-pip"]).arg(&own)).ok();
    run(&["create", "-p", unusual, "--without-pip"]);
    let env = project.join(".venv");
    assert_eq!(observe(sandbox, &env), observe(sandbox, &own));
    assert_eq!(entries(&env), entries(&own));

    // Each mode has a sound environment, with pip.
    let modes: [&[&str]; 4] =
        [&["a"], &["b", "--copies"], &["c", "--relocatable"], &["d", "--pip-layout", "files"]];
    for mode in modes {
        let env = project.join(mode[0]);
        run(&[&["create", "-p", unusual, "--offline"], mode].concat());
        run(&["check", env.to_str().unwrap()]);
        Ran::of(sandbox.command(env.join("bin/python")).args(["-m", "pip", "--version"])).ok();
    }
    fs::create_dir(project.join("here")).unwrap();
    Ran::of(
        sandbox
            .rvenv()
            .args(["create", "-p", unusual, "--without-pip", "."])
            .current_dir(project.join("here")),
    )
    .ok();
    run(&["check", "here"]);

    // The environment of stdlib's `venv` is upgraded; a package is installed, and a lost interpreter is restored.
    run(&["create", "--upgrade", "-p", unusual, "--without-pip", own.to_str().unwrap()]);
    let wheel = wheel(sandbox, python);
    run(&["install", "--env", "a", "--no-index", wheel.to_str().unwrap()]);
    let import = ["-c", "import creature"];
    Ran::of(sandbox.command(project.join("a/bin/python")).args(import)).ok();
    for entry in fs::read_dir(project.join("a/bin")).unwrap().flatten() {
        if entry.file_name().to_str().unwrap().starts_with("python") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    sandbox.run(["check", "--fix", "a"]);
    Ran::of(sandbox.command(project.join("a/bin/python")).args(import)).ok();
    let activated = "eval \"$($RVENV activate --shell bash a)\" && python -c 'import creature, sys; print(sys.prefix)'";
    let rvenv = sandbox.rvenv().get_program().to_owned();
    let shown = Ran::of(sandbox.command("bash").args(["-c", activated]).env("RVENV", rvenv)).ok();
    assert_eq!(shown.stdout.trim(), project.join("a").to_str().unwrap());
}

#[test]
fn platlibdir_is_lib64() {
    through_everything("3.12", |python, to| with_platlibdir(python, to, "lib64"));
}

#[test]
fn platlibdir_is_lib64_before_the_venv_scheme() {
    through_everything("3.9", |python, to| with_platlibdir(python, to, "lib64"));
}

/// A real build, which `.ci/long` makes.
#[test]
fn built_from_source() {
    let Some(unusual) = std::env::var_os("RVENV_TEST_BUILT_PYTHON").map(PathBuf::from) else {
        skip("RVENV_TEST_BUILT_PYTHON names no Python");
        return;
    };
    let sandbox = Sandbox::new();
    accompany(&sandbox, &real_pythons()[0], &unusual);
    pack_and_start(&sandbox, &unusual);
}

/// Packs the environment `a` with and without its Python, and starts it in another directory.
fn pack_and_start(sandbox: &Sandbox, unusual: &Path) {
    sandbox.run(["check", "--deep", "a"]).ok();
    for options in [&["--with-python"][..], &[]] {
        sandbox.run([&["pack", "a", "--force", "-o", "a.tar.gz"], options].concat()).ok();
        let to = sandbox.project().join("there");
        let _ = fs::remove_dir_all(&to);
        fs::create_dir(&to).unwrap();
        Ran::of(sandbox.command("tar").args(["xzf", "a.tar.gz", "-C", "there"])).ok();
        let prefix = ["-c", "import creature, sys; print(sys.prefix)"];
        let mut start = sandbox.command(to.join("bin/python"));
        let ran = Ran::of(start.args(prefix).env("RVENV_PACK_PYTHON", unusual)).ok();
        assert_eq!(ran.stdout.trim(), to.to_str().unwrap(), "{options:?}");
    }
    let unpack = ["unpack", "a.tar.gz", "unpacked"];
    Ran::of(sandbox.rvenv().args(unpack).env("RVENV_PACK_PYTHON", unusual)).ok();
    sandbox.run(["check", "unpacked"]).ok();
}

#[test]
fn platlibdir_is_a_third_name() {
    through_everything("3.13", |python, to| with_platlibdir(python, to, "libn32"));
}

#[test]
fn installed_by_altinstall() {
    through_everything("3.12", altinstall);
}

#[test]
fn moved_and_linked() {
    through_everything("3.11", moved);
}

#[test]
fn in_a_framework() {
    through_everything("3.13", framework);
}

#[test]
fn with_a_zipped_library() {
    through_everything("3.12", zipped);
}

#[test]
fn in_a_build_directory() {
    through_everything("3.12", build_directory);
}
