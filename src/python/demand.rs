//! Where a request for a Python comes from when there are many who could make one.
//!
//! The first of these wins: the option `--python`; the variable `RVENV_PYTHON`; the setting of the project
//! (`[tool.rvenv] python`, or `python` in `rvenv.toml`); `.python-version`, from the current directory up
//! to the project's root; `requires-python` of `pyproject.toml`; the setting of the user.
//!
//! Files that travel with a project may name versions and nothing else: who clones a repository has not
//! chosen to run a program that lies in it.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use pep440_rs::VersionSpecifiers;
use toml::Table;

use super::{Interpreter, Request, Versions, Wanted};
use crate::error::{Error, Result};
use crate::host::Host;

/// What marks the root of a project.
const MARKS: [&str; 3] = ["pyproject.toml", "rvenv.toml", ".git"];

/// Who asked for a Python.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// `--python`.
    Option,
    /// `RVENV_PYTHON`.
    Variable,
    /// The setting in this file of the project.
    Project(PathBuf),
    /// This `.python-version`.
    VersionFile(PathBuf),
    /// `requires-python` in this `pyproject.toml`.
    RequiresPython(PathBuf),
    /// The setting in this file of the user.
    User(PathBuf),
    /// Nobody.
    Nobody,
}

/// A setting, as a configuration file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// What is asked for.
    pub text: String,
    /// The file that says so.
    pub file: PathBuf,
}

/// What the caller knows of who asks for a Python. The rest is looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The value of `--python`.
    pub option: Option<&'a OsStr>,
    /// `[tool.rvenv] python`, or `python` in `rvenv.toml`.
    pub project: Option<Setting>,
    /// `python` in the user's configuration.
    pub user: Option<Setting>,
}

/// Which Python is asked for, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// What is asked for.
    pub request: Request,
    /// By whom.
    pub origin: Origin,
    /// What the project requires, whoever asked.
    pub requires: Option<Requires>,
    /// Project files that ask for something that cannot be used.
    pub ignored: Vec<Ignored>,
}

/// The versions that a project says it runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requires {
    versions: Versions,
    /// The `pyproject.toml` that says so.
    pub file: PathBuf,
}

/// A project's file that asks for something that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Which.
    pub origin: Origin,
    /// What it says.
    pub text: String,
}

impl Demand {
    /// The first demand that is made.
    ///
    /// # Errors
    /// [`Error::UnreadableDemand`] when an option, a variable or a setting cannot be read, and
    /// [`Error::PathInProject`] when a project's setting names a program. What a `.python-version` or a
    /// `requires-python` says was written for other tools too: where it cannot be read, it is
    /// [ignored](Self::ignored).
    pub fn of(asked: &Asked, host: &Host) -> Result<Self> {
        let mut ignored = Vec::new();
        let requires = Requires::of_project(host, &mut ignored);
        let (request, origin) = match explicit(asked, host)? {
            Some(made) => made,
            None => match version_file(host, &mut ignored) {
                Some(made) => made,
                None => last(asked, requires.as_ref(), host)?,
            },
        };
        Ok(Self { request, origin, requires, ignored })
    }
}

/// The demand of the option, the variable or the project's setting.
fn explicit(asked: &Asked, host: &Host) -> Result<Option<(Request, Origin)>> {
    if let Some(text) = asked.option {
        return Ok(Some((read(text, &Origin::Option, host)?, Origin::Option)));
    }
    if let Some(text) = host.var("RVENV_PYTHON") {
        return Ok(Some((read(text, &Origin::Variable, host)?, Origin::Variable)));
    }
    let Some(Setting { text, file }) = &asked.project else { return Ok(None) };
    let origin = Origin::Project(file.clone());
    match read(text.as_ref(), &origin, host)? {
        Request::Path(_) | Request::Name(_) => {
            Err(Error::PathInProject { file: file.clone(), text: text.clone() })
        }
        request => Ok(Some((request, origin))),
    }
}

/// The demand of `requires-python` or the user's setting.
fn last(asked: &Asked, requires: Option<&Requires>, host: &Host) -> Result<(Request, Origin)> {
    if let Some(Requires { versions, file }) = requires {
        let wanted = Wanted { versions: versions.clone(), ..Wanted::default() };
        return Ok((Request::Wanted(wanted), Origin::RequiresPython(file.clone())));
    }
    match &asked.user {
        Some(Setting { text, file }) => {
            let origin = Origin::User(file.clone());
            Ok((read(text.as_ref(), &origin, host)?, origin))
        }
        None => Ok((Request::Any, Origin::Nobody)),
    }
}

fn read(text: &OsStr, origin: &Origin, host: &Host) -> Result<Request> {
    Request::parse(text, host).map_err(|error| Error::UnreadableDemand {
        origin: origin.clone(),
        source: Box::new(error),
    })
}

/// The demand of the nearest `.python-version` in the project: the first of its lines, as pyenv takes it.
fn version_file(host: &Host, ignored: &mut Vec<Ignored>) -> Option<(Request, Origin)> {
    let root = project_root(host.cwd());
    let dirs =
        host.cwd().ancestors().take_while(|dir| root.is_none_or(|root| dir.starts_with(root)));
    let (text, file) = first_readable(dirs, ".python-version")?;
    let lines = text.lines().filter_map(|line| line.split('#').next()).map(str::trim);
    let line = lines.into_iter().find(|line| !line.is_empty())?;
    let origin = Origin::VersionFile(file);
    match Wanted::parse(line) {
        Some(wanted) if wanted == Wanted::default() => Some((Request::Any, origin)),
        Some(wanted) => Some((Request::Wanted(wanted), origin)),
        None => {
            ignored.push(Ignored { origin, text: line.to_owned() });
            None
        }
    }
}

/// The text and the path of the first file of this name.
fn first_readable<'a>(
    mut dirs: impl Iterator<Item = &'a Path>,
    name: &str,
) -> Option<(String, PathBuf)> {
    dirs.find_map(|dir| {
        let file = dir.join(name);
        Some((fs::read_to_string(&file).ok()?, file))
    })
}

/// The nearest directory from `start` upward that looks like the root of a project.
fn project_root(start: &Path) -> Option<&Path> {
    start.ancestors().find(|dir| MARKS.iter().any(|mark| dir.join(mark).exists()))
}

impl Requires {
    /// What the nearest `pyproject.toml` requires.
    fn of_project(host: &Host, ignored: &mut Vec<Ignored>) -> Option<Self> {
        let (text, file) = first_readable(host.cwd().ancestors(), "pyproject.toml")?;
        // A file that is no TOML is reported by who needs it.
        let table: Table = text.parse().ok()?;
        let text = table.get("project")?.get("requires-python")?.as_str()?;
        let Ok(range) = text.parse::<VersionSpecifiers>() else {
            ignored.push(Ignored { origin: Origin::RequiresPython(file), text: text.to_owned() });
            return None;
        };
        Some(Self { versions: Versions::Range(range), file })
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
            Self::Option => f.write_str("`--python`"),
            Self::Variable => f.write_str("`RVENV_PYTHON`"),
            Self::Project(file) | Self::User(file) => write!(f, "`python` in `{}`", file.display()),
            Self::VersionFile(file) => write!(f, "`{}`", file.display()),
            Self::RequiresPython(file) => write!(f, "`requires-python` in `{}`", file.display()),
            Self::Nobody => f.write_str("the default"),
        }
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} says `{}`, which is no version of Python", self.origin, self.text)
    }
}
