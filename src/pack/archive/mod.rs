//! Writing an archive: the same bytes for the same items, whatever the number of threads.
//!
//! | module | contains |
//! |---|---|
//! | `ordered` | work on threads, with its results in the order of the work |
//! | `codec` | the compression of one block |
//! | `stream` | a stream of bytes as compressed blocks |
//! | `tarball`, `zipfile` | the two kinds of archive |

mod codec;
mod ordered;
mod stream;
mod tarball;
mod zipfile;

use std::io::{self, BufReader, Read};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Error, Result};
use crate::fs;
use crate::fs::NewFile;
use crate::support::interrupt::Interrupt;

pub use codec::has_zstd;

/// The format of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Format {
    /// A tar file compressed by gzip (RFC 1952), in one member.
    #[serde(rename = "tar.gz")]
    TarGz,
    /// A zip file with Unix modes.
    #[serde(rename = "zip")]
    Zip,
    /// A tar file compressed by Zstandard (RFC 8878), in several frames.
    #[serde(rename = "tar.zst")]
    TarZst,
    /// A tar file.
    #[serde(rename = "tar")]
    Tar,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::TarGz, Self::Zip, Self::TarZst, Self::Tar];

    /// Its name, which also ends the names of its files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TarGz => "tar.gz",
            Self::Zip => "zip",
            Self::TarZst => "tar.zst",
            Self::Tar => "tar",
        }
    }

    /// The format that the name of a file says.
    pub fn of_file(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
        let ends = |format: &Self| name.ends_with(&format!(".{}", format.name()));
        let other = [(".tgz", Self::TarGz), (".tzst", Self::TarZst)];
        let other = other.into_iter().find(|(end, _)| name.ends_with(end));
        Self::ALL.into_iter().find(ends).or(other.map(|(_, format)| format))
    }

    /// The levels of compression, the weakest first, and the one that is used unless another is
    /// given. gzip's 4 is that of venv-pack, zstd's 3 is zstd's own.
    pub const fn levels(self) -> Option<(std::ops::RangeInclusive<u32>, u32)> {
        match self {
            Self::TarGz => Some((1..=9, 4)),
            Self::Zip => Some((1..=9, 6)),
            Self::TarZst => Some((1..=19, 3)),
            Self::Tar => None,
        }
    }
}

/// An entry of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// Relative to the top of the archive, with `/`.
    pub(crate) path: String,
    /// Its kind.
    pub(crate) content: Content,
}

/// The kind of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A directory.
    Directory,
    /// A file with these bytes.
    Bytes { data: Vec<u8>, executable: bool },
    /// A copy of a file on the disk, of this length in bytes.
    File { from: PathBuf, length: u64, executable: bool },
}

impl Content {
    /// The length of the entry's data in bytes.
    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Directory => 0,
            Self::Bytes { data, .. } => data.len() as u64,
            Self::File { length, .. } => *length,
        }
    }

    /// The permissions of the entry.
    const fn mode(&self) -> u32 {
        match self {
            Self::Directory
            | Self::Bytes { executable: true, .. }
            | Self::File { executable: true, .. } => 0o755,
            Self::Bytes { .. } | Self::File { .. } => 0o644,
        }
    }

    /// Passes the entry's data to `take`. `target` is the archive, for error messages.
    fn read(
        &self,
        target: &Path,
        take: &mut dyn FnMut(&mut dyn Read) -> io::Result<u64>,
    ) -> Result<()> {
        let (from, length) = match self {
            Self::Directory => return Ok(()),
            Self::Bytes { data, .. } => {
                take(&mut &**data).map_err(Error::io("write", target))?;
                return Ok(());
            }
            Self::File { from, length, .. } => (from, *length),
        };
        let file = BufReader::with_capacity(fs::BLOCK, fs::open_regular(from)?);
        // One more byte shows that the file has grown.
        let read = take(&mut file.take(length + 1)).map_err(Error::io("pack", from))?;
        if read == length { Ok(()) } else { Err(Error::FileChanged { path: from.clone() }) }
    }
}

/// The options of an archive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Writing<'a> {
    pub(crate) format: Format,
    /// One of [`Format::levels`].
    pub(crate) level: u32,
    pub(crate) threads: NonZeroUsize,
    /// The modification time of all entries, in seconds since 1970.
    pub(crate) time: u64,
    pub(crate) interrupt: &'a Interrupt,
}

/// Writes an archive beside `target` and renames it; gives its length in bytes. `progress` gets the
/// number of bytes of the items that were packed.
///
/// # Errors
/// Then nothing is at `target` that was not there before.
pub(crate) fn write(
    items: &[Item],
    target: &Path,
    writing: &Writing<'_>,
    progress: &mut dyn FnMut(u64),
) -> Result<u64> {
    let mut new = NewFile::beside(target, false)?;
    match writing.format {
        Format::Zip => zipfile::write(items, new.file(), target, writing, progress)?,
        Format::Tar | Format::TarGz | Format::TarZst => {
            tarball::write(items, new.file(), target, writing, progress)?;
        }
    }
    writing.interrupt.check()?;
    let length = new.file().metadata().map_err(Error::io("write", target))?.len();
    new.publish()?;
    Ok(length)
}

#[cfg(test)]
mod tests;
