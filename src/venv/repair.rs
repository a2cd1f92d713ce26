//! The steps of `check --fix`.

use std::ffi::OsString;
use std::fmt;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use super::{Content, Entry, Error, write_entry};
use crate::dist::record::is_bytecode;
use crate::fs;
use crate::fs::{Dir, InPlace, Linker};
use crate::python::Interpreter;
use crate::support::identity::FileId;
use crate::support::session::Session;

/// One change to an environment, which can be described before it is made. Paths are relative to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Creates an entry, and replaces what has its path.
    Put(Entry),
    /// Removes a file, or a directory with its contents.
    Remove(PathBuf),
    /// Renames `from` to `to`. Files that only the replaced directory has are kept, except in a
    /// `.dist-info`.
    PutBack {
        /// Its current path.
        from: PathBuf,
        /// Its original path.
        to: PathBuf,
    },
    /// Installs pip from the wheel that a new environment of this base gets.
    SeedPip(Box<Seeding>),
    /// Removes the write permission of everybody.
    Protect,
    /// Removes the files of killed processes.
    Sweep,
}

/// The function that provides pip in an environment without a complete one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seeding {
    /// The environment's base.
    pub interpreter: Interpreter,
    /// Whether the commands are to find their Python beside themselves.
    pub relocatable: bool,
    /// The files to remove when a new pip is available.
    pub instead_of: Vec<PathBuf>,
}

impl Step {
    /// The paths that it changes; two steps at the same path would undo each other.
    pub(crate) fn place(&self) -> (&'static str, &Path) {
        match self {
            Self::Put(entry) => ("file", &entry.path),
            Self::Remove(path) | Self::PutBack { to: path, .. } => ("file", path),
            Self::SeedPip(_) => ("pip", Path::new("")),
            Self::Protect => ("rights", Path::new("")),
            Self::Sweep => ("leftovers", Path::new("")),
        }
    }

    /// The path that the step needs and an entry of another kind has: a directory instead of a file, a file
    /// instead of a directory, or a file instead of a directory above it. That entry may be the user's.
    pub(crate) fn obstacle(&self, root: &Path) -> Option<&Path> {
        let Self::Put(Entry { path, content }) = self else { return None };
        let is_file = |dir: &&Path| root.join(dir).metadata().is_ok_and(|meta| meta.is_file());
        let above = path.ancestors().skip(1).filter(|dir| !dir.as_os_str().is_empty());
        if let Some(file) = above.filter(is_file).last() {
            return Some(file);
        }
        let meta = root.join(path).symlink_metadata().ok()?;
        let is_obstacle = match content {
            Content::Directory | Content::Tree(_) => meta.is_file(),
            _ => meta.is_dir(),
        };
        is_obstacle.then_some(path)
    }
}

impl Step {
    /// The verb of the description, in the imperative and in the past tense.
    pub fn verbs(&self) -> (&'static str, &'static str) {
        match self {
            Self::Put(entry) => match entry.content {
                Content::Directory | Content::Tree(_) => {
                    ("make the directory", "made the directory")
                }
                Content::Link(_) => ("link", "linked"),
                Content::Copy(_) => ("copy", "copied"),
                Content::Share(_) | Content::Text(_) | Content::Script(_) => ("write", "wrote"),
            },
            Self::Remove(_) | Self::Protect | Self::Sweep => ("remove", "removed"),
            Self::PutBack { .. } => ("rename", "renamed"),
            Self::SeedPip(_) => ("install", "installed"),
        }
    }

