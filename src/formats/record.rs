//! RECORD: the list of the files of a distribution (PEP 376, the "recording installed projects"
//! specification), with the bytes that pip writes.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::entry_points;
use super::requirement::normalized;

/// One line of a RECORD. Its order is that of pip.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    /// Relative to `site-packages`, with `/`.
    pub(crate) path: String,
    /// `sha256=…`, or empty.
    pub(crate) hash: String,
    /// In bytes, or empty.
    pub(crate) size: String,
}

impl Row {
    /// The row of a file with these bytes.
    pub(crate) fn of(path: impl Into<String>, data: &[u8]) -> Self {
        Self { path: path.into(), hash: hash(data), size: data.len().to_string() }
    }

    /// The row of a file whose content is not recorded: bytecode, and RECORD itself.
    pub(crate) fn bare(path: impl Into<String>) -> Self {
        Self { path: path.into(), hash: String::new(), size: String::new() }
    }
}

/// The hash of `data` in the form of RECORD.
pub(crate) fn hash(data: &[u8]) -> String {
    format!("sha256={}", BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(data)))
}

/// Writes rows in pip's order and with its line ends, those of Python's `csv` module on every system.
pub(crate) fn write(mut rows: Vec<Row>) -> Vec<u8> {
    rows.sort_unstable();
    let mut out = String::with_capacity(rows.len() * 96);
    for row in &rows {
        for field in [&*quoted(&row.path), ",", &row.hash, ",", &row.size, "\r\n"] {
            out.push_str(field);
        }
    }
    out.into_bytes()
}

/// A CSV field, quoted only if necessary.
fn quoted(path: &str) -> Cow<'_, str> {
    if path.contains([',', '"', '\n', '\r']) {
        Cow::Owned(format!("\"{}\"", path.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(path)
    }
}

/// The end of the path of a RECORD, in its own row.
pub(crate) const ITSELF: &str = ".dist-info/RECORD";

/// Whether a RECORD is complete: a truncated one ends within a line, or does not list itself.
pub(crate) fn is_whole(text: &str) -> bool {
    let mut lists_itself = false;
    lines(text).all(|(_, line)| {
        let path = fields(line).map(|(path, ..)| path.trim_matches('"'));
        lists_itself |= path.is_some_and(|path| path.ends_with(ITSELF));
        path.is_some()
    }) && lists_itself
}

/// Whether an installer wrote this RECORD. pip first extracts the wheel's RECORD with the other files, and
/// replaces it at the very end, after it has created the commands.
pub(crate) fn is_final(text: &str, entry_points: impl FnOnce() -> String) -> bool {
    let paths = || {
        lines(text).filter_map(|(_, line)| fields(line)).map(|(path, ..)| path.trim_matches('"'))
    };
    // Only the wheel's RECORD lists the files of other schemes below `NAME-VERSION.data`.
    let own = paths().find_map(|path| path.strip_suffix(ITSELF)).unwrap_or_default();
    let is_in_wheel = |path: &str| {
        path.split_once(".data/").is_some_and(|(top, _)| normalized(top) == normalized(own))
    };
    // A search of the text is cheaper than its parsing, and most texts contain nothing of this.
    let contains = |part: &str| memchr::memmem::find(text.as_bytes(), part.as_bytes()).is_some();
    if contains(".data/") && paths().any(is_in_wheel) {
        return false;
    }
    let leads_out = text.starts_with("../") || contains("\n../");
    if leads_out || !contains(".dist-info/entry_points.txt") {
        return true;
    }
    let text_of_commands = entry_points();
    let mut commands = entry_points::names(&text_of_commands).peekable();
    commands.peek().is_none() || commands.any(|name| paths().any(|path| is_command(path, name)))
}

/// Whether a path is that of a command, in any directory: `--target` and editable installs have separate
/// ones.
fn is_command(path: &str, name: &str) -> bool {
    let rest = path.rsplit(['/', '\\']).next().and_then(|file| file.strip_prefix(name));
    rest.is_some_and(|rest| ["", ".exe", ".cmd"].contains(&rest))
}

/// Parses a RECORD; `None` if a line does not have three fields.
pub(crate) fn parse(text: &str) -> Option<Vec<Row>> {
    lines(text).map(|(_, line)| parse_row(line)).collect()
}

/// The ranges of a row's fields in the text, in bytes; the path with its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) path: Range<usize>,
    pub(crate) hash: Range<usize>,
    pub(crate) size: Range<usize>,
}

