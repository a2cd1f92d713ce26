//! Placing stored distributions in an environment.

use std::collections::HashMap;
use std::path::Path;

use super::entry::Entry;
use super::place::{Loaded, Placing};
use super::reason::Obstacle;
use super::{Error, Result, threads};
use crate::fs::{Dir, InPlace, LinkMode, Linker, names_in};
use crate::support::host::{Host, Platform};
use crate::support::parallel;
use crate::support::session::Session;

/// A distribution to place in an environment.
#[derive(Clone, Debug)]
pub struct Package<'a> {
    /// The stored distribution.
    pub entry: &'a Entry,
    /// Whether the user named it (`REQUESTED`).
    pub requested: bool,
    /// The bytes of `direct_url.json`; `None` if the index had it.
    pub direct_url: Option<&'a [u8]>,
}

/// The link mode between the store and environments.
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
    /// Its future absolute path, which commands contain.
    pub root: &'a Path,
    /// Its path, with links resolved; in [`Filling::write`] its future path.
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
}

impl<'a> Filling<'a> {
    /// Reads the lists of the files.
    ///
    /// # Errors
    /// [`Error::Unusable`] if a list is damaged, whose entry is removed then.
    pub fn new(packages: &[Package<'a>], linking: Linking) -> Result<Self> {
        let packages = parallel::map(packages, threads, Loaded::read);
        Ok(Self { packages: packages.into_iter().collect::<Result<_>>()?, linking })
    }

    /// The number of distributions.
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
    /// [`Error::Unusable`] if a stored file is damaged, whose entry is removed then, if two distributions
    /// have a file of one path, or if the environment has one of the files. `dir` then has some of them.
    pub fn write(&self, dir: &Dir, target: Target<'_>, session: Session<'_>) -> Result<()> {
        let linker = &self.linking.linker(target.location, session.host);
        // Largest first, so that no thread starts a large one last.
        let mut order: Vec<&Loaded<'_>> = self.packages.iter().collect();
        order.sort_by_key(|loaded| std::cmp::Reverse(loaded.files.len()));
        let placing = Placing { dir, target, linker, interrupt: session.interrupt };
        let placed = parallel::map(&order, threads, |loaded| loaded.place(placing));
        placed.into_iter().collect::<Result<()>>().map_err(|error| match error {
            Error::Unusable(Obstacle::FileExists(path)) => self.owners(path).into(),
            error => error,
        })
    }

    /// The reason why nothing can be placed at `path`.
    fn owners(&self, path: String) -> Obstacle {
        let has = |loaded: &&Loaded<'_>| {
            let mut files = loaded.files.iter();
            files.any(|file| {
                file.path
                    .strip_prefix(&*path)
                    .is_some_and(|rest| matches!(rest.as_bytes(), [] | [b'/', ..]))
            })
        };
        let mut found = self.packages.iter().filter(has).map(|loaded| &loaded.package.entry.name);
        match (found.next(), found.next()) {
            (Some(one), Some(other)) => {
                Obstacle::Overlap { one: one.clone(), other: other.clone(), path }
            }
            _ => Obstacle::FileExists(path),
        }
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
            for file in loaded.files.iter() {
                let path = Path::new(file.path);
                let parent = path.parent().unwrap_or(Path::new(""));
                let exists = *existing.entry(parent).or_insert_with(|| root.join(parent).exists());
                if exists && root.join(path).symlink_metadata().is_ok() {
                    return Err(taken(file.path));
                }
            }
        }
        Ok(())
    }
}

/// The directory of RECORDs that are not published yet; no distribution uses this name.
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
