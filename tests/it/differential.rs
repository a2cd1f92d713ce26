//! The same environment made by a Python's own `venv` and by rvenv, compared in all that can be
//! observed from outside.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use walkdir::WalkDir;

use crate::sandbox::{Ran, Sandbox, copy_program, for_each_python, output, runs_long_variants};

/// The intended differences from stdlib's `venv`. `rvenv help create` lists the same.
mod permitted {
    /// Entries that only rvenv's environments have: a tag for backups, the `.gitignore` for every version
    /// of Python (stdlib: from 3.13 on), scripts for more shells.
    pub(super) const EXTRA: [&str; 6] = [
        "CACHEDIR.TAG",
        ".gitignore",
        "bin/activate.elv",
        "bin/activate.nu",
        "bin/activate.xsh",
        "bin/activate_this.py",
    ];

    /// The keys of `pyvenv.cfg` that name the creator: one with another value, one that only rvenv
    /// writes.
    pub(super) const KEYS: [&str; 2] = ["command = ", "rvenv = "];

    /// Debian's `PyPy` leaves the wheels that it seeded from in the environment.
    pub(super) const LEFT_BEHIND: &str = "share";
}

/// Paths, version and flags of a Python, without the environment's directory.
const OBSERVE: &str = r"
import json, os, site, sys, sysconfig
seen = {
    'prefix': sys.prefix, 'exec_prefix': sys.exec_prefix, 'base_prefix': sys.base_prefix,
    'base_executable': getattr(sys, '_base_executable', None), 'executable': sys.executable,
    'path': sys.path, 'version': sys.version, 'paths': sysconfig.get_paths(),
    'site': site.getsitepackages(), 'user_site': site.ENABLE_USER_SITE, 'flags': str(sys.flags),
}
print(json.dumps(seen, indent=1, sort_keys=True).replace(sys.argv[1], 'ROOT'))
";

/// Every path of an environment outside of `site-packages`, with the target of each link.
fn layout(root: &Path) -> BTreeMap<String, String> {
    let inner = |path: &Path| path.components().any(|part| part.as_os_str() == "__pycache__");
    WalkDir::new(root)
        .min_depth(1)
        .into_iter()
        .filter_entry(|entry| {
            entry.path().parent().is_none_or(|parent| !parent.ends_with("site-packages"))
        })
        .map(|entry| entry.expect("a readable environment"))
        .filter(|entry| !inner(entry.path()))
        .map(|entry| {
            let path = entry
                .path()
                .strip_prefix(root)
                .expect("an inner path")
                .to_string_lossy()
                .into_owned();
            let kind = if entry.path_is_symlink() {
                format!("-> {}", std::fs::read_link(entry.path()).expect("a link").display())
            } else if entry.file_type().is_dir() {
                "directory".into()
            } else {
                "file".into()
            };
            (path, kind)
        })
        .collect()
}

fn configuration(root: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(root.join("pyvenv.cfg")).expect("pyvenv.cfg");
    text.lines()
        .map(str::to_owned)
        .filter(|line| !permitted::KEYS.iter().any(|key| line.starts_with(key)))
        .collect()
}

/// The names of the distributions and of what else stands in `site-packages`.
fn packages(sandbox: &Sandbox, root: &Path) -> String {
    let args = ["-m", "pip", "list", "--format=freeze", "--disable-pip-version-check"];
    Ran::of(sandbox.command(root.join("bin/python")).args(args)).ok().stdout
}

fn observed(sandbox: &Sandbox, root: &Path) -> String {
    let mut command = sandbox.command(root.join("bin/python"));
    Ran::of(command.args(["-c", OBSERVE]).arg(root)).ok().stdout
}

fn is_older_than_3_9(python: &Path) -> bool {
    let script = "import sys; sys.exit(sys.version_info < (3, 9))";
    !output(Command::new(python).args(["-c", script])).status.success()
}

