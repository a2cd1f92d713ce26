//! The RECORDs of a `site-packages`: which file belongs to which distribution.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::site::{Dist, Site};
use crate::formats::record;
use crate::formats::record::Row;
use crate::fs;
use crate::fs::Result;
use crate::support::limits;

/// One distribution's RECORD.
#[derive(Debug)]
pub(crate) struct Record {
    path: PathBuf,
    pub(crate) rows: Vec<Row>,
    is_changed: bool,
}

impl Record {
    /// `None` when there is none, or none that is whole, of an install that ended.
    pub(crate) fn read(site: &Site, dist: &Dist<'_>) -> Option<Self> {
        Self::of_directory(site, dist.directory)
    }

    /// That in a dist-info, whatever its name.
    pub(crate) fn of_directory(site: &Site, dist_info: &str) -> Option<Self> {
        let path = site.path.join(dist_info).join("RECORD");
        Some(Self { rows: record::parse(&text(&path)?)?, path, is_changed: false })
    }

    /// Whether there is one: cheaper than reading its rows.
    pub(crate) fn is_there(site: &Site, dist: &Dist<'_>) -> bool {
        text(&site.path.join(dist.directory).join("RECORD")).is_some()
    }

    /// The dist-info that it was written for.
    pub(crate) fn dist_info(&self) -> Option<&str> {
        let mut dirs = self.rows.iter().filter_map(|row| row.path.strip_suffix("/RECORD"));
        dirs.find(|dir| dir.ends_with(".dist-info"))
    }

    /// Has the files where they are by now: what was at the first of two names at the top of
    /// `site-packages` is at the second one.
    pub(crate) fn rename(&mut self, names: &[(String, &str)]) {
        for row in &mut self.rows {
            let Some((top, rest)) = row.path.split_once('/') else { continue };
            if let Some((_, now)) = names.iter().find(|(name, _)| name == top) {
                row.path = format!("{now}/{rest}");
            }
        }
    }

    /// Whether every file is there as it was installed.
    pub(crate) fn is_whole(&self, site: &Site) -> bool {
        self.missing(site).next().is_none() && self.altered(site).next().is_none()
    }

    /// The files that are not there, or not of their size. Bytecode comes and goes, and the size of
    /// a command changes when an environment is moved.
    pub(crate) fn missing(&self, site: &Site) -> impl Iterator<Item = &str> {
        self.rows.iter().filter_map(move |row| {
            // virtualenv records the directories that bytecode goes to.
            if is_bytecode(&row.path) || row.path.ends_with("__pycache__") {
                return None;
            }
            let length = row.size.parse().ok().filter(|_| !record::is_outside(&row.path));
            let is_there = std::fs::metadata(site.path.join(&row.path))
                .is_ok_and(|meta| length.is_none_or(|length: u64| length == meta.len()));
            (!is_there).then_some(&*row.path)
        })
    }

    /// The files with other bytes than recorded; those outside of `site-packages` are rewritten
    /// when an environment is moved.
    pub(crate) fn altered(&self, site: &Site) -> impl Iterator<Item = &str> {
        self.rows.iter().filter_map(move |row| {
            let told = record::sha256(&row.hash)?;
            let is_judged = !record::is_outside(&row.path) && !is_bytecode(&row.path);
            let found = is_judged.then(|| hash(&site.path.join(&row.path)))?.ok()?;
            (found != told).then_some(&*row.path)
        })
    }

    /// Notes that files have other bytes now.
    pub(crate) fn update(&mut self, changed: &BTreeMap<String, &[u8]>) {
        for row in &mut self.rows {
            if let Some(bytes) = changed.get(&row.path) {
                *row = Row::of(&*row.path, bytes);
                self.is_changed = true;
            }
        }
    }

    /// Keeps the rows of the paths that `is_kept` accepts.
    pub(crate) fn retain(&mut self, is_kept: impl Fn(&str) -> bool) {
        let before = self.rows.len();
        self.rows.retain(|row| is_kept(&row.path));
        self.is_changed |= self.rows.len() != before;
    }

