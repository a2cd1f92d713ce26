//! Requests for a Python.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

use pep440_rs::VersionSpecifiers;

use super::{Implementation, Interpreter, Version};
use crate::python::{Error, Result};
use crate::support::host::{Host, Platform};
use crate::support::program::Program;

mod parse;
#[cfg(test)]
mod tests;

/// A request for a Python.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Any Python.
    Any,
    /// This executable, or that of this installation or environment.
    Path(Program),
    /// The program of this name on PATH.
    Name(OsString),
    /// A Python with these properties.
    Wanted(Wanted),
}

/// The requested properties; `None` is any value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// `pypy` in `pypy3.10`.
    pub implementation: Option<Implementation>,
    /// The accepted versions.
    pub versions: Versions,
    /// `t` in `3.13t`, `+freethreaded`; false for `+gil`.
    pub free_threaded: Option<bool>,
    /// `d` in `3.12d`, `+debug`.
    pub debug: Option<bool>,
    /// `-32`, `-64`.
    pub pointer_bits: Option<u8>,
    /// `-arm64`, by one name for each: `x86_64`, `aarch64`, `x86`.
    pub machine: Option<String>,
    /// `-linux`, as in uv's names of its Pythons.
    pub platform: Option<Platform>,
}

/// A set of versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Versions {
    /// Every one.
    #[default]
    Any,
    /// `3`, `3.12`, `3.12.1`: the versions with this prefix.
    Series(Series),
    /// `3.14.0rc1`: a pre-release, and only this one.
    Exactly(Version),
    /// `>=3.11,<3.14` (PEP 440).
    Range(VersionSpecifiers),
}

/// The prefix of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series {
    /// 3 in `3.12`.
    pub major: u32,
    /// 12 in `3.12`.
    pub minor: Option<u32>,
    /// 1 in `3.12.1`.
    pub micro: Option<u32>,
}

impl Request {
    /// Parses the text of a user.
    ///
    /// A text with a separator, or with a dot or `~/` at the beginning, is a path; otherwise it is a version, a
    /// range or an implementation if it has such a form; any other word is the name of a program.
    ///
    /// # Errors
    /// [`Error::UnreadableRequest`] if it has none of these forms.
    pub fn parse(text: impl AsRef<OsStr>, host: &Host) -> Result<Self> {
        let text = text.as_ref();
        if let Some(path) = as_path(text, host) {
            return Ok(Self::Path(Program::typed(path)));
        }
        let unreadable = || {
            let text = text.to_string_lossy().into_owned();
            let meant = parse::meant(&text);
            Error::UnreadableRequest { text, meant }
        };
        let readable = text.to_str().ok_or_else(unreadable)?.trim();
        match Wanted::parse(readable) {
            Some(wanted) if wanted == Wanted::default() => Ok(Self::Any),
            Some(wanted) => Ok(Self::Wanted(wanted)),
            None if is_name(readable) => Ok(Self::Name(readable.into())),
            None => Err(unreadable()),
        }
    }

    /// The minor version, if only one matches: `3.12`, `>=3.11,<3.12`, `python3.11`.
    pub(crate) fn minor(&self) -> Option<u32> {
        match self {
            Self::Any | Self::Path(_) => None,
            Self::Name(name) => Wanted::parse(name.to_str()?)?.versions.minor(),
            Self::Wanted(wanted) => wanted.versions.only_minor(),
        }
    }

    /// Whether `interpreter` satisfies the request.
    pub fn matches(&self, interpreter: &Interpreter) -> bool {
        match self {
            Self::Any => true,
            Self::Path(Program { path, .. }) => {
                [&interpreter.executable, &interpreter.real_executable].contains(&path)
            }
            Self::Name(name) => interpreter.executable.file_name() == Some(name),
            Self::Wanted(wanted) => wanted.matches(interpreter),
        }
    }

