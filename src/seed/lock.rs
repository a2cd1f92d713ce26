//! A lock between processes.

use std::fs::{self, File};
use std::path::Path;

use super::cache_error;
use crate::seed::Result;

/// A held lock. It is released when it is dropped or the process ends.
#[derive(Debug)]
pub(crate) struct Lock {
    exclusive: bool,
    _file: File,
}

impl Lock {
    /// Waits for the lock at `path`.
    ///
    /// On a filesystem without locks, two processes may do the same work; the rename at its end decides.
    pub(crate) fn take(path: &Path) -> Result<Self> {
        // Never truncated or removed: another process may hold it.
        let file =
            File::options().create(true).append(true).open(path).map_err(cache_error(path))?;
        let exclusive = file.lock().is_ok();
        Ok(Self { exclusive, _file: file })
    }

    /// Removes the entries from `dir` that begin with `prefix`: killed holders of this lock left them, and no
    /// other process uses them while this one holds it.
    pub(crate) fn sweep(&self, dir: &Path, prefix: &str) {
        let entries = if self.exclusive { fs::read_dir(dir).ok() } else { None };
        for entry in entries.into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(prefix) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}
