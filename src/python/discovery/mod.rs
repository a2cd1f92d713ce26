//! Finding the Python that was asked for.
//!
//! # Order
//! 1. A path is taken as it is; the name of a program is looked up on PATH.
//! 2. PATH, from its first directory to its last. In each one, `python3` and `python` go before
//!    `python3.12`: what the user's own `python3` means is what he gets, if it fits. When no minor
//!    version is asked for, `python3` and `python` of every directory go before any `python3.X`.
//! 3. The installations that version managers and installers keep, newest first; the system's
//!    directories, for a PATH without them.
//! 4. Other implementations than `CPython` on PATH, for a request that does not name one.
//!
//! The first that fits is taken, and nothing after it is looked at. Pre-releases, free-threaded and
//! debug builds and other implementations than `CPython` fit a request that names them, and any
//! request when nothing else fits. When any Python will do, a `python3` or `python` on PATH needs only
//! to be a release.
//!
//! A shim counts as what its manager's rule makes of it. A candidate whose name tells another
//! version is not asked. One that fails, hangs or lies is passed over, with its reason.

pub(crate) mod managers;
mod missing;
pub(crate) mod names;
mod registry;
pub(crate) mod shim;
mod stub;

use std::collections::BTreeSet;
use std::fs;
use std::iter;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::probe::Prober;
use super::probe::cache::ProbeCache;
use super::{Installer, Interpreter, Reason, Request, Source, Wanted, probe};
use crate::python::{Error, Result};
use crate::support::cache::Cache;
use crate::support::executable::is_executable;
use crate::support::host::{Host, Platform};
use crate::support::links::chain;
use crate::support::path::canonicalize;
use crate::support::program::{Program, Provenance, Starts};
use shim::{Shim, Shims};

/// An interpreter that is what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub interpreter: Interpreter,
    /// Where it was found.
    pub source: Source,
}

/// What was looked at and is not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// Its executable.
    pub path: PathBuf,
    /// Where it was found.
    pub source: Source,
    /// Why not.
    pub reason: Reason,
}

impl PassedOver {
    /// Whether it is a `python3` or `python` on PATH that does not work: the user expects that one.
    pub fn is_unexpected(&self) -> bool {
        self.source == Source::Path && names::is_plain(&self.path) && self.reason.is_malfunction()
    }
}

/// What stands on this machine, sound or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbedCandidate {
    /// The executable, as it was found.
    pub path: PathBuf,
    /// Where it was found.
    pub source: Source,
    /// What it is, or why it is of no use.
    pub outcome: Result<Interpreter, Reason>,
}

/// Finds interpreters on a host, and remembers them in a cache.
#[derive(Debug)]
pub struct Finder<'a> {
    host: &'a Host,
    cache: ProbeCache,
    shims: Shims<'a>,
    limit: Duration,
    starts: Starts,
    passed_over: Vec<PassedOver>,
}

/// Where a Python may be.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(crate) path: PathBuf,
    pub(super) source: Source,
    provenance: Provenance,
}

impl Candidate {
    fn discovered(path: PathBuf, source: Source) -> Self {
        Self { path, source, provenance: Provenance::Discovered }
    }
}

impl<'a> Finder<'a> {
    /// A finder that has not looked at anything yet.
    pub fn new(host: &'a Host, cache: &Cache) -> Self {
        Self {
            host,
            cache: ProbeCache::new(cache, host),
            shims: Shims::new(host),
            limit: probe::TIME_LIMIT,
            starts: Starts::Allowed,
            passed_over: Vec::new(),
        }
    }

    /// With another time limit for each candidate's answer.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// With another rule for what it may start.
    #[must_use]
    pub fn starting(mut self, starts: Starts) -> Self {
        self.starts = starts;
        self
    }

    /// What the last search looked at that was not what was asked for, in the order of looking.
    pub fn passed_over(&self) -> &[PassedOver] {
        &self.passed_over
    }

    /// The first interpreter that is what was asked for.
    ///
    /// # Errors
    /// [`Error::UnusablePython`] for a path at which there is none, and [`Error::NoPython`] with every
    /// candidate's reason when none fits.
    pub fn find(&mut self, request: &Request) -> Result<Found> {
        match request {
            Request::Path(program) => self.at(program),
            Request::Any | Request::Wanted(_) => self.search(request),
            Request::Name(name) => self.search(request).or_else(|error| {
                // `venv` may well be meant as the directory of that name.
                let dir = self.host.cwd().join(name);
                if dir.is_dir() { self.at(&Program::typed(dir)) } else { Err(error) }
            }),
        }
    }

