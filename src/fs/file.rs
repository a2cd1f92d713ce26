//! Reads and writes of one file by its path.

use std::fs::{DirEntry, File, Metadata};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

use tempfile::NamedTempFile;

use super::sys;
use crate::fs::{Error, Result};

/// The prefix and suffix of temporary files.
const PREFIX: &str = ".rvenv-";
const SUFFIX: &str = ".tmp";
/// The maximum time between creating a temporary file and locking it.
const UNLOCKED: Duration = Duration::from_secs(1);

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// [`Error::NotAFile`] for a directory, a pipe or a device, which could block or never end;
/// [`Error::TooLarge`] beyond the limit; [`Error::Io`] if it cannot be read.
pub fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let (file, meta) = open(path)?;
    let too_large = || Error::TooLarge { path: path.to_owned(), limit };
    if meta.len() > limit {
        return Err(too_large());
    }
    let bytes = read(file, &meta, limit.saturating_add(1)).map_err(Error::io("read", path))?;
    if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(bytes) }
}

/// Reads the first `limit` bytes of a regular file, and its metadata.
///
/// # Errors
/// As [`read_bounded`].
pub(crate) fn read_start(path: &Path, limit: u64) -> Result<(Vec<u8>, Metadata)> {
    let (file, meta) = open(path)?;
    let bytes = read(file, &meta, limit).map_err(Error::io("read", path))?;
    Ok((bytes, meta))
}

/// Reads the number of bytes in the metadata, at most `limit`, which saves the system call that would
/// detect the end. Files of `/proc` have the size 0 there.
fn read(file: File, meta: &Metadata, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len().min(limit)).unwrap_or_default());
    let end = if meta.len() == 0 { limit } else { meta.len().min(limit) };
    file.take(end).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens a regular file for reading.
///
/// # Errors
/// As [`read_bounded`].
pub fn open_regular(path: &Path) -> Result<File> {
    open(path).map(|(file, _)| file)
}

fn open(path: &Path) -> Result<(File, Metadata)> {
    let failed = || Error::io("read", path);
    let file = sys::open_for_reading(path).map_err(failed())?;
    let meta = file.metadata().map_err(failed())?;
    if meta.is_file() { Ok((file, meta)) } else { Err(Error::NotAFile { path: path.to_owned() }) }
}

/// Writes a file atomically: a temporary file beside it is renamed.
///
/// A link at `path` is replaced, not followed. The mode results from the umask.
///
/// # Errors
/// [`Error::Io`]; the old file is then unchanged, and no temporary file remains.
pub fn write_whole(path: &Path, bytes: &[u8], executable: bool) -> Result<()> {
    let mut new = NewFile::beside(path, executable)?;
    new.file().write_all(bytes).map_err(Error::io("write", path))?;
    new.publish()
}

/// A temporary file beside a path, which is renamed to it when it is complete. Dropped before that, it
/// is removed.
#[derive(Debug)]
pub(crate) struct NewFile<'p> {
    file: NamedTempFile,
    path: &'p Path,
}

impl<'p> NewFile<'p> {
    /// An empty file beside `path`, with the mode that results from the umask.
    pub(crate) fn beside(path: &'p Path, executable: bool) -> Result<Self> {
        let failed = || Error::io("write", path);
        let directory = match path.parent() {
            Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
            Some(parent) => parent,
            None => return Err(failed()(io::ErrorKind::IsADirectory.into())),
        };
        sweep_files(directory);
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).suffix(SUFFIX);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = if executable { 0o777 } else { 0o666 };
            builder.permissions(std::fs::Permissions::from_mode(mode));
        }
        #[cfg(not(unix))]
        let _ = executable;
        let file = builder.tempfile_in(directory).map_err(failed())?;
        // The lock ends with the process. On a filesystem without locks, nothing is swept.
        let _ = file.as_file().try_lock();
        Ok(Self { file, path })
    }

    /// The file, open for writing.
    pub(crate) fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Renames the file to its place. A link there is replaced, not followed.
    pub(crate) fn publish(self) -> Result<()> {
        let Self { file, path } = self;
        file.persist(path).map(drop).map_err(|error| Error::io("write", path)(error.error))
    }
}

/// Removes the temporary files of killed processes.
pub(crate) fn sweep_files(directory: &Path) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(PREFIX) && name.ends_with(SUFFIX) && is_abandoned(&entry) {
            // Another process may have removed it.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Whether no process uses it; a process may not have locked a file that it just created.
fn is_abandoned(entry: &DirEntry) -> bool {
    let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
    sys::open_for_reading(&entry.path()).is_ok_and(|file| file.try_lock().is_ok())
        && age().is_some_and(|age| age > UNLOCKED)
}

/// The sorted names in a directory; empty if it cannot be read.
pub(crate) fn names_in(dir: &Path) -> Vec<std::ffi::OsString> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
    names.sort_unstable();
    names
}
