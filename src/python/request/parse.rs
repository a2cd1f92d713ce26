//! Parses `pypy@3.10`, `cp313t`, `>=3.11,<3.14`, `cpython-3.12.3-linux-x86_64-gnu`.

use super::{Series, Versions, Wanted};
use crate::python::{Implementation, Level, Version};
use crate::support::host::Platform;

/// The characters that begin a range.
const OPERATORS: [char; 5] = ['<', '>', '=', '!', '~'];

/// The request that `text`, in a form of other tools, probably means: `3.12+`, `3.12.x`, `^3.12`, `3.11-3.13`,
/// `Python 3.12`.
pub(super) fn meant(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    let text = text.trim();
    let text = text.strip_prefix("python").unwrap_or(text).trim_start();
    let text = text.strip_suffix(['.', ',']).unwrap_or(text);
    let version = |text: &str| {
        let numbers: Vec<u32> = text.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
        (numbers.first() == Some(&3) && numbers.len() <= 3).then_some(numbers)
    };
    let series = [".*", ".x"].iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text);
    let meant = if version(series).is_some() {
        series.to_owned()
    } else if let Some(first) = text.strip_suffix(['+', '^']).or(text.strip_prefix(['^', '>'])) {
        let first = first.trim();
        let limit = if text.starts_with('^') { ",<4" } else { "" };
        version(first).map(|_| format!(">={first}{limit}"))?
    } else {
        let (first, last) = text.split_once('-').or_else(|| text.split_once(".."))?;
        let (first, last) = (first.trim(), last.trim());
        version(first)?;
        format!(">={first},<3.{}", version(last)?.get(1)? + 1)
    };
    Wanted::parse(&meant).map(|_| meant)
}

impl Wanted {
    /// Parses a version, a range, an implementation, or a combination.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let mut wanted = Self::default();
        let (main, variants) =
            text.split_once('+').map_or((&*text, None), |(main, rest)| (main, Some(rest)));
        let mut tail = "";
        if let Some(variants) = variants {
            let (variants, rest) = variants.split_once('-').unwrap_or((variants, ""));
            variants.split('+').try_for_each(|variant| wanted.variant(variant))?;
            tail = rest;
        }
        match main.find(OPERATORS) {
            Some(start) => wanted.range(&main[..start], &main[start..])?,
            None => wanted.plain(main)?,
        }
        tail.split('-')
            .filter(|part| !part.is_empty())
            .try_for_each(|part| wanted.modifier(part))?;
        Some(wanted)
    }

    fn implementation(&mut self, name: &str) -> Option<()> {
        self.implementation = match name {
            // None in particular.
            "" | "python" | "py" => None,
            // The last is what PEP 514 and Windows' install manager call it.
            "cpython" | "cp" | "pythoncore" => Some(Implementation::CPython),
            "pypy" | "pp" => Some(Implementation::PyPy),
            "graalpy" | "gp" => Some(Implementation::GraalPy),
            _ => return None,
        };
        Some(())
    }

    fn variant(&mut self, text: &str) -> Option<()> {
        match text {
            "freethreaded" | "t" => self.free_threaded = Some(true),
            "gil" => self.free_threaded = Some(false),
            "debug" | "d" => self.debug = Some(true),
            _ => return None,
        }
        Some(())
    }

    /// `pypy` and `>=3.9,<3.11-64`.
    fn range(&mut self, implementation: &str, range: &str) -> Option<()> {
        self.implementation(implementation.trim_end_matches([' ', '@', '-']))?;
        let mut parts = range.split('-');
        self.versions = Versions::Range(parts.next()?.parse().ok()?);
        parts.try_for_each(|part| self.modifier(part.trim()))
    }

    /// `3.12`, `cp312`, `pypy@3.10`, `graalpy`, `cpython-3.12.3-linux-x86_64`.
    fn plain(&mut self, text: &str) -> Option<()> {
        let letters = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
        let (name, rest) = text.split_at(letters);
        self.implementation(name)?;
        // `cp` and `py` alone are names of programs.
        if rest.is_empty() && name.len() < 4 {
            return None;
        }
        if rest.is_empty() {
            return Some(());
        }
        let behind = rest.strip_prefix(['@', '-']).filter(|_| !name.is_empty());
        let mut parts = behind.unwrap_or(rest).split('-');
        let first = parts.next()?;
        // `cp32` is a version, `cpython-32` is not.
        let is_bits = rest.starts_with('-') && ["32", "64"].contains(&first);
        if first.starts_with(|c: char| c.is_ascii_digit()) && !is_bits {
            self.version(first)?;
        } else {
            self.modifier(first)?;
        }
        parts.try_for_each(|part| self.modifier(part))
    }

    /// `3`, `3.12`, `312`, `3.12.1`, `3.14.0rc1`, each optionally with the suffix `t` or `d`.
    fn version(&mut self, text: &str) -> Option<()> {
        let number = text.trim_end_matches(['t', 'd']);
        for flag in text[number.len()..].chars() {
            match flag {
                't' => self.free_threaded = Some(true),
                _ => self.debug = Some(true),
            }
        }
        let end = number.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(number.len());
        let (release, pre) = number.split_at(end);
        let series = series(release)?;
        self.versions = if pre.is_empty() {
            Versions::Series(series)
        } else {
            Versions::Exactly(prerelease(series, pre)?)
        };
        Some(())
    }

    /// The part of a request after a hyphen.
    fn modifier(&mut self, text: &str) -> Option<()> {
        match text {
            "32" => self.pointer_bits = Some(32),
            "64" => self.pointer_bits = Some(64),
            "dbg" | "debug" => self.debug = Some(true),
            "linux" => self.platform = Some(Platform::Linux),
            "macos" | "darwin" => self.platform = Some(Platform::MacOs),
            "windows" => self.platform = Some(Platform::Windows),
            // A Python that starts on this machine is compatible with its C library.
            "any" | "none" | "gnu" | "gnueabihf" | "musl" | "msvc" | "dev" => {}
            _ => match machine(text) {
                Some(machine) => self.machine = Some(machine.to_owned()),
                None if self.has_own_version() && is_own_version(text) => {}
                // The tag of a binary interface, as in `/opt/python/cp313-cp313t`.
                None if text.starts_with("cp3") => {
                    self.free_threaded = text.ends_with('t').then_some(true).or(self.free_threaded);
                }
                None => return None,
            },
        }
        Some(())
    }

    /// `PyPy` and `GraalPy` have release numbers in addition to Python's: `pypy3.10-7.3.12`.
    fn has_own_version(&self) -> bool {
        matches!(self.implementation, Some(Implementation::PyPy | Implementation::GraalPy))
    }
}

