//! `rvenv remove`: deletes environments, and with `--force` other directories.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rvenv::fs;
use rvenv::fs::DeletionTarget;
use rvenv::trust::Trust;
use rvenv::venv;

use super::Context;
use super::list::Listing;
use crate::cli::Remove;
use crate::process;

/// Checks every directory before the first is removed. A directory that may not be removed does
/// not stop the removal of the others; the exit code is then 1.
pub(super) fn run(args: &Remove, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    process::watch_signals(&context.interrupt)?;
    let Some(limit) = args.older_than else { return remove_all(&args.dirs, args, context) };
    let here = [PathBuf::from(".")];
    let roots = if args.dirs.is_empty() { &here } else { args.dirs.as_slice() };
    let listing = Listing::of(roots, false, Some(limit), context)?;
    listing.show(context)?;
    let old: Vec<PathBuf> = listing.paths().map(Path::to_owned).collect();
    if args.yes {
        return remove_all(&old, args, context);
    }
    if !old.is_empty() {
        context.ui.hint("`--yes` removes them");
    }
    Ok(ExitCode::SUCCESS)
}

fn remove_all(dirs: &[PathBuf], args: &Remove, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let guard = context.guard().force(args.force).with_user_files(args.with_user_files);
    let mut failed = None;
    let mut targets = Vec::new();
    for dir in dirs {
        let path = context.host.absolute(dir);
        let exists = || path.symlink_metadata().is_ok();
        let existed = exists();
        // A killed run may have left files of it, also if it is gone itself.
        let swept = if args.dry_run { Ok(Vec::new()) } else { fs::sweep(&path) };
        match swept.and_then(|left| Ok((left, guard.check_deletable(&path)?))) {
            // The sweep completed the deletion that a killed run began.
            Err(_) if existed && !exists() => {
                context.ui.say(format_args!("removed `{}`", dir.display()));
            }
            Ok((left, target)) => {
                context.ui.report_leftovers(&left);
                targets.push((dir, target));
            }
            Err(error) => {
                let error = package_error(dir, &path, context).unwrap_or(error.into());
                keep_last(&mut failed, error, context);
            }
        }
    }
    for (dir, target) in &targets {
        context.interrupt.check()?;
        if args.dry_run {
            context.ui.say(format_args!("would remove `{}`", dir.display()));
        } else if let Err(error) = remove(dir, target, context) {
            keep_last(&mut failed, error, context);
        }
    }
    if !args.dry_run {
        Trust::of(&context.host).sweep();
    }
    failed.map_or(Ok(ExitCode::SUCCESS), Err)
}

fn remove(dir: &Path, target: &DeletionTarget, context: &Context<'_>) -> anyhow::Result<()> {
    let active = venv::active(&context.host);
    let is_active = active.and_then(|root| rvenv::support::path::canonicalize(root).ok());
    let left = fs::discard(target)?;
    context.ui.say(format_args!("removed `{}`", dir.display()));
    context.ui.report_leftovers(left.as_slice());
    // The shell's hook, which exports this, deactivates by itself.
    let has_hook = context.host.var("_RVENV_HOOK").is_some();
    if !has_hook && is_active.as_deref() == Some(target.path()) {
        context.ui.hint("it is active in this shell: `deactivate`");
    }
    Ok(())
}

/// The error for a directory that does not exist and has the name of an installed package.
fn package_error(dir: &Path, path: &Path, context: &Context<'_>) -> Option<anyhow::Error> {
    let name = dir.to_str().filter(|_| path.symlink_metadata().is_err())?;
    let env = venv::wanted(None, &context.host).ok().filter(|env| env.has_distribution(name))?;
    let env = env.root().to_owned();
    Some(venv::Error::PackageNotDirectory { name: name.to_owned(), env }.into())
}

/// Keeps the last error, which the caller prints; prints the one before it.
fn keep_last(failed: &mut Option<anyhow::Error>, error: anyhow::Error, context: &Context<'_>) {
    if let Some(earlier) = failed.replace(error) {
        context.ui.report_error(&earlier);
    }
}
