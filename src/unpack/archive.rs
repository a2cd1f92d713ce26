//! The entries of an archive, one after the other, whatever its format.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use tar::EntryType;
use zip::ZipArchive;
use zip::result::ZipError;

use super::error::{Error, Fault, Result};
use super::names::escaped;
use crate::fs::open_regular;
use crate::pack::MANIFEST;
use crate::support::limits;

/// An entry as the archive describes it.
#[derive(Clone, Debug)]
pub(super) struct Head {
    /// As it is written.
    pub(super) name: Vec<u8>,
    pub(super) is_directory: bool,
    pub(super) is_executable: bool,
    /// In bytes; zero for a directory.
    pub(super) size: u64,
}

/// Gets each entry with its content, and says whether to go on.
pub(super) type Visit<'a> =
    &'a mut dyn FnMut(&Head, &mut Body<'_>) -> Result<ControlFlow<()>, Failure>;

/// The reason that the reading of an archive ended: a fault of the archive, or a failure of the reader.
#[derive(Debug)]
pub(super) enum Failure {
    Fault(Fault),
    Error(Error),
}

impl<T: Into<Fault>> From<T> for Failure {
    fn from(fault: T) -> Self {
        Self::Fault(fault.into())
    }
}

/// An open archive.
#[derive(Debug)]
pub(super) struct Archive {
    path: PathBuf,
    file: File,
    format: Format,
    /// In bytes.
    pub(super) size: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    TarGz,
    TarZst,
    Tar,
    Zip,
}

impl Format {
    /// The number of bytes that [`Format::of`] needs.
    const HEAD: u64 = 512;

    /// The format, by its first bytes (RFC 1952, RFC 8878, APPNOTE.TXT 4.3.7, tar(5)): a file may have
    /// any name.
    fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::TarGz),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::TarZst),
            [b'P', b'K', 3, 4, ..] => Some(Self::Zip),
            _ => (head.get(257..262)? == b"ustar").then_some(Self::Tar),
        }
    }
}

/// Whether the file at `path` is an archive that begins with the manifest of `rvenv pack`.
pub fn is_archive(path: &Path) -> bool {
    let mut is_manifest = false;
    let Ok(archive) = Archive::open(path) else { return false };
    let read = archive.entries(&mut |head, _| {
        is_manifest = head.name == MANIFEST.as_bytes();
        Ok(ControlFlow::Break(()))
    });
    read.is_ok() && is_manifest
}

impl Archive {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let mut file = open_regular(path)?;
        let read = |source| Error::Fs(crate::fs::Error::io("read", path)(source));
        let mut head = Vec::new();
        (&mut file).take(Format::HEAD).read_to_end(&mut head).map_err(read)?;
        file.seek(SeekFrom::Start(0)).map_err(read)?;
        let size = file.metadata().map_err(read)?.len();
        let path = path.to_owned();
        match Format::of(&head) {
            Some(format) => Ok(Self { path, file, format, size }),
            None => Err(Error::Archive { path, fault: Fault::Format }),
        }
    }

    /// Reads the entries to the end of the archive, or until `visit` breaks.
    ///
    /// # Errors
    /// The archive's fault, or the error of `visit`.
    pub(super) fn entries(&self, visit: Visit<'_>) -> Result<()> {
        let mut read = || -> Result<(), Failure> {
            let mut file = &self.file;
            file.seek(SeekFrom::Start(0))?;
            let file = BufReader::with_capacity(1 << 16, file);
            match self.format {
                Format::TarGz => tar_entries(MultiGzDecoder::new(file), visit),
                #[cfg(target_os = "linux")]
                Format::TarZst => tar_entries(zstd::Decoder::with_buffer(file)?, visit),
                #[cfg(not(target_os = "linux"))]
                Format::TarZst => Err(Fault::NoZstd.into()),
                Format::Tar => tar_entries(file, visit),
                Format::Zip => zip_entries(file, visit),
            }
        };
        read().map_err(|failure| match failure {
            Failure::Fault(fault) => self.fault(fault),
            Failure::Error(error) => error,
        })
    }

    /// The error that this archive has a fault.
    pub(super) fn fault(&self, fault: Fault) -> Error {
        Error::Archive { path: self.path.clone(), fault }
    }
}

/// The content of an entry: exactly as many bytes as its head says, or a failure.
pub(super) struct Body<'a> {
    reader: &'a mut dyn Read,
    left: u64,
    /// Kept, as who writes the bytes cannot tell a failure to read from one to write.
    fault: Option<io::Error>,
}

impl<'a> Body<'a> {
    fn new(reader: &'a mut dyn Read, size: u64) -> Self {
        Self { reader, left: size, fault: None }
    }

    /// Reads what is left. A checksum behind the bytes is compared now.
    fn finish(mut self) -> Result<(), Fault> {
        io::copy(&mut self, &mut io::sink())?;
        match self.reader.read(&mut [0])? {
            0 => Ok(()),
            _ => Err(invalid("an entry is longer than its head says").into()),
        }
    }

    /// The failure to read, if there was one.
    pub(super) fn take_fault(&mut self) -> Option<Fault> {
        self.fault.take().map(Fault::Damaged)
    }
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        let read = match self.reader.read(&mut buffer[..most]) {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            read => read,
        };
        match read {
            Ok(count) => {
                self.left -= count as u64;
                Ok(count)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Err(error),
            Err(error) => {
                self.fault = Some(io::Error::new(error.kind(), error.to_string()));
                Err(error)
            }
        }
    }
}

fn invalid(text: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, text)
}

