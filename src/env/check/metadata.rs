//! What the metadata of a distribution says: `METADATA`, which was `PKG-INFO` once.

use std::path::Path;

use crate::fs;

/// More than any such file.
const LIMIT: u64 = 1 << 20;

/// The name and the version that a file of metadata gives.
pub(super) fn headers(path: &Path) -> Option<(String, String)> {
    let bytes = fs::read_bounded(path, LIMIT).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let header = |name: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(name))?.trim();
        Some(value.to_owned()).filter(|value| !value.is_empty())
    };
    Some((header("Name:")?, header("Version:")?))
}
