//! `rvenv check FILE`: what an archive of `rvenv pack` needs, and whether this machine has it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rvenv::pack::{Manifest, Mode};
use rvenv::unpack;
use rvenv::unpack::{Fit, Problem};
use serde::Serialize;

use super::Context;
use super::check::page::{BAD, FAINT, GOOD, NOTE, line};
use crate::process::Exit;
use crate::{cli, process, ui};

/// The version of the JSON schema; it changes when a field is removed or changes its meaning.
const SCHEMA: u32 = 1;

/// The archive that the user named, if that is one.
pub(super) fn named(args: &cli::Check, context: &Context<'_>) -> Option<PathBuf> {
    let file = context.host.absolute(args.dir.as_ref()?);
    (file.is_file() && unpack::is_archive(&file)).then_some(file)
}

/// Reads the whole archive, and reports its needs; the exit code is 0 if it would run here.
pub(super) fn check(
    args: &cli::Check,
    file: &Path,
    context: &Context<'_>,
) -> anyhow::Result<ExitCode> {
    if args.fix {
        let file = ui::word(file);
        anyhow::bail!("`--fix` repairs environments, not archives\nhint: `rvenv unpack {file}`");
    }
    process::watch_signals(&context.interrupt)?;
    let mut progress = context.ui.progress();
    let fit = unpack::inspect(file, context.session(), &mut |done, all| {
        progress.show_part("reading the archive", done, all);
    })?;
    drop(progress);
    if args.json {
        ui::print_json(&Answer::of(file, &fit))?;
    } else if !context.ui.is_quiet() {
        ui::show(page(file, &fit))?;
    }
    Ok(if fit.is_usable() { ExitCode::SUCCESS } else { Exit::Failure.into() })
}

/// The report for programs.
#[derive(Serialize)]
struct Answer<'a> {
    /// [`SCHEMA`]
    version: u32,
    archive: String,
    /// Whether the environment would run on this machine.
    healthy: bool,
    /// The manifest of the archive.
    manifest: &'a Manifest,
    /// The Python of this machine that the environment would get.
    python: Option<String>,
    problems: &'a [Problem],
}

impl<'a> Answer<'a> {
    fn of(file: &Path, fit: &'a Fit) -> Self {
        let python = fit.python.as_ref();
        Self {
            version: SCHEMA,
            archive: file.to_string_lossy().into_owned(),
            healthy: fit.is_usable(),
            manifest: &fit.manifest,
            python: python.map(|python| python.executable.to_string_lossy().into_owned()),
            problems: &fit.problems,
        }
    }
}

/// The report for people: problems first, as for an environment.
fn page(file: &Path, fit: &Fit) -> String {
    let (mut page, width) = (String::new(), ui::width());
    let mut add = |style, mark, text: &str| line(&mut page, style, mark, width, text);
    for problem in &fit.problems {
        let (style, mark) = if problem.is_fatal() { (BAD, "\u{2717}") } else { (NOTE, "\u{b7}") };
        add(style, mark, &problem.to_string());
        if let Problem::Python { install: Some(command), .. } = problem {
            add(FAINT, "  \u{2192}", &format!("`{command}`"));
        }
    }
    let Manifest { creator, files, bytes, python, .. } = &fit.manifest;
    add(GOOD, "\u{2713}", &format!("`{}` needs {}", file.display(), fit.manifest));
    let size = ui::bytes(*bytes);
    add(GOOD, "\u{2713}", &format!("{files} files, {size}, packed by {creator}"));
    match (&fit.python, python.mode) {
        (Some(found), _) => {
            let path = found.executable.display();
            let found = format!("{} {} at `{path}`", found.implementation, found.version);
            add(GOOD, "\u{2713}", &found);
        }
        (None, Mode::Included) => add(GOOD, "\u{2713}", &format!("with {python}")),
        (None, Mode::Launcher) => {}
    }
    page
}
