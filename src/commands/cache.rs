//! `rvenv cache`: where it is, and away with it.

use std::io::ErrorKind;
use std::process::ExitCode;

use anyhow::anyhow;
use rvenv::fs;
use rvenv::fs::Guard;
use rvenv::support::cache::CacheProblem;
use rvenv::venv::inventory::Disk;

use super::{Context, cache_advice};
use crate::cli::{Cache, CacheAction};
use crate::process::Exit;
use crate::ui;

/// Prints the directory, or removes it.
pub(super) fn run(args: &Cache, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let Some(root) = context.cache.root() else {
        let problem = context.cache.problem().unwrap_or(&CacheProblem::NoHome);
        context.ui.report_error(&anyhow!("there is no cache: {problem}"));
        context.ui.hint(cache_advice(problem));
        return Ok(Exit::Failure.into());
    };
    match args.action {
        CacheAction::Dir => {
            ui::print(root.as_os_str().as_encoded_bytes())?;
            ui::print("\n")?;
        }
        CacheAction::Clean => {
            let guard = Guard::new(&context.host).force(true);
            let mut disk = Disk::default();
            for part in context.cache.parts() {
                disk.measure(&part);
                match guard.check_deletable(&part).and_then(|target| fs::discard(&target)) {
                    // Another process cleans too.
                    Err(fs::Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {}
                    cleaned => context.ui.report_leftovers(cleaned?.as_slice()),
                }
            }
            let freed = ui::bytes(disk.total());
            context.ui.say(format_args!("cleaned `{}`: {freed}", root.display()));
        }
    }
    Ok(ExitCode::SUCCESS)
}
