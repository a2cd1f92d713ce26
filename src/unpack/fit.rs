//! Whether this machine has what an archive needs: the system, the processor, the C library, a Python.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::libc;
use super::libc::Found;
use crate::formats::object_file::ObjectFile;
use crate::pack::{LibcFamily, Manifest, Mode, PackedPython};
use crate::python::{Error, Finder, Interpreter, Request, Series, Versions, Wanted};
use crate::support::hint::Hint;
use crate::support::host::{Host, Platform};
use crate::support::program::Program;
use crate::support::session::Session;

/// The variable that names the Python of a packed environment, an absolute path.
const PYTHON_VARIABLE: &str = "RVENV_PACK_PYTHON";

/// The requirements of an archive, compared with this machine.
#[derive(Clone, Debug)]
pub struct Fit {
    /// The manifest of the archive.
    pub manifest: Manifest,
    /// The Python of this machine that the environment would get, if it has none of its own.
    pub python: Option<Interpreter>,
    /// The missing requirements.
    pub problems: Vec<Problem>,
}

/// A requirement that this machine does not satisfy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Problem {
    /// The archive is for another operating system.
    System {
        /// That of the archive.
        needs: String,
        /// That of this machine.
        has: String,
    },
    /// It is for another processor.
    Machine {
        /// That of the archive.
        needs: String,
        /// That of this machine.
        has: String,
    },
    /// The C library is missing or older.
    CLibrary {
        /// `glibc >= 2.34`
        needs: String,
        /// `glibc 2.31`; `None` if it is missing.
        has: Option<String>,
    },
    /// No Python fits.
    Python {
        /// `CPython 3.12`
        needs: String,
        /// The one that was named, and is another or does not work.
        named: Option<PathBuf>,
        /// The versions on this machine that are nearest to it.
        nearest: Vec<String>,
        /// The command that installs one.
        install: Option<String>,
    },
    /// Libraries of the system are missing: some modules cannot be imported.
    Libraries {
        /// `libssl.so.3`
        missing: Vec<String>,
    },
}

impl Problem {
    /// Whether nothing of the environment could run.
    pub fn is_fatal(&self) -> bool {
        !matches!(self, Self::Libraries { .. })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System { needs, has } => write!(f, "it is for {needs}, and this is {has}"),
            Self::Machine { needs, has } => {
                write!(f, "it is for {needs} processors, and this machine has {has}")
            }
            Self::CLibrary { needs, has: Some(has) } => {
                write!(f, "it needs {needs}, and this machine has {has}")
            }
            Self::CLibrary { needs, has: None } => {
                write!(f, "it needs {needs}, which this machine does not have")
            }
            Self::Python { needs, named: Some(named), .. } => {
                write!(f, "it needs {needs}, and `{}` is not that", named.display())
            }
            Self::Python { needs, nearest, .. } => {
                write!(f, "it needs {needs}, and this machine has none")?;
                if nearest.is_empty() {
                    Ok(())
                } else {
                    write!(f, " (nearest: {})", nearest.join(", "))
                }
            }
            Self::Libraries { missing } => {
                write!(
                    f,
                    "modules of it need {}, which this machine does not have",
                    missing.join(", ")
                )
            }
        }
    }
}

impl Fit {
    /// Compares the needs of the archive at `file` with this machine. Of the Pythons that only the
    /// archive names, those of the system are asked what they are.
    pub(super) fn of(manifest: Manifest, file: &Path, session: Session<'_>) -> Self {
        let host = session.host;
        let mut fit = Self { manifest, python: None, problems: Vec::new() };
        let system = &fit.manifest.system;
        if system.platform != host.platform() {
            let (needs, has) = (name(system.platform), name(host.platform()));
            fit.problems.push(Problem::System { needs, has });
            return fit;
        }
        if fit.manifest.python.mode == Mode::Launcher {
            match python(&fit.manifest.python, file, session) {
                Ok(found) => fit.python = Some(found),
                Err(problem) => fit.problems.push(problem),
            }
        }
        fit.problems.extend(machine(&fit.manifest, fit.python.as_ref()));
        if host.platform() == Platform::Linux && !fit.problems.iter().any(is_of_machine) {
            fit.problems.extend(c_library(&fit.manifest, Path::new("/")));
            fit.problems.extend(libraries(&fit.manifest, Path::new("/")));
        }
        fit
    }

    /// Whether the environment would run here.
    pub fn is_usable(&self) -> bool {
        !self.problems.iter().any(Problem::is_fatal)
    }

    /// The problems that keep the environment from running, in one line.
    pub(super) fn obstacles(&self) -> String {
        let fatal = self.problems.iter().filter(|problem| problem.is_fatal());
        fatal.map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }

    /// The hint for the first problem that has one.
    pub(super) fn hint(&self) -> Option<Hint> {
        self.problems.iter().find_map(|problem| match problem {
            Problem::Python { install: Some(command), .. } => {
                Some(Hint::InstallPython(command.clone()))
            }
            Problem::Python { named: None, .. } => Some(Hint::ListPythons),
            _ => None,
        })
    }
}

