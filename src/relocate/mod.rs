//! The places that contain an environment's own path, and their rewriting: first lines of commands,
//! activation scripts, `.pth` files, editable installs, RECORD, `command` in `pyvenv.cfg`.

mod activation_scripts;
mod origin;
mod outside_paths;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use memchr::memmem;

pub(crate) use origin::Origin;

use crate::dist::record::Records;
use crate::formats::{launcher, shebang};
use crate::fs::{InPlace, Linker, read_bounded};
use crate::shell;
use crate::shell::Seal;
use crate::support::cache::Cache;
use crate::support::host::{Host, Platform};
use crate::support::limits;
use crate::support::path::is_same_file;
use crate::support::program::Starts;
use crate::support::session::Session;
use crate::venv;
use crate::venv::script::Script;
use crate::venv::state::State;
use crate::venv::{Content, Entry, Env, write_entry};

/// The changes to a new environment at `at` that make it work at `place`.
pub(crate) fn relocation(at: &Path, place: &Path, host: &Host, cache: &Cache) -> Vec<Entry> {
    let state = State::read(at, Starts::Trusted, host, cache);
    relocated(&state, &Origin::Left(at.to_owned()), place)
}

/// Every file that contains the path of `origin`, with `place` instead.
pub(crate) fn relocated(state: &State<'_>, origin: &Origin, place: &Path) -> Vec<Entry> {
    let is_of_origin = |script: &&Script| {
        let interpreter = script.python.as_ref().map(|line| &line.interpreter);
        interpreter.is_some_and(|path| path.starts_with(origin.root()))
    };
    let moved = state.scripts.iter().filter(is_of_origin);
    let mut entries: Vec<_> =
        moved.filter_map(|script| with_own_python(state, place, script)).collect();
    entries.extend(outside_paths::relocated_editables(state, origin));
    let mut entries = with_records(state, &mut Records::read(state.site()), entries);
    // Last, as they say where it was made: a later run begins again where this one was interrupted.
    entries.extend(activation_scripts(state, origin, place));
    entries.extend(command(state, origin, place));
    entries
}

/// The commands with first lines that name the environment's own Python, and the RECORDs that list
/// them. Commands that no installer wrote are left out.
pub(crate) fn recorded_scripts(state: &State<'_>, scripts: &[&Script]) -> Vec<Entry> {
    let mut records = Records::read(state.site());
    let recorded: std::collections::HashSet<_> = records.paths().collect();
    let is_installed = |script: &&&Script| {
        let path = state.scripts_name().join(&script.name);
        script.is_of_setuptools() || recorded.contains(&*state.recorded(&path))
    };
    let installed = scripts.iter().filter(is_installed);
    let entries: Vec<_> =
        installed.filter_map(|script| with_own_python(state, state.root(), script)).collect();
    with_records(state, &mut records, entries)
}

/// Gives relative shebangs to all commands that installers wrote with absolute ones, if the environment
/// at `root` is relocatable. Installers that do not know the key `relocatable` write absolute ones.
///
/// # Errors
/// The first file that cannot be written; all files are as they were then.
pub fn make_commands_relative(root: &Path, session: Session<'_>) -> venv::Result<()> {
    let Session { host, cache, .. } = session;
    if !Env::open(root, host.platform())?.cfg().is_relocatable() {
        return Ok(());
    }
    let state = State::read(root, Starts::Everything, host, cache);
    let scripts: Vec<_> =
        state.scripts.iter().filter(|script| is_absolute(&state, script)).collect();
    if scripts.is_empty() {
        return Ok(());
    }
    let entries = recorded_scripts(&state, &scripts);
    let place = InPlace::open(root)?;
    let linker = Linker::of_cache(None, root, host);
    entries.iter().try_for_each(|entry| write_entry(entry, place.dir(), &linker))?;
    Ok(place.finish()?)
}

/// Whether a command names the environment's own Python by an absolute path.
pub(crate) fn is_absolute(state: &State<'_>, script: &Script) -> bool {
    let directory = script.python.as_ref().and_then(|line| line.interpreter.parent());
    directory.is_some_and(|directory| is_same_file(directory, &state.scripts_dir()))
}

