//! Requirements files, as `pip/_internal/req/req_file.py` reads them.
//!
//! What that file and its releases read in different ways is not read at all: other encodings than
//! UTF-8, control characters, quotes among options, several options where only the first one counts.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::arguments;
use super::options::{Given, Meaning};
use super::reason::Reason;
use crate::fs;
use crate::support::host::{Host, Platform};
use crate::support::limits;

/// Files that include each other, at most. The limit ends cycles.
const DEPTH: u8 = 16;

/// A requirement with its hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RequirementLine {
    /// The requirement, with its marker.
    pub(super) text: String,
    /// `sha256:…`, in lower case.
    pub(super) hashes: Vec<String>,
}

/// The content of requirements files, in their order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) requirements: Vec<RequirementLine>,
    /// Options, with the directory of their file.
    pub(super) options: Vec<(Given, PathBuf)>,
}

/// Adds the contents of the file at `path`, which is absolute, and of those that it includes.
///
/// # Errors
/// [`Reason::File`], [`Reason::Line`].
pub(super) fn read(path: &Path, host: &Host, contents: &mut Contents) -> Result<(), Reason> {
    include(path, host, contents, DEPTH)
}

fn include(path: &Path, host: &Host, contents: &mut Contents, depth: u8) -> Result<(), Reason> {
    let failed = |why| Reason::File { path: path.to_owned(), why };
    if depth == 0 {
        return Err(failed("files include each other too deeply"));
    }
    let bytes = fs::read_bounded(path, limits::REQUIREMENTS).map_err(|_| failed("not readable"))?;
    let text = decode(&bytes, host).map_err(failed)?;
    for line in logical_lines(text) {
        let line = expand(&line, host);
        let unknown = || Reason::Line { path: path.to_owned(), line: line.clone() };
        let (arguments, options) = split(&line);
        if !arguments.is_empty() {
            let hashes = hashes(options).ok_or_else(unknown)?;
            contents.requirements.push(RequirementLine { text: arguments.to_owned(), hashes });
            continue;
        }
        let directory = path.parent().unwrap_or(path);
        for given in option_line(options).ok_or_else(unknown)? {
            if given.meaning == Meaning::Requirement {
                let included = directory.join(&given.value);
                include(&included, host, contents, depth - 1)?;
            } else {
                contents.options.push((given, directory.to_owned()));
            }
        }
    }
    Ok(())
}

/// The text, if each release of pip decodes it so.
fn decode<'a>(bytes: &'a [u8], host: &Host) -> Result<&'a str, &'static str> {
    let text = std::str::from_utf8(bytes).map_err(|_| "not in UTF-8")?;
    let has_coding = |line: &str| line.starts_with('#') && line.contains("coding");
    if text.split('\n').take(2).any(has_coding) {
        return Err("it may name an encoding");
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Python splits lines at some of them.
    let is_separator = |c: char| {
        c.is_control() && !matches!(c, '\n' | '\r' | '\t') || matches!(c, '\u{2028}' | '\u{2029}')
    };
    if text.contains(is_separator) {
        return Err("it has control characters");
    }
    if !text.is_ascii() && !is_utf8(host) {
        return Err("not in ASCII, and the locale's encoding is not UTF-8");
    }
    Ok(text)
}

/// Whether Python's preferred encoding is UTF-8 (PEP 538 and PEP 540 for the locale `C`).
fn is_utf8(host: &Host) -> bool {
    if host.platform() == Platform::Windows {
        return false;
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| host.var(name));
    let Some(locale) = locale else { return true };
    let locale = locale.to_string_lossy().to_ascii_lowercase();
    matches!(&*locale, "c" | "posix") || locale.ends_with("utf-8") || locale.ends_with("utf8")
}

/// Lines without comments, joined where one ends in `\`: `join_lines` and `ignore_comments`.
fn logical_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut joined: Option<String> = None;
    for line in physical_lines(text) {
        let is_comment = line.trim_start().starts_with('#');
        if line.ends_with('\\') && !is_comment {
            joined.get_or_insert_default().push_str(line.trim_matches('\\'));
            continue;
        }
        // So that a comment after a continuation is still one.
        let space = if is_comment { " " } else { "" };
        lines.push(format!("{}{space}{line}", joined.take().unwrap_or_default()));
    }
    lines.extend(joined);
    let lines = lines.iter().map(|line| without_comment(line).trim().to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

/// `str.splitlines` for a text without other separators.
fn physical_lines(text: &str) -> impl Iterator<Item = &str> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.split('\n').flat_map(|line| {
        let line = line.strip_suffix('\r').unwrap_or(line);
        line.split('\r')
    })
}

/// The text before a `#` at the start or behind white space.
fn without_comment(line: &str) -> &str {
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        if c == '#' && before.is_whitespace() {
            return &line[..at];
        }
        before = c;
    }
    line
}

/// `${NAME}` replaced by the variable's value, where it has one: `expand_env_variables`.
fn expand(line: &str, host: &Host) -> String {
    let mut expanded = line.to_owned();
    for (at, _) in line.match_indices("${") {
        let Some((name, _)) = line[at + 2..].split_once('}') else { continue };
        let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || !name.chars().all(is_name) {
            continue;
        }
        if let Some(value) = host.var(name).and_then(|value| value.to_str()) {
            expanded = expanded.replace(&format!("${{{name}}}"), value);
        }
    }
    expanded
}

/// The requirement and the options behind it: `break_args_options`.
fn split(line: &str) -> (&str, &str) {
    let mut at = 0;
    for token in line.split(' ') {
        if token.starts_with('-') {
            return (line[..at].trim_end_matches(' '), &line[at..]);
        }
        at += token.len() + 1;
    }
    (line, "")
}

/// The hashes behind a requirement; `None` for another option.
fn hashes(options: &str) -> Option<Vec<String>> {
    let mut hashes = Vec::new();
    let mut words = words(options)?;
    while let Some(word) = words.next() {
        let hash = word.strip_prefix("--hash")?;
        let hash = if hash.is_empty() { words.next()? } else { hash.strip_prefix('=')? };
        hashes.push(valid_hash(hash)?);
    }
    Some(hashes)
}

/// `sha256:…` in lower case, if it is of an algorithm that pip accepts (`STRONG_HASHES`).
fn valid_hash(hash: &str) -> Option<String> {
    let (algorithm, digest) = hash.split_once(':')?;
    let length = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return None,
    };
    let is_digest = digest.len() == length && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then(|| hash.to_ascii_lowercase())
}

/// The options of a line without a requirement; `None` for an unknown one, and where pip takes only
/// some of them into account.
fn option_line(options: &str) -> Option<Vec<Given>> {
    let words: Vec<OsString> = words(options)?.map(OsString::from).collect();
    let parsed = arguments::parse(&words).ok()?;
    let count = |meaning| parsed.options.iter().filter(|given| given.meaning == meaning).count();
    let is_alone = parsed.options.len() == 1;
    let is_read_whole = (is_alone || count(Meaning::Requirement) == 0)
        && count(Meaning::FindLinks) <= 1
        && count(Meaning::IndexUrl) <= 1;
    let is_known = parsed.options.iter().all(|given| given.meaning.is_for_files());
    (is_known && is_read_whole && parsed.requirements.is_empty()).then_some(parsed.options)
}

/// `shlex.split` of a text in which nothing is quoted; `None` for another one.
fn words(text: &str) -> Option<impl Iterator<Item = &str>> {
    (!text.contains(['\'', '"', '\\'])).then(|| text.split_ascii_whitespace())
}

#[cfg(test)]
mod tests;
