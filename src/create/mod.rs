//! Making an environment: never half, and never at the cost of what is there.
//!
//! Everything is built in a stage first. A new environment is the stage renamed; a replaced one is
//! exchanged with it; one that has to stay where it is (the current directory, a mount point, a
//! directory with other things in it) takes the finished files over one by one, `pyvenv.cfg` last.

pub(crate) mod contents;
mod error;
pub mod python_choice;
mod upgrade;

pub use error::{Error, Result};
pub use upgrade::{Builds, Install, needs_rebuild, replace_filled, upgrade};

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::fs;
use crate::fs::{DeletionTarget, Dir, Guard, InPlace, Leftover, LinkMode, Linker, Refusal, Stage};
use crate::python::Interpreter;
use crate::seed;
use crate::shell;
use crate::shell::Seal;
use crate::support::cache::Cache;
use crate::support::host::Host;
use crate::support::interrupt::Interrupt;
use crate::support::limits;
use crate::support::links;
use crate::venv;
use crate::venv::plan::executable_name;
use crate::venv::write_entry;
use crate::venv::{Content, Entry, Env, Options, Plan, ensure_usable};

/// What to make, where, and what to do about what is there.
#[derive(Clone, Debug)]
pub struct CreateRequest<'a> {
    /// The environment's directory, absolute.
    pub root: &'a Path,
    /// The base.
    pub interpreter: &'a Interpreter,
    /// How it is to be.
    pub options: &'a Options,
    /// What to seed it with; `None` leaves pip out.
    pub pip: Option<&'a seed::Options>,
    /// What to do about an environment that is there.
    pub existing: Existing,
    /// How files of the cache get into it; `None` leaves the choice to [`Linker::of_cache`].
    pub link_mode: Option<LinkMode>,
}

/// What to do about an environment that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Keep it where it fits, mending what is broken; refuse where it does not.
    Keep,
    /// Replace it.
    Clear,
    /// Keep its packages and give it this interpreter.
    Upgrade,
}

/// What making needs of the world.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    /// The process.
    pub host: &'a Host,
    /// What is remembered.
    pub cache: &'a Cache,
    /// What may be deleted.
    pub guard: &'a Guard,
    /// Told when the user wants to stop.
    pub interrupt: &'a Interrupt,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// What happened.
    pub outcome: Outcome,
    /// The version of the pip that was seeded, if one was.
    pub pip: Option<String>,
    /// Where it is: a link in its place was followed.
    pub location: PathBuf,
    /// Whether all of it was made just now, so that there is nothing in it that came from elsewhere.
    pub is_pristine: bool,
    /// Files of rvenv's that the user had changed, and that are as they were. Relative.
    pub kept: Vec<PathBuf>,
    /// Files of the user's in whose place a new one stands: where they are now. Relative.
    pub beside: Vec<PathBuf>,
    /// Whether the user's files were there before, so that the files that tell git and backups to leave
    /// the directory out were not written.
    pub is_shared: bool,
    /// Temporary files, of this process or of killed ones, that could not be removed.
    pub leftovers: Vec<Leftover>,
}

/// What happened to the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There was none.
    Made,
    /// The old one is gone.
    Replaced,
    /// The one that was there is whole again, with its packages.
    Refreshed,
    /// The one that was there is as it should be.
    Unchanged,
}

/// What would come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DryRun {
    /// What would happen.
    pub outcome: Outcome,
    /// What would be written; empty where nothing would.
    pub plan: Plan,
}

/// How often a place may change under our hands before that is the error.
const ATTEMPTS: usize = 5;

/// Makes the environment.
///
/// # Errors
/// When the place cannot hold one or is taken, the seeds cannot be had, or the disk fails: then
/// what was there before is there still.
pub fn create(
    recipe: &CreateRequest<'_>,
    world: &World<'_>,
    progress: Progress<'_>,
) -> Result<Created> {
    ensure_usable(recipe.root, world.host.platform())?;
    let mut last = None;
    for _ in 0..ATTEMPTS {
        match attempt(recipe, world, progress) {
            // As stdlib does: no link is needed, for as long as there is a copy.
            Err(Error::Fs(fs::Error::NoLinks { .. })) if !recipe.options.copies => {
                let options = Options { copies: true, ..recipe.options.clone() };
                return create(
                    &CreateRequest { options: &options, ..recipe.clone() },
                    world,
                    progress,
                );
            }
            // Another process was faster: what it made may be what is wanted. And what it took from
            // the cache can be had again.
            Err(
                error @ (Error::Fs(fs::Error::Occupied { .. } | fs::Error::Changed { .. })
                | Error::Venv(venv::Error::CacheCleaned { .. })),
            ) => last = Some(error),
            result => return result,
        }
    }
    Err(last.unwrap_or_else(|| fs::Error::Occupied { path: recipe.root.to_owned() }.into()))
}

