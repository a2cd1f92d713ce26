//! Shims: the small programs that a version manager puts on PATH, which start another Python in every
//! directory. They are resolved by their manager's own rule and never run: one that has nothing to
//! start fails or hangs, and takes the search with it (uv#21047).

use std::fs;
use std::path::{Path, PathBuf};

use super::{Place, Reason, managers};
use crate::host::Host;

/// What a shim would start now, if `path` is a shim.
pub(super) fn resolve(path: &Path, host: &Host) -> Option<(Place, Result<PathBuf, Reason>)> {
    let place = place_of(path, host)?;
    let program = path.file_name()?.to_str()?;
    let chosen = match place {
        Place::Pyenv => pyenv(program, host),
    };
    let chosen = chosen.map_err(|outcome| Reason::Shim { manager: place.name(), outcome });
    Some((place, chosen))
}

fn place_of(path: &Path, host: &Host) -> Option<Place> {
    let dir = path.parent()?;
    Place::ALL
        .into_iter()
        .find(|place| managers::root(*place, host).is_some_and(|root| root.join("shims") == dir))
}

/// pyenv's rule: `PYENV_VERSION`, else the nearest `.python-version` upward, else the global choice.
fn pyenv(program: &str, host: &Host) -> Result<PathBuf, String> {
    let root = managers::root(Place::Pyenv, host).ok_or("it has no root")?;
    let chosen = match host.var("PYENV_VERSION").and_then(|value| value.to_str()) {
        Some(value) => value.replace(':', "\n"),
        None => nearest(".python-version", host)
            .or_else(|| fs::read_to_string(root.join("version")).ok())
            .unwrap_or_default(),
    };
    let names: Vec<&str> = chosen
        .lines()
        .filter_map(|line| line.split('#').next())
        .flat_map(str::split_whitespace)
        .filter(|name| !name.contains(['/', '\\']) && *name != "..")
        .collect();
    if names.is_empty() || names == ["system"] {
        return Err("no version of its own is chosen".to_owned());
    }
    names
        .iter()
        .map(|name| root.join("versions").join(name).join("bin").join(program))
        .find(|path| path.is_file())
        .ok_or_else(|| format!("`{}` is chosen, which has no {program}", names.join(" ")))
}

/// The text of the nearest file of this name, from the current directory upward.
fn nearest(name: &str, host: &Host) -> Option<String> {
    host.cwd().ancestors().find_map(|dir| fs::read_to_string(dir.join(name)).ok())
}
