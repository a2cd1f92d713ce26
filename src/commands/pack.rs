//! `rvenv pack`: check the environment, plan the archive, write it.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::error::ErrorKind;
use rvenv::check::{Check, Finding, Severity};
use rvenv::pack::{
    Editable, Format, Manifest, Mode, Output, Plan, Request, has_zstd, takes_any_base,
};
use rvenv::support::program::Starts;
use rvenv::venv;
use serde::Serialize;

use super::Context;
use crate::cli::{ArchiveFormat, EditableInstalls, Pack};
use crate::{process, ui};

/// The version of the JSON schema; it changes when a field is removed or changes its meaning.
const SCHEMA: u32 = 1;

pub(super) fn run(args: &Pack, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let path = context.host.absolute(&args.file);
    let (format, level) = match compression(args) {
        Ok(compression) => compression,
        Err(message) => {
            return Ok(ui::usage(&clap::Error::raw(ErrorKind::ValueValidation, message)));
        }
    };
    process::watch_signals(&context.interrupt)?;
    let env = venv::wanted(args.dir.as_deref(), &context.host)?;
    let session = context.session();
    let problems = context.ui.timed("checked it", || problems(env.root(), context))?;
    let request = Request {
        root: env.root(),
        output: &path,
        python: args.python.as_deref(),
        with_python: args.with_python,
        strict: args.strict,
        compile: args.compile,
        editable: match args.editable {
            EditableInstalls::Refuse => Editable::Refuse,
            EditableInstalls::Include => Editable::Include,
            EditableInstalls::Skip => Editable::Skip,
        },
        exclude: &args.exclude,
        problems: &problems,
        force: args.force,
    };
    let plan = context.ui.timed("collected its files", || Plan::new(&request, &session))?;
    let threads = args.threads.unwrap_or_else(processors);
    let output = Output { path: &path, format, level, threads };
    let length = if args.dry_run { None } else { Some(write(&plan, &output, context)?) };
    report(args, &plan, &output, length, context)?;
    Ok(ExitCode::SUCCESS)
}

/// The format and the level, or what is wrong with the arguments.
fn compression(args: &Pack) -> Result<(Format, u32), String> {
    let format = match args.format {
        Some(ArchiveFormat::TarGz) => Some(Format::TarGz),
        Some(ArchiveFormat::Zip) => Some(Format::Zip),
        Some(ArchiveFormat::TarZst) => Some(Format::TarZst),
        Some(ArchiveFormat::Tar) => Some(Format::Tar),
        None => Format::of_file(&args.file),
    };
    let names = Format::ALL.map(|format| format!(".{}", format.name())).join(", ");
    let Some(format) = format else {
        let file = args.file.display();
        return Err(format!(
            "the name `{file}` ends in none of {names}; `--format` names a format"
        ));
    };
    if format == Format::TarZst && !has_zstd() {
        return Err("this build of rvenv cannot write .tar.zst; .tar.gz works everywhere".into());
    }
    if args.python.as_ref().is_some_and(|python| !python.is_absolute()) {
        return Err("`--python` needs an absolute path: it is looked for on another machine".into());
    }
    match (format.levels(), args.level) {
        (None, Some(_)) => {
            Err(format!(".{} is not compressed: leave out `--level`", format.name()))
        }
        (None, None) => Ok((format, 0)),
        (Some((_, usual)), None) => Ok((format, usual)),
        (Some((levels, _)), Some(level)) if levels.contains(&level) => Ok((format, level)),
        (Some((levels, _)), Some(level)) => {
            let (name, first, last) = (format.name(), levels.start(), levels.end());
            Err(format!("--level {level}: .{name} has the levels {first} to {last}"))
        }
    }
}

fn processors() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The errors of the environment that `rvenv check --deep` finds.
fn problems(root: &Path, context: &Context<'_>) -> anyhow::Result<Vec<String>> {
    let session = context.session();
    let starts = Starts::Everything;
    let check = Check { session, named: Some(root), deep: true, starts, ignored: &[] };
    let report = check.report()?;
    let is_error = |finding: &&Finding| {
        finding.code.severity() == Severity::Error && !finding.code.is_of_session()
    };
    let shown = |finding: &Finding| format!("{} [{}]", finding.seen, finding.code.name());
    Ok(report.findings.iter().filter(is_error).map(shown).collect())
}

fn write(plan: &Plan, output: &Output<'_>, context: &Context<'_>) -> anyhow::Result<u64> {
    let mut progress = context.ui.progress();
    let total = plan.manifest.bytes;
    let mut show = |done| progress.show_part("packing", done, total);
    Ok(plan.write(output, &context.session(), &mut show)?)
}

/// The answer for programs.
#[derive(Serialize)]
struct Answer<'a> {
    version: u32,
    #[serde(serialize_with = "rvenv::support::json::path")]
    archive: PathBuf,
    format: Format,
    /// The length of the archive in bytes; `None` with `--dry-run`.
    length: Option<u64>,
    manifest: &'a Manifest,
    notes: &'a [String],
    /// The paths in the archive, with `--dry-run`.
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<Vec<&'a str>>,
}

fn report(
    args: &Pack,
    plan: &Plan,
    output: &Output<'_>,
    length: Option<u64>,
    context: &Context<'_>,
) -> anyhow::Result<()> {
    let notes: Vec<_> = plan.notes.iter().cloned().chain(limits(plan, output)).collect();
    if args.json {
        let entries = args.dry_run.then(|| plan.entries().map(|(path, _)| path).collect());
        let (archive, format) = (output.path.to_owned(), output.format);
        let (manifest, notes) = (&plan.manifest, &*notes);
        let answer = Answer { version: SCHEMA, archive, format, length, manifest, notes, entries };
        return ui::print_json(&answer);
    }
    if args.dry_run {
        let lines = plan.entries().map(|(path, _)| ui::visible_line(path) + "\n");
        ui::print(lines.collect::<String>())?;
    }
    let files = plan.manifest.files;
    let ui = context.ui;
    if let Some(length) = length {
        let (file, length) = (args.file.display(), crate::ui::bytes(length));
        ui.say(format_args!("packed {files} files into `{file}` ({length})"));
    } else {
        let bytes = crate::ui::bytes(plan.manifest.bytes);
        ui.say(format_args!("would pack {files} files ({bytes})"));
    }
    ui.say(format_args!("the other machine needs {}", plan.manifest));
    for note in notes {
        ui.say(format_args!("note: {note}"));
    }
    Ok(())
}

/// The limits of other programs with the archive. The sources are runs of Spark 4.3 and Ray 2.60.
fn limits(plan: &Plan, output: &Output<'_>) -> impl Iterator<Item = String> {
    let engines = match output.format {
        Format::TarGz | Format::Zip => None,
        Format::Tar => Some(
            "Spark unpacks a .tar without the permissions of its files, and Ray not at all: use .tar.gz",
        ),
        Format::TarZst => Some("Spark and Ray do not unpack a .tar.zst: use .tar.gz"),
    };
    let python = &plan.manifest.python;
    let is_launcher = python.mode == Mode::Launcher;
    let libraries = &plan.manifest.system.libraries;
    let libraries = (!is_launcher && !libraries.is_empty())
        .then(|| format!("it also needs these libraries of the system: {}", libraries.join(", ")));
    let prefix = (is_launcher && !takes_any_base(&plan.base)).then(|| {
        format!(
            "the other machine's {python} must be at the place that it was built for; \
             `--with-python` includes it"
        )
    });
    engines.map(str::to_owned).into_iter().chain(prefix).chain(libraries)
}