/// Told what takes long.
pub type Progress<'a> = &'a mut dyn FnMut(seed::Event);

/// Tells what [`create`] would do, and leaves the place alone. An image of pip that is missing is
/// built, which is no state of the user's.
///
/// # Errors
/// As [`create`], as far as they can be foreseen.
pub fn dry_run(
    recipe: &CreateRequest<'_>,
    world: &World<'_>,
    progress: Progress<'_>,
) -> Result<DryRun> {
    ensure_usable(recipe.root, world.host.platform())?;
    let is_rebuild = recipe.existing == Existing::Upgrade && needs_rebuild(recipe, world);
    let existing = if is_rebuild { Existing::Clear } else { recipe.existing };
    let recipe = &CreateRequest { existing, ..recipe.clone() };
    let (location, action) = Action::choose(recipe, world)?;
    let work = Work { recipe, world, location: &location };
    // Only needed without a cache, and TMPDIR may name nothing.
    let mut scratch = None;
    let mut plan = |options: &Options, wanted| {
        let make = || {
            let made = tempfile::tempdir()
                .map_err(fs::Error::io("create a file in", std::env::temp_dir()))?;
            Ok(scratch.insert(made).path().to_owned())
        };
        let seed = work.seed(wanted, make, progress)?;
        work.plan(options, seed.as_ref())
    };
    let (outcome, plan) = match action {
        Action::Make => (Outcome::Made, plan(recipe.options, recipe.pip)?),
        Action::Replace(_) => (Outcome::Replaced, plan(recipe.options, recipe.pip)?),
        Action::Merge(merge) => {
            let wanted = recipe.pip.filter(|_| !merge.has_pip);
            let mut plan = plan(&merge.options, wanted)?;
            work.fit(&merge, &mut plan)?;
            (merge.outcome(), plan)
        }
        Action::Nothing => (Outcome::Unchanged, Plan::default()),
    };
    Ok(DryRun { outcome, plan })
}

fn attempt(
    recipe: &CreateRequest<'_>,
    world: &World<'_>,
    progress: Progress<'_>,
) -> Result<Created> {
    // Behind a link, also one whose target a killed process moved aside.
    let place =
        links::end(recipe.root).map(|end| crate::support::path::canonicalize(&end).unwrap_or(end));
    let leftovers = fs::sweep(place.as_deref().unwrap_or(recipe.root))?;
    let (location, action) = Action::choose(recipe, world)?;
    let work = Work { recipe, world, location: &location };
    let mut created = match action {
        Action::Make => work.make(progress),
        Action::Replace(old) => work.replace(&old, progress),
        Action::Merge(merge) => work.merge(&merge, progress),
        Action::Nothing => Ok(work.done(Outcome::Unchanged, None, false)),
    }?;
    created.leftovers.extend(leftovers);
    Ok(created)
}

/// What is to be done, given what is there.
enum Action {
    /// Nothing is there: build it, put it there.
    Make,
    /// Build it, exchange it with what is there, delete that.
    Replace(DeletionTarget),
    /// Write its files among what is there.
    Merge(Merge),
    /// What is there is as it should be.
    Nothing,
}

/// How files go in among others.
struct Merge {
    /// How the environment is to be: what was asked for, and what it was.
    options: Options,
    target: Target,
    /// Whether there is a pip already.
    has_pip: bool,
    /// Whether the directory also contains the user's files, which git and backups must not leave out.
    is_shared: bool,
}

/// The content of a directory before an environment is created in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Empty,
    /// Every file is the user's, and none is replaced.
    Files,
    /// An environment, whose own files can be replaced.
    Environment,
}

impl Merge {
    fn outcome(&self) -> Outcome {
        if self.target == Target::Environment { Outcome::Refreshed } else { Outcome::Made }
    }
}

