//! Distributions that pip installed by their URLs only because it cannot read lock files.

use std::collections::BTreeSet;
use std::path::Path;

use super::snapshot::Snapshot;
use crate::formats::record;
use crate::formats::requirement::normalized;
use crate::fs::{Error, Result, read_bounded, write_whole};
use crate::python::Interpreter;
use crate::support::limits;

/// The file in which pip records that a distribution did not come from an index (PEP 610).
const DIRECT_URL: &str = "direct_url.json";

/// Removes the `direct_url.json` of these projects, by their normalized names, from the environment at
/// `root`, with its rows of RECORD, where they were installed since `before`.
///
/// # Errors
/// If a file cannot be read or written. RECORD is written before the file is removed.
pub fn remove_direct_urls(
    root: &Path,
    interpreter: &Interpreter,
    before: &Snapshot,
    projects: &BTreeSet<String>,
) -> Result<()> {
    let now = Snapshot::of(root, interpreter);
    for dist_info in now.since(before) {
        let name = dist_info.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_locked =
            name.split_once('-').is_some_and(|(name, _)| projects.contains(&normalized(name)));
        let directory = root.join(dist_info);
        if is_locked && directory.join(DIRECT_URL).is_file() {
            remove(&directory, name)?;
        }
    }
    Ok(())
}

fn remove(directory: &Path, name: &str) -> Result<()> {
    let path = directory.join("RECORD");
    let bytes = read_bounded(&path, limits::RECORD)?;
    let rows = std::str::from_utf8(&bytes).ok().and_then(record::parse);
    // One that is not readable is left as it is.
    let Some(mut rows) = rows else { return Ok(()) };
    let own = format!("{name}/{DIRECT_URL}");
    rows.retain(|row| row.path != own);
    write_whole(&path, &record::write(rows), false)?;
    let file = directory.join(DIRECT_URL);
    std::fs::remove_file(&file).map_err(Error::io("remove", &file))
}
