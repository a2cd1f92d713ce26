//! Pointing an environment to a Python: its links, its `pyvenv.cfg`.

use std::path::{Path, PathBuf};

use crate::check::finding::Remedy;
use crate::check::repairs::moved_aside;
use crate::check::snapshot::Snapshot;
use crate::dist::LibrarySeries;
use crate::formats::PyvenvCfg;
use crate::formats::shebang::begins_as_python;
use crate::fs::names_in;
use crate::python::{Interpreter, Request};
use crate::support::program::Program;
use crate::venv::base;
use crate::venv::repair::Step;
use crate::venv::state::Configuration;
use crate::venv::{Content, Entry, interpreter_entries};

/// Steps that put these entries. Where there are none, what is wrong is not in the environment.
pub(crate) fn put(entries: impl IntoIterator<Item = Entry>) -> Remedy {
    let steps: Vec<_> = entries.into_iter().map(Step::Put).collect();
    if steps.is_empty() {
        return Remedy::advice(
            "its links and `pyvenv.cfg` are as they should be: mend what they lead to, or make the \
             environment anew",
        );
    }
    Remedy::Fix { steps }
}

/// Links the environment to this Python, of the same series as before.
pub(crate) fn to(snapshot: &Snapshot<'_>, interpreter: &Interpreter) -> Remedy {
    let planned = parts(snapshot, interpreter);
    let dead = dead_names(snapshot, &planned);
    let is_right = planned.iter().all(|entry| entry.difference(snapshot.root()).is_none());
    let links = if is_right { Vec::new() } else { otherwise_put(snapshot, planned) };
    put(links.into_iter().chain(dead).chain(configuration_entry(snapshot, interpreter)))
}

/// Links the environment to the same Python as before, by the path of it that lasts.
pub(crate) fn by_lasting_path(snapshot: &Snapshot<'_>, interpreter: &Interpreter) -> Remedy {
    let links = otherwise_put(snapshot, parts(snapshot, interpreter));
    put(links.into_iter().chain(configuration_entry(snapshot, interpreter)))
}

/// Copies the same Python as before once more, as it is now.
pub(crate) fn copied(snapshot: &Snapshot<'_>, interpreter: &Interpreter) -> Remedy {
    let parts = parts(snapshot, interpreter).into_iter();
    let copies = parts.filter(|entry| matches!(entry.content, Content::Copy(_)));
    put(copies.chain(configuration_entry(snapshot, interpreter)))
}

/// The entries that are not there in these words: a link that leads to the right file may do so by way
/// of one that changes.
fn otherwise_put(snapshot: &Snapshot<'_>, mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.retain(|entry| match &entry.content {
        Content::Link(target) => {
            std::fs::read_link(snapshot.root().join(&entry.path)).ok().as_ref() != Some(target)
        }
        _ => entry.difference(snapshot.root()).is_some(),
    });
    // `python` is replaced last: while it is broken, `check` reports an interrupted repair.
    entries.sort_by_key(|entry| entry.path == snapshot.python());
    entries
}

/// Links the environment to a Python of the series that its packages were installed for, where
/// there is one; else the way out is another series.
pub(crate) fn to_same_series(snapshot: &Snapshot<'_>) -> Remedy {
    match same_series(snapshot) {
        Some(interpreter) => to(snapshot, &interpreter),
        None => upgrade(snapshot),
    }
}

/// A Python of the series that is needed: the one that `home` names, if it works, else the one that
/// `python` leads to, else any other on this machine.
fn same_series(snapshot: &Snapshot<'_>) -> Option<Interpreter> {
    let series = snapshot.series()?;
    let claimed = |path: PathBuf| Request::Path(Program::claimed(path, snapshot.root()));
    let at_home = base::at_home(snapshot.cfg(), &snapshot.scripts_dir());
    let at_home = at_home.filter(|path| !snapshot.base.is_known_broken(path)).map(claimed);
    let own = snapshot.base.interpreter().map(|own| claimed(own.executable.clone()));
    let mut requests = at_home.into_iter().chain(own).chain(series.request(snapshot.host));
    requests.find_map(|request| {
        let found = snapshot.finder().find(&request).ok()?.interpreter;
        // A request for 3.13 accepts a free-threaded one if it is the only one.
        (LibrarySeries::of_interpreter(&found) == series).then_some(found)
    })
}

