//! Placing stored distributions in an environment.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::entry::{self, Entry};
use super::files::StoredFile;
use super::reason::Obstacle;
use super::{Error, Result, threads};
use crate::formats::record::{self, Row};
use crate::formats::shebang;
use crate::fs::{Dir, InPlace, LinkMode, Linker, names_in};
use crate::support::host::{Host, Platform};
use crate::support::interrupt::Interrupt;
use crate::support::parallel;
use crate::support::session::Session;

/// An entry's time of use is recorded anew when it is older than this.
const RECORDED: Duration = Duration::from_secs(60);

/// A distribution that an environment is to get.
#[derive(Clone, Debug)]
pub struct Package<'a> {
    /// What is stored.
    pub entry: &'a Entry,
    /// Whether the user named it (`REQUESTED`).
    pub requested: bool,
    /// The bytes of `direct_url.json`; `None` if the index had it.
    pub direct_url: Option<&'a [u8]>,
}

/// How files get from the store into environments, and back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Linking {
    /// The mode that was asked for.
    pub mode: Option<LinkMode>,
    /// Whether files may be copied where they cannot be linked.
    pub copies: bool,
}

impl Linking {
    /// The linker for an environment at `location`.
    pub fn linker(self, location: &Path, host: &Host) -> Linker {
        Linker::of_store(self.mode, self.copies, location, host)
    }
}

/// The environment that is filled.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// Where it will be, absolute: what commands refer to.
    pub root: &'a Path,
    /// Where it is, with links resolved; in [`Filling::write`] its future path.
    pub location: &'a Path,
    /// `bin`.
    pub scripts: &'a Path,
    /// Its system.
    pub platform: Platform,
    /// Whether commands find their Python beside themselves.
    pub relocatable: bool,
}

/// Distributions that are ready to be placed.
#[derive(Debug)]
pub struct Filling<'a> {
    packages: Vec<Loaded<'a>>,
    linking: Linking,
    /// Every directory that they need, parents first.
    directories: BTreeSet<PathBuf>,
}

#[derive(Debug)]
struct Loaded<'a> {
    package: Package<'a>,
    files: Vec<StoredFile>,
    record: String,
}

impl<'a> Filling<'a> {
    /// Reads the lists of the files.
    ///
    /// # Errors
    /// [`Error::Unusable`] if a list is damaged, whose entry is removed then, or if two distributions
    /// have a file of one path.
    pub fn new(packages: Vec<Package<'a>>, linking: Linking) -> Result<Self> {
        let lists = parallel::map(&packages, threads(), |package| {
            Some((package.entry.files()?, package.entry.record()?))
        });
        let mut loaded = Vec::with_capacity(packages.len());
        for (package, list) in packages.into_iter().zip(lists) {
            let Some((files, record)) = list else {
                package.entry.remove();
                return Err(Obstacle::Damaged(package.entry.name.clone()).into());
            };
            loaded.push(Loaded { package, files, record });
        }
        let directories = directories(&loaded);
        check_overlap(&loaded, &directories)?;
        Ok(Self { packages: loaded, linking, directories })
    }

    /// How many distributions there are.
    pub fn len(&self) -> usize {
        self.packages.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.packages.is_empty()
    }

    /// Places them in `dir`, in which nobody else works yet.
    ///
    /// # Errors
    /// [`Error::Unusable`] if a stored file is damaged, whose entry is removed then, or if the
    /// environment has one of the files. `dir` then has some of them.
    pub fn write(&self, dir: &Dir, target: Target<'_>, session: Session<'_>) -> Result<()> {
        let linker = &self.linking.linker(target.location, session.host);
        let interrupt = session.interrupt;
        for directory in &self.directories {
            dir.create_dir(directory)?;
        }
        // The largest first, so that no thread is left with one at the end.
        let mut order: Vec<&Loaded<'_>> = self.packages.iter().collect();
        order.sort_by_key(|loaded| std::cmp::Reverse(loaded.files.len()));
        let write = |loaded: &&Loaded<'_>| loaded.write(dir, target, linker, interrupt);
        parallel::map(&order, threads(), write).into_iter().collect::<Result<()>>()?;
        for loaded in &self.packages {
            dir.write(&loaded.record_path(), &loaded.rewritten_record(target)?, false)?;
            loaded.package.entry.mark_used();
        }
        Ok(())
    }

    /// Places them in the environment at `target`, which is in use: the metadata without RECORD
    /// first, then all files, then each RECORD, so that a killed run leaves distributions that are
    /// known to be incomplete.
    ///
    /// # Errors
    /// As [`Self::write`]; the environment is as it was then.
    pub fn install(&self, target: Target<'_>, session: Session<'_>) -> Result<()> {
        self.check_free(target.location)?;
        let mut place = InPlace::open(target.location)?.no_overwrite();
        let scratch = place.scratch()?.to_owned();
        let built = Dir::open(&scratch)?;
        self.write(&built, target, session)?;
        let records = scratch.join(RECORDS);
        built.create_dir(Path::new(RECORDS))?;
        for (index, loaded) in self.packages.iter().enumerate() {
            built.rename(&loaded.record_path(), &Path::new(RECORDS).join(index.to_string()))?;
        }
        let records = Dir::open(&records)?;
        for loaded in &self.packages {
            merge(&built, place.dir(), Path::new(&loaded.package.entry.dist_info))?;
        }
        for name in names_in(&scratch).iter().filter(|name| *name != RECORDS) {
            session.interrupt.check()?;
            merge(&built, place.dir(), Path::new(name))?;
        }
        for (index, loaded) in self.packages.iter().enumerate() {
            place.dir().move_in(&records, Path::new(&index.to_string()), &loaded.record_path())?;
        }
        place.finish()?;
        Ok(())
    }

