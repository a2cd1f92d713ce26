//! A lock between processes that ends with its holder.

use std::fs::{self, File};
use std::path::Path;

use super::cache_error;
use crate::seed::Result;

/// A held lock; dropping it, or the holder's death, lets it go.
#[derive(Debug)]
pub(crate) struct Lock {
    exclusive: bool,
    _file: File,
}

impl Lock {
    /// Waits for the lock at `path`.
    ///
    /// Where the file system has no locks, two processes may do the same work, and the rename at
    /// its end decides.
    pub(crate) fn take(path: &Path) -> Result<Self> {
        // Never truncated or removed: another process may hold it.
        let file =
            File::options().create(true).append(true).open(path).map_err(cache_error(path))?;
        let exclusive = file.lock().is_ok();
        Ok(Self { exclusive, _file: file })
    }

    /// Removes from `dir` what holders of this lock left when they were killed: the entries that begin
    /// with `prefix`. Nobody else works on them while we hold it.
    pub(crate) fn sweep(&self, dir: &Path, prefix: &str) {
        let entries = if self.exclusive { fs::read_dir(dir).ok() } else { None };
        for entry in entries.into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(prefix) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}
