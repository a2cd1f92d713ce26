//! The directory in which entries are built before they get their names, and leftovers of killed processes.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use crate::fs::names_in;
use crate::support::private_dir::create_private_dir;

const PREFIX: &str = ".adding-";
const LOCK: &str = "lock";
/// Between making its directory and locking it, a process that lives takes less than this.
const UNLOCKED: Duration = Duration::from_secs(10);

/// A directory of the store that no other process touches. Removed when dropped.
#[derive(Debug)]
pub(super) struct Staging {
    directory: TempDir,
    /// Ends with this process, however it ends.
    _lock: File,
}

impl Staging {
    /// Makes one in the store at `root`, which need not exist, and removes those of processes that
    /// were killed.
    pub(super) fn create(root: &Path) -> io::Result<Self> {
        create_private_dir(root)?;
        sweep(root);
        let directory = tempfile::Builder::new().prefix(PREFIX).tempdir_in(root)?;
        let lock = File::create_new(directory.path().join(LOCK))?;
        // Without locks, nothing is swept.
        let _ = lock.try_lock();
        Ok(Self { directory, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// Removes what processes that were killed had begun.
pub(super) fn sweep(root: &Path) {
    for name in names_in(root) {
        let path = root.join(&name);
        if name.as_encoded_bytes().starts_with(PREFIX.as_bytes()) && is_abandoned(&path) {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

fn is_abandoned(directory: &Path) -> bool {
    let lock = directory.join(LOCK);
    if lock.exists() {
        return File::open(lock).is_ok_and(|file| file.try_lock().is_ok());
    }
    let made = directory.metadata().and_then(|meta| meta.modified());
    made.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > UNLOCKED))
}
