//! Editable installs: of which kind, and what of their projects can be copied.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::archive::Content;
use super::contents::{Contents, archive_path};
use super::{Error, Result};
use crate::dist::eggs::Egg;
use crate::dist::record::{BYTECODE, Record};
use crate::dist::site::{Dist, Site};
use crate::dist::{direct_url, pth};
use crate::formats::record::Row;
use crate::formats::requirement::normalized;
use crate::fs;
use crate::support::limits;
use crate::support::path::has_extension;

/// How the names of the modules begin and end by which build backends find a project: setuptools',
/// scikit-build-core's, meson-python's. What they read is code of their own.
const FINDERS: [(&str, &str); 3] =
    [("__editable__", "_finder.py"), ("_", "_editable.py"), ("_", "_editable_loader.py")];
/// The files that identify the directory of a project.
const PROJECT: [&str; 3] = ["pyproject.toml", "setup.py", "setup.cfg"];

/// A project that an environment uses where it is.
#[derive(Debug)]
pub(super) struct EditableInstall {
    name: String,
    /// Its dist-info; the `.egg-link` where it has none.
    pub(super) directory: String,
    /// The files in `site-packages` that lead to the project, and RECORD's other files.
    files: Vec<String>,
    /// The project's directory, if that is recorded.
    project: Option<PathBuf>,
    /// The directories that `.pth` files name.
    sources: Vec<PathBuf>,
    /// Packages and their directories, of a finder.
    mapping: Vec<(String, PathBuf)>,
    /// A finder that cannot be read.
    finder: Option<String>,
}

impl EditableInstall {
    /// Every one in a `site-packages`.
    pub(super) fn all(site: &Site, dists: &[Dist<'_>], records: &[Option<Record>]) -> Vec<Self> {
        let with_dist = dists.iter().zip(records);
        let with_dist =
            with_dist.filter_map(|(dist, record)| Self::of(site, dist, record.as_ref()));
        with_dist.chain(egg_links(site)).collect()
    }

    fn of(site: &Site, dist: &Dist<'_>, record: Option<&Record>) -> Option<Self> {
        let origin = direct_url::read(&site.path.join(dist.directory));
        let project = origin.and_then(|origin| origin.editable());
        let rows = record.map(|record| record.rows.iter()).into_iter().flatten();
        let files: Vec<_> = rows.map(|row| row.path.clone()).collect();
        let finder = files.iter().find(|file| is_finder(file)).cloned();
        if project.is_none() && finder.is_none() {
            return None;
        }
        let lists = files.iter().filter(|file| has_extension(file, "pth"));
        let sources = lists.flat_map(|file| pth::paths(site, file));
        let mapping = finder.as_ref().and_then(|finder| mapping(&site.path.join(finder)));
        Some(Self {
            name: format!("{} {}", dist.name, dist.version),
            directory: dist.directory.to_owned(),
            project,
            sources: sources.collect(),
            finder: finder.filter(|_| mapping.is_none()),
            mapping: mapping.unwrap_or_default(),
            files,
        })
    }

    /// For people: the name and where its project is.
    pub(super) fn shown(&self) -> String {
        let place = self.project.as_ref().or(self.sources.first());
        let place = place.or(self.mapping.first().map(|(_, path)| path));
        match place {
            Some(place) => format!("{} (`{}`)", self.name, place.display()),
            None => self.name.clone(),
        }
    }

    /// Whether a directory that a `.pth` file names is of this project.
    pub(super) fn has_source(&self, path: &Path) -> bool {
        self.sources.iter().any(|source| source == path)
            || self.project.as_ref().is_some_and(|project| path.starts_with(project))
    }

    /// The files and directories of the project's modules, with their names.
    fn modules(&self) -> Result<Vec<(String, PathBuf)>> {
        let unclear = || Error::EditableUnclear { name: self.shown() };
        if self.finder.is_some() {
            return Err(unclear());
        }
        let mut modules = self.mapping.clone();
        for source in self.sources.iter().filter(|source| source.is_dir()) {
            let is_project = PROJECT.iter().any(|name| source.join(name).exists());
            let key = normalized(self.name.split(' ').next().unwrap_or_default());
            for (name, path) in modules_in(source) {
                let stem = name.split('.').next().unwrap_or_default();
                // Beside the packages of a project there are its tests and its documentation.
                if !is_project || normalized(stem) == key {
                    modules.push((name, path));
                }
            }
        }
        if modules.is_empty() { Err(unclear()) } else { Ok(modules) }
    }
}

impl Contents<'_> {
    /// Leaves an editable install out, with its commands.
    pub(super) fn skip_editable(&mut self, site: &Site, editable: &EditableInstall) {
        self.notes.push(format!("{} is not in the archive", editable.shown()));
        let directories = [editable.directory.clone()];
        for file in editable.files.iter().chain(&directories) {
            if let Some(path) = self.path(&site.path.join(file)) {
                self.remove(&path);
            }
        }
    }

