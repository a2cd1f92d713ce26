//! `rvenv check`: every fault made for real, found under its code, mended where that is promised,
//! and no fault found where there is none.

mod activation;
mod base;
mod configuration;
mod damage;
mod false_alarms;
pub(crate) mod healthy;
mod hints;
mod ignored;
mod leftovers;
mod memory;
mod own;
mod packages;
mod permissions;
mod pip;
mod place;
mod project;
mod relocatable;
mod replaced;
mod scripts;
mod session;
mod sharing;
mod steps;
mod upgrade;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::sandbox::{Ran, Sandbox, real_pythons};

/// A sandbox with an environment at `project/.venv`.
struct Fixture {
    sandbox: Sandbox,
    python: PathBuf,
}

impl Fixture {
    /// With an environment of rvenv's, without pip, of the newest `CPython`.
    fn new() -> Self {
        let fixture = Self { sandbox: Sandbox::new(), python: cpythons().remove(0).path };
        fixture.create(&[]);
        fixture
    }

    /// With pip.
    fn with_pip() -> Self {
        let fixture = Self { sandbox: Sandbox::new(), python: cpythons().remove(0).path };
        let mut command = fixture.sandbox.rvenv();
        Ran::of(command.args(["create", "-p"]).arg(&fixture.python)).ok();
        fixture
    }

    /// Active, as far as variables tell.
    fn active() -> Self {
        let mut fixture = Self::new();
        let env = fixture.env();
        fixture.activate(&env);
        fixture
    }

    /// `rvenv create --without-pip ARGS...`
    fn create(&self, args: &[&str]) {
        let mut command = self.sandbox.rvenv();
        command.args(["create", "--without-pip", "-p"]).arg(&self.python).args(args);
        Ran::of(&mut command).ok();
    }

    fn env(&self) -> PathBuf {
        self.sandbox.project().join(".venv")
    }

    fn bin(&self, name: &str) -> PathBuf {
        self.env().join("bin").join(name)
    }

    fn site(&self) -> PathBuf {
        site(&self.env())
    }

    /// Sets the variables of an activation of `root`.
    fn activate(&mut self, root: &Path) -> &mut Self {
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", root.join("bin").display());
        self.sandbox.set("VIRTUAL_ENV", root).set("PATH", path);
        self
    }

    /// `rvenv check ARGS... --json`, which has to end with 0 or 1 as the report says.
    #[track_caller]
    fn check(&self, args: &[&str]) -> Report {
        let ran = self.sandbox.run(["check", "--json"].iter().chain(args));
        let json: Value = serde_json::from_str(&ran.stdout)
            .unwrap_or_else(|error| panic!("no report ({error}): {ran:#?}"));
        let healthy = json["healthy"].as_bool().expect("`healthy`");
        ran.code(i32::from(!healthy));
        Report(json)
    }

    /// The codes of the environment's findings, whether it is active or not.
    #[track_caller]
    fn faults(&self) -> Vec<String> {
        self.check(&[".venv"]).codes().into_iter().map(str::to_owned).collect()
    }

    /// Asserts that this is what is wrong, that a dry run changes nothing, and that `--fix` leaves
    /// an environment that is healthy and whose Python runs.
    #[track_caller]
    fn is_free_of(&self, codes: &[&str]) -> &Self {
        assert_eq!(self.faults(), codes, "{:#?}", self.check(&[".venv"]));
        let told = self.check(&[".venv", "--fix", "--dry-run"]).steps();
        assert!(!told.is_empty());
        assert_eq!(self.faults(), codes, "a dry run changed something");
        let report = self.check(&[".venv", "--fix"]);
        assert_eq!(report.is_healthy().codes(), [""; 0]);
        assert!(report.steps().starts_with(&told), "{told:#?}\n{report:#?}");
        self.runs("import sys; assert sys.prefix != sys.base_prefix");
        assert!(!self.env().join(".rvenv").exists());
        self
    }

    /// Runs a program with the environment's Python.
    #[track_caller]
    fn runs(&self, program: &str) -> String {
        let mut python = self.sandbox.command(self.bin("python"));
        Ran::of(python.args(["-I", "-c", program])).ok().stdout
    }

    /// `pip ARGS...`, without a network.
    #[track_caller]
    fn pip(&self, args: &[&str]) -> Ran {
        let mut python = self.sandbox.command(self.bin("python"));
        let quiet = ["-m", "pip", "--disable-pip-version-check", "--quiet"];
        Ran::of(python.args(quiet).args(args).env("PIP_NO_INDEX", "1"))
    }

    /// Installs a package with one module and one command, as an installer would.
    fn install(&self, name: &str, version: &str) -> &Self {
        Package::new(name, version).install(&self.env());
        self
    }
}

/// A report as a program reads it.
#[derive(Debug)]
struct Report(Value);

impl Report {
    fn findings(&self) -> &Vec<Value> {
        self.0["findings"].as_array().expect("`findings`")
    }

    /// The codes of all findings, in their order.
    fn codes(&self) -> Vec<&str> {
        self.findings().iter().filter_map(|finding| finding["code"].as_str()).collect()
    }

