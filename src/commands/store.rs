//! Installing from the package store where pip is not needed, and adding what pip installs to it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use rvenv::python::{Finder, Interpreter, Request};
use rvenv::settings::{Settings, StoreUse};
use rvenv::store::decision::{self, Installed, RunSettings};
use rvenv::store::{self, Entry, Filling, Linking, Package, PipRun, Snapshot, Store, Target};
use rvenv::support::interrupt::Interrupt;
use rvenv::support::program::Program;
use rvenv::venv::Env;
use tempfile::TempDir;

use super::Context;
use crate::ui;

/// The store for one Python.
pub(super) struct PackageStore<'a> {
    context: &'a Context<'a>,
    interpreter: Interpreter,
    store: Store,
    linking: Linking,
    /// The reason why pip was needed the last time.
    reason: RefCell<Option<String>>,
}

impl<'a> PackageStore<'a> {
    /// The store for `interpreter`; `None` where it is switched off or cannot be used.
    pub(super) fn new(
        interpreter: Interpreter,
        settings: &Settings,
        context: &'a Context<'a>,
    ) -> Option<Self> {
        let copies = match settings.store() {
            StoreUse::Off => return None,
            StoreUse::Link => false,
            StoreUse::Copy => true,
        };
        let Some(store) = Store::open(&context.cache, &interpreter) else {
            context.ui.detail("no package store is used with this Python");
            return None;
        };
        let linking = Linking { mode: settings.link_mode(), copies };
        Some(Self { context, interpreter, store, linking, reason: RefCell::default() })
    }

    /// The store for the Python of an environment.
    pub(super) fn of_env(env: &Env, settings: &Settings, context: &'a Context<'a>) -> Option<Self> {
        if settings.store() == StoreUse::Off || context.cache.root().is_none() {
            return None;
        }
        let finder = || Finder::new(&context.host, &context.cache);
        let python = env.python();
        // What is known about its base needs no process; else the environment's own is started, as
        // pip would start it.
        let base = Request::Path(Program::claimed(&python, env.root()));
        let found = finder()
            .find(&base)
            .or_else(|_| finder().find(&Request::Path(Program::typed(&python))));
        Self::new(found.ok()?.interpreter, settings, context)
    }

    /// The distributions that pip would install, if the request determines them; else the reason.
    fn decide(
        &self,
        words: &[OsString],
        root: &Path,
        installed: Result<Installed, decision::Reason>,
    ) -> Option<decision::Decision> {
        let decide = |installed: &Installed| {
            decision::decide(&decision::Request {
                words,
                root,
                installed,
                interpreter: &self.interpreter,
                host: &self.context.host,
                store: &self.store,
            })
        };
        match installed.and_then(|installed| decide(&installed)) {
            Ok(decision) => Some(decision),
            Err(reason) => {
                self.explain(&reason);
                None
            }
        }
    }

    /// The packages for a new environment, if the request determines them. `seeds` are the
    /// projects that it gets in any case.
    pub(super) fn entries(
        &self,
        words: &[OsString],
        root: &Path,
        seeds: &[&str],
    ) -> Option<Vec<Entry>> {
        // The versions of the seeds are not known yet, so pip has to check a pin of one.
        let installed = Installed::seeds(seeds.iter().map(|name| (*name, "")));
        self.decide(words, root, Ok(installed)).map(|decision| decision.entries)
    }

