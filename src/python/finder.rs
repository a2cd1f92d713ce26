//! Finding the Python that was asked for.
//!
//! # Order
//! 1. A path is taken as it is; the name of a program is looked up on PATH.
//! 2. PATH, from its first directory to its last. In each one, `python3` and `python` go before
//!    `python3.12`: what the user's own `python3` means is what he gets, if it fits. When no minor
//!    version is asked for, `python3` and `python` of every directory go before any `python3.X`.
//! 3. The installations that version managers and installers keep, newest first.
//!
//! The first that fits is taken, and nothing after it is looked at. Pre-releases, free-threaded and
//! debug builds and other implementations than `CPython` fit a request that names them, and any
//! request when nothing else fits.
//!
//! A shim counts as what its manager's rule makes of it. A candidate whose name tells another
//! version is not asked. One that fails, hangs or lies is passed over, with its reason.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::memory::Memory;
use super::{Interpreter, Reason, Request, Source, managers, names, probe, shim};
use crate::cache::Cache;
use crate::error::{Error, Result};
use crate::host::Host;

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

/// What stands on this machine, sound or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
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
    memory: Memory,
    limit: Duration,
    passed_over: Vec<PassedOver>,
}

/// Where a Python may be.
#[derive(Clone, Debug)]
pub(super) struct Lead {
    pub(super) path: PathBuf,
    pub(super) source: Source,
}

impl<'a> Finder<'a> {
    /// A finder that has not looked at anything yet.
    pub fn new(host: &'a Host, cache: &Cache) -> Self {
        Self { host, memory: Memory::of(cache), limit: probe::TIME_LIMIT, passed_over: Vec::new() }
    }

    /// With another time limit for each candidate's answer.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// What has been looked at so far and was not what was asked for, in the order of looking.
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
            Request::Path(path) => self.at(path),
            Request::Name(_) | Request::Any | Request::Wanted(_) => self.search(request),
        }
    }

    fn search(&mut self, request: &Request) -> Result<Found> {
        let host = self.host;
        let mut second_choice = None;
        let mut seen = HashSet::new();
        for lead in leads(request, host) {
            if !seen.insert(lead.path.clone()) {
                continue;
            }
            match self.judge(&lead, request) {
                Ok(found) if request.prefers(&found.interpreter) => return Ok(found),
                Ok(found) => {
                    second_choice.get_or_insert(found);
                }
                Err((source, reason)) => {
                    self.passed_over.push(PassedOver { path: lead.path, source, reason });
                }
            }
        }
        second_choice.ok_or_else(|| Error::NoPython {
            request: request.to_string(),
            candidates: self.passed_over.clone(),
        })
    }

    /// The interpreter at a path that the user gave: an executable, or a directory with one.
    fn at(&mut self, path: &Path) -> Result<Found> {
        let executable =
            if path.is_dir() { names::in_tree(path, self.host) } else { Some(path.to_owned()) };
        let looked = match executable {
            Some(path) if path.exists() => {
                self.look(&Lead { path, source: Source::Given }).map_err(|(_, reason)| reason)
            }
            Some(_) => Err(Reason::Missing),
            None => Err(Reason::EmptyDirectory),
        };
        looked.map_err(|reason| Error::UnusablePython { path: path.to_owned(), reason })
    }

    /// The interpreter of a lead, if it is what was asked for.
    fn judge(&self, lead: &Lead, request: &Request) -> Result<Found, (Source, Reason)> {
        let found = if let Some(interpreter) = self.memory.recall(&lead.path) {
            Found { interpreter, source: lead.source }
        } else {
            tell_by_name(&lead.path, request).map_err(|reason| (lead.source, reason))?;
            self.look(lead)?
        };
        // A name was looked up as such, and may be a link to a Python of another name.
        if matches!(request, Request::Name(_)) || request.matches(&found.interpreter) {
            return Ok(found);
        }
        Err((found.source, Reason::Other(found.interpreter.to_string())))
    }

    /// What stands at a lead, by memory or by asking it.
    fn look(&self, lead: &Lead) -> Result<Found, (Source, Reason)> {
        if let Some((place, chosen)) = shim::resolve(&lead.path, self.host) {
            let source = Source::Shim(place);
            let path = chosen.map_err(|reason| (source, reason))?;
            let interpreter = self.interpreter(&path).map_err(|reason| (source, reason))?;
            return Ok(Found { interpreter, source });
        }
        let interpreter = self.interpreter(&lead.path).map_err(|reason| (lead.source, reason))?;
        Ok(Found { interpreter, source: lead.source })
    }

    fn interpreter(&self, path: &Path) -> Result<Interpreter, Reason> {
        if let Some(known) = self.memory.recall(path) {
            return Ok(known);
        }
        let examined = probe::examine(path, self.host, self.limit)?;
        self.memory.keep(path, &examined);
        Ok(examined.interpreter)
    }

    /// Every interpreter once, and what is broken with its reason, in the order of search.
    pub fn all(&mut self) -> Vec<Candidate> {
        let mut seen = HashSet::new();
        let mut candidates = Vec::new();
        for lead in leads(&Request::Any, self.host) {
            let (source, outcome) = match self.look(&lead) {
                Ok(Found { interpreter, source }) => (source, Ok(interpreter)),
                Err((source, reason)) => (source, Err(reason)),
            };
            // A shim that leads nowhere here is no Python, and not broken either.
            let nowhere = matches!(outcome, Err(Reason::Shim { .. }));
            let identity = match &outcome {
                Ok(interpreter) => interpreter.real_executable.clone(),
                Err(_) => fs::canonicalize(&lead.path).unwrap_or_else(|_| lead.path.clone()),
            };
            if !nowhere && seen.insert(identity) {
                candidates.push(Candidate { path: lead.path, source, outcome });
            }
        }
        candidates
    }
}

