//! Directories that pip renamed, to delete them at the end of an install, and did not delete: until then, each is the
//! only whole copy that there is.

use std::collections::HashSet;

use crate::dist::aside::is_aside;
use crate::dist::record::{Record, tops};
use crate::dist::site::{Dist, Site};
use crate::dist::{direct_url, metadata, verify};
use crate::formats::dist_info;
use crate::formats::requirement::normalized;

/// A distribution whose metadata pip moved aside.
#[derive(Debug)]
pub(in crate::check) struct Aside {
    pub(in crate::check) name: String,
    pub(in crate::check) version: String,
    /// The name of its dist-info now.
    pub(in crate::check) directory: String,
    /// The name of its dist-info before.
    pub(in crate::check) was: String,
    /// Each name that it had at the top of `site-packages`, and the name that this has now.
    pub(in crate::check) parts: Vec<(String, String)>,
    /// The modules that it had as files at the top, without `.py`.
    pub(in crate::check) modules: Vec<String>,
    /// The paths that its files had before, as in its RECORD.
    pub(in crate::check) files: HashSet<String>,
    /// Its RECORD, with the paths that the files have now.
    record: Option<Record>,
}

impl Aside {
    /// `None` where nothing in it says what it was.
    fn read(site: &Site, directory: &str, names: &[&str]) -> Option<Self> {
        let mut record = Record::of_directory(site, directory);
        let was = record.as_ref().and_then(Record::dist_info).map(str::to_owned);
        let headers = metadata::headers(&site.path.join(directory).join("METADATA"));
        let by_directory = || {
            let (name, version) = dist_info::name_and_version(was.as_ref()?)?;
            Some((name.to_owned(), version.to_owned()))
        };
        let (name, version) = headers.or_else(by_directory)?;
        let was = was.unwrap_or_else(|| format!("{name}-{version}.dist-info"));
        let mut parts = vec![(was.clone(), directory.to_owned())];
        let tops = record.as_ref().map(tops).unwrap_or_default();
        let modules = tops.iter().filter_map(|top| top.strip_suffix(".py").map(str::to_owned));
        let modules = modules.collect();
        for top in tops.into_iter().filter(|top| *top != was) {
            let aside = names.iter().find(|leftover| is_aside(leftover, &top));
            parts.extend(aside.map(|leftover| (top, (*leftover).to_owned())));
        }
        let rows = record.iter().flat_map(Record::texts);
        let files = rows.map(|row| row.path.into_owned()).collect();
        if let Some(record) = &mut record {
            record.rename(&parts);
        }
        let directory = directory.to_owned();
        Some(Self { name, version, directory, was, parts, modules, files, record })
    }

    /// Whether a name is what a part of it has now.
    pub(in crate::check) fn has(&self, leftover: &str) -> bool {
        self.parts.iter().any(|(_, name)| *name == leftover)
    }

    pub(in crate::check) fn is_of(&self, dist: &Dist<'_>) -> bool {
        dist.key() == normalized(&self.name)
    }

    /// Whether every file is as it was installed, where it is now. What stands in its old place may be
    /// of another version, and have the same size.
    pub(in crate::check) fn is_whole(&self, site: &Site) -> bool {
        self.record.as_ref().is_some_and(|record| verify::is_whole(&site.path, record))
    }

    pub(in crate::check) fn requirement(&self, site: &Site) -> Vec<String> {
        direct_url::requirement(&site.path.join(&self.directory), &self.name, &self.version)
    }
}

/// The entries of a `site-packages` whose names pip gives to files that it is going to delete.
#[derive(Debug, Default)]
pub(in crate::check) struct Asides {
    /// Every such name.
    pub(in crate::check) names: Vec<String>,
    /// Those with metadata, of distributions whose new version is whole.
    pub(in crate::check) settled: Vec<Aside>,
    /// Those with metadata, of distributions whose new version is not whole.
    pub(in crate::check) open: Vec<Aside>,
    /// The distributions that are whole: their dist-info, and their names at the top of `site-packages`.
    pub(in crate::check) whole: Vec<(String, HashSet<String>)>,
}

impl Asides {
    pub(in crate::check) fn read(site: &Site) -> Self {
        let names: Vec<&str> =
            site.names.iter().map(String::as_str).filter(|name| name.starts_with('~')).collect();
        if names.is_empty() {
            return Self::default();
        }
        let whole: Vec<_> =
            site.dists().filter_map(|dist| Some((tops_if_whole(site, &dist)?, dist))).collect();
        let metadata = names.iter().filter(|name| name.ends_with(".dist-info"));
        let asides = metadata.filter_map(|name| Aside::read(site, name, &names));
        let (settled, open) =
            asides.partition(|aside: &Aside| whole.iter().any(|(_, dist)| aside.is_of(dist)));
        let whole =
            whole.into_iter().map(|(tops, dist)| (dist.directory.to_owned(), tops)).collect();
        Self { names: names.into_iter().map(str::to_owned).collect(), settled, open, whole }
    }

    /// Whether the old version of a distribution is aside still: it is judged as an interrupted install.
    pub(in crate::check) fn supersede(&self, dist: &Dist<'_>) -> bool {
        self.open.iter().any(|aside| aside.is_of(dist))
    }
}

/// The names of a distribution at the top of `site-packages`, if all of its files exist.
fn tops_if_whole(site: &Site, dist: &Dist<'_>) -> Option<HashSet<String>> {
    let record = Record::read(site, dist)?;
    let is_whole = verify::missing(&site.path, record.texts()).next().is_none();
    is_whole.then(|| tops(&record))
}
