//! Reads a wheel (the binary distribution format of PEP 427) as untrusted input.
//!
//! A wheel is read completely into memory and accepted only if every name in it is safe, every size is
//! bounded, and every file matches the wheel's RECORD. The code that writes the files therefore needs no
//! checks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use pep440_rs::{Version, VersionSpecifiers};
use zip::ZipArchive;
use zip::result::ZipError;

use crate::formats::metadata::header;
use crate::formats::record;
use crate::fs::open_regular;
use crate::seed::{Error, Result};
use crate::support::limits;

/// The maximum number of files; setuptools has fewer than 1,000. See [`limits::WHEEL_CONTENT`].
const MAX_FILES: usize = 20_000;

/// The reason to reject a wheel.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WheelFault {
    /// Not a zip archive, or a truncated one.
    #[error("it is not a zip archive, or it is truncated")]
    Archive(#[source] ZipError),
    /// The file's name is not that of a wheel.
    #[error("its name is not `NAME-VERSION-py3-none-any.whl`")]
    Name,
    /// No directory for its metadata, or several.
    #[error("it does not contain exactly one `.dist-info` directory")]
    DistInfo,
    /// It contains another project than the requested one.
    #[error("it holds {found}, not {wanted}")]
    Project {
        /// The requested project.
        wanted: String,
        /// The project in the wheel.
        found: String,
    },
    /// A name in it is absolute, leaves the directory, or is not portable.
    #[error("it holds the unsafe name `{}`", name.escape_debug())]
    UnsafeName {
        /// The name.
        name: String,
    },
    /// Two files of one name.
    #[error("it holds two files of one name")]
    Duplicate,
    /// A link, a device or another special file.
    #[error("`{name}` in it is neither a file nor a directory")]
    Special {
        /// The file.
        name: String,
    },
    /// It exceeds the limit of files or bytes.
    #[error("it unpacks to more than {MAX_FILES} files or {} MiB", limits::WHEEL_CONTENT >> 20)]
    TooLarge,
    /// A file that cannot be unpacked.
    #[error("cannot unpack `{name}` from it")]
    Unreadable {
        /// The file.
        name: String,
        /// The cause.
        source: io::Error,
    },
    /// A file that RECORD lists and the archive lacks.
    #[error("`{name}` is missing from it")]
    Missing {
        /// The file.
        name: String,
    },
    /// A file that RECORD does not list.
    #[error("`{name}` in it is not listed in its RECORD")]
    Unlisted {
        /// The file.
        name: String,
    },
    /// A file with another hash or size than RECORD says.
    #[error("the hash or size of `{name}` differs from its RECORD")]
    Altered {
        /// The file.
        name: String,
    },
    /// Metadata that is missing or invalid.
    #[error("its {file} has no valid {field}")]
    Metadata {
        /// `METADATA`, `WHEEL` or `RECORD`.
        file: &'static str,
        /// The field.
        field: &'static str,
    },
    /// A feature that pip's wheels do not use and that rvenv does not support.
    #[error("it has {what}, which is not supported here")]
    Unsupported {
        /// The feature.
        what: &'static str,
    },
    /// It does not support this Python.
    #[error("it needs Python {requires}")]
    RequiresPython {
        /// The `Requires-Python` of its metadata.
        requires: String,
    },
}

/// The checked content of a wheel.
#[derive(Debug)]
pub(crate) struct Wheel {
    /// The version, as its metadata has it.
    pub(crate) version: String,
    /// `pip-24.2.dist-info`.
    pub(crate) dist_info: String,
    /// All files except RECORD and signatures, by path relative to `site-packages`, with `/`.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

impl Wheel {
    /// Reads and checks the wheel at `path`, which must contain `project` and support the version `python`.
    pub(crate) fn read(path: &Path, project: &str, python: &Version) -> Result<Self> {
        let archive = open_regular(path)?;
        Self::parse(BufReader::new(archive), project, python)
            .map_err(|fault| Error::Wheel { path: path.to_owned(), fault })
    }

    fn parse(file: BufReader<File>, project: &str, python: &Version) -> Result<Self, WheelFault> {
        let mut files = unpack(file)?;
        let dist_info = dist_info(files.keys())?;
        let record = take_text(&mut files, &dist_info, "RECORD")?;
        verify(&files, &dist_info, &record)?;

        let metadata = text(&files, &dist_info, "METADATA")?;
        let field =
            |field| header(metadata, field).ok_or(WheelFault::Metadata { file: "METADATA", field });
        let (name, version) = (field("Name")?, field("Version")?.to_owned());
        if !name.eq_ignore_ascii_case(project) {
            return Err(WheelFault::Project { wanted: project.to_owned(), found: name.to_owned() });
        }
        if !dist_info.eq_ignore_ascii_case(&format!("{project}-{version}.dist-info")) {
            return Err(WheelFault::Metadata { file: "METADATA", field: "Version" });
        }
        fits(header(metadata, "Requires-Python"), python)?;
        let format = header(text(&files, &dist_info, "WHEEL")?, "Wheel-Version");
        if !format.is_some_and(|format| format.starts_with("1.")) {
            return Err(WheelFault::Metadata { file: "WHEEL", field: "Wheel-Version" });
        }
        if files.keys().any(|name| is_data_dir(name.split('/').next().unwrap_or_default())) {
            return Err(WheelFault::Unsupported { what: "a data directory" });
        }
        Ok(Self { version, dist_info, files })
    }