fn compare(python: &Path, flags: &[&str]) {
    let sandbox = Sandbox::new();
    let (theirs, ours) = (sandbox.project().join("theirs"), sandbox.project().join("ours"));
    Ran::of(sandbox.command(python).args(["-m", "venv"]).args(flags).arg(&theirs)).ok();
    Ran::of(sandbox.rvenv().args(["create", "--python"]).arg(python).args(flags).arg(&ours)).ok();

    let (expected, mut actual) = (layout(&theirs), layout(&ours));
    actual.retain(|path, _| {
        expected.contains_key(path) || !permitted::EXTRA.contains(&path.as_str())
    });
    let expected: BTreeMap<_, _> = expected
        .into_iter()
        .filter(|(path, _)| !path.starts_with(permitted::LEFT_BEHIND))
        .collect();
    assert_eq!(actual, expected, "layout, {} {flags:?}", python.display());
    assert_eq!(
        configuration(&ours),
        configuration(&theirs),
        "pyvenv.cfg, {} {flags:?}",
        python.display()
    );
    assert_eq!(
        observed(&sandbox, &ours),
        observed(&sandbox, &theirs),
        "{} {flags:?}",
        python.display()
    );
    if !flags.contains(&"--without-pip") {
        assert_eq!(
            packages(&sandbox, &ours),
            packages(&sandbox, &theirs),
            "pip list, {}",
            python.display()
        );
    }
}

for_each_python!(create_makes_what_the_venv_of_this_python_makes);

fn create_makes_what_the_venv_of_this_python_makes(python: &Path) {
    compare(python, &[]);
}

for_each_python!(flags_mean_what_they_mean_in_the_stdlib_venv);

fn flags_mean_what_they_mean_in_the_stdlib_venv(python: &Path) {
    let all: [&[&str]; 5] = [
        &["--system-site-packages"],
        &["--copies"],
        &["--symlinks"],
        &["--prompt", "it's \"quoted\" \\ 'twice'"],
        &["--prompt", "."],
    ];
    for flags in all {
        // Debian's PyPy then copies all of /usr/lib, or fails when something there is broken.
        if flags.contains(&"--copies") && python.ends_with("pypy3") {
            continue;
        }
        // Only since 3.9 is `.` the current directory's name; rvenv does the same for all.
        if flags.contains(&".") && is_older_than_3_9(python) {
            continue;
        }
        let mut flags = flags.to_vec();
        flags.push("--without-pip");
        compare(python, &flags);
    }
}

for_each_python!(another_platlibdir_gets_what_the_stdlib_venv_makes);

/// Fedora, openSUSE and Gentoo build Python with `--with-platlibdir=lib64`.
fn another_platlibdir_gets_what_the_stdlib_venv_makes(python: &Path) {
    let names: &[&str] =
        if runs_long_variants("the platlibdir `lib32`") { &["lib64", "lib32"] } else { &["lib64"] };
    for name in names {
        let base = tempfile::tempdir().expect("a directory");
        // PyPy's library is found in another way, and no distribution moves it.
        let Some(base) = with_platlibdir(python, name, base.path()) else { return };
        compare(&base, &["--without-pip"]);
        for flag in ["--copies", "--system-site-packages"] {
            compare(&base, &[flag, "--without-pip"]);
        }
        let sandbox = Sandbox::new();
        let python = base.to_str().expect("a path of text");
        sandbox.run(["create", "--relocatable", "--python", python, "moved"]).ok();
        sandbox.run(["create", "--clear", "--python", python, "moved"]).ok();
        Ran::of(sandbox.command(&base).args(["-m", "venv", "--without-pip", "stdlib"])).ok();
        let lib64 = |env: &str| layout(&sandbox.project().join(env)).get("lib64").cloned();
        for env in ["new", "theirs"] {
            let root = sandbox.project().join(env);
            if env == "new" {
                std::fs::create_dir(&root).expect("a directory");
                let mut create = sandbox.rvenv();
                Ran::of(create.args(["create", "--python", python, "."]).current_dir(&root)).ok();
            } else {
                let venv = ["-m", "venv", "--without-pip", env];
                Ran::of(sandbox.command(&base).args(venv)).ok();
            }
            sandbox.run(["create", "--python", python, env]).ok();
            sandbox.run(["create", "--upgrade", "--python", python, env]).ok();
            // A link to `lib` until 3.14, a directory where it is `platlibdir` from 3.15 on.
            assert_eq!(lib64(env), lib64("stdlib"), "{name}, {env}");
            assert!(packages(&sandbox, &root).contains("pip=="), "{name}, {env}");
            sandbox.run(["check", env]).ok();
        }
    }
}

