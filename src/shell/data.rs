//! Activation as data, for the shells that cannot evaluate code: what becomes of each variable.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use serde_json::{Map, Value};

use super::{Activation, Shell};
use crate::shell::{Error, Result};
use crate::support::host::Host;

/// A variable's name and its new value; `None` unsets it.
pub(super) type Change = (&'static str, Option<OsString>);

/// What activating changes in the variables of `host`, whatever is active there.
pub(super) fn activation(activation: &Activation, host: &Host) -> Vec<Change> {
    let mut path = vec![activation.root.join(activation.scripts).into_os_string()];
    path.extend(path_without_active(host));
    vec![
        ("VIRTUAL_ENV", Some(activation.root.into())),
        ("VIRTUAL_ENV_PROMPT", Some(activation.prompt.into())),
        ("PATH", Some(joined(&path, host))),
        ("PYTHONHOME", None),
        ("_OLD_VIRTUAL_PYTHONHOME", python_home(host)),
    ]
}

/// What deactivating changes: the same variables.
pub(super) fn deactivation(host: &Host) -> Vec<Change> {
    vec![
        ("VIRTUAL_ENV", None),
        ("VIRTUAL_ENV_PROMPT", None),
        ("PATH", Some(joined(&path_without_active(host), host))),
        ("PYTHONHOME", python_home(host)),
        ("_OLD_VIRTUAL_PYTHONHOME", None),
    ]
}

/// The user's own PYTHONHOME: the one that is set, or the one that an activation put aside.
fn python_home(host: &Host) -> Option<OsString> {
    host.var("PYTHONHOME").or(host.var("_OLD_VIRTUAL_PYTHONHOME")).map(OsStr::to_owned)
}

/// PATH without the entry of the active environment, by whatever tool it was activated.
fn path_without_active(host: &Host) -> Vec<OsString> {
    let path = host.var("PATH").map(std::env::split_paths).into_iter().flatten();
    let mut entries: Vec<_> = path.map(OsString::from).collect();
    if let Some(active) = host.path_var("VIRTUAL_ENV") {
        let ours = |entry: &OsString| {
            ["bin", "Scripts"].iter().any(|scripts| Path::new(entry) == active.join(scripts))
        };
        if let Some(index) = entries.iter().position(ours) {
            entries.remove(index);
        }
    }
    entries
}

fn joined(entries: &[OsString], host: &Host) -> OsString {
    let separator = host.platform().path_separator().to_string();
    entries.join(OsStr::new(&separator))
}

/// A JSON object. nushell's PATH is a list, and null keeps a variable from every program.
pub(super) fn json(shell: Shell, changes: &[Change]) -> Result<Vec<u8>> {
    let mut object = Map::new();
    for (name, value) in changes {
        let value = match value {
            None => Value::Null,
            Some(path) if *name == "PATH" => {
                let entries = std::env::split_paths(path)
                    .map(|entry| Ok(text(shell, entry.as_os_str())?.into()));
                Value::Array(entries.collect::<Result<_>>()?)
            }
            Some(value) => text(shell, value)?.into(),
        };
        object.insert((*name).to_owned(), value);
    }
    Ok(format!("{}\n", Value::Object(object)).into_bytes())
}

fn text(shell: Shell, value: &OsStr) -> Result<&str> {
    value.to_str().ok_or_else(|| unrepresentable(shell, value))
}

fn unrepresentable(shell: Shell, value: &OsStr) -> Error {
    Error::Unrepresentable { shell, value: value.to_owned() }
}
