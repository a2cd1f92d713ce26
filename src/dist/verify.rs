//! Whether the files of distributions are as they were installed: each is opened once, its size is asked
//! once, and it is read in large pieces, on all cores.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use super::record::{BYTECODE, Record, RowText, Text, is_bytecode};
use crate::formats::object_file::ObjectFile;
use crate::formats::record;
use crate::fs;
use crate::support::parallel;

/// Bytes that are read at once: more does not make reading faster (measured with files of 1 to 100 MB).
const PIECE: usize = 256 << 10;

/// The number of files that a thread takes at a time.
const SHARE: usize = 64;

/// The fault of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It does not exist, or cannot be read.
    Missing,
    /// It is cut short, or its bytes cannot be a file of its kind.
    Unloadable,
    /// Something was appended to what was installed.
    Extended,
    /// It has other bytes than those that were installed.
    Altered,
}

/// A file that is not as it was installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FaultyFile {
    /// As RECORD has it: relative to `site-packages`, with `/`.
    pub(crate) path: String,
    pub(crate) fault: Fault,
}

/// A file to verify.
struct Task<'a> {
    owner: usize,
    row: RowText<'a>,
}

/// The faulty files of each RECORD, in the order of the RECORDs. A file that several of them list is
/// as it was installed if it is so by one of them. Bytecode, files outside of `site-packages` and tests
/// are not judged, as other programs rewrite or remove them. `progress` gets the numbers of the files that were
/// read and of all of them, from any thread.
pub(crate) fn faults(
    site: &Path,
    records: &[&Text],
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Vec<Vec<FaultyFile>> {
    let rows = records.iter().enumerate();
    let tasks = rows.flat_map(|(owner, record)| record.rows().map(move |row| Task { owner, row }));
    let has_hashes: Vec<_> = records.iter().map(|record| record.has_hashes()).collect();
    let is_asserted = |task: &Task<'_>| !task.row.is_bare() || !has_hashes[task.owner];
    let tasks = tasks.filter(|task| is_judged(&task.row.path) && is_asserted(task));
    let tasks: Vec<_> = tasks.collect();
    let done = AtomicU64::new(0);
    let judge = |piece: &mut Vec<u8>, task: &Task<'_>| {
        let fault = fault(site, &task.row, piece);
        let done = 1 + done.fetch_add(1, Ordering::Relaxed);
        if done.is_multiple_of(SHARE as u64) || done == tasks.len() as u64 {
            progress(done, tasks.len() as u64);
        }
        fault
    };
    let piece = || vec![0; PIECE];
    let judged = parallel::map_with(&tasks, parallel::processors, SHARE, piece, judge);
    let found: Vec<_> =
        tasks.iter().zip(judged).filter_map(|(task, fault)| Some((task, fault?))).collect();
    let mut faults = vec![Vec::new(); records.len()];
    if found.is_empty() {
        return faults;
    }
    let mut listed = HashMap::<&str, usize>::new();
    for task in &tasks {
        *listed.entry(&*task.row.path).or_default() += 1;
    }
    let mut differing = HashMap::<&str, usize>::new();
    for (task, _) in &found {
        *differing.entry(&*task.row.path).or_default() += 1;
    }
    for (task, fault) in &found {
        let path = &*task.row.path;
        if differing.get(path) == listed.get(path) {
            faults[task.owner].push(FaultyFile { path: path.to_owned(), fault: *fault });
        }
    }
    for files in &mut faults {
        files.sort_by(|one, other| one.path.cmp(&other.path));
    }
    faults
}

/// The files that do not exist, or have another size. Bytecode comes and goes, and the size of a command
/// changes when an environment is moved.
pub(crate) fn missing<'r>(
    site: &Path,
    rows: impl Iterator<Item = RowText<'r>>,
) -> impl Iterator<Item = Cow<'r, str>> {
    rows.filter_map(move |RowText { path, size, .. }| {
        // virtualenv records the directories of bytecode.
        if is_bytecode(&path) || path.ends_with(BYTECODE) {
            return None;
        }
        let length = size.parse::<u64>().ok().filter(|_| !record::is_outside(&path));
        let exists = std::fs::metadata(site.join(&*path))
            .is_ok_and(|meta| length.is_none_or(|length| length == meta.len()));
        (!exists).then_some(path)
    })
}

/// Whether every file exists, and has the bytes that were installed. Commands are rewritten when an
/// environment is moved.
pub(crate) fn is_whole(site: &Path, record: &Record) -> bool {
    let mut piece = vec![0; PIECE];
    let is_judged = |path: &str| !record::is_outside(path) && !is_bytecode(path);
    missing(site, record.texts()).next().is_none()
        && record
            .texts()
            .filter(|row| is_judged(&row.path) && record::sha256(row.hash).is_some())
            .all(|row| fault(site, &row, &mut piece).is_none())
}

fn is_judged(path: &str) -> bool {
    let is_removed_at_times = |part: &str| ["tests", "test", BYTECODE].contains(&part);
    !record::is_outside(path)
        && !is_bytecode(path)
        && !path.rsplit('/').skip(1).any(is_removed_at_times)
        // virtualenv records the directories of bytecode.
        && !path.ends_with(BYTECODE)
        && !path.ends_with('/')
        // Some tools give RECORD a hash of what it was before that.
        && !path.ends_with(record::ITSELF)
}

