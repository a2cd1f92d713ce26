//! The interpreter in the first line of a script (execve(2); the form of distlib and pip with `/bin/sh` for
//! paths that the kernel cannot parse; the line in a Windows launcher).

use std::path::{Path, PathBuf};

use memchr::memmem;

use crate::support::host::Platform;
use crate::support::limits;
use crate::support::path::from_bytes;

/// The interpreter in a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// The interpreter.
    pub(crate) interpreter: PathBuf,
    /// The arguments of the interpreter on a direct line: `-E`.
    arguments: Vec<u8>,
    /// The number of bytes of this header: one line, or three with the shell.
    pub(crate) length: usize,
    /// Whether the kernel starts the interpreter directly.
    pub(crate) direct: bool,
}

impl Line {
    /// Parses the beginning of a script. Scripts of other languages, and those that use the `python` on PATH or
    /// beside them, name no interpreter.
    pub(crate) fn parse(head: &[u8]) -> Option<Self> {
        let rest = head.strip_prefix(b"#!")?;
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let line = rest[..end].trim_ascii();
        if line == b"/bin/sh" {
            return Self::trampoline(head);
        }
        // An argument follows after a space; a launcher of Windows accepts quotes.
        let (program, quotes) = match line.strip_prefix(b"\"") {
            Some(quoted) => (quoted.split(|byte| *byte == b'"').next()?, 2),
            None => (line.split(|byte| b" \t".contains(byte)).next()?, 0),
        };
        let arguments = line.get(program.len() + quotes..).unwrap_or_default().trim_ascii().into();
        let interpreter = from_bytes(program);
        let length = (end + 3).min(head.len());
        is_python(&interpreter).then_some(Self { interpreter, arguments, length, direct: true })
    }

    /// The interpreter that is a resource of a program.
    pub(crate) fn fixed(interpreter: &[u8]) -> Option<Self> {
        let interpreter = from_bytes(interpreter);
        let arguments = Vec::new();
        is_python(&interpreter).then_some(Self { interpreter, arguments, length: 0, direct: false })
    }

    /// `'''exec' /path/to/python "$0" "$@"`, which is a string to Python.
    fn trampoline(head: &[u8]) -> Option<Self> {
        let mut lines = head.split_inclusive(|byte| *byte == b'\n');
        let (first, second, third) = (lines.next()?, lines.next()?, lines.next()?);
        let interpreter = shell_word(second.strip_prefix(b"'''exec' ")?)?;
        let length = first.len() + second.len() + third.len();
        let arguments = Vec::new();
        is_python(&interpreter).then_some(Self { interpreter, arguments, length, direct: false })
    }

    /// `shebang`, with the arguments of this line.
    pub(crate) fn with_arguments(&self, shebang: Vec<u8>) -> Vec<u8> {
        if self.arguments.is_empty() {
            return shebang;
        }
        let end = memmem::find(&shebang, SCRIPT_AND_ARGUMENTS.as_bytes());
        let end = end.or_else(|| memchr::memchr(b'\n', &shebang)).unwrap_or(shebang.len());
        [&shebang[..end], b" ", &self.arguments, &shebang[end..]].concat()
    }
}

/// The path in the first word of a POSIX shell's line, if it contains no expansion.
pub(crate) fn shell_word(text: &[u8]) -> Option<PathBuf> {
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

/// Whether an absolute path has the name of a Python.
fn is_python(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase());
    let is_absolute = path.is_absolute() || path.to_string_lossy().get(1..3) == Some(":\\");
    is_absolute && name.is_some_and(|name| begins_as_python(name.as_bytes()))
}

/// Whether a name has the prefix of a Python or of a package that contains one: `python3.12`, `pypy3`,
/// `python@3.12`.
pub(crate) fn begins_as_python(name: &[u8]) -> bool {
    ["python", "pypy", "graalpy"].iter().any(|python| name.starts_with(python.as_bytes()))
}

/// The number of bytes of the first line that the system reads.
pub(crate) const fn limit(platform: Platform) -> usize {
    match platform {
        Platform::Linux => limits::SHEBANG_LINUX,
        Platform::MacOs => limits::SHEBANG_MACOS,
        Platform::Windows => usize::MAX,
    }
}

