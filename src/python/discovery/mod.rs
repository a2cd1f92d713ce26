//! The search for the Python that satisfies a request.
//!
//! # Order
//! 1. A path is used as it is; the name of a program is looked up on PATH.
//! 2. PATH, from its first directory to its last. In each directory, `python3` and `python` precede
//!    `python3.12`: the user's own `python3` is preferred. For a request without a minor version,
//!    `python3` and `python` of every directory precede any `python3.X`.
//! 3. The installations of version managers and installers, newest first; the system's directories, for a
//!    PATH without them.
//! 4. Other implementations than `CPython` on PATH, for a request that names none.
//!
//! The search ends at the first match. Pre-releases, free-threaded and debug builds and other
//! implementations than `CPython` match a request that names them, and any request if nothing else
//! matches. For a request for any Python, a `python3` or `python` on PATH must only be a release.
//!
//! A shim is replaced by the Python that its manager's rule selects. A candidate whose name has another
//! version is not started. One that fails, hangs or reports impossible values is rejected with the
//! reason.

pub(crate) mod managers;
mod missing;
pub(crate) mod names;
mod registry;
pub(crate) mod shim;
mod stub;

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::iter;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::probe::Prober;
use super::probe::cache::ProbeCache;
use super::{Installer, Interpreter, Reason, Request, Source, Wanted, probe};
use crate::python::{Error, Result};
use crate::support::cache::Cache;
use crate::support::executable::is_executable;
use crate::support::host::{Host, Platform};
use crate::support::links::chain;
use crate::support::parallel;
use crate::support::path::canonicalize;
use crate::support::program::{Program, Provenance, Starts};
use shim::{Shim, Shims};

/// An interpreter that satisfies the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its properties.
    pub interpreter: Interpreter,
    /// Its source.
    pub source: Source,
}

/// A rejected candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// Its executable.
    pub path: PathBuf,
    /// Its source.
    pub source: Source,
    /// The reason.
    pub reason: Reason,
}

impl PassedOver {
    /// Whether it is a `python3` or `python` on PATH that does not work, which the user expects to be used.
    pub fn is_unexpected(&self) -> bool {
        self.source == Source::Path && names::is_plain(&self.path) && self.reason.is_malfunction()
    }
}

/// A Python on this machine, working or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbedCandidate {
    /// The path of the executable in the search.
    pub path: PathBuf,
    /// Its source.
    pub source: Source,
    /// Its properties, or the reason that it cannot be used.
    pub outcome: Result<Interpreter, Reason>,
}

/// Finds interpreters on a host, with a cache of their properties.
#[derive(Debug)]
pub struct Finder<'a> {
    host: &'a Host,
    cache: ProbeCache,
    shims: Shims<'a>,
    limit: Duration,
    starts: Starts,
    passed_over: Vec<PassedOver>,
}

