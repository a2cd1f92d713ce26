//! The metadata of the distributions in a `site-packages`: each file is read once, by several threads
//! where there are many, and not at all if it was read by a former run and is unchanged.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::memory::{Memory, Place, Remembered, Stamps, stamps};
use super::metadata::State;
use super::record::{Blocks, Index, Text};
use super::shared::{Listed, SharedFile, shared};
use super::site::{Dist, Site};
use crate::formats::direct_url::DirectUrl;
use crate::formats::requirement::{Extras, Requirement, requires_dist};
use crate::fs;
use crate::support::cache::Cache;
use crate::support::{limits, parallel};

/// Fewer distributions are read faster than a thread is started: that takes about 50 µs, reading one
/// distribution about 30 µs.
const PER_THREAD: usize = 16;

/// More threads than this wait for the same directories.
const THREADS: usize = 8;

/// The contents of a dist-info, with the stamps of its files.
type Read = (Stamps, Facts, Option<(Text, Blocks)>);

/// The content of the files of one dist-info.
#[derive(Debug)]
pub(crate) struct DistInfo {
    /// RECORD, if it is whole, of an install that ended.
    pub(crate) record: Option<Text>,
    /// The state of METADATA.
    pub(crate) state: State,
    /// The headers of METADATA that say what the distribution requires.
    pub(crate) headers: String,
    /// The requirements that do not depend on an extra.
    pub(crate) requirements: Vec<Requirement>,
    /// WHEEL.
    pub(crate) wheel: String,
    /// `direct_url.json`.
    pub(crate) direct_url: Option<DirectUrl>,
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

    fn info(self, record: Option<Text>) -> DistInfo {
        DistInfo {
            record,
            state: self.state,
            requirements: requires_dist(&self.headers, Extras::Without).collect(),
            headers: self.headers,
            wheel: self.wheel,
            direct_url: self.direct_url.and_then(|text| DirectUrl::parse(text.as_bytes())),
        }
    }
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
        let place = Place::of(site, cache);
        match place.as_ref().and_then(Place::read) {
            Some(memory) => Self::remembered(site, memory),
            None => Self::read_files(site, place.as_ref()),
        }
    }

    fn remembered(site: &Site, memory: Memory) -> Self {
        let info = |it: Remembered| {
            let text = |index: &Index| Text::indexed(&site.path.join(&it.directory), index.clone());
            let record = it.facts.record.as_ref().map(text);
            (it.directory, it.facts.info(record))
        };
        Self { infos: memory.dists.into_iter().map(info).collect(), shared: memory.shared }
    }

    fn read_files(site: &Site, place: Option<&Place<'_>>) -> Self {
        let dists: Vec<_> = site.dists().collect();
        let read = |(): &mut (), dist: &Dist<'_>| {
            let directory = site.path.join(dist.directory);
            // Before the contents: a change in between is then detected later.
            let stamps = place.map(|_| stamps(&directory)).unwrap_or_default();
            (stamps, Facts::read(&directory), Text::read(&directory))
        };
        let threads = || parallel::processors().min(THREADS);
        let read = parallel::map_with(&dists, threads, PER_THREAD, || (), read);
        let records = read.iter().enumerate().filter_map(|(place, (.., record))| {
            let (record, blocks) = record.as_ref()?;
            Some(Listed { place, record, blocks })
        });
        let shared = shared(&records.collect::<Vec<_>>());
        if let Some(place) = place {
            let dist = |(dist, (stamps, facts, record)): (&Dist<'_>, &Read)| Remembered {
                directory: dist.directory.to_owned(),
                stamps: *stamps,
                facts: Facts {
                    record: record.as_ref().map(|(text, _)| text.index().clone()),
                    ..facts.clone()
                },
            };
            let dists = dists.iter().zip(&read).map(dist).collect();
            place.write(&Memory { dists, shared: shared.clone() });
        }
        let infos = dists.iter().zip(read).map(|(dist, (_, facts, record))| {
            (dist.directory.to_owned(), facts.info(record.map(|(text, _)| text)))
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
