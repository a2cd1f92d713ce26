//! The files of an environment, without those that are made again on another machine.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::archive::Content;
use super::contents::{Contents, archive_path};
use super::{Error, MANIFEST, Result};
use crate::dist::record::BYTECODE;
use crate::formats::gitignore;
use crate::formats::shebang::begins_as_python;
use crate::fs;
use crate::support::path::canonicalize;
use crate::venv::aliases;

/// Entries of the root that are for this machine only: notes to backups and version control, uv's lock, the link
/// of a 64-bit system, what is written again.
const LOCAL: [&str; 6] = [".gitignore", "CACHEDIR.TAG", ".lock", "lib64", "pyvenv.cfg", MANIFEST];
/// The prefix of rvenv's temporary files.
const TEMPORARY: &str = ".rvenv";

impl Contents<'_> {
    /// Adds what is in the environment's directory.
    pub(super) fn add_tree(&mut self) -> Result<()> {
        let root = self.state.root().to_owned();
        self.add_below(&root, "")
    }

    /// Adds the files below a directory, as those below `prefix` in the archive.
    pub(super) fn add_below(&mut self, directory: &Path, prefix: &str) -> Result<()> {
        let is_root = prefix.is_empty();
        let exclude = self.request.exclude.join("\n");
        let output = self.request.output;
        let mut walk = WalkDir::new(directory).min_depth(1).sort_by_file_name().into_iter();
        while let Some(entry) = walk.next() {
            let entry = entry.map_err(|error| unreadable(error, directory))?;
            let Some(name) = archive_path(entry.path(), directory) else {
                return Err(Error::NameNotText { path: entry.into_path() });
            };
            let path = if is_root { name.clone() } else { format!("{prefix}/{name}") };
            let is_local = is_root && entry.depth() == 1 && is_local(entry.file_name());
            let is_excluded = gitignore::verdict(&exclude, &path) == Some(true);
            if is_local || is_excluded || is_bytecode(&entry) || entry.path() == output {
                if entry.file_type().is_dir() {
                    walk.skip_current_dir();
                }
                continue;
            }
            self.add_entry(&entry, path)?;
        }
        Ok(())
    }

    fn add_entry(&mut self, entry: &DirEntry, path: String) -> Result<()> {
        let kind = entry.file_type();
        if kind.is_dir() {
            self.items.insert(path, Content::Directory);
        } else if kind.is_symlink() {
            self.add_target(entry, path)?;
        } else if kind.is_file() {
            let meta = entry.metadata().map_err(|error| unreadable(error, entry.path()))?;
            self.items.insert(path, file(entry.path().to_owned(), &meta));
        } else {
            return Err(Error::NotAFile { path: entry.path().to_owned() });
        }
        Ok(())
    }

    /// Adds what a link leads to.
    fn add_target(&mut self, entry: &DirEntry, path: String) -> Result<()> {
        let link = entry.path();
        let real_root = canonicalize(self.state.root()).map_err(Error::io("open", link))?;
        let target = canonicalize(link);
        let Some(target) = target.ok().filter(|target| target.starts_with(&real_root)) else {
            // The interpreter gets a launcher.
            if self.interpreter_name(link).is_none() {
                let to = std::fs::read_link(link).map_err(Error::io("read", link))?;
                self.leaves(path, to);
            }
            return Ok(());
        };
        let meta = target.metadata().map_err(Error::io("read", &target))?;
        if meta.is_file() {
            self.items.insert(path, file(target, &meta));
            return Ok(());
        }
        let is_loop = link.parent().and_then(|parent| canonicalize(parent).ok());
        if is_loop.is_some_and(|parent| parent.starts_with(&target)) {
            self.leaves(path, target);
            return Ok(());
        }
        self.items.insert(path.clone(), Content::Directory);
        self.add_below(&target, &path)
    }

    /// The name in the directory of commands under which an interpreter is there: a link to the base, or
    /// a copy of it.
    pub(super) fn interpreter_name(&self, path: &Path) -> Option<String> {
        let name = path.file_name()?;
        let text = name.to_str()?;
        let is_alias = || aliases(self.base).iter().any(|alias| alias == name);
        if path.parent()? != self.state.scripts_dir()
            || !(begins_as_python(text.as_bytes()) || is_alias())
        {
            return None;
        }
        let is_base = canonicalize(path).is_ok_and(|real| real == self.base.real_executable);
        let is_program =
            || fs::read_start(path, 2).is_ok_and(|(head, _)| !head.is_empty() && head != b"#!");
        (is_base || is_program()).then(|| text.to_owned())
    }
}

pub(super) fn file(from: PathBuf, meta: &Metadata) -> Content {
    #[cfg(unix)]
    let executable = std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let executable = false;
    Content::File { from, length: meta.len(), executable }
}

fn is_local(name: &OsStr) -> bool {
    LOCAL.iter().any(|local| name == *local)
        || name.as_encoded_bytes().starts_with(TEMPORARY.as_bytes())
}

/// Whether Python makes this again from a source: `__pycache__`, and a `.pyc` beside its source. One
/// without a source is a module.
fn is_bytecode(entry: &DirEntry) -> bool {
    let path = entry.path();
    entry.file_name() == BYTECODE
        || (path.extension() == Some(OsStr::new("pyc")) && path.with_extension("py").exists())
}

pub(super) fn unreadable(error: walkdir::Error, at: &Path) -> Error {
    let path = error.path().unwrap_or(at).to_owned();
    let source = error.into_io_error().unwrap_or_else(|| std::io::ErrorKind::Other.into());
    Error::io("read", path)(source)
}
