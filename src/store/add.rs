//! Adding what pip has installed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::entry::{self, Archive, Entry, FORMAT, SettingsKey};
use super::files::{self, Stamp, StoredFile};
use super::fill::Linking;
use super::installed::{Installed, InstalledFile, Place, in_directory};
use super::reason::NotStored;
use super::report::{Item, Report};
use super::snapshot::Snapshot;
use super::staging::Staging;
use super::{Store, threads};
use crate::formats::dist_info;
use crate::formats::requirement::normalized;
use crate::fs::{Dir, DirPair, Linker, write_whole};
use crate::python::Interpreter;
use crate::support::hex::hex;
use crate::support::host::Host;
use crate::support::parallel;
use crate::support::private_dir::create_private_dir;

/// A finished run of pip.
#[derive(Clone, Debug)]
pub struct PipRun<'a> {
    /// The environment.
    pub root: &'a Path,
    /// Its base.
    pub interpreter: &'a Interpreter,
    /// The distributions that were installed before.
    pub before: &'a Snapshot,
    /// pip's report.
    pub report: &'a [u8],
    /// The settings that pip had.
    pub settings: Option<&'a SettingsKey>,
    /// The hashes that the request restricted pip to, by the normalized name of the project.
    pub allowed: &'a BTreeMap<String, Vec<String>>,
    /// The projects, by their normalized names, that come from an index, although pip got them by
    /// their URLs, as it could not read the lock file.
    pub locked: &'a BTreeSet<String>,
    /// The link mode into the store.
    pub linking: Linking,
}

/// The result of adding distributions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// The distributions that are in the store now.
    pub stored: usize,
    /// The others.
    pub skipped: Vec<(String, NotStored)>,
}

impl Store {
    /// Adds what pip installed in a run.
    ///
    /// # Errors
    /// If the store cannot be written. What failed for one distribution is in [`Added`].
    pub fn add(&self, run: &PipRun<'_>, host: &Host) -> io::Result<Added> {
        let Some(report) = Report::parse(run.report) else { return Ok(Added::default()) };
        let now = Snapshot::of(run.root, run.interpreter);
        let new: Vec<&Path> = now.since(run.before).collect();
        let mut added = Added::default();
        if report.install.is_empty() {
            return Ok(added);
        }
        let staging = Staging::create(&self.root)?;
        let linker = run.linking.linker(run.root, host);
        let addition = Addition { store: self, run, new, staging: &staging, linker };
        if let Err(reason) = addition.probe() {
            let names = report.install.iter().map(|item| item.metadata.name.clone());
            added.skipped = names.map(|name| (name, reason.clone())).collect();
            return Ok(added);
        }
        let work: Vec<(usize, &Item)> = report.install.iter().enumerate().collect();
        let results = parallel::map(&work, threads, |(index, item)| addition.add(*index, item));
        for (item, result) in report.install.iter().zip(results) {
            match result {
                Ok(()) => added.stored += 1,
                Err(reason) => added.skipped.push((item.metadata.name.clone(), reason)),
            }
        }
        Ok(added)
    }
}

/// The addition of one run's distributions.
struct Addition<'a> {
    store: &'a Store,
    run: &'a PipRun<'a>,
    /// The new directories of metadata.
    new: Vec<&'a Path>,
    staging: &'a Staging,
    linker: Linker,
}