fn is_of_machine(problem: &Problem) -> bool {
    matches!(problem, Problem::Machine { .. })
}

fn name(platform: Platform) -> String {
    match platform {
        Platform::Linux => "Linux",
        Platform::MacOs => "macOS",
        Platform::Windows => "Windows",
    }
    .to_owned()
}

/// That the compiled files are for another processor than the Python, or than the machine if the archive
/// contains its Python.
fn machine(manifest: &Manifest, python: Option<&Interpreter>) -> Option<Problem> {
    let needs = manifest.system.machine.clone()?;
    let (has, bits) = match python {
        Some(python) => (python.machine.clone(), python.pointer_bits),
        None => (own_machine()?, 64),
    };
    let platform = manifest.system.platform;
    let is_same = match (ObjectFile::of(platform, &needs, 64), ObjectFile::of(platform, &has, bits))
    {
        (Some(needs), Some(has)) => needs == has,
        _ => needs == has,
    };
    (!is_same).then_some(Problem::Machine { needs, has })
}

/// `platform.machine()`.
#[cfg(unix)]
fn own_machine() -> Option<String> {
    Some(rustix::system::uname().machine().to_str().ok()?.to_owned())
}

/// rvenv makes no archives for it.
#[cfg(not(unix))]
fn own_machine() -> Option<String> {
    None
}

/// That the C library is missing or too old, in the file system at `root`.
fn c_library(manifest: &Manifest, root: &Path) -> Option<Problem> {
    let needed = manifest.system.libc.as_ref()?;
    let machine = manifest.system.machine.as_deref()?;
    let family = match needed.family {
        LibcFamily::Glibc => "glibc",
        LibcFamily::Musl => "musl",
    };
    let dotted = |version: &[u32]| version.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
    let needs = match &*needed.version {
        [] => family.to_owned(),
        version => format!("{family} >= {}", dotted(version)),
    };
    match libc::find(needed.family, machine, root)? {
        Found::Missing => Some(Problem::CLibrary { needs, has: None }),
        Found::Release(has) if !has.is_empty() && has < needed.version => {
            Some(Problem::CLibrary { needs, has: Some(format!("{family} {}", dotted(&has))) })
        }
        Found::Release(_) => None,
    }
}

fn libraries(manifest: &Manifest, root: &Path) -> Option<Problem> {
    let missing = libc::missing_libraries(&manifest.system.libraries, root);
    let missing: Vec<_> = missing.into_iter().map(str::to_owned).collect();
    (!missing.is_empty()).then_some(Problem::Libraries { missing })
}

/// The Python of this machine that fits: the one that [`PYTHON_VARIABLE`] names, one that the archive
/// names, or one that the search finds.
fn python(
    packed: &PackedPython,
    file: &Path,
    session: Session<'_>,
) -> Result<Interpreter, Problem> {
    let Session { host, cache, .. } = session;
    let problem = |named: Option<&Path>, error: Option<Error>| {
        let (nearest, install) = match error {
            Some(Error::NoPython { nearest, install, .. }) => (nearest, install),
            _ => (Vec::new(), None),
        };
        let named = named.map(Path::to_owned);
        Problem::Python { needs: packed.to_string(), named, nearest, install }
    };
    let wanted = wanted(packed).ok_or_else(|| problem(None, None))?;
    let mut finder = Finder::new(host, cache);
    if let Some(named) = host.path_var(PYTHON_VARIABLE) {
        let found = finder.find(&Request::Path(Program::typed(host.absolute(named))));
        let found = found.ok().map(|found| found.interpreter);
        return found
            .filter(|found| wanted.matches(found))
            .ok_or_else(|| problem(Some(named), None));
    }
    if let Some(found) = claimed(packed, &wanted, file, host, &mut finder) {
        return Ok(found);
    }
    match finder.find(&wanted) {
        Ok(found) => Ok(found.interpreter),
        Err(error) => Err(problem(None, Some(error))),
    }
}

/// The Python that only the archive names, if it is known or may be started, and fits.
fn claimed(
    packed: &PackedPython,
    wanted: &Request,
    file: &Path,
    host: &Host,
    finder: &mut Finder<'_>,
) -> Option<Interpreter> {
    let file = host.absolute(file);
    let by = file.parent()?;
    let names = packed.named.iter().chain([&packed.base]).map(Path::new);
    let mut programs = names.filter(|path| path.is_absolute() && path.is_file());
    programs.find_map(|path| {
        let found = finder.find(&Request::Path(Program::claimed(path, by))).ok()?.interpreter;
        wanted.matches(&found).then_some(found)
    })
}

/// The request for a Python of the same implementation, minor version and build.
fn wanted(packed: &PackedPython) -> Option<Request> {
    let mut parts = packed.version.split('.').map(|part| part.parse().ok());
    let series = Series { major: parts.next()??, minor: Some(parts.next()??), micro: None };
    Some(Request::Wanted(Wanted {
        implementation: Some(packed.implementation.clone()),
        versions: Versions::Series(series),
        free_threaded: Some(packed.build.free_threaded),
        debug: Some(packed.build.debug),
        ..Wanted::default()
    }))
}
