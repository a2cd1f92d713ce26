//! `rvenv check`: the answer is the output.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use rvenv::check::{Check, Finding, Remedy, Report, Seeder, Severity, Summary};
use rvenv::shell;
use rvenv::shell::Shell;
use rvenv::support::program::Starts;
use rvenv::trust::Trust;
use rvenv::venv::repair::{Fixer, Step};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::{Context, explain};
use crate::ui;
use crate::ui::FAILED;
use crate::{cli, process};

const GOOD: Style = AnsiColor::Green.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default();
const FAINT: Style = Style::new().dimmed();

/// What is wrong behind one fault is seen when that is mended; more rounds than any such chain.
const ROUNDS: usize = 5;

/// Tells whether the environment is active and healthy; the exit code is the answer too.
pub(super) fn run(args: &cli::Check, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    if let Some(code) = args.explain {
        return explain::explain(code);
    }
    let starts = if args.deep { Starts::Everything } else { Starts::Allowed };
    let (session, named) = (context.session(), args.dir.as_deref());
    let check = Check { session, named, deep: args.deep, starts };
    let mut report = context.ui.timed("looked at it", || check.report())?;
    let mut steps = Vec::new();
    let is_shown = !args.json && !context.ui.is_quiet();
    if args.fix && !args.dry_run {
        process::watch_signals(&context.interrupt)?;
        for _ in 0..ROUNDS {
            let round = report.steps();
            if round.is_empty() {
                break;
            }
            take(&round, &report, context, is_shown)?;
            steps.extend(round);
            report = check.report()?;
        }
    } else if args.fix {
        steps = report.steps();
    }
    if args.json {
        let answer = Answer { report: &report, steps: args.fix.then_some(&steps) };
        ui::print_json(&answer)?;
    } else if is_shown {
        let mut page = Page::new(args, context);
        page.report(&report);
        if args.dry_run {
            page.steps(&steps);
        }
        ui::show(page.text)?;
    }
    Ok(if report.healthy { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
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

/// Takes the steps of one round, and tells of each when it is done.
fn take(
    steps: &[Step],
    report: &Report,
    context: &Context<'_>,
    is_shown: bool,
) -> anyhow::Result<()> {
    let Some(environment) = &report.environment else { return Ok(()) };
    let (root, session) = (&environment.path, context.session());
    let seeder = Seeder { root, session };
    let seed = &|seeding: &_, at: &mut _| seeder.entries(seeding, at);
    let fixer = Fixer { root, judged: report.judged.as_ref(), session, seed };
    let (trust, mut printed) = (Trust::of(&context.host), Ok(()));
    let was_allowed = trust.allows(&environment.path);
    fixer.apply(steps, &mut |step| {
        if is_shown && printed.is_ok() {
            printed = ui::show(format!("{GOOD}+{GOOD:#} {}\n", one_line(&step.to_string())));
        }
    })?;
    if was_allowed {
        trust.allow(&environment.path)?;
    }
    Ok(printed?)
}

/// A report for people.
struct Page<'a> {
    args: &'a cli::Check,
    context: &'a Context<'a>,
    width: usize,
    text: String,
}

impl<'a> Page<'a> {
    fn new(args: &'a cli::Check, context: &'a Context<'a>) -> Self {
        Self { args, context, width: ui::width(), text: String::new() }
    }

    fn report(&mut self, report: &Report) {
        for finding in &report.findings {
            self.finding(finding);
        }
        if let Some(environment) = &report.environment {
            self.summary(report, environment);
        }
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            self.line(NOTE, "+", &format!("would {step}"));
        }
    }

    /// The cause in one line, the way out in the next.
    fn finding(&mut self, finding: &Finding) {
        let (style, mark) = match finding.code.severity() {
            Severity::Error => (BAD, "✗"),
            Severity::Warning => (WARNING, "!"),
            Severity::Note => (NOTE, "·"),
        };
        let code = finding.code.name();
        let seen = format!("{}: {} [{code}]", finding.seen, finding.code.why());
        self.line(style, mark, &seen);
        let way = self.way_out(&finding.remedy);
        self.line(FAINT, "  →", &way);
    }

    fn way_out(&self, remedy: &Remedy) -> String {
        match remedy {
            Remedy::Fix { steps } => {
                let first = steps.first().map(ToString::to_string).unwrap_or_default();
                let more = match steps.len() {
                    0 | 1 => String::new(),
                    n => format!(", and {} more", n - 1),
                };
                format!("`{}`: {first}{more}", self.fix_command())
            }
            Remedy::Run { command } => {
                let words: Vec<_> = command.iter().map(ui::word).collect();
                format!("`{}`", words.join(" "))
            }
            Remedy::Activate { root } => format!("`{}`", self.activate_command(root)),
            Remedy::Advice { text } => text.clone(),
        }
    }

    /// Only as deep a look finds again what is to be mended.
    fn fix_command(&self) -> String {
        let deep = if self.args.deep { " --deep" } else { "" };
        format!("rvenv check{deep} --fix{}", argument(self.args.dir.as_deref()))
    }

    /// For the calling shell; without an argument where `activate` finds it by itself.
    fn activate_command(&self, root: &Path) -> String {
        let host = &self.context.host;
        let nearest = rvenv::venv::nearest(host);
        let is_nearest = nearest.is_ok_and(|env| env.root() == root);
        let line = shell::detect(host).unwrap_or(Shell::Sh).evaluate_line();
        let argument = argument(Some(root).filter(|_| !is_nearest));
        line.replace("rvenv activate", &format!("rvenv activate{argument}"))
    }

    fn summary(&mut self, report: &Report, environment: &Summary) {
        let path = environment.path.display();
        if report.active {
            self.line(GOOD, "✓", &format!("`{path}` is active"));
        } else if self.args.dir.is_some() {
            self.line(GOOD, "✓", &format!("`{path}` (not active)"));
        }
        if let Some(python) = &environment.python {
            let base = python.base.display();
            let mut line = format!("{} {}, from `{base}`", python.implementation, python.version);
            if environment.system_site_packages {
                line.push_str(", with its packages");
            }
            self.line(GOOD, "✓", &line);
        }
        let packages = match environment.packages {
            1 => "1 package".to_owned(),
            n => format!("{n} packages"),
        };
        if let Some(pip) = &environment.pip {
            self.line(GOOD, "✓", &format!("pip {pip}, {packages}"));
        } else if environment.python.is_some() {
            self.line(NOTE, "·", &format!("no pip, {packages}"));
        }
    }

    fn line(&mut self, style: Style, mark: &str, text: &str) {
        let _ = write!(self.text, "{style}{mark}{style:#}");
        wrap(&mut self.text, mark.width(), self.width, &one_line(text));
    }
}

/// Puts `text` behind what stands in the first `indent` columns, wrapped at words, with what follows
/// under its beginning.
fn wrap(out: &mut String, indent: usize, width: usize, text: &str) {
    let mut column = indent;
    for word in text.split(' ') {
        let length = word.width();
        if column + 1 + length > width && column > indent {
            let _ = write!(out, "\n{:indent$}", "");
            column = indent;
        }
        let _ = write!(out, " {word}");
        column += 1 + length;
    }
    out.push('\n');
}

/// As a terminal shows it; a name with a newline in it cannot pretend to be a line of ours.
fn one_line(text: &str) -> String {
    ui::visible_line(text)
}

/// A directory as a further word of a command, or nothing.
fn argument(dir: Option<&Path>) -> String {
    dir.map(|dir| format!(" {}", ui::word(dir))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_wrapped_by_the_columns_that_characters_take() {
        let wrapped = |text: &str| {
            let mut out = "!".to_owned();
            wrap(&mut out, 1, 10, text);
            out
        };
        assert_eq!(wrapped("one two three"), "! one two\n  three\n");
        assert_eq!(wrapped("日本 日本 日本"), "! 日本\n  日本\n  日本\n");
        assert_eq!(wrapped("a-very-long-word b"), "! a-very-long-word\n  b\n");
    }
}
