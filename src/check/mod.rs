//! Reports whether an environment is active and healthy, its faults and their repairs.
//!
//! | module | contains |
//! |---|---|
//! | `code` | the catalogue of codes: name, severity, meaning |
//! | `snapshot` | what was read: the environment, the calling shell, the git repository |
//! | `rules` | one file per family of findings: snapshot in, diagnoses out, each with the name of its repair |
//! | `repairs` | from the name of a repair to its steps or its command |
//! | `finding` | a diagnosis with its steps or its command |
//!
//! No Python is started, except once to probe an interpreter of which nothing is remembered, and
//! with `--deep`.

mod code;
mod error;
mod finding;
mod repairs;
mod rules;
mod snapshot;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

pub use crate::venv::state::Maker;
pub use code::{Code, FORMER_NAMES, ON_PURPOSE, SEVERITY_RULE, Severity};
pub use error::{Error, Result};
pub use finding::{Finding, Remedy};
pub use repairs::Seeder;

use snapshot::Snapshot;
use snapshot::session::ShellSession;

use crate::dist::eggs::Egg;
use crate::dist::site::Site;
use crate::fs::read_bounded;
use crate::pack::{MANIFEST, Manifest, Mode};
use crate::python::{Build, Interpreter};
use crate::support::identity::FileId;
use crate::support::limits;
use crate::support::path::is_same_file;
use crate::support::program::Starts;
use crate::support::session::Session;
use crate::trust::Trust;
use crate::venv::repair::Step;
use crate::venv::{locate, state};

/// The version of the report's form: another number, another form. Fields may be added to one.
pub const SCHEMA: u32 = 2;

/// The age of the last change of `site-packages` from which no installer is assumed to be running.
const SETTLED: Duration = Duration::from_secs(2);

/// The result of a check of an environment and the session.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// [`SCHEMA`]
    pub version: u32,
    /// Whether the environment is the one that commands run in.
    pub active: bool,
    /// Whether it contains neither an error nor a warning.
    pub healthy: bool,
    /// The value of `VIRTUAL_ENV`.
    #[serde(serialize_with = "crate::support::json::optional_path")]
    pub virtual_env: Option<PathBuf>,
    /// The first `python` on PATH.
    #[serde(serialize_with = "crate::support::json::optional_path")]
    pub python_on_path: Option<PathBuf>,
    /// The environment that was looked at, if there is one.
    pub environment: Option<Summary>,
    /// The findings, in the order of repair: errors, warnings, notes, and before
    /// them what no repair works with.
    pub findings: Vec<Finding>,
    /// The codes that were found and are ignored: each of their findings is a note.
    pub ignored: Vec<Code>,
    /// The identity of the checked directory: its findings must not be repaired in another one.
    #[serde(skip)]
    pub judged: Option<FileId>,
}

/// An environment in short.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Its directory, absolute.
    #[serde(serialize_with = "crate::support::json::path")]
    pub path: PathBuf,
    /// The tool that created it.
    pub maker: Maker,
    /// Its Python, if it works.
    pub python: Option<Python>,
    /// The version of its pip, if it has one.
    pub pip: Option<String>,
    /// The number of distributions in it, including pip.
    pub packages: usize,
    /// Whether it sees the packages of its base.
    pub system_site_packages: bool,
    /// Whether every file of every package was read and compared with its RECORD (`--deep`).
    pub files_verified: bool,
}

/// An environment's Python in short.
#[derive(Clone, Debug, Serialize)]
pub struct Python {
    /// The environment's own executable.
    #[serde(serialize_with = "crate::support::json::path")]
    pub executable: PathBuf,
    /// `3.12.1`
    pub version: String,
    /// `cpython`
    pub implementation: String,
    /// The executable of the base.
    #[serde(serialize_with = "crate::support::json::path")]
    pub base: PathBuf,
    /// Free-threaded, debug.
    pub build: Build,
}

