//! The names of Pythons' executables.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::python::{Implementation, Request, Series, Version, Versions, Wanted};
use crate::support::executable::is_executable;
use crate::support::host::{Host, Platform};

/// The newest minor version whose name is tried: some years ahead, because each name costs a `stat`.
const NEWEST: u32 = 20;

/// The names to look for on PATH. Each round searches the whole PATH.
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
    rounds.into_iter().map(|names| programs(names, host)).collect()
}

/// The names of other implementations than `CPython`, for a request that does not name one.
pub(super) fn other_implementations(request: &Request, host: &Host) -> Vec<Vec<String>> {
    let wanted = match request {
        Request::Any => &Wanted::default(),
        Request::Wanted(wanted) if wanted.implementation.is_none() => wanted,
        Request::Path(_) | Request::Name(_) | Request::Wanted(_) => return Vec::new(),
    };
    let names = [Implementation::PyPy, Implementation::GraalPy].map(|implementation| {
        let wanted = Wanted { implementation: Some(implementation), ..wanted.clone() };
        [own(wanted.implementation.as_ref()), versioned(&wanted)].concat()
    });
    vec![programs(names.concat(), host)]
}

/// The file names of a name.
fn programs(names: Vec<String>, host: &Host) -> Vec<String> {
    let file = |name: String| if is_program(&name) { name } else { name + ".exe" };
    match host.platform() {
        Platform::Windows => names.into_iter().map(file).collect(),
        Platform::Linux | Platform::MacOs => names,
    }
}

/// Whether a name has the suffix of Windows' programs.
fn is_program(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|end| end.eq_ignore_ascii_case("exe"))
}

/// The names without a minor version.
fn plain(implementation: Option<&Implementation>) -> Vec<String> {
    let special = implementation.map_or_else(Vec::new, |implementation| own(Some(implementation)));
    [special, own(None)].concat()
}

/// The names without a minor version of one implementation.
fn own(implementation: Option<&Implementation>) -> Vec<String> {
    let names: &[&str] = match implementation {
        None => &["python3", "python"],
        Some(Implementation::PyPy) => &["pypy3", "pypy"],
        Some(Implementation::GraalPy) => &["graalpy", "graalpy3"],
        Some(Implementation::CPython | Implementation::Other(_)) => &[],
    };
    names.iter().map(ToString::to_string).collect()
}

/// The names with a minor version that may satisfy the request, newest first.
fn versioned(wanted: &Wanted) -> Vec<String> {
    let minors = match wanted.versions.minor() {
        Some(minor) => minor..=minor,
        None => Version::OLDEST.minor..=NEWEST,
    };
    let fitting = minors.rev().filter(|minor| {
        let series = Series { major: 3, minor: Some(*minor), micro: None };
        let told = Wanted { versions: Versions::Series(series), ..Wanted::default() };
        !told.rules_out(wanted)
    });
    let builds: &[&str] = match (wanted.free_threaded, wanted.debug) {
        (Some(true), Some(true)) => &["td", "t", "d", ""],
        (Some(true), _) => &["t", ""],
        (_, Some(true)) => &["d", "-dbg", ""],
        _ => &["", "t"],
    };
    // Only CPython names its builds, and the free-threaded one came with 3.13.
    let (stem, builds) = match &wanted.implementation {
        Some(Implementation::PyPy) => ("pypy", &[""][..]),
        Some(Implementation::GraalPy) => ("graalpy", &[""][..]),
        Some(Implementation::CPython | Implementation::Other(_)) | None => ("python", builds),
    };
    let named = fitting.flat_map(|minor| {
        let known = builds.iter().filter(move |build| minor >= 13 || !build.contains('t'));
        known.map(move |build| format!("{stem}3.{minor}{build}"))
    });
    named.collect()
}

/// The executable of an installation or an environment.
///
/// Those of Homebrew have only the name with the version, which is in the directory's name.
pub(super) fn in_tree(dir: &Path, told: Option<&Wanted>, host: &Host) -> Option<PathBuf> {
    let (dirs, suffix): (&[&str], _) = match host.platform() {
        Platform::Windows => (&["", "Scripts", "bin"], ".exe"),
        Platform::Linux | Platform::MacOs => (&["bin"], ""),
    };
    let mut names = ["python3", "python", "pypy3", "graalpy"].map(str::to_owned).to_vec();
    names.extend(told.and_then(|told| Some(format!("python3.{}", told.versions.minor()?))));
    // `make altinstall` makes no other name.
    names.extend(versioned(&Wanted::default()));
    dirs.iter()
        .flat_map(|bin| names.iter().map(move |name| dir.join(bin).join(format!("{name}{suffix}"))))
        .find(|path| is_executable(path))
}

/// The executable of an installation or an environment whose directory of programs is `bin`.
pub(super) fn in_scripts_dir(bin: &Path, host: &Host) -> Option<PathBuf> {
    let is_one = bin.file_name().is_some_and(|name| name == "bin" || name == "Scripts");
    let found = in_tree(bin.parent()?, None, host).filter(|_| is_one)?;
    (found.parent() == Some(bin)).then_some(found)
}

/// The executable beside `path` whose name has the minor version, if it is the same file: the name without
/// it will refer to the next minor version, with which the environment does not work.
pub(super) fn minor_name(
    path: &Path,
    version: Version,
    threads: bool,
    debug: bool,
) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let (stem, suffix) = match name.strip_suffix(".exe") {
        Some(stem) => (stem, ".exe"),
        None => (name, ""),
    };
    let stem = stem.trim_end_matches('3');
    let build = format!("{}{}", if threads { "t" } else { "" }, if debug { "d" } else { "" });
    if !["python", "pypy"].contains(&stem) {
        return None;
    }
    let names =
        [build.as_str(), ""].map(|build| format!("{stem}{}{build}{suffix}", version.short()));
    let mut paths = names.iter().map(|name| path.with_file_name(name));
    paths.find(|named| is_executable(named) && crate::support::path::same(named, path))
}

/// Whether an executable is called `python3` or `python`.
pub(super) fn is_plain(path: &Path) -> bool {
    path.file_stem().is_some_and(|name| name == "python3" || name == "python")
}

/// The properties in the name of an executable.
pub(super) fn told(name: &OsStr) -> Option<Wanted> {
    let name = name.to_str()?;
    let stem = name.len().saturating_sub(".exe".len());
    Wanted::parse(if is_program(name) { &name[..stem] } else { name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_of_windows_may_be_named_with_its_ending() {
        let files = |name: &str, platform| {
            let host = Host::new([("PATH", "")], "/").on(platform);
            rounds(&Request::Name(name.into()), &host).concat()
        };
        assert_eq!(files("python.exe", Platform::Windows), ["python.exe"]);
        assert_eq!(files("python3.12.EXE", Platform::Windows), ["python3.12.EXE"]);
        assert_eq!(files("python3.12", Platform::Windows), ["python3.12.exe"]);
        assert_eq!(files("python.exe", Platform::Linux), ["python.exe"]);
        for name in ["python3.12", "python3.12.exe", "Python3.12.EXE"] {
            assert_eq!(told(name.as_ref()), Wanted::parse("3.12"), "{name}");
        }
    }
}
