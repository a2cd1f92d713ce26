//! The metadata of a distribution: `METADATA`, formerly `PKG-INFO`.

use std::borrow::Cow;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::formats::metadata::{header, name_and_version};
use crate::formats::requirement::normalized;
use crate::fs;
use crate::support::limits;

/// In bytes: the headers of nine in ten distributions are shorter.
const START: u64 = 8 << 10;

/// The state of a metadata file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum State {
    /// It says what is installed.
    Whole,
    /// It does not, or is not there.
    Void,
    /// Its name is not that in the name of its directory.
    OfAnother,
    /// It is not UTF-8: every command of pip fails at it.
    Garbled,
}

impl State {
    /// That of the file at `path`, and its headers.
    pub(crate) fn with_headers(path: &Path) -> (Self, String) {
        let Ok((mut bytes, meta)) = fs::read_start(path, START) else {
            return (Self::Void, String::new());
        };
        if end_of_headers(&bytes).is_none() && meta.len() > START {
            bytes = fs::read_bounded(path, limits::METADATA).unwrap_or(bytes);
        }
        let is_cut = meta.len() > bytes.len() as u64;
        let end = end_of_headers(&bytes).unwrap_or(bytes.len());
        let headers = lossy(&bytes[..end]);
        if let (Some(name), Some(_)) = (header(&headers, "Name"), header(&headers, "Version")) {
            let state = if is_named(path, name) { Self::Whole } else { Self::OfAnother };
            return (state, headers.into_owned());
        }
        // The last character may be cut in the middle.
        let state = match std::str::from_utf8(&bytes) {
            Err(error) if !is_cut || error.error_len().is_some() => Self::Garbled,
            _ => Self::Void,
        };
        (state, String::new())
    }
}

/// Whether a distribution of this name has the dist-info of the file at `path`.
fn is_named(path: &Path, name: &str) -> bool {
    let directory = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    let own = directory.and_then(|directory| directory.split('-').next());
    own.is_none_or(|own| normalized(own) == normalized(name))
}

/// `String::from_utf8_lossy`, which is ten times slower for valid text.
fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// The offset of the first empty line, after which the description follows.
fn end_of_headers(bytes: &[u8]) -> Option<usize> {
    let ends = [&b"\n\n"[..], b"\n\r\n"];
    ends.iter().filter_map(|end| memchr::memmem::find(bytes, end)).min()
}

/// The name and the version that a file of metadata gives.
pub(crate) fn headers(path: &Path) -> Option<(String, String)> {
    name_and_version(&fs::read_bounded(path, limits::METADATA).ok()?)
}
