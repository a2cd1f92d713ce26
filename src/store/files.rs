//! The list of the files of an entry: a line for each, and how a file is compared with its line.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use crate::fs::{FileFacts, open_regular, write_whole};
use crate::support::hex::hex;

/// The size in bytes of the chunks in which a file is hashed.
const BLOCK: usize = 256 * 1024;

/// A file of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StoredFile<'a> {
    /// Relative to the environment, with `/`.
    pub(super) path: &'a str,
    pub(super) stamp: Stamp,
    /// SHA-256.
    pub(super) digest: [u8; 32],
    /// For a command: the name of the Python in the first line, which the stored file lacks.
    pub(super) python: Option<&'a str>,
}

/// The files of an entry, in the text of their list: a fill reads 30,000 lines in some milliseconds, of which
/// strings of their own would take most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileList {
    text: String,
    lines: Vec<Line>,
}

/// A line of the list, with the ranges of its names in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    path: Range<usize>,
    /// Empty if there is none.
    python: Range<usize>,
    stamp: Stamp,
    digest: [u8; 32],
}

impl FileList {
    /// The files of a list; `None` if a line is damaged.
    pub(super) fn parse(text: String) -> Option<Self> {
        if !text.is_empty() && !text.ends_with('\n') {
            return None;
        }
        let mut lines = Vec::with_capacity(text.len() / 128);
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            lines.push(parse_line(start, line.trim_end_matches('\n'))?);
            start += line.len();
        }
        Some(Self { text, lines })
    }

    /// The number of files.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = StoredFile<'_>> {
        self.lines.iter().map(|line| StoredFile {
            path: &self.text[line.path.clone()],
            python: Some(&self.text[line.python.clone()]).filter(|name| !name.is_empty()),
            stamp: line.stamp,
            digest: line.digest,
        })
    }
}

/// Metadata by which an unchanged file is recognised without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Permission bits.
    mode: u32,
    /// In bytes.
    size: u64,
    /// Modification time since 1970.
    modified: Duration,
}

impl Stamp {
    /// That of a file with this metadata; `None` if it was modified before 1970.
    pub(super) fn of(facts: &FileFacts) -> Option<Self> {
        Some(Self { mode: facts.mode, size: facts.size, modified: facts.modified? })
    }

    /// The modification time in seconds, as bytecode refers to it (PEP 552).
    pub(super) fn seconds(self) -> u64 {
        self.modified.as_secs()
    }

    pub(super) fn size(self) -> u64 {
        self.size
    }

    /// Whether its owner may execute it.
    pub(super) fn is_executable(self) -> bool {
        self.mode & 0o100 != 0
    }

    pub(super) fn modified(self) -> Duration {
        self.modified
    }
}

impl StoredFile<'_> {
    /// Whether the file at `path`, of which the system says `facts`, is as it was stored. If its content
    /// is the same and only its mode or its time differs, which somebody may have wanted in an environment
    /// that it is linked to, a copy that has both takes its place.
    pub(super) fn is_intact(&self, facts: &FileFacts, path: impl Fn() -> PathBuf) -> bool {
        if !facts.is_file {
            return false;
        }
        let is_unchanged = facts.is_ours_alone() && Stamp::of(facts) == Some(self.stamp);
        is_unchanged || (facts.size == self.stamp.size && self.renew(&path()).is_some())
    }

    fn renew(&self, path: &Path) -> Option<()> {
        let mut bytes = Vec::new();
        open_regular(path).ok()?.take(self.stamp.size).read_to_end(&mut bytes).ok()?;
        if <[u8; 32]>::from(Sha256::digest(&bytes)) != self.digest {
            return None;
        }
        write_whole(path, &bytes, false).ok()?;
        let file = File::options().write(true).open(path).ok()?;
        set_mode(&file, self.stamp.mode).ok()?;
        file.set_modified(UNIX_EPOCH + self.stamp.modified).ok()
    }
}