/// The first lines of a script: one line if the kernel accepts it, else a text that is an `exec` for the
/// shell and a string for Python, as in distlib, but also correct for names that the shell would expand in
/// distlib's double quotes.
pub(crate) fn shebang(python: &Path, platform: Platform) -> Vec<u8> {
    let limit = match platform {
        Platform::MacOs => limits::SHEBANG_MACOS,
        Platform::Linux | Platform::Windows => limits::SHEBANG_ANY_LINUX,
    };
    let Some(text) = python.to_str() else { return relative(python) };
    let length = text.len() + "#!\n".len();
    // A backslash or a newline would be changed in a Python string.
    if text.contains(['\\', '\n', '\r', '\0']) {
        return relative(python);
    }
    if !text.contains(char::is_whitespace) && length <= limit {
        return format!("#!{text}\n").into_bytes();
    }
    let is_plain =
        |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || "/._-+,:=@%~ ".contains(c);
    let quoted = if !text.chars().all(is_plain) {
        format!("'{}'", text.replace('\'', r#"'"'"'"#))
    } else if text.contains(' ') {
        format!("\"{text}\"")
    } else {
        text.to_owned()
    };
    trampoline(&quoted)
}

/// A shebang that finds the Python relative to the script.
pub(crate) fn relative(python: &Path) -> Vec<u8> {
    let python = python.file_name().unwrap_or_default().to_string_lossy();
    trampoline(&format!("\"$(dirname -- \"$(realpath -- \"$0\")\")\"/'{python}'"))
}

/// [`relative`] for a script that continues with `body`. Python searches the first two lines for the
/// encoding (PEP 263), and a comment of Python is one of the shell, too.
pub(crate) fn relative_before(python: &Path, body: &[u8]) -> Vec<u8> {
    let lines = relative(python);
    let declaration = body.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_declared =
        declaration.starts_with(b"#") && memmem::find(declaration, b"coding").is_some();
    if !is_declared || std::str::from_utf8(body).is_ok() {
        return lines;
    }
    let (shell, rest) = lines.split_at(b"#!/bin/sh\n".len());
    [shell, declaration, rest].concat()
}

/// The words that the shell passes to the interpreter: the script and the arguments of the command.
const SCRIPT_AND_ARGUMENTS: &str = r#" "$0" "$@""#;

fn trampoline(python: &str) -> Vec<u8> {
    format!("#!/bin/sh\n'''exec' {python}{SCRIPT_AND_ARGUMENTS}\n' '''\n").into_bytes()
}

/// The line in a Windows command that finds the Python beside the command.
pub(crate) fn relative_launcher_line(python: &Path) -> Vec<u8> {
    let python = python.file_name().unwrap_or_default().to_string_lossy();
    format!("#!<launcher_dir>\\{python}\n\r\n").into_bytes()
}

/// The line in a Windows command, between the launcher and the archive.
pub(crate) fn launcher_line(python: &Path) -> Vec<u8> {
    let python = python.display().to_string();
    let quote = if python.contains(' ') { "\"" } else { "" };
    format!("#!{quote}{python}{quote}\n\r\n").into_bytes()
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
    fn a_new_first_line_keeps_the_arguments() {
        let python = Path::new("/new/bin/python");
        let long = format!("/{}/bin/python", "d".repeat(200));
        for (head, new, expected) in [
            ("#!/e/bin/python -E\n", shebang(python, Platform::Linux), "#!/new/bin/python -E\n"),
            ("#!/e/bin/python\n", shebang(python, Platform::Linux), "#!/new/bin/python\n"),
            (
                "#!/e/bin/python -E\n",
                relative(python),
                "#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python' -E \"$0\" \"$@\"\n' '''\n",
            ),
            (
                "#!/e/bin/python -E\n",
                shebang(Path::new(&long), Platform::Linux),
                &format!("#!/bin/sh\n'''exec' {long} -E \"$0\" \"$@\"\n' '''\n"),
            ),
        ] {
            let line = Line::parse(head.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(line.with_arguments(new)).unwrap(), expected, "{head}");
        }
    }

    #[test]
    fn an_encoding_stays_in_the_first_two_lines() {
        let python = Path::new("python");
        let body = b"# -*- coding: latin-1 -*-\nprint('\xe9')\n";
        assert!(
            relative_before(python, body)
                .starts_with(b"#!/bin/sh\n# -*- coding: latin-1 -*-\n'''exec'")
        );
        for body in ["# -*- coding: utf-8 -*-\nprint('\u{e9}')\n", "print('\u{e9}')\n", ""] {
            assert_eq!(relative_before(python, body.as_bytes()), relative(python), "{body}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_lines_that_name_the_interpreter_are_replaced() {
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