impl Report {
    /// The steps of `--fix`: one change for each place, as a second one would be computed from the content
    /// before the first. A finding that has another change for a place is left, with all of its
    /// steps, to the next report.
    pub fn steps(&self) -> Vec<Step> {
        let mut places = HashMap::new();
        let mut taken = Vec::new();
        for finding in &self.findings {
            let is_other =
                |step: &Step| places.get(&step.place()).is_some_and(|other| *other != step);
            if finding.steps().iter().any(is_other) {
                continue;
            }
            for step in finding.steps() {
                if places.insert(step.place(), step).is_none() {
                    taken.push(step.clone());
                }
            }
        }
        taken
    }
}

/// Gets the number of files of packages that were read, and of all that are to be read. Any thread calls it.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// A check.
#[derive(Clone, Copy, Debug)]
pub struct Check<'a> {
    /// The process, its cache and its signals.
    pub session: Session<'a>,
    /// The environment that the user named; it need not be active.
    pub named: Option<&'a Path>,
    /// Run its Python and verify every package too.
    pub deep: bool,
    /// The programs that may be started.
    pub starts: Starts,
    /// The codes that are notes here, whatever their severity.
    pub ignored: &'a [Code],
}

impl Check<'_> {
    /// Looks.
    ///
    /// # Errors
    /// When the named path is not a directory, or has no part of an environment.
    pub fn report(&self) -> Result<Report> {
        self.report_showing(&|_, _| ())
    }

    /// The same, with the progress of what takes longest.
    ///
    /// # Errors
    /// As [`Self::report`].
    pub fn report_showing(&self, progress: Progress<'_>) -> Result<Report> {
        let Session { host, cache, .. } = self.session;
        let session = ShellSession::of(host);
        let named = self.named.map(|path| self.named_root(path)).transpose()?;
        let root = named.as_deref().or(session.meant());
        let judged = root.and_then(|root| FileId::of(root).ok());
        // A named directory existed when it was located; its absence now is an error.
        let snapshot = root
            .filter(|root| named.is_some() || root.is_dir())
            .map(|root| Snapshot::read(root, self.starts(root), host, cache));
        let is_environment = snapshot.as_ref().map_or(Ok(()), |it| it.ensure_environment());
        let is_project = named.is_none() && session.active().is_none();
        let snapshot = match is_environment {
            Err(_) if is_project => None,
            Err(error) if named.is_some() => return Err(error.into()),
            _ => snapshot,
        };
        let is_other = snapshot.is_none() && root.is_some_and(Path::is_dir);
        let active = match (session.active(), root) {
            (Some(active), Some(root)) => is_same_file(active, root),
            _ => false,
        };
        let mut findings = Vec::new();
        if named.is_none() || active {
            let scripts = state::scripts(host.platform());
            findings.extend(session.findings(root, is_other, scripts));
        }
        if let Some(snapshot) = &snapshot {
            let project = session.project_of(snapshot.root());
            findings.extend(self.environment_findings(snapshot, project, progress));
        }
        let misses = |finding: &Finding| {
            matches!(finding.code, Code::NotOnPath | Code::PathShadowed | Code::ActiveGone)
        };
        let active = active && !findings.iter().any(misses);
        let ignored = self.ignore(&mut findings);
        findings.sort_by_key(|finding| {
            let blocks = finding.is_problem() && finding.code.blocks_repairs();
            (!blocks, finding.severity, finding.code.repair_order())
        });
        Ok(Report {
            version: SCHEMA,
            active,
            healthy: !findings.iter().any(Finding::is_problem),
            virtual_env: session.variable,
            python_on_path: session.python,
            environment: snapshot.as_ref().map(|snapshot| self.summary(snapshot)),
            findings,
            ignored,
            judged,
        })
    }

    /// The time to wait until findings about packages can be repaired: an installer that works
    /// now changes `site-packages` all the time. `None` where nothing of that kind is to be repaired, or
    /// the last change is old enough.
    pub fn unsettled(&self, report: &Report) -> Option<Duration> {
        let is_concerned =
            |it: &Finding| !it.steps().is_empty() && it.code.is_caused_by_installing();
        let root = &report.environment.as_ref()?.path;
        let is_running = report.findings.iter().any(|it| it.code == Code::InstallRunning);
        if !is_running && !report.findings.iter().any(is_concerned) {
            return None;
        }
        let sites = Site::all(root, self.session.host.platform());
        let age = sites.iter().filter_map(Site::age).min()?;
        SETTLED.checked_sub(age).filter(|wait| !wait.is_zero())
    }

    /// The faults of an environment whose project contains `project`.
    fn environment_findings(
        &self,
        snapshot: &Snapshot<'_>,
        project: &Path,
        progress: Progress<'_>,
    ) -> Vec<Finding> {
        let diagnoses = rules::findings(snapshot, project, self.deep, progress).into_iter();
        let mut findings: Vec<_> = diagnoses.map(|it| it.finding(snapshot)).collect();
        for finding in &mut findings {
            let obstacle = finding.steps().iter().find_map(|step| step.obstacle(snapshot.root()));
            if let Some(path) = obstacle.map(|path| snapshot.root().join(path)) {
                finding.remedy = repairs::moved_aside(&path, snapshot.host.platform());
            }
        }
        findings
    }

    /// Makes what is to be ignored a note; gives the codes that this concerned.
    fn ignore(&self, findings: &mut [Finding]) -> Vec<Code> {
        let mut ignored = Vec::new();
        for finding in findings.iter_mut().filter(|it| it.is_problem()) {
            if self.ignored.contains(&finding.code) {
                finding.severity = Severity::Note;
                if !ignored.contains(&finding.code) {
                    ignored.push(finding.code);
                }
            }
        }
        ignored
    }

    fn summary(&self, snapshot: &Snapshot<'_>) -> Summary {
        Summary { files_verified: self.deep, ..Summary::of(snapshot) }
    }

    /// The programs that may be started to examine the environment at `root`.
    fn starts(&self, root: &Path) -> Starts {
        let is_trusted = || Trust::of(self.session.host).allows(root);
        if self.starts == Starts::Allowed && is_trusted() { Starts::Trusted } else { self.starts }
    }

    /// The environment that is named; a `.venv` file leads to another place.
    fn named_root(&self, path: &Path) -> Result<PathBuf> {
        Ok(locate::named_root(path, self.session.host)?)
    }
}

