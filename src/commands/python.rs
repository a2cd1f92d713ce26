//! `rvenv python`: which Pythons there are, and which one a request gets.

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

use rvenv::create::python_choice::{Origin, ResolvedRequest};
use rvenv::python::{Finder, Found, Implementation, Interpreter, PassedOver, ProbedCandidate};
use rvenv::settings::project::Project;
use rvenv::settings::{Key, Settings, Value};
use serde::Serialize;

use super::Context;
use crate::cli::{PythonFind, PythonList};
use crate::ui;

/// The Python that is asked for here.
pub(super) struct Chosen {
    pub(super) found: Found,
    /// Whether anybody asked, or any will do.
    pub(super) was_asked_for: bool,
}

impl Chosen {
    /// Asks the flag and the settings, else the project's files. Tells who asked, and warns where
    /// the project does not run on it.
    pub(super) fn by(
        settings: &Settings,
        project: &Project,
        context: &Context<'_>,
    ) -> anyhow::Result<Self> {
        let resolved = ResolvedRequest::of(settings, project, &context.host)?;
        for ignored in &resolved.ignored {
            context.ui.warn(ignored);
        }
        let was_asked_for = resolved.origin != Origin::Default;
        if was_asked_for {
            context
                .ui
                .detail(format_args!("{} asks for Python {}", resolved.origin, resolved.request));
        }
        let mut finder = Finder::new(&context.host, &context.cache);
        let mut line = context.ui.progress();
        line.show_work("looking for a Python");
        let found = context.ui.timed("looked for a Python", || finder.find(&resolved.request));
        drop(line);
        report_passed_over(finder.passed_over(), found.is_ok(), context);
        let found = found.map_err(|error| match resolved.origin {
            Origin::Default => error,
            _ => error.with_origin(resolved.origin.to_string()),
        })?;
        if let Some(requires) = resolved.requires
            && !requires.allows(&found.interpreter)
        {
            let version = found.interpreter.version;
            context.ui.warn(format_args!(
                "Python {version} is not what the project asks for: {requires}"
            ));
        }
        Ok(Self { found, was_asked_for })
    }
}

/// Reports the Pythons that were passed over, and warns of the first one if the user expects it. An error
/// lists them all.
fn report_passed_over(passed_over: &[PassedOver], is_found: bool, context: &Context<'_>) {
    let unexpected = passed_over.iter().position(PassedOver::is_unexpected);
    for (index, passed) in passed_over.iter().enumerate() {
        let (path, source) = (passed.path.display(), &passed.source);
        let text = format!("passed over `{path}` ({source}): it {}", passed.reason);
        if is_found && unexpected == Some(index) {
            context.ui.warn(text);
        } else {
            context.ui.detail(text);
        }
    }
}

/// The Python that is asked for here, with a request of the command line over all others.
fn chosen(request: Option<&OsStr>, context: &Context<'_>) -> anyhow::Result<Chosen> {
    let project = Project::find(&context.host)?;
    let request = request.map(|text| (Key::Python, Value::text(text)));
    let settings = context.settings.clone().with_project(&project)?.with_flags(request);
    Chosen::by(&settings, &project, context)
}

/// Prints the executable that a request gets.
pub(super) fn find(args: &PythonFind, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let chosen = chosen(args.python.as_deref(), context)?;
    ui::print_path(&chosen.found.interpreter.executable)?;
    Ok(ExitCode::SUCCESS)
}

/// Lists every Python once; the one that a plain `create` takes has a star.
pub(super) fn list(args: &PythonList, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let default = chosen(None, context).ok().map(|chosen| chosen.found.interpreter.real_executable);
    let candidates = Finder::new(&context.host, &context.cache).all();
    let rows: Vec<Row<'_>> =
        candidates.iter().map(|candidate| Row::of(candidate, default.as_deref())).collect();
    if args.json {
        ui::print_json(&Answer { version: SCHEMA, pythons: rows })?;
    } else {
        ui::show(table(&rows))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The version of the JSON schema; it changes when a field is removed or changes its meaning.
const SCHEMA: u32 = 1;

/// The answer of `--json`.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    version: u32,
    pythons: Vec<Row<'a>>,
}

/// One Python of the list, as `--json` has it.
#[derive(Debug, Serialize)]
struct Row<'a> {
    /// The executable: where a shim was found, what it leads to.
    path: &'a Path,
    /// Its source.
    source: String,
    /// Whether a plain `create` here takes it.
    default: bool,
    /// Its properties, unless it is broken.
    #[serde(flatten)]
    facts: Option<Facts>,
    /// The reason that it cannot be used.
    error: Option<String>,
}

#[derive(Debug, Serialize)]
struct Facts {
    version: String,
    implementation: String,
    free_threaded: bool,
    debug: bool,
    machine: String,
}

impl<'a> Row<'a> {
    fn of(candidate: &'a ProbedCandidate, default: Option<&Path>) -> Self {
        let interpreter = candidate.outcome.as_ref().ok();
        Self {
            path: interpreter.map_or(&candidate.path, |it| &it.executable),
            source: candidate.source.to_string(),
            default: interpreter.is_some_and(|it| Some(it.real_executable.as_path()) == default),
            facts: interpreter.map(Facts::of),
            error: candidate.outcome.as_ref().err().map(ToString::to_string),
        }
    }
}

impl Facts {
    fn of(interpreter: &Interpreter) -> Self {
        Self {
            version: interpreter.version.to_string(),
            implementation: interpreter.implementation.name().to_owned(),
            free_threaded: interpreter.build.free_threaded,
            debug: interpreter.build.debug,
            machine: interpreter.machine.clone(),
        }
    }

    /// `CPython 3.13.0`, with the marks of its build as in the executable's name.
    fn name(&self) -> String {
        let threads = if self.free_threaded { "t" } else { "" };
        let debug = if self.debug { "d" } else { "" };
        format!("{} {}{threads}{debug}", Implementation::named(&self.implementation), self.version)
    }
}

/// The rows with their columns below each other.
fn table(rows: &[Row<'_>]) -> String {
    let name = |row: &Row<'_>| row.facts.as_ref().map_or_else(|| "unusable".into(), Facts::name);
    let width = rows.iter().map(|row| name(row).len()).max().unwrap_or_default();
    let line = |row: &Row<'_>| {
        let star = if row.default { '*' } else { ' ' };
        let reason = row.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
        let row = format!("{:width$}  {} ({}){reason}", name(row), row.path.display(), row.source);
        format!("{star} {}\n", ui::visible_line(&row))
    };
    rows.iter().map(line).collect()
}
