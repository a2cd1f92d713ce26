//! Paths in JSON, which holds Unicode only: what is no Unicode in one is replaced.

use std::path::{Path, PathBuf};

use serde::Serializer;

/// For `serde(serialize_with)`.
pub fn path<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

/// For `serde(serialize_with)`.
#[allow(clippy::ref_option, reason = "serde gives what the field is")]
pub fn optional_path<S: Serializer>(
    path: &Option<PathBuf>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match path {
        Some(path) => self::path(path, serializer),
        None => serializer.serialize_none(),
    }
}
