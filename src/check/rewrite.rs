//! New first lines for scripts and new paths in activation scripts, with what RECORD says of them.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use memchr::memmem;

use super::finding::Remedy;
use super::origin::Origin;
use super::records::Records;
use super::scripts::Script;
use super::snapshot::Snapshot;
use super::{activation, follow, relink};
use crate::formats::launcher;
use crate::seed;
use crate::support::cache::Cache;
use crate::support::host::{Host, Platform};
use crate::venv::{Content, Entry};

/// Has the environment's Python run the scripts that an installer put there. The user's own stay.
pub(super) fn scripts(snapshot: &Snapshot<'_>, scripts: &[&Script]) -> Remedy {
    let mut records = Records::read(snapshot.site());
    let recorded: HashSet<_> = records.paths().collect();
    let installed = scripts.iter().filter(|script| {
        let path = snapshot.scripts_name().join(&script.name);
        recorded.contains(&*snapshot.recorded(&path))
    });
    let entries: Vec<_> =
        installed.filter_map(|script| with_own_python(snapshot, script)).collect();
    if entries.is_empty() {
        let text = match snapshot.host.platform() {
            Platform::Windows => "install the package that it belongs to again, or delete it",
            Platform::Linux | Platform::MacOs => {
                "no installer put it there: change its first line, or delete it"
            }
        };
        return Remedy::advice(text);
    }
    relink::put(with_records(snapshot, &mut records, entries))
}

/// Brings everything that still speaks of the place where the environment was made to this one.
pub(super) fn from_origin(snapshot: &Snapshot<'_>, origin: &Origin) -> Remedy {
    let entries = brought_here(snapshot, origin);
    if entries.is_empty() {
        let script = snapshot.scripts_name().join("activate");
        return Remedy::advice(format!(
            "mend the path in `{}` by hand, or delete it",
            script.display()
        ));
    }
    relink::put(entries)
}

/// What changes in an environment at `at` so that it works at `place`.
pub(crate) fn relocation(at: &Path, place: &Path, host: &Host, cache: &Cache) -> Vec<Entry> {
    let read = Snapshot::read(at, host, cache);
    let snapshot = Snapshot { place: place.to_owned(), ..read };
    brought_here(&snapshot, &Origin::Left(at.to_owned()))
}

fn brought_here(snapshot: &Snapshot<'_>, origin: &Origin) -> Vec<Entry> {
    let is_of_origin = |script: &&Script| {
        let interpreter = script.python.as_ref().map(|line| &line.interpreter);
        interpreter.is_some_and(|path| path.starts_with(origin.root()))
    };
    let moved = snapshot.scripts.iter().filter(is_of_origin);
    let mut entries: Vec<_> =
        moved.filter_map(|script| with_own_python(snapshot, script)).collect();
    entries.extend(follow::brought_here(snapshot, origin));
    let mut entries = with_records(snapshot, &mut Records::read(snapshot.site()), entries);
    // Last, as they say where it was made: a later run begins again where this one was interrupted.
    entries.extend(activation::brought_here(snapshot, origin));
    entries.extend(command(snapshot, origin));
    entries
}

/// The script with a first line that names the environment's own Python.
fn with_own_python(snapshot: &Snapshot<'_>, script: &Script) -> Option<Entry> {
    let line = script.python.as_ref()?;
    let bytes = std::fs::read(snapshot.scripts_dir().join(&script.name)).ok()?;
    let python = own_python(snapshot, line.interpreter.file_name()?);
    let path = snapshot.scripts_name().join(&script.name);
    let new = if snapshot.host.platform() == Platform::Windows {
        launcher::with_line(&bytes, &seed::launcher_line(&python))?
    } else {
        let mut new = seed::shebang(&python, snapshot.host.platform());
        new.extend_from_slice(bytes.get(line.length..)?);
        new
    };
    Some(Entry::new(path, Content::Script(new)))
}

/// The environment's Python by the name that a script had for it, if it has that name still.
fn own_python(snapshot: &Snapshot<'_>, name: &OsStr) -> PathBuf {
    let has_name = snapshot.scripts_dir().join(name).symlink_metadata().is_ok();
    let own = if has_name { snapshot.scripts_name().join(name) } else { snapshot.python() };
    snapshot.place.join(own)
}

/// The entries, and each RECORD that has to follow them.
fn with_records(snapshot: &Snapshot<'_>, records: &mut Records, entries: Vec<Entry>) -> Vec<Entry> {
    let files = entries.iter().filter_map(|entry| match &entry.content {
        Content::Script(bytes) | Content::Text(bytes) => {
            Some((snapshot.recorded(&entry.path), &**bytes))
        }
        _ => None,
    });
    records.update(&files.collect());
    let changed = records.changed(&snapshot.root);
    entries.into_iter().chain(changed).collect()
}

/// `command` in `pyvenv.cfg` names the environment's directory, for people.
fn command(snapshot: &Snapshot<'_>, origin: &Origin) -> Option<Entry> {
    let old = snapshot.cfg.get("command")?;
    let (from, to) = (origin.root().to_str()?, snapshot.place.to_str()?);
    let new = replaced(old.as_bytes(), from.as_bytes(), to.as_bytes());
    let mut cfg = snapshot.cfg.clone();
    cfg.set("command", &String::from_utf8_lossy(&new));
    let entry =
        Entry::new("pyvenv.cfg", Content::lines(&cfg.to_string(), snapshot.host.platform()));
    entry.difference(&snapshot.root).is_some().then_some(entry)
}

/// `text` with each `old` path replaced, where neither path has a character that any shell's
/// quoting treats in a way of its own.
pub(super) fn plainly_replaced(text: &[u8], old: &Path, new: &Path) -> Option<Vec<u8>> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,@".contains(c);
    let (old, new) = (old.to_str()?, new.to_str()?);
    if !old.chars().chain(new.chars()).all(plain) {
        return None;
    }
    Some(replaced(text, old.as_bytes(), new.as_bytes()))
}

/// `text` with each whole path `old` replaced: not `/old/envy` when `/old/env` is meant.
pub(super) fn replaced(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let path = memmem::Finder::new(old);
    let mut rest = text;
    while let Some(at) = path.find(rest) {
        let (before, from) = rest.split_at(at);
        let after = &from[old.len()..];
        let goes_on = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
        out.extend_from_slice(before);
        out.extend_from_slice(if after.first().is_some_and(goes_on) { old } else { new });
        rest = after;
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_paths_are_replaced() {
        let text = b"a=/old/env b='/old/env/bin' c=/old/envy d=/old/env.bak";
        let new = replaced(text, b"/old/env", b"/n");
        assert_eq!(new, b"a=/n b='/n/bin' c=/old/envy d=/old/env.bak");
        let text = b"/old/env";
        assert_eq!(plainly_replaced(text, Path::new("/old/env"), Path::new("/my env")), None);
    }
}
