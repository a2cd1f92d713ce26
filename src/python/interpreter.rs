//! The properties of an interpreter that plans, seeds and markers need.

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
    /// Any other, with the name that it reports.
    #[serde(untagged)]
    Other(String),
}

impl Implementation {
    /// The implementation that calls itself `name`.
    pub fn named(name: &str) -> Self {
        [Self::CPython, Self::PyPy, Self::GraalPy]
            .into_iter()
            .find(|known| known.name() == name)
            .unwrap_or_else(|| Self::Other(name.to_owned()))
    }

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

/// The build options that affect names and layout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// Without the GIL (PEP 703): `python3.13t`.
    pub free_threaded: bool,
    /// With debug checks: `python3.12d`.
    pub debug: bool,
}

/// The directories of an environment of this interpreter, relative to its root (sysconfig's `venv` scheme,
/// or the paths that the `venv` module uses before 3.11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheme {
    /// `bin` or `Scripts`.
    pub scripts: PathBuf,
    /// `include` (before 3.11), `include/python3.12`, or `Include`.
    pub include: PathBuf,
    /// `lib/python3.12/site-packages`.
    pub purelib: PathBuf,
    /// The directory of compiled packages, usually equal to `purelib`.
    pub platlib: PathBuf,
}

/// A wheel that this interpreter's `ensurepip` would install.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wheel {
    /// `pip` or `setuptools`.
    pub project: String,
    /// The version in the file's name.
    pub version: String,
    /// The wheel file.
    pub path: PathBuf,
}

/// An installed Python, never an environment: a base.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interpreter {
    /// The stable path of the executable (a stable link of a version manager or Homebrew is kept, a link into
    /// another tree is resolved): `sys._base_executable`.
    pub executable: PathBuf,
    /// The real path of the executable: `executable` in `pyvenv.cfg`.
    pub real_executable: PathBuf,
    /// `sys.base_prefix`.
    pub prefix: PathBuf,
    /// `sys.version_info`.
    pub version: Version,
    /// `sys.implementation.name`.
    pub implementation: Implementation,
    /// Free-threaded, debug.
    pub build: Build,
    /// Its system.
    pub platform: Platform,
    /// `x86_64`, `arm64`, `amd64`: `platform.machine()`, or on Windows the machine of the build.
    pub machine: String,
    /// 32 or 64.
    pub pointer_bits: u8,
    /// `sys.implementation.cache_tag`: `cpython-312`, names its bytecode files.
    pub cache_tag: String,
    /// `importlib.util.MAGIC_NUMBER` in hexadecimal: bytecode is valid for one number only.
    pub bytecode_magic: String,
    /// `sysconfig`'s `EXT_SUFFIX`: `.cpython-312-x86_64-linux-gnu.so`.
    pub extension_suffix: String,
    /// The platform of the wheels that it can use; `None` where it cannot be known.
    #[serde(default)]
    pub wheel_platform: Option<WheelPlatform>,
    /// The directories of an environment.
    pub scheme: Scheme,
    /// `sysconfig`'s `stdlib` path of the base.
    pub stdlib: PathBuf,
    /// The shared library with the interpreter, if it is not in the executable.
    pub shared_library: Option<PathBuf>,
    /// The wheels that `ensurepip` would install, in its order; empty if the base bundles none.
    pub wheels: Vec<Wheel>,
    /// The files of the base that a copied executable needs: on Windows the executables and DLLs beside it and
    /// the launchers of the `venv` module, on other systems the libraries of `PyPy` and of relocatable builds.
    #[serde(default)]
    pub companions: Vec<PathBuf>,
    /// Whether `zlib` is importable: without it compressed archives cannot be read.
    pub has_zlib: bool,
    /// The modules of the standard library that pip imports and this Python lacks: `zlib`, `_ssl`.
    #[serde(default)]
    pub missing_modules: Vec<String>,
}

/// The module that pip needs only to download.
const SSL: &str = "_ssl";

impl Interpreter {
    /// The directory of the executable: `home` in `pyvenv.cfg`.
    pub fn home(&self) -> PathBuf {
        self.platform.split(&self.executable).0
    }

    /// Whether it has the modules without which pip fails before it reads its arguments.
    pub fn starts_pip(&self) -> bool {
        self.missing_modules.iter().all(|name| name == SSL)
    }

    /// The reason that pip does not work with it, if a module that pip needs is missing.
    pub fn pip_obstacle(&self) -> Option<String> {
        let names = self.missing_modules.iter().map(String::as_str).filter(|name| *name != SSL);
        let names = names.collect::<Vec<_>>().join("` and `");
        match &*names {
            "" if self.missing_modules.is_empty() => None,
            "" => Some(format!("{self} was built without `ssl`: pip cannot download")),
            names => Some(format!("{self} was built without `{names}`: pip does not start")),
        }
    }
}

/// The description for messages: `CPython 3.13.0, free-threaded`.
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
