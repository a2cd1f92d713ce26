//! Creation of environments: whole or not at all, and without loss of the user's files.
//!
//! An environment is built in a staging area. A new one is renamed to its path; a replacement is
//! exchanged with the old one; in a directory that must stay (the current directory, a mount point,
//! a directory with other files) each finished file is moved into place, `pyvenv.cfg` last.

mod action;
mod build;
pub(crate) mod contents;
mod error;
mod filled;
pub mod python_choice;
mod upgrade;

pub use error::{Error, Result};
pub use filled::create_filled;
pub use upgrade::{Builds, Install, needs_rebuild, upgrade};

use std::path::{Path, PathBuf};

use action::Action;
use build::Build;

use crate::fs;
use crate::fs::{Guard, Leftover, LinkMode};
use crate::python::Interpreter;
use crate::seed;
use crate::store::Filling;
use crate::support::links;
use crate::support::session::Session;
use crate::venv;
use crate::venv::{Options, Plan, ensure_usable};

/// The environment to create.
#[derive(Clone, Debug)]
pub struct CreateRequest<'a> {
    /// The environment's directory, absolute.
    pub root: &'a Path,
    /// The base.
    pub interpreter: &'a Interpreter,
    /// Its options.
    pub options: &'a Options,
    /// The pip to provide; `None` leaves pip out.
    pub pip: Option<&'a seed::Options>,
    /// The treatment of an existing environment.
    pub existing: Existing,
    /// The link mode for files of the cache; `None` leaves the choice to [`fs::Linker::of_cache`].
    pub link_mode: Option<LinkMode>,
    /// Stored packages for a new environment, which then appears with them; an existing one that is kept
    /// does not get them.
    pub packages: Option<&'a Filling<'a>>,
    /// The directories that may be deleted.
    pub guard: &'a Guard,
}

/// The treatment of an existing environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Keep it and repair it; an environment of another minor version is an error.
    Keep,
    /// Replace it.
    Clear,
    /// Keep its packages and change its interpreter.
    Upgrade,
}

/// The result of [`create`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// The change to the environment's path.
    pub outcome: Outcome,
    /// The version of the pip that was seeded, if one was.
    pub pip: Option<String>,
    /// Whether it has the packages of the request.
    pub is_filled: bool,
    /// The environment's path, with links resolved.
    pub location: PathBuf,
    /// Whether this process created every file in it.
    pub is_pristine: bool,
    /// Files that rvenv generates, that the user had changed, and that are unchanged. Relative.
    pub kept: Vec<PathBuf>,
    /// Files of the user that were renamed because a new file has their path: their new paths. Relative.
    pub beside: Vec<PathBuf>,
    /// Compiled modules of no package that only the former Python could load: they are not in the new
    /// environment. Relative to the former one.
    pub not_carried: Vec<PathBuf>,
    /// Whether the directory already contained the user's files, so that `.gitignore` and `CACHEDIR.TAG`
    /// were not written.
    pub is_shared: bool,
    /// Temporary files, of this process or of killed ones, that could not be removed.
    pub leftovers: Vec<Leftover>,
}

/// The change to the environment's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A new environment.
    Made,
    /// A new environment instead of an old one.
    Replaced,
    /// The existing environment was completed and kept its packages.
    Updated,
    /// The existing environment was complete.
    Unchanged,
}

/// The result of [`dry_run`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DryRun {
    /// The change that [`create`] would make.
    pub outcome: Outcome,
    /// The entries that [`create`] would write.
    pub plan: Plan,
    /// The version of the pip that [`create`] would seed, if any.
    pub pip: Option<String>,
    /// The requirements that [`upgrade()`] would install again, without credentials.
    pub requirements: Vec<String>,
}

/// The number of attempts when other processes change the environment's path concurrently.
const ATTEMPTS: usize = 5;

