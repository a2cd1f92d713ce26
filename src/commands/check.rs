//! `rvenv check`: the report is the output, the exit code its short form.

mod changes;
mod fix;
mod ignored;
pub(super) mod page;

use std::process::ExitCode;

use rvenv::check::{Check, Code, Report};
use rvenv::settings::{Key, Settings};
use rvenv::support::program::Starts;
use rvenv::venv::repair::Step;
use serde::Serialize;

use super::{Context, archive, explain};
use crate::process::Exit;
use crate::{cli, process, ui};
use page::Page;

/// Reports whether the environment is active and healthy.
pub(super) fn run(args: &cli::Check, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    if let Some(code) = args.explain {
        return explain::explain(code);
    }
    if let Some(file) = archive::named(args, context) {
        return archive::check(args, &file, context);
    }
    let ignored: Vec<Code> = ignored::codes(context)?;
    let check = Check {
        session: context.session(),
        named: args.dir.as_deref(),
        deep: args.deep,
        starts: if args.deep { Starts::Everything } else { Starts::Allowed },
        ignored: &ignored,
    };
    let mut report = {
        let mut progress = context.ui.progress();
        let files = args.deep.then(|| progress.files("comparing packages with their RECORDs"));
        let show = |done, total| files.iter().for_each(|show| show(done, total));
        context.ui.timed("looked at it", || check.report_showing(&show))?
    };
    let mut steps = Vec::new();
    if args.fix && !args.dry_run {
        process::watch_signals(&context.interrupt)?;
        (report, steps) = fix::Fix { args, context, check: &check }.run(report)?;
    } else if args.fix {
        steps = report.steps();
    }
    if args.json {
        let answer = Answer { report: &report, steps: args.fix.then_some(&steps) };
        ui::print_json(&answer)?;
    } else {
        ui::show(Page::new(args, context).report(&report, &steps))?;
    }
    Ok(if report.healthy { ExitCode::SUCCESS } else { Exit::Failure.into() })
}

/// The codes that the user's own settings make notes, as far as they exist.
pub(super) fn ignored_by_user(settings: &Settings) -> Vec<Code> {
    let names = settings.names(Key::CheckIgnore).map_or(&[][..], |(names, _)| names);
    names.iter().filter_map(|name| Code::named(name)).collect()
}

/// The report for programs.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    report: &'a Report,
    /// With `--fix`: what was done, or would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<&'a Vec<Step>>,
}
