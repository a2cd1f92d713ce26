//! Completion candidates for the values of arguments.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_complete::CompletionCandidate;
use clap_complete::engine::{PathCompleter, ValueCompleter};
use rvenv::check::Code;
use rvenv::python::{Finder, Implementation, Interpreter, Request};
use rvenv::shell::Shell;
use rvenv::support::cache::Cache;
use rvenv::support::host::Host;
use rvenv::venv;

use super::Cli;
use crate::help::Page;

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

/// The shells that have a hook.
pub(crate) fn shells_with_hook(current: &OsStr) -> Vec<CompletionCandidate> {
    let shells = Shell::ALL.iter().filter(|shell| shell.has_hook());
    beginning(current, shells.map(|shell| (shell.name().to_owned(), None)))
}

/// The commands and topics that `help` and `man` explain.
pub(crate) fn pages(current: &OsStr) -> Vec<CompletionCandidate> {
    let title = |page: &Page| page.title().map(str::to_owned);
    let topics = Page::topics().map(|page| (page.name.to_owned(), title(page)));
    beginning(current, commands_of(&Cli::command()).into_iter().chain(topics))
}

/// The subcommands of all commands.
pub(crate) fn nested_commands(current: &OsStr) -> Vec<CompletionCandidate> {
    let mut root = Cli::command();
    root.build();
    beginning(current, root.get_subcommands().flat_map(commands_of))
}

fn commands_of(command: &Command) -> Vec<(String, Option<String>)> {
    let visible = command.get_subcommands().filter(|sub| !sub.is_hide_set());
    let about = |sub: &Command| sub.get_about().map(ToString::to_string);
    visible.map(|sub| (sub.get_name().to_owned(), about(sub))).collect()
}

/// `latest`, the versions of pip that need no connection, and files.
pub(crate) fn pips(current: &OsStr) -> Vec<CompletionCandidate> {
    let mut found = beginning(current, [("latest".to_owned(), Some("the newest pip".to_owned()))]);
    if let Ok(host) = Host::from_process() {
        let cache = Cache::of(&host);
        let pythons = Finder::new(&host, &cache).all();
        let working = pythons.iter().filter_map(|candidate| candidate.outcome.as_ref().ok());
        let versions = rvenv::seed::available(working, &cache);
        found.extend(beginning(current, versions.into_iter().map(|version| (version, None))));
    }
    let is_wheel = |path: &Path| path.extension().is_some_and(|end| end == "whl");
    found.extend(PathCompleter::any().filter(is_wheel).complete(current));
    found
}

/// Files and directories: wheels, projects, requirements files.
pub(crate) fn files(current: &OsStr) -> Vec<CompletionCandidate> {
    PathCompleter::any().complete(current)
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
    let mut finder = Finder::new(&host, &cache);
    let working = finder.all().into_iter().filter_map(|candidate| candidate.outcome.ok());
    let requests: BTreeSet<String> = working.map(|python| request(&python)).collect();
    // Of several Pythons of one version, the one that is selected.
    let known = requests.into_iter().filter_map(|text| {
        let found = finder.find(&Request::parse(&text, &host).ok()?).ok()?;
        Some((text, Some(found.interpreter.to_string())))
    });
    let known: Vec<_> = known.collect();
    let mut found = beginning(current, known);
    found.extend(PathCompleter::any().complete(current));
    found
}

/// The request that selects this Python: `3.12`, `pypy3.10`, `3.13t`.
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
