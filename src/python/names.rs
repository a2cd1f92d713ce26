//! What Pythons' executables are called.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::{Implementation, Request, Series, Version, Versions, Wanted};
use crate::host::{Host, Platform};

/// The newest minor version whose name is tried: some years ahead, as every name costs a `stat`.
const NEWEST: u32 = 20;

/// The names to look for on PATH. Each round goes over the whole of PATH.
pub(super) fn rounds(request: &Request, host: &Host) -> Vec<Vec<String>> {
    let rounds = match request {
        Request::Path(_) => vec![],
        Request::Name(name) => vec![vec![name.to_string_lossy().into_owned()]],
        Request::Any => vec![plain(None), versioned(&Wanted::default())],
        Request::Wanted(wanted) => {
            let (plain, versioned) = (plain(wanted.implementation.as_ref()), versioned(wanted));
            if wanted.versions.minor().is_some() {
                vec![[plain, versioned].concat()]
            } else {
                vec![plain, versioned]
            }
        }
    };
    if host.platform() == Platform::Windows {
        return rounds
            .into_iter()
            .map(|names| names.into_iter().map(|name| name + ".exe").collect())
            .collect();
    }
    rounds
}

/// The names without a minor version.
fn plain(implementation: Option<&Implementation>) -> Vec<String> {
    let own: &[&str] = match implementation {
        Some(Implementation::PyPy) => &["pypy3", "pypy"],
        Some(Implementation::GraalPy) => &["graalpy", "graalpy3"],
        Some(Implementation::CPython | Implementation::Other(_)) | None => &[],
    };
    own.iter().chain(&["python3", "python"]).map(ToString::to_string).collect()
}

/// The names with a minor version that may be what is wanted, newest first; without an implementation,
/// those of the others behind those of `CPython`.
fn versioned(wanted: &Wanted) -> Vec<String> {
    let minors = match wanted.versions.minor() {
        Some(minor) => minor..=minor,
        None => Version::OLDEST.minor..=NEWEST,
    };
    let stems: &[&str] = match &wanted.implementation {
        Some(Implementation::PyPy) => &["pypy"],
        Some(Implementation::GraalPy) => &["graalpy"],
        Some(Implementation::CPython | Implementation::Other(_)) => &["python"],
        None => &["python", "pypy"],
    };
    let mut names = Vec::new();
    for stem in stems {
        for minor in minors.clone().rev() {
            let series = Series { major: 3, minor: Some(minor), micro: None };
            let told = Wanted { versions: Versions::Series(series), ..Wanted::default() };
            if told.rules_out(wanted) {
                continue;
            }
            let builds: &[&str] = match (wanted.free_threaded, wanted.debug) {
                (Some(true), Some(true)) => &["td", "t", "d", ""],
                (Some(true), _) => &["t", ""],
                (_, Some(true)) => &["d", "-dbg", ""],
                _ => &["", "t"],
            };
            // Only CPython names its builds, and the free-threaded one came with 3.13.
            let builds = if *stem == "python" { builds } else { &[""] };
            let known = builds.iter().filter(|build| minor >= 13 || !build.contains('t'));
            names.extend(known.map(|build| format!("{stem}3.{minor}{build}")));
        }
    }
    if wanted.implementation.is_none() {
        names.extend(["pypy3".to_owned(), "graalpy".to_owned()]);
    }
    names
}

/// The executable of an installation or an environment.
pub(super) fn in_tree(dir: &Path, host: &Host) -> Option<PathBuf> {
    let (dirs, suffix): (&[&str], _) = match host.platform() {
        Platform::Windows => (&["", "Scripts", "bin"], ".exe"),
        Platform::Linux | Platform::MacOs => (&["bin"], ""),
    };
    let names = ["python3", "python", "pypy3", "graalpy"];
    dirs.iter()
        .flat_map(|bin| names.iter().map(move |name| dir.join(bin).join(format!("{name}{suffix}"))))
        .find(|path| is_executable(path))
}

/// Whether a shell would run `path`.
#[cfg(unix)]
pub(super) fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path)
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// Whether a shell would run `path`.
#[cfg(not(unix))]
pub(super) fn is_executable(path: &Path) -> bool {
    path.is_file()
}

/// What the name of an executable tells of it.
pub(super) fn told(name: &OsStr) -> Option<Wanted> {
    let name = name.to_str()?;
    Wanted::parse(name.strip_suffix(".exe").unwrap_or(name))
}
