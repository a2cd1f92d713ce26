//! The interpreter in an environment on Linux and macOS.

use std::ffi::OsString;
use std::path::Path;

use super::{Content, Entry, executable_name};
use crate::python::{Implementation, Interpreter};
use crate::support::host::Platform;

/// The interpreter under each of its names, and the libraries that it needs: the first name is a link to
/// the base, the others are links to the first. With `copies`, each is a copy of the base.
pub(crate) fn interpreter(base: &Interpreter, copies: bool) -> Vec<Entry> {
    let scripts = &base.scheme.scripts;
    let first = executable_name(base);
    let copy = || Content::Copy(base.executable.clone());
    let mut entries = Vec::new();
    if has_lib64_link(base) {
        entries.push(Entry::new("lib64", Content::Link("lib".into())));
    }
    let original = if copies { copy() } else { Content::Link(base.executable.clone()) };
    entries.push(Entry::new(scripts.join(&first), original));
    for name in aliases(base).into_iter().filter(|name| *name != first) {
        let content = if copies { copy() } else { Content::Link(first.clone().into()) };
        entries.push(Entry::new(scripts.join(name), content));
    }
    if copies {
        entries.extend(companions(base));
    }
    entries
}

/// The libraries that a copied executable loads relative to itself: those of `PyPy` from its own directory,
/// others from `../lib`.
fn companions(base: &Interpreter) -> impl Iterator<Item = Entry> {
    base.companions.iter().map(|path| {
        let (_, name) = base.platform.split(path);
        let beside = name.to_string_lossy().starts_with("libpypy");
        let place = if beside { base.scheme.scripts.as_path() } else { Path::new("lib") };
        Entry::new(place.join(name), Content::Copy(path.clone()))
    })
}

/// `lib64` beside `lib` on 64-bit Linux and BSD until 3.14 (bpo-21197, gh-137139).
fn has_lib64_link(base: &Interpreter) -> bool {
    base.platform == Platform::Linux && base.pointer_bits == 64 && !base.version.at_least(3, 15)
}

/// The further names that stdlib's `venv` gives an interpreter.
pub(crate) fn aliases(base: &Interpreter) -> Vec<OsString> {
    let version = base.version;
    let mut names: Vec<OsString> = vec!["python".into(), "python3".into()];
    if version.at_least(3, 9) {
        names.push(format!("python3.{}", version.minor).into());
    }
    match base.implementation {
        Implementation::PyPy => names.extend(["pypy3".into(), "pypy".into()]),
        // stdlib's `venv` of 3.14 adds the name `𝜋thon`.
        Implementation::CPython if (version.major, version.minor) == (3, 14) => {
            names.push("𝜋thon".into());
        }
        _ => {}
    }
    names
}
