//! The lines of a `.gitignore`.

/// Whether a `.gitignore` ignores a directory, whose path is relative to the file's directory. The last
/// line that matches decides; `None` if none does.
pub(crate) fn verdict(text: &str, path: &str) -> Option<bool> {
    last_verdict(text, path, |_| true)
}

/// As [`verdict`], for a file: patterns with a slash at the end match directories only.
pub(crate) fn verdict_of_file(text: &str, path: &str) -> Option<bool> {
    last_verdict(text, path, |pattern| !pattern.ends_with('/'))
}

fn last_verdict(text: &str, path: &str, concerns: impl Fn(&str) -> bool) -> Option<bool> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines().rev().find_map(|line| {
        let line = line.trim_end_matches(' ');
        let (is_ignored, pattern) = match line.strip_prefix('!') {
            Some(pattern) => (false, pattern),
            None => (true, line),
        };
        let is_meant = !pattern.is_empty()
            && concerns(pattern)
            && !line.starts_with('#')
            && is_for(pattern, path);
        is_meant.then_some(is_ignored)
    })
}

/// Whether a pattern matches this path itself, not a parent of it.
fn is_for(pattern: &str, path: &str) -> bool {
    let pattern = pattern.strip_suffix('/').unwrap_or(pattern);
    let names: Vec<_> = path.split('/').collect();
    if !pattern.contains('/') {
        return names.last().is_some_and(|name| is_name_for(pattern, name));
    }
    let parts: Vec<_> = pattern.strip_prefix('/').unwrap_or(pattern).split('/').collect();
    globs(&parts, &names, |part| *part == "**", |part, name| is_name_for(part, name))
}

/// One part of a pattern.
enum Sign<'a> {
    /// `*`
    Any,
    /// `?`
    One,
    Byte(u8),
    /// `[…]`, without the brackets.
    Set(&'a [u8]),
}

fn is_name_for(pattern: &str, name: &str) -> bool {
    let signs = signs(pattern.as_bytes());
    globs(&signs, name.as_bytes(), |sign| matches!(sign, Sign::Any), Sign::is)
}

fn signs(mut pattern: &[u8]) -> Vec<Sign<'_>> {
    let mut signs = Vec::new();
    while let [first, rest @ ..] = pattern {
        let (sign, after) = match (first, rest) {
            (b'*', _) => (Sign::Any, rest),
            (b'?', _) => (Sign::One, rest),
            (b'\\', [byte, after @ ..]) => (Sign::Byte(*byte), after),
            (b'[', [_, others @ ..]) => match others.iter().position(|byte| *byte == b']') {
                // The first character in it may be a `]`.
                Some(at) => (Sign::Set(&rest[..=at]), &others[at + 1..]),
                // A set without an end matches nothing.
                None => (Sign::Set(b""), rest),
            },
            (byte, _) => (Sign::Byte(*byte), rest),
        };
        signs.push(sign);
        pattern = after;
    }
    signs
}

impl Sign<'_> {
    fn is(&self, byte: u8) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::Byte(own) => *own == byte,
            Self::Set([b'!' | b'^', set @ ..]) => !holds(set, byte),
            Self::Set(set) => holds(set, byte),
        }
    }
}

fn holds(mut set: &[u8], byte: u8) -> bool {
    loop {
        match set {
            [from, b'-', to, ..] if (*from..=*to).contains(&byte) => return true,
            [_, b'-', _, rest @ ..] => set = rest,
            [own, ..] if *own == byte => return true,
            [_, rest @ ..] => set = rest,
            [] => return false,
        }
    }
}

/// Whether the parts of a pattern match all `items`; a star matches any number of them. Backtracking to the
/// last star is sufficient, so the time is at most proportional to the product of both lengths.
fn globs<P, T: Copy>(
    pattern: &[P],
    items: &[T],
    is_star: impl Fn(&P) -> bool,
    is: impl Fn(&P, T) -> bool,
) -> bool {
    let (mut part, mut item) = (0, 0);
    let mut star = None;
    while item < items.len() {
        match pattern.get(part) {
            Some(sign) if is_star(sign) => {
                part += 1;
                star = Some((part, item));
            }
            Some(sign) if is(sign, items[item]) => (part, item) = (part + 1, item + 1),
            _ => match &mut star {
                Some((after, taken)) => {
                    *taken += 1;
                    (part, item) = (*after, *taken);
                }
                None => return false,
            },
        }
    }
    pattern[part..].iter().all(is_star)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_git_reads_them() {
        for (text, path, expected) in [
            (".venv", ".venv", Some(true)),
            (".venv/", ".venv", Some(true)),
            ("/.venv", ".venv", Some(true)),
            ("*venv*", ".venv", Some(true)),
            (".?env", ".venv", Some(true)),
            ("**/.venv/", "a/.venv", Some(true)),
            ("**/.venv/", ".venv", Some(true)),
            ("a/**/.venv", "a/b/c/.venv", Some(true)),
            ("a/", "a", Some(true)),
            ("a/*", "a/.venv", Some(true)),
            ("[.]venv", ".venv", Some(true)),
            ("[a-z.]venv", ".venv", Some(true)),
            ("[!.]venv", ".venv", None),
            ("\\.venv", ".venv", Some(true)),
            ("[.venv", ".venv", None),
            ("[.venv", "[.venv", None),
            ("\u{feff}.venv", ".venv", Some(true)),
            (".venv  ", ".venv", Some(true)),
            (".venv\t", ".venv", None),
            // In the environment, which has no name of its own there.
            (".venv/*", ".venv/", Some(true)),
            (".venv/**", ".venv/", Some(true)),
            ("*", "", Some(true)),
            ("bin/", ".venv/", None),
            ("venv", ".venv", None),
            ("#.venv", ".venv", None),
            ("/.venv", "a/.venv", None),
            ("a/*", "a/b/.venv", None),
            ("", ".venv", None),
            ("!.venv", ".venv", Some(false)),
            (".venv\n!.venv", ".venv", Some(false)),
            ("!.venv\n.venv\n*.pyc", ".venv", Some(true)),
        ] {
            assert_eq!(verdict(text, path), expected, "{text} {path}");
        }
    }

    #[test]
    fn hostile_lines_take_no_time() {
        let name = "a".repeat(250);
        for stars in ["*".repeat(40), "*a".repeat(80)] {
            assert_eq!(verdict(&format!("{stars}x"), &name), None);
        }
        let (pattern, path) = ("**/a/".repeat(40) + "x", "a/".repeat(100) + "a");
        assert_eq!(verdict(&pattern, &path), None);
    }

    proptest::proptest! {
        /// A pattern of stars costs no more than its length times that of the path.
        #[test]
        fn no_text_makes_it_panic(text in r"(\*|\?|\[|\]|!|\^|-|/|\\|\n|#| |[ab]|\PC){0,80}", path in "[ab/]{1,40}") {
            let _ = (verdict(&text, &path), verdict_of_file(&text, &path));
        }
    }
}