/// Creates the environment.
///
/// # Errors
/// When the path is unusable or occupied, pip cannot be provided, or a file operation fails. The
/// previous content of the path is then unchanged.
pub fn create(
    request: &CreateRequest<'_>,
    session: Session<'_>,
    progress: Progress<'_>,
) -> Result<Created> {
    ensure_usable(request.root, session.host.platform())?;
    let mut last = None;
    for _ in 0..ATTEMPTS {
        match attempt(request, session, progress) {
            // Without symlinks, stdlib's `venv` copies, too.
            Err(Error::Fs(fs::Error::NoLinks { .. })) if !request.options.copies => {
                let options = Options { copies: true, ..request.options.clone() };
                return create(
                    &CreateRequest { options: &options, ..request.clone() },
                    session,
                    progress,
                );
            }
            // The next attempt finds what another process created, or builds again what another
            // process removed from the cache.
            Err(
                error @ (Error::Fs(fs::Error::Occupied { .. } | fs::Error::Changed { .. })
                | Error::Venv(venv::Error::CacheCleaned { .. })),
            ) => last = Some(error),
            result => return result,
        }
    }
    Err(last.unwrap_or_else(|| fs::Error::Occupied { path: request.root.to_owned() }.into()))
}

/// Receives an event for each step that can take long.
pub type Progress<'a> = &'a mut dyn FnMut(seed::Event);

/// Returns what [`create`] would do, and changes nothing but the cache, where a missing image of pip
/// is built.
///
/// # Errors
/// As [`create`], as far as they can be foreseen.
pub fn dry_run(
    request: &CreateRequest<'_>,
    session: Session<'_>,
    progress: Progress<'_>,
    builds: Builds,
) -> Result<DryRun> {
    ensure_usable(request.root, session.host.platform())?;
    let is_rebuild = request.existing == Existing::Upgrade && needs_rebuild(request, session);
    let requirements = if is_rebuild {
        upgrade::reinstallable(request.root, session, builds)?.0.shown()
    } else {
        Vec::new()
    };
    let existing = if is_rebuild { Existing::Clear } else { request.existing };
    let request = &CreateRequest { existing, ..request.clone() };
    let (location, action) = Action::choose(request, session)?;
    let build = Build { request, session, location: &location };
    // Created only without a cache: TMPDIR may name a missing directory.
    let mut scratch = None;
    let mut pip = None;
    let mut plan = |options: &Options, wanted| {
        let make = || {
            let made = tempfile::tempdir()
                .map_err(fs::Error::io("create a file in", std::env::temp_dir()))?;
            Ok(scratch.insert(made).path().to_owned())
        };
        let seed = build.seed(wanted, make, progress)?;
        pip = seed.as_ref().map(|seed| seed.pip_version().to_owned());
        build.plan(options, seed.as_ref())
    };
    let (outcome, plan) = match action {
        Action::Make => (Outcome::Made, plan(request.options, request.pip)?),
        Action::Replace(_) => (Outcome::Replaced, plan(request.options, request.pip)?),
        Action::Merge(merge) => {
            let wanted = request.pip.filter(|_| !merge.has_pip);
            let mut plan = plan(&merge.options, wanted)?;
            build.exclude_existing(&merge, &mut plan)?;
            (merge.outcome(), plan)
        }
        Action::Nothing => (Outcome::Unchanged, Plan::default()),
    };
    Ok(DryRun { outcome, plan, pip, requirements })
}

fn attempt(
    request: &CreateRequest<'_>,
    session: Session<'_>,
    progress: Progress<'_>,
) -> Result<Created> {
    // A killed process may have moved the target of a link aside.
    let target =
        links::end(request.root).map(|end| crate::support::path::canonicalize(&end).unwrap_or(end));
    let leftovers = fs::sweep(target.as_deref().unwrap_or(request.root))?;
    let (location, action) = Action::choose(request, session)?;
    let build = Build { request, session, location: &location };
    let mut created = match action {
        Action::Make => build.make(progress),
        Action::Replace(old) => build.replace(&old, progress),
        Action::Merge(merge) => build.merge(&merge, progress),
        Action::Nothing => Ok(build.created(Outcome::Unchanged, None, false)),
    }?;
    created.leftovers.extend(leftovers);
    Ok(created)
}
