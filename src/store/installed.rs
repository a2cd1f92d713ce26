//! A distribution that pip has just installed, verified file by file against its RECORD.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Component, Path, PathBuf};

use memchr::memmem;

use super::files::{self, Stamp};
use super::reason::NotStored;
use crate::dist::record::is_bytecode;
use crate::formats::metadata;
use crate::formats::record::{self, Row};
use crate::formats::shebang::Line;
use crate::fs::{FileFacts, open_regular, read_bounded};
use crate::support::limits;

/// The files of a dist-info that are written for each environment.
pub(super) const OWN_FILES: [&str; 4] = ["RECORD", "INSTALLER", "REQUESTED", "direct_url.json"];

/// The environment in which pip has installed packages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// The environment.
    pub(super) root: &'a Path,
    /// `site-packages`, relative to the environment: what RECORD is relative to.
    pub(super) site: &'a Path,
    /// `bin`.
    pub(super) scripts: &'a Path,
    /// The magic number of bytecode, in hexadecimal digits.
    pub(super) magic: &'a str,
}

/// A distribution.
#[derive(Debug)]
pub(super) struct Installed {
    /// RECORD.
    pub(super) record: String,
    /// The fields of METADATA.
    pub(super) metadata: Vec<(String, String)>,
    /// The tags in WHEEL.
    pub(super) tags: Vec<String>,
    pub(super) files: Vec<InstalledFile>,
}

/// A file of a distribution that is as RECORD lists it.
#[derive(Debug)]
pub(super) struct InstalledFile {
    /// Relative to the environment, with `/`.
    pub(super) path: String,
    pub(super) stamp: Stamp,
    pub(super) digest: [u8; 32],
    /// The first line of a command, if it names the environment's Python.
    pub(super) line: Option<Line>,
}

/// A file that RECORD lists with neither hash nor size: bytecode that pip compiled.
struct Bytecode {
    path: String,
    source: String,
}

impl Installed {
    /// Reads and verifies what RECORD of `dist_info`, which is relative to `site-packages`, lists.
    /// `is_built` is whether it was built on this machine, so that any file may contain the
    /// environment's path.
    pub(super) fn read(
        place: Place<'_>,
        dist_info: &str,
        is_built: bool,
    ) -> Result<Self, NotStored> {
        let directory = place.root.join(place.site).join(dist_info);
        let text = |name: &str, limit| {
            let bytes = read_bounded(&directory.join(name), limit).ok();
            let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            text.ok_or_else(|| NotStored::BadRecord(format!("{dist_info}/{name}")))
        };
        let record = text("RECORD", limits::RECORD)?;
        let metadata = text("METADATA", limits::METADATA)?;
        let wheel = text("WHEEL", limits::SITE_FILE)?;
        let rows = record::parse(&record).filter(|rows| {
            // Only what can be written again for another environment in the same form.
            record::write(rows.clone()) == record.as_bytes()
        });
        let rows = rows.ok_or_else(|| NotStored::BadRecord(format!("{dist_info}/RECORD")))?;
        let owned = |(name, value): (&str, String)| (name.to_owned(), value);
        let tags = metadata::fields(&wheel).into_iter().filter(|(name, _)| *name == "Tag");
        Ok(Self {
            files: verified(place, dist_info, &rows, is_built)?,
            metadata: metadata::fields(&metadata).into_iter().map(owned).collect(),
            tags: tags.map(|(_, value)| value).collect(),
            record,
        })
    }

