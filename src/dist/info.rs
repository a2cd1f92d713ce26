//! The metadata of the distributions in a `site-packages`: each file is read once, by several threads
//! where there are many, and not at all if it was read by a former run and is unchanged.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::memory::{Memory, Place, Remembered, Stamps};
use super::metadata::State;
use super::record::{Blocks, Index, Text, directory_of};
use super::seen::Seen;
use super::shared::{Listed, SharedFile, shared};
use super::site::{Dist, Site};
use crate::formats::direct_url::DirectUrl;
use crate::fs;
use crate::support::cache::Cache;
use crate::support::{limits, parallel};

/// Fewer distributions are read faster than a thread is started: that takes about 50 µs, reading one
/// distribution about 30 µs.
const PER_THREAD: usize = 16;

/// More threads than this wait for the same directories.
const THREADS: usize = 8;

/// The contents of a dist-info, with what is stored beside them.
type Read = (Stamps, Vec<Seen>, Facts, Option<(Text, Blocks)>);

/// The content of the files of one dist-info.
#[derive(Debug)]
pub(crate) struct DistInfo {
    /// RECORD, if it is whole, of an install that ended.
    pub(crate) record: Option<Text>,
    /// The state of METADATA.
    pub(crate) state: State,
    /// The headers of METADATA that say what the distribution requires.
    pub(crate) headers: String,
    /// WHEEL.
    pub(crate) wheel: String,
    /// `direct_url.json`.
    pub(crate) direct_url: Option<DirectUrl>,
    /// The directories at the top of `site-packages` that contain everything of [`Text::directories`].
    seen: Vec<Seen>,
}

impl DistInfo {
    /// Whether a path of [`Text::directories`] is known to exist.
    pub(crate) fn has_seen(&self, path: &str) -> bool {
        let directory = directory_of(path);
        self.seen.iter().any(|seen| seen.name == directory)
    }
}

/// The contents of the small files of a dist-info, and of its RECORD in short: what is stored between runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Facts {
    record: Option<Index>,
    state: State,
    headers: String,
    wheel: String,
    direct_url: Option<String>,
}

impl Facts {
    /// Those of a dist-info, without RECORD.
    fn read(dist_info: &Path) -> Self {
        let small = |name: &str| fs::read_bounded(&dist_info.join(name), limits::SITE_FILE);
        let (state, headers) = State::with_headers(&dist_info.join("METADATA"));
        let direct_url = small("direct_url.json").ok();
        Self {
            record: None,
            state,
            headers: requires(&headers),
            wheel: String::from_utf8_lossy(&small("WHEEL").unwrap_or_default()).into_owned(),
            direct_url: direct_url.and_then(|bytes| String::from_utf8(bytes).ok()),
        }
    }

    fn info(self, record: Option<Text>, seen: Vec<Seen>) -> DistInfo {
        DistInfo {
            record,
            seen,
            state: self.state,
            headers: self.headers,
            wheel: self.wheel,
            direct_url: self.direct_url.and_then(|text| DirectUrl::parse(text.as_bytes())),
        }
    }
}

/// Looks again at the directories that were changed; whether some have all of their entries still. One that
/// lacks an entry keeps its former stamp, and is looked at the next time too.
fn look_again(site: &Site, memory: &mut Memory) -> bool {
    let mut is_changed = false;
    for it in &mut memory.dists {
        if it.seen.iter().all(|seen| seen.is_current(site)) {
            continue;
        }
        let record = it.facts.record.as_ref();
        let found = record.map(|record| Seen::all(site, record)).unwrap_or_default();
        for seen in it.seen.iter_mut().filter(|seen| !seen.is_current(site)) {
            if let Some(now) = found.iter().find(|now| now.name == seen.name) {
                *seen = now.clone();
                is_changed = true;
            }
        }
    }
    is_changed
}

/// The headers `Requires-Dist` and `Requires-Python`.
fn requires(headers: &str) -> String {
    const START: &str = "Requires-";
    let is_one = |line: &&str| {
        line.get(..START.len()).is_some_and(|start| start.eq_ignore_ascii_case(START))
    };
    headers.lines().filter(is_one).flat_map(|line| [line, "\n"]).collect()
}

