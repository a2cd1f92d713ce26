//! An environment that is filled from the store is the one that pip filled.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rvenv::fs::LinkMode;
use rvenv::python::{Implementation, Interpreter, probe};
use rvenv::store::{
    Added, Entry, Filling, Linking, NotStored, Package, PipRun, SettingsKey, Snapshot, Store,
    Target,
};
use rvenv::support::cache::Cache;
use rvenv::support::interrupt::Interrupt;
use rvenv::support::session::Session;

use super::fixture::{PROJECTS, assert_same, contents, fixture, pins};
use crate::pip::fixture::{assert_pip_check, host};
use crate::sandbox::{Sandbox, for_each_python, skip};

/// As asked for, so that root outside a container gets hard links, too.
const LINKING: Linking = Linking { mode: Some(LinkMode::Hardlink), copies: false };

/// An environment made by rvenv, and the store for its Python.
struct Filled {
    sandbox: Sandbox,
    python: Interpreter,
    store: Store,
}

impl Filled {
    fn new(python: &Path) -> Option<Self> {
        let sandbox = fixture(python);
        let host = host(&sandbox);
        let interpreter = probe(python, &host).unwrap();
        let Some(pip) = interpreter.wheels.iter().find(|wheel| wheel.project == "pip") else {
            skip(&format!("{} bundles no pip", python.display()));
            return None;
        };
        if !rvenv::store::writes_report(&pip.version) {
            skip(&format!("the pip of {} writes no report", python.display()));
            return None;
        }
        let store = Store::open(&Cache::of(&host), &interpreter).unwrap();
        let filled = Self { sandbox, python: interpreter, store };
        filled.create();
        Some(filled)
    }

    fn env(&self) -> PathBuf {
        self.sandbox.project().join(".venv")
    }

    fn create(&self) {
        let python = self.python.executable.to_str().unwrap();
        self.sandbox.run(["create", "--clear", "--python", python]).ok();
    }

    /// Installs with pip, and adds what it installed.
    fn pip(&self, projects: &[&str]) -> Added {
        let report = self.sandbox.root().join("report.json");
        let before = Snapshot::of(&self.env(), &self.python);
        let mut pip = self.sandbox.command(self.env().join("bin/python"));
        pip.args(["-m", "pip", "install", "-q", "--report"]).arg(&report).args(pins(projects));
        crate::sandbox::Ran::of(&mut pip).ok();
        let run = PipRun {
            root: &self.env(),
            interpreter: &self.python,
            before: &before,
            report: &std::fs::read(&report).unwrap(),
            settings: Some(&SettingsKey("test".to_owned())),
            allowed: &BTreeMap::new(),
            locked: &BTreeSet::new(),
            linking: LINKING,
        };
        self.store.add(&run, &host(&self.sandbox)).unwrap()
    }

    fn find(&self, project: &str) -> Entry {
        let mut found = self.store.find(&project.to_lowercase().replace(['_', '.'], "-"));
        assert_eq!(found.len(), 1, "{project}");
        found.remove(0)
    }

    /// Installs from the store.
    fn install(&self, projects: &[&str]) -> Result<(), rvenv::store::Error> {
        let entries: Vec<Entry> = projects.iter().map(|project| self.find(project)).collect();
        let package = |entry| Package { entry, requested: true, direct_url: None };
        let filling = Filling::new(&entries.iter().map(package).collect::<Vec<_>>(), LINKING)?;
        let env = self.env();
        let target = Target {
            root: &env,
            location: &env,
            scripts: Path::new("bin"),
            platform: self.python.platform,
            relocatable: false,
        };
        let host = host(&self.sandbox);
        let (cache, interrupt) = (&Cache::of(&host), &Interrupt::default());
        filling.install(target, Session { host: &host, cache, interrupt })
    }
}

for_each_python!(a_filled_environment_is_the_one_that_pip_filled);

fn a_filled_environment_is_the_one_that_pip_filled(python: &Path) {
    let Some(filled) = Filled::new(python) else { return };
    // PyPy has no stable ABI.
    let is_pypy = filled.python.implementation == Implementation::PyPy;
    let projects: Vec<&str> =
        PROJECTS.into_iter().filter(|name| !(is_pypy && *name == "stable")).collect();
    let added = filled.pip(&[&projects[..], &["rooted"]].concat());
    let rooted = filled.python.scheme.purelib.join("rooted.py").display().to_string();
    let skipped = vec![("rooted".to_owned(), NotStored::ContainsPath(rooted))];
    assert_eq!(added, Added { stored: projects.len(), skipped });
    let mut pips = contents(&filled.env());
    // Without the package that is not stored, and the bytecode of the start of pip.
    pips.retain(|path, _| {
        let path = path.to_string_lossy();
        !path.contains("rooted") && !path.contains("pip/__pycache__")
    });
    filled.create();
    filled.install(&projects).unwrap();
    assert_same(&pips, &contents(&filled.env()));
    filled.sandbox.run(["run", "plain"]).ok();
    filled.sandbox.run(["run", "data-py"]).ok();
    filled.sandbox.run(["check", ".venv", "--deep"]).ok();
    assert_pip_check(&filled.sandbox, &filled.env());
}
