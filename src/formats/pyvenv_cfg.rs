//! `pyvenv.cfg` (PEP 405, parsed as in `site`): lines of `key = value`, split at the first `=`, with
//! case-insensitive keys; without sections, quotes or escapes.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::str::Chars;

/// A `pyvenv.cfg` with its original lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PyvenvCfg {
    lines: Vec<String>,
}

/// Whether a value is one line: the format has no escapes. These are all line ends of Python's universal
/// newlines and of `str.splitlines`.
pub(crate) fn is_one_line(value: &str) -> bool {
    let line_ends = [
        '\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}',
        '\u{2029}',
    ];
    !value.contains(line_ends)
}

impl PyvenvCfg {
    /// Parses the text of a `pyvenv.cfg`. Lines without `=` are kept and ignored, as in `site`; bytes that are
    /// not UTF-8 become U+FFFD.
    pub fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        Self { lines: text.lines().map(str::to_owned).collect() }
    }

    /// The value of a key: the last one wins, as in `site`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.lines
            .iter()
            .rev()
            .filter_map(|line| split(line))
            .find_map(|(name, value)| name.eq_ignore_ascii_case(key).then_some(value))
    }

    /// Replaces the line of a key, or appends one.
    pub fn set(&mut self, key: &str, value: &str) {
        let line = format!("{key} = {value}");
        let is_key = |line: &&mut String| {
            split(line).is_some_and(|(name, _)| name.eq_ignore_ascii_case(key))
        };
        match self.lines.iter_mut().rev().find(is_key) {
            Some(old) => *old = line,
            None => self.lines.push(line),
        }
    }

    /// Whether the packages of the base are visible; true without the key, as in `site`.
    pub fn includes_system_site_packages(&self) -> bool {
        self.get("include-system-site-packages")
            .is_none_or(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Whether the environment can be moved: its commands find their Python relative to themselves.
    pub fn is_relocatable(&self) -> bool {
        self.get("relocatable").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The source of the Python of an environment that `rvenv pack` wrote, until it is bound to one: `launcher` if
    /// `bin/python` searches for one, `included` if it has its own.
    pub(crate) fn packed(&self) -> Option<&str> {
        self.get("packed").filter(|_| self.get("home").is_none())
    }

    /// Removes all lines of a key.
    pub(crate) fn remove(&mut self, key: &str) {
        self.lines
            .retain(|line| split(line).is_none_or(|(name, _)| !name.eq_ignore_ascii_case(key)));
    }

    /// The version of the Python at its creation: stdlib's `version`, virtualenv's and uv's `version_info`.
    pub fn version(&self) -> Option<&str> {
        self.get("version").or_else(|| self.get("version_info"))
    }

    /// The prompt that the user chose. stdlib writes it as a Python literal, virtualenv in double quotes, uv
    /// without quotes.
    pub fn prompt(&self) -> Option<Cow<'_, str>> {
        self.get("prompt").map(unquote)
    }
}

impl std::fmt::Display for PyvenvCfg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

fn split(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once('=')?;
    Some((key.trim(), value.trim()))
}

/// `text` as `repr()` of a Python `str`, which stdlib writes for the prompt: always one line.
pub(crate) fn python_repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            // U+0085, U+2028 and U+2029 end a line for some readers of `pyvenv.cfg`.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                let code = u32::from(c);
                let _ = match code {
                    0..=0xff => write!(out, "\\x{code:02x}"),
                    _ => write!(out, "\\u{code:04x}"),
                };
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// The reverse of [`python_repr`]; text without quotes is returned unchanged.
fn unquote(value: &str) -> Cow<'_, str> {
    let inner =
        ['\'', '"'].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    let Some(inner) = inner else { return Cow::Borrowed(value) };
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut chars = inner.chars();
    let mut out = String::new();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' { unescape(&mut chars) } else { c });
    }
    Cow::Owned(out)
}

/// The character of an escape sequence, parsed after its backslash.
fn unescape(chars: &mut Chars<'_>) -> char {
    let digits = match chars.next() {
        Some('n') => return '\n',
        Some('r') => return '\r',
        Some('t') => return '\t',
        Some('x') => 2,
        Some('u') => 4,
        Some('U') => 8,
        Some(c) => return c,
        None => return '\\',
    };
    let hex: String = chars.take(digits).collect();
    u32::from_str_radix(&hex, 16)
        .ok()
        .and_then(char::from_u32)
        .unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STDLIB: &str =
        "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.13.0\n";

    #[test]
    fn reads_as_site_does() {
        let cfg = PyvenvCfg::parse(b"HOME=/a = b\n# home = /c\nnonsense\nversion=3.8.1\n");
        assert_eq!(cfg.get("home"), Some("/a = b"));
        assert_eq!(cfg.version(), Some("3.8.1"));
        assert_eq!(cfg.get("nonsense"), None);
        assert!(cfg.includes_system_site_packages());
        let told = |value| format!("include-system-site-packages = {value}");
        for (value, expected) in [("True", true), ("false", false), ("yes", false), ("", false)] {
            let cfg = PyvenvCfg::parse(told(value).as_bytes());
            assert_eq!(cfg.includes_system_site_packages(), expected, "{value}");
        }
    }

    #[test]
    fn setting_keeps_every_other_line() {
        let mut cfg = PyvenvCfg::parse(STDLIB.as_bytes());
        cfg.set("Home", "/opt/bin");
        cfg.set("prompt", "x");
        let expected = STDLIB.replace("home = /usr/bin", "Home = /opt/bin") + "prompt = x\n";
        assert_eq!(cfg.to_string(), expected);
    }

    #[test]
    fn prompts_of_every_tool_are_read() {
        for (line, prompt) in
            [("prompt = 'it'", "it"), ("prompt = \"it's\"", "it's"), ("prompt = it", "it")]
        {
            assert_eq!(PyvenvCfg::parse(line.as_bytes()).prompt().as_deref(), Some(prompt));
        }
    }

    proptest::proptest! {
        #[test]
        fn a_prompt_comes_back_as_it_was(prompt in proptest::arbitrary::any::<String>()) {
            let literal = python_repr(&prompt);
            proptest::prop_assert_eq!(literal.lines().count(), 1);
            let read = unquote(&literal).into_owned();
            proptest::prop_assert_eq!(read, prompt);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::arbitrary::any::<u8>(), 0..200)) {
            let cfg = PyvenvCfg::parse(&bytes);
            let _ = (cfg.prompt(), cfg.version(), cfg.to_string());
        }
    }
}
