//! Listing the store's content and removing unused distributions.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::entry::HEAD;
use super::staging;
use crate::fs::names_in;
use crate::support::cache::{Cache, STORE};

/// The result of removing distributions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The number of removed distributions.
    pub entries: usize,
    /// The number of remaining distributions.
    pub left: usize,
}

/// The number of stored distributions, for all kinds of Python.
pub fn count(cache: &Cache) -> usize {
    cache.root().map_or(0, |root| entries(&root.join(STORE)).len())
}

/// Removes the distributions that no environment was filled with for `age`, and what killed
/// processes left. Environments keep their files.
pub fn prune(cache: &Cache, age: Duration) -> Pruned {
    let mut pruned = Pruned::default();
    let Some(root) = cache.root().map(|root| root.join(STORE)) else { return pruned };
    staging::sweep(&root);
    let oldest = SystemTime::now().checked_sub(age);
    for entry in entries(&root) {
        let head = entry.join(HEAD).metadata().or_else(|_| entry.metadata());
        let used = head.and_then(|meta| meta.modified());
        let is_old = used.is_ok_and(|used| oldest.is_some_and(|oldest| used <= oldest));
        if is_old && remove(&entry) {
            pruned.entries += 1;
        } else {
            pruned.left += 1;
        }
    }
    pruned
}

/// Removes an entry, and the directories above it that are empty then.
fn remove(entry: &Path) -> bool {
    // Without its head it is not an entry, so the rest may be interrupted.
    let _ = fs::remove_file(entry.join(HEAD));
    let is_removed = fs::remove_dir_all(entry).is_ok();
    for parent in entry.ancestors().skip(1).take(2) {
        let _ = fs::remove_dir(parent);
    }
    is_removed
}

/// The directories of all entries: `KIND/PROJECT/ID`.
fn entries(root: &Path) -> Vec<PathBuf> {
    let mut found = vec![root.to_owned()];
    for _ in 0..3 {
        let below = found.iter().flat_map(|directory| {
            let names = names_in(directory).into_iter();
            let names = names.filter(|name| !name.as_encoded_bytes().starts_with(b"."));
            names.map(|name| directory.join(name))
        });
        found = below.collect();
    }
    found
}
