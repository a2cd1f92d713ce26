//! Placing one stored distribution in a directory that no other process modifies.

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::entry::{self, Entry};
use super::files::{FileList, StoredFile};
use super::fill::{Package, Target};
use super::installed::{OWN_FILES, in_directory};
use super::reason::Obstacle;
use super::{Error, Result};
use crate::formats::record::{self, Row};
use crate::formats::shebang;
use crate::fs::{Dir, DirPair, Linker};
use crate::support::interrupt::Interrupt;

/// An entry's time of use is recorded again when it is older than this.
const RECORDED: Duration = Duration::from_secs(60);

/// The target of distributions, and the link mode.
#[derive(Clone, Copy)]
pub(super) struct Placing<'a> {
    pub(super) dir: &'a Dir,
    pub(super) target: Target<'a>,
    pub(super) linker: &'a Linker,
    pub(super) interrupt: &'a Interrupt,
}

/// A distribution with the lists of its files.
#[derive(Debug)]
pub(super) struct Loaded<'a> {
    pub(super) package: Package<'a>,
    pub(super) files: FileList,
    record: String,
}

impl<'a> Loaded<'a> {
    /// Reads the lists.
    ///
    /// # Errors
    /// [`Error::Unusable`] if one is damaged; the entry is removed then.
    pub(super) fn read(package: &Package<'a>) -> Result<Self> {
        let entry = package.entry;
        let lists = entry.files().zip(entry.record());
        let Some((files, record)) = lists else {
            entry.remove();
            return Err(Obstacle::Damaged(entry.name.clone()).into());
        };
        Ok(Self { package: package.clone(), files, record })
    }

    pub(super) fn record_path(&self) -> PathBuf {
        Path::new(&self.package.entry.dist_info).join("RECORD")
    }

    /// Creates all its files.
    ///
    /// # Errors
    /// [`Error::Unusable`] if a stored file is damaged, whose entry is removed then, or if something is in
    /// the place of a file.
    pub(super) fn place(&self, placing: Placing<'_>) -> Result<()> {
        let entry = self.package.entry;
        let tree = entry.tree();
        let mut made = HashSet::new();
        let mut new_rows = Vec::new();
        let mut current: Option<(&str, DirPair)> = None;
        for file in self.files.iter() {
            let (parent, name) = in_directory(file.path);
            let pair = match current.take() {
                Some((open, pair)) if open == parent => pair,
                _ => {
                    placing.interrupt.check()?;
                    make_directories(parent, &mut made, placing.dir)?;
                    placing.dir.pair(tree.join(parent), Path::new(parent))?
                }
            };
            new_rows.extend(self.place_file(file, name, &pair, placing.target, placing.linker)?);
            current = Some((parent, pair));
        }
        for (name, bytes) in self.own_files() {
            let path = format!("{}/{name}", entry.dist_info);
            placing.dir.write(Path::new(&path), bytes, false)?;
            new_rows.push(Row::of(self.in_site(&path), bytes));
        }
        let record = self.record_with(new_rows).ok_or_else(|| self.damaged(&entry.name))?;
        placing.dir.write(&self.record_path(), &record, false)?;
        entry.mark_used();
        Ok(())
    }

    /// Creates one file. Gives the row of a command, whose text is that of this environment.
    fn place_file(
        &self,
        file: StoredFile<'_>,
        name: &str,
        pair: &DirPair,
        target: Target<'_>,
        linker: &Linker,
    ) -> Result<Option<Row>> {
        let facts = pair.facts(name);
        if !facts.is_ok_and(|facts| file.is_intact(&facts, || pair.source(name))) {
            return Err(self.damaged(file.path));
        }
        let taken = |error| is_taken(error, file.path);
        let Some(python) = file.python else {
            return pair.share(name, linker).map(|()| None).map_err(taken);
        };
        let bytes = command(&pair.source(name), python, target)?;
        pair.write(name, &bytes, file.stamp.is_executable()).map_err(taken)?;
        Ok(Some(Row::of(self.in_site(file.path), &bytes)))
    }

    /// Removes the entry, in which `what` is damaged.
    fn damaged(&self, what: &str) -> Error {
        self.package.entry.remove();
        Obstacle::Damaged(what.to_owned()).into()
    }

