//! The choice of the environment: the active one, the project's, or a named one.

use std::path::{Path, PathBuf};

use super::Env;
use crate::fs;
use crate::support::found;
use crate::support::host::Host;
use crate::support::limits;
use crate::venv::{Error, Result};

/// The names of a project's environment, in the order of preference.
pub const NAMES: [&str; 2] = [".venv", "venv"];

/// A name that is accepted only in a directory that the user names: it is also the name of packages and
/// of directories with settings.
const NAMED_ONLY: &str = "env";

/// The environment that `VIRTUAL_ENV` names, whether there is one or not.
pub fn active(host: &Host) -> Option<PathBuf> {
    host.path_var("VIRTUAL_ENV").map(|root| host.absolute(&host.native(root)))
}

/// The project's environment: `.venv`, else `venv`, in the current directory or the nearest one
/// above it. A `.venv` file is followed to where it points (PEP 832). The current directory can be
/// in the environment itself.
///
/// # Errors
/// When a `.venv` exists and is not an environment, and when nothing is found.
pub fn nearest(host: &Host) -> Result<Env> {
    Env::open(nearest_root(host)?, host.platform())
}

/// The path of the project's environment, or of its remains.
pub(crate) fn nearest_root(host: &Host) -> Result<PathBuf> {
    nearest_place(host).map(|(_, root)| root)
}

/// The directory, link or `.venv` file that was found, and the environment's directory that a file
/// names.
///
/// # Errors
/// As [`nearest`].
pub fn nearest_place(host: &Host) -> Result<(PathBuf, PathBuf)> {
    place_from(host.cwd(), host)
}

/// The environment of the project that `file` belongs to: [`nearest`] from its directory.
///
/// # Errors
/// As [`nearest`].
pub fn nearest_from(file: &Path, host: &Host) -> Result<Env> {
    let (_, root) = place_from(file.parent().unwrap_or(file), host)?;
    Env::open(root, host.platform())
}

/// [`nearest_place`] for another directory than the current one.
fn place_from(start: &Path, host: &Host) -> Result<(PathBuf, PathBuf)> {
    for dir in start.ancestors() {
        for name in NAMES {
            if let Some(found) = usable_place(dir, name, host)? {
                return Ok(found);
            }
        }
        let cfg = dir.join("pyvenv.cfg");
        if is_environment(dir)
            && found::is_usable(&cfg, host)?
            && found::is_usable_environment(dir, &cfg, host)?
        {
            return Ok((dir.to_owned(), dir.to_owned()));
        }
    }
    Err(Error::NoEnvironment { start: start.to_owned(), unnamed: unnamed(host) })
}

/// Another environment than `.venv` of the current directory that the user may mean: `venv` or `env` in it,
/// else the nearest one above it.
pub fn other(host: &Host) -> Option<PathBuf> {
    let own = || usable_place(host.cwd(), NAMES[1], host).ok().flatten().map(|(path, _)| path);
    let above = || place_from(host.cwd().parent()?, host).ok().map(|(path, _)| path);
    own().or_else(|| unnamed(host)).or_else(above)
}

/// An environment in the current directory that is used only if the user names it.
pub(crate) fn unnamed(host: &Host) -> Option<PathBuf> {
    let path = host.cwd().join(NAMED_ONLY);
    let is_there = is_environment(&path) && found::is_usable(&path, host).unwrap_or(false);
    is_there.then_some(path)
}

/// The place `name` in `dir` and the environment's directory, if it is one that may be used.
fn usable_place(dir: &Path, name: &str, host: &Host) -> Result<Option<(PathBuf, PathBuf)>> {
    let path = dir.join(name);
    let root = match std::fs::metadata(&path) {
        Ok(meta) if meta.is_dir() && is_candidate(&path, name) => path.clone(),
        Ok(meta) if meta.is_file() && name == ".venv" => {
            if !found::is_usable(&path, host)? {
                return Ok(None);
            }
            follow(&path, host)?
        }
        _ => return Ok(None),
    };
    let is_usable =
        found::is_usable(&path, host)? && found::is_usable_environment(&root, &path, host)?;
    Ok(is_usable.then_some((path, root)))
}