/// The script with a first line that names the Python of the environment at `place`.
fn with_own_python(state: &State<'_>, place: &Path, script: &Script) -> Option<Entry> {
    let line = script.python.as_ref()?;
    let file = state.scripts_dir().join(&script.name);
    let bytes = read_bounded(&file, limits::COMMAND).ok()?;
    let python = place.join(own_python(state, line.interpreter.file_name()?));
    let path = state.scripts_name().join(&script.name);
    let platform = state.host.platform();
    let is_relative = state.cfg().is_relocatable();
    let new = if platform == Platform::Windows {
        let line = if is_relative {
            shebang::relative_launcher_line(&python)
        } else {
            shebang::launcher_line(&python)
        };
        launcher::with_line(&bytes, &line)?
    } else {
        let body = bytes.get(line.length..)?;
        let first = if is_relative {
            shebang::relative_before(&python, body)
        } else {
            shebang::shebang(&python, platform)
        };
        [&*line.with_arguments(first), body].concat()
    };
    Some(Entry::new(path, Content::Script(new)))
}

/// The environment's Python by the name that a script has for it, if it still has that name.
fn own_python(state: &State<'_>, name: &OsStr) -> PathBuf {
    let has_name = state.scripts_dir().join(name).symlink_metadata().is_ok();
    if has_name { state.scripts_name().join(name) } else { state.python() }
}

/// The entries, and each RECORD that lists one of them.
fn with_records(state: &State<'_>, records: &mut Records, entries: Vec<Entry>) -> Vec<Entry> {
    let files = entries.iter().filter_map(|entry| match &entry.content {
        Content::Script(bytes) | Content::Text(bytes) => {
            Some((state.recorded(&entry.path), &**bytes))
        }
        _ => None,
    });
    records.update(&files.collect());
    let changed: Vec<_> = records
        .changed()
        .filter_map(|(path, text)| {
            let path = path.strip_prefix(state.root()).ok()?;
            Some(Entry::new(path, Content::Text(text)))
        })
        .collect();
    entries.into_iter().chain(changed).collect()
}

/// `command` in `pyvenv.cfg` names the environment's directory, for people.
fn command(state: &State<'_>, origin: &Origin, place: &Path) -> Option<Entry> {
    let old = state.cfg().get("command")?;
    let (from, to) = (origin.root().to_str()?, place.to_str()?);
    let new = replaced(old.as_bytes(), from.as_bytes(), to.as_bytes());
    let mut cfg = state.cfg().clone();
    cfg.set("command", &String::from_utf8_lossy(&new));
    let entry = Entry::new("pyvenv.cfg", Content::lines(&cfg.to_string(), state.host.platform()));
    entry.difference(state.root()).is_some().then_some(entry)
}

/// The activation scripts that contain the path of `origin`, with `place` instead.
///
/// One that is as rvenv wrote it is rendered again. In one that another tool wrote or the user
/// changed, the path alone is replaced; where it is written in no known way, the script is kept.
fn activation_scripts(state: &State<'_>, origin: &Origin, place: &Path) -> Vec<Entry> {
    let planned: Vec<_> = state.activation_scripts(place).collect();
    let scripts = state.scripts.iter().filter(|script| script.python.is_none());
    let relocated = scripts.filter_map(|script| {
        let path = state.scripts_name().join(&script.name);
        let bytes = read_bounded(&state.root().join(&path), limits::SCRIPT).ok()?;
        if shell::seal(&bytes) == Seal::Whole {
            return planned.iter().find(|entry| entry.path == path).cloned();
        }
        let name = script.name.to_str().filter(|name| name.to_lowercase().contains("activate"))?;
        let (old, new) = (origin.root(), place);
        let text = plainly_replaced(&bytes, old, new).or_else(|| {
            let (old, new) = (old.as_os_str(), new.as_os_str());
            activation_scripts::rewritten(
                name,
                &bytes,
                old.as_encoded_bytes(),
                new.as_encoded_bytes(),
            )
        })?;
        Some(Entry::new(path, Content::Text(text)))
    });
    relocated.filter(|entry| entry.difference(state.root()).is_some()).collect()
}

/// `text` with each `old` path replaced, where neither path has a character that any shell's
/// quoting treats in a way of its own.
pub(crate) fn plainly_replaced(text: &[u8], old: &Path, new: &Path) -> Option<Vec<u8>> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,@".contains(c);
    let (old, new) = (old.to_str()?, new.to_str()?);
    if !old.chars().chain(new.chars()).all(plain) {
        return None;
    }
    Some(replaced(text, old.as_bytes(), new.as_bytes()))
}

/// `text` with each whole path `old` replaced: not `/old/envy` when `/old/env` is meant.
pub(crate) fn replaced(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
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