/// The way when the series is gone: make it anew with another one, and install again. What stands
/// in the base's place is as a rule the next one, whether or not a search would find it.
fn upgrade(snapshot: &Snapshot<'_>) -> Remedy {
    if matches!(snapshot.configuration, Configuration::Missing) {
        // Without `pyvenv.cfg`, an upgrade takes its files for the user's.
        return moved_aside(snapshot.root(), snapshot.host.platform());
    }
    let newest = snapshot.finder().find(&Request::Any).ok();
    let newest = newest.map(|found| found.interpreter.version);
    let newer =
        snapshot.base.interpreter().filter(|base| newest.is_none_or(|it| it < base.version));
    let python = match (newer, newest) {
        (Some(base), _) => base.executable.to_string_lossy().into_owned(),
        (None, Some(version)) => version.short(),
        (None, None) => "3".to_owned(),
    };
    let root = snapshot.root().to_string_lossy();
    Remedy::run(["rvenv", "create", "--upgrade", "--python", &python, &root])
}

/// Writes `pyvenv.cfg` for this Python.
pub(crate) fn configuration(snapshot: &Snapshot<'_>, interpreter: &Interpreter) -> Remedy {
    put(configuration_entry(snapshot, interpreter))
}

fn configuration_entry(snapshot: &Snapshot<'_>, interpreter: &Interpreter) -> Option<Entry> {
    let mut cfg = repointed(snapshot.cfg(), interpreter);
    if cfg.get("include-system-site-packages").is_none() {
        let is_included = snapshot.made_with("--system-site-packages");
        cfg.set("include-system-site-packages", if is_included { "true" } else { "false" });
    }
    let entry = Entry::new("pyvenv.cfg", Content::lines(&cfg.to_string(), interpreter.platform));
    entry.difference(snapshot.root()).is_some().then_some(entry)
}

/// `cfg` with every key that speaks of the base set to what `interpreter` is, and the others as
/// they were.
fn repointed(cfg: &PyvenvCfg, interpreter: &Interpreter) -> PyvenvCfg {
    let mut cfg = cfg.clone();
    // With `home`, the environment is bound to this Python.
    cfg.remove("packed");
    let release = interpreter.version.release();
    cfg.set("home", &interpreter.home().to_string_lossy());
    if cfg.version().is_none() {
        cfg.set("version", &release);
    }
    // Keys of other tools are changed only if they exist.
    let full = format!("{release}.final.0");
    let prefix = interpreter.prefix.to_string_lossy();
    let executable = interpreter.executable.to_string_lossy();
    let real = interpreter.real_executable.to_string_lossy();
    let info = cfg.get("version_info").map_or(0, |info| info.split('.').count());
    for (key, value) in [
        ("version", &*release),
        ("version_info", if info > 3 { &full } else { &release }),
        ("executable", &real),
        ("base-prefix", &prefix),
        ("base-exec-prefix", &prefix),
        ("base-executable", &executable),
    ] {
        // uv's `3.12` is meant to outlast a patch release.
        let is_short = key == "version_info" && info == 2;
        if cfg.get(key).is_some() && !is_short {
            cfg.set(key, value);
        }
    }
    cfg
}

/// The names of the interpreter as a plan has them.
pub(crate) fn names(snapshot: &Snapshot<'_>, interpreter: &Interpreter) -> Vec<Entry> {
    let mut entries = parts(snapshot, interpreter);
    entries.retain(|entry| entry.path.parent() == Some(snapshot.scripts_name()));
    entries
}

/// The interpreter under each of its names, and what a copy needs beside it.
fn parts(snapshot: &Snapshot<'_>, interpreter: &Interpreter) -> Vec<Entry> {
    let mut entries = interpreter_entries(interpreter, snapshot.is_copied());
    entries.retain(|entry| entry.path != Path::new("lib64"));
    entries
}

/// Links of other names that lead nowhere, to be linked to `python`.
fn dead_names(snapshot: &Snapshot<'_>, planned: &[Entry]) -> Vec<Entry> {
    let there = names_in(&snapshot.scripts_dir());
    let dead = there.iter().filter(|name| {
        let path = snapshot.scripts_dir().join(name);
        begins_as_python(name.as_encoded_bytes()) && path.is_symlink() && !path.exists()
    });
    let entries = dead
        .map(|name| Entry::new(snapshot.scripts_name().join(name), Content::Link("python".into())));
    entries.filter(|entry| planned.iter().all(|other| other.path != entry.path)).collect()
}