    /// The values of a field of METADATA.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let fields = self.metadata.iter();
        fields.filter(move |(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }
}

fn verified(
    place: Place<'_>,
    dist_info: &str,
    rows: &[Row],
    is_built: bool,
) -> Result<Vec<InstalledFile>, NotStored> {
    let is_own = |path: &str| {
        let rest = path.strip_prefix(dist_info).and_then(|rest| rest.strip_prefix('/'));
        rest.is_some_and(|name| OWN_FILES.contains(&name))
    };
    let (mut found, mut compiled) = (Vec::new(), Vec::new());
    for row in rows.iter().filter(|row| !is_own(&row.path)) {
        let path = from_root(place.site, &row.path)?;
        if row.hash.is_empty() && row.size.is_empty() && is_bytecode(&row.path) {
            let source = source_of(&path).ok_or_else(|| NotStored::BadBytecode(path.clone()))?;
            compiled.push(Bytecode { path, source });
        } else {
            found.push(verified_file(place, path, row, is_built)?);
        }
    }
    let stamps: HashMap<&str, Stamp> = found.iter().map(|file| (&*file.path, file.stamp)).collect();
    let record = place.root.join(place.site).join(dist_info).join("RECORD");
    let written = record.metadata().ok().and_then(|meta| Stamp::of(&FileFacts::of(&meta)));
    let written = written.ok_or_else(|| NotStored::BadRecord(format!("{dist_info}/RECORD")))?;
    let read = |file: &Bytecode| {
        let stamp = stamps.get(&*file.source).copied();
        let read = stamp.and_then(|stamp| verified_bytecode(place, &file.path, stamp, written));
        read.ok_or_else(|| NotStored::BadBytecode(file.path.clone()))
    };
    let compiled: Result<Vec<_>, _> = compiled.iter().map(read).collect();
    found.extend(compiled?);
    // The files of one directory follow each other, so that a fill opens it once.
    found.sort_unstable_by(|one, other| in_directory(&one.path).cmp(&in_directory(&other.path)));
    let is_twice = found.windows(2).any(|pair| pair[0].path == pair[1].path);
    if is_twice { Err(NotStored::BadRecord(dist_info.to_owned())) } else { Ok(found) }
}

/// A path as its directory and the name in it.
pub(super) fn in_directory(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// A path of RECORD, relative to the environment.
fn from_root(site: &Path, path: &str) -> Result<String, NotStored> {
    let outside = || NotStored::Outside(path.to_owned());
    let mut parts: Vec<&str> = Vec::new();
    for part in site.components().chain(Path::new(path).components()) {
        match part {
            Component::Normal(name) => parts.push(name.to_str().ok_or_else(outside)?),
            Component::ParentDir => drop(parts.pop().ok_or_else(outside)?),
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return Err(outside()),
        }
    }
    // One that names the environment or has a line break cannot be listed.
    let is_plain = !parts.is_empty() && !path.ends_with('/') && !path.contains(['\n', '\r']);
    if is_plain { Ok(parts.join("/")) } else { Err(outside()) }
}

/// The source that bytecode at `path` was compiled from (PEP 3147).
fn source_of(path: &str) -> Option<String> {
    let (directory, name) = path.rsplit_once("/__pycache__/")?;
    let (module, _) = name.split_once('.')?;
    Some(format!("{directory}/{module}.py"))
}

fn verified_file(
    place: Place<'_>,
    path: String,
    row: &Row,
    is_built: bool,
) -> Result<InstalledFile, NotStored> {
    let altered = || NotStored::Altered(path.clone());
    let (mut file, stamp) = open(&place.root.join(&path)).ok_or_else(altered)?;
    let digest = record::sha256(&row.hash).ok_or_else(altered)?;
    if row.size.parse() != Ok(stamp.size()) {
        return Err(altered());
    }
    let is_command = Path::new(&path).parent() == Some(place.scripts);
    if !is_command && !is_built {
        let is_same = files::digest(file).is_ok_and(|found| found == digest);
        let file = InstalledFile { path: path.clone(), stamp, digest, line: None };
        return if is_same { Ok(file) } else { Err(altered()) };
    }
    let mut bytes = Vec::new();
    file.rewind().and_then(|()| file.read_to_end(&mut bytes)).map_err(|_| altered())?;
    if files::digest(&*bytes).ok() != Some(digest) {
        return Err(altered());
    }
    let python = place.root.join(place.scripts);
    let line = Line::parse(&bytes).filter(|line| {
        is_command && line.interpreter.parent() == Some(&python) && has_no_arguments(line)
    });
    let rest = bytes.get(line.as_ref().map_or(0, |line| line.length)..).unwrap_or_default();
    if contains_path(rest, place.root) {
        return Err(NotStored::ContainsPath(path));
    }
    Ok(InstalledFile { path, stamp, digest, line })
}

/// Whether the first line says nothing but the interpreter's path.
fn has_no_arguments(line: &Line) -> bool {
    let path = line.interpreter.as_os_str().as_encoded_bytes();
    !line.direct || line.length == b"#!".len() + path.len() + b"\n".len()
}

/// Whether a text contains the environment's path, as it was given or with its links resolved.
fn contains_path(bytes: &[u8], root: &Path) -> bool {
    let has = |path: &Path| memmem::find(bytes, path.as_os_str().as_encoded_bytes()).is_some();
    let real = crate::support::path::canonicalize(root);
    has(root) || real.is_ok_and(|real: PathBuf| real != root && has(&real))
}

/// A regular file, which is the user's alone.
fn open(path: &Path) -> Option<(File, Stamp)> {
    // A link is nothing that pip makes.
    if !path.symlink_metadata().ok()?.is_file() {
        return None;
    }
    let file = open_regular(path).ok()?;
    let facts = FileFacts::of(&file.metadata().ok()?);
    let stamp = Stamp::of(&facts).filter(|_| facts.is_ours_alone())?;
    Some((file, stamp))
}

/// Bytecode that pip wrote in this run, between the source and RECORD, whose `written` stamp is
/// given, and whose header (PEP 552) names the source's time and size.
fn verified_bytecode(
    place: Place<'_>,
    path: &str,
    source: Stamp,
    written: Stamp,
) -> Option<InstalledFile> {
    let (mut file, stamp) = open(&place.root.join(path))?;
    let is_new = (source.modified()..=written.modified()).contains(&stamp.modified());
    let mut header = [0; 16];
    file.read_exact(&mut header).ok()?;
    let word = |at: usize| header[at..at + 4].try_into().map(u32::from_le_bytes).ok();
    let is_of_source = crate::support::hex::hex(&header[..4]) == place.magic
        && word(4) == Some(0)
        && word(8).map(u64::from) == Some(source.seconds() & 0xffff_ffff)
        && word(12).map(u64::from) == Some(source.size() & 0xffff_ffff);
    if !is_new || !is_of_source {
        return None;
    }
    file.rewind().ok()?;
    let digest = files::digest(file).ok()?;
    Some(InstalledFile { path: path.to_owned(), stamp, digest, line: None })
}
