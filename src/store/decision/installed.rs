//! The distributions that an environment already contains.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::reason::Reason;
use crate::dist::eggs::Egg;
use crate::dist::pth;
use crate::dist::site::{Dist, Site};
use crate::formats::metadata;
use crate::fs;
use crate::python::Interpreter;
use crate::support::host::Host;
use crate::support::limits;
use crate::venv::Env;

/// The requirements in a distribution's METADATA.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// Every `Requires-Dist`.
    pub(super) requires_dist: Vec<String>,
    /// Every `Provides-Extra`.
    pub(super) provides_extra: Vec<String>,
}

/// A distribution of the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InstalledDist {
    pub(super) version: String,
    pub(super) needs: Needs,
}

/// The distributions of an environment, by normalized name.
#[derive(Debug, Default)]
pub struct Installed {
    pub(super) dists: BTreeMap<String, InstalledDist>,
}

impl Installed {
    /// That of an environment to come, in which pip and perhaps setuptools are to be: name and version.
    pub fn seeds<'a>(seeds: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let dist =
            |version: &str| InstalledDist { version: version.to_owned(), needs: Needs::default() };
        let dists = seeds.into_iter().map(|(name, version)| (name.to_owned(), dist(version)));
        Self { dists: dists.collect() }
    }

    /// The distributions that pip would find in `env`, whose Python is `interpreter`.
    ///
    /// # Errors
    /// A place that has more than the distributions in the environment's own `site-packages`, or
    /// cannot say which version one of them has.
    pub fn read(env: &Env, interpreter: &Interpreter, host: &Host) -> Result<Self, Reason> {
        if env.cfg().includes_system_site_packages() {
            return Err(Reason::SystemSitePackages);
        }
        let mut dists = BTreeMap::new();
        for site in Site::of_python(env.root(), host.platform(), interpreter) {
            if let Some(elsewhere) = elsewhere(&site) {
                return Err(Reason::OtherPackages(elsewhere));
            }
            for dist in site.dists() {
                let found =
                    InstalledDist { version: dist.version.to_owned(), needs: needs(&site, &dist)? };
                if dists.insert(dist.key(), found).is_some() {
                    return Err(Reason::OtherVersionInstalled(dist.key()));
                }
            }
        }
        Ok(Self { dists })
    }
}

/// The directory of `PYTHONPATH` that has distributions, which pip takes for installed.
///
/// # Errors
/// [`Reason::OtherPackages`]
pub(super) fn check_python_path(host: &Host) -> Result<(), Reason> {
    let path = host.var("PYTHONPATH").unwrap_or_default();
    let mut directories = std::env::split_paths(path).map(|path| host.cwd().join(path));
    match directories.find(|directory| has_distributions(directory)) {
        Some(directory) => Err(Reason::OtherPackages(directory)),
        None => Ok(()),
    }
}

/// Something outside of dist-info directories that pip takes for a distribution.
fn elsewhere(site: &Site) -> Option<PathBuf> {
    if let Some(egg) = Egg::all(site).next() {
        return Some(site.path.join(egg.entry));
    }
    let mut named = pth::files(site).flat_map(|pth| pth::paths(site, pth));
    named.find(|directory| has_distributions(directory))
}

/// Whether a directory has metadata of a distribution, or is an archive, which may have it.
fn has_distributions(path: &Path) -> bool {
    let is_metadata = |name: &OsStr| {
        let extension = Path::new(name).extension().and_then(OsStr::to_str);
        extension.is_some_and(|end| ["dist-info", "egg-info", "egg", "egg-link"].contains(&end))
    };
    path.is_file() || fs::names_in(path).iter().any(|name| is_metadata(name))
}

fn needs(site: &Site, dist: &Dist<'_>) -> Result<Needs, Reason> {
    let path = site.path.join(dist.directory).join("METADATA");
    let bytes = fs::read_bounded(&path, limits::METADATA).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.ok_or_else(|| Reason::Metadata(dist.key()))?;
    let fields = metadata::fields(&text);
    let all = |name: &str| {
        let values = fields.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name));
        values.map(|(_, value)| value.clone()).collect()
    };
    Ok(Needs { requires_dist: all("Requires-Dist"), provides_extra: all("Provides-Extra") })
}
