//! What a shell can offer where a name is expected.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use clap_complete::CompletionCandidate;
use clap_complete::engine::{PathCompleter, ValueCompleter};
use rvenv::check::Code;
use rvenv::python::{Finder, Implementation, Interpreter};
use rvenv::shell::Shell;
use rvenv::support::cache::Cache;
use rvenv::support::host::Host;
use rvenv::venv;

/// Environments first, then the directories in which there could be one.
pub(crate) fn environments(current: &OsStr) -> Vec<CompletionCandidate> {
    let is_env = |path: &Path| path.join("pyvenv.cfg").is_file();
    PathCompleter::any()
        .filter(is_env)
        .complete(current)
        .into_iter()
        .map(|candidate| {
            // `.venv` is hidden by its name only.
            let shown = is_env(Path::new(candidate.get_value()));
            let hidden = candidate.is_hide_set() && !shown;
            candidate.hide(hidden)
        })
        .collect()
}

/// The commands of the environment that would be used, and scripts; after the command, any path.
pub(crate) struct Commands;

impl ValueCompleter for Commands {
    fn complete(&self, current: &OsStr) -> Vec<CompletionCandidate> {
        self.complete_at(0, current)
    }

    fn complete_at(&self, index: usize, current: &OsStr) -> Vec<CompletionCandidate> {
        if index > 0 {
            return PathCompleter::any().complete(current);
        }
        let env = Host::from_process().ok().and_then(|host| venv::wanted(None, &host).ok());
        let names = env.map(|env| env.commands()).unwrap_or_default();
        let mut found = beginning(current, names.into_iter().map(|name| (name, None)));
        let is_script = |path: &Path| path.extension().is_some_and(|end| end == "py");
        found.extend(PathCompleter::any().filter(is_script).complete(current));
        found
    }
}

/// The shells that rvenv prints code for.
pub(crate) fn shells(current: &OsStr) -> Vec<CompletionCandidate> {
    let shells = Shell::ALL.iter().map(|shell| (shell.name().to_owned(), None));
    beginning(current, shells)
}

/// The installed distributions of the environment that would be used.
pub(crate) fn packages(current: &OsStr) -> Vec<CompletionCandidate> {
    let env = Host::from_process().ok().and_then(|host| venv::wanted(None, &host).ok());
    let names = env.map(|env| env.distributions()).unwrap_or_default();
    beginning(current, names.into_iter().map(|name| (name, None)))
}

/// The codes that `check` reports.
pub(crate) fn codes(current: &OsStr) -> Vec<CompletionCandidate> {
    let codes = Code::ALL.iter().map(|code| (code.name().to_owned(), Some(code.why().to_owned())));
    beginning(current, codes)
}

/// The Pythons of this machine by the versions that ask for them; then paths.
pub(crate) fn pythons(current: &OsStr) -> Vec<CompletionCandidate> {
    let Ok(host) = Host::from_process() else { return Vec::new() };
    let cache = Cache::of(&host);
    let known = Finder::new(&host, &cache).all();
    let known: BTreeMap<String, Option<String>> = known
        .into_iter()
        .filter_map(|candidate| candidate.outcome.ok())
        .map(|python| (request(&python), Some(python.to_string())))
        .collect();
    let mut found = beginning(current, known);
    found.extend(PathCompleter::any().complete(current));
    found
}

/// What asks for this Python: `3.12`, `pypy3.10`, `3.13t`.
fn request(python: &Interpreter) -> String {
    let implementation = match &python.implementation {
        Implementation::CPython => "",
        other => other.name(),
    };
    let threads = if python.build.free_threaded { "t" } else { "" };
    let debug = if python.build.debug { "d" } else { "" };
    format!("{implementation}{}{threads}{debug}", python.version.short())
}

/// The names that begin with what was typed, each with a word about it.
fn beginning(
    current: &OsStr,
    names: impl IntoIterator<Item = (String, Option<String>)>,
) -> Vec<CompletionCandidate> {
    let typed = current.to_string_lossy();
    names
        .into_iter()
        .filter(|(name, _)| name.starts_with(typed.as_ref()))
        .map(|(name, help)| CompletionCandidate::new(name).help(help.map(Into::into)))
        .collect()
}
