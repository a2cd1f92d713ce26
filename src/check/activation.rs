//! The activation scripts on disk.

use std::path::Path;

use super::finding::{Code, Finding, Remedy};
use super::origin::Origin;
use super::scripts::{SCRIPT_LIMIT, Script};
use super::subject::{Maker, Subject};
use super::{relink, rewrite, same_file};
use crate::fs::read_bounded;
use crate::shell;
use crate::shell::Seal;
use crate::venv::{Content, Difference, Entry, activation_entries};

/// Scripts that are missing, or not the ones that this rvenv writes.
pub(super) fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    // The same place may be called by a link to it, in another case or by a short name.
    let called = subject.activated.as_ref().filter(|root| same_file(root, &subject.root));
    let (mut missing, mut stale, mut altered) = (Vec::new(), Vec::new(), Vec::new());
    for entry in planned(subject, called.unwrap_or(&subject.root)) {
        let path = subject.root.join(&entry.path);
        match difference(subject, &entry) {
            None => {}
            Some(Difference::Missing) => missing.push(entry),
            Some(_) => match read_bounded(&path, SCRIPT_LIMIT).map(|bytes| shell::seal(&bytes)) {
                Ok(Seal::Whole) => stale.push(entry),
                Ok(Seal::Broken | Seal::Missing) | Err(_) => altered.push(entry),
            },
        }
    }
    let has_any = subject.script("activate".as_ref()).is_some();
    let is_ours = subject.maker == Maker::Rvenv;
    let mut findings = Vec::new();
    // Other tools have scripts of their own, and not for the same shells.
    if is_ours || !has_any {
        findings.extend(finding(subject, Code::ActivationMissing, missing));
    }
    // A moved environment's are told of as such.
    if is_ours && subject.origin.is_none() {
        findings.extend(finding(subject, Code::ActivationStale, stale));
        findings.extend(finding(subject, Code::ActivationAltered, altered));
    }
    findings
}

/// How a script differs from the planned one; most do not, and were read before.
fn difference(subject: &Subject<'_>, planned: &Entry) -> Option<Difference> {
    let script = planned.path.file_name().and_then(|name| subject.script(name));
    match (&planned.content, script.and_then(Script::text)) {
        (Content::Text(bytes), Some(text)) if bytes == text => None,
        _ => planned.difference(&subject.root),
    }
}

fn finding(subject: &Subject<'_>, code: Code, entries: Vec<Entry>) -> Option<Finding> {
    let names: Vec<_> = entries.iter().map(|entry| format!("`{}`", entry.path.display())).collect();
    let names = (!names.is_empty()).then(|| names.join(", "))?;
    let (seen, remedy) = match code {
        Code::ActivationMissing => (format!("there is no {names}"), relink::put(entries)),
        Code::ActivationStale => {
            let elsewhere =
                subject.activated.as_ref().filter(|root| !same_file(root, &subject.root));
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
fn planned<'a>(subject: &'a Subject<'_>, root: &'a Path) -> impl Iterator<Item = Entry> + 'a {
    let scripts = |interpreter| activation_entries(root, interpreter, &subject.options());
    subject.base.interpreter().into_iter().flat_map(scripts).filter_map(Result::ok)
}

/// The scripts that speak of the place where the environment was made, speaking of this one.
///
/// What is as rvenv wrote it is written anew. In what another tool wrote or the user changed, the
/// path alone is replaced; where it stands in no way that is known, the script stays as it is.
pub(super) fn brought_here(subject: &Subject<'_>, origin: &Origin) -> Vec<Entry> {
    let planned: Vec<_> = planned(subject, &subject.place).collect();
    let scripts = subject.scripts.iter().filter(|script| script.python.is_none());
    let brought = scripts.filter_map(|script| {
        let path = subject.scripts_name().join(&script.name);
        let bytes = read_bounded(&subject.root.join(&path), SCRIPT_LIMIT).ok()?;
        if shell::seal(&bytes) == Seal::Whole {
            return planned.iter().find(|entry| entry.path == path).cloned();
        }
        let name = script.name.to_str().filter(|name| name.to_lowercase().contains("activate"))?;
        let (old, new) = (origin.root(), &*subject.place);
        let text = rewrite::plainly_replaced(&bytes, old, new).or_else(|| {
            let (old, new) = (old.as_os_str(), new.as_os_str());
            shell::moved(name, &bytes, old.as_encoded_bytes(), new.as_encoded_bytes())
        })?;
        Some(Entry::new(path, Content::Text(text)))
    });
    brought.filter(|entry| entry.difference(&subject.root).is_some()).collect()
}