/// Without symbolic links, `lib64` has to be a directory where the interpreter installs into it.
#[cfg(target_os = "linux")]
#[test]
fn without_links_lib64_is_a_directory_of_its_own() {
    if !crate::sandbox::has_strace() {
        return;
    }
    let Some(python) = crate::sandbox::recent_cpython() else { return };
    let temp = tempfile::tempdir().expect("a directory");
    let base = with_platlibdir(&python, "lib64", temp.path()).expect("a CPython");
    let sandbox = Sandbox::new();
    let rvenv = sandbox.rvenv().get_program().to_owned();
    let mut command = sandbox.command("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", "inject=symlink,symlinkat:error=EPERM"]);
    Ran::of(command.arg(rvenv).args(["create", "--python"]).arg(&base).arg("e")).ok();
    let root = sandbox.project().join("e");
    let platlib = "import sysconfig; print(sysconfig.get_path('platlib'))";
    let told = Ran::of(sandbox.command(root.join("bin/python")).args(["-c", platlib])).ok().stdout;
    let platlib = Path::new(told.trim_end());
    assert!(platlib.starts_with(root.join("lib64")) && platlib.is_dir(), "{told}");
    assert!(!root.join("lib64").is_symlink());
    assert!(packages(&sandbox, &root).contains("pip=="));
}

/// A Python like `python` whose `sys.platlibdir` is `name`, in `dir`: it has an executable of its own
/// and its library through links. `None` for one that is not `CPython` on Unix.
fn with_platlibdir(python: &Path, name: &str, dir: &Path) -> Option<PathBuf> {
    let script = "import os, sys; print(os.path.realpath(sys.executable), os.path.dirname(os.__file__), \
                  sys.implementation.name, sep='\\n')";
    let told = Command::new(python).args(["-I", "-c", script]).output().expect("a Python").stdout;
    let told = String::from_utf8(told).expect("text");
    let [executable, library, "cpython"] = told.lines().collect::<Vec<_>>()[..] else {
        return None;
    };
    let (executable, library) = (Path::new(executable), Path::new(library));
    let copy = dir.join("bin").join(executable.file_name()?);
    std::fs::create_dir(dir.join("bin")).expect("a directory");
    copy_program(executable, &copy);
    let own = dir.join("lib").join(library.file_name()?);
    let site = own.join("site-packages");
    std::fs::create_dir_all(&site).expect("a directory");
    for entry in std::fs::read_dir(library).expect("a library").flatten() {
        let name = entry.file_name();
        if !["site-packages", "sitecustomize.py", "__pycache__"].iter().any(|own| name == *own) {
            std::os::unix::fs::symlink(entry.path(), own.join(name)).expect("a link");
        }
    }
    std::os::unix::fs::symlink("lib", dir.join(name)).expect("a link");
    let text = format!("import sys; sys.platlibdir = {name:?}\n");
    std::fs::write(own.join("sitecustomize.py"), text).expect("a file");
    Some(copy)
}

#[test]
fn the_extra_scripts_are_all_there() {
    let sandbox = Sandbox::new();
    sandbox.run(["create", "--without-pip"]).ok();
    let made: BTreeSet<String> = layout(&sandbox.project().join(".venv")).into_keys().collect();
    for path in permitted::EXTRA {
        assert!(made.contains(path), "{path} is missing in {made:?}");
    }
}
