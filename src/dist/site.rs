//! A `site-packages`, as its directory lists it.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::direct_url;
use super::series::LibrarySeries;
use crate::formats::requirement::normalized;
use crate::fs::names_in;
use crate::support::host::Platform;

/// The distributions that an environment contains from its creation.
pub(crate) const SEEDS: [&str; 2] = ["pip", "setuptools"];

/// A `site-packages`.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) path: PathBuf,
    /// The version in its parent's name.
    pub(crate) series: Option<LibrarySeries>,
    /// Its entries, sorted. Names that are not UTF-8 are left out: no distribution has them.
    pub(crate) names: Vec<String>,
}

/// A distribution that is recorded in a `site-packages`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dist<'a> {
    /// The name as spelled in the directory name: `ruamel.yaml`, `typing_extensions`.
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    /// `typing_extensions-4.9.0.dist-info`
    pub(crate) directory: &'a str,
}

impl Dist<'_> {
    /// The name by which two spellings are the same (PEP 503).
    pub(crate) fn key(&self) -> String {
        normalized(self.name)
    }

    /// Whether it may have come with the environment.
    pub(crate) fn is_seed(&self) -> bool {
        SEEDS.contains(&&*self.key())
    }

    /// The requirement with which pip installs it again.
    pub(crate) fn requirement(&self, site: &Site) -> Vec<String> {
        direct_url::requirement(&site.path.join(self.directory), self.name, self.version)
    }
}

impl Site {
    /// Every `site-packages` of an environment, in the order of their paths.
    pub(crate) fn all(root: &Path, platform: Platform) -> Vec<Self> {
        let windows = [root.join("Lib/site-packages")];
        let unix = names_in(&root.join("lib"));
        let unix = unix.iter().map(|name| root.join("lib").join(name).join("site-packages"));
        let paths: Vec<PathBuf> = match platform {
            Platform::Windows => windows.into(),
            Platform::Linux | Platform::MacOs => unix.collect(),
        };
        paths.into_iter().filter_map(Self::read).collect()
    }

    fn read(path: PathBuf) -> Option<Self> {
        let names = names_in(&path);
        // One that may not be listed is there, too.
        if names.is_empty() && !path.is_dir() {
            return None;
        }
        let parent = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
        let series = parent.and_then(LibrarySeries::of_directory);
        let names = names.into_iter().filter_map(|name| name.into_string().ok());
        Some(Self { series, names: names.collect(), path })
    }

    /// The time since a name in it was last created, removed or changed; `None` if unknown.
    pub(crate) fn age(&self) -> Option<Duration> {
        let paths = self.names.iter().map(|name| self.path.join(name));
        let paths = std::iter::once(self.path.clone()).chain(paths);
        let changed = paths.filter_map(|path| changed(&path.symlink_metadata().ok()?));
        SystemTime::now().duration_since(changed.max()?).ok()
    }

    /// The path of its entry `name`, relative to the environment at `root`.
    pub(crate) fn relative(&self, root: &Path, name: &str) -> PathBuf {
        let path = self.path.join(name);
        path.strip_prefix(root).unwrap_or(&path).to_owned()
    }

    /// The recorded distributions.
    pub(crate) fn dists(&self) -> impl Iterator<Item = Dist<'_>> {
        self.names.iter().filter_map(|directory| {
            let (name, version) = directory.strip_suffix(".dist-info")?.split_once('-')?;
            // A directory that pip renamed in order to delete it is not a distribution.
            (!name.starts_with('~')).then_some(Dist { name, version, directory })
        })
    }

    /// Whether somebody installed something.
    pub(crate) fn is_filled(&self) -> bool {
        self.dists().any(|dist| !dist.is_seed())
    }

    /// The distribution with a name.
    pub(crate) fn dist(&self, key: &str) -> Option<Dist<'_>> {
        self.dists().find(|dist| dist.key() == key)
    }

    /// The distributions that are recorded more than once.
    pub(crate) fn twice(&self) -> Vec<Vec<Dist<'_>>> {
        let mut by_key = BTreeMap::<_, Vec<_>>::new();
        for dist in self.dists() {
            by_key.entry(dist.key()).or_default().push(dist);
        }
        by_key.into_values().filter(|dists| dists.len() > 1).collect()
    }
}

/// When a file's status was last changed: renaming sets it, and no program sets it back.
#[cfg(unix)]
fn changed(meta: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt;
    let (seconds, nanoseconds) =
        (meta.ctime().try_into().ok()?, meta.ctime_nsec().try_into().ok()?);
    Some(SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds))
}

/// There is no such time that the standard library reads.
#[cfg(not(unix))]
fn changed(meta: &Metadata) -> Option<SystemTime> {
    meta.modified().ok()
}