    /// The steps that were or would be taken.
    fn steps(&self) -> Vec<String> {
        let steps = self.0["steps"].as_array().expect("`steps`");
        steps.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    #[track_caller]
    fn finds(&self, code: &str) -> &Value {
        let found = self.findings().iter().find(|finding| finding["code"] == code);
        found.unwrap_or_else(|| panic!("no `{code}`: {self:#?}"))
    }

    /// The command that a finding names.
    #[track_caller]
    fn command(&self, code: &str) -> String {
        let words = self.finds(code)["fix"]["command"].as_array().expect("a command");
        words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    fn is_healthy(&self) -> &Self {
        assert_eq!(self.0["healthy"], true, "{self:#?}");
        self
    }
}

/// A real `CPython`.
#[derive(Clone, Debug)]
struct CPython {
    path: PathBuf,
    /// `3.12`
    minor: String,
    /// `3.12.1`
    version: String,
    prefix: PathBuf,
    stdlib: PathBuf,
}

/// Every `CPython` of this machine, the newest first.
fn cpythons() -> Vec<CPython> {
    static FOUND: OnceLock<Vec<CPython>> = OnceLock::new();
    FOUND.get_or_init(search_cpythons).clone()
}

fn search_cpythons() -> Vec<CPython> {
    let tell = "import sys, os; v = sys.version_info; \
        print(sys.implementation.name, '%d.%d' % v[:2], '%d.%d.%d' % v[:3], sys.base_prefix, \
        os.path.dirname(os.__file__), sep='\\n')";
    let mut found = Vec::new();
    for path in real_pythons() {
        let output = Ran::of(Command::new(&path).args(["-I", "-c", tell])).ok().stdout;
        let mut lines = output.lines().map(str::to_owned);
        if lines.next().is_some_and(|name| name == "cpython") {
            let mut line = || lines.next().expect("a line");
            let (minor, version) = (line(), line());
            found.push(CPython {
                path,
                minor,
                version,
                prefix: line().into(),
                stdlib: line().into(),
            });
        }
    }
    let number = |version: &str| -> Vec<u32> {
        version.split('.').map(|n| n.parse().expect("a number")).collect()
    };
    found.sort_by_key(|python| std::cmp::Reverse(number(&python.version)));
    found
}

/// An installation in the sandbox: an interpreter of its own, the library linked.
fn installation(of: &CPython, prefix: &Path) {
    let name = format!("python{}", of.minor);
    fs::create_dir_all(prefix.join("bin")).unwrap();
    fs::create_dir_all(prefix.join("lib")).unwrap();
    let real = rvenv::support::path::canonicalize(&of.path).unwrap();
    fs::copy(real, prefix.join("bin").join(&name)).unwrap();
    symlink(&name, prefix.join("bin/python3")).unwrap();
    symlink(&of.stdlib, prefix.join("lib").join(&name)).unwrap();
    // With `--enable-shared`, the interpreter is in a shared library.
    for entry in fs::read_dir(of.prefix.join("lib")).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with("libpython") {
            symlink(entry.path(), prefix.join("lib").join(entry.file_name())).unwrap();
        }
    }
}

/// An environment's `site-packages`.
fn site(env: &Path) -> PathBuf {
    let mut libs = fs::read_dir(env.join("lib")).unwrap().flatten();
    libs.next().expect("a library").path().join("site-packages")
}

/// A distribution to install without an installer.
struct Package<'a> {
    name: &'a str,
    version: &'a str,
    tag: &'a str,
}

impl<'a> Package<'a> {
    fn new(name: &'a str, version: &'a str) -> Self {
        Self { name, version, tag: "py3-none-any" }
    }

    fn dist_info(&self) -> String {
        format!("{}-{}.dist-info", self.name, self.version)
    }

    /// Puts a module, a command, and the metadata of both where an installer puts them.
    fn install(&self, env: &Path) {
        let Self { name, version, tag } = self;
        let site = site(env);
        let dist_info = self.dist_info();
        fs::create_dir_all(site.join(&dist_info)).unwrap();
        let body = format!("import {name}\nprint({name}.VERSION)\n");
        let script = first_line(&env.join("bin/python")) + &body;
        let files = [
            (format!("{name}.py"), format!("VERSION = '{version}'\n")),
            (
                format!("{dist_info}/METADATA"),
                format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"),
            ),
            (
                format!("{dist_info}/WHEEL"),
                format!("Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n"),
            ),
            (format!("{dist_info}/INSTALLER"), "pip\n".to_owned()),
            (format!("../../../bin/{name}"), script),
        ];
        let mut record = String::new();
        for (path, text) in &files {
            fs::write(site.join(path), text).unwrap();
            record += &format!("{path},{},{}\n", hash(text.as_bytes()), text.len());
        }
        fs::set_permissions(env.join("bin").join(name), fs::Permissions::from_mode(0o755)).unwrap();
        record += &format!("{dist_info}/RECORD,,\n");
        fs::write(site.join(&dist_info).join("RECORD"), record).unwrap();
    }
}

/// The shebang line of an installer's script.
fn first_line(python: &Path) -> String {
    let python = python.display().to_string();
    if python.contains(' ') {
        format!("#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n")
    } else {
        format!("#!{python}\n")
    }
}

/// Has another Python run a script.
fn set_first_line(script: &Path, python: &Path) {
    let text = fs::read_to_string(script).unwrap();
    let (_, body) = text.split_once('\n').unwrap();
    fs::write(script, first_line(python) + body).unwrap();
}

/// A hash as RECORD has it.
fn hash(bytes: &[u8]) -> String {
    use base64::Engine;
    use sha2::{Digest, Sha256};
    let engine = base64::prelude::BASE64_URL_SAFE_NO_PAD;
    format!("sha256={}", engine.encode(Sha256::digest(bytes)))
}

fn append(path: &Path, text: &str) {
    let old = fs::read_to_string(path).unwrap();
    fs::write(path, old + text).unwrap();
}

/// Replaces text in a file, which has to be there.
#[track_caller]
fn edit(path: &Path, old: &str, new: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(old), "no `{old}` in {text}");
    fs::write(path, text.replace(old, new)).unwrap();
}
