//! The execution of an action: plan, seeds, files.

use std::path::{Path, PathBuf};

use super::action::{Merge, Target};
use super::{CreateRequest, Created, Error, Outcome, Progress, Result};
use crate::fs;
use crate::fs::{DeletionTarget, Dir, InPlace, Leftover, Linker, Stage};
use crate::seed;
use crate::shell;
use crate::shell::Seal;
use crate::store;
use crate::support::limits;
use crate::support::session::Session;
use crate::venv::plan::executable_name;
use crate::venv::{Content, Entry, Options, Plan, write_entry};

/// The execution of one request.
pub(super) struct Build<'a> {
    pub(super) request: &'a CreateRequest<'a>,
    pub(super) session: Session<'a>,
    /// The environment's path, with links resolved.
    pub(super) location: &'a Path,
}

impl Build<'_> {
    pub(super) fn created(
        &self,
        outcome: Outcome,
        pip: Option<String>,
        is_pristine: bool,
    ) -> Created {
        let location = self.location.to_owned();
        Created {
            outcome,
            pip,
            is_filled: false,
            location,
            is_pristine,
            kept: Vec::new(),
            beside: Vec::new(),
            not_carried: Vec::new(),
            is_shared: false,
            leftovers: Vec::new(),
        }
    }

    pub(super) fn make(&self, progress: Progress<'_>) -> Result<Created> {
        let mut stage = Stage::beside(self.location)?;
        let pip = self.build(&mut stage, progress)?;
        stage.publish()?;
        let leftovers = finish(stage);
        let is_filled = self.request.packages.is_some();
        Ok(Created { is_filled, leftovers, ..self.created(Outcome::Made, pip, true) })
    }

    pub(super) fn replace(&self, old: &DeletionTarget, progress: Progress<'_>) -> Result<Created> {
        let mut stage = Stage::replacing(old)?;
        let pip = self.build(&mut stage, progress)?;
        let leftovers = replace(stage, old)?;
        let is_filled = self.request.packages.is_some();
        Ok(Created { is_filled, leftovers, ..self.created(Outcome::Replaced, pip, true) })
    }

    fn build(&self, stage: &mut Stage, progress: Progress<'_>) -> Result<Option<String>> {
        let seed = self.seed(self.request.pip, || Ok(stage.scratch()?.to_owned()), progress)?;
        // Not for an existing directory, which contains other files, too.
        stage.dir().exclude_from_backups();
        self.fill(stage.dir(), &self.plan(self.request.options, seed.as_ref())?)?;
        self.place_packages(stage.dir())?;
        Ok(seed.map(|seed| seed.pip_version().to_owned()))
    }

    fn place_packages(&self, dir: &Dir) -> Result<()> {
        let CreateRequest { root, interpreter, options, packages, .. } = *self.request;
        let Some(packages) = packages else { return Ok(()) };
        let target = store::Target {
            root,
            location: self.location,
            scripts: &interpreter.scheme.scripts,
            platform: interpreter.platform,
            relocatable: options.relocatable,
        };
        Ok(packages.write(dir, target, self.session)?)
    }

    /// Writes the files one by one, each whole, `pyvenv.cfg` last.
    pub(super) fn merge(&self, merge: &Merge, progress: Progress<'_>) -> Result<Created> {
        let mut in_place = InPlace::open(self.location)?;
        if merge.target != Target::Environment {
            in_place = in_place.no_overwrite();
        }
        let wanted = self.request.pip.filter(|_| !merge.has_pip);
        let seed = self.seed(wanted, || Ok(in_place.scratch()?.to_owned()), progress)?;
        let mut plan = self.plan(&merge.options, seed.as_ref())?;
        if merge.is_shared {
            // `.gitignore` and `CACHEDIR.TAG` would hide the user's files from git and from backups.
            plan.entries.retain(|entry| !entry.is_optional());
        }
        let kept = self.exclude_existing(merge, &mut plan)?;
        self.fill(in_place.dir(), &plan)?;
        let leftovers = in_place.finish().err().map(Leftover::from).into_iter().collect();
        let pip = seed.map(|seed| seed.pip_version().to_owned());
        Ok(Created {
            kept,
            is_shared: merge.is_shared && merge.target != Target::Environment,
            leftovers,
            ..self.created(merge.outcome(), pip, merge.target == Target::Empty)
        })
    }

    /// Removes the entries from the plan that would replace existing files; returns the scripts of rvenv
    /// among them.
    pub(super) fn exclude_existing(&self, merge: &Merge, plan: &mut Plan) -> Result<Vec<PathBuf>> {
        let mut kept = Vec::new();
        if merge.target == Target::Environment {
            plan.entries.retain(|entry| {
                let seal = self.seal_of_users(entry);
                if seal == Some(Seal::Broken) {
                    kept.push(entry.path.clone());
                }
                seal.is_none() && !self.is_directory(entry) && !self.is_below_link(entry)
            });
        } else {
            self.exclude_user_files(plan)?;
        }
        Ok(kept)
    }

    /// The seal of an existing script or optional file that may be the user's: one that is neither empty
    /// nor as rvenv wrote it.
    fn seal_of_users(&self, entry: &Entry) -> Option<Seal> {
        let Content::Text(planned) = &entry.content else { return None };
        let scripts = &self.request.interpreter.scheme.scripts;
        if !entry.is_optional() && entry.path.parent() != Some(scripts) {
            return None;
        }
        let found = fs::read_bounded(&self.location.join(&entry.path), limits::SCRIPT).ok()?;
        let seal = shell::seal(&found);
        (seal != Seal::Whole && !found.is_empty() && found != *planned).then_some(seal)
    }

    /// Whether a directory has the path of a planned link, as `lib64` of other tools.
    fn is_directory(&self, entry: &Entry) -> bool {
        matches!(entry.content, Content::Link(_)) && self.location.join(&entry.path).is_dir()
    }

    /// Whether a parent of a planned directory is a link to a directory, as `lib64` can be: then the
    /// link's target contains the directory.
    fn is_below_link(&self, entry: &Entry) -> bool {
        let is_link = |path: &Path| path.is_symlink() && path.is_dir();
        entry.content == Content::Directory
            && entry.path.ancestors().any(|parent| {
                !parent.as_os_str().is_empty() && is_link(&self.location.join(parent))
            })
    }

    /// Removes the entries from the plan that exist: optional ones (`.gitignore`, `CACHEDIR.TAG`), and
    /// those that a killed process wrote as planned. Any other existing file is an error before the first
    /// file is written.
    fn exclude_user_files(&self, plan: &mut Plan) -> Result<()> {
        plan.entries.retain(|entry| entry.difference(self.location).is_some());
        let exists = |entry: &Entry| {
            !matches!(entry.content, Content::Directory | Content::Tree(_))
                && self.location.join(&entry.path).symlink_metadata().is_ok()
        };
        plan.entries.retain(|entry| !(entry.is_optional() && exists(entry)));
        match plan.entries.iter().find(|entry| exists(entry)) {
            Some(entry) => Err(Error::WouldOverwrite { path: self.location.join(&entry.path) }),
            None => Ok(()),
        }
    }

    pub(super) fn plan(&self, options: &Options, seed: Option<&seed::Seed>) -> Result<Plan> {
        let CreateRequest { root, interpreter, .. } = *self.request;
        let name = executable_name(interpreter);
        let target = seed::Target {
            root,
            interpreter,
            python: &name.to_string_lossy(),
            relocatable: options.relocatable,
        };
        let entries = seed.map(|seed| seed.entries(&target)).unwrap_or_default();
        Ok(Plan::new(root, interpreter, options, entries)?)
    }

    fn fill(&self, dir: &Dir, plan: &Plan) -> Result<()> {
        let linker = Linker::of_cache(self.request.link_mode, self.location, self.session.host);
        let mut cloned: Vec<&Path> = Vec::new();
        for entry in &plan.entries {
            self.session.interrupt.check()?;
            match &entry.content {
                Content::Tree(from) if dir.share_tree(from, &entry.path, &linker) => {
                    cloned.push(&entry.path);
                }
                Content::Directory | Content::Share(_)
                    if cloned.iter().any(|tree| entry.path.starts_with(tree)) => {}
                Content::Link(target) if is_lib64(entry) => {
                    self.create_lib64(target, dir)?;
                }
                _ => write_entry(entry, dir, &linker)?,
            }
        }
        Ok(())
    }

    /// Creates the link `lib64`. On a filesystem without links it creates a directory if the interpreter
    /// installs compiled packages there, else nothing. stdlib's `venv` fails there (gh-133951).
    fn create_lib64(&self, target: &Path, dir: &Dir) -> fs::Result<()> {
        let platlib = &self.request.interpreter.scheme.platlib;
        match dir.symlink(target, Path::new(LIB64)) {
            Err(fs::Error::NoLinks { .. }) if platlib.starts_with(LIB64) => {
                let parents: Vec<&Path> = platlib.ancestors().collect();
                let mut parents = parents.into_iter().rev().skip(1);
                parents.try_for_each(|parent| dir.create_dir(parent))
            }
            Err(fs::Error::NoLinks { .. }) => Ok(()),
            done => done,
        }
    }

    /// The seeds, from the cache, or from a temporary directory if the cache cannot be written.
    pub(super) fn seed(
        &self,
        wanted: Option<&seed::Options>,
        scratch: impl FnOnce() -> Result<PathBuf>,
        progress: Progress<'_>,
    ) -> Result<Option<seed::Seed>> {
        let Some(wanted) = wanted else { return Ok(None) };
        let interpreter = self.request.interpreter;
        seed::prepare_or_scratch(interpreter, wanted, self.session, scratch, progress).map(Some)
    }
}

/// The second name of `lib`; some distributions install compiled packages there.
const LIB64: &str = "lib64";

fn is_lib64(entry: &Entry) -> bool {
    entry.path == Path::new(LIB64)
}

/// Exchanges the new environment with the old one; returns the files that could not be removed.
pub(super) fn replace(mut stage: Stage, old: &DeletionTarget) -> Result<Vec<Leftover>> {
    let mut leftovers = Vec::new();
    match stage.replace(old) {
        // A directory of a container's image layer can be deleted, and not be renamed.
        Err(fs::Error::Immovable { .. }) if !old.is_mount_point() => {
            leftovers.extend(fs::discard(old)?);
            stage.publish()?;
        }
        replaced => replaced?,
    }
    leftovers.extend(finish(stage));
    Ok(leftovers)
}

/// Removes the staging area. A file that cannot be removed is not a failure: the environment exists.
pub(super) fn finish(stage: Stage) -> Vec<Leftover> {
    stage.finish().err().map(Leftover::from).into_iter().collect()
}
