//! A `site-packages`, as its directory lists it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use super::direct_url;
use super::series::LibrarySeries;
use crate::formats::dist_info;
use crate::formats::requirement::normalized;
use crate::fs::{DirView, FileFacts, Kind, names_in};
use crate::python::Interpreter;
use crate::support::host::Platform;
use crate::support::identity::FileStamp;
use crate::support::parallel;

/// The distributions that an environment contains from its creation.
pub(crate) const SEEDS: [&str; 2] = ["pip", "setuptools"];

/// The number of entries that a thread takes at a time: a look at one takes about 1 µs, the start of a
/// thread about 50 µs.
const SHARE: usize = 256;

/// A `site-packages`.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) path: PathBuf,
    /// The version in its parent's name.
    pub(crate) series: Option<LibrarySeries>,
    /// Its entries, sorted. Names that are not UTF-8 are left out: no distribution has them.
    pub(crate) names: Vec<String>,
    /// Opened when the first file below it is looked at.
    view: OnceLock<DirView>,
    /// The metadata of [`Self::names`], read when it is first asked for.
    entries: OnceLock<Vec<Option<FileFacts>>>,
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

    /// Those of [`Self::all`] into which this Python's pip installs.
    pub(crate) fn of_python(
        root: &Path,
        platform: Platform,
        interpreter: &Interpreter,
    ) -> Vec<Self> {
        let scheme = [&interpreter.scheme.purelib, &interpreter.scheme.platlib];
        let paths = scheme.map(|path| root.join(path));
        let mut sites = Self::all(root, platform);
        sites.retain(|site| paths.contains(&site.path));
        sites
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
        Some(Self::of(path, series, names.collect()))
    }

    pub(super) fn of(path: PathBuf, series: Option<LibrarySeries>, names: Vec<String>) -> Self {
        Self { path, series, names, view: OnceLock::new(), entries: OnceLock::new() }
    }

    /// The time since a name in it was last created, removed or changed; `None` if unknown.
    pub(crate) fn age(&self) -> Option<Duration> {
        let own = self.path.symlink_metadata().ok().map(|meta| FileFacts::of(&meta));
        let facts = self.entries().iter().flatten().chain(&own);
        let changed = facts.filter_map(|facts| facts.stamp?.changed());
        SystemTime::now().duration_since(changed.max()?).ok()
    }

    /// The metadata of each of its names. Links are not followed.
    pub(crate) fn entries(&self) -> &[Option<FileFacts>] {
        self.entries.get_or_init(|| {
            let look = |(): &mut (), name: &String| self.view().entry(Path::new(name));
            parallel::map_with(&self.names, parallel::processors, SHARE, || (), look)
        })
    }

    /// The stamp of the directory `name` at its top, which changes if an entry of the directory is created,
    /// removed or renamed (inode(7)). `None` for a link, and on Windows, where the standard library reads
    /// no ctime.
    pub(super) fn directory_stamp(&self, name: &str) -> Option<FileStamp> {
        let place = self.place(name)?;
        let facts = self.entries()[place].filter(|facts| facts.kind == Kind::Directory);
        facts?.stamp.filter(|_| cfg!(unix))
    }

    /// The metadata of a file or directory below it, links being followed.
    pub(crate) fn facts(&self, relative: &str) -> Option<FileFacts> {
        self.view().file(Path::new(relative))
    }

    /// The same, without following a link.
    pub(super) fn entry(&self, relative: &str) -> Option<FileFacts> {
        self.view().entry(Path::new(relative))
    }

    fn view(&self) -> &DirView {
        self.view.get_or_init(|| DirView::new(&self.path))
    }

    /// The place of an entry in [`Self::names`].
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.names.binary_search_by(|entry| entry.as_str().cmp(name)).ok()
    }

    /// The path of its entry `name`, relative to the environment at `root`.
    pub(crate) fn relative(&self, root: &Path, name: &str) -> PathBuf {
        let path = self.path.join(name);
        path.strip_prefix(root).unwrap_or(&path).to_owned()
    }

    /// The recorded distributions.
    pub(crate) fn dists(&self) -> impl Iterator<Item = Dist<'_>> {
        self.names.iter().filter_map(|directory| {
            let (name, version) = dist_info::name_and_version(directory)?;
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