/// That of each distribution, by the name of its dist-info.
#[derive(Debug, Default)]
pub(crate) struct DistInfos {
    infos: HashMap<String, DistInfo>,
    shared: Vec<SharedFile>,
}

impl DistInfos {
    /// Those of a `site-packages`, from the cache if they are unchanged.
    pub(crate) fn read(site: &Site, cache: &Cache) -> Self {
        let Some(place) = Place::of(site, cache) else { return Self::read_files(site, None) };
        let Some(mut memory) = place.read() else { return Self::read_files(site, Some(&place)) };
        if look_again(site, &mut memory) {
            place.write(&memory);
        }
        Self::remembered(site, memory)
    }

    fn remembered(site: &Site, memory: Memory) -> Self {
        let info = |mut it: Remembered| {
            it.seen.retain(|seen| seen.is_current(site));
            let text = |index: &Index| Text::indexed(&site.path.join(&it.directory), index.clone());
            let record = it.facts.record.as_ref().map(text);
            (it.directory, it.facts.info(record, it.seen))
        };
        Self { infos: memory.dists.into_iter().map(info).collect(), shared: memory.shared }
    }

    fn read_files(site: &Site, place: Option<&Place<'_>>) -> Self {
        let dists: Vec<_> = site.dists().collect();
        if place.is_some() {
            // Before the contents, as the stamps are: a change in between is then detected later.
            let _ = site.entries();
        }
        let read = |(): &mut (), dist: &Dist<'_>| {
            let directory = site.path.join(dist.directory);
            let stamps = place.map(|_| Stamps::of(site, dist.directory)).unwrap_or_default();
            let (facts, record) = (Facts::read(&directory), Text::read(&directory));
            let seen = record.as_ref().filter(|_| place.is_some());
            let seen = seen.map(|(record, _)| Seen::all(site, record.index()));
            (stamps, seen.unwrap_or_default(), facts, record)
        };
        let threads = || parallel::processors().min(THREADS);
        let read = parallel::map_with(&dists, threads, PER_THREAD, || (), read);
        let records = read.iter().enumerate().filter_map(|(place, (.., record))| {
            let (record, blocks) = record.as_ref()?;
            Some(Listed { place, record, blocks })
        });
        let shared = shared(&records.collect::<Vec<_>>());
        if let Some(place) = place {
            let dist = |(dist, (stamps, seen, facts, record)): (&Dist<'_>, &Read)| Remembered {
                directory: dist.directory.to_owned(),
                stamps: *stamps,
                seen: seen.clone(),
                facts: Facts {
                    record: record.as_ref().map(|(text, _)| text.index().clone()),
                    ..facts.clone()
                },
            };
            let dists = dists.iter().zip(&read).map(dist).collect();
            place.write(&Memory { dists, shared: shared.clone() });
        }
        let infos = dists.iter().zip(read).map(|(dist, (_, seen, facts, record))| {
            (dist.directory.to_owned(), facts.info(record.map(|(text, _)| text), seen))
        });
        Self { infos: infos.collect(), shared }
    }

    /// That of a distribution of the same `site-packages`.
    pub(crate) fn of(&self, dist: &Dist<'_>) -> Option<&DistInfo> {
        self.infos.get(dist.directory)
    }

    /// The project of an editable install.
    pub(crate) fn editable(&self, dist: &Dist<'_>) -> Option<PathBuf> {
        self.of(dist)?.direct_url.as_ref()?.editable()
    }

    /// RECORD, if it is whole.
    pub(crate) fn record(&self, dist: &Dist<'_>) -> Option<&Text> {
        self.of(dist)?.record.as_ref()
    }

    /// The files of which two distributions installed different contents, with the dist-infos of the two.
    pub(crate) fn shared<'s>(
        &'s self,
        site: &'s Site,
    ) -> impl Iterator<Item = (Dist<'s>, Dist<'s>, &'s str)> {
        let dists: Vec<_> = site.dists().collect();
        self.shared.iter().filter_map(move |file| {
            let (one, other) = file.owners;
            Some((dists.get(one)?.clone(), dists.get(other)?.clone(), &*file.path))
        })
    }
}
