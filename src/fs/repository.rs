//! Whether a repository contains anything that nobody else has: then it is the user's.
//!
//! `pip install -e git+URL` leaves a repository in `src`, which another install brings back. It counts as
//! such only if that is certain: each commit of `HEAD` and of the branches is the value of a ref of a
//! remote or of a tag, or came by a clone; nothing is stashed; no file is changed or untracked. Read
//! without git ("gitrepository-layout", "index-format").

mod objects;
mod refs;

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::Metadata;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha1::{Digest, Sha1};
use sha2::Sha256;

use super::read_bounded;
use crate::formats::git_index::{self, Entries, Entry, Format};
use crate::formats::gitignore;
use crate::support::hex::hex;
use crate::support::limits;
use crate::support::path::canonicalize;

/// Types of entries of a tree.
const LINK: u32 = 0o120_000;
const SUBMODULE: u32 = 0o160_000;
const EXECUTABLE: u32 = 0o100_755;

/// Whether the working tree at `top`, in the environment at `env`, is as a clone left it.
pub(super) fn is_clone(top: &Path, env: &Path) -> bool {
    git_directory(top, env).is_some_and(|git_dir| is_unchanged(top, &git_dir) == Some(true))
}

/// The repository of a working tree. That of a submodule is in the repository of what contains it;
/// others that are elsewhere would stay, with what they know of this working tree.
fn git_directory(top: &Path, env: &Path) -> Option<PathBuf> {
    let dot_git = top.join(".git");
    let meta = dot_git.symlink_metadata().ok()?;
    if meta.is_dir() {
        return Some(dot_git);
    }
    let text = String::from_utf8(read_bounded(&dot_git, limits::GIT_TEXT).ok()?).ok()?;
    let git_dir = canonicalize(top.join(text.strip_prefix("gitdir:")?.trim())).ok()?;
    let is_submodule = git_dir.starts_with(canonicalize(env).ok()?)
        && git_dir.components().any(|part| part.as_os_str() == "modules");
    is_submodule.then_some(git_dir)
}

fn is_unchanged(top: &Path, git_dir: &Path) -> Option<bool> {
    let refs = refs::Refs::read(git_dir)?;
    if !refs.are_published(git_dir) {
        return Some(false);
    }
    let path = git_dir.join("index");
    let bytes = read_bounded(&path, limits::GIT_INDEX).ok()?;
    let format = match refs.head.len() / 2 {
        20 => Format::Sha1,
        32 => Format::Sha256,
        _ => return None,
    };
    // Staged changes are in the index and in no commit.
    let tree = hex(git_index::tree(&bytes, format)?);
    if git_index::is_split(&bytes, format) || objects::tree_of(git_dir, &refs.head)? != tree {
        return Some(false);
    }
    let index_meta = path.metadata().ok()?;
    let tree = WorkingTree::new(top, git_dir, &bytes, format, &index_meta);
    Some(tree.is_clean())
}

/// The files of a working tree, and what the index has of them.
struct WorkingTree<'a> {
    top: &'a Path,
    format: Format,
    entries: HashMap<Vec<u8>, Entry<'a>>,
    /// Every directory of an entry.
    directories: HashSet<Vec<u8>>,
    excluded: String,
    /// When the index was written, in seconds: a file of that second may have changed since.
    written: u32,
}

impl<'a> WorkingTree<'a> {
    fn new(
        top: &'a Path,
        git_dir: &Path,
        index: &'a [u8],
        format: Format,
        index_meta: &Metadata,
    ) -> Self {
        let mut directories = HashSet::new();
        let mut entries = HashMap::new();
        for entry in Entries::new(index, format) {
            let path = entry.path.to_vec();
            let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
            directories.extend(ends.map(|(end, _)| path[..end].to_vec()));
            entries.insert(path, entry);
        }
        let excluded = text(&git_dir.join("info/exclude"));
        let written = seconds(index_meta).unwrap_or(0);
        Self { top, format, entries, directories, excluded, written }
    }

    fn is_clean(&self) -> bool {
        let are_settled = self.entries.values().all(Entry::is_settled);
        let mut ignores = vec![(String::new(), self.excluded.clone())];
        let mut seen = 0;
        let is_clean = self.is_clean_below("", false, &mut ignores, &mut seen);
        let expected = self.entries.values().filter(|entry| !entry.is_skipped());
        are_settled && is_clean && seen >= expected.count()
    }

