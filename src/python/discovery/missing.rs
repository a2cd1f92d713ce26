//! Help for a missing Python: the nearest versions on this machine, and the command of an installer that
//! has it. Only files are read; no process is started.

use std::cmp::Reverse;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::{PassedOver, managers};
use crate::python::{Implementation, Installer, Reason, Request, Version, Versions, Wanted};
use crate::support::executable::is_executable;
use crate::support::host::{Host, Platform};

/// The number of versions in a message.
const NEAREST: usize = 3;

/// The versions of rejected candidates and of installers, the nearest to the request first: by the distance
/// of their minor version, then the newest. None for a request that CPython does not satisfy.
pub(super) fn nearest(request: &Request, passed: &[PassedOver], host: &Host) -> Vec<String> {
    let Request::Wanted(wanted) = request else { return Vec::new() };
    if !matches!(wanted.implementation, None | Some(Implementation::CPython)) {
        return Vec::new();
    }
    // The right version in another build is near, too.
    let names_build = wanted.free_threaded.is_some() || wanted.debug.is_some();
    let is_other = |version: &Version| names_build || !wanted.versions.contain(*version);
    let reported = passed.iter().filter_map(|passed| match &passed.reason {
        Reason::Other(text) => {
            text.split([' ', ',']).find_map(|word| release(&Wanted::parse(word)?))
        }
        _ => None,
    });
    let installed =
        managers::installations(host).into_iter().filter_map(|found| release(found.told.as_ref()?));
    let mut versions: Vec<Version> = reported.chain(installed).collect();
    let minor = request.minor();
    versions.retain(|version| *version >= Version::OLDEST && is_other(version));
    let distance = |version: &Version| minor.map(|minor| version.minor.abs_diff(minor));
    versions.sort_by_key(|version| (distance(version), Reverse(*version)));
    versions.dedup();
    versions.iter().take(NEAREST).map(ToString::to_string).collect()
}

/// The release of CPython that these describe, if it is only one.
fn release(wanted: &Wanted) -> Option<Version> {
    if !matches!(wanted.implementation, None | Some(Implementation::CPython)) {
        return None;
    }
    match &wanted.versions {
        Versions::Series(series) => Some(Version::new(series.major, series.minor?, series.micro?)),
        Versions::Exactly(version) => Some(*version),
        Versions::Any | Versions::Range(_) => None,
    }
}

/// The command that installs the requested Python, from pyenv's definitions or apt's lists.
pub(super) fn install_command(request: &Request, host: &Host) -> Option<String> {
    let Request::Wanted(wanted) = request else { return None };
    let root = managers::root(Installer::Pyenv, host);
    root.and_then(|root| pyenv(&root, wanted, host)).or_else(|| apt(request, wanted, host))
}

/// `pyenv install VERSION`, with the newest matching definition; the definitions are files named after
/// versions.
fn pyenv(root: &Path, wanted: &Wanted, host: &Host) -> Option<String> {
    if !host.search_path().any(|dir| is_executable(&dir.join("pyenv"))) {
        return None;
    }
    let definitions = fs::read_dir(root.join("plugins/python-build/share/python-build")).ok()?;
    let names = definitions.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let fitting = names.filter_map(|name| {
        let defined = Wanted::parse(&name)?;
        let is_build = |asked: Option<bool>, defined: Option<bool>| {
            asked.unwrap_or(false) == defined.unwrap_or(false)
        };
        let is_fitting = is_build(wanted.free_threaded, defined.free_threaded)
            && is_build(wanted.debug, defined.debug)
            && defined.implementation.as_ref()
                == wanted.implementation.as_ref().filter(|it| **it != Implementation::CPython);
        let version = release(&defined)?;
        let fits = is_fitting && version >= Version::OLDEST && wanted.versions.contain(version);
        let is_wanted = !version.is_prerelease() || matches!(wanted.versions, Versions::Exactly(_));
        (fits && is_wanted).then_some((version, name))
    });
    fitting.max().map(|(_, name)| format!("pyenv install {name}"))
}

/// `apt install python3.X`, if one of apt's lists has that package.
fn apt(request: &Request, wanted: &Wanted, host: &Host) -> Option<String> {
    let is_plain = wanted.implementation.as_ref().is_none_or(|it| *it == Implementation::CPython)
        && wanted.free_threaded != Some(true)
        && wanted.debug != Some(true);
    // The package name does not contain the patch release.
    if host.platform() != Platform::Linux || !is_plain || wanted.versions.is_one_release() {
        return None;
    }
    let package = format!("python3.{}", request.minor()?);
    let line = format!("Package: {package}");
    let lists = fs::read_dir("/var/lib/apt/lists").ok()?.flatten();
    let mut lists =
        lists.filter(|entry| entry.file_name().to_string_lossy().ends_with("_Packages"));
    let has_line = |path: &Path| {
        let file = crate::fs::open_regular(path).ok()?;
        let mut lines = BufReader::with_capacity(1 << 16, file).split(b'\n');
        lines.any(|read| read.is_ok_and(|read| read == line.as_bytes())).then_some(())
    };
    lists.find_map(|entry| has_line(&entry.path()))?;
    Some(format!("sudo apt install {package} {package}-venv"))
}
