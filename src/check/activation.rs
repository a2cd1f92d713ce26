//! The activation scripts on disk.

use std::path::Path;

use super::finding::{Code, Finding, Remedy};
use super::origin::Origin;
use super::scripts::Script;
use super::snapshot::{Maker, Snapshot};
use super::{relink, rewrite, same_file};
use crate::fs::read_bounded;
use crate::shell;
use crate::shell::Seal;
use crate::support::limits;
use crate::venv::{Content, Difference, Entry, activation_entries};

/// Scripts that are missing, or not the ones that this rvenv writes.
pub(super) fn findings(snapshot: &Snapshot<'_>) -> Vec<Finding> {
    // The same place may be called by a link to it, in another case or by a short name.
    let called = snapshot.activated.as_ref().filter(|root| same_file(root, &snapshot.root));
    let (mut missing, mut stale, mut altered) = (Vec::new(), Vec::new(), Vec::new());
    for entry in planned(snapshot, called.unwrap_or(&snapshot.root)) {
        let path = snapshot.root.join(&entry.path);
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
    if is_ours || !has_any {
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
        _ => planned.difference(&snapshot.root),
    }
}

fn finding(snapshot: &Snapshot<'_>, code: Code, entries: Vec<Entry>) -> Option<Finding> {
    let names: Vec<_> = entries.iter().map(|entry| format!("`{}`", entry.path.display())).collect();
    let names = (!names.is_empty()).then(|| names.join(", "))?;
    let (seen, remedy) = match code {
        Code::ActivationMissing => (format!("there is no {names}"), relink::put(entries)),
        Code::ActivationStale => {
            let elsewhere =
                snapshot.activated.as_ref().filter(|root| !same_file(root, &snapshot.root));
            let seen = match elsewhere {
                // Most shells tell a script where it is; csh and dash do not.
                Some(root) => format!("{names} was written for `{}`", root.display()),
                None => format!("{names} was written by another release of rvenv"),
            };
            (seen, relink::put(entries))
        }
        _ => (
            format!("{names} was changed after rvenv wrote it"),
            Remedy::advice("delete it and run `rvenv check --fix` to have rvenv's own again"),
        ),
    };
    Some(Finding::new(code, seen, remedy))
}

/// The scripts that this rvenv writes for an environment at `root`, each made when it is asked for.
fn planned<'a>(snapshot: &'a Snapshot<'_>, root: &'a Path) -> impl Iterator<Item = Entry> + 'a {
    let scripts = |interpreter| activation_entries(root, interpreter, &snapshot.options());
    snapshot.base.interpreter().into_iter().flat_map(scripts).filter_map(Result::ok)
}

/// The scripts that speak of the place where the environment was made, speaking of this one.
///
/// What is as rvenv wrote it is written anew. In what another tool wrote or the user changed, the
/// path alone is replaced; where it stands in no way that is known, the script stays as it is.
pub(super) fn brought_here(snapshot: &Snapshot<'_>, origin: &Origin) -> Vec<Entry> {
    let planned: Vec<_> = planned(snapshot, &snapshot.place).collect();
    let scripts = snapshot.scripts.iter().filter(|script| script.python.is_none());
    let brought = scripts.filter_map(|script| {
        let path = snapshot.scripts_name().join(&script.name);
        let bytes = read_bounded(&snapshot.root.join(&path), limits::SCRIPT).ok()?;
        if shell::seal(&bytes) == Seal::Whole {
            return planned.iter().find(|entry| entry.path == path).cloned();
        }
        let name = script.name.to_str().filter(|name| name.to_lowercase().contains("activate"))?;
        let (old, new) = (origin.root(), &*snapshot.place);
        let text = rewrite::plainly_replaced(&bytes, old, new).or_else(|| {
            let (old, new) = (old.as_os_str(), new.as_os_str());
            shell::moved(name, &bytes, old.as_encoded_bytes(), new.as_encoded_bytes())
        })?;
        Some(Entry::new(path, Content::Text(text)))
    });
    brought.filter(|entry| entry.difference(&snapshot.root).is_some()).collect()
}
