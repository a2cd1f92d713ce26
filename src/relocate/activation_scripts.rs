//! The activation scripts of a moved environment, of any tool and with the user's changes.

use memchr::memchr_iter;

use crate::shell;
use crate::shell::{Language, Script};

/// A spelling of the old path, and the spelling of the new one that replaces it.
struct Form {
    old: Vec<u8>,
    new: Vec<u8>,
    /// Without quotes, so that a longer path begins with it.
    is_bare: bool,
}

/// The text of the script `file` with each literal `old` replaced by `new`. `None` if there is no such
/// literal, or the script's language cannot represent the path.
pub(crate) fn rewritten(file: &str, text: &[u8], old: &[u8], new: &[u8]) -> Option<Vec<u8>> {
    let forms = forms(Script::named(file)?.language(), old, new)?;
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    let mut is_changed = false;
    while let Some(byte) = text.get(at) {
        let begins_word = at == 0 || b" \t\r\n=([,".contains(&text[at - 1]);
        let form = forms.iter().find(|form| begins_word && form.is_at(text, at));
        is_changed |= form.is_some();
        let (old, new) =
            form.map_or((1, std::slice::from_ref(byte)), |form| (form.old.len(), &*form.new));
        out.extend_from_slice(new);
        at += old;
    }
    is_changed.then_some(out)
}

/// As rvenv, `shlex.quote` and stdlib's `venv` write a path.
fn forms(language: Language, old: &[u8], new: &[u8]) -> Option<Vec<Form>> {
    let literal = |value: &[u8]| shell::literal(language, value);
    let quoted = |old: Vec<u8>, new: &[u8]| Form { old, new: new.to_vec(), is_bare: false };
    let is_bare = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+,@%=:".contains(byte);
    let written = literal(new).filter(|_| !new.contains(&b'\n'))?;
    let shlex = old.split(|byte| *byte == b'\'').collect::<Vec<_>>().join(&br#"'"'"'"#[..]);
    let mut forms = vec![quoted([b"'", &*shlex, b"'"].concat(), &written)];
    forms.extend(literal(old).map(|old| quoted(old, &written)));
    if !old.iter().any(|byte| b"\"$`!".contains(byte)) {
        forms.push(quoted([b"\"", old, b"\""].concat(), &written));
    }
    if language == Language::Batch {
        // Its quotes go around the whole of `set "NAME=value"`.
        let assigned = |value: &[u8]| literal(&[b"VIRTUAL_ENV=", value].concat());
        forms.extend(assigned(old).zip(assigned(new)).map(|(old, new)| quoted(old, &new)));
        // As stdlib's `venv` did before 3.9.
        let (old, new) = ([b"VIRTUAL_ENV=", old].concat(), assigned(new)?);
        if old.iter().all(|byte| is_bare(byte) || *byte == b'\\') {
            forms.push(Form { old, new, is_bare: true });
        }
    } else if old.iter().all(is_bare) {
        forms.push(Form { old: old.to_vec(), new: written, is_bare: true });
    }
    Some(forms)
}

impl Form {
    fn is_at(&self, text: &[u8], at: usize) -> bool {
        let (before, from) = text.split_at(at);
        let ends_word =
            |after: &[u8]| after.first().is_none_or(|byte| b" \t\r\n;)]".contains(byte));
        let is_bare_word = |after| ends_word(after) && !is_quoted(before);
        from.strip_prefix(&*self.old).is_some_and(|after| !self.is_bare || is_bare_word(after))
    }
}

/// Whether a quote is open after this beginning of a line, by the number of its quotes.
fn is_quoted(before: &[u8]) -> bool {
    let line = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    [b'"', b'\''].iter().any(|quote| memchr_iter(*quote, line).count() % 2 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(file: &str, text: &str, old: &str, expected: Option<&str>) {
        let new = rewritten(file, text.as_bytes(), old.as_bytes(), b"/a b's");
        let new = new.map(|new| String::from_utf8_lossy(&new).into_owned());
        assert_eq!(new.as_deref(), expected, "{file}: {text}");
    }

    #[test]
    fn each_tools_way_to_write_a_path_is_known() {
        for (file, text, expected) in [
            (
                "activate",
                "export VIRTUAL_ENV=$(cygpath \"/e\")\nX=prod\n",
                "export VIRTUAL_ENV=$(cygpath '/a b'\\''s')\nX=prod\n",
            ),
            ("activate", "VIRTUAL_ENV=\"/e\"\n", "VIRTUAL_ENV='/a b'\\''s'\n"),
            ("activate", "if [ ! -d /e ]; then", "if [ ! -d '/a b'\\''s' ]; then"),
            ("activate", "x /e; x '/e/x'", "x '/a b'\\''s'; x '/e/x'"),
            ("activate.fish", "set -gx VIRTUAL_ENV \"/e\"", "set -gx VIRTUAL_ENV '/a b\\'s'"),
            ("activate.csh", "source '/e'\"/\"'bin'\"/x\"", "source '/a b'\\''s'\"/\"'bin'\"/x\""),
            ("activate.nu", "let virtual_env = r#'/e'#", "let virtual_env = r#'/a b's'#"),
            ("activate.nu", "const virtual_env = '/e'", "const virtual_env = r#'/a b's'#"),
            (
                "activate.xsh",
                "self._fs_path('/e', required=True)",
                "self._fs_path('/a b\\'s', required=True)",
            ),
            ("activate.bat", "@for %%i in (\"/e\") do", "@for %%i in (\"/a b's\") do"),
            ("activate.bat", "@set \"VIRTUAL_ENV=/e\"\r\n", "@set \"VIRTUAL_ENV=/a b's\"\r\n"),
            ("activate.bat", "@set VIRTUAL_ENV=/e\r\n", "@set \"VIRTUAL_ENV=/a b's\"\r\n"),
        ] {
            check(file, text, "/e", Some(expected));
        }
        check("activate", "V='/it'\"'\"'s'\n", "/it's", Some("V='/a b'\\''s'\n"));
        check("activate.fish", "set V '/it\\'s'\n", "/it's", Some("set V '/a b\\'s'\n"));
    }

    #[test]
    fn partial_matches_of_the_path_stay() {
        for text in [
            "V=/env",
            "V=/e/x",
            "V=\"/e/x\"",
            "V=x/e",
            "V=\"$X\"",
            "echo \"see /e\"",
            "echo \"see /e now\"",
        ] {
            check("activate", text, "/e", None);
        }
        check("activate.awk", "V='/e'", "/e", None);
        check("activate.bat", "@set VIRTUAL_ENV=/e/x\r\n", "/e", None);
        assert_eq!(rewritten("activate", b"# '/e'", b"/e", b"/a\nrm x"), None);
    }
}