    /// Adds a row.
    pub(crate) fn add(&mut self, row: Row) {
        self.rows.push(row);
        self.is_changed = true;
    }

    /// Where it is, and its new text, if they were changed.
    pub(crate) fn changed(&self) -> Option<(&Path, Vec<u8>)> {
        self.is_changed.then(|| (&*self.path, record::write(self.rows.clone())))
    }
}

/// The text of a RECORD, if it is whole, and tells of an install that ended.
fn text(path: &Path) -> Option<String> {
    let text = String::from_utf8(fs::read_bounded(path, limits::RECORD).ok()?).ok()?;
    let entry_points = || {
        let bytes = fs::read_bounded(&path.with_file_name("entry_points.txt"), limits::RECORD);
        String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
    };
    (record::is_whole(&text) && record::is_final(&text, entry_points)).then_some(text)
}

/// Bytecode comes and goes, and is not recorded as it is.
pub(crate) fn is_bytecode(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "pyc")
}

/// The text of a RECORD, whose rows are read one by one.
pub(crate) struct Text(String);

impl Text {
    /// `None` where there is none, or none that is whole.
    pub(crate) fn read(site: &Site, dist: &Dist<'_>) -> Option<Self> {
        text(&site.path.join(dist.directory).join("RECORD")).map(Self)
    }

    /// Path, hash and size of each row.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (Cow<'_, str>, &str, &str)> {
        record::rows(&self.0)
    }
}

/// The files that several distributions list.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    rows: HashMap<String, Vec<Row>>,
}

impl Shared {
    pub(crate) fn read(site: &Site) -> Self {
        let mut rows = HashMap::<String, Vec<Row>>::new();
        for record in Records::read(Some(site)).all {
            for row in record.rows {
                rows.entry(row.path.clone()).or_default().push(row);
            }
        }
        rows.retain(|_, rows| rows.len() > 1);
        Self { rows }
    }

    /// Whether a file is as one of several distributions installed it.
    pub(crate) fn is_sound(&self, site: &Site, path: &str) -> bool {
        let Some(rows) = self.rows.get(path) else { return false };
        let found = hash(&site.path.join(path)).ok();
        rows.iter().any(|row| record::sha256(&row.hash).is_some_and(|told| Some(told) == found))
    }
}

/// Every RECORD of a `site-packages`.
#[derive(Debug, Default)]
pub(crate) struct Records {
    all: Vec<Record>,
}

impl Records {
    pub(crate) fn read(site: Option<&Site>) -> Self {
        let dists = site.into_iter().flat_map(|site| site.dists().map(move |dist| (site, dist)));
        Self { all: dists.filter_map(|(site, dist)| Record::read(site, &dist)).collect() }
    }

    /// Every file that a distribution has.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.all.iter().flat_map(|record| &record.rows).map(|row| &*row.path)
    }

    /// Notes that files have other bytes now.
    pub(crate) fn update(&mut self, changed: &BTreeMap<String, &[u8]>) {
        self.all.iter_mut().for_each(|record| record.update(changed));
    }

    /// The RECORDs that were changed, with their new texts.
    pub(crate) fn changed(&self) -> impl Iterator<Item = (&Path, Vec<u8>)> {
        self.all.iter().filter_map(Record::changed)
    }
}

/// Everybody's, and made again when it is missing.
pub(crate) const BYTECODE: &str = "__pycache__";

/// The names that a RECORD has at the top of `site-packages`; bytecode is everybody's.
pub(crate) fn tops(record: &Record) -> HashSet<String> {
    let tops = record.rows.iter().filter_map(|row| row.path.split('/').next());
    let tops = tops.filter(|top| !["", "..", BYTECODE].contains(top));
    tops.map(str::to_owned).collect()
}

fn hash(path: &Path) -> Result<[u8; 32]> {
    let mut hasher = Sha256::new();
    io::copy(&mut fs::open_regular(path)?, &mut Hashing(&mut hasher))
        .map_err(fs::Error::io("read", path))?;
    Ok(hasher.finalize().into())
}

/// A hasher to write to.
struct Hashing<'a>(&'a mut Sha256);

impl io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