/// The environment that a user names, or the nearest one.
///
/// # Errors
/// As [`nearest`]; when `named` cannot be looked at, is a `.venv` file that leads nowhere, contains only an
/// environment that belongs to others, or is not an environment.
pub fn resolve(named: Option<&Path>, host: &Host) -> Result<Env> {
    match named {
        Some(named) => Env::open(named_root(named, host)?, host.platform()),
        None => nearest(host),
    }
}

/// The directory of the environment that `named` leads to, also where it lost its `pyvenv.cfg`. In this
/// order: `named` itself; `.venv`, `venv`, `env` in it; the parent of a `bin` or `Scripts`. A `.venv` file
/// is followed; for any other file the order starts at its directory. Paths are taken as written, since
/// `bin/python` is a link out of the environment.
///
/// If nothing matches, `named` (or its parent, for a `bin`) is taken if it has a Python or `site-packages`
/// or is a `.venv` that is not empty, and so is what has none of these: opening it gives the error.
///
/// # Errors
/// When `named` cannot be looked at, when a `.venv` file leads nowhere, and when what is found in `named`
/// belongs to others, as in [`nearest`].
pub(crate) fn named_root(named: &Path, host: &Host) -> Result<PathBuf> {
    let path = host.absolute(named);
    if path.is_dir() {
        return in_directory(&path, host);
    }
    // A link to a base that is gone is there, too.
    path.symlink_metadata().map_err(fs::Error::io("open", &path))?;
    match path.parent() {
        Some(dir) if path.file_name() != Some(NAMES[0].as_ref()) => in_directory(dir, host),
        _ => follow(&path, host),
    }
}

/// [`named_root`] for a directory.
fn in_directory(dir: &Path, host: &Host) -> Result<PathBuf> {
    if is_environment(dir) {
        return Ok(dir.to_owned());
    }
    for name in [NAMES[0], NAMES[1], NAMED_ONLY] {
        if let Some((_, root)) = usable_place(dir, name, host)? {
            return Ok(root);
        }
    }
    let is_scripts =
        dir.file_name().is_some_and(|name| name == "bin" || name.eq_ignore_ascii_case("Scripts"));
    match dir.parent() {
        Some(parent) if is_scripts && (is_environment(parent) || is_remnant(parent)) => {
            Ok(parent.to_owned())
        }
        _ => Ok(dir.to_owned()),
    }
}

/// Whether `dir` has what makes it an environment (PEP 405).
fn is_environment(dir: &Path) -> bool {
    dir.join("pyvenv.cfg").is_file()
}

/// Whether `dir` looks like an environment that lost its `pyvenv.cfg`.
fn is_remnant(dir: &Path) -> bool {
    let is_named = dir.file_name() == Some(NAMES[0].as_ref()) && is_candidate(dir, NAMES[0]);
    let pythons = ["bin/python", "Scripts/python.exe"];
    is_named || pythons.iter().any(|python| dir.join(python).symlink_metadata().is_ok())
}

/// The environment to work in: the one that is named, else the active one, else the nearest.
///
/// # Errors
/// As [`resolve`]. An active environment that is gone is an error: what the user meant to work in
/// must not quietly become another.
pub fn wanted(named: Option<&Path>, host: &Host) -> Result<Env> {
    match (named, active(host)) {
        (None, Some(active)) => Env::open(active, host.platform()),
        (named, _) => resolve(named, host),
    }
}

/// A directory `venv` can be a package. `.venv` cannot, so without `pyvenv.cfg` it is reported and
/// not skipped, unless it is empty.
fn is_candidate(path: &Path, name: &str) -> bool {
    path.join("pyvenv.cfg").exists()
        || (name == ".venv"
            && std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some()))
}

/// Follows a `.venv` file: its text is the path of the environment, relative to the file. One step:
/// a redirect to a redirect is a mistake, and could go round for ever.
fn follow(file: &Path, host: &Host) -> Result<PathBuf> {
    let bytes = fs::read_bounded(file, limits::REDIRECT)?;
    let text = String::from_utf8(bytes).ok();
    let target = text
        .as_deref()
        .map(str::trim_end)
        .filter(|text| !text.is_empty() && !text.contains(['\n', '\0']));
    let bad = |target: &str| Error::BadRedirect { file: file.to_owned(), target: target.into() };
    let target = target.ok_or_else(|| bad(text.as_deref().unwrap_or_default()))?;
    let root = host.absolute(&file.parent().unwrap_or(file).join(target));
    if !root.is_dir() {
        return Err(bad(target));
    }
    Ok(root)
}
