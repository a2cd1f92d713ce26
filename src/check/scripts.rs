//! The commands of an environment, by their first lines.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use super::finding::{Code, Finding};
use super::origin::Origin;
use super::snapshot::Snapshot;
use super::{rewrite, same_file};
use crate::formats::launcher;
use crate::fs::read_start;
use crate::python::begins_as_python;
use crate::support::executable::is_executable;
use crate::support::host::Platform;
use crate::support::limits;
use crate::support::path::from_bytes;

/// More than any activation script, and than any system reads of a first line.
const HEAD: u64 = 16 * 1024;
/// A file in the scripts' directory.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) name: OsString,
    /// `None` when it is gone by now.
    pub(super) meta: Option<Metadata>,
    /// How it begins; empty for a program of Windows, and for what cannot be read.
    head: Vec<u8>,
    /// The Python that runs it, if a Python by an absolute path does.
    pub(crate) python: Option<Line>,
}

/// How a script names its interpreter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// The interpreter.
    pub(crate) interpreter: PathBuf,
    /// How many bytes of the script say so: a line, or three where the shell goes between.
    pub(super) length: usize,
    /// Whether the kernel reads the interpreter itself.
    direct: bool,
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
            let bytes = std::fs::read(&path).unwrap_or_default();
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

    /// The whole of it, unless it is too large for a script that activates.
    pub(crate) fn text(&self) -> Option<&[u8]> {
        let length = self.meta.as_ref()?.len();
        (length == self.head.len() as u64).then_some(&*self.head)
    }
}

impl Line {
    /// Reads the beginning of a script. Scripts of other languages, and those that take whatever
    /// `python` is on PATH or beside them, name no interpreter.
    pub(super) fn parse(head: &[u8]) -> Option<Self> {
        let rest = head.strip_prefix(b"#!")?;
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let line = rest[..end].trim_ascii();
        if line == b"/bin/sh" {
            return Self::trampoline(head);
        }
        // What follows a space is an argument; a launcher of Windows takes quotes.
        let program = match line.strip_prefix(b"\"") {
            Some(quoted) => quoted.split(|byte| *byte == b'"').next()?,
            None => line.split(|byte| b" \t".contains(byte)).next()?,
        };
        let interpreter = from_bytes(program);
        let length = (end + 3).min(head.len());
        is_python(&interpreter).then_some(Self { interpreter, length, direct: true })
    }

    /// That of a program which has it built in.
    fn fixed(interpreter: &[u8]) -> Option<Self> {
        let interpreter = from_bytes(interpreter);
        is_python(&interpreter).then_some(Self { interpreter, length: 0, direct: false })
    }

    /// `'''exec' /path/to/python "$0" "$@"`, which is a string to Python.
    fn trampoline(head: &[u8]) -> Option<Self> {
        let mut lines = head.split_inclusive(|byte| *byte == b'\n');
        let (first, second, third) = (lines.next()?, lines.next()?, lines.next()?);
        let interpreter = shell_path(second.strip_prefix(b"'''exec' ")?)?;
        let length = first.len() + second.len() + third.len();
        is_python(&interpreter).then_some(Self { interpreter, length, direct: false })
    }
}

/// The path that is the first word of a POSIX shell's line, if nothing in it has to be computed.
pub(super) fn shell_path(text: &[u8]) -> Option<PathBuf> {
    let mut word = Vec::new();
    let mut bytes = text.iter().copied();
    let mut quote = None;
    while let Some(byte) = bytes.next() {
        match (quote, byte) {
            (None, b'\'' | b'"') => quote = Some(byte),
            (Some(open), byte) if byte == open => quote = None,
            (Some(b'\''), byte) => word.push(byte),
            (_, b'$' | b'`') => return None,
            (None, b'\\') => word.extend(bytes.next()),
            (Some(_), b'\\') => match bytes.next()? {
                byte @ (b'"' | b'\\' | b'$' | b'`') => word.push(byte),
                byte => word.extend([b'\\', byte]),
            },
            (None, b';' | b')') => break,
            (None, byte) if byte.is_ascii_whitespace() => break,
            (_, byte) => word.push(byte),
        }
    }
    quote.is_none().then(|| from_bytes(&word))
}

/// Whether a path names a Python and can only be one thing.
fn is_python(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase());
    let is_absolute = path.is_absolute() || path.to_string_lossy().get(1..3) == Some(":\\");
    is_absolute && name.is_some_and(|name| begins_as_python(name.as_bytes()))
}

/// How many bytes of a first line the system reads.
const fn limit(platform: Platform) -> usize {
    match platform {
        Platform::Linux => limits::SHEBANG_LINUX,
        Platform::MacOs => limits::SHEBANG_MACOS,
        Platform::Windows => usize::MAX,
    }
}

