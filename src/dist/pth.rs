//! `.pth` files, as the `site` module reads them.

use std::path::{Path, PathBuf};

use super::site::Site;
use crate::fs;
use crate::support::limits;

/// The `.pth` files that `site` reads.
pub(crate) fn files(site: &Site) -> impl Iterator<Item = &str> {
    let names = site.names.iter().map(String::as_str);
    names.filter(|name| {
        let extension = Path::new(name).extension();
        extension.is_some_and(|found| found == "pth") && !name.starts_with('.')
    })
}

/// Whether a `.pth` file has lines that `site` runs.
pub(crate) fn has_code(site: &Site, pth: &str) -> bool {
    let bytes = fs::read_bounded(&site.path.join(pth), limits::SITE_FILE).unwrap_or_default();
    String::from_utf8_lossy(&bytes).lines().any(is_code)
}

/// Whether `site` runs a line, and does not take it for a path.
pub(crate) fn is_code(line: &str) -> bool {
    line.starts_with("import ") || line.starts_with("import\t")
}

/// The entries of a `.pth` file, parsed as in `site`.
pub(crate) fn paths(site: &Site, pth: &str) -> Vec<PathBuf> {
    let bytes = fs::read_bounded(&site.path.join(pth), limits::SITE_FILE).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    text.lines().filter_map(target).map(|line| site.path.join(line)).collect()
}

/// The path that a line of a `.pth` file names, relative to its directory.
pub(crate) fn target(line: &str) -> Option<&str> {
    let line = line.trim_end();
    let is_path = !line.is_empty() && !line.starts_with('#') && !is_code(line);
    is_path.then(|| line.trim_start_matches('\u{feff}'))
}
