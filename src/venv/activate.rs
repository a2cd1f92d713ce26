//! The directory that an `activate` script names, whichever tool wrote it.

use std::path::{Path, PathBuf};

use memchr::memmem;

use super::script::Script;
use crate::formats::shebang::shell_word;
use crate::fs;
use crate::support::limits;

/// The directory that `activate` sets `VIRTUAL_ENV` to.
pub(crate) fn named_root(scripts_dir: &Path, scripts: &[Script]) -> Option<PathBuf> {
    let script = scripts.iter().find(|script| script.name == "activate");
    match script.and_then(Script::text) {
        Some(text) => named(text),
        // A link, or more text than is usual.
        None => named(&fs::read_bounded(&scripts_dir.join("activate"), limits::SCRIPT).ok()?),
    }
}

/// The directory that the text of an `activate` names, as each tool writes it.
fn named(text: &[u8]) -> Option<PathBuf> {
    let starts = [b"VIRTUAL_ENV=".as_slice(), b"_rvenv_activate "].into_iter();
    let values = starts.flat_map(|start| {
        let places = memmem::find_iter(text, start).filter(|at| begins_command(&text[..*at]));
        places.map(|at| &text[at + start.len()..])
    });
    values.filter_map(shell_word).find(|path| path.is_absolute())
}

/// Whether a command begins after `before`, with or without `export`.
fn begins_command(before: &[u8]) -> bool {
    let line = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    matches!(line.trim_ascii_start(), b"" | b"export ")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn every_tools_script_names_its_place() {
        for (text, expected) in [
            ("VIRTUAL_ENV='/my env'\nexport VIRTUAL_ENV\n", Some("/my env")),
            (
                "if x; then\n    export VIRTUAL_ENV=$(cygpath /e)\nelse\n    export VIRTUAL_ENV=/e\nfi\n",
                Some("/e"),
            ),
            ("VIRTUAL_ENV=\"/e\"\n", Some("/e")),
            (
                "_rvenv_activate() {\n    VIRTUAL_ENV=$1\n}\n_rvenv_activate '/e' bin e\n",
                Some("/e"),
            ),
            ("# VIRTUAL_ENV=/e\nOLD_VIRTUAL_ENV=/e\nexportVIRTUAL_ENV=/e\n", None),
            ("VIRTUAL_ENV=e\n", None),
            ("VIRTUAL_ENV='/e", None),
            ("", None),
        ] {
            let named = named(text.as_bytes());
            assert_eq!(named.as_deref(), expected.map(Path::new), "{text}");
        }
    }
}
