//! The activation scripts on disk.

use crate::check::code::Code;
use crate::check::repairs::{Diagnosis, Repair};
use crate::check::snapshot::Snapshot;
use crate::fs::read_bounded;
use crate::shell;
use crate::shell::Seal;
use crate::support::host::Platform;
use crate::support::limits;
use crate::support::path::is_same_file;
use crate::venv::script::{Script, is_activation};
use crate::venv::state::Maker;
use crate::venv::{Content, Difference, Entry};

/// Scripts that cannot work, are missing, or are not the ones that this rvenv writes.
pub(crate) fn findings(snapshot: &Snapshot<'_>) -> Vec<Diagnosis> {
    // The same place may be called by a link to it, in another case or by a short name.
    let called = snapshot.activated.as_ref().filter(|root| is_same_file(root, snapshot.root()));
    let planned: Vec<_> =
        snapshot.activation_scripts(called.map_or(snapshot.root(), |root| root)).collect();
    let (mut missing, mut stale, mut altered) = (Vec::new(), Vec::new(), Vec::new());
    for entry in &planned {
        let path = snapshot.root().join(&entry.path);
        match difference(snapshot, entry) {
            None => {}
            Some(Difference::Missing) => missing.push(entry.clone()),
            Some(_) if broken(snapshot, entry).is_some() => {}
            Some(_) => match read_bounded(&path, limits::SCRIPT).map(|bytes| shell::seal(&bytes)) {
                Ok(Seal::Whole) => stale.push(entry.clone()),
                Ok(Seal::Broken | Seal::Missing) | Err(_) => altered.push(entry.clone()),
            },
        }
    }
    let has_any = snapshot.script("activate".as_ref()).is_some();
    let is_ours = snapshot.maker == Maker::Rvenv;
    let mut findings: Vec<_> = cannot_work(snapshot, &planned).into_iter().collect();
    // Other tools write activation scripts for other shells; virtualenv can write none
    // (`--activators ""`).
    if is_ours || (!has_any && snapshot.maker != Maker::Virtualenv) {
        findings.extend(absent(missing));
    }
    // The scripts of a moved environment are reported by the finding `moved`.
    let is_packed = snapshot.cfg().packed().is_some();
    if is_ours && snapshot.origin.is_none() && !is_packed {
        findings.extend(of_another_release(snapshot, stale));
        findings.extend(edited(snapshot, &altered));
    }
    findings
}

/// The difference between a script and the planned one; most have none and were read before.
fn difference(snapshot: &Snapshot<'_>, planned: &Entry) -> Option<Difference> {
    let script = planned.path.file_name().and_then(|name| snapshot.script(name));
    match (&planned.content, script.and_then(Script::text)) {
        (Content::Text(bytes), Some(text)) if bytes == text => None,
        _ => planned.difference(snapshot.root()),
    }
}

/// The faults that prevent an activation script of any tool from working.
fn broken(snapshot: &Snapshot<'_>, entry: &Entry) -> Option<(&'static str, Vec<u8>)> {
    fault(snapshot.script(entry.path.file_name()?)?, entry)
}

/// The fault of a script and its repair: the planned one, or its own text with the line
/// ends that its shell reads.
fn fault(script: &Script, planned: &Entry) -> Option<(&'static str, Vec<u8>)> {
    let text = script.text()?;
    let whole = || match &planned.content {
        Content::Text(bytes) | Content::Script(bytes) => bytes.clone(),
        _ => Vec::new(),
    };
    let name = script.name.to_str()?.to_ascii_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    if text.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
        return Some(("is empty", whole()));
    }
    if text.contains(&0) {
        return Some(("contains NUL bytes", whole()));
    }
    // PowerShell, cmd.exe, Python and nushell accept both line ends.
    let is_strict = !["ps1", "bat", "py", "nu"].contains(&extension);
    let has_returns = text.windows(2).any(|pair| pair == b"\r\n");
    (is_strict && has_returns).then(|| ("has Windows line ends", without_carriage_returns(text)))
}

/// `text` with `\n` for each `\r\n`.
pub(super) fn without_carriage_returns(text: &[u8]) -> Vec<u8> {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let lines = lines.map(|line| match line.strip_suffix(b"\r\n") {
        Some(line) => [line, b"\n"].concat(),
        None => line.to_vec(),
    });
    lines.collect::<Vec<_>>().concat()
}

/// Scripts that do nothing or fail when they are sourced.
fn cannot_work(snapshot: &Snapshot<'_>, planned: &[Entry]) -> Option<Diagnosis> {
    if snapshot.host.platform() == Platform::Windows {
        return None;
    }
    let faults = planned.iter().filter_map(|entry| {
        let name = entry.path.file_name()?.to_str().filter(|name| is_activation(name))?;
        let (what, text) = broken(snapshot, entry)?;
        Some((format!("`{name}` {what}"), Entry::new(&entry.path, Content::Text(text))))
    });
    let (seen, entries): (Vec<_>, Vec<_>) = faults.unzip();
    (!entries.is_empty())
        .then(|| Diagnosis::new(Code::ActivationBroken, seen.join(", "), Repair::Put(entries)))
}

fn names(entries: &[Entry]) -> Option<String> {
    let names: Vec<_> = entries.iter().map(|entry| format!("`{}`", entry.path.display())).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn absent(missing: Vec<Entry>) -> Option<Diagnosis> {
    let seen = format!("there is no {}", names(&missing)?);
    Some(Diagnosis::new(Code::ActivationMissing, seen, Repair::Put(missing)))
}

fn of_another_release(snapshot: &Snapshot<'_>, stale: Vec<Entry>) -> Option<Diagnosis> {
    let names = names(&stale)?;
    let elsewhere = snapshot.activated.as_ref().filter(|root| !is_same_file(root, snapshot.root()));
    let seen = match elsewhere {
        // Most shells find out where a script is; csh and dash do not.
        Some(root) => format!("written for `{}`: {names}", root.display()),
        None => format!("written by another release of rvenv: {names}"),
    };
    Some(Diagnosis::new(Code::ActivationAltered, seen, Repair::Put(stale)))
}

fn edited(snapshot: &Snapshot<'_>, altered: &[Entry]) -> Option<Diagnosis> {
    let seen = format!("changed after rvenv wrote it: {}", names(altered)?);
    let root = snapshot.root().display();
    let advice = format!(
        "keep what was changed; to have rvenv's own again, delete it and run `rvenv check --fix {root}`"
    );
    Some(Diagnosis::new(Code::ActivationAltered, seen, Repair::advice(advice)))
}
