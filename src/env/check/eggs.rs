//! What was installed without a dist-info: by setuptools, distutils, and pip for a long time.

use std::path::{Path, PathBuf};

use super::site::{Site, normalized};
use super::{direct_url, metadata};
use crate::fs;

/// More than any path, and any list of names.
const LIMIT: u64 = 1 << 20;

/// A distribution's file or directory of metadata, or all of it in one.
#[derive(Debug)]
pub(super) struct Egg<'a> {
    /// `six-1.16.0-py3.12.egg-info`, `six-1.16.0-py3.12.egg`, `six.egg-link`
    pub(super) entry: &'a str,
    path: PathBuf,
}

impl<'a> Egg<'a> {
    /// Every one of a `site-packages`.
    pub(super) fn all(site: &'a Site) -> impl Iterator<Item = Self> {
        let entries = site.names.iter().map(String::as_str).filter(|name| is_egg(name));
        entries.map(|entry| Self { entry, path: site.path.join(entry) })
    }

    /// How pip is told to install it again; `None` where neither the metadata nor the name says what
    /// it is.
    pub(super) fn requirement(&self) -> Option<Vec<String>> {
        if has_extension(self.entry, "egg-link") {
            let text = String::from_utf8(fs::read_bounded(&self.path, LIMIT).ok()?).ok()?;
            let project = text.lines().next().filter(|line| Path::new(line).is_absolute())?;
            return Some(vec!["-e".to_owned(), project.to_owned()]);
        }
        let (name, version) = self.headers().or_else(|| self.name_says())?;
        Some(direct_url::requirement(&self.path, &name, &version))
    }

    /// The names of its modules, as far as they can be told, normalized.
    pub(super) fn modules(&self) -> Vec<String> {
        let lists = ["top_level.txt", "EGG-INFO/top_level.txt"].map(|name| self.path.join(name));
        let text = lists.iter().find_map(|list| fs::read_bounded(list, LIMIT).ok());
        let text = String::from_utf8(text.unwrap_or_default()).unwrap_or_default();
        text.lines().chain([self.name()]).map(normalized).collect()
    }

    /// Whether it is one of these distributions.
    pub(super) fn is_one_of(&self, keys: &[&str]) -> bool {
        keys.contains(&&*normalized(self.name()))
    }

    fn name(&self) -> &'a str {
        self.entry.split(['-', '.']).next().unwrap_or_default()
    }

    fn headers(&self) -> Option<(String, String)> {
        let inside = ["PKG-INFO", "EGG-INFO/PKG-INFO"].map(|name| self.path.join(name));
        let mut files = inside.into_iter().chain([self.path.clone()]);
        files.find_map(|file| metadata::headers(&file))
    }

    /// `six-1.16.0-py3.12.egg`, which can be an archive; `_` stands for `-`.
    fn name_says(&self) -> Option<(String, String)> {
        let stem = Path::new(self.entry).file_stem()?.to_str()?;
        let mut words = stem.split('-');
        let (name, version) = (words.next()?, words.next()?);
        let is_version = version.starts_with(|c: char| c.is_ascii_digit());
        is_version.then(|| (name.to_owned(), version.replace('_', "-")))
    }
}

fn is_egg(name: &str) -> bool {
    !name.starts_with('~')
        && ["egg-info", "egg", "egg-link"].iter().any(|kind| has_extension(name, kind))
}

fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name).extension().is_some_and(|found| found == extension)
}