/// The rows of a RECORD; `None` for one that does not have three fields.
pub(crate) fn spans(text: &str) -> impl Iterator<Item = Option<Span>> {
    lines(text).map(|(begin, line)| span(begin, line))
}

/// The lines that are not empty, with their offsets. A quoted path can contain line ends.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut next = 0;
    let lines = std::iter::from_fn(move || {
        let begin = next;
        let rest = text.get(begin..).filter(|rest| !rest.is_empty())?;
        let inside = quoted_length(rest);
        let end = memchr::memchr(b'\n', &rest.as_bytes()[inside..]);
        let end = end.map_or(rest.len(), |end| inside + end);
        next = begin + end + 1;
        Some((begin, rest[..end].trim_end_matches('\r')))
    });
    lines.filter(|(_, line)| !line.is_empty())
}

/// The length of the quoted field at the beginning; 0 if there is none.
fn quoted_length(text: &str) -> usize {
    let mut quotes = memchr::memchr_iter(b'"', text.as_bytes()).peekable();
    if quotes.next_if_eq(&0).is_none() {
        return 0;
    }
    while let Some(at) = quotes.next() {
        // A quote in a field is doubled.
        if quotes.next_if_eq(&(at + 1)).is_none() {
            return at + 1;
        }
    }
    0
}

/// The fields of a line that begins at an offset.
fn span(begin: usize, line: &str) -> Option<Span> {
    let (path, hash, size) = fields(line)?;
    let hash_start = begin + path.len() + 1;
    let size_start = hash_start + hash.len() + 1;
    Some(Span {
        path: begin..begin + path.len(),
        hash: hash_start..hash_start + hash.len(),
        size: size_start..size_start + size.len(),
    })
}

/// A path of a row without its quotes.
pub(crate) fn unquoted(path: &str) -> Cow<'_, str> {
    match path.strip_prefix('"').and_then(|path| path.strip_suffix('"')) {
        Some(quoted) => Cow::Owned(quoted.replace("\"\"", "\"")),
        None => Cow::Borrowed(path),
    }
}

/// The SHA-256 digest that a row gives: URL-safe base64 without padding in the specification; with
/// padding, or hexadecimal, of some tools. `None` for another algorithm and for other text.
pub(crate) fn sha256(hash: &str) -> Option<[u8; 32]> {
    let text = hash.strip_prefix("sha256=")?;
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).ok();
        let bytes: Option<Vec<u8>> = (0..64).step_by(2).map(byte).collect();
        return bytes?.try_into().ok();
    }
    BASE64_URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?.try_into().ok()
}

/// Whether a path is outside of `site-packages`.
pub(crate) fn is_outside(path: &str) -> bool {
    path.starts_with("../") || path.starts_with("..\\") || std::path::Path::new(path).is_absolute()
}

fn parse_row(line: &str) -> Option<Row> {
    let (path, hash, size) = fields(line)?;
    let path = match path.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"')?.replace("\"\"", "\""),
        None => path.to_owned(),
    };
    Some(Row { path, hash: hash.to_owned(), size: size.to_owned() })
}

