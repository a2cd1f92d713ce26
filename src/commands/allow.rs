//! `rvenv allow` and `rvenv deny`: which environments the hook may activate.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rvenv::Host;
use rvenv::trust::Trust;
use rvenv::venv;

use super::Context;
use crate::cli::Allow;

/// Allows an environment as it is now, or a project: the use of its files, and its environment.
pub(super) fn allow(args: &Allow, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let Context { host, ui, .. } = context;
    let (trust, place, is_project) = start(args, host)?;
    if is_project {
        trust.allow_project(&place)?;
        ui.say(format_args!("allowed the files of the project `{}`", place.display()));
    }
    let place = if is_project { environment_of(&place) } else { Some(place) };
    if let Some(place) = place {
        let env = venv::resolve(Some(&place), host)?;
        trust.allow(env.root())?;
        if !place.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
            trust.allow_link(&place, env.root())?;
        }
        ui.say(format_args!("allowed `{}`", env.root().display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Stops the hook from activating or mentioning an environment; revokes a project's permission.
pub(super) fn deny(args: &Allow, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let Context { host, ui, .. } = context;
    let (trust, place, is_project) = start(args, host)?;
    if is_project {
        trust.forget_project(&place);
        ui.say(format_args!("denied the files of the project `{}`", place.display()));
    }
    let place = if is_project { environment_of(&place) } else { Some(place) };
    if let Some(place) = place {
        let env = venv::resolve(Some(&place), host)?;
        trust.deny(env.root())?;
        ui.say(format_args!("denied `{}`", env.root().display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// The list of allowed environments, without those that no longer exist; the named or nearest place; and
/// whether that is a project, which means a directory that is not an environment.
fn start(args: &Allow, host: &Host) -> rvenv::Result<(Trust, PathBuf, bool)> {
    let trust = Trust::of(host);
    trust.sweep();
    let place = match &args.dir {
        Some(dir) => host.absolute(dir),
        None => venv::nearest_place(host)?.0,
    };
    let is_project = place.is_dir() && !place.join("pyvenv.cfg").exists();
    Ok((trust, place, is_project))
}

/// The path of the environment of a project, if it has one.
fn environment_of(project: &Path) -> Option<PathBuf> {
    let places = venv::NAMES.map(|name| project.join(name));
    places.into_iter().find(|place| place.is_file() || place.join("pyvenv.cfg").exists())
}
