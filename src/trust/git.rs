//! Whether git tracks files that activation puts on PATH or Python imports: a pull can change them.

use std::path::{Path, PathBuf};

use crate::formats::git_index;
use crate::fs::read_bounded;
use crate::support::identity::FileVersion;
use crate::support::limits;

/// A repository that an environment is in, or is itself (a submodule).
pub(super) struct Repository {
    /// The top of the working tree.
    top: PathBuf,
    index: PathBuf,
}

/// The repositories that contain `root`: a working tree can be in another one.
pub(super) fn repositories(root: &Path) -> Vec<Repository> {
    root.ancestors().filter_map(Repository::at).collect()
}

/// The versions of the indexes, as words of a record; empty without a repository.
pub(super) fn versions(repositories: &[Repository]) -> String {
    let version = |repository: &Repository| {
        let version = FileVersion::of(&repository.index);
        version.map_or_else(String::new, |version| format!("{version:?}"))
    };
    repositories.iter().map(version).collect()
}

impl Repository {
    fn at(top: &Path) -> Option<Self> {
        let dot_git = top.join(".git");
        let meta = dot_git.metadata().ok()?;
        let top = top.to_owned();
        if meta.is_dir() {
            return Some(Self { top, index: dot_git.join("index") });
        }
        // That of a linked working tree or a submodule (gitrepository-layout(5)).
        let text = String::from_utf8(read_bounded(&dot_git, limits::GIT_TEXT).ok()?).ok()?;
        let index = top.join(text.strip_prefix("gitdir:")?.trim()).join("index");
        Some(Self { top, index })
    }

    /// Whether the index has `pyvenv.cfg`, a file of the programs' directory, or one of `site-packages`
    /// of the environment at `root`. An index above the limit, and a split one, counts as one that has
    /// none.
    pub(super) fn tracks(&self, root: &Path) -> bool {
        let Ok(place) = root.strip_prefix(&self.top) else { return false };
        let Ok(bytes) = read_bounded(&self.index, limits::GIT_INDEX) else { return false };
        let mut prefix = folded(place.as_os_str().as_encoded_bytes());
        if !prefix.is_empty() {
            prefix.push(b'/');
        }
        let is_ours = |path: &[u8]| {
            folded(path).strip_prefix(&*prefix).is_some_and(|rest| {
                rest == b"pyvenv.cfg"
                    || ["bin/", "Scripts/", "scripts/"]
                        .iter()
                        .any(|dir| rest.starts_with(dir.as_bytes()))
                    || String::from_utf8_lossy(rest).contains("site-packages/")
            })
        };
        // The names of objects have 20 bytes or 32 (SHA-256); read as the other, nothing fits.
        [git_index::Format::Sha1, git_index::Format::Sha256]
            .into_iter()
            .any(|format| git_index::paths(&bytes, format).any(|path| is_ours(&path)))
    }
}

/// A path as it is compared, with the separator of the index, and without the case where filesystems
/// usually ignore it: there git writes `.VENV/bin/ls` into `.venv`.
fn folded(path: &[u8]) -> Vec<u8> {
    let ignores_case = cfg!(any(windows, target_os = "macos"));
    let mut path = if ignores_case { path.to_ascii_lowercase() } else { path.to_vec() };
    if cfg!(windows) {
        path.iter_mut().filter(|byte| **byte == b'\\').for_each(|byte| *byte = b'/');
    }
    path
}
