//! The text of version files.

use std::path::Path;

use crate::fs;
use crate::support::limits;

/// The text of a readable regular file. Other files are ignored: a pipe would block.
pub(crate) fn read(path: &Path) -> Option<String> {
    Some(decode(&fs::read_bounded(path, limits::VERSION_FILE).ok()?))
}

/// The text of a version file; `None` if there is no regular file, or its directory cannot be searched.
///
/// # Errors
/// If the file exists and cannot be read: it must not be skipped in favour of one in a parent directory.
pub(crate) fn read_existing(path: &Path) -> fs::Result<Option<String>> {
    let Ok(entry) = path.symlink_metadata() else { return Ok(None) };
    match fs::read_bounded(path, limits::VERSION_FILE) {
        Ok(bytes) => Ok(Some(decode(&bytes))),
        Err(fs::Error::NotAFile { .. }) => Ok(None),
        Err(_) if !(entry.is_file() || entry.is_symlink()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Text in UTF-8, or in UTF-16 with a byte order mark, as `>` of Windows `PowerShell` 5 writes it. Bytes that
/// are not UTF-8 become U+FFFD, which no version has: in a comment they do not matter.
fn decode(bytes: &[u8]) -> String {
    let units = |unit: fn([u8; 2]) -> u16| {
        let units = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes {
        [0xff, 0xfe, ..] => units(u16::from_le_bytes),
        [0xfe, 0xff, ..] => units(u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))
            .into_owned(),
    }
}

/// The lines without comments, empty lines and surrounding blanks.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().filter_map(|line| line.split('#').next()).map(str::trim);
    lines.filter(|line| !line.is_empty())
}

/// The words of these lines.
pub(crate) fn words(text: &str) -> Vec<String> {
    lines(text).flat_map(str::split_whitespace).map(str::to_owned).collect()
}

/// The words of `DIR/.python-version`; `None` if there is none.
pub(crate) fn python_version(dir: &Path) -> Option<Vec<String>> {
    read(&dir.join(".python-version")).map(|text| words(&text)).filter(|names| !names.is_empty())
}

/// The versions after `tool` in a `.tool-versions`, with the number of their line, counted from 1; nothing if
/// the file does not exist or a link leads nowhere, as in asdf (internal/resolve) and mise.
///
/// # Errors
/// If the file exists and cannot be read.
pub(crate) fn tools(file: &Path, tool: &str) -> fs::Result<Vec<(usize, Vec<String>)>> {
    if !file.is_file() {
        return Ok(Vec::new());
    }
    let text = decode(&fs::read_bounded(file, limits::VERSION_FILE)?);
    let of_line = |(index, line): (usize, &str)| {
        let rest = line.trim().strip_prefix(tool)?.strip_prefix([' ', '\t'])?;
        Some((index + 1, words(rest)))
    };
    Ok(text.lines().enumerate().filter_map(of_line).collect())
}