    /// The object of the description.
    pub fn object(&self) -> String {
        match self {
            Self::Put(Entry { path, content }) => {
                let path = path.display();
                match content {
                    Content::Link(target) => format!("`{path}` to `{}`", target.display()),
                    Content::Copy(from) => format!("`{}` to `{path}`", from.display()),
                    _ => format!("`{path}`"),
                }
            }
            Self::Remove(path) => format!("`{}`", path.display()),
            Self::PutBack { from, to } => format!("`{}` to `{}`", from.display(), to.display()),
            Self::SeedPip(seeding) => {
                let mut text = "pip from the base's wheel".to_owned();
                for path in &seeding.instead_of {
                    let _ = write!(text, ", without `{}`", path.display());
                }
                text
            }
            Self::Protect => "the write permission of everybody".into(),
            Self::Sweep => "what killed processes left".into(),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verbs().0, self.object())
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Takes steps in an environment.
#[derive(Clone, Copy)]
pub struct Fixer<'a, E> {
    /// The environment's directory.
    pub root: &'a Path,
    /// The directory that the steps are for, where it was looked at some time ago.
    pub judged: Option<&'a FileId>,
    /// The process, its cache and its signals.
    pub session: Session<'a>,
    /// Prepares pip, which a module above this one can.
    pub seed: Seed<'a, E>,
}

/// Gives the entries of a pip that fits; [`InPlace`] has room for what cannot go to the cache.
pub type Seed<'a, E> = &'a dyn Fn(&Seeding, &mut InPlace) -> Result<Vec<Entry>, E>;

impl<E> Fixer<'_, E>
where
    E: From<Error> + From<fs::Error> + From<crate::support::Error>,
{
    /// Takes the steps in their order, and reports each one that is done. Each file is replaced
    /// whole, so that stopping between two steps, or in one, leaves nothing half made.
    ///
    /// # Errors
    /// The first failure; what was removed or moved before it is back. [`fs::Error::Changed`] when another directory
    /// than the one that was judged is there by now.
    pub fn apply(&self, steps: &[Step], done: &mut dyn FnMut(&Step)) -> Result<(), E> {
        let mut place = InPlace::open(self.root)?;
        // A file that another process has created there meanwhile was not part of the diagnosis.
        if self.judged.is_some() && place.dir().identity().as_ref() != self.judged {
            return Err(fs::Error::Changed { path: self.root.to_owned() }.into());
        }
        let mut aside = Aside::default();
        let taken: Result<(), E> = steps.iter().try_for_each(|step| {
            self.session.interrupt.check()?;
            self.step(step, &mut place, &mut aside)?;
            done(step);
            Ok(())
        });
        if taken.is_err() {
            aside.roll_back(place.dir());
        }
        let finished = place.finish();
        taken.and(finished.map_err(Into::into))
    }

    fn step(&self, step: &Step, at: &mut InPlace, aside: &mut Aside) -> Result<(), E> {
        match step {
            Step::Put(entry) => self.put(entry, at.dir())?,
            Step::Remove(path) => drop(aside.take(self.root, path, at)?),
            Step::PutBack { from, to } => {
                let replaced = aside.take(self.root, to, at)?;
                aside.rename(from, to, at.dir())?;
                // Files in a metadata directory belong to an installer.
                let is_metadata = to.extension().is_some_and(|end| end == "dist-info");
                if let Some(replaced) = replaced.filter(|_| !is_metadata) {
                    aside.keep_others(self.root, &replaced, to, at.dir())?;
                }
            }
            Step::SeedPip(seeding) => self.seed_pip(seeding, at, aside)?,
            Step::Protect => at.dir().protect()?,
            // The next check reports an entry that cannot be removed.
            Step::Sweep => drop(fs::sweep(self.root)?),
        }
        Ok(())
    }

    /// Puts an entry, and the directories that it is in.
    fn put(&self, entry: &Entry, at: &Dir) -> Result<(), Error> {
        let parents = entry.path.ancestors().skip(1).filter(|dir| !dir.as_os_str().is_empty());
        for dir in parents.collect::<Vec<_>>().into_iter().rev() {
            at.create_dir(dir)?;
        }
        write_entry(entry, at, &Linker::of_cache(None, self.root, self.session.host))
    }

    /// Replaces the remains of pip. The new pip is complete before the old one is removed.
    fn seed_pip(&self, seeding: &Seeding, at: &mut InPlace, aside: &mut Aside) -> Result<(), E> {
        let entries = (self.seed)(seeding, at)?;
        for path in &seeding.instead_of {
            aside.take(self.root, path, at)?;
        }
        entries.iter().try_for_each(|entry| self.put(entry, at.dir()))?;
        Ok(())
    }
}

/// The name under which an entry hides no module among `others`: `a/` and `a.so` take precedence over `a.py`
/// (`FileFinder` in CPython's `importlib`).
fn harmless(name: OsString, others: &[OsString]) -> OsString {
    let hides = module(&name)
        .is_some_and(|own| others.iter().any(|other| module(other).as_deref() == Some(&own)));
    let mut name = name;
    if hides {
        name.push(".kept");
    }
    name
}

/// The name by which a directory, a source or an extension module is imported.
fn module(name: &OsString) -> Option<String> {
    let (stem, end) = name.to_str().map(|name| name.split_once('.').unwrap_or((name, "")))?;
    let end = end.rsplit('.').next().unwrap_or_default();
    ["", "py", "so", "pyd"].contains(&end).then(|| stem.to_owned())
}

/// The renames so far, for the rollback: nothing is deleted before every step is done.
#[derive(Default)]
struct Aside {
    /// From where, and to where, relative to the environment.
    renamed: Vec<(PathBuf, PathBuf)>,
}

impl Aside {
    /// Moves the entry at `path` into the directory that is removed at the end; returns its new path.
    fn take(
        &mut self,
        root: &Path,
        path: &Path,
        at: &mut InPlace,
    ) -> Result<Option<PathBuf>, Error> {
        if root.join(path).symlink_metadata().is_err() {
            return Ok(None);
        }
        let name = format!("removed-{}", self.renamed.len());
        let scratch = at.scratch()?.join(name);
        let Ok(to) = scratch.strip_prefix(at.dir().path()) else {
            at.dir().remove_tree(path)?;
            return Ok(None);
        };
        self.rename(path, to, at.dir())?;
        Ok(Some(to.to_owned()))
    }

    /// Moves what is in the directory `replaced` and not in `restored` into the latter. No RECORD lists
    /// it, so it may be the user's.
    fn keep_others(
        &mut self,
        root: &Path,
        replaced: &Path,
        restored: &Path,
        dir: &Dir,
    ) -> Result<(), Error> {
        let is_directory =
            |path: &Path| root.join(path).symlink_metadata().is_ok_and(|meta| meta.is_dir());
        if !(is_directory(replaced) && is_directory(restored)) {
            return Ok(());
        }
        for name in fs::names_in(&root.join(replaced)) {
            let (from, to) = (replaced.join(&name), restored.join(&name));
            if name == "__pycache__" || name.to_str().is_some_and(is_bytecode) {
                continue;
            }
            if root.join(&to).symlink_metadata().is_ok() {
                self.keep_others(root, &from, &to, dir)?;
            } else {
                let names = fs::names_in(&root.join(restored));
                self.rename(&from, &restored.join(harmless(name, &names)), dir)?;
            }
        }
        Ok(())
    }

    fn rename(&mut self, from: &Path, to: &Path, dir: &Dir) -> Result<(), Error> {
        dir.rename(from, to)?;
        self.renamed.push((from.to_owned(), to.to_owned()));
        Ok(())
    }

    /// Renames everything back, the last first. A name that is taken again is left aside.
    fn roll_back(&mut self, dir: &Dir) {
        for (from, to) in self.renamed.drain(..).rev() {
            if dir.path().join(&from).symlink_metadata().is_err() {
                let _ = dir.rename(&to, &from);
            }
        }
    }
}