    /// The files of the dist-info that say how this environment got it, without RECORD.
    fn own_files(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        let files = [
            ("INSTALLER", Some(&b"pip\n"[..])),
            ("REQUESTED", self.package.requested.then_some(&b""[..])),
            ("direct_url.json", self.package.direct_url),
        ];
        files.into_iter().filter_map(|(name, bytes)| Some((name, bytes?)))
    }

    /// `site-packages` with a slash, relative to the environment, and the name of the dist-info.
    fn site(&self) -> (&str, &str) {
        let dist_info = &self.package.entry.dist_info;
        dist_info.split_at(dist_info.rfind('/').map_or(0, |slash| slash + 1))
    }

    /// A path relative to the environment as RECORD writes it.
    fn in_site(&self, path: &str) -> String {
        let (site, _) = self.site();
        match path.strip_prefix(site) {
            Some(rest) => rest.to_owned(),
            None => "../".repeat(site.matches('/').count()) + path,
        }
    }

    /// RECORD with `new` rows, which replace those of the same paths and those of the files that each
    /// environment has for itself; `None` if RECORD does not list a command.
    fn record_with(&self, mut new: Vec<Row>) -> Option<Vec<u8>> {
        let (_, dist_info) = self.site();
        let is_own = |path: &str| {
            let name = path.strip_prefix(dist_info).and_then(|rest| rest.strip_prefix('/'));
            name.is_some_and(|name| name != "RECORD" && OWN_FILES.contains(&name))
        };
        new.sort_unstable();
        let mut unlisted = new.iter().filter(|row| !is_own(&row.path)).count();
        let mut new = new.into_iter().peekable();
        let mut out = Vec::with_capacity(self.record.len() + 256);
        // The rows are as pip orders and writes them: a distribution with another RECORD is not stored.
        for line in self.record.split_inclusive('\n') {
            let path = record::unquoted(&line[record::spans(line).next()??.path]);
            if is_own(&path) {
                continue;
            }
            while let Some(row) = new.next_if(|row| *row.path < *path) {
                out.extend(record::write(vec![row]));
            }
            if let Some(row) = new.next_if(|row| row.path == path) {
                unlisted -= 1;
                out.extend(record::write(vec![row]));
            } else {
                out.extend(line.as_bytes());
            }
        }
        out.extend(record::write(new.collect()));
        (unlisted == 0).then_some(out)
    }
}

/// Creates the directory `path` of `dir` with its parents; `made` are those that are known to exist.
fn make_directories<'p>(path: &'p str, made: &mut HashSet<&'p str>, dir: &Dir) -> Result<()> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    for directory in ends.map(|end| &path[..end]).filter(|path| !path.is_empty()) {
        if made.insert(directory) {
            dir.create_dir(Path::new(directory)).map_err(|error| is_taken(error, directory))?;
        }
    }
    Ok(())
}

/// The failure to create `path`.
fn is_taken(error: crate::fs::Error, path: &str) -> Error {
    match error {
        crate::fs::Error::Io { source, .. } if source.kind() == ErrorKind::AlreadyExists => {
            Obstacle::FileExists(path.to_owned()).into()
        }
        error => error.into(),
    }
}

/// A command of the environment: its first line, and the text that is stored.
fn command(stored: &Path, python: &str, target: Target<'_>) -> Result<Vec<u8>> {
    let rest = fs::read(stored).map_err(crate::fs::Error::io("read", stored))?;
    let python = target.root.join(target.scripts).join(python);
    let mut bytes = if target.relocatable {
        shebang::relative(&python)
    } else {
        shebang::shebang(&python, target.platform)
    };
    bytes.extend(rest);
    Ok(bytes)
}

impl Entry {
    /// Removes a damaged entry. Who uses it at the same time fails, and undoes what was placed.
    pub(super) fn remove(&self) {
        let _ = fs::remove_dir_all(&self.directory);
    }

    /// Records that it was used now. A store that cannot be written to needs no such record.
    fn mark_used(&self) {
        let Ok(file) = fs::File::open(self.directory.join(entry::HEAD)) else { return };
        let last = file.metadata().and_then(|meta| meta.modified());
        let age = last.ok().and_then(|time| time.elapsed().ok());
        if age.is_none_or(|age| age > RECORDED) {
            let _ = file.set_modified(SystemTime::now());
        }
    }
}
