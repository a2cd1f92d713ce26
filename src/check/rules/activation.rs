//! The activation scripts on disk.

use crate::check::finding::{Code, Finding, Remedy};
use crate::check::repairs::interpreter as repair_interpreter;
use crate::check::snapshot::Snapshot;
use crate::fs::read_bounded;
use crate::shell;
use crate::shell::Seal;
use crate::support::limits;
use crate::support::path::is_same_file;
use crate::venv::script::Script;
use crate::venv::state::Maker;
use crate::venv::{Content, Difference, Entry};

/// Scripts that are missing, or not the ones that this rvenv writes.
pub(crate) fn findings(snapshot: &Snapshot<'_>) -> Vec<Finding> {
    // The same place may be called by a link to it, in another case or by a short name.
    let called = snapshot.activated.as_ref().filter(|root| is_same_file(root, snapshot.root()));
    let (mut missing, mut stale, mut altered) = (Vec::new(), Vec::new(), Vec::new());
    for entry in snapshot.activation_scripts(called.map_or(snapshot.root(), |root| root)) {
        let path = snapshot.root().join(&entry.path);
        match difference(snapshot, &entry) {
            None => {}
            Some(Difference::Missing) => missing.push(entry),
            Some(_) => match read_bounded(&path, limits::SCRIPT).map(|bytes| shell::seal(&bytes)) {
                Ok(Seal::Whole) => stale.push(entry),
                Ok(Seal::Broken | Seal::Missing) | Err(_) => altered.push(entry),
            },
        }
    }
    let has_any = snapshot.script("activate".as_ref()).is_some();
    let is_ours = snapshot.maker == Maker::Rvenv;
    let mut findings = Vec::new();
    // Other tools have scripts of their own, and not for the same shells.
    // virtualenv has `--activators ""`.
    if is_ours || (!has_any && snapshot.maker != Maker::Virtualenv) {
        findings.extend(finding(snapshot, Code::ActivationMissing, missing));
    }
    // A moved environment's are told of as such.
    if is_ours && snapshot.origin.is_none() {
        findings.extend(finding(snapshot, Code::ActivationStale, stale));
        findings.extend(finding(snapshot, Code::ActivationAltered, altered));
    }
    findings
}

/// How a script differs from the planned one; most do not, and were read before.
fn difference(snapshot: &Snapshot<'_>, planned: &Entry) -> Option<Difference> {
    let script = planned.path.file_name().and_then(|name| snapshot.script(name));
    match (&planned.content, script.and_then(Script::text)) {
        (Content::Text(bytes), Some(text)) if bytes == text => None,
        _ => planned.difference(snapshot.root()),
    }
}

fn finding(snapshot: &Snapshot<'_>, code: Code, entries: Vec<Entry>) -> Option<Finding> {
    let names: Vec<_> = entries.iter().map(|entry| format!("`{}`", entry.path.display())).collect();
    let names = (!names.is_empty()).then(|| names.join(", "))?;
    let (seen, remedy) = match code {
        Code::ActivationMissing => {
            (format!("there is no {names}"), repair_interpreter::put(entries))
        }
        Code::ActivationStale => {
            let elsewhere =
                snapshot.activated.as_ref().filter(|root| !is_same_file(root, snapshot.root()));
            let seen = match elsewhere {
                // Most shells tell a script where it is; csh and dash do not.
                Some(root) => format!("{names} was written for `{}`", root.display()),
                None => format!("{names} was written by another release of rvenv"),
            };
            (seen, repair_interpreter::put(entries))
        }
        _ => (
            format!("{names} was changed after rvenv wrote it"),
            Remedy::advice("delete it and run `rvenv check --fix` to have rvenv's own again"),
        ),
    };
    Some(Finding::new(code, seen, remedy))
}