    /// A file's text; empty when there is none.
    pub(crate) fn text(&self, path: &str) -> &str {
        self.files.get(path).and_then(|data| std::str::from_utf8(data).ok()).unwrap_or_default()
    }
}

/// Whether `python` satisfies `requires`, the `Requires-Python` of a wheel.
pub(crate) fn fits(requires: Option<&str>, python: &Version) -> Result<(), WheelFault> {
    let Some(requires) = requires else { return Ok(()) };
    let specifiers: VersionSpecifiers = requires
        .parse()
        .map_err(|_| WheelFault::Metadata { file: "METADATA", field: "Requires-Python" })?;
    if specifiers.contains(python) {
        Ok(())
    } else {
        Err(WheelFault::RequiresPython { requires: requires.to_owned() })
    }
}

/// The version in the name of a wheel of `project` for every Python 3.
pub(crate) fn version_in_name(path: &Path, project: &str) -> Option<Version> {
    let stem = path.file_name()?.to_str()?.strip_suffix(".whl")?;
    let parts: Vec<&str> = stem.split('-').collect();
    let (version, tag) = match *parts.as_slice() {
        // Between version and tag there can be a build number.
        [name, version, python, "none", "any"] | [name, version, _, python, "none", "any"]
            if name.eq_ignore_ascii_case(project) =>
        {
            (version, python)
        }
        _ => return None,
    };
    tag.split('.').any(|tag| tag == "py3").then(|| version.parse().ok())?
}

fn unpack(file: BufReader<File>) -> Result<BTreeMap<String, Vec<u8>>, WheelFault> {
    let mut archive = ZipArchive::new(file).map_err(WheelFault::Archive)?;
    if archive.has_duplicate_names() {
        return Err(WheelFault::Duplicate);
    }
    if archive.len() > MAX_FILES {
        return Err(WheelFault::TooLarge);
    }
    let mut files = BTreeMap::new();
    let mut left = limits::WHEEL_CONTENT;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(WheelFault::Archive)?;
        let name = entry.name().map_err(WheelFault::Archive)?.into_owned();
        if !is_safe(name.strip_suffix('/').unwrap_or(&name)) {
            return Err(WheelFault::UnsafeName { name });
        }
        // The file type of Unix modes, where the archiver wrote one: nothing but plain files and directories.
        let kind = entry.unix_mode().map_or(0, |mode| mode & 0o170_000);
        if !matches!(kind, 0 | 0o040_000 | 0o100_000) {
            return Err(WheelFault::Special { name });
        }
        if name.ends_with('/') {
            continue;
        }
        // The archive's directory can contain a wrong size, so the unpacked bytes are counted.
        let mut data = Vec::new();
        if let Err(source) = entry.take(left + 1).read_to_end(&mut data) {
            return Err(WheelFault::Unreadable { name, source });
        }
        left = left.checked_sub(data.len() as u64).ok_or(WheelFault::TooLarge)?;
        if files.insert(name, data).is_some() {
            return Err(WheelFault::Duplicate);
        }
    }
    Ok(files)
}

/// Whether a name stays inside the directory that it is unpacked to, on every platform.
fn is_safe(name: &str) -> bool {
    !name.contains(|c: char| c == '\\' || c == ':' || c.is_control())
        && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Whether a top-level directory is a wheel's `.data`, with files for other schemes.
fn is_data_dir(top: &str) -> bool {
    Path::new(top).extension().is_some_and(|end| end.eq_ignore_ascii_case("data"))
}

fn dist_info<'a>(names: impl Iterator<Item = &'a String>) -> Result<String, WheelFault> {
    let found: BTreeSet<&str> = names
        .filter_map(|name| name.split_once('/'))
        .map(|(top, _)| top)
        .filter(|top| top.ends_with(".dist-info"))
        .collect();
    match found.into_iter().collect::<Vec<_>>()[..] {
        [only] => Ok(only.to_owned()),
        _ => Err(WheelFault::DistInfo),
    }
}

fn text<'a>(
    files: &'a BTreeMap<String, Vec<u8>>,
    dist_info: &str,
    file: &'static str,
) -> Result<&'a str, WheelFault> {
    files
        .get(&format!("{dist_info}/{file}"))
        .and_then(|data| std::str::from_utf8(data).ok())
        .ok_or(WheelFault::Metadata { file, field: "text" })
}

fn take_text(
    files: &mut BTreeMap<String, Vec<u8>>,
    dist_info: &str,
    file: &'static str,
) -> Result<String, WheelFault> {
    files
        .remove(&format!("{dist_info}/{file}"))
        .and_then(|data| String::from_utf8(data).ok())
        .ok_or(WheelFault::Metadata { file, field: "text" })
}

/// Compares the files with RECORD.
fn verify(
    files: &BTreeMap<String, Vec<u8>>,
    dist_info: &str,
    record: &str,
) -> Result<(), WheelFault> {
    let own = format!("{dist_info}/RECORD");
    let signatures = [format!("{own}.jws"), format!("{own}.p7s")];
    let rows =
        record::parse(record).ok_or(WheelFault::Metadata { file: "RECORD", field: "row" })?;
    let mut listed = BTreeSet::new();
    for row in &rows {
        if row.path == own || signatures.contains(&row.path) {
            continue;
        }
        let name = || row.path.clone();
        let data = files.get(&row.path).ok_or_else(|| WheelFault::Missing { name: name() })?;
        let size = data.len().to_string();
        if row.hash != record::hash(data) || !(row.size.is_empty() || row.size == size) {
            return Err(WheelFault::Altered { name: name() });
        }
        listed.insert(row.path.as_str());
    }
    match files.keys().find(|name| !listed.contains(name.as_str()) && !signatures.contains(name)) {
        Some(name) => Err(WheelFault::Unlisted { name: name.clone() }),
        None => Ok(()),
    }
}