    /// Whether `interpreter` has no special property that was not requested: pre-releases, free-threaded and
    /// debug builds, and other implementations than `CPython` are used on request, and if nothing else matches.
    pub(crate) fn prefers(&self, interpreter: &Interpreter) -> bool {
        let nothing = Wanted::default();
        let wanted = match self {
            Self::Path(_) | Self::Name(_) => return true,
            Self::Any => &nothing,
            Self::Wanted(wanted) => wanted,
        };
        (wanted.implementation.is_some() || interpreter.implementation == Implementation::CPython)
            && (wanted.free_threaded.is_some() || !interpreter.build.free_threaded)
            && (wanted.debug.is_some() || !interpreter.build.debug)
            && (wanted.versions.names_prerelease() || !interpreter.version.is_prerelease())
    }
}

/// The path in `text`, if it has the form of one.
fn as_path(text: &OsStr, host: &Host) -> Option<PathBuf> {
    let bytes = text.as_encoded_bytes();
    let windows = host.platform() == Platform::Windows;
    let separator = |byte: &u8| *byte == b'/' || (windows && *byte == b'\\');
    if let (Some(rest), Some(home)) =
        (text.to_str().and_then(|text| text.strip_prefix("~/")), host.home())
    {
        // A shell expands it, but not in the value of a variable or a file.
        return Some(host.absolute(&home.join(rest)));
    }
    // `C:python.exe` is relative to the current directory of a drive.
    let on_drive = windows && bytes.get(1) == Some(&b':');
    let is_path =
        on_drive || bytes.iter().any(separator) || bytes.starts_with(b".") || bytes == b"~";
    is_path.then(|| host.absolute(Path::new(text)))
}

/// Whether `text` can be the name of a program: a word that does not look like a version.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || "_.-+".contains(c))
}

impl Wanted {
    fn matches(&self, interpreter: &Interpreter) -> bool {
        fn agrees<T: PartialEq>(wanted: Option<&T>, found: &T) -> bool {
            wanted.is_none_or(|wanted| wanted == found)
        }
        agrees(self.implementation.as_ref(), &interpreter.implementation)
            && self.versions.contain(interpreter.version)
            && agrees(self.free_threaded.as_ref(), &interpreter.build.free_threaded)
            && agrees(self.debug.as_ref(), &interpreter.build.debug)
            && agrees(self.pointer_bits.as_ref(), &interpreter.pointer_bits)
            && agrees(self.platform.as_ref(), &interpreter.platform)
            && self.machine.as_deref().is_none_or(|wanted| {
                parse::machine(&interpreter.machine.to_ascii_lowercase()) == Some(wanted)
            })
    }
}

impl Versions {
    pub(crate) fn contain(&self, version: Version) -> bool {
        match self {
            Self::Any => true,
            Self::Series(series) => series.contains(version),
            Self::Exactly(wanted) => *wanted == version,
            // For a range without a pre-release, 3.14.0rc1 counts as 3.14.0, so that it is used if nothing else
            // matches.
            Self::Range(range) if self.names_prerelease() => range.contains(&version.pep440()),
            Self::Range(range) => range.contains(&version.pep440_release()),
        }
    }

    fn names_prerelease(&self) -> bool {
        match self {
            Self::Any | Self::Series(_) => false,
            Self::Exactly(_) => true,
            Self::Range(range) => range.iter().any(pep440_rs::VersionSpecifier::any_prerelease),
        }
    }
}

impl Series {
    fn contains(self, version: Version) -> bool {
        self.major == version.major
            && self.minor.is_none_or(|minor| minor == version.minor)
            && self.micro.is_none_or(|micro| micro == version.micro)
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any Python"),
            Self::Path(Program { path, .. }) => path.display().fmt(f),
            Self::Name(name) => name.display().fmt(f),
            Self::Wanted(wanted) => wanted.fmt(f),
        }
    }
}

