//! The precedence of the sources that can request a Python.
//!
//! The first of these wins: the option `--python`; the variable `RVENV_PYTHON`; the setting of the project
//! (`[tool.rvenv] python`, or `python` in `rvenv.toml`); `.python-version`, from the current directory up
//! to the project's root; `requires-python` of `pyproject.toml`; the setting of the user.
//!
//! Project files may name only versions: cloning a repository must not start a program in it.
//! [`Key::refusal`] enforces this for its settings.

use std::fmt;
use std::path::{Path, PathBuf};

use pep440_rs::VersionSpecifiers;

use crate::create::{Error, Result};
use crate::python::{Interpreter, Request, Versions, Wanted, files};
use crate::settings;
use crate::settings::project::{Project, RANGE, REQUIRES_PYTHON};
use crate::settings::{Key, Settings};
use crate::support::found;
use crate::support::host::Host;

/// The source of a request for a Python.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The option, the variable, or a file with settings.
    Setting(settings::Source),
    /// This line of this `.python-version`, counted from 1.
    VersionFile(PathBuf, usize),
    /// `requires-python` in this `pyproject.toml`.
    RequiresPython(PathBuf),
    /// No source requests a Python.
    Default,
}

/// The requested Python, and the source of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedRequest {
    /// The requested Python.
    pub request: Request,
    /// The source of the request.
    pub origin: Origin,
    /// The project's `requires-python`, whatever the source.
    pub requires: Option<Requires>,
    /// Project files that ask for something that cannot be used.
    pub ignored: Vec<Ignored>,
}

/// The versions that a project says it runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requires {
    versions: Versions,
    /// The `pyproject.toml` with the key.
    pub file: PathBuf,
}

/// A request in a project's file that is ignored because it is unusable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored(String);

impl ResolvedRequest {
    /// The request of the first source that has one, with the option among the settings.
    ///
    /// # Errors
    /// [`Error::UnreadableRequest`] when a setting cannot be read, [`Error::UnreadableVersionFile`] when the
    /// nearest `.python-version` cannot be opened or decoded, [`settings::Error::WrongValue`] when
    /// `requires-python` decides and is not a range of versions. A `.python-version` with the name of an
    /// environment was written for pyenv-virtualenv: it is [ignored](Self::ignored).
    pub fn of(settings: &Settings, project: &Project, host: &Host) -> Result<Self> {
        let mut ignored = Vec::new();
        let requires = Requires::of_project(project);
        let made = if is_strong(settings) {
            Some(setting(settings, host)?)
        } else {
            version_file(project, host, &mut ignored)?
        };
        let requires = match (requires, &made) {
            (Err(error), Some(_)) => {
                ignored.push(Ignored(error.to_string()));
                None
            }
            (requires, _) => requires?,
        };
        let (request, origin) = match (made, &requires) {
            (Some(made), _) => made,
            (None, Some(Requires { versions, file })) => {
                let wanted = Wanted { versions: versions.clone(), ..Wanted::default() };
                (Request::Wanted(wanted), Origin::RequiresPython(file.clone()))
            }
            (None, None) => setting(settings, host)?,
        };
        Ok(Self { request, origin, requires, ignored })
    }
}

/// Whether a setting takes precedence over the project's version files: any but one of the user's own file.
fn is_strong(settings: &Settings) -> bool {
    settings.get(Key::Python).is_some_and(|set| !matches!(set.source, settings::Source::User(_)))
}

/// The request of the settings.
fn setting(settings: &Settings, host: &Host) -> Result<(Request, Origin)> {
    let (Some(text), Some(set)) = (settings.text(Key::Python), settings.get(Key::Python)) else {
        return Ok((Request::Any, Origin::Default));
    };
    let origin = Origin::Setting(set.source.clone());
    match Request::parse(text, host) {
        Ok(request) => Ok((request, origin)),
        Err(error) => Err(Error::UnreadableRequest { origin, source: Box::new(error) }),
    }
}

