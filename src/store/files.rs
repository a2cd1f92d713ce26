//! The list of the files of an entry: a line for each, and how a file is compared with its line.

use std::fmt::Write as _;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use super::entry::is_ours_alone;
use crate::fs::{open_regular, write_whole};
use crate::support::hex::hex;

/// How much of a file is hashed at a time, in bytes.
const BLOCK: usize = 256 * 1024;

/// A file of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StoredFile {
    /// Relative to the environment, with `/`.
    pub(super) path: String,
    pub(super) stamp: Stamp,
    /// SHA-256.
    pub(super) digest: [u8; 32],
    /// For a command: the name of the Python in the first line, which the stored file lacks.
    pub(super) python: Option<String>,
}

/// What tells cheaply that a file is unchanged.
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
    pub(super) fn of(meta: &Metadata) -> Option<Self> {
        let modified = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Self { mode: mode(meta), size: meta.len(), modified })
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

impl StoredFile {
    /// Whether the file at `path` is as it was stored. If its content is the same and only its mode or
    /// its time differs, which somebody may have wanted in an environment that it is linked to, a
    /// copy that has both takes its place.
    pub(super) fn is_intact(&self, path: &Path) -> bool {
        let Ok(meta) = path.symlink_metadata() else { return false };
        if !meta.is_file() {
            return false;
        }
        let is_unchanged = is_ours_alone(&meta) && Stamp::of(&meta) == Some(self.stamp);
        is_unchanged || (meta.len() == self.stamp.size && self.renew(path).is_some())
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
pub(super) fn write(files: &[StoredFile]) -> String {
    let mut text = String::new();
    for file in files {
        let Stamp { mode, size, modified } = file.stamp;
        let digest = hex(&file.digest);
        let python = file.python.as_deref().unwrap_or("-");
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

/// The files of a list; `None` if a line is damaged.
pub(super) fn parse(text: &str) -> Option<Vec<StoredFile>> {
    let is_whole = text.is_empty() || text.ends_with('\n');
    is_whole.then(|| text.lines().map(parse_line).collect())?
}

fn parse_line(line: &str) -> Option<StoredFile> {
    let mut fields = line.splitn(6, ' ');
    let mode = u32::from_str_radix(fields.next()?, 8).ok()?;
    let size = fields.next()?.parse().ok()?;
    let (seconds, nanoseconds) = fields.next()?.split_once('.')?;
    let nanoseconds = nanoseconds.parse().ok().filter(|count| *count < 1_000_000_000)?;
    let modified = Duration::new(seconds.parse().ok()?, nanoseconds);
    let digest = unhex(fields.next()?)?;
    let python = fields.next().filter(|name| *name != "-").map(str::to_owned);
    let path = fields.next().filter(|path| crate::fs::is_normal(Path::new(path)))?.to_owned();
    Some(StoredFile { path, stamp: Stamp { mode, size, modified }, digest, python })
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(digest)
}

#[cfg(unix)]
fn mode(meta: &Metadata) -> u32 {
    use std::os::unix::fs::MetadataExt;
    meta.mode() & 0o7777
}

/// There is only one mode.
#[cfg(not(unix))]
fn mode(_meta: &Metadata) -> u32 {
    0
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