/// The text, which parses as the same request.
impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.implementation {
            Some(implementation) => f.write_str(implementation.name())?,
            None if self.versions == Versions::Any => f.write_str("python")?,
            None => {}
        }
        self.versions.fmt(f)?;
        let variants = [
            (self.free_threaded == Some(true), "+freethreaded"),
            (self.free_threaded == Some(false), "+gil"),
            (self.debug == Some(true), "+debug"),
        ];
        for (_, name) in variants.into_iter().filter(|(asked, _)| *asked) {
            f.write_str(name)?;
        }
        if let Some(bits) = self.pointer_bits {
            write!(f, "-{bits}")?;
        }
        if let Some(platform) = self.platform {
            write!(f, "-{}", parse::platform_name(platform))?;
        }
        if let Some(machine) = &self.machine {
            write!(f, "-{machine}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => Ok(()),
            Self::Series(series) => series.fmt(f),
            Self::Exactly(version) => version.fmt(f),
            Self::Range(range) => {
                let parts: Vec<_> = range.iter().map(ToString::to_string).collect();
                f.write_str(&parts.join(","))
            }
        }
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.major)?;
        for part in [self.minor, self.micro].into_iter().flatten() {
            write!(f, ".{part}")?;
        }
        Ok(())
    }
}

impl Wanted {
    /// Whether a Python with the known properties `self` cannot satisfy the request.
    pub(crate) fn rules_out(&self, wanted: &Self) -> bool {
        fn differ<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
            matches!((one, other), (Some(one), Some(other)) if one != other)
        }
        differ(self.implementation.as_ref(), wanted.implementation.as_ref())
            || differ(self.free_threaded.as_ref(), wanted.free_threaded.as_ref())
            || differ(self.debug.as_ref(), wanted.debug.as_ref())
            || self.versions.rules_out(&wanted.versions)
    }
}

impl Versions {
    /// The minor version, if no other matches, also for a range.
    fn only_minor(&self) -> Option<u32> {
        let Self::Range(_) = self else { return self.minor() };
        let fits = |minor: &u32| {
            let series = Series { major: 3, minor: Some(*minor), micro: None };
            !Self::Series(series).rules_out(self)
        };
        let mut fitting = (0..=99).filter(fits);
        let minor = fitting.next()?;
        fitting.next().is_none().then_some(minor)
    }

    /// Whether every matching version is older than [`Version::OLDEST`].
    pub(crate) fn precede_oldest(&self) -> bool {
        let fits = |minor| {
            let series = Series { major: 3, minor: Some(minor), micro: None };
            !Self::Series(series).rules_out(self)
        };
        let oldest = Version::OLDEST.minor;
        match self {
            Self::Any => false,
            Self::Exactly(version) => *version < Version::OLDEST,
            Self::Series(series) if series.major != 3 => series.major < 3,
            Self::Series(_) | Self::Range(_) => {
                let fits_older = (0..oldest).any(fits) || self.contain(Version::new(2, 7, 18));
                fits_older && !(oldest..=99).any(fits)
            }
        }
    }

    /// The minor version, if only one matches.
    pub(crate) fn minor(&self) -> Option<u32> {
        match self {
            Self::Any | Self::Range(_) => None,
            Self::Series(series) => series.minor,
            Self::Exactly(version) => Some(version.minor),
        }
    }

    /// Whether exactly one release matches.
    pub(crate) fn is_one_release(&self) -> bool {
        match self {
            Self::Any | Self::Range(_) => false,
            Self::Series(series) => series.micro.is_some(),
            Self::Exactly(_) => true,
        }
    }

    /// Whether none of these versions matches.
    fn rules_out(&self, wanted: &Self) -> bool {
        let series = match self {
            Self::Any | Self::Range(_) => return false,
            Self::Exactly(version) => return !wanted.contain(*version),
            Self::Series(series) => *series,
        };
        let Series { major, minor: Some(minor), micro } = series else { return false };
        let mut micros = micro.map_or(0..=99, |micro| micro..=micro);
        match wanted {
            Self::Any => false,
            // The name of a directory may be 3.14.0 for a 3.14.0rc1.
            Self::Exactly(version) => !series.contains(*version),
            Self::Series(wanted) => {
                let differ = |one: Option<u32>, other: u32| one.is_some_and(|one| one != other);
                wanted.major != major
                    || differ(wanted.minor, minor)
                    || matches!((wanted.micro, micro), (Some(one), Some(other)) if one != other)
            }
            Self::Range(_) => {
                !micros.any(|micro| wanted.contain(Version::new(major, minor, micro)))
            }
        }
    }
}
