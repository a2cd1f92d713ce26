//! The record of one stored distribution.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::files::FileList;
use super::kind::PythonKind;
use crate::fs::{FileFacts, read_bounded};
use crate::support::limits;

/// Raised when entries get another form.
pub(super) const FORMAT: u32 = 1;
pub(super) const HEAD: &str = "entry.json";
/// The list of the files.
pub(super) const FILES: &str = "files";
/// RECORD as pip wrote it.
pub(super) const RECORD: &str = "record";
/// The directory with the files.
pub(super) const TREE: &str = "tree";

/// The settings of pip that a distribution was installed with: index, binary options and the like.
/// Only equality counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SettingsKey(pub String);

/// The archive that pip installed, as its report gives it (`download_info`, PEP 610).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archive {
    /// From where.
    pub url: String,
    /// The digests in lower-case hexadecimal, by algorithm: `sha256`.
    pub hashes: BTreeMap<String, String>,
    /// Whether the archive is a wheel; else pip built one from it on this machine.
    pub is_wheel: bool,
    /// Whether the index had withdrawn it (PEP 592).
    pub is_yanked: bool,
}

/// A stored distribution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub(super) format: u32,
    /// As METADATA has it.
    pub name: String,
    /// As METADATA has it.
    pub version: String,
    /// `Requires-Python` of METADATA.
    pub requires_python: Option<String>,
    /// Every `Requires-Dist` of METADATA.
    pub requires_dist: Vec<String>,
    /// Every `Provides-Extra` of METADATA.
    pub provides_extra: Vec<String>,
    /// The distribution that pip installed.
    pub archive: Archive,
    /// The settings of the run that installed it; `None` if that had others than rvenv knows, so
    /// that only the archive's hash says what it is.
    pub settings: Option<SettingsKey>,
    /// The hashes, as `ALGORITHM:HEXADECIMAL`, that the request restricted pip to; empty if it did not.
    pub allowed: Vec<String>,
    /// `typing_extensions-4.9.0.dist-info`, relative to the environment.
    pub(super) dist_info: String,
    /// The tags in WHEEL.
    pub(super) tags: Vec<String>,
    /// The machine and C library that it was built on; `None` for a wheel that was not built here.
    pub(super) built_on: Option<String>,
    /// The directory of the entry.
    #[serde(skip)]
    pub(super) directory: PathBuf,
}

impl Entry {
    /// The entry in `directory`, if it is whole, suits `kind`, and nobody else can change it.
    pub(super) fn read(directory: &Path, kind: &PythonKind) -> Option<Self> {
        let bytes = read_own(&directory.join(HEAD), limits::STORE_ENTRY)?;
        let entry: Self = serde_json::from_slice(&bytes).ok()?;
        let suits = entry.format == FORMAT && kind.accepts(&entry);
        suits.then(|| Self { directory: directory.to_owned(), ..entry })
    }

    /// Its files; `None` if the list is damaged.
    pub(super) fn files(&self) -> Option<FileList> {
        let bytes = read_own(&self.directory.join(FILES), limits::STORE_FILES)?;
        FileList::parse(String::from_utf8(bytes).ok()?)
    }

    /// RECORD as pip wrote it.
    pub(super) fn record(&self) -> Option<String> {
        String::from_utf8(read_own(&self.directory.join(RECORD), limits::RECORD)?).ok()
    }

    /// The directory with its files.
    pub(super) fn tree(&self) -> PathBuf {
        self.directory.join(TREE)
    }
}

/// Reads a file of the store that only the user can write to.
fn read_own(path: &Path, limit: u64) -> Option<Vec<u8>> {
    let facts = FileFacts::of(&path.symlink_metadata().ok()?);
    (facts.is_file && facts.is_ours_alone()).then(|| read_bounded(path, limit).ok())?
}
