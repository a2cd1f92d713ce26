//! The choice of an action from the content of the environment's path.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{CreateRequest, Error, Existing, Outcome, Result, needs_rebuild};
use crate::fs;
use crate::fs::{DeletionTarget, Refusal};
use crate::seed;
use crate::support::links;
use crate::support::session::Session;
use crate::venv;
use crate::venv::{Env, Options};

/// The action that the content of the environment's path requires.
pub(super) enum Action {
    /// Build an environment and rename it to the free path.
    Make,
    /// Build an environment, exchange it with the old one, delete the old one.
    Replace(DeletionTarget),
    /// Write the files into an existing directory.
    Merge(Merge),
    /// Nothing: the environment is complete.
    Nothing,
}

/// Creation in an existing directory.
pub(super) struct Merge {
    /// The requested options, completed with those of the existing environment.
    pub(super) options: Options,
    pub(super) target: Target,
    /// Whether the environment has pip.
    pub(super) has_pip: bool,
    /// Whether the directory also contains the user's files, which git and backups must not leave out.
    pub(super) is_shared: bool,
}

/// The content of a directory before an environment is created in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Empty,
    /// Every file is the user's, and none is replaced.
    Files,
    /// An environment, whose own files can be replaced.
    Environment,
}

impl Merge {
    pub(super) fn outcome(&self) -> Outcome {
        if self.target == Target::Environment { Outcome::Updated } else { Outcome::Made }
    }
}

impl Action {
    /// Returns the real path and the action that its content requires.
    pub(super) fn choose(
        request: &CreateRequest<'_>,
        session: Session<'_>,
    ) -> Result<(PathBuf, Self)> {
        let root = request.root;
        let meta = match std::fs::symlink_metadata(root) {
            Ok(meta) => meta,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok((root.to_owned(), Self::Make));
            }
            Err(error) => return Err(fs::Error::io("examine", root)(error).into()),
        };
        let clear = request.existing == Existing::Clear;
        // A link stays: the environment is created where it points to.
        let location = if meta.is_symlink() {
            let end = links::end(root).filter(|end| end.symlink_metadata().is_err());
            if let Some(end) = end {
                return Ok((end, Self::Make));
            }
            crate::support::path::canonicalize(root)
                .map_err(|source| Error::UnusableLink { path: root.to_owned(), source })?
        } else {
            root.to_owned()
        };
        if !location.is_dir() {
            return Err(Error::NotADirectory { path: root.to_owned() });
        }
        if meta.is_symlink() {
            ensure_followable(request, &location, session)?;
        }
        let fresh = || -> Result<Merge> {
            let (options, is_empty) = (request.options.clone(), is_empty(&location)?);
            // Without `pyvenv.cfg`, `bin` and `lib` are the user's, too, unless a killed run created them.
            let is_shared = if fs::is_unfinished(&location) {
                fs::has_user_entries(&location)?
            } else {
                !is_empty
            };
            let target = if is_empty { Target::Empty } else { Target::Files };
            Ok(Merge { options, target, has_pip: false, is_shared })
        };
        let action = match Env::open(&location, session.host.platform()) {
            _ if clear && !is_empty(&location)? => {
                Self::Replace(request.guard.check_replaceable(&location)?)
            }
            Err(venv::Error::NotAnEnvironment { .. }) => Self::Merge(fresh()?),
            Ok(env) => Self::keep(&env, request, session)?,
            Err(error) => return Err(error.into()),
        };
        Ok((location, action))
    }

    /// The action for an existing environment that is kept.
    fn keep(env: &Env, request: &CreateRequest<'_>, session: Session<'_>) -> Result<Self> {
        let wanted = request.interpreter.version.short();
        let has = env.cfg().version().unwrap_or("unknown");
        let is_recorded = has == wanted || has.starts_with(&format!("{wanted}."));
        // An upgrade depends on the real library directories and corrects the recorded version.
        let is_other = match request.existing {
            Existing::Upgrade => needs_rebuild(request, session),
            _ => !is_recorded,
        };
        if is_other {
            return Err(Error::OtherPython {
                path: env.root().to_owned(),
                has: has.to_owned(),
                wanted,
            });
        }
        let options = request.options.inheriting(env.cfg());
        let has_pip = env.has_distribution("pip");
        let is_complete = !fs::is_unfinished(env.root())
            && env.is_whole(request.interpreter, &options)
            && (has_pip || request.pip.is_none() || was_created_without_pip(env, request));
        if is_complete && request.existing == Existing::Keep {
            return Ok(Self::Nothing);
        }
        let is_shared = fs::has_user_entries(env.root())?;
        Ok(Self::Merge(Merge { options, target: Target::Environment, has_pip, is_shared }))
    }
}

/// Rejects a link that would direct files into a directory of the user. A link can come from a cloned
/// repository, so its target is never replaced, and receives files only if it is an environment or empty.
fn ensure_followable(
    request: &CreateRequest<'_>,
    location: &Path,
    session: Session<'_>,
) -> Result<()> {
    let root = request.root;
    // Only the next run can complete what a killed run left.
    if is_empty(location)? || fs::is_unfinished(location) {
        return Ok(());
    }
    match Env::open(location, session.host.platform()) {
        Err(venv::Error::NotAnEnvironment { .. }) => {
            Err(Error::LinkToFiles { path: root.to_owned(), target: location.to_owned() })
        }
        _ if request.existing == Existing::Clear => {
            let refusal = Refusal::Link(Some(location.to_owned()));
            Err(fs::Error::Protected { path: root.to_owned(), refusal }.into())
        }
        _ => Ok(()),
    }
}

/// Whether the creator left pip out on purpose (uv's default, or a flag of `venv`), and this request
/// names no pip.
fn was_created_without_pip(env: &Env, request: &CreateRequest<'_>) -> bool {
    let cfg = env.cfg();
    let has_flag = cfg
        .get("command")
        .is_some_and(|command| command.split_whitespace().any(|word| word == "--without-pip"));
    let names_pip = request.pip.is_some_and(|pip| pip.choice != seed::Choice::default());
    !names_pip && (has_flag || cfg.get("uv").is_some())
}

fn is_empty(dir: &Path) -> Result<bool> {
    Ok(std::fs::read_dir(dir).map_err(fs::Error::io("read", dir))?.next().is_none())
}
