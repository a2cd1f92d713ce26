//! One file by its path.

use std::fs::{DirEntry, File, Metadata};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

use super::sys;
use crate::fs::{Error, Result};

/// How the names of half-written files begin and end.
const PREFIX: &str = ".rvenv-";
const SUFFIX: &str = ".tmp";
/// Between making its file and locking it, a process that lives takes less than this.
const UNLOCKED: Duration = Duration::from_secs(1);

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// A directory, a pipe or a device is refused at once: reading one could wait or go on for ever.
pub fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let (file, meta) = open(path)?;
    let too_large = || Error::TooLarge { path: path.to_owned(), limit };
    if meta.len() > limit {
        return Err(too_large());
    }
    let bytes = read(file, &meta, limit.saturating_add(1)).map_err(Error::io("read", path))?;
    if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(bytes) }
}

/// Reads the first `limit` bytes of a regular file, and what the system knows of it.
///
/// # Errors
/// As [`read_bounded`].
pub(crate) fn read_start(path: &Path, limit: u64) -> Result<(Vec<u8>, Metadata)> {
    let (file, meta) = open(path)?;
    let bytes = read(file, &meta, limit).map_err(Error::io("read", path))?;
    Ok((bytes, meta))
}

/// As many bytes as the system says that there are, at most `limit`: nobody has to ask whether
/// there are more. Files of `/proc` are said to be empty, whatever they hold.
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

/// Writes a file whole or not at all: beside its place, and then renamed into it.
///
/// A link at `path` is replaced, not followed. The rights are those that the umask leaves.
///
/// # Errors
/// The old file then stands as it was, and nothing is left beside it.
pub fn write_whole(path: &Path, bytes: &[u8], executable: bool) -> Result<()> {
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
    let mut file = builder.tempfile_in(directory).map_err(failed())?;
    // Ends with this process, however it ends. Without locks, nothing is swept.
    let _ = file.as_file().try_lock();
    file.write_all(bytes).map_err(failed())?;
    file.persist(path).map(drop).map_err(|error| failed()(error.error))
}

/// Removes what was being written when its process was killed.
pub(crate) fn sweep_files(directory: &Path) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(PREFIX) && name.ends_with(SUFFIX) && is_abandoned(&entry) {
            // Another process may have been faster.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Not in use by a living process; one that has just made its file may not have locked it yet.
fn is_abandoned(entry: &DirEntry) -> bool {
    let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
    sys::open_for_reading(&entry.path()).is_ok_and(|file| file.try_lock().is_ok())
        && age().is_some_and(|age| age > UNLOCKED)
}

/// The names in a directory, in order; none when it cannot be read.
pub(crate) fn names_in(dir: &Path) -> Vec<std::ffi::OsString> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
    names.sort_unstable();
    names
}