    /// Whether nothing is in the place of a file.
    fn check_free(&self, root: &Path) -> Result<()> {
        let taken = |path: &str| Error::from(Obstacle::FileExists(path.to_owned()));
        let mut existing: HashMap<&Path, bool> = HashMap::new();
        for loaded in &self.packages {
            let dist_info = Path::new(&loaded.package.entry.dist_info);
            if root.join(dist_info).symlink_metadata().is_ok() {
                return Err(taken(&loaded.package.entry.dist_info));
            }
            for file in &loaded.files {
                let path = Path::new(&file.path);
                let parent = path.parent().unwrap_or(Path::new(""));
                let exists = *existing.entry(parent).or_insert_with(|| root.join(parent).exists());
                if exists && root.join(path).symlink_metadata().is_ok() {
                    return Err(taken(&file.path));
                }
            }
        }
        Ok(())
    }
}

/// Where the RECORDs wait; no distribution has such a name in an environment.
const RECORDS: &str = ".records";

/// Moves what is at `path` in `from` to the same path in `to`: a directory as a whole where there
/// is none.
fn merge(from: &Dir, to: &Dir, path: &Path) -> Result<()> {
    let (old, new) = (from.path().join(path), to.path().join(path));
    let Ok(meta) = old.symlink_metadata() else { return Ok(()) };
    let is_merged = meta.is_dir() && new.symlink_metadata().is_ok_and(|meta| meta.is_dir());
    if !is_merged {
        return Ok(to.move_in(from, path, path)?);
    }
    names_in(&old).iter().try_for_each(|name| merge(from, to, &path.join(name)))
}

/// The directories of all files and of each dist-info, parents first.
fn directories(packages: &[Loaded<'_>]) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut add = |directory: &Path| {
        for parent in directory.ancestors().take_while(|path| !path.as_os_str().is_empty()) {
            if !found.insert(parent.to_owned()) {
                break;
            }
        }
    };
    for loaded in packages {
        add(Path::new(&loaded.package.entry.dist_info));
        let mut last = Path::new("");
        for file in &loaded.files {
            let parent = Path::new(&file.path).parent().unwrap_or(Path::new(""));
            if parent != last {
                add(parent);
                last = parent;
            }
        }
    }
    found
}

/// Whether each path is that of one file. On macOS, two spellings can be one file.
fn check_overlap(packages: &[Loaded<'_>], directories: &BTreeSet<PathBuf>) -> Result<()> {
    let folds = cfg!(target_os = "macos");
    let key = |path: &str| if folds { path.to_lowercase() } else { path.to_owned() };
    let count = packages.iter().map(|loaded| loaded.files.len()).sum();
    let mut owners: HashMap<String, &str> = HashMap::with_capacity(count);
    for loaded in packages {
        let name = &*loaded.package.entry.name;
        for file in &loaded.files {
            let other = owners.insert(key(&file.path), name);
            let is_directory = directories.contains(Path::new(&file.path));
            if let Some(other) = other.or_else(|| is_directory.then_some("another")) {
                let (one, other) = (name.to_owned(), other.to_owned());
                return Err(Obstacle::Overlap { one, other, path: file.path.clone() }.into());
            }
        }
    }
    Ok(())
}

impl Loaded<'_> {
    fn record_path(&self) -> PathBuf {
        Path::new(&self.package.entry.dist_info).join("RECORD")
    }

    /// The files without RECORD.
    fn write(
        &self,
        dir: &Dir,
        target: Target<'_>,
        linker: &Linker,
        interrupt: &Interrupt,
    ) -> Result<()> {
        let entry = self.package.entry;
        for file in &self.files {
            interrupt.check()?;
            let path = entry.path(file);
            if !file.is_intact(&path) {
                entry.remove();
                return Err(Obstacle::Damaged(file.path.clone()).into());
            }
            let relative = Path::new(&file.path);
            match &file.python {
                Some(python) => {
                    let bytes = command(&path, python, target)?;
                    dir.write(relative, &bytes, file.stamp.is_executable())?;
                }
                None => dir.share(&path, relative, linker)?,
            }
        }
        for (name, bytes) in self.own_files() {
            dir.write(&Path::new(&entry.dist_info).join(name), bytes, false)?;
        }
        Ok(())
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

    /// RECORD with the commands of this environment and its own files.
    fn rewritten_record(&self, target: Target<'_>) -> Result<Vec<u8>> {
        let entry = self.package.entry;
        let damaged = || Error::from(Obstacle::Damaged(entry.name.clone()));
        let (site, name) = entry.dist_info.rsplit_once('/').unwrap_or(("", &entry.dist_info));
        let up = "../".repeat(site.split('/').filter(|part| !part.is_empty()).count());
        let mut new = HashMap::new();
        for file in &self.files {
            if let Some(python) = &file.python {
                let bytes = command(&entry.path(file), python, target)?;
                let path = format!("{up}{}", file.path);
                new.insert(path.clone(), Row::of(path, &bytes));
            }
        }
        let is_own = |path: &str| {
            let own = path.strip_prefix(name).and_then(|rest| rest.strip_prefix('/'));
            own.is_some_and(|own| own != "RECORD" && super::installed::OWN_FILES.contains(&own))
        };
        let rows = record::parse(&self.record).ok_or_else(damaged)?;
        let mut rows: Vec<Row> = rows
            .into_iter()
            .filter(|row| !is_own(&row.path))
            .map(|row| new.remove(&row.path).unwrap_or(row))
            .collect();
        if !new.is_empty() {
            return Err(damaged());
        }
        rows.extend(self.own_files().map(|(own, bytes)| Row::of(format!("{name}/{own}"), bytes)));
        Ok(record::write(rows))
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
