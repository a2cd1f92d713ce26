//! Directories of packages that existed when `check` looked at them, stored between runs.
//!
//! An entry cannot be removed or renamed without a new ctime of its directory (inode(7)), so all entries of an
//! unchanged directory still exist. Links are left out, as their targets can be removed.

use serde::{Deserialize, Serialize};

use super::record::{Index, is_source};
use super::site::Site;
use crate::fs::Kind;
use crate::support::identity::FileStamp;

/// A directory at the top of `site-packages` that had every entry of [`Index::directories`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) name: String,
    pub(super) stamp: FileStamp,
}

impl Seen {
    /// Those of one RECORD.
    pub(super) fn all(site: &Site, index: &Index) -> Vec<Self> {
        let mut seen: Vec<Self> = Vec::new();
        let mut last = None;
        for (name, entry) in index.directories().filter_map(|path| path.split_once('/')) {
            if last != Some(name) {
                let stamp = site.directory_stamp(name);
                seen.extend(stamp.map(|stamp| Self { name: name.to_owned(), stamp }));
                last = Some(name);
            }
            // The directory of a file further down has a stamp of its own, which is not stored.
            let is_of_it = !entry.contains('/');
            if is_of_it
                && seen.last().is_some_and(|it| it.name == name && !exists(site, name, entry))
            {
                seen.pop();
            }
        }
        seen
    }

    /// Whether the directory is as it was then.
    pub(super) fn is_current(&self, site: &Site) -> bool {
        site.directory_stamp(&self.name) == Some(self.stamp)
    }
}

fn exists(site: &Site, directory: &str, entry: &str) -> bool {
    site.entry(&format!("{directory}/{entry}")).is_some_and(|facts| match facts.kind {
        Kind::Directory => !is_source(entry),
        Kind::Other => facts.is_file && is_source(entry),
        Kind::Link => false,
    })
}