    fn search(&mut self, request: &Request) -> Result<Found> {
        let host = self.host;
        self.passed_over.clear();
        let mut second_choice = None;
        let mut seen = BTreeSet::new();
        for lead in leads(request, host) {
            if !seen.insert(lead.path.clone()) {
                continue;
            }
            match self.judge(&lead, request) {
                Ok(found) if request.prefers(&found.interpreter) || own(&lead, request, &found) => {
                    return Ok(found);
                }
                Ok(found) => {
                    second_choice.get_or_insert(found);
                }
                Err((source, reason)) => {
                    self.passed_over.push(PassedOver { path: lead.path, source, reason });
                }
            }
        }
        second_choice.ok_or_else(|| self.nothing(request))
    }

    /// The error that nothing fits. A file that is there by several paths (`/bin` is often a link to
    /// `/usr/bin`) is listed once.
    fn nothing(&self, request: &Request) -> Error {
        let mut seen = BTreeSet::new();
        let mut candidates = self.passed_over.clone();
        candidates
            .retain(|passed| seen.insert(crate::support::path::canonicalize(&passed.path).ok()));
        Error::NoPython {
            request: request.to_string(),
            asked_by: None,
            nearest: missing::nearest(request, &candidates, self.host),
            install: missing::install_command(request, self.host),
            candidates,
        }
    }

