//! What a probe found out about an interpreter: everything that a plan needs, and no more.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Version, WheelPlatform};
use crate::support::host::Platform;

/// `sys.implementation.name`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Implementation {
    /// The reference implementation.
    CPython,
    /// `PyPy`.
    PyPy,
    /// `GraalPy`.
    GraalPy,
    /// Any other, by the name that it gives itself.
    #[serde(untagged)]
    Other(String),
}

impl Implementation {
    /// The name as `sys.implementation.name` has it.
    pub fn name(&self) -> &str {
        match self {
            Self::CPython => "cpython",
            Self::PyPy => "pypy",
            Self::GraalPy => "graalpy",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for Implementation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CPython => "CPython",
            Self::PyPy => "PyPy",
            Self::GraalPy => "GraalPy",
            Self::Other(name) => name,
        })
    }
}

/// How an interpreter was built, where it shows in names and layout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// Without the GIL (PEP 703): `python3.13t`.
    pub free_threaded: bool,
    /// With debug checks: `python3.12d`.
    pub debug: bool,
}

/// Where an environment of this interpreter keeps things, relative to its root (sysconfig's
/// `venv` scheme, or what `venv` uses where that scheme does not exist yet).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheme {
    /// `bin` or `Scripts`.
    pub scripts: PathBuf,
    /// `include` (before 3.11), `include/python3.12`, or `Include`.
    pub include: PathBuf,
    /// `lib/python3.12/site-packages`.
    pub purelib: PathBuf,
    /// Where compiled packages go: as a rule `purelib`.
    pub platlib: PathBuf,
}

/// A wheel that this interpreter's `ensurepip` would install.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wheel {
    /// `pip` or `setuptools`.
    pub project: String,
    /// Its version, as the file's name has it.
    pub version: String,
    /// The wheel file.
    pub path: PathBuf,
}

/// An installed Python, never an environment: the base that environments are made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interpreter {
    /// The executable to link to, by the path that lasts (a version manager's or Homebrew's stable
    /// link is kept, a link out of its tree is resolved): `sys._base_executable`.
    pub executable: PathBuf,
    /// The same file with every link resolved: `executable` in `pyvenv.cfg`.
    pub real_executable: PathBuf,
    /// `sys.base_prefix`.
    pub prefix: PathBuf,
    /// `sys.version_info`.
    pub version: Version,
    /// `sys.implementation.name`.
    pub implementation: Implementation,
    /// Free-threaded, debug.
    pub build: Build,
    /// The system it runs on.
    pub platform: Platform,
    /// `x86_64`, `arm64`, `amd64`: `platform.machine()`, or on Windows what it was built for.
    pub machine: String,
    /// 32 or 64.
    pub pointer_bits: u8,
    /// `sys.implementation.cache_tag`: `cpython-312`, names its bytecode files.
    pub cache_tag: String,
    /// `importlib.util.MAGIC_NUMBER`, as hexadecimal: bytecode of one is garbage to another.
    pub bytecode_magic: String,
    /// `sysconfig`'s `EXT_SUFFIX`: `.cpython-312-x86_64-linux-gnu.so`.
    pub extension_suffix: String,
    /// The platform of the wheels that it can use; `None` where it cannot be known.
    #[serde(default)]
    pub wheel_platform: Option<WheelPlatform>,
    /// Where an environment keeps things.
    pub scheme: Scheme,
    /// `sysconfig`'s `stdlib` path of the base.
    pub stdlib: PathBuf,
    /// The library that holds the interpreter, where it is not in the executable itself.
    pub shared_library: Option<PathBuf>,
    /// What `ensurepip` would install, in its order; empty where the base carries no wheels.
    pub wheels: Vec<Wheel>,
    /// Files of the base that a copied executable does not start without, and what stands for it:
    /// on Windows the executables and DLLs beside it and the launchers of the `venv` module,
    /// elsewhere `PyPy`'s and relocatable builds' own libraries.
    #[serde(default)]
    pub companions: Vec<PathBuf>,
    /// Whether `zlib` is built in or importable: without it no compressed archive can be read.
    pub has_zlib: bool,
    /// The modules that pip needs and this Python was built without: `zlib`, `pyexpat`, `_ssl`.
    #[serde(default)]
    pub missing_modules: Vec<String>,
}

impl Interpreter {
    /// The directory of the executable: `home` in `pyvenv.cfg`.
    pub fn home(&self) -> PathBuf {
        self.platform.split(&self.executable).0
    }

    /// Why pip does not work with it, if it was built without a module that pip needs.
    pub fn pip_obstacle(&self) -> Option<String> {
        let has = |name: &str| !self.missing_modules.iter().any(|missing| missing == name);
        let names: Vec<_> = ["zlib", "pyexpat"].into_iter().filter(|name| !has(name)).collect();
        if !names.is_empty() {
            let names = names.join("` and `");
            return Some(format!("{self} was built without `{names}`: pip does not start"));
        }
        (!has("_ssl")).then(|| format!("{self} was built without `ssl`: pip cannot download"))
    }
}

/// For people: `CPython 3.13.0, free-threaded`.
impl fmt::Display for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.implementation, self.version)?;
        if self.build.free_threaded {
            f.write_str(", free-threaded")?;
        }
        if self.build.debug {
            f.write_str(", debug")?;
        }
        Ok(())
    }
}