/// The fault of a file, as far as its row shows one.
fn fault(root: &Path, row: &RowText<'_>, piece: &mut [u8]) -> Option<Fault> {
    let path = root.join(&*row.path);
    let Ok(mut file) = fs::open_regular(&path) else {
        // Of a wheel that was made on Windows, pip keeps the row with `\` beside that of the file.
        let is_listed_twice =
            row.path.contains('\\') && root.join(row.path.replace('\\', "/")).is_file();
        return (!is_listed_twice && !is_compiled_alone(&path)).then_some(Fault::Missing);
    };
    let length = file.metadata().ok()?.len();
    let size = row.size.parse::<u64>().ok();
    let digest = record::sha256(row.hash);
    if digest.is_none() && size.is_none_or(|size| size == length) {
        return None;
    }
    if size.is_some_and(|size| size > 0) && length == 0 {
        return Some(Fault::Unloadable);
    }
    let mut seen = Seen::of(&row.path, size);
    let read = seen.read(&mut file, piece);
    if read.is_err() {
        return Some(Fault::Missing);
    }
    if size.is_none_or(|size| size == length) && Some(seen.digest()) == digest {
        return None;
    }
    if digest.is_some() && seen.prefix == digest {
        return Some(Fault::Extended);
    }
    Some(if seen.is_loadable(length) { Fault::Altered } else { Fault::Unloadable })
}

/// Whether a source was deleted beside its bytecode (`compileall -b`), from which Python imports it.
fn is_compiled_alone(path: &Path) -> bool {
    path.extension().is_some_and(|found| found == "py")
        && path.symlink_metadata().is_err()
        && path.with_extension("pyc").is_file()
}

/// The properties of a file that are collected while it is read.
struct Seen {
    hasher: Sha256,
    /// The digest of the first bytes, up to the installed size, if the file is longer.
    prefix: Option<[u8; 32]>,
    size: Option<u64>,
    read: u64,
    is_source: bool,
    is_compiled: bool,
    has_nul: bool,
    start: Vec<u8>,
}

impl Seen {
    fn of(path: &str, size: Option<u64>) -> Self {
        let extension = Path::new(path).extension().and_then(|found| found.to_str());
        Self {
            hasher: Sha256::new(),
            prefix: None,
            size,
            read: 0,
            is_source: extension == Some("py"),
            is_compiled: matches!(extension, Some("so" | "pyd")),
            has_nul: false,
            start: Vec::new(),
        }
    }

    fn read(&mut self, file: &mut File, piece: &mut [u8]) -> std::io::Result<()> {
        loop {
            let count = file.read(piece)?;
            if count == 0 {
                return Ok(());
            }
            self.add(&piece[..count]);
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        if self.read == 0 && self.is_compiled {
            self.start = bytes.iter().take(ObjectFile::HEADER_WITH_SECTIONS).copied().collect();
        }
        self.has_nul |= self.is_source && memchr::memchr(0, bytes).is_some();
        let end = self.read + bytes.len() as u64;
        match self.size.and_then(|size| usize::try_from(size.checked_sub(self.read)?).ok()) {
            Some(rest) if rest < bytes.len() && self.prefix.is_none() => {
                self.hasher.update(&bytes[..rest]);
                self.prefix = Some(self.hasher.clone().finalize().into());
                self.hasher.update(&bytes[rest..]);
            }
            _ => self.hasher.update(bytes),
        }
        self.read = end;
    }

    fn digest(&self) -> [u8; 32] {
        self.hasher.clone().finalize().into()
    }

    /// Whether Python can load it, as far as that is seen without Python.
    fn is_loadable(&self, length: u64) -> bool {
        !(self.has_nul || self.is_compiled && !ObjectFile::is_complete(&self.start, length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_told_from_the_others() {
        let dir = tempfile::tempdir().unwrap();
        let installed: &[(&str, &[u8])] = &[
            ("same.py", b"x = 1\n"),
            ("gone.py", b"x = 1\n"),
            ("edited.py", b"x = 1\n"),
            ("zeros.py", b"x = 1\n"),
            ("empty.py", b"x = 1\n"),
            ("cacert.pem", b"one\n"),
            ("cut.so", b"\x7fELF and so on"),
            ("tests/gone.py", b"x"),
            ("../../../share/gone", b"x"),
        ];
        let mut rows: Vec<_> =
            installed.iter().map(|(path, bytes)| record::Row::of(*path, bytes)).collect();
        rows.push(record::Row::bare("a-1.dist-info/RECORD"));
        rows.push(record::Row::of("sub\\same.py", b"x = 1\n"));
        std::fs::create_dir(dir.path().join("sub")).unwrap();
        let text = record::write(rows);
        std::fs::create_dir(dir.path().join("a-1.dist-info")).unwrap();
        std::fs::write(dir.path().join("a-1.dist-info/RECORD"), text).unwrap();
        for (path, bytes) in [
            ("same.py", &b"x = 1\n"[..]),
            ("sub/same.py", b"x = 1\n"),
            ("edited.py", b"x = 2 # mine\n"),
            ("zeros.py", b"\0\0\0\0\0\0"),
            ("empty.py", b""),
            ("cacert.pem", b"one\ntwo\n"),
            ("cut.so", b"\x7fELF"),
        ] {
            std::fs::write(dir.path().join(path), bytes).unwrap();
        }
        let (record, _) = Text::read(&dir.path().join("a-1.dist-info")).unwrap();
        let found = faults(dir.path(), &[&record], &|_, _| ()).remove(0);
        let found: Vec<_> = found.iter().map(|file| (&*file.path, file.fault)).collect();
        assert_eq!(
            found,
            [
                ("cacert.pem", Fault::Extended),
                ("cut.so", Fault::Unloadable),
                ("edited.py", Fault::Altered),
                ("empty.py", Fault::Unloadable),
                ("gone.py", Fault::Missing),
                ("zeros.py", Fault::Unloadable),
            ]
        );
    }
}
