//! The files of pip in an environment.

use std::fs;
use std::path::Path;
use std::process::Command;

use rvenv::python::Interpreter;
use rvenv::seed::{Layout, Options};

use super::fixture::{self, interpreter, prepare};
use crate::sandbox::{Ran, Sandbox, for_each_python, output, skip_unless_required};

fn site(root: &Path, python: &Interpreter) -> std::path::PathBuf {
    root.join(&python.scheme.purelib)
}

/// A stdlib environment with pip, where this Python can make one.
fn stdlib_env(python: &Interpreter, root: &Path) -> bool {
    output(Command::new(&python.executable).args(["-m", "venv"]).arg(root)).status.success()
}

for_each_python!(the_files_layout_is_what_ensurepip_installs);

fn the_files_layout_is_what_ensurepip_installs(python: &Path) {
    let sandbox = Sandbox::new();
    sandbox.add_images(python, "files");
    let python = interpreter(&sandbox, python);
    let (ours, theirs) = (sandbox.root().join("env"), sandbox.root().join("std"));
    // Both in the same place, one after the other: scripts hold the environment's path.
    if !stdlib_env(&python, &ours) {
        let python = python.executable.display();
        skip_unless_required(
            "RVENV_REQUIRE_SHELLS",
            &format!("`venv` of {python} makes no environment with pip"),
        );
        return;
    }
    fs::rename(&ours, &theirs).expect("out of the way");
    let options = Options { layout: Layout::Files, ..Options::default() };
    let (seed, _) = prepare(&sandbox, &python, &options).expect("a seed");
    fixture::place(&seed, &python, &ours);
    assert_eq!(
        fixture::tree(&site(&ours, &python)),
        fixture::tree(&site(&theirs, &python)),
        "{python:?}"
    );
    for file in fixture::tree(&site(&theirs, &python)) {
        if file.extension().is_some_and(|extension| extension == "pyc") {
            continue;
        }
        let read = |root| fs::read(site(root, &python).join(&file)).expect("a file");
        assert!(read(&ours) == read(&theirs), "{file:?} of {python:?}");
    }
    for command in fs::read_dir(theirs.join("bin")).expect("commands").flatten() {
        if command.file_name().to_string_lossy().starts_with("pip") {
            let read = |root: &Path| {
                fs::read_to_string(root.join("bin").join(command.file_name())).unwrap()
            };
            assert_eq!(read(&ours), read(&theirs), "{python:?}");
        }
    }
}

for_each_python!(pip_starts_in_both_layouts);

fn pip_starts_in_both_layouts(python: &Path) {
    for layout in [Layout::Archive, Layout::Files] {
        let sandbox = Sandbox::new();
        sandbox.add_images(python, layout.name());
        let python = interpreter(&sandbox, python);
        let root = sandbox.root().join("env");
        let options = Options { layout, ..Options::default() };
        let (seed, _) = match prepare(&sandbox, &python, &options) {
            Ok(prepared) => prepared,
            Err(error) => panic!("{}: {error:?}", python.executable.display()),
        };
        fixture::place(&seed, &python, &root);
        let ran = Ran::of(sandbox.command(root.join("bin/pip")).arg("--version")).ok();
        let version = format!("pip {} from {}", seed.pip_version(), root.display());
        assert!(ran.stdout.starts_with(&version), "{ran:?}");
        assert_eq!(ran.stderr, "");
        let script = |name: &str| fs::read_to_string(root.join("bin").join(name)).expect(name);
        for name in ["pip3", &format!("pip{}", python.version.short())] {
            assert_eq!(script(name), script("pip"), "{python:?}");
        }
        let listed =
            Ran::of(sandbox.command(root.join("bin/pip")).args(["list", "--format=freeze"])).ok();
        assert!(listed.stdout.contains(&format!("pip=={}", seed.pip_version())), "{listed:?}");
        fixture::assert_pip_check(&sandbox, &root);
    }
}

/// As `PyInstaller` does it: by the entry point, the hook in its directory, and the path that this adds.
#[test]
fn a_hook_tells_pyinstaller_where_the_modules_of_pip_are() {
    let sandbox = Sandbox::new();
    let program = "import importlib.metadata, os, runpy, zipimport
points = importlib.metadata.distribution('pip').entry_points
[directory] = next(it for it in points if it.group == 'pyinstaller40').load()()
hook = runpy.run_path(os.path.join(directory, 'pre_safe_import_module', 'hook-pip.py'))
class Api:
    def append_package_path(self, path):
        print(zipimport.zipimporter(path).is_package('_internal'))
hook['pre_safe_import_module'](Api())";
    Ran::of(sandbox.rvenv().arg("create")).ok();
    let mut python = sandbox.command(sandbox.project().join(".venv/bin/python"));
    assert_eq!(Ran::of(python.args(["-I", "-c", program])).ok().stdout, "True\n");
}

#[test]
fn a_project_and_a_variable_set_the_layout() {
    let mut sandbox = Sandbox::new();
    let python = fixture::modern(&sandbox);
    for layout in ["files", "archive"] {
        sandbox.add_images(&python.executable, layout);
    }
    sandbox.write("pyproject.toml", "[tool.rvenv]\npip-layout = 'files'\n");
    let created = |sandbox: &Sandbox, name: &str, flags: &[&str]| {
        let mut create = sandbox.rvenv();
        Ran::of(create.args(["create", name, "-p"]).arg(&python.executable).args(flags)).ok();
        let pip = site(&sandbox.project().join(name), &python).join("pip");
        [pip.join("_internal/__init__.py").is_file(), pip.join("_pip.zip").is_file()]
    };
    assert_eq!(created(&sandbox, "a", &[]), [true, false]);
    sandbox.set("RVENV_PIP_LAYOUT", "archive");
    assert_eq!(created(&sandbox, "b", &[]), [false, true]);
    assert_eq!(created(&sandbox, "c", &["--pip-layout", "files"]), [true, false]);
}
