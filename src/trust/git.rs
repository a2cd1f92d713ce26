//! Whether git tracks what activation puts on PATH or what Python imports: that comes with a pull.

use std::path::{Path, PathBuf};

use crate::formats::git_index;
use crate::fs::read_bounded;
use crate::support::identity::FileVersion;
use crate::support::limits;

/// The index of the repository that `root` is in, if there is one.
pub(super) fn index_of(root: &Path) -> Option<(PathBuf, PathBuf)> {
    let top = root.ancestors().skip(1).find(|dir| dir.join(".git").exists())?;
    let dot_git = top.join(".git");
    if dot_git.is_dir() {
        return Some((top.to_owned(), dot_git.join("index")));
    }
    // That of a linked working tree or a submodule (gitrepository-layout(5)).
    let text = String::from_utf8(read_bounded(&dot_git, limits::GIT_TEXT).ok()?).ok()?;
    Some((top.to_owned(), top.join(text.strip_prefix("gitdir:")?.trim()).join("index")))
}

/// The version of the index, as a word of a record.
pub(super) fn version(index: &Path) -> String {
    let version = FileVersion::of(index);
    version.map_or_else(String::new, |version| format!("{version:?}"))
}

/// Whether the index has `pyvenv.cfg`, a file of the programs' directory, or one of `site-packages` of
/// the environment at `root`. An index above the limit, and a split one, counts as one that has none.
pub(super) fn tracks(root: &Path, top: &Path, index: &Path) -> bool {
    let Some(place) = root.strip_prefix(top).ok().and_then(Path::to_str) else { return false };
    let Ok(bytes) = read_bounded(index, limits::GIT_INDEX) else { return false };
    let prefix = place.replace('\\', "/") + "/";
    let is_ours = |path: &[u8]| {
        path.strip_prefix(prefix.as_bytes()).is_some_and(|rest| {
            let rest = String::from_utf8_lossy(rest);
            rest == "pyvenv.cfg"
                || ["bin/", "Scripts/"].iter().any(|dir| rest.starts_with(dir))
                || rest.contains("site-packages/")
        })
    };
    // The names of objects have 20 bytes or 32 (SHA-256); read as the other, nothing fits.
    [git_index::Format::Sha1, git_index::Format::Sha256]
        .into_iter()
        .any(|format| git_index::paths(&bytes, format).any(|path| is_ours(&path)))
}