    /// The files of stored distributions.
    pub(super) fn filling<'e>(&self, entries: &'e [Entry]) -> Option<Filling<'e>> {
        let package = |entry| Package { entry, requested: true, direct_url: None };
        Filling::new(&entries.iter().map(package).collect::<Vec<_>>(), self.linking)
            .inspect_err(|error| self.explain(error))
            .ok()
    }

    /// Installs into an environment without pip. `Ok(false)` if pip is needed; the environment then
    /// is as it was.
    ///
    /// # Errors
    /// If a signal arrived.
    pub(super) fn install(&self, env: &Env, words: &[OsString]) -> anyhow::Result<bool> {
        let start = Instant::now();
        let Context { host, interrupt, ui, .. } = self.context;
        let installed = Installed::read(env, &self.interpreter, host);
        let Some(decision) = self.decide(words, env.root(), installed) else { return Ok(false) };
        if decision.entries.is_empty() {
            let count = ui::counted(decision.already, "package");
            ui.say(format_args!("{count} installed already: nothing to do"));
            return Ok(true);
        }
        let Some(filling) = self.filling(&decision.entries) else { return Ok(false) };
        let location = rvenv::support::path::canonicalize(env.root());
        let target = Target {
            root: env.root(),
            location: location.as_deref().unwrap_or(env.root()),
            scripts: &self.interpreter.scheme.scripts,
            platform: self.interpreter.platform,
            relocatable: env.cfg().is_relocatable(),
        };
        match filling.install(target, self.context.session()) {
            Ok(()) => {
                ui.say(sentence(filling.len(), start));
                Ok(true)
            }
            Err(error) => self.fall_back(&error, interrupt),
        }
    }

    /// Lets pip install after a failure of the store, unless a signal arrived.
    fn fall_back(&self, error: &store::Error, interrupt: &Interrupt) -> anyhow::Result<bool> {
        interrupt.check()?;
        self.explain(error);
        Ok(false)
    }

    /// Says why pip is needed.
    fn explain(&self, reason: &dyn Display) {
        self.context.ui.detail(format_args!("pip is needed: {reason}"));
        self.reason.replace(Some(reason.to_string()));
    }

    /// The reason why pip was needed, if it was.
    pub(super) fn into_reason(self) -> Option<String> {
        self.reason.into_inner()
    }

    /// Makes pip report what it installs, so that [`Recording::finish`] can add it. `None` if it
    /// cannot or must not.
    pub(super) fn record(
        &self,
        pip: &mut Command,
        pip_version: Option<&str>,
        env: &Env,
        words: &[OsString],
    ) -> Option<Recording<'_>> {
        let ui = self.context.ui;
        let settings = RunSettings::read(words, &self.context.host, env.root());
        let obstacle = match pip_version {
            _ if settings.sets_report => Some("your settings make pip write a report"),
            _ if settings.changes_bytecode => Some("a variable changes the bytecode"),
            Some(version) if store::writes_report(version) => None,
            _ => Some("this pip writes no report"),
        };
        if let Some(obstacle) = obstacle {
            ui.detail(format_args!("nothing will be added to the store: {obstacle}"));
            return None;
        }
        let directory = tempfile::tempdir().ok()?;
        let report = directory.path().join("report.json");
        pip.env("PIP_REPORT", &report);
        let root = env.root().to_owned();
        let before = Snapshot::of(&root, &self.interpreter);
        Some(Recording { store: self, root, before, settings, report, _directory: directory })
    }
}

/// A run of pip whose result is added to the store.
pub(super) struct Recording<'a> {
    store: &'a PackageStore<'a>,
    root: PathBuf,
    before: Snapshot,
    settings: RunSettings,
    report: PathBuf,
    _directory: TempDir,
}

impl Recording<'_> {
    /// Adds what pip has installed, which succeeded; the projects that are `locked` also where pip got
    /// them by a URL. That this fails changes nothing for the user.
    pub(super) fn finish(self, locked: &BTreeSet<String>) {
        let PackageStore { context, interpreter, store, linking, .. } = self.store;
        let Ok(report) = std::fs::read(&self.report) else { return };
        let run = PipRun {
            root: &self.root,
            interpreter,
            before: &self.before,
            report: &report,
            settings: self.settings.key.as_ref(),
            allowed: &self.settings.allowed,
            locked,
            linking: *linking,
        };
        let start = Instant::now();
        match store.add(&run, &context.host) {
            Ok(added) => {
                for (name, reason) in added.skipped {
                    context.ui.detail(format_args!("`{name}` is not stored: {reason}"));
                }
                if added.stored > 0 {
                    let (count, time) = (ui::counted(added.stored, "package"), seconds(start));
                    context.ui.detail(format_args!("added {count} to the store in {time}"));
                }
            }
            Err(error) => context.ui.detail(format_args!("nothing is stored: {error}")),
        }
    }
}

/// The line that reports the number of packages and the time.
pub(super) fn sentence(count: usize, start: Instant) -> String {
    format!("installed {} in {} from the store", ui::counted(count, "package"), seconds(start))
}

/// The time since `start`.
fn seconds(start: Instant) -> String {
    let seconds = start.elapsed().as_secs_f64();
    let digits = if seconds < 0.095 { 2 } else { 1 };
    format!("{seconds:.digits$} s")
}
