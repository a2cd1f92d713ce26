//! The manifest of an archive: which machine and which Python it needs.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::python::{Build, Implementation};
use crate::support::host::Platform;

/// The path of the manifest in an archive, and in a directory that one was unpacked into. It sorts
/// before all other entries, so that a reader of a stream meets it first.
pub const MANIFEST: &str = ".rvenv-pack.json";

/// The version of the format that this rvenv writes, and the newest that it reads. Fields may be added
/// without another number.
pub const FORMAT: u32 = 1;

/// The content of [`MANIFEST`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`]
    pub format: u32,
    /// The program that wrote the archive: `rvenv 0.1.0`.
    pub creator: String,
    /// The Python of the environment.
    pub python: PackedPython,
    /// The machine that the files are for.
    pub system: System,
    /// The number of regular files in the archive, without the manifest. All other entries are
    /// directories.
    pub files: u64,
    /// The sum of the lengths of these files, in bytes.
    pub bytes: u64,
}

/// The Python of a packed environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedPython {
    /// `cpython`, `pypy`
    pub implementation: Implementation,
    /// `3.12.1`; a launcher accepts any patch release.
    pub version: String,
    /// Free-threaded, debug.
    pub build: Build,
    /// `sys.implementation.cache_tag`: `cpython-312`.
    pub cache_tag: String,
    /// Whether the archive contains this Python.
    pub mode: Mode,
    /// The base interpreter on the machine that packed the environment.
    pub base: String,
    /// The interpreter that `pack --python` names, on the machines that the archive is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<String>,
}

/// The method by which an unpacked environment finds its Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// `bin/python` is a script that finds a Python on the machine.
    Launcher,
    /// The archive contains the interpreter and its standard library.
    Included,
}

/// The machine that the compiled files are for, as they say themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct System {
    /// The operating system.
    pub platform: Platform,
    /// The architecture as in `platform.machine()`; `None` if the archive has no compiled files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// The C library; `None` where no compiled file needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub libc: Option<Libc>,
    /// Libraries of the system that compiled files need (`DT_NEEDED` of elf(5)), in the order of their
    /// names, without those of the C library: `libssl.so.3`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub libraries: Vec<String>,
}

/// A C library and its oldest release that is enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Libc {
    /// The C library.
    pub family: LibcFamily,
    /// `[2, 34]`; empty where no file requires a release.
    pub version: Vec<u32>,
}

/// The C libraries of Linux that wheels exist for (PEP 600, PEP 656).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LibcFamily {
    /// The GNU C library.
    Glibc,
    /// musl.
    Musl,
}

/// The reason that bytes are not a readable manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not the fields of a manifest.
    #[error("the manifest is damaged")]
    Damaged(#[from] serde_json::Error),
    /// Of a newer rvenv.
    #[error("its format {format} is newer than {FORMAT}, the latest that this rvenv supports")]
    Newer {
        /// The number in the manifest.
        format: u32,
    },
}

impl Manifest {
    /// Reads the content of [`MANIFEST`].
    ///
    /// # Errors
    /// If the bytes are not a manifest, or one of a newer format.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let Version { format } = serde_json::from_slice(bytes)?;
        if format > FORMAT {
            return Err(ManifestError::Newer { format });
        }
        Ok(serde_json::from_slice(bytes)?)
    }

    /// The content of [`MANIFEST`].
    ///
    /// # Errors
    /// If serialization fails, which cannot happen with a value of this type.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ManifestError> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// The requirements of the archive, as text: `x86_64, glibc >= 2.34, CPython 3.12`.
impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.system)?;
        match self.python.mode {
            Mode::Launcher => write!(f, ", {}", self.python),
            Mode::Included => write!(f, ", no Python"),
        }
    }
}

/// `CPython 3.12`, `CPython 3.13 free-threaded`.
impl fmt::Display for PackedPython {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minor = self.version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
        write!(f, "{} {minor}", self.implementation)?;
        if self.build.free_threaded {
            f.write_str(" free-threaded")?;
        }
        if self.build.debug {
            f.write_str(" debug")?;
        }
        Ok(())
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let system = match self.platform {
            Platform::Linux => "Linux",
            Platform::MacOs => "macOS",
            Platform::Windows => "Windows",
        };
        f.write_str(self.machine.as_deref().unwrap_or(system))?;
        let Some(libc) = &self.libc else { return Ok(()) };
        let family = match libc.family {
            LibcFamily::Glibc => "glibc",
            LibcFamily::Musl => "musl",
        };
        write!(f, ", {family}")?;
        let version: Vec<_> = libc.version.iter().map(u32::to_string).collect();
        if version.is_empty() { Ok(()) } else { write!(f, " >= {}", version.join(".")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            format: FORMAT,
            creator: "rvenv 0.1.0".into(),
            python: PackedPython {
                implementation: Implementation::CPython,
                version: "3.12.1".into(),
                build: Build::default(),
                cache_tag: "cpython-312".into(),
                mode: Mode::Launcher,
                base: "/usr/bin/python3.12".into(),
                named: None,
            },
            system: System {
                platform: Platform::Linux,
                machine: Some("x86_64".into()),
                libc: Some(Libc { family: LibcFamily::Glibc, version: vec![2, 34] }),
                libraries: vec!["libssl.so.3".into()],
            },
            files: 2,
            bytes: 30,
        }
    }

    #[test]
    fn a_manifest_is_read_as_it_was_written() {
        let manifest = manifest();
        assert_eq!(Manifest::parse(&manifest.to_bytes().unwrap()).unwrap(), manifest);
        assert_eq!(manifest.to_string(), "x86_64, glibc >= 2.34, CPython 3.12");
        let python = PackedPython { mode: Mode::Included, ..manifest.python.clone() };
        let pure = System { machine: None, libc: None, ..manifest.system.clone() };
        let included = Manifest { python, system: pure, ..manifest };
        assert_eq!(included.to_string(), "Linux, no Python");
    }

    #[test]
    fn a_newer_format_is_refused_before_its_fields_are_read() {
        let error = Manifest::parse(br#"{"format": 2, "python": 7}"#).unwrap_err();
        assert!(matches!(error, ManifestError::Newer { format: 2 }), "{error}");
        for damaged in ["", "{}", "[1]", r#"{"format": 1}"#] {
            let error = Manifest::parse(damaged.as_bytes()).unwrap_err();
            assert!(matches!(error, ManifestError::Damaged(_)), "{damaged}: {error}");
        }
    }
}
