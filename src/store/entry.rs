//! What is known about one stored distribution.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::kind::PythonKind;
use crate::fs::{open_regular, read_bounded};
use crate::support::limits;

/// Raised when entries get another form.
pub(super) const FORMAT: u32 = 1;
const HEAD: &str = "entry.json";

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
    /// Digests in lower-case hexadecimal by the name of their algorithm: `sha256`.
    pub hashes: BTreeMap<String, String>,
    /// Whether the archive is a wheel; else pip built one from it on this machine.
    pub is_wheel: bool,
    /// Whether the index had withdrawn it (PEP 592).
    pub is_yanked: bool,
}

/// A stored distribution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    format: u32,
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
    /// What pip installed.
    pub archive: Archive,
    /// The settings of the run that installed it; `None` if that had others than rvenv knows, so
    /// that only the archive's hash says what it is.
    pub settings: Option<SettingsKey>,
    /// The hashes that the request allowed, `sha256:…`; empty if it allowed every archive.
    #[serde(default)]
    pub allowed: Vec<String>,
    /// `typing_extensions-4.9.0.dist-info`
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
        let path = directory.join(HEAD);
        let file = open_regular(&path).ok()?;
        if !is_ours_alone(&file.metadata().ok()?) {
            return None;
        }
        let bytes = read_bounded(&path, limits::STORE_ENTRY).ok()?;
        let entry: Self = serde_json::from_slice(&bytes).ok()?;
        let suits = entry.format == FORMAT && kind.accepts(&entry);
        suits.then(|| Self { directory: directory.to_owned(), ..entry })
    }
}

/// Whether it belongs to the user, and nobody else can write to it.
#[cfg(unix)]
fn is_ours_alone(meta: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    meta.uid() == crate::support::users::effective_uid() && meta.mode() & 0o022 == 0
}

/// Access lists guard the user's own directories.
#[cfg(not(unix))]
fn is_ours_alone(_meta: &std::fs::Metadata) -> bool {
    true
}