impl Addition<'_> {
    /// Whether a file of the environment can be linked into the store.
    fn probe(&self) -> Result<(), NotStored> {
        let Some(dist_info) = self.new.first() else { return Ok(()) };
        let record = self.run.root.join(dist_info).join("RECORD");
        let dir = Dir::open(self.staging.path()).map_err(|error| unlinkable(&record, &error))?;
        dir.share(&record, Path::new("probe"), &self.linker)
            .map_err(|error| unlinkable(&record, &error))
    }

    fn add(&self, index: usize, item: &Item) -> Result<(), NotStored> {
        let archive = item.archive().filter(|_| !item.is_direct || self.is_locked(item));
        let archive = archive.ok_or(NotStored::Direct)?;
        if archive.hashes.is_empty() {
            return Err(NotStored::NoArchive);
        }
        let dist_info = self.dist_info(item).ok_or(NotStored::NotInstalled)?;
        if self.run.root.join(dist_info).join("direct_url.json").exists() {
            return Err(NotStored::Direct);
        }
        let site = dist_info.parent().ok_or(NotStored::NotInstalled)?;
        let name = dist_info.file_name().and_then(|name| name.to_str());
        let name = name.ok_or(NotStored::NotInstalled)?;
        let place = Place {
            root: self.run.root,
            site,
            scripts: &self.run.interpreter.scheme.scripts,
            magic: &self.store.kind.magic,
        };
        let installed = Installed::read(place, name, !archive.is_wheel)?;
        let entry = self.entry(item, archive, dist_info, &installed)?;
        let directory = self.staging.path().join(index.to_string());
        self.write(&directory, &entry, &installed)?;
        self.publish(&directory, &entry)
            .map_err(|error| NotStored::Unlinkable { path: directory, reason: error.to_string() })
    }

    fn is_locked(&self, item: &Item) -> bool {
        self.run.locked.contains(&normalized(&item.metadata.name))
    }

    /// The new dist-info of a distribution, relative to the environment.
    fn dist_info(&self, item: &Item) -> Option<&Path> {
        let key = normalized(&item.metadata.name);
        let is_its = |path: &&Path| {
            let directory = path.file_name().and_then(|directory| directory.to_str());
            let found = directory.and_then(dist_info::name_and_version);
            found.is_some_and(|(name, _)| normalized(name) == key)
        };
        let mut found = self.new.iter().copied().filter(is_its);
        // Of two it cannot be known which one pip meant.
        found.next().filter(|_| found.next().is_none())
    }

    fn entry(
        &self,
        item: &Item,
        archive: Archive,
        dist_info: &Path,
        installed: &Installed,
    ) -> Result<Entry, NotStored> {
        let value = |name| installed.values(name).next().map(str::to_owned);
        let all = |name| installed.values(name).map(str::to_owned).collect::<Vec<_>>();
        let (name, version) = (value("Name"), value("Version"));
        let (Some(name), Some(version)) = (name, version) else {
            return Err(NotStored::NotInstalled);
        };
        let key = normalized(&name);
        if key != normalized(&item.metadata.name) || version != item.metadata.version {
            return Err(NotStored::NotInstalled);
        }
        let entry = Entry {
            format: FORMAT,
            requires_python: value("Requires-Python"),
            requires_dist: all("Requires-Dist"),
            provides_extra: all("Provides-Extra"),
            built_on: (!archive.is_wheel).then(|| self.store.kind.built_on().to_owned()),
            settings: self.run.settings.cloned(),
            allowed: self.run.allowed.get(&key).cloned().unwrap_or_default(),
            dist_info: dist_info.to_string_lossy().into_owned(),
            tags: installed.tags.clone(),
            directory: PathBuf::new(),
            archive,
            name,
            version,
        };
        if self.store.kind.accepts(&entry) { Ok(entry) } else { Err(NotStored::ForeignTags) }
    }

    /// Writes an entry into a directory of the staging area.
    fn write(
        &self,
        directory: &Path,
        entry: &Entry,
        installed: &Installed,
    ) -> Result<(), NotStored> {
        let tree = directory.join(entry::TREE);
        let failed = |error: io::Error| unlinkable(&tree, &error);
        fs::create_dir_all(&tree).map_err(failed)?;
        let dir = Dir::open(&tree).map_err(|error| unlinkable(&tree, &error))?;
        let mut current: Option<(&str, DirPair)> = None;
        let mut stored = Vec::with_capacity(installed.files.len());
        for file in &installed.files {
            let (parent, name) = in_directory(&file.path);
            let pair = match current.take() {
                Some((open, pair)) if open == parent => pair,
                _ => {
                    fs::create_dir_all(tree.join(parent)).map_err(failed)?;
                    let pair = dir.pair(self.run.root.join(parent), Path::new(parent));
                    pair.map_err(|error| unlinkable(&tree, &error))?
                }
            };
            stored.push(self.store_file(&pair, name, file)?);
            current = Some((parent, pair));
        }
        let head = serde_json::to_vec(entry).map_err(|error| failed(error.into()))?;
        for (name, bytes) in [
            (entry::FILES, files::write(&stored).as_bytes()),
            (entry::RECORD, installed.record.as_bytes()),
            (entry::HEAD, &*head),
        ] {
            let path = directory.join(name);
            write_whole(&path, bytes, false).map_err(|error| unlinkable(&path, &error))?;
            restrict(&path).map_err(|error| unlinkable(&path, &error))?;
        }
        Ok(())
    }

    /// Links one file, or writes a command without the lines that name the environment's Python.
    fn store_file<'f>(
        &self,
        pair: &DirPair,
        name: &str,
        file: &'f InstalledFile,
    ) -> Result<StoredFile<'f>, NotStored> {
        let from = pair.source(name);
        let altered = || NotStored::Altered(file.path.clone());
        let unlinkable = |error: crate::fs::Error| unlinkable(&from, &error);
        let stamp = || {
            let facts = pair.facts_of_shared(name).ok();
            facts.and_then(|facts| Stamp::of(&facts)).ok_or_else(altered)
        };
        let Some(line) = &file.line else {
            pair.share(name, &self.linker).map_err(unlinkable)?;
            // It may have changed since it was verified.
            if stamp()? != file.stamp {
                return Err(altered());
            }
            let (path, stamp, digest) = (&*file.path, file.stamp, file.digest);
            return Ok(StoredFile { path, stamp, digest, python: None });
        };
        let bytes = fs::read(&from).map_err(crate::fs::Error::io("read", &from));
        let bytes = bytes.map_err(unlinkable)?;
        if files::digest(&*bytes).ok() != Some(file.digest) {
            return Err(altered());
        }
        let rest = bytes.get(line.length..).ok_or_else(altered)?;
        // A script of a wheel can lack the right to be executed.
        pair.write(name, rest, file.stamp.is_executable()).map_err(unlinkable)?;
        let python = line.interpreter.file_name().and_then(|name| name.to_str());
        // The list separates its fields by spaces.
        let is_listed = |name: &&str| !name.contains(char::is_whitespace);
        let python = python.filter(is_listed).ok_or_else(altered)?;
        let (stamp, digest) = (stamp()?, Sha256::digest(rest).into());
        Ok(StoredFile { path: &file.path, stamp, digest, python: Some(python) })
    }

    /// Renames a finished entry to its final path; an equal one of another process is kept.
    fn publish(&self, directory: &Path, entry: &Entry) -> io::Result<()> {
        let project = self.store.project(&normalized(&entry.name));
        create_private_dir(&self.store.directory)?;
        create_private_dir(&project)?;
        let target = project.join(id(entry));
        match fs::rename(directory, &target) {
            Err(_) if Entry::read(&target, &self.store.kind).is_some() => Ok(()),
            Err(error) if target.symlink_metadata().is_err() => Err(error),
            // Something damaged has its name.
            Err(_) => fs::remove_dir_all(&target).and_then(|()| fs::rename(directory, &target)),
            Ok(()) => Ok(()),
        }
    }
}

/// The name of an entry's directory: it follows what pip installed, and under which settings.
fn id(entry: &Entry) -> String {
    let identity = format!(
        "{:?}\0{:?}\0{:?}\0{:?}",
        entry.archive, entry.settings, entry.allowed, entry.built_on
    );
    let version: String = entry
        .version
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || ".!+-_".contains(*c))
        .collect();
    format!("{version}-{}", hex(&Sha256::digest(identity)[..8]))
}

/// Restricts a file of the store to its owner, regardless of the umask.
#[cfg(unix)]
fn restrict(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
fn restrict(_path: &Path) -> io::Result<()> {
    Ok(())
}

fn unlinkable(path: &Path, error: &dyn std::error::Error) -> NotStored {
    let reason = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    NotStored::Unlinkable { path: path.to_owned(), reason }
}