impl Action {
    /// Looks at the place; gives where it is, links resolved, and what is to be done there.
    fn choose(recipe: &CreateRequest<'_>, world: &World<'_>) -> Result<(PathBuf, Self)> {
        let root = recipe.root;
        let meta = match std::fs::symlink_metadata(root) {
            Ok(meta) => meta,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok((root.to_owned(), Self::Make));
            }
            Err(error) => return Err(fs::Error::io("look at", root)(error).into()),
        };
        let clear = recipe.existing == Existing::Clear;
        // A link stays: the environment is created where it points to.
        let location = if meta.is_symlink() {
            let end = links::end(root).filter(|end| end.symlink_metadata().is_err());
            if let Some(end) = end {
                return Ok((end, Self::Make));
            }
            crate::support::path::canonicalize(root).map_err(fs::Error::io("follow", root))?
        } else {
            root.to_owned()
        };
        if !location.is_dir() {
            return Err(Error::NotADirectory { path: root.to_owned() });
        }
        if meta.is_symlink() {
            ensure_followable(root, &location, clear, world)?;
        }
        let fresh = || -> Result<Merge> {
            let (options, is_empty) = (recipe.options.clone(), is_empty(&location)?);
            // Without `pyvenv.cfg`, `bin` and `lib` are the user's, too, unless a killed run made them.
            let is_shared = if fs::is_unfinished(&location) {
                fs::has_user_entries(&location)?
            } else {
                !is_empty
            };
            let target = if is_empty { Target::Empty } else { Target::Files };
            Ok(Merge { options, target, has_pip: false, is_shared })
        };
        let action = match Env::open(&location, world.host.platform()) {
            _ if clear && !is_empty(&location)? => {
                Self::Replace(world.guard.check_replaceable(&location)?)
            }
            Err(venv::Error::NotAnEnvironment { .. }) => Self::Merge(fresh()?),
            Ok(env) => Self::keep(&env, recipe, world)?,
            Err(error) => return Err(error.into()),
        };
        Ok((location, action))
    }

    /// What to do about an environment that is to be kept.
    fn keep(env: &Env, recipe: &CreateRequest<'_>, world: &World<'_>) -> Result<Self> {
        let wanted = recipe.interpreter.version.short();
        let has = env.cfg().version().unwrap_or("unknown");
        let is_recorded = has == wanted || has.starts_with(&format!("{wanted}."));
        // An upgrade goes by what is there, and writes the version that belongs to it.
        let is_other = match recipe.existing {
            Existing::Upgrade => needs_rebuild(recipe, world),
            _ => !is_recorded,
        };
        if is_other {
            return Err(Error::OtherPython {
                path: env.root().to_owned(),
                has: has.to_owned(),
                wanted,
            });
        }
        let options = recipe.options.inheriting(env.cfg());
        let has_pip = env.has_distribution("pip");
        let whole = !fs::is_unfinished(env.root())
            && env.is_whole(recipe.interpreter, &options)
            && (has_pip || recipe.pip.is_none() || was_made_without_pip(env, recipe));
        if whole && recipe.existing == Existing::Keep {
            return Ok(Self::Nothing);
        }
        let is_shared = fs::has_user_entries(env.root())?;
        Ok(Self::Merge(Merge { options, target: Target::Environment, has_pip, is_shared }))
    }
}

/// A link may come with a repository. What it points to is not replaced, and gets no files unless it is an
/// environment or empty.
fn ensure_followable(root: &Path, location: &Path, clear: bool, world: &World<'_>) -> Result<()> {
    // A killed run may have left half of an environment, which only the next run can complete.
    if is_empty(location)? || fs::is_unfinished(location) {
        return Ok(());
    }
    if clear {
        let refusal = Refusal::Link(Some(location.to_owned()));
        return Err(fs::Error::Protected { path: root.to_owned(), refusal }.into());
    }
    match Env::open(location, world.host.platform()) {
        Err(venv::Error::NotAnEnvironment { .. }) => {
            Err(Error::LinkToFiles { path: root.to_owned(), target: location.to_owned() })
        }
        _ => Ok(()),
    }
}

/// One recipe being carried out at one place.
struct Work<'a> {
    recipe: &'a CreateRequest<'a>,
    world: &'a World<'a>,
    /// Where the environment is, links resolved.
    location: &'a Path,
}

