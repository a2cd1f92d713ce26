//! Paths in JSON, which is Unicode: other bytes are replaced.

use std::path::{Path, PathBuf};

use serde::Serializer;

/// Serializes a path as text, for `serde(serialize_with)`.
///
/// # Errors
/// Those of the serializer.
pub fn path<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

/// Serializes an optional path as text, for `serde(serialize_with)`.
///
/// # Errors
/// Those of the serializer.
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
