//! The contents of the metadata of a `site-packages`, stored between runs.
//!
//! Each `site-packages` has one file in the cache directory, named by a digest of its path. It contains the facts
//! of each dist-info, with the identity, size, mtime and ctime of each of its files, and is valid as a
//! whole: if a distribution was added, removed or changed, all are read again. Programs can set an mtime, but
//! not a ctime, so a changed file of the same size and mtime is detected. Whether the files of the packages
//! exist is stored only with the stamp of their directory: see [`seen`](super::seen). A file that cannot be
//! read, is damaged, or belongs to another user is ignored.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::info::Facts;
use super::seen::Seen;
use super::shared::SharedFile;
use super::site::Site;
use crate::fs::{self, FileFacts, write_whole};
use crate::support::cache::{Cache, PACKAGES};
use crate::support::hex::hex;
use crate::support::identity::FileStamp;
use crate::support::limits;
use crate::support::parallel;
use crate::support::private_dir::create_private_dir;

/// The version of the form of the files.
const FORM: u32 = 1;

/// Fewer distributions are read as fast as a file of the cache.
const FEWEST: usize = 8;

/// The number of distributions that a thread takes at a time: the stamps of one take about 5 µs, the start of
/// a thread about 50 µs.
const SHARE: usize = 64;

/// The age of a change from which a second change gets another ctime. Linux updates times with each timer
/// interrupt, at most 10 ms apart; FAT has 2 seconds.
const SETTLED: Duration = Duration::from_secs(2);

/// The time after which the file of an environment that was not changed since is removed: it may be gone.
const LIFETIME: Duration = Duration::from_secs(60 * 60 * 24 * 90);

/// The files of a dist-info that are read.
const FILES: [&str; 5] = ["METADATA", "RECORD", "WHEEL", "direct_url.json", "entry_points.txt"];

/// The stamps of a dist-info.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Stamps {
    /// The stamp of the directory, if each of [`FILES`] has a stamp or does not exist.
    directory: Option<FileStamp>,
    /// Those of [`FILES`]; `None` for one that does not exist.
    files: [Option<FileStamp>; FILES.len()],
}

/// The stored contents of a `site-packages`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Memory {
    /// The dist-infos, in the order of their names.
    pub(super) dists: Vec<Remembered>,
    pub(super) shared: Vec<SharedFile>,
}

/// The stored contents of the dist-info of one distribution.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Remembered {
    /// The name of its dist-info.
    pub(super) directory: String,
    pub(super) stamps: Stamps,
    pub(super) seen: Vec<Seen>,
    pub(super) facts: Facts,
}

/// Where the contents of a `site-packages` are stored.
#[derive(Debug)]
pub(super) struct Place<'s> {
    file: PathBuf,
    site: &'s Site,
}

impl<'s> Place<'s> {
    /// `None` without a cache, and for few distributions.
    pub(super) fn of(site: &'s Site, cache: &Cache) -> Option<Self> {
        let root = cache.root()?;
        site.dists().nth(FEWEST - 1)?;
        let digest = Sha256::digest(site.path.as_os_str().as_encoded_bytes());
        let file = root.join(PACKAGES).join(FORM.to_string()).join(hex(&digest[..16]) + ".json");
        Some(Self { file, site })
    }

    /// The stored contents, if they are still valid.
    pub(super) fn read(&self) -> Option<Memory> {
        let (bytes, meta) = fs::read_start(&self.file, limits::PACKAGES_RECORD).ok()?;
        if !FileFacts::of(&meta).is_ours_alone() {
            return None;
        }
        // A damaged file can be valid JSON.
        let (sum, json) = bytes.split_first_chunk()?;
        if *sum != crc32fast::hash(json).to_le_bytes() {
            return None;
        }
        let memory: Memory = serde_json::from_slice(json).ok()?;
        let names = self.site.dists().map(|dist| dist.directory);
        let is_same = names.eq(memory.dists.iter().map(|it| &*it.directory));
        (is_same && self.is_current(&memory)).then_some(memory)
    }

    fn is_current(&self, memory: &Memory) -> bool {
        // Before it is asked for by several threads, of which one would read it.
        let _ = self.site.entries();
        let is_current =
            |(): &mut (), it: &Remembered| it.stamps.are_current(self.site, &it.directory);
        parallel::map_with(&memory.dists, parallel::processors, SHARE, || (), is_current)
            .into_iter()
            .all(|is_current| is_current)
    }

    /// Stores contents. A failure to do so costs time later, and is not an error.
    pub(super) fn write(&self, memory: &Memory) {
        if memory.is_settled() {
            let _ = self.try_write(memory);
        }
    }

    fn try_write(&self, memory: &Memory) -> Option<()> {
        let json = serde_json::to_vec(memory).ok()?;
        let sum = crc32fast::hash(&json).to_le_bytes();
        let directory = self.file.parent()?;
        create_private_dir(directory).ok()?;
        remove_old(directory);
        write_whole(&self.file, &[&sum[..], &json].concat(), false).ok()
    }
}

impl Memory {
    /// Whether each file was changed so long ago that a later change has another ctime.
    fn is_settled(&self) -> bool {
        let stamps = self.dists.iter().flat_map(|it| {
            let seen = it.seen.iter().map(|seen| &seen.stamp);
            it.stamps.files.iter().flatten().chain(&it.stamps.directory).chain(seen)
        });
        let youngest = stamps.filter_map(FileStamp::changed).max();
        youngest
            .is_none_or(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age >= SETTLED))
    }
}

impl Stamps {
    pub(super) fn of(site: &Site, dist_info: &str) -> Self {
        let directory = site.directory_stamp(dist_info);
        let files = FILES.map(|name| stamp(site, dist_info, name));
        let is_known = |(name, stamp): (&str, &Option<FileStamp>)| {
            stamp.is_some() || site.entry(&format!("{dist_info}/{name}")).is_none()
        };
        let are_known = FILES.into_iter().zip(&files).all(is_known);
        Self { directory: directory.filter(|_| are_known), files }
    }

    /// Whether the files are as they were. One that did not exist is not created in an unchanged directory.
    fn are_current(&self, site: &Site, dist_info: &str) -> bool {
        let is_same = self.directory.is_some() && site.directory_stamp(dist_info) == self.directory;
        let mut files = FILES.into_iter().zip(&self.files);
        files.all(|(name, was)| is_same && was.is_none() || stamp(site, dist_info, name) == *was)
    }
}

fn stamp(site: &Site, dist_info: &str, name: &str) -> Option<FileStamp> {
    site.facts(&format!("{dist_info}/{name}"))?.stamp
}

fn remove_old(directory: &Path) {
    for name in fs::names_in(directory) {
        let path = directory.join(name);
        let modified = path.symlink_metadata().and_then(|meta| meta.modified()).ok();
        let age = modified.and_then(|at| at.elapsed().ok());
        if age.is_some_and(|age| age > LIFETIME) {
            // Another process may have removed it.
            let _ = std::fs::remove_file(path);
        }
    }
}
