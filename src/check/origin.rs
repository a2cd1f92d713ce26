//! Where an environment was made, when it is elsewhere now.

use std::path::{Path, PathBuf};

use memchr::memmem;

use super::finding::{Code, Finding};
use super::scripts::{Script, shell_path};
use super::snapshot::Snapshot;
use super::{rewrite, same_file};
use crate::fs;
use crate::support::limits;

/// The place for which an environment's scripts were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// There is no environment any more: this one was moved.
    Left(PathBuf),
    /// There is an environment still: this one is a copy.
    Copied(PathBuf),
}

impl Origin {
    /// The origin of the environment at `root`, when that is another place: what `activate` says,
    /// else what all its commands say.
    pub(super) fn of(root: &Path, activated: Option<&Path>, scripts: &[Script]) -> Option<Self> {
        let origin = activated.or_else(|| of_commands(scripts))?;
        if same_file(origin, root) {
            return None;
        }
        let is_there = origin.join("pyvenv.cfg").is_file();
        Some(if is_there { Self::Copied(origin.into()) } else { Self::Left(origin.into()) })
    }

    pub(crate) fn root(&self) -> &Path {
        match self {
            Self::Left(root) | Self::Copied(root) => root,
        }
    }

    /// Where something that was beside the environment is now, if it came along.
    pub(super) fn followed(&self, path: &Path, root: &Path) -> Option<PathBuf> {
        let rest = path.strip_prefix(self.root().parent()?).ok()?;
        // No slash at the end, which an empty rest would be.
        let path: PathBuf = root.parent()?.components().chain(rest.components()).collect();
        Some(path).filter(|path| path.exists())
    }
}

/// The directory that `activate` sets `VIRTUAL_ENV` to.
pub(super) fn activated(scripts_dir: &Path, scripts: &[Script]) -> Option<PathBuf> {
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
    values.filter_map(shell_path).find(|path| path.is_absolute())
}

/// Whether a command begins after `before`, with or without `export`.
fn begins_command(before: &[u8]) -> bool {
    let line = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    matches!(line.trim_ascii_start(), b"" | b"export ")
}

/// The one directory whose Python runs every command.
fn of_commands(scripts: &[Script]) -> Option<&Path> {
    let mut roots = scripts.iter().filter_map(|script| {
        let interpreter = &script.python.as_ref()?.interpreter;
        interpreter.parent()?.parent()
    });
    let first = roots.next()?;
    roots.all(|root| root == first).then_some(first)
}

/// That the environment is not where it was made.
pub(super) fn finding(snapshot: &Snapshot<'_>) -> Option<Finding> {
    let origin = snapshot.origin.as_ref()?;
    let (code, seen) = match origin {
        Origin::Left(root) => {
            (Code::Moved, format!("the environment was made at `{}`", root.display()))
        }
        Origin::Copied(root) => {
            (Code::Copied, format!("the environment is a copy of `{}`", root.display()))
        }
    };
    Some(Finding::new(code, seen, rewrite::from_origin(snapshot, origin)))
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