impl Summary {
    fn of(snapshot: &Snapshot<'_>) -> Self {
        let executable = snapshot.root().join(snapshot.python());
        let site = snapshot.site();
        Self {
            path: snapshot.root().to_owned(),
            maker: snapshot.maker,
            python: match snapshot.base.interpreter() {
                Some(base) => Some(Python::of(executable, base)),
                None => Python::included(snapshot, executable),
            },
            pip: site.and_then(|site| Some(site.dist("pip")?.version.to_owned())),
            packages: site.map_or(0, |site| site.dists().count() + Egg::all(site).count()),
            system_site_packages: snapshot.cfg().includes_system_site_packages(),
            files_verified: false,
        }
    }
}

impl Python {
    fn of(executable: PathBuf, base: &Interpreter) -> Self {
        Self {
            executable,
            version: base.version.to_string(),
            implementation: base.implementation.name().to_owned(),
            base: base.executable.clone(),
            build: base.build,
        }
    }

    /// The Python that an unpacked environment contains, by the manifest of its archive.
    fn included(snapshot: &Snapshot<'_>, executable: PathBuf) -> Option<Self> {
        let path = snapshot.root().join(MANIFEST);
        let manifest = read_bounded(&path, limits::PACK_MANIFEST).ok()?;
        let python = Manifest::parse(&manifest).ok()?.python;
        let is_included = python.mode == Mode::Included && executable.is_file();
        is_included.then(|| Self {
            version: python.version,
            implementation: python.implementation.name().to_owned(),
            base: executable.clone(),
            build: python.build,
            executable,
        })
    }
}