/// A candidate: a path that may be a Python.
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
    /// Creates a finder.
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

    /// Sets the time limit of a probe.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Sets the programs that the finder may start.
    #[must_use]
    pub fn starting(mut self, starts: Starts) -> Self {
        self.starts = starts;
        self
    }

    /// The rejected candidates of the last search, in its order.
    pub fn passed_over(&self) -> &[PassedOver] {
        &self.passed_over
    }

    /// The first interpreter that satisfies the request.
    ///
    /// # Errors
    /// [`Error::UnusablePython`] for a path without a usable Python, and [`Error::NoPython`] with the reason of
    /// every candidate if none matches. [`Error::UnfollowedShim`] if nothing is requested and the rule of a
    /// version manager on PATH cannot be followed.
    pub fn find(&mut self, request: &Request) -> Result<Found> {
        match request {
            Request::Path(program) => self.at(program),
            Request::Any | Request::Wanted(_) => self.search(request),
            Request::Name(name) => self.search(request).or_else(|error| {
                // The user may mean the directory of that name.
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
                Err((_, Reason::UnfollowedShim { manager, what })) if *request == Request::Any => {
                    return Err(Error::UnfollowedShim { manager, what });
                }
                Err((source, reason)) => {
                    self.passed_over.push(PassedOver { path: lead.path, source, reason });
                }
            }
        }
        second_choice.ok_or_else(|| self.nothing(request))
    }

    /// The error that no candidate matches. A file with several paths (`/bin` is often a link to `/usr/bin`) is
    /// listed once.
    fn nothing(&self, request: &Request) -> Error {
        let mut seen = BTreeSet::new();
        let mut candidates = self.passed_over.clone();
        candidates
            .retain(|passed| seen.insert(crate::support::path::canonicalize(&passed.path).ok()));
        Error::NoPython {
            request: request.to_string(),
            asked_by: None,
            is_too_old: matches!(request, Request::Wanted(wanted) if wanted.versions.precede_oldest()),
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
            Err(error) => Err(match error.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory => Reason::Missing,
                _ => Reason::CannotRun(error.to_string()),
            }),
        };
        let look = |path| {
            let provenance = provenance.clone();
            let candidate = Candidate { path, source: Source::Given, provenance };
            let looked = self.look(&candidate, &Request::Any);
            looked.map_err(|(_, reason)| reason)
        };
        executable.and_then(look).map_err(|reason| {
            let is_shim = matches!(reason, Reason::Shim { .. } | Reason::UnfollowedShim { .. });
            let instead = is_shim.then(|| self.shims.installed_version(path)).flatten();
            Error::UnusablePython { path: path.to_owned(), reason, instead }
        })
    }

    /// The interpreter of a candidate, if it satisfies the request.
    fn judge(&self, lead: &Candidate, request: &Request) -> Result<Found, (Source, Reason)> {
        let mut found = self.look(lead, request)?;
        if request.minor().is_some() {
            let Interpreter { executable, version, build, .. } = &found.interpreter;
            let named = names::minor_name(executable, *version, build.free_threaded, build.debug);
            found.interpreter.executable = named.unwrap_or_else(|| executable.clone());
        }
        // The candidate may be a link to a Python of another name.
        if matches!(request, Request::Name(_)) || request.matches(&found.interpreter) {
            return Ok(found);
        }
        Err((found.source, Reason::Other(found.interpreter.to_string())))
    }

    /// The interpreter of a candidate, or of the target of a shim. The cheapest tests come first; it is started
    /// only if they do not decide.
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

    /// The Python that the shim at `path` starts.
    fn through(
        &self,
        shim: Shim,
        path: &Path,
        request: &Request,
    ) -> (Source, Result<Interpreter, Reason>) {
        let source = Source::Shim(shim.place);
        // The manager's rule selected the path.
        let discovered = Provenance::Discovered;
        let look = |path: PathBuf| {
            self.known(&path, &discovered, request).unwrap_or_else(|| self.ask(&path, &discovered))
        };
        (source, self.shims.resolve(shim, path).and_then(look))
    }

    /// The properties of an executable without a start: from its name or the cache.
    fn known(
        &self,
        path: &Path,
        provenance: &Provenance,
        request: &Request,
    ) -> Option<Result<Interpreter, Reason>> {
        match tell_by_name(path, request).map(Err).or_else(|| self.cache.get(path))? {
            // A typed path is always probed, and a longer time limit may give an answer.
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

    /// Every interpreter once, broken ones with the reason, in the order of search.
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
            // A shim that selects no Python here is not broken.
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

    /// Probes several candidates concurrently, so that those that hang share the time limit.
    fn look_at_all(&self, leads: &[Candidate]) -> Vec<Result<Found, (Source, Reason)>> {
        // More threads than processors, because a candidate that hangs needs no processor.
        let threads = || parallel::processors().clamp(2, 8);
        parallel::map(leads, threads, |lead| self.look(lead, &Request::Any))
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

/// Whether a candidate is the user's own `python3`, which a request for any Python accepts, for example the
/// `PyPy` of an active environment.
fn own(lead: &Candidate, request: &Request, found: &Found) -> bool {
    *request == Request::Any
        && lead.source == Source::Path
        && names::is_plain(&lead.path)
        && !found.interpreter.version.is_prerelease()
}

/// Rejects an executable whose name, or the name of its target, has another version.
fn tell_by_name(path: &Path, request: &Request) -> Option<Reason> {
    let Request::Wanted(wanted) = request else { return None };
    let mut told = chain(path).filter_map(|path| names::told(path.file_name()?));
    let other = told.find(|told| told.rules_out(wanted))?;
    Some(Reason::Other(format!("{other}, by its name")))
}

/// The candidates for a request, in the order of search, generated lazily.
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

/// An iterator over the result of `make`, which is called on first use.
fn later<I: IntoIterator>(make: impl FnOnce() -> I) -> impl Iterator<Item = I::Item> {
    iter::once_with(make).flatten()
}

/// The installations of managers and installers that may satisfy the request.
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
            // A request for an exact release must not use a link that will refer to the next one.
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