    /// Copies the modules of a project into `site-packages`; gives the rows of their files.
    pub(super) fn include_editable(
        &mut self,
        site: &Site,
        editable: &EditableInstall,
    ) -> Result<Vec<Row>> {
        let leads = |file: &&String| has_extension(file, "pth") || is_finder(file);
        for file in editable.files.iter().filter(leads) {
            if let Some(path) = self.path(&site.path.join(file)) {
                self.remove(&path);
            }
        }
        let mut rows = Vec::new();
        for (name, from) in editable.modules()? {
            for file in module_files(&from)? {
                let below = archive_path(&file, &from).unwrap_or_default();
                let row = if below.is_empty() { name.clone() } else { format!("{name}/{below}") };
                let Some(path) = self.path(&site.path.join(&row)) else { continue };
                let data = Self::bytes_of(&file)?;
                rows.push(Row::of(row, &data));
                self.add(path, Content::Bytes { data, executable: false });
            }
        }
        if let Some(project) = &editable.project {
            let shown = project.display();
            self.notes.push(format!("{} is in the archive as `{shown}` is now", editable.name));
        }
        Ok(rows)
    }
}

/// The file of an editable install before PEP 660, by setuptools and pip: a link with the project's path.
fn egg_links(site: &Site) -> impl Iterator<Item = EditableInstall> {
    Egg::all(site).filter_map(|egg| {
        let source = PathBuf::from(egg.project()?);
        let link = egg.entry;
        Some(EditableInstall {
            name: link.trim_end_matches(".egg-link").to_owned(),
            directory: link.to_owned(),
            files: vec![link.to_owned()],
            project: Some(source.clone()),
            sources: vec![source],
            mapping: Vec::new(),
            finder: None,
        })
    })
}

/// `MAPPING` of the module that setuptools writes, a dictionary of strings in one line.
fn mapping(finder: &Path) -> Option<Vec<(String, PathBuf)>> {
    let bytes = fs::read_bounded(finder, limits::SITE_FILE).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let line = text.lines().find(|line| line.starts_with("MAPPING"))?;
    let literal = line.split_once('{')?.1.trim_end().strip_suffix('}')?;
    // A quote or a backslash in a name would be escaped.
    if literal.contains(['\\', '"']) {
        return None;
    }
    let strings: Vec<_> = literal.split('\'').skip(1).step_by(2).collect();
    let pairs = strings.chunks_exact(2);
    let entry = |pair: &[&str]| {
        let path = PathBuf::from(pair[1]);
        // The directory of a package, or a module without its extension.
        let module = path.with_extension("py");
        let (path, end) = if path.is_dir() { (path, "") } else { (module, ".py") };
        (pair[0].replace('.', "/") + end, path)
    };
    Some(pairs.map(entry).collect())
}

/// The modules in a directory of sources.
fn modules_in(source: &Path) -> Vec<(String, PathBuf)> {
    let names = fs::names_in(source).into_iter().filter_map(|name| name.into_string().ok());
    let modules = names.filter(|name| {
        let is_setup = ["setup.py", "conftest.py"].contains(&&**name);
        let is_metadata = has_extension(name, "egg-info") || has_extension(name, "dist-info");
        let is_module = has_extension(name, "py") || has_extension(name, "so");
        let is_package = || !name.contains('.') && name != BYTECODE && source.join(name).is_dir();
        !is_setup && !is_metadata && (is_module || is_package())
    });
    modules.map(|name| (name.clone(), source.join(&name))).collect()
}

/// The files of a package or module.
fn module_files(module: &Path) -> Result<Vec<PathBuf>> {
    let is_source = |entry: &DirEntry| {
        entry.file_name() != BYTECODE
            && entry.path().extension().is_none_or(|extension| extension != "pyc")
    };
    let mut files = Vec::new();
    for entry in WalkDir::new(module).sort_by_file_name().into_iter().filter_entry(is_source) {
        let entry = entry.map_err(|error| {
            let source = error.into_io_error().unwrap_or_else(|| std::io::ErrorKind::Other.into());
            Error::io("read", module)(source)
        })?;
        if entry.file_type().is_symlink() {
            return Err(Error::NotAFile { path: entry.into_path() });
        }
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

fn is_finder(file: &str) -> bool {
    !file.contains('/')
        && FINDERS.iter().any(|(start, end)| file.starts_with(start) && file.ends_with(end))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::support::host::Platform;

    #[test]
    fn an_egg_link_names_an_absolute_path() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("lib/python3.12/site-packages");
        std::fs::create_dir_all(&path).unwrap();
        let links = [("a.egg-link", "/src/a\n.\n"), ("b.egg-link", "src/b\n."), ("c.egg-link", "")];
        for (name, text) in links {
            std::fs::write(path.join(name), text).unwrap();
        }
        let sites = Site::all(root.path(), Platform::Linux);
        let projects: Vec<_> = egg_links(&sites[0]).map(|editable| editable.project).collect();
        assert_eq!(projects, [Some(PathBuf::from("/src/a"))]);
    }
}