impl Work<'_> {
    fn done(&self, outcome: Outcome, pip: Option<String>, is_pristine: bool) -> Created {
        let location = self.location.to_owned();
        Created {
            outcome,
            pip,
            location,
            is_pristine,
            kept: Vec::new(),
            beside: Vec::new(),
            is_shared: false,
            leftovers: Vec::new(),
        }
    }

    fn make(&self, progress: Progress<'_>) -> Result<Created> {
        let mut stage = Stage::beside(self.location)?;
        let pip = self.build(&mut stage, progress)?;
        stage.publish()?;
        let leftovers = finish(stage);
        Ok(Created { leftovers, ..self.done(Outcome::Made, pip, true) })
    }

    fn replace(&self, old: &DeletionTarget, progress: Progress<'_>) -> Result<Created> {
        let mut stage = Stage::replacing(old)?;
        let pip = self.build(&mut stage, progress)?;
        let leftovers = replace(stage, old)?;
        Ok(Created { leftovers, ..self.done(Outcome::Replaced, pip, true) })
    }

    fn build(&self, stage: &mut Stage, progress: Progress<'_>) -> Result<Option<String>> {
        let seed = self.seed(self.recipe.pip, || Ok(stage.scratch()?.to_owned()), progress)?;
        // Not where it is made in a directory that was there: that one holds other things too.
        stage.dir().exclude_from_backups();
        self.fill(stage.dir(), &self.plan(self.recipe.options, seed.as_ref())?)?;
        Ok(seed.map(|seed| seed.pip_version().to_owned()))
    }

    /// Writes the files one by one, each whole, `pyvenv.cfg` last.
    fn merge(&self, merge: &Merge, progress: Progress<'_>) -> Result<Created> {
        let mut place = InPlace::open(self.location)?;
        if merge.target != Target::Environment {
            place = place.no_overwrite();
        }
        let wanted = self.recipe.pip.filter(|_| !merge.has_pip);
        let seed = self.seed(wanted, || Ok(place.scratch()?.to_owned()), progress)?;
        let mut plan = self.plan(&merge.options, seed.as_ref())?;
        if merge.is_shared {
            // They would tell git and backups to leave out the user's files.
            plan.entries.retain(|entry| !entry.is_optional());
        }
        let kept = self.fit(merge, &mut plan)?;
        self.fill(place.dir(), &plan)?;
        let leftovers = place.finish().err().map(Leftover::from).into_iter().collect();
        let pip = seed.map(|seed| seed.pip_version().to_owned());
        Ok(Created {
            kept,
            is_shared: merge.is_shared && merge.target != Target::Environment,
            leftovers,
            ..self.done(merge.outcome(), pip, merge.target == Target::Empty)
        })
    }

    /// Leaves out of the plan what is not to be written where something is, and gives the scripts of
    /// rvenv's among that.
    fn fit(&self, merge: &Merge, plan: &mut Plan) -> Result<Vec<PathBuf>> {
        let mut kept = Vec::new();
        if merge.target == Target::Environment {
            plan.entries.retain(|entry| {
                let seal = self.seal_of_users(entry);
                if seal == Some(Seal::Broken) {
                    kept.push(entry.path.clone());
                }
                seal.is_none() && !self.stands(entry) && !self.is_below_link(entry)
            });
        } else {
            self.spare(plan)?;
        }
        Ok(kept)
    }

    /// The seal of what stands in the place of a script or of a courtesy and may be the user's: all
    /// that is not as rvenv wrote it, but for an empty file, in which nothing is to be lost.
    fn seal_of_users(&self, entry: &Entry) -> Option<Seal> {
        let Content::Text(planned) = &entry.content else { return None };
        let scripts = &self.recipe.interpreter.scheme.scripts;
        if !entry.is_optional() && entry.path.parent() != Some(scripts) {
            return None;
        }
        let found = fs::read_bounded(&self.location.join(&entry.path), limits::SCRIPT).ok()?;
        let seal = shell::seal(&found);
        (seal != Seal::Whole && !found.is_empty() && found != *planned).then_some(seal)
    }

    /// Whether a directory is where a link is planned: `lib64` of other tools is one.
    fn stands(&self, entry: &Entry) -> bool {
        matches!(entry.content, Content::Link(_)) && self.location.join(&entry.path).is_dir()
    }

    /// Whether a planned directory lies behind a link to a directory, as `lib64` of an environment
    /// can be one: what the link leads to holds it.
    fn is_below_link(&self, entry: &Entry) -> bool {
        let is_link = |path: &Path| path.is_symlink() && path.is_dir();
        entry.content == Content::Directory
            && entry.path.ancestors().any(|parent| {
                !parent.as_os_str().is_empty() && is_link(&self.location.join(parent))
            })
    }

    /// Leaves the user's files alone. What only serves others (`.gitignore`, `CACHEDIR.TAG`) is left
    /// out, as is what stands there just as it is planned: a killed process may have put it there.
    /// Anything else that is in the way is an error before the first file is written.
    fn spare(&self, plan: &mut Plan) -> Result<()> {
        plan.entries.retain(|entry| entry.difference(self.location).is_some());
        let taken = |entry: &Entry| {
            !matches!(entry.content, Content::Directory | Content::Tree(_))
                && self.location.join(&entry.path).symlink_metadata().is_ok()
        };
        plan.entries.retain(|entry| !(entry.is_optional() && taken(entry)));
        match plan.entries.iter().find(|entry| taken(entry)) {
            Some(entry) => Err(Error::WouldOverwrite { path: self.location.join(&entry.path) }),
            None => Ok(()),
        }
    }

    fn plan(&self, options: &Options, seed: Option<&seed::Seed>) -> Result<Plan> {
        let CreateRequest { root, interpreter, .. } = *self.recipe;
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
        let linker = Linker::of_cache(self.recipe.link_mode, self.location, self.world.host);
        let mut cloned: Vec<&Path> = Vec::new();
        for entry in &plan.entries {
            self.world.interrupt.check()?;
            match &entry.content {
                Content::Tree(from) if dir.share_tree(from, &entry.path, &linker) => {
                    cloned.push(&entry.path);
                }
                Content::Directory | Content::Share(_)
                    if cloned.iter().any(|tree| entry.path.starts_with(tree)) => {}
                Content::Link(target) if is_lib64(entry) => {
                    self.place_lib64(target, dir)?;
                }
                _ => write_entry(entry, dir, &linker)?,
            }
        }
        Ok(())
    }

    /// Makes the link `lib64`, or what is needed in its place where the file system has no links:
    /// nothing, unless the interpreter installs compiled packages there. stdlib's `venv` fails there
    /// (gh-133951).
    fn place_lib64(&self, target: &Path, dir: &Dir) -> fs::Result<()> {
        let platlib = &self.recipe.interpreter.scheme.platlib;
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

    /// The seeds, from the cache; without a cache that can be written, from a directory that goes
    /// away with the work.
    fn seed(
        &self,
        wanted: Option<&seed::Options>,
        scratch: impl FnOnce() -> Result<PathBuf>,
        progress: Progress<'_>,
    ) -> Result<Option<seed::Seed>> {
        let Some(wanted) = wanted else { return Ok(None) };
        let World { host, cache, .. } = *self.world;
        let interpreter = self.recipe.interpreter;
        let mut prepare = |cache: &Cache| seed::prepare(interpreter, wanted, cache, host, progress);
        let seed = match prepare(cache) {
            Err(seed::Error::CacheUnwritable { .. }) => prepare(&Cache::at(scratch()?))?,
            seed => seed?,
        };
        Ok(Some(seed))
    }
}

