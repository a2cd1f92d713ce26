//! Directories that were beside an environment and were moved together with it: the projects of editable
//! installs, the directories that `.pth` files name.

use std::path::PathBuf;

use super::origin::Origin;
use super::replaced;
use crate::dist::site::Site;
use crate::dist::{direct_url, pth};
use crate::formats::direct_url::percent_encoded;
use crate::fs;
use crate::support::limits;
use crate::venv::state::State;
use crate::venv::{Content, Entry};

/// The files in `site-packages` that name what came along, naming where it is now.
pub(super) fn relocated_editables(state: &State<'_>, origin: &Origin) -> Vec<Entry> {
    let Some(site) = state.site() else { return Vec::new() };
    let gone = editables(site).chain(pth::files(site).flat_map(|name| pth::paths(site, name)));
    let came: Vec<_> = gone
        .filter(|path| !path.exists())
        .filter_map(|path| Some((origin.followed(&path, state.root())?, path)))
        .filter_map(|(now, path)| Some((path.to_str()?.to_owned(), now.to_str()?.to_owned())))
        .collect();
    if came.is_empty() {
        return Vec::new();
    }
    let encoded: Vec<_> =
        came.iter().map(|(old, new)| (percent_encoded(old), percent_encoded(new))).collect();
    let finders = site.names.iter().map(String::as_str).filter(|name| is_finder(name));
    let plain = pth::files(site).chain(finders).map(|name| (name.to_owned(), &came));
    let urls = site.dists().map(|dist| (format!("{}/direct_url.json", dist.directory), &encoded));
    let entry = |(name, paths): (String, &Vec<(String, String)>)| {
        let old = fs::read_bounded(&site.path.join(&name), limits::SITE_FILE).ok()?;
        let new = paths
            .iter()
            .fold(old.clone(), |text, (from, to)| replaced(&text, from.as_bytes(), to.as_bytes()));
        let path = site.relative(state.root(), &name);
        (new != old).then(|| Entry::new(path, Content::Text(new)))
    };
    plain.chain(urls).filter_map(entry).collect()
}

/// The projects of editable installs.
fn editables(site: &Site) -> impl Iterator<Item = PathBuf> {
    let origins = site.dists().filter_map(|dist| direct_url::read(&site.path.join(dist.directory)));
    origins.filter_map(|origin| origin.editable())
}

/// The finder module that setuptools writes for a project that a `.pth` cannot describe.
fn is_finder(name: &str) -> bool {
    name.starts_with("__editable__") && name.ends_with("_finder.py")
}
