//! The project of the current directory. Its files are read once.

use std::io;
use std::path::{Path, PathBuf};

use toml::Table;
use toml::de::{DeTable, DeValue};

use crate::fs;
use crate::settings::{Error, Result};
use crate::support::found;
use crate::support::host::Host;
use crate::support::limits;

/// A TOML file.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its path.
    pub path: PathBuf,
    /// Its content.
    pub table: Table,
    /// Its text.
    text: String,
}

/// The files of the project.
#[derive(Debug, Default)]
pub struct Project {
    /// The nearest `rvenv.toml`, unless a `pyproject.toml` is nearer.
    pub settings: Option<Document>,
    /// The nearest `pyproject.toml`.
    pub manifest: Option<Document>,
    /// The error of a `pyproject.toml` that was ignored: other tools use the file, too, and the error may
    /// not concern rvenv.
    pub unreadable: Option<Error>,
}

impl Project {
    /// Searches the current directory and its parents. A missing file costs one failed open(2).
    ///
    /// # Errors
    /// If an `rvenv.toml`, or a `pyproject.toml` that mentions rvenv, cannot be read.
    pub fn find(host: &Host) -> Result<Self> {
        let mut project = Self::default();
        for dir in host.cwd().ancestors() {
            if project.settings.is_none() {
                project.settings = read_found(&dir.join("rvenv.toml"), host)?;
            }
            let path = dir.join("pyproject.toml");
            let found = manifest(path.clone());
            if !matches!(found, Ok(None)) && !found::is_usable(&path, host)? {
                continue;
            }
            match found {
                Ok(None) => {}
                Ok(found) => {
                    project.manifest = found;
                    break;
                }
                Err((error, true)) => return Err(error),
                Err((error, false)) => {
                    project.unreadable = Some(error);
                    break;
                }
            }
        }
        Ok(project)
    }

    /// Reads only the nearest `pyproject.toml` in `dir` or a directory above it.
    pub(crate) fn described(dir: &Path) -> Self {
        let mut manifests =
            dir.ancestors().map_while(|dir| manifest(dir.join("pyproject.toml")).ok());
        Self { manifest: manifests.find_map(|found| found), ..Self::default() }
    }

    /// Whether one of the files is in `dir`.
    pub(crate) fn has_files_in(&self, dir: &Path) -> bool {
        let files = [&self.settings, &self.manifest];
        files.into_iter().flatten().any(|file| file.path.parent() == Some(dir))
    }

    /// `requires-python` of the manifest, and the manifest.
    ///
    /// # Errors
    /// [`Error::WrongValue`] if it is not text, or `project` is not a table.
    pub fn requires_python(&self) -> Result<Option<(&str, &Document)>> {
        let Some(manifest) = &self.manifest else { return Ok(None) };
        let Some(project) = manifest.table.get("project") else { return Ok(None) };
        let table = project.as_table().ok_or_else(|| manifest.wrong("project", "a table"))?;
        let Some(value) = table.get("requires-python") else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| manifest.wrong(REQUIRES_PYTHON, RANGE))?;
        Ok(Some((text, manifest)))
    }
}

impl Document {
    /// The document at `path`; `None` if the file is missing.
    ///
    /// # Errors
    /// If it is not a regular file, too large, or not valid TOML.
    pub fn read(path: PathBuf) -> Result<Option<Self>> {
        match read_text(&path)? {
            Some(text) => Self::parse(path, text).map(Some),
            None => Ok(None),
        }
    }

    fn parse(path: PathBuf, text: String) -> Result<Self> {
        match text.parse() {
            Ok(table) => Ok(Self { path, table, text }),
            Err(error) => {
                let start = error.span().map_or(0, |span| span.start);
                let line = line_at(&text, start);
                let reason = error.message().lines().collect::<Vec<_>>().join(", ");
                Err(Error::BadToml { path, line, reason })
            }
        }
    }

    /// The error that the value of `key` is not what is `expected`; `key` has dots between its parts.
    pub(crate) fn wrong(&self, key: &'static str, expected: &'static str) -> Error {
        let mut line = 1;
        let mut value = None;
        if let Ok(root) = DeTable::parse(&self.text) {
            let mut table = root.get_ref();
            for part in key.split('.') {
                let Some((name, found)) = table.get_key_value(part) else { break };
                line = line_at(&self.text, name.span().start);
                value = self.text.get(found.span());
                let DeValue::Table(inner) = found.get_ref() else { break };
                table = inner;
            }
        }
        let found = value.unwrap_or_default().to_owned();
        Error::WrongValue { path: self.path.clone(), line, key, found, expected }
    }
}

/// The key of the versions on which a project runs (PEP 621), and its value.
pub(crate) const REQUIRES_PYTHON: &str = "project.requires-python";
pub(crate) const RANGE: &str = "a range in quotes, like \">=3.11\"";

/// The number of the line at a byte of `text`, counted from 1.
fn line_at(text: &str, byte: usize) -> usize {
    text.get(..byte).unwrap_or_default().matches('\n').count() + 1
}

/// The default requirements of `install` without arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Default {
    /// A `requirements.txt`.
    Requirements(PathBuf),
    /// The project in this directory.
    Project {
        /// Its directory.
        root: PathBuf,
        /// Whether it is installed as an editable project.
        editable: bool,
    },
}

impl Default {
    /// Searches the current directory and its parents.
    ///
    /// # Errors
    /// [`Error::NothingToInstall`] if no directory has one of the files.
    pub fn find(host: &Host) -> Result<Self> {
        for root in host.cwd().ancestors() {
            let requirements = root.join("requirements.txt");
            if requirements.is_file() && found::is_usable(&requirements, host)? {
                return Ok(Self::Requirements(requirements));
            }
            let manifest = read_found(&root.join("pyproject.toml"), host)?;
            let has = |name| manifest.as_ref().is_some_and(|it| it.table.contains_key(name));
            let editable = has("build-system") || is_found(&root.join("setup.py"), host)?;
            if editable || has("project") {
                return Ok(Self::Project { root: root.to_owned(), editable });
            }
        }
        Err(Error::NothingToInstall { start: host.cwd().to_owned() })
    }
}

/// The document at `path`, if it may be used.
fn read_found(path: &Path, host: &Host) -> Result<Option<Document>> {
    let read = Document::read(path.to_owned());
    if !matches!(read, Ok(None)) && !found::is_usable(path, host)? {
        return Ok(None);
    }
    read
}

fn is_found(path: &Path, host: &Host) -> Result<bool> {
    Ok(path.is_file() && found::is_usable(path, host)?)
}

/// The manifest at `path`; an error is returned with whether it concerns rvenv.
fn manifest(path: PathBuf) -> Result<Option<Document>, (Error, bool)> {
    let Some(text) = read_text(&path).map_err(|error| (error, false))? else { return Ok(None) };
    let ours = text.contains("tool.rvenv");
    Document::parse(path, text).map(Some).map_err(|error| (error, ours))
}

fn read_text(path: &Path) -> Result<Option<String>> {
    let bytes = match fs::read_bounded(path, limits::PROJECT_FILE) {
        Ok(bytes) => bytes,
        Err(fs::Error::Io { source, .. })
            if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..good].split(|byte| *byte == b'\n').count();
            let reason = "it is not UTF-8".to_owned();
            Err(Error::BadToml { path: path.to_owned(), line, reason })
        }
    }
}
