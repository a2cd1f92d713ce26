//! The environments below a directory: where they are, what they take, when they were used.

use std::collections::HashSet;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use walkdir::WalkDir;

use crate::support::parallel;

/// The file that makes a directory an environment.
const MARK: &str = "pyvenv.cfg";

/// Directories that hold no environment of a user's: the innards of repositories, installed
/// packages, caches of tools.
const SKIPPED: [&str; 11] = [
    ".git",
    ".hg",
    ".svn",
    ".jj",
    ".bzr",
    "node_modules",
    "site-packages",
    "__pycache__",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
];

/// Not files, but the system itself.
const SYSTEM: [&str; 3] = ["/proc", "/sys", "/dev"];

/// The entries below a directory.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The environments' directories, sorted.
    pub environments: Vec<PathBuf>,
    /// Directories that could not be looked into.
    pub unreadable: Vec<PathBuf>,
}

/// The number of directories that a thread takes at a time.
const SHARE: usize = 32;

/// Finds every environment at `root` and below it, on all processors. Does not follow links, and does not
/// search inside environments.
pub fn find(root: &Path) -> Found {
    let mut found = Found::default();
    let mut level = vec![root.to_owned()];
    let mut is_root = true;
    while !level.is_empty() {
        let visit = |(): &mut (), dir: &PathBuf| visit(dir, is_root);
        let visits = parallel::map_with(&level, parallel::processors, SHARE, || (), visit);
        let mut below = Vec::new();
        for (dir, visit) in level.into_iter().zip(visits) {
            match visit {
                Ok(Some(directories)) => below.extend(directories),
                Ok(None) => found.environments.push(dir),
                Err(_) => found.unreadable.push(dir),
            }
        }
        level = below;
        is_root = false;
    }
    found.environments.sort();
    found
}

/// The directories in `dir` to visit; `None` if it is an environment.
fn visit(dir: &Path, is_root: bool) -> io::Result<Option<Vec<PathBuf>>> {
    if !is_root && is_skipped(dir) {
        return Ok((!dir.join(MARK).is_file()).then(Vec::new));
    }
    let mut directories = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name() == MARK && entry.path().is_file() {
            return Ok(None);
        }
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            directories.push(entry.path());
        }
    }
    Ok(Some(directories))
}

fn is_skipped(dir: &Path) -> bool {
    SKIPPED.iter().any(|name| dir.file_name() == Some(name.as_ref()))
        || SYSTEM.iter().any(|path| dir == Path::new(path))
}

/// Adds up what directories take on the disk; files that are linked several times count once.
#[derive(Debug, Default)]
pub struct Disk {
    total: u64,
    linked: HashSet<(u64, u64)>,
}

impl Disk {
    /// The size in bytes of the directory at `path`. The total grows by the files that were not counted yet.
    pub fn measure(&mut self, path: &Path) -> u64 {
        let mut own = 0;
        let mut linked = HashSet::new();
        for entry in WalkDir::new(path).into_iter().flatten() {
            let Ok(meta) = entry.metadata() else { continue };
            let (size, id) = (size(&meta), shared_id(&meta));
            if id.is_none_or(|id| linked.insert(id)) {
                own += size;
            }
            if id.is_none_or(|id| self.linked.insert(id)) {
                self.total += size;
            }
        }
        own
    }

    /// The size of all measured directories.
    pub fn total(&self) -> u64 {
        self.total
    }
}

/// A block is 512 bytes here, whatever the file system's own are (POSIX).
#[cfg(unix)]
fn size(meta: &Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt;
    meta.blocks() * 512
}

#[cfg(not(unix))]
fn size(meta: &Metadata) -> u64 {
    meta.len()
}

/// The identity of a file with several names.
#[cfg(unix)]
fn shared_id(meta: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    (meta.nlink() > 1 && !meta.is_dir()).then(|| (meta.dev(), meta.ino()))
}

#[cfg(not(unix))]
fn shared_id(_meta: &Metadata) -> Option<(u64, u64)> {
    None
}

/// Whether the file system at `path` notes when a file was read: not if it is mounted with `noatime` or
/// read-only (statvfs(3)).
#[cfg(target_os = "linux")]
fn records_access(path: &Path) -> bool {
    use rustix::fs::StatVfsMountFlags;
    let silent = StatVfsMountFlags::NOATIME | StatVfsMountFlags::RDONLY;
    rustix::fs::statvfs(path).is_ok_and(|stat| !stat.f_flag.intersects(silent))
}

/// Whether NTFS notes when a file was read: bit 0 of this value turns it off, for the user or by the
/// system's own choice (`fsutil behavior query disablelastaccess`).
#[cfg(windows)]
fn records_access(_path: &Path) -> bool {
    let key = r"SYSTEM\CurrentControlSet\Control\FileSystem";
    windows_registry::LOCAL_MACHINE
        .open(key)
        .and_then(|key| key.get_u32("NtfsDisableLastAccessUpdate"))
        .is_ok_and(|value| value & 1 == 0)
}

#[cfg(not(any(target_os = "linux", windows)))]
fn records_access(_path: &Path) -> bool {
    true
}

/// When the environment at `root` was used last, as far as its files tell: its Python reads
/// `pyvenv.cfg` at every start, and installing writes into two directories. File systems note a
/// reading once a day (`relatime` of mount(8)), so this can be a day too early. `None` if the file system
/// does not note it at all.
pub fn last_used(root: &Path) -> Option<SystemTime> {
    if !records_access(root) {
        return None;
    }
    let cfg = std::fs::metadata(root.join(MARK)).ok();
    let read = cfg.as_ref().and_then(|meta| meta.accessed().ok());
    let libraries = std::fs::read_dir(root.join("lib")).into_iter().flatten().flatten();
    let written = ["bin", "Scripts", "Lib/site-packages"]
        .map(|name| root.join(name))
        .into_iter()
        .chain(libraries.map(|library| library.path().join("site-packages")))
        .filter_map(|dir| std::fs::metadata(dir).ok())
        .chain(cfg)
        .filter_map(|meta| meta.modified().ok());
    written.chain(read).max()
}
