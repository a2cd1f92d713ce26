//! Where an environment's `python` leads, and what stands there.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::same_file;
use crate::formats::PyvenvCfg;
use crate::python::Error;
use crate::python::{Finder, Implementation, Interpreter, Request, base_names};
use crate::support::cache::Cache;
use crate::support::host::Host;
use crate::support::links::chain;
use crate::support::path::is_permission_denied;

/// Where a chain of links leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InterpreterLink {
    /// There is nothing of this name.
    Missing,
    /// It ends at this path, where nothing is.
    Dangling(PathBuf),
    /// It goes round.
    Loop,
    /// It leads to this path, which the user has no right to look at.
    PermissionDenied(PathBuf),
    /// It ends in the environment: a copy or a launcher.
    Inside(PathBuf),
    /// It leaves the environment for this path, which may be a further link.
    Outside(PathBuf),
}

impl InterpreterLink {
    /// Follows `path`, which is in `root`.
    pub(super) fn of(path: &Path, root: &Path) -> Self {
        let (mut end, mut outside) = (path.to_owned(), None);
        for next in chain(path) {
            if outside.is_none() && !next.starts_with(root) {
                outside = Some(next.clone());
            }
            end = next;
        }
        match end.symlink_metadata() {
            Ok(meta) if meta.is_symlink() => Self::Loop,
            Ok(_) => outside.map_or(Self::Inside(end), Self::Outside),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                Self::PermissionDenied(end)
            }
            Err(_) if end == path => Self::Missing,
            Err(_) => Self::Dangling(outside.unwrap_or(end)),
        }
    }

    /// The base's executable that it leads to, there or not.
    fn target(&self) -> Option<&Path> {
        match self {
            Self::Outside(path) | Self::Dangling(path) => Some(path),
            Self::Missing | Self::Loop | Self::Inside(_) | Self::PermissionDenied(_) => None,
        }
    }
}

/// The installation that an environment rests on.
#[derive(Debug)]
pub(crate) enum Base {
    /// It works, as far as is known without running it.
    Sound(Box<Interpreter>),
    /// What is there is no working Python.
    Broken { executable: PathBuf, error: Error },
    /// There is nothing at this place, by all that the environment says.
    Gone(PathBuf),
    /// The user has no right to look whether there is anything.
    PermissionDenied(PathBuf),
}

impl Base {
    /// The base of an environment whose `python`, in `scripts`, goes this way.
    pub(super) fn of(
        way: &InterpreterLink,
        cfg: &PyvenvCfg,
        scripts: &Path,
        host: &Host,
        cache: &Cache,
    ) -> Self {
        let executable = match way {
            InterpreterLink::Outside(path) => Some(path.clone()),
            InterpreterLink::PermissionDenied(path) => return Self::PermissionDenied(path.clone()),
            InterpreterLink::Inside(_)
            | InterpreterLink::Missing
            | InterpreterLink::Loop
            | InterpreterLink::Dangling(_) => at_home(cfg, scripts),
        };
        let Some(executable) = executable else {
            let home = || cfg.get("home").map(PathBuf::from);
            let place = way.target().map(Path::to_owned).or_else(home).unwrap_or_default();
            let is_permission_denied = is_permission_denied(&place.join("python"));
            return if is_permission_denied {
                Self::PermissionDenied(place)
            } else {
                Self::Gone(place)
            };
        };
        match Finder::new(host, cache).find(&Request::Path(executable.clone())) {
            Ok(found) => Self::Sound(Box::new(found.interpreter)),
            Err(error) => Self::Broken { executable, error },
        }
    }

    /// What it is, if it works.
    pub(crate) fn interpreter(&self) -> Option<&Interpreter> {
        match self {
            Self::Sound(interpreter) => Some(interpreter),
            Self::Broken { .. } | Self::Gone(_) | Self::PermissionDenied(_) => None,
        }
    }

    /// Whether this is the executable that was asked and does not work: asking one that hangs takes
    /// as long each time.
    pub(super) fn is_known_broken(&self, path: &Path) -> bool {
        matches!(self, Self::Broken { executable, .. } if same_file(executable, path))
    }
}

/// The executable that is where `home` says; `scripts` is the environment's directory of programs.
pub(super) fn at_home(cfg: &PyvenvCfg, scripts: &Path) -> Option<PathBuf> {
    let home = Path::new(cfg.get("home")?);
    let names = base_names(cfg, scripts);
    let mut paths = names.iter().map(|name| home.join(name));
    paths.find(|path| home.is_absolute() && path.is_file())
}

/// The kind of Python whose packages an environment holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Series {
    pub(super) implementation: Implementation,
    pub(super) major: u32,
    pub(super) minor: u32,
    pub(super) free_threaded: bool,
}

impl Series {
    /// Reads `python3.12`, `python3.13t`, `pypy3.9`: a directory in `lib`.
    pub(super) fn of_directory(name: &str) -> Option<Self> {
        let split = name.find(|c: char| c.is_ascii_digit())?;
        let (prefix, version) = name.split_at(split);
        let implementation = match prefix {
            "python" => Implementation::CPython,
            "pypy" => Implementation::PyPy,
            "graalpy" => Implementation::GraalPy,
            _ => return None,
        };
        let release = version.trim_end_matches(['t', 'd']);
        let (major, minor) = release.split_once('.')?;
        Some(Self {
            implementation,
            major: major.parse().ok()?,
            minor: minor.parse().ok()?,
            free_threaded: version.contains('t'),
        })
    }

    /// What `pyvenv.cfg` says; `scripts` is the environment's directory of programs.
    pub(super) fn of_cfg(cfg: &PyvenvCfg, scripts: &Path) -> Option<Self> {
        let mut parts = cfg.version()?.split('.');
        let implementation = match cfg.get("implementation") {
            Some(name) if name.eq_ignore_ascii_case("pypy") => Implementation::PyPy,
            Some(name) if name.eq_ignore_ascii_case("graalpy") => Implementation::GraalPy,
            _ => Implementation::CPython,
        };
        let names = base_names(cfg, scripts);
        let mut stems = names.iter().map(|name| name.strip_suffix(".exe").unwrap_or(name));
        let is_free_threaded =
            |name| Self::of_directory(name).is_some_and(|series| series.free_threaded);
        Some(Self {
            implementation,
            free_threaded: stems.any(is_free_threaded),
            major: parts.next()?.parse().ok()?,
            minor: parts.next()?.parse().ok()?,
        })
    }

    /// What an interpreter is.
    pub(crate) fn of_interpreter(interpreter: &Interpreter) -> Self {
        Self {
            implementation: interpreter.implementation.clone(),
            major: interpreter.version.major,
            minor: interpreter.version.minor,
            free_threaded: interpreter.build.free_threaded,
        }
    }

    /// The request for such a Python.
    pub(super) fn request(&self, host: &Host) -> Option<Request> {
        Request::parse(self.to_string(), host).ok()
    }
}

impl std::fmt::Display for Series {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.implementation != Implementation::CPython {
            f.write_str(self.implementation.name())?;
        }
        write!(f, "{}.{}", self.major, self.minor)?;
        f.write_str(if self.free_threaded { "t" } else { "" })
    }
}
