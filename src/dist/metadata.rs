//! What the metadata of a distribution says: `METADATA`, which was `PKG-INFO` once.

use std::path::Path;

use crate::formats::metadata::name_and_version;
use crate::fs;
use crate::support::limits;

/// Where the name and the version stand in such a file, but for strange ones.
const START: u64 = 1 << 10;

/// What a file of metadata is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It says what is installed.
    Whole,
    /// It does not, or is not there.
    Void,
    /// It is no text: pip fails at it, whatever it is asked for.
    Garbled,
}

impl State {
    /// That of the file at `path`.
    pub(crate) fn of(path: &Path) -> Self {
        let Ok((start, meta)) = fs::read_start(path, START) else { return Self::Void };
        let is_cut = meta.len() > START;
        if name_and_version(&start).is_some() || is_cut && headers(path).is_some() {
            return Self::Whole;
        }
        // The last character may be cut in the middle.
        match std::str::from_utf8(&start) {
            Err(error) if !is_cut || error.error_len().is_some() => Self::Garbled,
            _ => Self::Void,
        }
    }
}

/// The name and the version that a file of metadata gives.
pub(crate) fn headers(path: &Path) -> Option<(String, String)> {
    name_and_version(&fs::read_bounded(path, limits::METADATA).ok()?)
}