/// The entries of a tar archive: those of POSIX, with GNU's entries for long names, which `rvenv pack`
/// writes. The names of other extensions are refused, as they change what follows.
fn tar_entries(reader: impl Read, visit: Visit<'_>) -> Result<(), Failure> {
    let mut archive = tar::Archive::new(reader);
    let mut long_name: Option<Vec<u8>> = None;
    for entry in archive.entries()?.raw(true) {
        let mut entry = entry?;
        let header = entry.header();
        let (kind, size, mode) = (header.entry_type(), header.entry_size()?, header.mode()?);
        if kind == EntryType::GNULongName {
            if size > limits::ARCHIVE_PATH + 1 {
                return Err(Fault::NameTooLong { name: String::new() }.into());
            }
            let mut name = Vec::new();
            Body::new(&mut entry, size).read_to_end(&mut name)?;
            // It ends with a zero byte.
            name.truncate(name.iter().position(|byte| *byte == 0).unwrap_or(name.len()));
            long_name = Some(name);
            continue;
        }
        let name = long_name.take().unwrap_or_else(|| header.path_bytes().into_owned());
        let is_directory = match kind {
            EntryType::Regular => false,
            EntryType::Directory => true,
            kind => return Err(Fault::Kind { name: escaped(&name), kind: tar_kind(kind) }.into()),
        };
        let size = if is_directory { 0 } else { size };
        let head = Head { name, is_directory, is_executable: mode & 0o100 != 0, size };
        let mut body = Body::new(&mut entry, size);
        if visit(&head, &mut body)?.is_break() {
            return Ok(());
        }
        body.finish()?;
    }
    finish_tar(archive.into_inner())?;
    Ok(())
}

/// Reads what follows the entries: zeros that fill up a record. Decoders compare checksums at the end.
fn finish_tar(rest: impl Read) -> Result<(), Fault> {
    let mut rest = rest.take(limits::ARCHIVE_PADDING + 1);
    let (mut buffer, mut total) = ([0; 1 << 12], 0);
    loop {
        let count = match rest.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        total += count as u64;
        if total > limits::ARCHIVE_PADDING || buffer[..count].iter().any(|byte| *byte != 0) {
            return Err(invalid("there are bytes behind the end of the archive").into());
        }
    }
}

fn tar_kind(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Link => "a hard link",
        EntryType::Symlink => "a symbolic link",
        EntryType::Char | EntryType::Block => "a device",
        EntryType::Fifo => "a pipe",
        EntryType::GNUSparse => "a sparse file",
        _ => "an extension",
    }
}

/// The entries of a zip archive, in the order of its directory.
fn zip_entries(file: BufReader<&File>, visit: Visit<'_>) -> Result<(), Failure> {
    let mut archive = ZipArchive::new(file)?;
    if archive.has_duplicate_names() {
        let twice = "two entries have the same name";
        return Err(Fault::Damaged(invalid(twice)).into());
    }
    if archive.len() as u64 > limits::ARCHIVE_ENTRIES {
        return Err(Fault::TooMany.into());
    }
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let name = entry.name_raw().to_vec();
        let mode = entry.unix_mode().unwrap_or_default();
        let is_directory = match mode & 0o170_000 {
            0 => name.ends_with(b"/"),
            0o100_000 => false,
            0o040_000 => true,
            kind => {
                let kind = if kind == 0o120_000 { "a symbolic link" } else { "a device or a pipe" };
                return Err(Fault::Kind { name: escaped(&name), kind }.into());
            }
        };
        let size = if is_directory { 0 } else { entry.size() };
        let head = Head { name, is_directory, is_executable: mode & 0o100 != 0, size };
        let mut body = Body::new(&mut entry, size);
        if visit(&head, &mut body)?.is_break() {
            return Ok(());
        }
        body.finish()?;
    }
    Ok(())
}

impl From<ZipError> for Fault {
    fn from(error: ZipError) -> Self {
        Self::Damaged(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_known_by_its_first_bytes() {
        let mut tar = vec![0; 512];
        tar[257..262].copy_from_slice(b"ustar");
        for (head, format) in [
            (&b"\x1f\x8b\x08"[..], Some(Format::TarGz)),
            (b"\x28\xb5\x2f\xfd\x00", Some(Format::TarZst)),
            (b"PK\x03\x04", Some(Format::Zip)),
            (&tar, Some(Format::Tar)),
            (b"", None),
            (b"home = /usr/bin\n", None),
            // An empty archive has no manifest.
            (b"PK\x05\x06", None),
        ] {
            assert_eq!(Format::of(head), format, "{head:?}");
        }
    }

    #[test]
    fn a_body_has_as_many_bytes_as_its_head_says() {
        let text = |size| {
            let mut bytes = &b"four"[..];
            let mut body = Body::new(&mut bytes, size);
            let mut text = Vec::new();
            body.read_to_end(&mut text).map(|_| text)
        };
        assert_eq!(text(4).unwrap(), b"four");
        assert_eq!(text(2).unwrap(), b"fo");
        assert_eq!(text(5).unwrap_err().kind(), ErrorKind::UnexpectedEof);
        assert!(Body::new(&mut &b"four"[..], 4).finish().is_ok());
        assert!(Body::new(&mut &b"four"[..], 3).finish().is_err());
        assert!(Body::new(&mut &b"four"[..], 5).finish().is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::arbitrary::any::<u8>(), 0..2000)) {
            let mut visit = |_: &Head, body: &mut Body<'_>| {
                io::copy(body, &mut io::sink())?;
                Ok(ControlFlow::Continue(()))
            };
            let _ = tar_entries(&*bytes, &mut visit);
        }
    }
}