fn is_own_version(text: &str) -> bool {
    let text = text.strip_prefix('v').unwrap_or(text);
    (text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('.'))
        || text.starts_with("pypy")
}

/// `3`, `3.12`, `312`, `3.12.1`.
fn series(text: &str) -> Option<Series> {
    let numbers: Vec<u32> = text.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    match numbers[..] {
        [_] if text.len() > 1 => {
            let (major, minor) = text.split_at(1);
            Some(Series {
                major: major.parse().ok()?,
                minor: Some(minor.parse().ok()?),
                micro: None,
            })
        }
        [major] => Some(Series { major, minor: None, micro: None }),
        [major, minor] => Some(Series { major, minor: Some(minor), micro: None }),
        [major, minor, micro] => Some(Series { major, minor: Some(minor), micro: Some(micro) }),
        _ => None,
    }
}

/// The suffix `rc1` of `3.14.0` or `3.14`.
fn prerelease(series: Series, text: &str) -> Option<Version> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let (name, serial) = text.split_at(start);
    let level = match name {
        "a" | "alpha" => Level::Alpha,
        "b" | "beta" => Level::Beta,
        "rc" | "c" => Level::Candidate,
        _ => return None,
    };
    let Series { major, minor, micro } = series;
    Some(Version {
        major,
        minor: minor?,
        micro: micro.unwrap_or(0),
        level,
        serial: serial.parse().ok()?,
    })
}

/// The canonical name of a machine.
pub(super) fn machine(name: &str) -> Option<&'static str> {
    Some(match name {
        "x86_64" | "amd64" | "x64" => "x86_64",
        "arm64" | "aarch64" => "aarch64",
        "x86" | "i386" | "i686" => "x86",
        "armv7l" | "armv7" => "armv7",
        "riscv64" | "riscv64gc" => "riscv64",
        "ppc64le" | "powerpc64le" => "ppc64le",
        "s390x" => "s390x",
        "loongarch64" => "loongarch64",
        _ => return None,
    })
}

/// The name that parses as `platform`.
pub(super) const fn platform_name(platform: Platform) -> &'static str {
    match platform {
        Platform::Linux => "linux",
        Platform::MacOs => "macos",
        Platform::Windows => "windows",
    }
}
