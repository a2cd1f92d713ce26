//! Writes one entry of a plan into an open directory.

use super::{Content, Entry};
use crate::fs::{Dir, Linker};
use crate::venv::{Error, Result};

/// Writes `entry` below `dir`, whose parent directories exist.
///
/// # Errors
/// [`Error::CacheCleaned`] when the cached file that `entry` links to was removed; any error of the
/// file operation.
pub(crate) fn write_entry(entry: &Entry, dir: &Dir, linker: &Linker) -> Result<()> {
    let path = &entry.path;
    match &entry.content {
        Content::Directory | Content::Tree(_) => dir.create_dir(path)?,
        Content::Link(target) => dir.symlink(target, path)?,
        Content::Copy(from) => dir.copy(from, path)?,
        Content::Share(from) => dir.share(from, path, linker).map_err(|error| {
            if from.exists() { error.into() } else { Error::CacheCleaned { path: from.clone() } }
        })?,
        Content::Text(bytes) => dir.write(path, bytes, false)?,
        Content::Script(bytes) => dir.write(path, bytes, true)?,
    }
    Ok(())
}
