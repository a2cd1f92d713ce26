//! The kind of Python that a directory of packages is for.

use std::path::Path;

use crate::formats::PyvenvCfg;
use crate::python::{Implementation, Interpreter, Request, base_names};
use crate::support::host::Host;

/// The kind of Python whose packages an environment holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LibrarySeries {
    pub(crate) implementation: Implementation,
    pub(crate) major: u32,
    pub(crate) minor: u32,
    pub(crate) free_threaded: bool,
}

impl LibrarySeries {
    /// Reads `python3.12`, `python3.13t`, `pypy3.9`: a directory in `lib`.
    pub(crate) fn of_directory(name: &str) -> Option<Self> {
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

    /// The series in `pyvenv.cfg`; `scripts` is the environment's directory of programs.
    pub(crate) fn of_cfg(cfg: &PyvenvCfg, scripts: &Path) -> Option<Self> {
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

    /// The series of an interpreter.
    pub(crate) fn of_interpreter(interpreter: &Interpreter) -> Self {
        Self {
            implementation: interpreter.implementation.clone(),
            major: interpreter.version.major,
            minor: interpreter.version.minor,
            free_threaded: interpreter.build.free_threaded,
        }
    }

    /// The request for such a Python.
    pub(crate) fn request(&self, host: &Host) -> Option<Request> {
        Request::parse(self.to_string(), host).ok()
    }
}

impl std::fmt::Display for LibrarySeries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.implementation != Implementation::CPython {
            f.write_str(self.implementation.name())?;
        }
        write!(f, "{}.{}", self.major, self.minor)?;
        f.write_str(if self.free_threaded { "t" } else { "" })
    }
}
