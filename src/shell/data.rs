//! Activation as data: what becomes of each variable, for the shells that cannot evaluate code and for
//! processes that are started without a shell.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::activation::Extent;
use super::{Activation, Shell};
use crate::shell::{Error, Result};
use crate::support::host::Host;
use crate::support::python_vars;

/// A variable's name and its new value; `None` unsets it.
pub type Change = (&'static str, Option<OsString>);

/// The variables that child processes do not inherit: nushell does not export records.
const UNEXPORTED: [&str; 1] = ["_RVENV_ENTRY"];

/// The variables of a process in which the environment is active, whatever is active in `host`: it has the
/// environment on PATH once and keeps nothing for an undo.
pub fn process(activation: &Activation, host: &Host) -> Vec<Change> {
    let entry = entry(activation);
    let mut former = entries_of_active(host);
    former.push(entry.clone());
    let path = std::iter::once(entry).chain(others(host, &former, Extent::Environment));
    let mut changes = vec![
        ("VIRTUAL_ENV", Some(activation.root.into())),
        ("VIRTUAL_ENV_PROMPT", Some(activation.prompt.into())),
        ("PATH", Some(joined(path, host))),
    ];
    changes.extend(python_vars::MISLEADING.map(|name| (name, None)));
    changes
}

/// The changes of an activation to the variables of a shell in which any environment may be active.
pub(super) fn activation(activation: &Activation, host: &Host) -> Vec<Change> {
    let entry = entry(activation);
    let others = others(host, &entries_of_active(host), Extent::Activation);
    let path = joined(std::iter::once(entry.clone()).chain(others), host);
    let mut changes = process(activation, host);
    changes.retain(|(name, _)| *name != "PATH");
    changes.extend([("PATH", Some(path)), ("_RVENV_ENTRY", Some(entry.into_os_string()))]);
    changes.extend(misleading(host).map(|(_, saved, value)| (saved, value)));
    changes
}

/// The changes of a deactivation: the same variables.
pub(super) fn deactivation(host: &Host, extent: Extent) -> Vec<Change> {
    let path = joined(others(host, &entries_of_active(host), extent), host);
    let mut changes = vec![
        ("VIRTUAL_ENV", None),
        ("VIRTUAL_ENV_PROMPT", None),
        ("PATH", Some(path)),
        ("_RVENV_ENTRY", None),
    ];
    let restored = misleading(host);
    changes.extend(restored.flat_map(|(name, saved, value)| [(name, value), (saved, None)]));
    changes
}

/// The variables that mislead Python, where an activation keeps each, and the user's own value: the one that
/// is set, or the one that is kept.
fn misleading(host: &Host) -> impl Iterator<Item = (&'static str, &'static str, Option<OsString>)> {
    let names = python_vars::MISLEADING.into_iter().zip(python_vars::SAVED);
    names
        .map(|(name, saved)| (name, saved, host.var(name).or(host.var(saved)).map(OsStr::to_owned)))
}

fn entry(activation: &Activation) -> PathBuf {
    activation.root.join(activation.scripts)
}

/// The possible PATH entries of the active environment, for every tool that can have activated it.
fn entries_of_active(host: &Host) -> Vec<PathBuf> {
    let active = host.path_var("VIRTUAL_ENV").map(|root| host.native(root).into_owned());
    active.map_or(Vec::new(), |root| vec![root.join("bin"), root.join("Scripts")])
}

/// The entries of PATH that are not one of `removed`: of these only the first is removed where the extent is
/// one activation. The others stay as they are, empty ones too: it is the user's PATH.
fn others(
    host: &Host,
    removed: &[PathBuf],
    extent: Extent,
) -> impl Iterator<Item = PathBuf> + use<> {
    let path = host.var("PATH").filter(|path| !path.is_empty());
    let mut entries: Vec<_> = path.map(std::env::split_paths).into_iter().flatten().collect();
    let is_removed = |entry: &PathBuf| removed.contains(entry);
    match extent {
        Extent::Environment => entries.retain(|entry| !is_removed(entry)),
        Extent::Activation => {
            entries.iter().position(is_removed).map(|index| entries.remove(index));
        }
    }
    entries.into_iter()
}

/// The value of PATH.
fn joined(entries: impl Iterator<Item = PathBuf>, host: &Host) -> OsString {
    let entries: Vec<_> = entries.map(PathBuf::into_os_string).collect();
    let separator = host.platform().path_separator().to_string();
    // On Windows this quotes an entry that holds the separator.
    std::env::join_paths(&entries).unwrap_or_else(|_| entries.join(OsStr::new(&separator)))
}

/// The changes as a JSON object. nushell's PATH is a list, and nushell does not export null.
pub(super) fn json(shell: Shell, changes: &[Change]) -> Result<Vec<u8>> {
    let mut object = Map::new();
    for (name, value) in changes {
        let value = match value {
            None => Value::Null,
            Some(path) if *name == "PATH" && path.is_empty() => Value::Array(Vec::new()),
            Some(path) if *name == "PATH" => {
                let entries = std::env::split_paths(path)
                    .map(|entry| Ok(text(shell, entry.as_os_str())?.into()));
                Value::Array(entries.collect::<Result<_>>()?)
            }
            Some(value) if UNEXPORTED.contains(name) => json!({ "value": text(shell, value)? }),
            Some(value) => text(shell, value)?.into(),
        };
        object.insert((*name).to_owned(), value);
    }
    Ok(format!("{}\n", Value::Object(object)).into_bytes())
}

fn text(shell: Shell, value: &OsStr) -> Result<&str> {
    value.to_str().ok_or_else(|| Error::Unrepresentable { shell, value: value.to_owned() })
}

#[cfg(all(test, unix))]
mod tests {
    use std::path::Path;

    use super::*;

    fn path_of(changes: &[Change]) -> &str {
        let path = changes.iter().find(|(name, _)| *name == "PATH");
        path.and_then(|(_, path)| path.as_deref()?.to_str()).expect("a PATH")
    }

    #[test]
    fn a_process_has_the_environment_once_and_a_shell_loses_one_entry() {
        let to = Activation { root: Path::new("/b"), scripts: "bin", prompt: "b".as_ref() };
        let path = "/a/bin:/x::/b/bin:/a/bin:";
        let host = Host::new([("VIRTUAL_ENV", "/a"), ("PATH", path), ("PYTHONHOME", "/p")], "/");
        assert_eq!(path_of(&process(&to, &host)), "/b/bin:/x::");
        assert_eq!(path_of(&activation(&to, &host)), "/b/bin:/x::/b/bin:/a/bin:");
        assert_eq!(path_of(&deactivation(&host, Extent::Environment)), "/x::/b/bin:");
        assert_eq!(path_of(&deactivation(&host, Extent::Activation)), "/x::/b/bin:/a/bin:");
        let kept = ("_OLD_VIRTUAL_PYTHONHOME", Some("/p".into()));
        assert!(activation(&to, &host).contains(&kept));
        assert!(
            !process(&to, &host)
                .iter()
                .any(|(name, _)| name.starts_with('_') && !name.contains("PYVENV"))
        );
    }

    #[test]
    fn an_empty_path_has_no_entry() {
        let to = Activation { root: Path::new("/b"), scripts: "bin", prompt: "b".as_ref() };
        for vars in [&[("PATH", "")][..], &[]] {
            let host = Host::new(vars.iter().copied(), "/");
            assert_eq!(path_of(&process(&to, &host)), "/b/bin");
        }
    }
}
