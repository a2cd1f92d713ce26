//! Where version managers and installers keep their Pythons.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Place, Wanted};
use crate::host::Host;

/// An installation, as its directory's name tells.
#[derive(Clone, Debug)]
pub(super) struct Installation {
    pub(super) place: Place,
    pub(super) dir: PathBuf,
    /// What the name says of the Python inside: `3.12.1`, `pypy3.10-7.3.12`.
    pub(super) hint: Option<Wanted>,
}

/// The directory that a manager has for itself.
pub(super) fn root(place: Place, host: &Host) -> Option<PathBuf> {
    let variable = |name| host.path_var(name).filter(|path| path.is_absolute()).map(Path::to_owned);
    let home = |dir| host.home().map(|home| home.join(dir));
    match place {
        Place::Pyenv => variable("PYENV_ROOT").or_else(|| home(".pyenv")),
    }
}

/// The installations of all managers, newest first.
pub(super) fn installations(host: &Host) -> Vec<Installation> {
    let mut found: Vec<_> = Place::ALL.into_iter().flat_map(|place| of(place, host)).collect();
    found.sort_by_key(|installation| std::cmp::Reverse(rank(installation)));
    found
}

fn of(place: Place, host: &Host) -> Vec<Installation> {
    let Some(root) = root(place, host) else { return Vec::new() };
    let dir = match place {
        Place::Pyenv => root.join("versions"),
    };
    entries(&dir)
        .into_iter()
        .map(|dir| {
            let hint = dir.file_name().and_then(|name| Wanted::parse(name.to_str()?));
            Installation { place, dir, hint }
        })
        .collect()
}

/// The directories in `dir`, links to directories included, in the order of their names.
fn entries(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut dirs: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    dirs.sort();
    dirs
}

fn rank(installation: &Installation) -> Option<(u32, u32, u32)> {
    installation.hint.as_ref().and_then(|hint| hint.versions.newest())
}