/// The SHA-256 digest of what is left in `file`.
pub(super) fn digest(mut file: impl Read) -> io::Result<[u8; 32]> {
    let mut hasher = Sha256::new();
    let mut block = vec![0; BLOCK];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hasher.finalize().into()),
            length => hasher.update(&block[..length]),
        }
    }
}

/// The text of a list.
pub(super) fn write(files: &[StoredFile<'_>]) -> String {
    let mut text = String::new();
    for file in files {
        let Stamp { mode, size, modified } = file.stamp;
        let digest = hex(&file.digest);
        let python = file.python.unwrap_or("-");
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{mode:o} {size} {}.{:09} {digest} {python} {}",
            modified.as_secs(),
            modified.subsec_nanos(),
            file.path
        );
    }
    text
}

/// A line, which begins at `start` of the text.
fn parse_line(start: usize, line: &str) -> Option<Line> {
    let mut fields = line.splitn(6, ' ');
    let mode = u32::from_str_radix(fields.next()?, 8).ok()?;
    let size = fields.next()?.parse().ok()?;
    let (seconds, nanoseconds) = fields.next()?.split_once('.')?;
    let nanoseconds = nanoseconds.parse().ok().filter(|count| *count < 1_000_000_000)?;
    let modified = Duration::new(seconds.parse().ok()?, nanoseconds);
    let digest = unhex(fields.next()?)?;
    let python = fields.next()?;
    let path = fields.next().filter(|path| is_normal(path))?;
    let path_start = start + line.len() - path.len();
    let python_end = path_start - 1;
    let python = if python == "-" { python_end } else { python_end - python.len() }..python_end;
    let path = path_start..path_start + path.len();
    Some(Line { path, python, stamp: Stamp { mode, size, modified }, digest })
}

/// Whether each part of a path is a name, as [`crate::fs::is_normal`] finds with more effort.
fn is_normal(path: &str) -> bool {
    path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    if pairs.len() != digest.len() {
        return None;
    }
    for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
        *byte = hex_digit(*high)? << 4 | hex_digit(*low)?;
    }
    Some(digest)
}

fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(unix)]
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
fn set_mode(_file: &File, _mode: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample<'a>(path: &'a str, python: Option<&'a str>) -> StoredFile<'a> {
        let stamp = Stamp { mode: 0o644, size: 7, modified: Duration::new(1_700_000_000, 5) };
        StoredFile { path, stamp, digest: Sha256::digest(path).into(), python }
    }

    #[test]
    fn a_list_is_read_as_it_was_written() {
        let files = [
            sample("top.py", None),
            sample("bin/a command", Some("python3.12")),
            sample("lib/\u{e9}/-", None),
        ];
        let list = FileList::parse(write(&files)).unwrap();
        assert_eq!(list.iter().collect::<Vec<_>>(), files);
        assert_eq!((list.len(), FileList::parse(String::new()).unwrap().len()), (3, 0));
    }

    #[test]
    fn a_damaged_list_is_none() {
        let line = write(&[sample("a/b.py", None)]);
        let damaged = |from: &str, to: &str| FileList::parse(line.replace(from, to)).is_none();
        assert!(!damaged("b.py", "c.py"));
        for (from, to) in [
            ("\n", ""),
            ("a/b.py", "a//b.py"),
            ("a/b.py", "../b.py"),
            ("a/b.py", "/b.py"),
            ("a/b.py", ""),
            ("a/b.py", "a/"),
            ("644", "849"),
            (".000000005", ".1000000000"),
            (".000000005", ""),
            (" 7 ", " -7 "),
        ] {
            assert!(damaged(from, to), "{from:?} {to:?}");
        }
        let digest = hex(&sample("a/b.py", None).digest);
        assert!(damaged(&digest, &digest[2..]) && damaged(&digest, &digest.replace('0', "g")));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9a-f. \\-/\u{e9}\n]*") {
            let _ = FileList::parse(text).map(|list| list.iter().count());
        }
    }
}
