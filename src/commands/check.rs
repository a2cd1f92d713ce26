//! `rvenv check`: the answer is the output.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use rvenv::env::check::{Check, Finding, Remedy, Report, Severity, Summary};

use super::Context;
use crate::cli;
use crate::ui::{self, FAILED};

const GOOD: Style = AnsiColor::Green.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default();
const FAINT: Style = Style::new().dimmed();

/// Tells whether the environment is active and healthy; the exit code is the answer too.
pub(super) fn run(args: &cli::Check, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let check = Check { host: &context.host, cache: &context.cache, named: args.dir.as_deref() };
    let report = check.report()?;
    if args.json {
        ui::print(serde_json::to_string_pretty(&report)? + "\n")?;
    } else if !context.ui.is_quiet() {
        ui::show(Page::new(args.dir.as_deref(), context).report(&report))?;
    }
    Ok(if report.healthy { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

/// A report for people.
struct Page<'a> {
    named: Option<&'a Path>,
    context: &'a Context<'a>,
    width: usize,
    text: String,
}

impl<'a> Page<'a> {
    fn new(named: Option<&'a Path>, context: &'a Context<'a>) -> Self {
        Self { named, context, width: ui::width(), text: String::new() }
    }

    fn report(mut self, report: &Report) -> String {
        for finding in &report.findings {
            self.finding(finding);
        }
        if let Some(environment) = &report.environment {
            self.summary(report, environment);
        }
        self.text
    }

    /// The cause in one line, the way out in the next.
    fn finding(&mut self, finding: &Finding) {
        let (style, mark) = match finding.code.severity() {
            Severity::Error => (BAD, "✗"),
            Severity::Warning => (WARNING, "!"),
            Severity::Note => (NOTE, "·"),
        };
        let code = finding.code.name();
        let seen = format!("{} [{code}]: {}", finding.seen, finding.code.why());
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
                let words: Vec<_> = command.iter().map(|word| quoted(word)).collect();
                format!("`{}`", words.join(" "))
            }
            Remedy::Activate { root } => format!("`{}`", self.activate_command(root)),
            Remedy::Advice { text } => text.clone(),
        }
    }

    fn fix_command(&self) -> String {
        let dir = self.named.map(|dir| format!(" {}", quoted(&dir.to_string_lossy())));
        format!("rvenv check --fix{}", dir.unwrap_or_default())
    }

    fn activate_command(&self, root: &Path) -> String {
        let nearest = rvenv::env::nearest(&self.context.host);
        let is_nearest = nearest.is_ok_and(|env| env.root() == root);
        let dir = format!(" {}", quoted(&root.to_string_lossy()));
        format!("eval \"$(rvenv activate{})\"", if is_nearest { "" } else { &dir })
    }

    fn summary(&mut self, report: &Report, environment: &Summary) {
        let path = environment.path.display();
        if report.active {
            self.line(GOOD, "✓", &format!("`{path}` is active"));
        } else if self.named.is_some() {
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

    /// A marked line, wrapped at words with what follows under its beginning.
    fn line(&mut self, style: Style, mark: &str, text: &str) {
        let indent = mark.chars().count() + 1;
        let _ = write!(self.text, "{style}{mark}{style:#}");
        let mut column = indent - 1;
        for word in ui::visible(text).split(' ') {
            let length = word.chars().count();
            if column + 1 + length > self.width && column >= indent {
                let _ = write!(self.text, "\n{:1$}", "", indent - 1);
                column = indent - 1;
            }
            let _ = write!(self.text, " {word}");
            column += 1 + length;
        }
        self.text.push('\n');
    }
}

/// A word as a POSIX shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+=:@%,~".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
