//! Which environment is meant: the active one, the project's, or one that is named.

use std::path::{Path, PathBuf};

use super::Env;
use crate::fs;
use crate::support::found;
use crate::support::host::Host;
use crate::support::limits;
use crate::venv::{Error, Result};

/// The names of a project's environment, in the order of preference.
const NAMES: [&str; 2] = [".venv", "venv"];

/// The environment that `VIRTUAL_ENV` names, whether there is one or not.
pub fn active(host: &Host) -> Option<PathBuf> {
    host.path_var("VIRTUAL_ENV").map(|root| host.absolute(&host.native(root)))
}

/// The project's environment: `.venv`, else `venv`, in the current directory or the nearest one
/// above it. A `.venv` file is followed to where it points (PEP 832). The current directory can be
/// in the environment itself.
///
/// # Errors
/// When a `.venv` is there and is no environment, and when nothing is found at all.
pub fn nearest(host: &Host) -> Result<Env> {
    Env::open(nearest_root(host)?, host.platform())
}

/// Where the project's environment is, or what is left of one.
pub(crate) fn nearest_root(host: &Host) -> Result<PathBuf> {
    nearest_place(host).map(|(_, root)| root)
}

/// The directory, link or `.venv` file that was found, and the environment's directory that a file
/// names.
///
/// # Errors
/// As [`nearest`].
pub fn nearest_place(host: &Host) -> Result<(PathBuf, PathBuf)> {
    for dir in host.cwd().ancestors() {
        for name in NAMES {
            let path = dir.join(name);
            match std::fs::metadata(&path) {
                Ok(meta)
                    if meta.is_dir()
                        && is_candidate(&path, name)
                        && found::is_usable(&path, host)?
                        && found::is_usable_environment(&path, &path, host)? =>
                {
                    return Ok((path.clone(), path));
                }
                Ok(meta) if meta.is_file() && name == ".venv" && found::is_usable(&path, host)? => {
                    let root = follow(&path, host)?;
                    if found::is_usable_environment(&root, &path, host)? {
                        return Ok((path, root));
                    }
                }
                _ => {}
            }
        }
        if dir.join("pyvenv.cfg").is_file() && found::is_usable(&dir.join("pyvenv.cfg"), host)? {
            return Ok((dir.to_owned(), dir.to_owned()));
        }
    }
    Err(Error::NoEnvironment { start: host.cwd().to_owned() })
}

/// The environment that a user names, or the nearest one.
///
/// # Errors
/// As [`nearest`], and when what is named is no environment.
pub fn resolve(named: Option<&Path>, host: &Host) -> Result<Env> {
    let Some(named) = named else { return nearest(host) };
    let path = host.absolute(named);
    match std::fs::metadata(&path) {
        Ok(meta) if meta.is_file() => Env::open(follow(&path, host)?, host.platform()),
        Ok(_) => Env::open(path, host.platform()),
        Err(source) => Err(fs::Error::Io { action: "open", path, source }.into()),
    }
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

/// `venv` is also the name of a package; `.venv` is always meant to be an environment, so that one
/// which lost its `pyvenv.cfg` is told and not passed over. An empty directory means nothing yet.
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
