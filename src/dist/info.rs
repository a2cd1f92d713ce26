//! The metadata of the distributions in a `site-packages`: each file is read once, by several threads
//! where there are many.

use std::collections::HashMap;
use std::path::PathBuf;

use super::metadata::State;
use super::record::Text;
use super::site::{Dist, Site};
use crate::formats::direct_url::DirectUrl;
use crate::formats::requirement::{Extras, Requirement, requires_dist};
use crate::fs;
use crate::support::{limits, parallel};

/// Fewer distributions are read faster than a thread is started: that takes about 50 µs, reading one
/// distribution about 30 µs.
const PER_THREAD: usize = 16;

/// More threads than this wait for the same directories.
const THREADS: usize = 8;

/// The content of the files of one dist-info.
#[derive(Debug)]
pub(crate) struct DistInfo {
    /// RECORD, if it is whole, of an install that ended.
    pub(crate) record: Option<Text>,
    /// The state of METADATA.
    pub(crate) state: State,
    /// The headers of METADATA.
    pub(crate) headers: String,
    /// The requirements that do not depend on an extra.
    pub(crate) requirements: Vec<Requirement>,
    /// WHEEL.
    pub(crate) wheel: String,
    /// `direct_url.json`.
    pub(crate) direct_url: Option<DirectUrl>,
}

impl DistInfo {
    fn read(site: &Site, dist: &Dist<'_>) -> Self {
        let directory = site.path.join(dist.directory);
        let small = |name: &str| fs::read_bounded(&directory.join(name), limits::SITE_FILE);
        let (state, headers) = State::with_headers(&directory.join("METADATA"));
        Self {
            record: Text::read(&directory),
            state,
            requirements: requires_dist(&headers, Extras::Without).collect(),
            headers,
            wheel: String::from_utf8_lossy(&small("WHEEL").unwrap_or_default()).into_owned(),
            direct_url: small("direct_url.json").ok().and_then(|bytes| DirectUrl::parse(&bytes)),
        }
    }
}

/// That of each distribution, by the name of its dist-info.
#[derive(Debug, Default)]
pub(crate) struct DistInfos(HashMap<String, DistInfo>);

impl DistInfos {
    pub(crate) fn read(site: &Site) -> Self {
        let dists: Vec<_> = site.dists().collect();
        let read =
            |(): &mut (), dist: &Dist<'_>| (dist.directory.to_owned(), DistInfo::read(site, dist));
        let threads = || parallel::processors().min(THREADS);
        let infos = parallel::map_with(&dists, threads, PER_THREAD, || (), read);
        Self(infos.into_iter().collect())
    }

    /// That of a distribution of the same `site-packages`.
    pub(crate) fn of(&self, dist: &Dist<'_>) -> Option<&DistInfo> {
        self.0.get(dist.directory)
    }

    /// The project of an editable install.
    pub(crate) fn editable(&self, dist: &Dist<'_>) -> Option<PathBuf> {
        self.of(dist)?.direct_url.as_ref()?.editable()
    }

    /// RECORD, if it is whole.
    pub(crate) fn record(&self, dist: &Dist<'_>) -> Option<&Text> {
        self.of(dist)?.record.as_ref()
    }
}
