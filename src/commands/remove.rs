//! `rvenv remove`: away with environments, and with nothing else.

use std::process::ExitCode;

use rvenv::fs;
use rvenv::trust::Trust;
use rvenv::venv;

use super::Context;
use crate::cli::Remove;
use crate::process;

/// Judges every directory before the first is removed.
pub(super) fn run(args: &Remove, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    process::watch_signals(&context.interrupt)?;
    let guard = context.guard().force(args.force);
    let doomed = args
        .dirs
        .iter()
        .map(|dir| {
            let path = context.host.absolute(dir);
            // What a killed run left of it goes too, also when it is gone itself.
            if !args.dry_run {
                fs::sweep(&path)?;
            }
            Ok((dir, guard.judge(&path)?))
        })
        .collect::<rvenv::Result<Vec<_>>>()?;
    let active =
        venv::active(&context.host).and_then(|root| rvenv::support::path::canonicalize(root).ok());
    for (dir, doomed) in &doomed {
        context.interrupt.check()?;
        if args.dry_run {
            context.ui.say(format_args!("would remove `{}`", dir.display()));
            continue;
        }
        fs::discard(doomed)?;
        context.ui.say(format_args!("removed `{}`", dir.display()));
        if active.as_deref() == Some(doomed.path()) {
            context.ui.hint("it was active here; `deactivate` puts this shell right");
        }
    }
    if !args.dry_run {
        Trust::of(&context.host).sweep();
    }
    Ok(ExitCode::SUCCESS)
}
