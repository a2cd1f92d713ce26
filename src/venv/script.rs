//! The files in the scripts' directory.

use std::ffi::OsString;
use std::fs::Metadata;
use std::path::Path;

use crate::formats::launcher;
use crate::formats::shebang::Line;
use crate::fs::{read_bounded, read_start};
use crate::support::limits;

/// More than any activation script, and than any system reads of a first line.
const HEAD: u64 = 16 * 1024;

/// A file in the scripts' directory.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) name: OsString,
    /// `None` when it is gone by now.
    pub(crate) meta: Option<Metadata>,
    /// Its beginning; empty for a program of Windows, and for an unreadable file.
    head: Vec<u8>,
    /// The Python that runs it, if a Python by an absolute path does.
    pub(crate) python: Option<Line>,
}

impl Script {
    /// Every regular file in a directory, in the order of their names.
    pub(crate) fn all(dir: &Path) -> Vec<Self> {
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
        let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
        let mut scripts: Vec<_> = files.map(|file| Self::read(dir, file.file_name())).collect();
        scripts.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        scripts
    }

    fn read(dir: &Path, name: OsString) -> Self {
        let path = dir.join(&name);
        if name.as_encoded_bytes().ends_with(b".exe") {
            let bytes = read_bounded(&path, limits::LAUNCHER).unwrap_or_default();
            let line = launcher::shebang(&bytes).and_then(|range| Line::parse(&bytes[range]));
            let line = line.or_else(|| Line::fixed(launcher::fixed_python(&bytes)?));
            return Self { name, meta: path.metadata().ok(), head: Vec::new(), python: line };
        }
        // A script that cannot be read has nothing to say.
        let (head, meta) = match read_start(&path, HEAD) {
            Ok((head, meta)) => (head, Some(meta)),
            Err(_) => (Vec::new(), path.symlink_metadata().ok()),
        };
        Self { python: Line::parse(&head), name, meta, head }
    }

    /// Whether `setup.py develop` of setuptools wrote it, which is in no RECORD.
    pub(crate) fn is_of_setuptools(&self) -> bool {
        let mut lines = self.head.split(|byte| *byte == b'\n').take(4);
        lines.any(|line| line.starts_with(b"# EASY-INSTALL-"))
    }

    /// Its first line without the line feed, if it is a script.
    pub(crate) fn first_line(&self) -> Option<&[u8]> {
        let line = self.head.split(|byte| *byte == b'\n').next()?;
        line.starts_with(b"#!").then_some(line)
    }

    /// Whether it is text that no system starts as a program: neither a first line that names an interpreter,
    /// nor a compiled program.
    pub(crate) fn is_text_without_interpreter(&self) -> bool {
        !self.head.is_empty() && !self.head.starts_with(b"#!") && !self.head.contains(&0)
    }

    /// Whether it begins with zeros, as files do after a crash of the system.
    pub(crate) fn is_void(&self) -> bool {
        self.head.starts_with(&[0; 8])
    }

    /// The whole of it, unless it is too large for a script that activates.
    pub(crate) fn text(&self) -> Option<&[u8]> {
        let length = self.meta.as_ref()?.len();
        (length == self.head.len() as u64).then_some(&*self.head)
    }
}

/// Whether a file in the scripts' directory has the name of an activation script, of any tool.
pub(crate) fn is_activation(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    ["activate", "deactivate", "activate_this"].contains(&&*stem)
}
