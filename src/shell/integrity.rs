//! The last line of a script on disk: by it, `check` tells what another release wrote from what the
//! user changed, which is not to be overwritten.

use memchr::memmem;

const MARK: &str = "rvenv wrote this file; changed files are left alone: ";

/// Whether a script is as rvenv wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seal {
    /// It is, whichever release wrote it.
    Whole,
    /// Somebody changed it since.
    Broken,
    /// Another tool's, or one without its last line.
    Missing,
}

/// The script with its seal, in a comment that begins with `comment`.
pub(super) fn sealed(mut script: Vec<u8>, comment: &str, line_end: &str) -> Vec<u8> {
    let digest = digest(&script);
    for part in [comment, " ", MARK, &digest, line_end] {
        script.extend_from_slice(part.as_bytes());
    }
    script
}

/// Looks at a script's seal.
pub(crate) fn seal(script: &[u8]) -> Seal {
    let text = script.trim_ascii_end();
    let start = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let line = String::from_utf8_lossy(&text[start..]);
    match line.split_once(MARK) {
        Some((_, told)) if told == digest(&script[..start]) => Seal::Whole,
        Some(_) => Seal::Broken,
        None if memmem::find(script, MARK.as_bytes()).is_some() => Seal::Broken,
        None => Seal::Missing,
    }
}

/// Enough to see a change: nobody gains by forging it. Every `create` and `check` reckons it for each
/// script, and SHA-256 was more than half of their instructions.
fn digest(bytes: &[u8]) -> String {
    format!("{:08x}", crc32fast::hash(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_holds_until_something_changes() {
        let script = sealed(b"one\ntwo\n".to_vec(), "#", "\n");
        assert_eq!(seal(&script), Seal::Whole);
        assert_eq!(seal(&[b"#", &*script].concat()), Seal::Broken);
        assert_eq!(seal(&[&*script, b"export X=1\n"].concat()), Seal::Broken);
        assert_eq!(seal(b"one\ntwo\n"), Seal::Missing);
        assert_eq!(seal(b""), Seal::Missing);
        assert_eq!(seal(&sealed(b"one\r\n".to_vec(), "rem", "\r\n")), Seal::Whole);
    }
}
