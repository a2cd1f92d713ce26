//! One quoter per language: any bytes in, one whole literal out.

use std::fmt::Write as _;

use super::Language;

/// The literal whose value is `value`; `None` when the language has none.
pub(crate) fn literal(language: Language, value: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(value).ok();
    match language {
        Language::Posix => Some(quoted(value, |byte| match byte {
            b'\'' => br"'\''",
            _ => b"",
        })),
        Language::Fish => Some(quoted(value, |byte| match byte {
            b'\'' => br"\'",
            b'\\' => br"\\",
            _ => b"",
        })),
        // Outside the quotes, `backslash_quote` and `histchars` make no difference to a backslash.
        Language::Csh => Some(quoted(value, |byte| match byte {
            b'\'' => br"'\''",
            b'!' => br"'\!'",
            b'\\' => br"'\\'",
            b'\n' => b"\\\n",
            _ => b"",
        })),
        Language::Elvish => Some(elvish(value)),
        Language::PowerShell => text.map(powershell),
        Language::Nushell => text.map(|text| nushell_literal(text).into_bytes()),
        Language::Python => Some(python(value)),
        Language::Batch => batch(value),
    }
}

/// `'…'` with what `escape` gives in place of a byte, or the byte itself where it gives nothing.
fn quoted(value: &[u8], escape: impl Fn(u8) -> &'static [u8]) -> Vec<u8> {
    let mut out = vec![b'\''];
    for &byte in value {
        match escape(byte) {
            [] => out.push(byte),
            escaped => out.extend_from_slice(escaped),
        }
    }
    out.push(b'\'');
    out
}

/// `'…'`, which can contain only text; other bytes need `"…"`.
fn elvish(value: &[u8]) -> Vec<u8> {
    if let Ok(text) = std::str::from_utf8(value) {
        return format!("'{}'", text.replace('\'', "''")).into_bytes();
    }
    let mut out = String::from("\"");
    for chunk in value.utf8_chunks() {
        out.push_str(&chunk.valid().replace('\\', r"\\").replace('"', "\\\""));
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push('"');
    out.into_bytes()
}

/// `'…'`; `('a' + [char]0x00e9)` where it is not ASCII, as Windows reads files and pipes in a code
/// page of its own. That takes in the four other characters that count as single quotes.
fn powershell(value: &str) -> Vec<u8> {
    let mut out = String::from("'");
    for char in value.chars() {
        match char {
            '\'' => out.push_str("''"),
            _ if char.is_ascii() => out.push(char),
            _ => {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "' + [char]0x{unit:04x} + '");
                }
            }
        }
    }
    out.push('\'');
    if value.is_ascii() { out.into_bytes() } else { format!("({out})").into_bytes() }
}

/// The literal of nushell whose value is `value`: a raw string, fenced by one `#` more than the longest run
/// inside.
pub fn nushell_literal(value: &str) -> String {
    let longest = value.split(|char| char != '#').map(str::len).max().unwrap_or(0);
    let fence = "#".repeat(longest + 1);
    format!("r{fence}'{value}'{fence}")
}

/// Plain ASCII, so that no encoding matters; bytes that are not text are written as `os.fsdecode` decodes them.
fn python(value: &[u8]) -> Vec<u8> {
    let mut out = String::from("'");
    for chunk in value.utf8_chunks() {
        for char in chunk.valid().chars() {
            match char {
                '\'' | '\\' => out.extend(['\\', char]),
                ' '..='~' => out.push(char),
                _ => {
                    let _ = write!(out, "\\U{:08x}", u32::from(char));
                }
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\udc{byte:02x}");
        }
    }
    out.push('\'');
    out.into_bytes()
}

/// Nothing escapes a quote or a line end inside quotes.
fn batch(value: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(value).ok()?;
    let carried = text.chars().all(|char| char != '"' && !char.is_control());
    carried.then(|| format!("\"{}\"", text.replace('%', "%%")).into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(language: Language, value: &[u8], expected: Option<&str>) {
        let literal =
            literal(language, value).map(|literal| String::from_utf8_lossy(&literal).into_owned());
        assert_eq!(literal.as_deref(), expected);
    }

    #[test]
    fn quotes_cannot_be_left() {
        check(Language::Posix, b"a'b", Some(r"'a'\''b'"));
        check(Language::Fish, br"a'\b", Some(r"'a\'\\b'"));
        check(Language::Csh, b"a'!\\\nb", Some("'a'\\'''\\!''\\\\'\\\nb'"));
        check(Language::Elvish, b"a'b", Some("'a''b'"));
        check(Language::PowerShell, b"a'b", Some("'a''b'"));
        check(Language::PowerShell, "a\u{2019}b".as_bytes(), Some("('a' + [char]0x2019 + 'b')"));
        check(Language::Nushell, b"a'##b", Some("r###'a'##b'###"));
        check(Language::Python, "a'\\é\n".as_bytes(), Some(r"'a\'\\\U000000e9\U0000000a'"));
        check(Language::Batch, b"50%", Some("\"50%%\""));
    }

    #[test]
    fn values_that_a_shell_language_cannot_represent_are_refused() {
        for language in [Language::PowerShell, Language::Nushell, Language::Batch] {
            check(language, b"\xff", None);
        }
        check(Language::Python, b"\xff", Some(r"'\udcff'"));
        check(Language::Elvish, b"\"\\\xff", Some(r#""\"\\\xff""#));
        check(Language::Batch, b"a\"b", None);
        check(Language::Batch, b"a\nb", None);
    }
}