/// The request of the nearest `.python-version` in the project: the first of its lines, as pyenv takes it.
fn version_file(
    project: &Project,
    host: &Host,
    ignored: &mut Vec<Ignored>,
) -> Result<Option<(Request, Origin)>> {
    for dir in host.cwd().ancestors() {
        let path = dir.join(".python-version");
        let read = files::read_existing(&path);
        if !matches!(read, Ok(None)) && !found::is_usable(&path, host)? {
            continue;
        }
        match read {
            Ok(Some(text)) => return of_version_file(path, &text, ignored),
            // A file above the project's root is not the project's.
            Ok(None) if is_root(dir, project) => break,
            Ok(None) => {}
            Err(source) => {
                return Err(Error::UnreadableVersionFile {
                    path,
                    line: None,
                    source: Some(source),
                });
            }
        }
    }
    Ok(None)
}

/// The request of the first line of a `.python-version`.
fn of_version_file(
    path: PathBuf,
    text: &str,
    ignored: &mut Vec<Ignored>,
) -> Result<Option<(Request, Origin)>> {
    let lines = text.lines().enumerate();
    let mut lines = lines.map(|(index, line)| (index + 1, files::lines(line).next()));
    let Some((number, Some(line))) = lines.find(|(_, line)| line.is_some()) else {
        return Ok(None);
    };
    if line.contains(char::REPLACEMENT_CHARACTER) {
        return Err(Error::UnreadableVersionFile { path, line: Some(number), source: None });
    }
    let origin = Origin::VersionFile(path, number);
    let version = pyenv_version(line);
    if version == Some("system") {
        return Ok(Some((Request::Any, origin)));
    }
    let wanted = version.and_then(Wanted::parse).filter(|wanted| *wanted != Wanted::default());
    if wanted.is_none() {
        ignored.push(Ignored::version_file(&origin, line));
    }
    Ok(wanted.map(|wanted| (Request::Wanted(wanted), origin)))
}

/// The version that pyenv takes from a line: the first of several, and the installation of an environment
/// of pyenv-virtualenv (`3.9.18/envs/work`).
fn pyenv_version(line: &str) -> Option<&str> {
    let first = line.split(':').next()?.trim();
    Some(match first.split_once("/envs/") {
        Some((version, name)) if !name.contains('/') => version,
        _ => first,
    })
}

/// Whether a directory looks like the root of a project.
fn is_root(dir: &Path, project: &Project) -> bool {
    project.has_files_in(dir) || dir.join(".git").exists()
}

impl Requires {
    /// The `requires-python` of the project's `pyproject.toml`.
    fn of_project(project: &Project) -> settings::Result<Option<Self>> {
        let Some((text, manifest)) = project.requires_python()? else { return Ok(None) };
        let range = text.parse::<VersionSpecifiers>();
        let range = range.map_err(|_| manifest.wrong(REQUIRES_PYTHON, RANGE))?;
        Ok(Some(Self { versions: Versions::Range(range), file: manifest.path.clone() }))
    }

    /// Whether the project runs on `interpreter`, by what it says.
    pub fn allows(&self, interpreter: &Interpreter) -> bool {
        self.versions.contain(interpreter.version)
    }
}

/// `>=3.11, <3.14`.
impl fmt::Display for Requires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.versions.fmt(f)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(settings::Source::Flag) => f.write_str("`--python`"),
            Self::Setting(settings::Source::Variable(name)) => write!(f, "`{name}`"),
            Self::Setting(settings::Source::Project(file) | settings::Source::User(file)) => {
                write!(f, "`python` in `{}`", file.display())
            }
            Self::VersionFile(file, line) => write!(f, "`{}`, line {line},", file.display()),
            Self::RequiresPython(file) => write!(f, "`requires-python` in `{}`", file.display()),
            Self::Default => f.write_str("the default"),
        }
    }
}

impl Ignored {
    /// A line of a `.python-version`.
    fn version_file(origin: &Origin, line: &str) -> Self {
        let line = settings::shortened(line);
        Self(format!("{origin} says `{line}`, which is not a version of Python"))
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
