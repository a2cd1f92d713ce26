//! Which distributions an environment has, to find those that a run of pip installed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::formats::dist_info;
use crate::formats::requirement::normalized;
use crate::fs::names_in;
use crate::python::Interpreter;
use crate::support::identity::FileVersion;
use crate::venv::Env;

/// The distributions of an environment at one time, to find out later which of them are new.
#[derive(Clone, Debug)]
pub struct Snapshot(BTreeMap<PathBuf, Option<FileVersion>>);

impl Snapshot {
    /// Those of the environment at `root`, which need not exist.
    pub fn of(root: &Path, interpreter: &Interpreter) -> Self {
        Self::of_sites(root, sites(interpreter))
    }

    /// Those in the `site-packages` of an environment.
    pub fn of_env(env: &Env) -> Self {
        let site = env.site_packages();
        let relative = site.as_deref().and_then(|site| site.strip_prefix(env.root()).ok());
        Self::of_sites(env.root(), relative)
    }

    fn of_sites<'s>(root: &Path, sites: impl IntoIterator<Item = &'s Path>) -> Self {
        let mut found = BTreeMap::new();
        for site in sites {
            for name in names_in(&root.join(site)) {
                if name.as_encoded_bytes().ends_with(b".dist-info") {
                    let dist_info = site.join(name);
                    let record = root.join(&dist_info).join("RECORD");
                    found.insert(dist_info, FileVersion::of(&record));
                }
            }
        }
        Self(found)
    }

    /// The normalized names (PEP 503) and the versions of the distributions that are not the same in
    /// `before`.
    pub fn new_since(&self, before: &Self) -> Vec<(String, String)> {
        let name_and_version = |path: &Path| {
            let (name, version) = dist_info::name_and_version(path.file_name()?.to_str()?)?;
            Some((normalized(name), version.to_owned()))
        };
        self.since(before).filter_map(name_and_version).collect()
    }

    /// The directories of metadata that `self` has, and that are not the same in `before`.
    pub(super) fn since<'s>(&'s self, before: &'s Self) -> impl Iterator<Item = &'s Path> {
        let is_new = |(path, version): &(&PathBuf, &Option<FileVersion>)| {
            version.is_some() && before.0.get(*path) != Some(*version)
        };
        self.0.iter().filter(is_new).map(|(path, _)| &**path)
    }
}

/// The directories with distributions, relative to an environment.
fn sites(interpreter: &Interpreter) -> Vec<&Path> {
    let scheme = &interpreter.scheme;
    let mut sites = vec![&*scheme.purelib, &*scheme.platlib];
    sites.dedup();
    sites
}
