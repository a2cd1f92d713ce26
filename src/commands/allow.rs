//! `rvenv allow` and `rvenv deny`: which environments the hook may activate.

use std::process::ExitCode;

use rvenv::trust::Trust;
use rvenv::venv;

use super::Context;
use crate::cli::Allow;

/// Lets the hook activate an environment, as it is now.
pub(super) fn allow(args: &Allow, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let host = &context.host;
    let place = match &args.dir {
        Some(dir) => host.absolute(dir),
        None => venv::nearest_place(host)?.0,
    };
    let env = venv::resolve(Some(&place), host)?;
    let trust = Trust::of(host);
    trust.sweep();
    trust.allow(env.root())?;
    if !place.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
        trust.allow_link(&place, env.root())?;
    }
    context.ui.say(format_args!("allowed `{}`", env.root().display()));
    Ok(ExitCode::SUCCESS)
}

/// Keeps the hook from activating an environment, and from naming it.
pub(super) fn deny(args: &Allow, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let env = venv::resolve(args.dir.as_deref(), &context.host)?;
    let trust = Trust::of(&context.host);
    trust.sweep();
    trust.deny(env.root())?;
    context.ui.say(format_args!("denied `{}`", env.root().display()));
    Ok(ExitCode::SUCCESS)
}
