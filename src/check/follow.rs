//! What stood beside an environment and was moved together with it: the projects of editable
//! installs, the directories that `.pth` files name.

use std::path::{Path, PathBuf};

use super::direct_url::{DirectUrl, percent_encoded};
use super::origin::Origin;
use super::rewrite::replaced;
use super::site::Site;
use super::snapshot::Snapshot;
use crate::fs;
use crate::support::limits;
use crate::venv::{Content, Entry};

/// The files in `site-packages` that name what came along, naming where it is now.
pub(super) fn brought_here(snapshot: &Snapshot<'_>, origin: &Origin) -> Vec<Entry> {
    let Some(site) = snapshot.site() else { return Vec::new() };
    let gone = editables(site).chain(pths(site).flat_map(|name| named(site, name)));
    let came: Vec<_> = gone
        .filter(|path| !path.exists())
        .filter_map(|path| Some((origin.followed(&path, &snapshot.root)?, path)))
        .filter_map(|(now, path)| Some((path.to_str()?.to_owned(), now.to_str()?.to_owned())))
        .collect();
    if came.is_empty() {
        return Vec::new();
    }
    let encoded: Vec<_> =
        came.iter().map(|(old, new)| (percent_encoded(old), percent_encoded(new))).collect();
    let finders = site.names.iter().map(String::as_str).filter(|name| is_finder(name));
    let plain = pths(site).chain(finders).map(|name| (name.to_owned(), &came));
    let urls = site.dists().map(|dist| (format!("{}/direct_url.json", dist.directory), &encoded));
    let entry = |(name, paths): (String, &Vec<(String, String)>)| {
        let old = fs::read_bounded(&site.path.join(&name), limits::SITE_FILE).ok()?;
        let new = paths
            .iter()
            .fold(old.clone(), |text, (from, to)| replaced(&text, from.as_bytes(), to.as_bytes()));
        let path = site.relative(&snapshot.root, &name);
        (new != old).then(|| Entry::new(path, Content::Text(new)))
    };
    plain.chain(urls).filter_map(entry).collect()
}

/// The projects of editable installs.
fn editables(site: &Site) -> impl Iterator<Item = PathBuf> {
    let origins = site.dists().filter_map(|dist| DirectUrl::of(&site.path.join(dist.directory)));
    origins.filter_map(|origin| origin.editable())
}

/// What setuptools writes for a project that a `.pth` cannot describe.
fn is_finder(name: &str) -> bool {
    name.starts_with("__editable__") && name.ends_with("_finder.py")
}

/// The `.pth` files that `site` reads.
pub(super) fn pths(site: &Site) -> impl Iterator<Item = &str> {
    let names = site.names.iter().map(String::as_str);
    names.filter(|name| {
        let extension = Path::new(name).extension();
        extension.is_some_and(|found| found == "pth") && !name.starts_with('.')
    })
}

/// What a `.pth` file names, as `site` reads it.
pub(super) fn named(site: &Site, pth: &str) -> Vec<PathBuf> {
    let bytes = fs::read_bounded(&site.path.join(pth), limits::SITE_FILE).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let is_code = |line: &str| line.starts_with("import ") || line.starts_with("import\t");
    let lines = text.lines().map(str::trim_end);
    let paths = lines.filter(|line| !line.is_empty() && !line.starts_with('#') && !is_code(line));
    paths.map(|line| site.path.join(line.trim_start_matches('\u{feff}'))).collect()
}
