//! A machine of its own for each test: a home, a PATH, and Pythons that are made up.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use rvenv::Host;
use rvenv::python::{Finder, Found, Reason, Request};
use rvenv::support::cache::Cache;
use serde_json::{Value, json};

use crate::sandbox::{Sandbox, copy_program, write_program};

/// A machine. Its PATH has one directory, `bin`.
pub(crate) struct Fixture {
    sandbox: Sandbox,
    cwd: PathBuf,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let sandbox = Sandbox::new();
        let mut fixture = Self { cwd: sandbox.root().join("home/project"), sandbox };
        for dir in ["bin", "home/project"] {
            fs::create_dir_all(fixture.at(dir)).unwrap();
        }
        fixture.path(["bin"]);
        fixture
    }

    /// A path in this fixture.
    pub(crate) fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        self.sandbox.root().join(path)
    }

    pub(crate) fn set(&mut self, name: &str, value: impl AsRef<OsStr>) {
        self.sandbox.set(name, value);
    }

    /// Makes these directories the PATH.
    pub(crate) fn path<const N: usize>(&mut self, dirs: [&str; N]) {
        let dirs = dirs.map(|dir| self.at(dir));
        self.set("PATH", std::env::join_paths(dirs).unwrap());
    }

    /// Goes to a directory, which is made.
    pub(crate) fn cd(&mut self, dir: &str) {
        self.cwd = self.at(dir);
        fs::create_dir_all(&self.cwd).unwrap();
    }

    pub(crate) fn host(&self) -> Host {
        Host::new(self.sandbox.vars().clone(), &self.cwd)
    }

    pub(crate) fn cache(&self) -> Cache {
        Cache::of(&self.host())
    }

    /// Writes a file, its directories too.
    pub(crate) fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Writes an executable script.
    pub(crate) fn script(&self, path: &str, text: &str) -> PathBuf {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_program(&path, &format!("#!/bin/sh\n{text}\n"));
        path
    }

    pub(crate) fn link(&self, path: &str, target: impl AsRef<Path>) -> PathBuf {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, &path).unwrap();
        path
    }

    /// Makes up a Python of `version` whose executable is at `path`, `TREE/bin/NAME`.
    pub(crate) fn fake(&self, path: &str, version: &str) -> PathBuf {
        self.fake_with(path, version, |_| {})
    }

    /// [`fake`](Self::fake), with its answer changed.
    pub(crate) fn fake_with(
        &self,
        path: &str,
        version: &str,
        change: impl FnOnce(&mut Value),
    ) -> PathBuf {
        let mut answer = self.answer(path, version);
        change(&mut answer);
        if let Some(stdlib) = answer["facts"]["stdlib"]
            .as_str()
            .filter(|dir| dir.starts_with(self.sandbox.root().to_str().unwrap()))
        {
            fs::create_dir_all(stdlib).unwrap();
        }
        let script = format!("{}\n{}", self.counting(path), saying(&answer));
        self.write(&format!("{path}.sh"), &script);
        let path = self.at(path);
        let _ = fs::remove_file(&path);
        copy_program(starter(), &path);
        path
    }

    /// The answer of a Python to a probe.
    pub(crate) fn answer(&self, path: &str, version: &str) -> Value {
        let executable = self.at(path);
        let prefix = executable.parent().unwrap().parent().unwrap();
        let digits =
            version.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(version.len());
        let (release, pre) = version.split_at(digits);
        let numbers: Vec<u32> = release.split('.').map(|part| part.parse().unwrap()).collect();
        let [major, minor, micro] = numbers[..] else { panic!("{version} is no full version") };
        let (level, serial) = match pre.strip_prefix("rc") {
            Some(serial) => ("candidate", serial.parse().unwrap()),
            None => ("final", 0),
        };
        json!({
            "version": {"major": major, "minor": minor, "micro": micro, "level": level, "serial": serial},
            "implementation": "cpython",
            "facts": {
                "executable": executable,
                "base_executable": executable,
                "prefix": prefix,
                "base_prefix": prefix,
                "build": {"free_threaded": false, "debug": false},
                "platform": "linux",
                "machine": "x86_64",
                "pointer_bits": 64,
                "cache_tag": format!("cpython-{major}{minor}"),
                "bytecode_magic": "cb0d0d0a",
                "extension_suffix": ".so",
                "scheme": {
                    "scripts": "bin",
                    "include": format!("include/python{major}.{minor}"),
                    "purelib": format!("lib/python{major}.{minor}/site-packages"),
                    "platlib": format!("lib/python{major}.{minor}/site-packages"),
                },
                "stdlib": prefix.join(format!("lib/python{major}.{minor}")),
                "library": format!("lib/python{major}.{minor}"),
                "shared_library": null,
                "companions": [],
                "wheels": [],
                "wheel_dirs": [],
                "has_zlib": true,
            }
        })
    }

    /// Shell code that counts a run of `path`.
    pub(crate) fn counting(&self, path: &str) -> String {
        format!("echo '{path}' >> '{}'", self.at("runs").display())
    }

    /// The programs that ran, in order.
    pub(crate) fn runs(&self) -> Vec<String> {
        let text = fs::read_to_string(self.at("runs")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// The result for the request `text`.
    #[track_caller]
    pub(crate) fn find(&self, text: &str) -> Found {
        self.try_find(text).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn try_find(&self, text: &str) -> rvenv::Result<Found> {
        let host = self.host();
        let request = Request::parse(text, &host).unwrap();
        Ok(Finder::new(&host, &self.cache()).time_limit(LIMIT).find(&request)?)
    }

    /// The executable that `text` finds, as it is called in this fixture, and where it was found.
    #[track_caller]
    pub(crate) fn finds(&self, text: &str) -> (String, String) {
        let Found { interpreter, source } = self.find(text);
        (self.called(&interpreter.executable), source.to_string())
    }

    /// Every candidate of this fixture that a search for `text` passes over, with its reason.
    pub(crate) fn passed_over(&self, text: &str) -> Vec<(String, Reason)> {
        let host = self.host();
        let request = Request::parse(text, &host).unwrap();
        let cache = self.cache();
        let mut finder = Finder::new(&host, &cache).time_limit(LIMIT);
        let _ = finder.find(&request);
        let passed = finder
            .passed_over()
            .iter()
            .filter(|passed| passed.path.starts_with(self.sandbox.root()));
        passed.map(|passed| (self.called(&passed.path), passed.reason.clone())).collect()
    }

    pub(crate) fn called(&self, path: &Path) -> String {
        path.strip_prefix(self.sandbox.root()).unwrap_or(path).display().to_string()
    }
}

/// A compiled program that runs the shell script `FILE.sh` beside itself. A Python that is made up has to be
/// one, as the answer of a script is not stored.
fn starter() -> &'static Path {
    static STARTER: OnceLock<PathBuf> = OnceLock::new();
    STARTER.get_or_init(|| {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/starter.c");
        let dir =
            tempfile::Builder::new().prefix("starter-").tempdir_in(env!("CARGO_TARGET_TMPDIR"));
        let dir = dir.unwrap().keep();
        let (made, program) =
            (dir.join("starter"), Path::new(env!("CARGO_TARGET_TMPDIR")).join("starter"));
        let done = Command::new("cc").args(["-O1", "-o"]).arg(&made).arg(source).status().unwrap();
        assert!(done.success(), "cc fails, which links Rust's programs, too");
        fs::rename(made, &program).unwrap();
        fs::remove_dir(dir).unwrap();
        program
    })
}

/// Long enough for a made-up Python on a busy machine, short enough to wait for one that hangs.
pub(crate) const LIMIT: Duration = Duration::from_secs(5);

/// Shell code that answers as the probe does.
pub(crate) fn saying(answer: &Value) -> String {
    format!("/bin/cat <<'END'\n\n<<<rvenv-probe\n{answer}\nrvenv-probe>>>\nEND")
}
