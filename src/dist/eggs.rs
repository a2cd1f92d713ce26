//! Distributions without a dist-info: installed by setuptools, distutils, and older releases of pip.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::site::Site;
use super::{direct_url, metadata};
use crate::formats::direct_url::percent_encoded;
use crate::formats::requirement::normalized;
use crate::fs;
use crate::support::limits;
use crate::support::path::has_extension;

/// A distribution's file or directory of metadata, or all of it in one.
#[derive(Debug)]
pub(crate) struct Egg<'a> {
    /// `six-1.16.0-py3.12.egg-info`, `six-1.16.0-py3.12.egg`, `six.egg-link`
    pub(crate) entry: &'a str,
    path: PathBuf,
}

impl<'a> Egg<'a> {
    /// Every one of a `site-packages`.
    pub(crate) fn all(site: &'a Site) -> impl Iterator<Item = Self> {
        let entries = site.names.iter().map(String::as_str).filter(|name| is_egg(name));
        entries.map(|entry| Self { entry, path: site.path.join(entry) })
    }

    /// The argument with which pip installs it again; `None` where neither the metadata nor the name says what
    /// it is.
    pub(crate) fn requirement(&self) -> Option<Vec<String>> {
        if has_extension(self.entry, "egg-link") {
            let project = self.project()?;
            // In a file of requirements, a path ends at a space.
            let is_unix = project.starts_with('/');
            let url = is_unix.then(|| format!("file://{}", percent_encoded(&project)));
            return Some(vec!["-e".to_owned(), url.unwrap_or(project)]);
        }
        let (name, version) = self.headers().or_else(|| self.name_says())?;
        Some(direct_url::requirement(&self.path, &name, &version))
    }

    /// The directory that a link leads to, absolute.
    pub(crate) fn project(&self) -> Option<String> {
        let link = has_extension(self.entry, "egg-link").then_some(&self.path)?;
        let text = String::from_utf8(fs::read_bounded(link, limits::SITE_FILE).ok()?).ok()?;
        let project = text.lines().next().filter(|line| Path::new(line).is_absolute());
        project.map(str::to_owned)
    }

    /// Its files, relative to its metadata, where an old pip has listed them.
    pub(crate) fn files(&self) -> Option<Vec<String>> {
        let text = self.text("installed-files.txt")?;
        Some(text.lines().map(|line| line.replace('\\', "/")).collect())
    }

    /// The names of its modules, as far as they can be told, normalized.
    pub(crate) fn modules(&self) -> Vec<String> {
        let lists = ["top_level.txt", "EGG-INFO/top_level.txt"];
        let text = lists.into_iter().find_map(|list| self.text(list)).unwrap_or_default();
        text.lines().chain([self.name()]).map(normalized).collect()
    }

    fn text(&self, name: &str) -> Option<String> {
        String::from_utf8(fs::read_bounded(&self.path.join(name), limits::SITE_FILE).ok()?).ok()
    }

    /// Whether it is one of these distributions.
    pub(crate) fn is_one_of(&self, keys: &[&str]) -> bool {
        keys.contains(&&*normalized(self.name()))
    }

    fn name(&self) -> &'a str {
        let stem = Path::new(self.entry).file_stem().and_then(OsStr::to_str);
        stem.and_then(|stem| stem.split('-').next()).unwrap_or(self.entry)
    }

    fn headers(&self) -> Option<(String, String)> {
        let inside = ["PKG-INFO", "EGG-INFO/PKG-INFO"].map(|name| self.path.join(name));
        let mut files = inside.into_iter().chain([self.path.clone()]);
        files.find_map(|file| metadata::headers(&file))
    }

    /// `six-1.16.0-py3.12.egg`, which can be an archive; `_` replaces `-`.
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn each_kind_says_what_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("a.egg-info/PKG-INFO", "Name: A.a\nVersion: 1\n");
        write("b-2-py3.9.egg-info", "Name: b\nVersion: 2\n");
        write("c_c-3.0_1-py3.9.egg", "PK");
        write("d.egg-link", "/my d\n.\n");
        write("e.egg-info", "");
        write("zope.f-6.egg-info/top_level.txt", "zope\n");
        let mut names: Vec<_> = std::fs::read_dir(dir.path()).unwrap().flatten().collect();
        names.sort_by_key(std::fs::DirEntry::file_name);
        let names = names.iter().map(|entry| entry.file_name().into_string().unwrap());
        let site = Site::of(dir.path().to_owned(), None, names.collect());
        let words = Egg::all(&site).map(|egg| Some(egg.requirement()?.join(" ")));
        let expected = ["A.a==1", "b==2", "c_c==3.0-1", "-e file:///my%20d", "", "zope.f==6"]
            .map(|words| Some(words.to_owned()).filter(|words| !words.is_empty()));
        assert_eq!(words.collect::<Vec<_>>(), expected);
        let modules = Egg::all(&site).last().unwrap().modules();
        assert_eq!(modules, ["zope", "zope-f"]);
    }
}
