//! The package store: the distributions that pip installed on this machine, unpacked and compiled
//! once, linked into each environment that needs the same ones.
//!
//! pip decides what is installed. The store answers only a request that determines its result
//! completely, and only for the kind of Python ([`PythonKind`]) that pip installed the distribution
//! for: with the same wheel tags, bytecode and paths.
//!
//! | below `store/` in the cache | |
//! |---|---|
//! | `KIND/PROJECT/ID/entry.json` | what pip installed, and from where: an [`Entry`] |
//! | `KIND/PROJECT/ID/files` | its files with modes, sizes, times and hashes |
//! | `KIND/PROJECT/ID/tree/` | the files, with their paths relative to the environment |
//!
//! An entry appears by a rename, so it is complete or absent.

mod add;
pub mod decision;
mod entry;
mod error;
mod files;
mod fill;
mod installed;
mod kind;
mod locked;
mod place;
mod prune;
mod reason;
mod report;
mod snapshot;
mod staging;

use std::path::{Path, PathBuf};

pub use add::{Added, PipRun};
pub use entry::{Archive, Entry, SettingsKey};
pub use error::{Error, Result};
pub use fill::{Filling, Linking, Package, Target};
pub use kind::PythonKind;
pub use locked::remove_direct_urls;
pub use prune::{Pruned, count, prune};
pub use reason::{NotStored, Obstacle};
pub use report::writes_report;
pub use snapshot::Snapshot;

use crate::python::Interpreter;
use crate::support::cache::{Cache, STORE};
use crate::support::parallel;

/// The entries for one kind of Python.
#[derive(Clone, Debug)]
pub struct Store {
    /// That of all kinds.
    root: PathBuf,
    directory: PathBuf,
    kind: PythonKind,
}

impl Store {
    /// The store for `interpreter`; `None` without a cache, and for an interpreter whose wheel tags
    /// are not known.
    pub fn open(cache: &Cache, interpreter: &Interpreter) -> Option<Self> {
        let kind = PythonKind::of(interpreter)?;
        let root = cache.root()?.join(STORE);
        Some(Self { directory: root.join(kind.name()), root, kind })
    }

    /// The kind of Python that its entries were installed for.
    pub fn kind(&self) -> &PythonKind {
        &self.kind
    }

    /// The entries of a project, of every version, in the order of their names. `name` is
    /// normalized (PEP 503). An entry that is damaged or that another user can write to is left out.
    pub fn find(&self, name: &str) -> Vec<Entry> {
        let directory = self.project(name);
        let names = crate::fs::names_in(&directory);
        let entries = names.iter().filter(|name| !name.as_encoded_bytes().starts_with(b"."));
        entries.filter_map(|name| Entry::read(&directory.join(name), &self.kind)).collect()
    }

    fn project(&self, name: &str) -> PathBuf {
        self.directory.join(Path::new(name))
    }
}

/// The number of threads that read or write entries. On ext4, making the directories and links of 150
/// packages waits for the disk's metadata: on two cores, four threads took 0.20 s, two 0.33 s, one 0.47 s,
/// and eight no less than four.
fn threads() -> usize {
    parallel::processors().clamp(4, 8)
}