    /// The interpreter at a path: an executable, or a directory with one.
    fn at(&mut self, program: &Program) -> Result<Found> {
        let Program { path, provenance } = program;
        let executable = match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => names::in_tree(path, None, self.host)
                .or_else(|| names::in_scripts_dir(path, self.host))
                .ok_or(Reason::EmptyDirectory),
            Ok(_) => Ok(path.to_owned()),
            Err(_) => Err(Reason::Missing),
        };
        let look = |path| {
            let provenance = provenance.clone();
            let candidate = Candidate { path, source: Source::Given, provenance };
            let looked = self.look(&candidate, &Request::Any);
            looked.map_err(|(_, reason)| reason)
        };
        executable
            .and_then(look)
            .map_err(|reason| Error::UnusablePython { path: path.to_owned(), reason })
    }

    /// The interpreter of a lead, if it is what was asked for.
    fn judge(&self, lead: &Candidate, request: &Request) -> Result<Found, (Source, Reason)> {
        let mut found = self.look(lead, request)?;
        if request.minor().is_some() {
            let Interpreter { executable, version, build, .. } = &found.interpreter;
            let named = names::minor_name(executable, *version, build.free_threaded, build.debug);
            found.interpreter.executable = named.unwrap_or_else(|| executable.clone());
        }
        // A name was looked up as such, and may be a link to a Python of another name.
        if matches!(request, Request::Name(_)) || request.matches(&found.interpreter) {
            return Ok(found);
        }
        Err((found.source, Reason::Other(found.interpreter.to_string())))
    }

    /// What stands at a lead, or what it starts if it is a shim: the cheapest test first, and asked
    /// only when nothing else tells.
    fn look(&self, lead: &Candidate, request: &Request) -> Result<Found, (Source, Reason)> {
        let Candidate { path, source, provenance } = lead;
        let (source, outcome) = match self.shims.by_place(path) {
            Some(shim) => self.through(shim, path, request),
            None => match self.known(path, provenance, request) {
                Some(known) => (*source, known),
                None => match self.shims.by_content(path) {
                    Some(shim) => self.through(shim, path, request),
                    None => (*source, self.ask(path, provenance)),
                },
            },
        };
        match outcome {
            Ok(interpreter) => Ok(Found { interpreter, source }),
            Err(reason) => Err((source, reason)),
        }
    }

    /// What the shim at `path` starts.
    fn through(
        &self,
        shim: Shim,
        path: &Path,
        request: &Request,
    ) -> (Source, Result<Interpreter, Reason>) {
        let source = Source::Shim(shim.place);
        // The manager's own rule gave the path.
        let discovered = Provenance::Discovered;
        let look = |path: PathBuf| {
            self.known(&path, &discovered, request).unwrap_or_else(|| self.ask(&path, &discovered))
        };
        (source, self.shims.resolve(shim, path).and_then(look))
    }

    /// What can be told of an executable without asking it: by its name, or by memory.
    fn known(
        &self,
        path: &Path,
        provenance: &Provenance,
        request: &Request,
    ) -> Option<Result<Interpreter, Reason>> {
        match tell_by_name(path, request).map(Err).or_else(|| self.cache.get(path))? {
            // Who types its path wants it to be asked, and who waits longer may get an answer.
            Err(Reason::Hangs(limit)) if *provenance == Provenance::Typed || limit < self.limit => {
                None
            }
            known => Some(known),
        }
    }

    fn ask(&self, path: &Path, provenance: &Provenance) -> Result<Interpreter, Reason> {
        match provenance {
            _ if self.starts == Starts::Nothing => return Err(Reason::NotStarted),
            Provenance::Claimed { by } if self.starts == Starts::Allowed => {
                let started = probe::started(path)?;
                if let Some(known) = self.cache.get(&started) {
                    return known;
                }
                if !self.may_start(&started, by) {
                    return Err(Reason::NotStarted);
                }
            }
            Provenance::Typed
            | Provenance::Discovered
            | Provenance::Trusted
            | Provenance::Claimed { .. } => {}
        }
        if let Some(reason) = stub::reason(path, self.host) {
            return Err(reason);
        }
        let prober = Prober { host: self.host, limit: self.limit, cache: &self.cache };
        prober.probe(path).outcome
    }

    /// Whether the program at `path`, which only the environment at `by` names, may be started: an
    /// installation of the system outside of the project, or what the search finds by itself.
    fn may_start(&self, path: &Path, by: &Path) -> bool {
        let Ok(real) = canonicalize(path) else { return false };
        if is_of_system(&real) && !is_in_project(&real, by, self.host) {
            return true;
        }
        let is_same = |lead: &Candidate| canonicalize(&lead.path).is_ok_and(|lead| lead == real);
        leads(&Request::Any, self.host).any(|lead| is_same(&lead))
    }

    /// Every interpreter once, and what is broken with its reason, in the order of search.
    pub fn all(&mut self) -> Vec<ProbedCandidate> {
        let mut seen = BTreeSet::new();
        let leads: Vec<_> =
            leads(&Request::Any, self.host).filter(|lead| seen.insert(lead.path.clone())).collect();
        let mut shown = BTreeSet::new();
        let mut candidates = Vec::new();
        for (lead, looked) in iter::zip(&leads, self.look_at_all(&leads)) {
            let (source, outcome) = match looked {
                Ok(Found { interpreter, source }) => (source, Ok(interpreter)),
                Err((source, reason)) => (source, Err(reason)),
            };
            // A shim that leads nowhere here is no Python, and not broken either.
            let nowhere = matches!(outcome, Err(Reason::Shim { .. }));
            let identity = match &outcome {
                Ok(interpreter) => interpreter.real_executable.clone(),
                Err(_) => crate::support::path::canonicalize(&lead.path)
                    .unwrap_or_else(|_| lead.path.clone()),
            };
            if !nowhere && shown.insert(identity) {
                candidates.push(ProbedCandidate { path: lead.path.clone(), source, outcome });
            }
        }
        candidates
    }

    /// Looks at several leads at a time, so that those that hang do so together.
    fn look_at_all(&self, leads: &[Candidate]) -> Vec<Result<Found, (Source, Reason)>> {
        let workers = thread::available_parallelism().map_or(2, NonZero::get).clamp(2, 8);
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(lead) = leads.get(index) else { return done };
                done.push((index, self.look(lead, &Request::Any)));
            }
        };
        let mut done: Vec<_> = thread::scope(|scope| {
            // This thread works too: there may be no more threads.
            let spawn = |_| thread::Builder::new().spawn_scoped(scope, work).ok();
            let workers: Vec<_> = (1..workers).filter_map(spawn).collect();
            let others = work().into_iter();
            others
                .chain(workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()))
                .collect()
        });
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, looked)| looked).collect()
    }
}

#[cfg(unix)]
fn is_of_system(real: &Path) -> bool {
    crate::support::ownership::is_system_python(real)
}

/// Windows' system directories have no Python.
#[cfg(not(unix))]
fn is_of_system(_real: &Path) -> bool {
    false
}

