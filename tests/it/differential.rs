//! The same environment made by a Python's own `venv` and by rvenv, compared in all that can be
//! observed from outside.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use walkdir::WalkDir;

use crate::sandbox::{Ran, Sandbox, for_each_python, output};

/// Where rvenv does otherwise than stdlib's `venv`, on purpose. The README lists the same.
mod permitted {
    /// What only rvenv's environments have: a tag for backups, the `.gitignore` for every version
    /// of Python (stdlib: from 3.13 on), scripts for more shells.
    pub(super) const EXTRA: [&str; 6] = [
        "CACHEDIR.TAG",
        ".gitignore",
        "bin/activate.elv",
        "bin/activate.nu",
        "bin/activate.xsh",
        "bin/activate_this.py",
    ];

    /// The one key of `pyvenv.cfg` with another value: it says who made the environment.
    pub(super) const KEY: &str = "command";

    /// Debian's `PyPy` leaves the wheels that it seeded from in the environment.
    pub(super) const LEFT_BEHIND: &str = "share";
}

/// What a Python says of itself, with the environment's directory taken out.
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
    text.lines().map(str::to_owned).filter(|line| !line.starts_with(permitted::KEY)).collect()
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

#[test]
fn the_extra_scripts_are_all_there() {
    let sandbox = Sandbox::new();
    sandbox.run(["create", "--without-pip"]).ok();
    let made: BTreeSet<String> = layout(&sandbox.project().join(".venv")).into_keys().collect();
    for path in permitted::EXTRA {
        assert!(made.contains(path), "{path} is missing in {made:?}");
    }
}
