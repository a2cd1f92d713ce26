//! The target of an environment's `python`.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::formats::PyvenvCfg;
use crate::python::{Error, Finder, Interpreter, Reason, Request, base_names};
use crate::support::links::chain;
use crate::support::path::{is_permission_denied, is_same_file};
use crate::support::program::Program;

/// The target of a chain of links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InterpreterLink {
    /// No entry has this name.
    Missing,
    /// It ends at this path, which does not exist.
    Dangling(PathBuf),
    /// A cycle of links.
    Loop,
    /// It points to this path, which the user cannot examine.
    PermissionDenied(PathBuf),
    /// It ends in the environment: a copy or a launcher.
    Inside(PathBuf),
    /// It leaves the environment for this path, which may be a further link.
    Outside(PathBuf),
}

impl InterpreterLink {
    /// Follows `path`, which is in `root`.
    pub(crate) fn of(path: &Path, root: &Path) -> Self {
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
    /// The target is not a working Python.
    Broken { executable: PathBuf, error: Error },
    /// Only the environment names it, and is not trusted: it was not started.
    NotStarted(PathBuf),
    /// There is nothing at this place, by all that the environment says.
    Gone(PathBuf),
    /// The user has no right to look whether there is anything.
    PermissionDenied(PathBuf),
}

impl Base {
    /// The base of an environment whose `python`, in `scripts`, follows these links.
    pub(crate) fn of(
        way: &InterpreterLink,
        cfg: &PyvenvCfg,
        root: &Path,
        scripts: &Path,
        finder: &mut Finder<'_>,
    ) -> Self {
        let executable = match way {
            InterpreterLink::Outside(path) => Some(path.clone()),
            InterpreterLink::PermissionDenied(path) => return Self::PermissionDenied(path.clone()),
            InterpreterLink::Inside(_)
            | InterpreterLink::Missing
            | InterpreterLink::Loop
            | InterpreterLink::Dangling(_) => at_home(cfg, scripts),
        };
        if cfg.packed() == Some("included") {
            return Self::NotStarted(scripts.join("python"));
        }
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
        match finder.find(&Request::Path(Program::claimed(&executable, root))) {
            Ok(found) => Self::Sound(Box::new(found.interpreter)),
            Err(Error::UnusablePython { reason: Reason::NotStarted, .. }) => {
                Self::NotStarted(executable)
            }
            Err(error) => Self::Broken { executable, error },
        }
    }

    /// The interpreter, if it works.
    pub(crate) fn interpreter(&self) -> Option<&Interpreter> {
        match self {
            Self::Sound(interpreter) => Some(interpreter),
            Self::Broken { .. }
            | Self::NotStarted(_)
            | Self::Gone(_)
            | Self::PermissionDenied(_) => None,
        }
    }

    /// Whether this is the executable that does not work, or may not be started: asking one that hangs takes
    /// as long each time.
    pub(crate) fn is_known_broken(&self, path: &Path) -> bool {
        match self {
            Self::Broken { executable, .. } | Self::NotStarted(executable) => {
                is_same_file(executable, path)
            }
            Self::Sound(_) | Self::Gone(_) | Self::PermissionDenied(_) => false,
        }
    }
}

/// The existing base executable in the directory `home`; `scripts` is the environment's `bin` or
/// `Scripts`.
pub(crate) fn at_home(cfg: &PyvenvCfg, scripts: &Path) -> Option<PathBuf> {
    let home = Path::new(cfg.get("home")?);
    let names = base_names(cfg, scripts);
    let mut paths = names.iter().map(|name| home.join(name));
    paths.find(|path| home.is_absolute() && path.is_file())
}
