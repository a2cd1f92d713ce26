//! The files in a `site-packages` that an installer certainly wrote.

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};

use crate::dist::aside::is_aside;
use crate::dist::eggs::Egg;
use crate::dist::record::{BYTECODE, Record, tops};
use crate::dist::site::{SEEDS, Site};
use crate::formats::requirement::normalized;

/// The entries at the top of a `site-packages` that an environment tool creates.
const MARKS: [&str; 2] = ["_virtualenv.pth", "_virtualenv.py"];

/// The installed files of a `site-packages`.
pub(super) struct Installed<'a> {
    site: &'a Site,
    /// Its path, relative to the environment.
    pub(crate) path: PathBuf,
    /// The files that a RECORD lists, relative to the environment, with their hashes.
    pub(super) files: HashMap<PathBuf, String>,
    /// The modules of seeds without a RECORD: every environment contains them.
    seeds: HashSet<String>,
    /// The modules of other distributions without a RECORD. They may contain files of the user.
    unlisted: HashSet<String>,
    /// The original names of the files that pip moved aside.
    owned: HashSet<String>,
}

impl<'a> Installed<'a> {
    pub(super) fn read(site: &'a Site, root: &Path) -> Self {
        let path = site.relative(root, "");
        let (files, seeds, unlisted) = <_>::default();
        let owned = HashSet::from([BYTECODE.to_owned()]);
        let mut installed = Self { site, path, files, seeds, unlisted, owned };
        for egg in Egg::all(site) {
            installed.add_egg(&egg);
        }
        for dist in site.dists() {
            installed.owned.insert(dist.name.to_owned());
            match Record::read(site, &dist) {
                Some(record) => installed.add_record(record),
                None if dist.is_seed() => drop(installed.seeds.insert(dist.key())),
                None => drop(installed.unlisted.insert(dist.key())),
            }
        }
        // Their files have their original names or were moved aside.
        let asides = site.names.iter().filter(|name| name.starts_with('~'));
        for record in asides.filter_map(|name| Record::of_directory(site, name)) {
            installed.owned.extend(tops(&record));
        }
        installed
    }

    fn add_egg(&mut self, egg: &Egg<'_>) {
        self.owned.extend(egg.modules());
        if let Some(files) = egg.files() {
            let metadata = self.path.join(egg.entry);
            let files = files.iter().map(|file| (joined(&metadata, file), String::new()));
            self.files.extend(files);
        } else if egg.is_one_of(&SEEDS) {
            self.seeds.extend(egg.modules());
        } else {
            self.unlisted.extend(egg.modules());
        }
    }

    fn add_record(&mut self, record: Record) {
        self.owned.extend(tops(&record));
        let rows = record.rows.into_iter();
        self.files.extend(rows.map(|row| (joined(&self.path, &row.path), row.hash)));
    }

    /// Whether the entry at a path is installed again with its content.
    pub(super) fn has(&self, path: &Path) -> bool {
        let mut names = path.iter().map(|name| name.to_string_lossy());
        let (Some(top), last) = (names.next(), names.next_back()) else { return false };
        let (stem, extension) = top.split_once('.').unwrap_or((&top, ""));
        let module = if extension == "pth" { String::new() } else { normalized(stem) };
        let is_for_this_python = is_for_one_python(last.as_ref().unwrap_or(&top));
        let kinds = [".dist-info", ".egg-info", ".egg", ".egg-link", ".virtualenv"];
        kinds.iter().any(|kind| top.ends_with(kind))
            || MARKS.contains(&&*top)
            || self.is_aside(&top)
            || self.seeds.contains(&module)
            || (is_for_this_python && self.unlisted.contains(&module))
    }

    /// Whether this is an entry that pip was about to delete.
    fn is_aside(&self, name: &str) -> bool {
        name.starts_with('~') && self.owned.iter().any(|owned| is_aside(name, owned))
    }

    /// The user's lines of a file that lists eggs.
    pub(super) fn own_lines(&self, text: &str) -> String {
        let projects: Vec<_> =
            Egg::all(self.site).filter_map(|egg| egg.project().map(PathBuf::from)).collect();
        let is_own = |line: &&str| {
            let path = self.site.path.join(line.trim());
            let is_egg = path.extension().is_some_and(|extension| extension == "egg");
            let is_setuptools = line.contains("sys.__plen");
            !(line.trim().is_empty() || is_setuptools || is_egg || projects.contains(&path))
        };
        text.lines().filter(is_own).flat_map(|line| [line, "\n"]).collect()
    }
}

/// Whether the name of a compiled module contains its Python: `a.cpython-312-darwin.so`.
pub(super) fn is_for_one_python(name: &str) -> bool {
    let tags = [".cpython-", ".cp3", ".pypy3", ".graalpy"];
    is_compiled(name) && tags.iter().any(|tag| name.contains(tag))
}

/// Whether a file is a compiled module or bytecode.
pub(super) fn is_compiled(name: &str) -> bool {
    [".so", ".pyd", ".pyc"].iter().any(|end| name.ends_with(end))
}

/// The normalized path of a RECORD row, without file operations.
fn joined(site: &Path, path: &str) -> PathBuf {
    let mut joined = site.to_owned();
    for part in Path::new(path).components() {
        match part {
            Component::ParentDir => drop(joined.pop()),
            Component::CurDir => {}
            part => joined.push(part),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_record_are_the_environments() {
        let site = Path::new("lib/python3.12/site-packages");
        for (path, expected) in [
            ("a/b.py", "lib/python3.12/site-packages/a/b.py"),
            ("../../../bin/a", "bin/a"),
            ("../../../share/a/./b", "share/a/b"),
        ] {
            assert_eq!(joined(site, path), Path::new(expected));
        }
    }
}
