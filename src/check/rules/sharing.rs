//! Files that an environment shares with other users, and pip's configuration.

use std::path::Path;

use crate::check::code::Code;
use crate::check::repairs::{Diagnosis, Repair};
use crate::check::snapshot::Snapshot;
use crate::support::pip_config;

/// The findings; `deep` examines every file.
pub(crate) fn findings(snapshot: &Snapshot<'_>, deep: bool) -> Vec<Diagnosis> {
    hard_links(snapshot, deep).into_iter().chain(destinations(snapshot)).collect()
}

/// The keys of pip's files that lead an install out of the environment. `rvenv install` overrides them.
fn destinations(snapshot: &Snapshot<'_>) -> Option<Diagnosis> {
    let keys = pip_config::destination_keys(snapshot.host, snapshot.root());
    let listed: Vec<_> = keys
        .iter()
        .map(|key| format!("`{}` in `{}`, line {}", key.name, key.file.display(), key.line))
        .collect();
    let first = keys.first()?;
    let (name, file) = (first.name, first.file.display());
    let advice = format!("remove `{name}` from `{file}`, or install with `rvenv install`");
    let seen = format!("pip's configuration has {}", listed.join(", "));
    Some(Diagnosis::new(Code::PipDestination, seen, Repair::advice(advice)))
}

/// A possible cause of the change of an installed file: it has another name, in the cache or in another
/// environment.
#[cfg(unix)]
pub(super) fn cause_of_change(path: &Path) -> &'static str {
    use std::os::unix::fs::MetadataExt;
    let is_shared = path.symlink_metadata().is_ok_and(|meta| meta.is_file() && meta.nlink() > 1);
    if is_shared { "; it is a hard link, which an edit in another environment changes" } else { "" }
}

/// The number of a file's names needs an open file there.
#[cfg(not(unix))]
pub(super) fn cause_of_change(_path: &Path) -> &'static str {
    ""
}

#[cfg(unix)]
fn hard_links(snapshot: &Snapshot<'_>, deep: bool) -> Option<Diagnosis> {
    unix::hard_links(snapshot, deep)
}

/// The owner of a file there is not its creator.
#[cfg(not(unix))]
fn hard_links(_snapshot: &Snapshot<'_>, _deep: bool) -> Option<Diagnosis> {
    None
}

#[cfg(unix)]
mod unix {
    use std::fs::Metadata;
    use std::os::unix::fs::MetadataExt;
    use std::path::PathBuf;

    use super::{Code, Diagnosis, Repair, Snapshot};

    /// A file of another owner with a further name: made from a cache that is not the owner's, or given
    /// away with another environment.
    pub(super) fn hard_links(snapshot: &Snapshot<'_>, deep: bool) -> Option<Diagnosis> {
        let mut files = if deep { all(snapshot) } else { telling(snapshot) };
        files.retain(|(_, meta)| meta.nlink() > 1);
        if files.is_empty() {
            return None;
        }
        let owner = snapshot.root().metadata().ok()?.uid();
        let mut shared = files.into_iter().filter(|(_, meta)| meta.uid() != owner);
        let (path, meta) = shared.next()?;
        let more = match shared.count() {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        let (path, uid) = (snapshot.shown(&path), meta.uid());
        let seen = format!("`{path}`{more} is a hard link of a file of user {uid}");
        let root = &*snapshot.root().to_string_lossy();
        let clear = ["rvenv", "create", "--clear", "--link-mode", "copy", root];
        Some(Diagnosis::new(Code::HardLinkedByAnother, seen, Repair::command(clear)))
    }

    /// A sample for the fast check: pip, and the scripts, whose metadata the snapshot has.
    fn telling(snapshot: &Snapshot<'_>) -> Vec<(PathBuf, Metadata)> {
        let pip = snapshot.sites.iter().map(|site| site.path.join("pip/__init__.py"));
        let pip = pip.filter_map(|path| Some((path.clone(), path.symlink_metadata().ok()?)));
        let scripts = snapshot.scripts.iter().filter_map(|script| {
            Some((snapshot.scripts_dir().join(&script.name), script.meta.clone()?))
        });
        pip.chain(scripts).collect()
    }

    fn all(snapshot: &Snapshot<'_>) -> Vec<(PathBuf, Metadata)> {
        let walk = walkdir::WalkDir::new(snapshot.root()).into_iter().flatten();
        let files = walk.filter(|entry| entry.file_type().is_file());
        files.filter_map(|entry| Some((entry.path().to_owned(), entry.metadata().ok()?))).collect()
    }
}
