//! The small files in which people and version managers write down versions.

use std::path::Path;

use crate::fs;
use crate::support::limits;

/// The text of a file, if it is a regular file of that kind. A pipe of its name would keep us waiting.
pub(crate) fn read(path: &Path) -> Option<String> {
    String::from_utf8(fs::read_bounded(path, limits::VERSION_FILE).ok()?).ok()
}

/// The lines that say something: without comments and blanks around them.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().filter_map(|line| line.split('#').next()).map(str::trim);
    lines.filter(|line| !line.is_empty())
}

/// The words of these lines.
pub(crate) fn words(text: &str) -> Vec<String> {
    lines(text).flat_map(str::split_whitespace).map(str::to_owned).collect()
}