    /// Whether nothing in the directory `relative` is changed or untracked; counts the tracked files.
    fn is_clean_below(
        &self,
        relative: &str,
        is_ignored: bool,
        ignores: &mut Vec<(String, String)>,
        seen: &mut usize,
    ) -> bool {
        let dir = self.top.join(relative);
        let Ok(listed) = std::fs::read_dir(&dir) else { return false };
        ignores.push((relative.to_owned(), text(&dir.join(".gitignore"))));
        let is_clean = listed.into_iter().all(|entry| {
            let Ok(entry) = entry else { return false };
            // A name that is not text is in no pattern.
            let name = entry.file_name();
            let Some(name) = name.to_str() else { return false };
            if name == ".git" {
                return true;
            }
            let path = if relative.is_empty() { name.into() } else { format!("{relative}/{name}") };
            let Ok(meta) = entry.path().symlink_metadata() else { return false };
            let is_ignored = is_ignored || is_ignored_by(ignores, &path, meta.is_dir());
            if let Some(tracked) = self.entries.get(path.as_bytes()) {
                *seen += 1;
                return self.is_same(tracked, &entry.path(), &meta);
            }
            let is_tracked = self.directories.contains(path.as_bytes());
            if !meta.is_dir() {
                return is_ignored;
            }
            // Another repository is judged by itself.
            let is_other = entry.path().join(".git").symlink_metadata().is_ok();
            let is_made = !is_tracked && (is_ignored || is_made(&dir, name));
            is_other || is_made || self.is_clean_below(&path, is_ignored, ignores, seen)
        });
        ignores.pop();
        is_clean
    }

    fn is_same(&self, tracked: &Entry<'_>, path: &Path, meta: &Metadata) -> bool {
        if tracked.mode == SUBMODULE {
            // Its repository is judged by itself; without one, nothing was checked out.
            let is_empty = || std::fs::read_dir(path).is_ok_and(|mut dir| dir.next().is_none());
            return meta.is_dir() && (path.join(".git").symlink_metadata().is_ok() || is_empty());
        }
        if meta.is_symlink() {
            let target = std::fs::read_link(path).unwrap_or_default();
            let target = target.as_os_str().as_encoded_bytes();
            return tracked.mode == LINK && self.id(target.len() as u64, target) == tracked.id;
        }
        let is_file = meta.is_file() && tracked.mode != LINK;
        if !is_file || is_executable(meta).is_some_and(|is| is != (tracked.mode == EXECUTABLE)) {
            return false;
        }
        if is_untouched(tracked, meta) && tracked.mtime.0 < self.written {
            return true;
        }
        let file = super::open_regular(path);
        file.is_ok_and(|file| self.id(meta.len(), file.take(meta.len())) == tracked.id)
    }

    /// The name of a file's object, which is the hash of its content.
    fn id(&self, length: u64, content: impl Read) -> Vec<u8> {
        match self.format {
            Format::Sha1 => blob::<Sha1>(length, content),
            Format::Sha256 => blob::<Sha256>(length, content),
        }
    }
}

fn blob<D: Digest>(length: u64, mut content: impl Read) -> Vec<u8> {
    let mut digest = D::new_with_prefix(format!("blob {length}\0"));
    let mut buffer = [0; 8 << 10];
    while let Ok(count @ 1..) = content.read(&mut buffer) {
        digest.update(&buffer[..count]);
    }
    digest.finalize().to_vec()
}

/// The entries that setuptools and Python create beside a project; `build` only beside one.
fn is_made(dir: &Path, name: &str) -> bool {
    let is_project = || ["setup.py", "setup.cfg", "pyproject.toml"].map(|file| dir.join(file));
    let is_egg_info = Path::new(name).extension() == Some(OsStr::new("egg-info"));
    let is_build = name == "build" && is_project().iter().any(|file| file.is_file());
    name == "__pycache__" || is_egg_info || is_build
}

/// Whether a line of a `.gitignore` above covers `path`; the nearest file counts.
fn is_ignored_by(ignores: &[(String, String)], path: &str, is_dir: bool) -> bool {
    let verdict = |(dir, text): &(String, String)| {
        let path = path.strip_prefix(dir.as_str())?.trim_start_matches('/');
        if is_dir { gitignore::verdict(text, path) } else { gitignore::verdict_of_file(text, path) }
    };
    ignores.iter().rev().find_map(verdict).unwrap_or(false)
}

fn text(path: &Path) -> String {
    String::from_utf8_lossy(&read_bounded(path, limits::GIT_TEXT).unwrap_or_default()).into_owned()
}

/// As git compares it: size, and the times that a program can set and not.
#[cfg(unix)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the index has the low 32 bits"
)]
fn is_untouched(tracked: &Entry<'_>, meta: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let is_time = |(seconds, nanoseconds): (u32, u32), found: (i64, i64)| {
        seconds == found.0 as u32 && (nanoseconds == 0 || nanoseconds == found.1 as u32)
    };
    tracked.size == meta.len() as u32
        && is_time(tracked.mtime, (meta.mtime(), meta.mtime_nsec()))
        && is_time(tracked.ctime, (meta.ctime(), meta.ctime_nsec()))
}

/// Without a time that nobody can set, the content decides.
#[cfg(not(unix))]
fn is_untouched(_tracked: &Entry<'_>, _meta: &Metadata) -> bool {
    false
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere nobody knows")]
fn is_executable(meta: &Metadata) -> Option<bool> {
    use std::os::unix::fs::PermissionsExt;
    Some(meta.permissions().mode() & 0o100 != 0)
}

#[cfg(not(unix))]
fn is_executable(_meta: &Metadata) -> Option<bool> {
    None
}

fn seconds(meta: &Metadata) -> Option<u32> {
    let time = meta.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    u32::try_from(time.as_secs()).ok()
}