/// The fields of a CSV line; only the path can be quoted, because hashes and sizes contain no comma.
fn fields(line: &str) -> Option<(&str, &str, &str)> {
    let mut commas = memchr::memrchr_iter(b',', line.as_bytes());
    let (second, first) = (commas.next()?, commas.next()?);
    Some((&line[..first], &line[first + 1..second], &line[second + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_files_are_read_back() {
        let rows = vec![
            Row::of("pip/b.py", b"x"),
            Row::bare("pip-1.dist-info/RECORD"),
            Row::of("../../../bin/pip", b""),
            Row::of("pip/a \"b\", c.py", b"y"),
            Row::bare("pip/a\n\"b.py"),
        ];
        let text = String::from_utf8(write(rows.clone())).unwrap();
        assert_eq!(
            text,
            "../../../bin/pip,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\r\n\
             pip-1.dist-info/RECORD,,\r\n\
             \"pip/a\n\"\"b.py\",,\r\n\
             \"pip/a \"\"b\"\", c.py\",sha256=ofzkNjhU_4iM_0uOeHXWAMJoI5BBKoz3mzfQsRFIsPo,1\r\n\
             pip/b.py,sha256=LXEWQrcmsEQBYnyp-6wy9chTD7GQPMTbAiWHF5IaSIE,1\r\n"
        );
        let mut sorted = rows;
        sorted.sort_unstable();
        assert_eq!(parse(&text), Some(sorted));
    }

    #[test]
    fn every_form_of_a_digest_is_read() {
        let digest: [u8; 32] = Sha256::digest(b"x").into();
        let base64 = hash(b"x");
        let hex = crate::support::hex::hex(&digest);
        for text in [base64.clone(), format!("{base64}="), format!("sha256={hex}")] {
            assert_eq!(sha256(&text), Some(digest), "{text}");
        }
        for text in ["", "sha256=", "sha256=!", "md5=abc", "sha256=AAAA"] {
            assert_eq!(sha256(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a,\"\\n\r/. é]{0,60}", any in ".*") {
            for text in [&text, &any] {
                let spans: Vec<_> = spans(text).collect();
                for Span { path, hash, size } in spans.into_iter().flatten() {
                    let _ = (unquoted(&text[path]), &text[hash], &text[size]);
                }
                let _ = (parse(text), is_whole(text), sha256(text));
                let _ = is_final(text, || any.clone());
                let _ = sha256(&format!("sha256={text}"));
            }
        }
    }

    #[test]
    fn a_line_of_two_fields_is_no_row() {
        assert_eq!(parse("pip/a.py,sha256=x\n"), None);
        assert_eq!(parse("\"pip/a.py,sha256=x,1\n"), None);
    }

    #[test]
    fn the_list_of_a_wheel_is_not_final() {
        let points =
            || "[gui_scripts]\nb = a:b\n[x]\nc = a:c\n\n[console_scripts]\na=a:b\n".to_owned();
        let is_final =
            |rows: &str| is_final(&format!("{rows},,\na-1.dist-info/RECORD,,\n"), points);
        let entry_points = "a-1.dist-info/entry_points.txt";
        assert!(is_final("a.py"));
        assert!(!is_final(entry_points));
        assert!(!is_final(&format!("a/c,,\na/a.py,,\n{entry_points}")));
        assert!(!is_final("a-1.data/scripts/a"));
        assert!(!is_final("A-1.data/scripts/a"));
        assert!(is_final("b.data/scripts/a"));
        let commands =
            ["../../../bin/other", "../../bin/a", "bin/b", "/env/bin/a", "C:\\env\\Scripts\\a.exe"];
        for command in commands {
            assert!(is_final(&format!("{command},,\n{entry_points}")), "{command}");
        }
        assert!(super::is_final("a-1.dist-info/entry_points.txt,,\n", || "[x]\ny = z\n".to_owned()));
    }

    #[test]
    fn one_that_was_cut_off_is_not_whole() {
        let text = "a.py,sha256=x,1\r\na-1.dist-info/RECORD,,\r\nb.py,sha256=y,2\r\n";
        assert!(is_whole(text));
        assert!(is_whole("\"a,b-1.dist-info/RECORD\",,"));
        for end in [0, 10, 16, 25, 45, 50] {
            assert!(!is_whole(&text[..end]), "{}", &text[..end]);
        }
    }
}