/// Rules out an executable whose name, or whose target's name, tells that it is another one.
fn tell_by_name(path: &Path, request: &Request) -> Result<(), Reason> {
    let Request::Wanted(wanted) = request else { return Ok(()) };
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let told = [path.file_name(), real.file_name()].into_iter().flatten().filter_map(names::told);
    match told.into_iter().find(|told| told.rules_out(wanted)) {
        Some(told) => Err(Reason::Other(format!("{told}, by its name"))),
        None => Ok(()),
    }
}

/// Where a Python may be that was asked for, in the order of search, found as it is asked for.
fn leads<'a>(request: &'a Request, host: &'a Host) -> impl Iterator<Item = Lead> + 'a {
    let on_path = names::rounds(request, host).into_iter().flat_map(move |names| {
        host.search_path().flat_map(move |dir| {
            let paths: Vec<_> = names.iter().map(|name| dir.join(name)).collect();
            paths.into_iter().filter(|path| names::is_executable(path))
        })
    });
    let on_path = on_path.map(|path| Lead { path, source: Source::Path });
    on_path.chain(std::iter::once_with(move || kept(request, host)).flatten())
}

/// The installations that are kept somewhere and may be what was asked for.
fn kept<'a>(request: &'a Request, host: &'a Host) -> Box<dyn Iterator<Item = Lead> + 'a> {
    let wanted = match request {
        Request::Path(_) | Request::Name(_) => return Box::new(std::iter::empty()),
        Request::Any => None,
        Request::Wanted(wanted) => Some(wanted),
    };
    let fits = move |hint: &super::Wanted| wanted.is_none_or(|wanted| !hint.rules_out(wanted));
    let installations = managers::installations(host).into_iter();
    Box::new(installations.filter(move |found| found.hint.as_ref().is_none_or(fits)).filter_map(
        move |found| {
            let path = names::in_tree(&found.dir, host)?;
            Some(Lead { path, source: Source::Place(found.place) })
        },
    ))
}
