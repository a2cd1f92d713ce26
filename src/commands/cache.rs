//! `rvenv cache`: prints the parts of the cache, removes unused packages, or cleans it.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;

use anyhow::anyhow;
use rvenv::fs;
use rvenv::fs::Guard;
use rvenv::store::{self, Pruned};
use rvenv::support::cache::{CacheProblem, STORE};
use rvenv::venv::inventory::Disk;

use super::{Context, cache_advice};
use crate::cli::{Cache, CacheAction};
use crate::process::Exit;
use crate::ui;

/// Runs the action; without one, prints the parts and their sizes.
pub(super) fn run(args: &Cache, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let Some(root) = context.cache.root() else {
        let problem = context.cache.problem().unwrap_or(&CacheProblem::NoHome);
        context.ui.report_error(&anyhow!("there is no cache: {problem}"));
        context.ui.hint(cache_advice(problem));
        return Ok(Exit::Failure.into());
    };
    match args.action {
        None => print_parts(root, context)?,
        Some(CacheAction::Dir) => ui::print_path(root)?,
        Some(CacheAction::Prune { older_than }) => {
            let Pruned { entries, left } = store::prune(&context.cache, older_than);
            let removed = ui::counted(entries, "stored package");
            context.ui.say(format_args!("removed {removed}; left: {left}"));
        }
        Some(CacheAction::Clean) => {
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

/// Prints the directory, and each part with its size and, for the store, the number of its packages.
fn print_parts(root: &Path, context: &Context<'_>) -> anyhow::Result<()> {
    let mut text = format!("{}\n", root.display());
    for part in context.cache.parts() {
        let name = part.file_name().unwrap_or_default().to_string_lossy();
        let mut disk = Disk::default();
        disk.measure(&part);
        let packages = match &*name {
            STORE => format!("  {}", ui::counted(store::count(&context.cache), "package")),
            _ => String::new(),
        };
        let _ = writeln!(text, "{name:<12}  {:>10}{packages}", ui::bytes(disk.total()));
    }
    Ok(ui::print(ui::visible(&text))?)
}
