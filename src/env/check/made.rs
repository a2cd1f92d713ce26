//! What makers of environments write at the top of one, word for word: anything else is the user's.

use std::path::Path;

use walkdir::DirEntry;

use crate::env::{CACHEDIR_TAG, GITIGNORE};
use crate::fs::{is_yard, read_bounded};

/// More than any of them.
const LIMIT: u64 = 4096;

/// Those of rvenv and `venv`, of uv, and of virtualenv.
const GITIGNORES: [&str; 3] = [GITIGNORE, "*", "# created by virtualenv automatically\n*"];

/// Those of rvenv, of uv, and of virtualenv.
const CACHEDIR_TAGS: [&str; 3] = [
    CACHEDIR_TAG,
    "Signature: 8a477f597d28d172789f06886806bc55",
    "Signature: 8a477f597d28d172789f06886806bc55\n\
     # This file is a cache directory tag created by Python virtualenv.\n\
     # For information about cache directory tags, see:\n\
     #   https://bford.info/cachedir/",
];

/// The names of what only serves other tools: the user's own word counts there.
const COURTESIES: [&str; 2] = [".gitignore", "CACHEDIR.TAG"];

/// Whether what stands at the top of an environment was made with it, with all that is in it.
pub(super) fn is_made(entry: &DirEntry) -> bool {
    let (kind, path) = (entry.file_type(), entry.path());
    match entry.file_name().to_str() {
        Some("pyvenv.cfg") => kind.is_file(),
        Some("lib64") => kind.is_symlink(),
        Some(".gitignore") => kind.is_file() && says(path, &GITIGNORES),
        Some("CACHEDIR.TAG") => kind.is_file() && says(path, &CACHEDIR_TAGS),
        // uv's lock has nothing in it.
        Some(".lock") => kind.is_file() && says(path, &[""]),
        Some(".rvenv") => kind.is_dir() && is_yard(path),
        _ => false,
    }
}

/// Whether a file of the user's at the top of an environment goes before the maker's.
pub(super) fn is_courtesy(entry: &DirEntry) -> bool {
    let is_named = |name| COURTESIES.contains(&name);
    !entry.file_type().is_dir() && entry.file_name().to_str().is_some_and(is_named)
}

/// Whether a file has one of these texts, the ends of lines aside.
fn says(path: &Path, texts: &[&str]) -> bool {
    let text = read_bounded(path, LIMIT).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.is_some_and(|text| texts.iter().any(|own| text.trim_end().lines().eq(own.lines())))
}