/// Whether `real` may have come with the project of the environment at `by`: the directory above the
/// environment, or the outermost repository that contains it. Everything in a home belongs to its
/// user, who may be root.
fn is_in_project(real: &Path, by: &Path, host: &Host) -> bool {
    let by = canonicalize(by).unwrap_or_else(|_| by.to_owned());
    let above = by.ancestors().skip(1);
    let repository = above.filter(|dir| dir.join(".git").exists()).last();
    let home = host.home().and_then(|home| canonicalize(home).ok());
    let roots = [by.parent(), repository, home.as_deref()];
    // A container can have its project, or root's home, at `/`.
    roots
        .into_iter()
        .flatten()
        .filter(|root| root.parent().is_some())
        .any(|root| real.starts_with(root))
}

/// Whether a lead is what the user's own `python3` means, which a request for any Python takes as it is, an
/// active environment's `PyPy` say.
fn own(lead: &Candidate, request: &Request, found: &Found) -> bool {
    *request == Request::Any
        && lead.source == Source::Path
        && names::is_plain(&lead.path)
        && !found.interpreter.version.is_prerelease()
}

/// Rules out an executable whose name, or the name of what it leads to, tells that it is another one.
fn tell_by_name(path: &Path, request: &Request) -> Option<Reason> {
    let Request::Wanted(wanted) = request else { return None };
    let mut told = chain(path).filter_map(|path| names::told(path.file_name()?));
    let other = told.find(|told| told.rules_out(wanted))?;
    Some(Reason::Other(format!("{other}, by its name")))
}

/// Where a Python may be that was asked for, in the order of search, found as it is asked for.
fn leads<'a>(request: &'a Request, host: &'a Host) -> impl Iterator<Item = Candidate> + 'a {
    let mut seen = BTreeSet::new();
    let dirs: Vec<_> = host.search_path().filter(|dir| seen.insert(dir.clone())).collect();
    let on_path = move |rounds| in_dirs(rounds, dirs.clone());
    let lead = |path| Candidate::discovered(path, Source::Path);
    on_path(names::rounds(request, host))
        .map(lead)
        .chain(later(move || kept(request, host)))
        .chain(later(move || of_system(request, host)))
        .chain(later(move || on_path(names::other_implementations(request, host)).map(lead)))
}

/// What `make` makes, made when it is come to.
fn later<I: IntoIterator>(make: impl FnOnce() -> I) -> impl Iterator<Item = I::Item> {
    iter::once_with(make).flatten()
}

/// The installations that are kept somewhere and may be what was asked for.
fn kept<'a>(request: &'a Request, host: &'a Host) -> impl Iterator<Item = Candidate> + 'a {
    let wanted = match request {
        Request::Path(_) | Request::Name(_) => None,
        Request::Any => Some(Wanted::default()),
        Request::Wanted(wanted) => Some(wanted.clone()),
    };
    let fitting = move |wanted: Wanted| {
        let mut found = managers::installations(host);
        found.retain(|found| found.told.as_ref().is_none_or(|told| !told.rules_out(&wanted)));
        if wanted.versions.is_one_release() {
            // Who wants this very release does not want the link that moves on to the next.
            let is_one = |told: &Wanted| told.versions.is_one_release();
            found.sort_by_key(|found| !found.told.as_ref().is_some_and(is_one));
        }
        found.into_iter().chain(later(move || managers::conda(host)))
    };
    wanted.into_iter().flat_map(fitting).filter_map(move |found| {
        Some(Candidate::discovered(found.executable(host)?, Source::Installer(found.place)))
    })
}

/// Pythons of the system, for a PATH that lacks its directories.
fn of_system(request: &Request, host: &Host) -> Vec<Candidate> {
    if host.platform() == Platform::Windows {
        return Vec::new();
    }
    let dirs = ["/usr/local/bin", "/usr/bin"].map(PathBuf::from);
    in_dirs(names::rounds(request, host), dirs.into())
        .map(|path| Candidate::discovered(path, Source::Installer(Installer::System)))
        .collect()
}

/// The executables of these names, round by round, in these directories.
fn in_dirs(rounds: Vec<Vec<String>>, dirs: Vec<PathBuf>) -> impl Iterator<Item = PathBuf> {
    rounds.into_iter().flat_map(move |names| {
        dirs.clone().into_iter().flat_map(move |dir| {
            // pyenv-win has none but `python.bat` there.
            let scripts = names.iter().filter(|_| dir.ends_with("shims"));
            let scripts = scripts.filter_map(|name| name.strip_suffix(".exe"));
            let scripts = scripts.map(|name| dir.join(format!("{name}.bat")));
            let paths: Vec<_> = names.iter().map(|name| dir.join(name)).chain(scripts).collect();
            paths.into_iter().filter(|path| is_executable(path))
        })
    })
}