/// Scripts whose interpreter is not the environment's. Those of a moved environment are one fault
/// together, which is [`super::origin`]'s.
pub(super) fn findings(snapshot: &Snapshot<'_>) -> Vec<Finding> {
    let elsewhere = snapshot.origin.as_ref().map(Origin::root);
    // Most scripts have the same interpreter.
    let mut known = BTreeMap::new();
    let faults = snapshot.scripts.iter().filter_map(|script| {
        let line = script.python.as_ref()?;
        let interpreter = line.interpreter.as_path();
        if elsewhere.is_some() && interpreter.ancestors().nth(2) == elsewhere {
            return None;
        }
        let is_long = line.direct && line.length - 1 > limit(snapshot.host.platform());
        let mut fault =
            || *known.entry(interpreter).or_insert_with(|| fault(snapshot, interpreter));
        let code = if is_long { Some(Code::ShebangTooLong) } else { fault() };
        Some((code?, script))
    });
    let faults: Vec<_> = faults.collect();
    let finding = |code| {
        let scripts = faults.iter().filter(|(found, _)| *found == code);
        finding(snapshot, code, &scripts.map(|(_, script)| *script).collect::<Vec<_>>())
    };
    let codes = [Code::ShebangDead, Code::ShebangForeign, Code::ShebangTooLong];
    codes.into_iter().filter_map(finding).collect()
}

/// What is wrong with an interpreter of scripts.
fn fault(snapshot: &Snapshot<'_>, interpreter: &Path) -> Option<Code> {
    if !is_executable(interpreter) {
        // When the environment's own Python does not start, that is the fault.
        let is_own = interpreter.parent() == Some(&snapshot.scripts_dir());
        let starts = || is_executable(&snapshot.root.join(snapshot.python()));
        return (!is_own || starts()).then_some(Code::ShebangDead);
    }
    let dir = interpreter.parent()?;
    (!same_file(dir, &snapshot.scripts_dir())).then_some(Code::ShebangForeign)
}

fn finding(snapshot: &Snapshot<'_>, code: Code, scripts: &[&Script]) -> Option<Finding> {
    let first = scripts.first()?;
    let interpreter = first.python.as_ref()?.interpreter.display();
    let name = first.name.to_string_lossy();
    let more = match scripts.len() {
        1 => String::new(),
        n => format!(" (and {} more)", n - 1),
    };
    let what = match code {
        Code::ShebangDead => "which is not there",
        Code::ShebangForeign => "which is outside of the environment",
        _ => "by a line that is too long",
    };
    let seen = format!("`{name}`{more} is run by `{interpreter}`, {what}");
    Some(Finding::new(code, seen, rewrite::scripts(snapshot, scripts)))
}

/// Whether a file in the scripts' directory has the name of an activation script, of any tool.
pub(crate) fn is_activation(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    ["activate", "deactivate", "activate_this"].contains(&&*stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    fn interpreter(head: &str) -> Option<String> {
        Line::parse(head.as_bytes()).map(|line| line.interpreter.to_string_lossy().into_owned())
    }

    #[cfg(unix)]
    #[test]
    fn every_form_of_a_first_line_is_read() {
        for (head, expected) in [
            ("#!/e/bin/python\nimport x", Some("/e/bin/python")),
            ("#!/e/bin/python3.12 -I\n", Some("/e/bin/python3.12")),
            ("#!/e/bin/pypy3\n", Some("/e/bin/pypy3")),
            (
                "#!/bin/sh\n'''exec' \"/my e/bin/python\" \"$0\" \"$@\"\n' '''\n",
                Some("/my e/bin/python"),
            ),
            (
                "#!/bin/sh\n'''exec' '/my e/bin/python' \"$0\" \"$@\"\n' '''\n",
                Some("/my e/bin/python"),
            ),
            (
                "#!/bin/sh\n'''exec' /long/bin/python \"$0\" \"$@\"\n' '''\n",
                Some("/long/bin/python"),
            ),
            // Found beside the script, wherever that is.
            ("#!/bin/sh\n'''exec' \"$(dirname -- \"$0\")\"/'python' \"$0\" \"$@\"\n' '''\n", None),
            ("#!/usr/bin/env python\n", None),
            ("#!/bin/bash\n", None),
            ("#!python\n", None),
            ("", None),
            ("\u{7f}ELF", None),
        ] {
            assert_eq!(interpreter(head).as_deref(), expected, "{head:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_names_the_interpreter_is_what_is_replaced() {
        for head in ["#!/e/bin/python\n", "#!/bin/sh\n'''exec' /e/bin/python \"$0\"\n' '''\n"] {
            let script = format!("{head}import x\n");
            assert_eq!(Line::parse(script.as_bytes()).unwrap().length, head.len());
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::arbitrary::any::<u8>(), 0..99)) {
            let mut script = b"#!/bin/sh\n'''exec' ".to_vec();
            script.extend(&bytes);
            let _ = (Line::parse(&bytes), Line::parse(&script));
        }
    }
}
