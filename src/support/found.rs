//! Whether a file or directory that rvenv found by itself, from the current directory upwards, may be
//! used (compare CVE-2022-24765 of git).

use std::ffi::OsString;
use std::path::Path;

use super::host::Host;
use super::ownership::{Objection, User};
use super::{Error, Result};

/// The directory of an environment's programs.
#[cfg(unix)]
const PROGRAMS: &[&str] = &["bin"];
/// The Pythons of MSYS2 use `bin` on Windows, too.
#[cfg(windows)]
const PROGRAMS: &[&str] = &["Scripts", "bin"];

/// The user's permissions in addition to the ownership rule.
#[derive(Clone, Copy, Debug, Default)]
pub struct Permits {
    /// Whether the user allowed this directory: a project, or an environment that is unchanged.
    pub is_listed: Option<fn(&Host, &Path) -> bool>,
    /// The directories of the user's configuration, read only where it matters.
    pub trusted: Option<fn(&Host) -> OsString>,
    /// Told where a container or CI turns a refusal into a warning.
    pub warn: Option<fn(&str)>,
    /// Told what is passed over.
    pub passed_over: Option<fn(&str)>,
}

/// Whether `entry`, which was found, may be used; `false` where it is to be passed over, because anybody
/// can make entries in its directory.
///
/// # Errors
/// [`Error::NotOwned`] when another user owns it or its directory, or can write there, and the user did
/// not permit it.
pub fn is_usable(entry: &Path, host: &Host) -> Result<bool> {
    let user = User::of(host);
    let parent = entry.parent().unwrap_or(entry);
    if user.passes_over(entry) {
        if let Some(passed_over) = host.permits().passed_over {
            passed_over(&format!(
                "passed over `{}`: it belongs to another user, and everybody can create files in `{}`",
                entry.display(),
                parent.display()
            ));
        }
        return Ok(false);
    }
    let objection = user
        .object(entry, false)
        .or_else(|| object_to_target(entry, user))
        .or_else(|| user.object(parent, true));
    let is_allowed = || !entry.is_symlink() && is_listed(entry, host);
    objection.filter(|_| !is_allowed()).map_or(Ok(true), |it| permit(it, parent, host))
}

/// The objection to the file that a link leads to, and to its directory. An environment's directory is
/// judged by [`is_usable_environment`].
fn object_to_target(entry: &Path, user: User) -> Option<Objection> {
    if !entry.is_symlink() || entry.is_dir() {
        return None;
    }
    let target = super::path::canonicalize(entry).ok()?;
    user.object(&target, false).or_else(|| user.object(target.parent()?, true))
}

/// Whether the environment at `root`, which the entry at `place` is or points to, may be used. Judges its
/// root, its directory of programs, its `pyvenv.cfg`, and its parent if `place` points to it.
///
/// # Errors
/// As [`is_usable`].
pub fn is_usable_environment(root: &Path, place: &Path, host: &Host) -> Result<bool> {
    let user = User::of(host);
    let is_elsewhere = root != place || root.is_symlink();
    let real = || super::path::canonicalize(root).ok();
    let root = if is_elsewhere { real() } else { None }.unwrap_or_else(|| root.to_owned());
    let above = || if is_elsewhere { user.object(root.parent()?, true) } else { None };
    let objection = object_to_environment(&root, user).or_else(above);
    let parent = place.parent().unwrap_or(place);
    let objection = objection.filter(|_| place.is_symlink() || !is_listed(&root, host));
    objection.map_or(Ok(true), |objection| permit(objection, parent, host))
}

/// The objection to the environment at `root`: to its root, its directory of programs or its `pyvenv.cfg`.
pub(crate) fn object_to_environment(root: &Path, user: User) -> Option<Objection> {
    let programs = PROGRAMS.iter().map(|name| root.join(name));
    let own = [root.to_owned()].into_iter().chain(programs).chain([root.join("pyvenv.cfg")]);
    own.into_iter().find_map(|path| user.object(&path, false))
}

/// The verdict on an objection to a file or directory of the project `dir`.
fn permit(objection: Objection, dir: &Path, host: &Host) -> Result<bool> {
    if is_trusted(dir, host) || is_listed(dir, host) {
        return Ok(true);
    }
    if super::container::is_container(host) || is_ci(host) {
        if let Some(warn) = host.permits().warn {
            warn(&format!("{objection}; used, as this is a container or CI"));
        }
        return Ok(true);
    }
    Err(Error::NotOwned { objection, dir: dir.to_owned() })
}

/// Whether the user allowed `dir`.
fn is_listed(dir: &Path, host: &Host) -> bool {
    host.permits().is_listed.is_some_and(|is_listed| is_listed(host, dir))
}

/// Whether `dir` is, or is below, a directory of `RVENV_TRUSTED`; `*` is every directory.
fn is_trusted(dir: &Path, host: &Host) -> bool {
    let trusted = host.trusted();
    std::env::split_paths(&trusted).any(|entry| {
        let real = || super::path::canonicalize(&entry).is_ok_and(|entry| dir.starts_with(entry));
        entry == Path::new("*") || (entry.is_absolute() && (dir.starts_with(&entry) || real()))
    })
}

/// CI services set the variable `CI`.
fn is_ci(host: &Host) -> bool {
    host.var("CI").is_some_and(|value| value != "false" && value != "0")
}