/// The second name of `lib`, and where some distributions install compiled packages.
const LIB64: &str = "lib64";

fn is_lib64(entry: &Entry) -> bool {
    entry.path == Path::new(LIB64)
}

/// Puts a new environment in the place of the old one; gives what of the old one, and of what was
/// temporary, could not be removed.
fn replace(mut stage: Stage, old: &DeletionTarget) -> Result<Vec<Leftover>> {
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

/// The new environment is in its place: what cannot be removed now is no failure.
fn finish(stage: Stage) -> Vec<Leftover> {
    stage.finish().err().map(Leftover::from).into_iter().collect()
}

/// Whether its maker left pip out on purpose, uv's default or a flag of `venv`'s, and no pip is named
/// now.
fn was_made_without_pip(env: &Env, recipe: &CreateRequest<'_>) -> bool {
    let cfg = env.cfg();
    let has_flag = cfg
        .get("command")
        .is_some_and(|command| command.split_whitespace().any(|word| word == "--without-pip"));
    let names_pip = recipe.pip.is_some_and(|pip| pip.choice != seed::Choice::default());
    !names_pip && (has_flag || cfg.get("uv").is_some())
}

fn is_empty(dir: &Path) -> Result<bool> {
    Ok(std::fs::read_dir(dir).map_err(fs::Error::io("read", dir))?.next().is_none())
}
