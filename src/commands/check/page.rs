//! A report for people.

use std::fmt::Write as _;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use rvenv::check::{Finding, Remedy, Report, Severity, Summary};
use rvenv::python::Implementation;
use rvenv::shell;
use rvenv::shell::Shell;
use rvenv::venv::repair::Step;
use unicode_width::UnicodeWidthStr;

use super::changes;
use crate::commands::Context;
use crate::{cli, ui};

pub(in crate::commands) const GOOD: Style = AnsiColor::Green.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
pub(in crate::commands) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(in crate::commands) const NOTE: Style = AnsiColor::Cyan.on_default();
pub(in crate::commands) const FAINT: Style = Style::new().dimmed();

/// The line of a repair that was done.
pub(super) fn step(text: &str) -> String {
    format!("{GOOD}+{GOOD:#} {}\n", ui::visible_line(text))
}

/// A report for people.
pub(super) struct Page<'a> {
    args: &'a cli::Check,
    context: &'a Context<'a>,
    width: usize,
    text: String,
}

impl<'a> Page<'a> {
    pub(super) fn new(args: &'a cli::Check, context: &'a Context<'a>) -> Self {
        Self { args, context, width: ui::width(), text: String::new() }
    }

    /// The text of a report; with `--quiet` only what is wrong. `steps` are what `--fix` would do.
    pub(super) fn report(mut self, report: &Report, steps: &[Step]) -> String {
        let is_quiet = self.context.ui.is_quiet();
        for finding in report.findings.iter().filter(|it| it.is_problem() || !is_quiet) {
            self.finding(finding);
        }
        if is_quiet {
            return self.text;
        }
        if let Some(environment) = &report.environment {
            self.summary(report, environment);
        }
        if !report.ignored.is_empty() {
            let codes: Vec<_> = report.ignored.iter().map(|code| code.name()).collect();
            self.line(NOTE, "·", &format!("ignored by `check-ignore`: {}", codes.join(", ")));
        }
        if self.args.dry_run {
            for change in changes::lines(steps, false, self.context.ui.is_verbose()) {
                self.line(NOTE, "+", &format!("would {change}"));
            }
        } else if self.args.fix {
            if !steps.is_empty() {
                self.line(GOOD, "+", &format!("{} in total", ui::counted(steps.len(), "change")));
            }
            self.rest(report);
        }
        self.text
    }

    /// The observation in one line, the repair in the next.
    fn finding(&mut self, finding: &Finding) {
        let (style, mark) = match finding.severity {
            Severity::Error => (BAD, "✗"),
            Severity::Warning => (WARNING, "!"),
            Severity::Note => (NOTE, "·"),
        };
        let code = finding.code.name();
        let seen = format!("{}: {} [{code}]", finding.seen, finding.code.why());
        self.line(style, mark, &seen);
        let remedy = self.remedy(&finding.remedy);
        if matches!(finding.remedy, Remedy::Advice { .. }) {
            self.line(FAINT, "  →", &remedy);
        } else {
            // A command is printed as one line, which the terminal wraps, so that it can be copied.
            let _ = writeln!(self.text, "{FAINT}  →{FAINT:#} {}", ui::visible_line(&remedy));
        }
    }

    fn remedy(&self, remedy: &Remedy) -> String {
        match remedy {
            Remedy::Fix { steps } => {
                let first = steps.first().map(ToString::to_string).unwrap_or_default();
                let more = match steps.len() {
                    0 | 1 => String::new(),
                    n => format!(", and {} more", n - 1),
                };
                format!("`{}`: {first}{more}", self.fix_command(false))
            }
            Remedy::Run { command } | Remedy::Install { command, .. } => {
                let words: Vec<_> = command.iter().map(ui::word).collect();
                format!("`{}`", words.join(" "))
            }
            Remedy::Activate { root } => format!("`{}`", self.activate_command(root)),
            Remedy::Unset { name } => format!("`{}`", self.unset_command(name)),
            Remedy::Advice { text } => text.clone(),
        }
    }

    /// The findings that remain after `--fix`, in one line, and their repair.
    fn rest(&mut self, report: &Report) {
        let left: Vec<_> = report.findings.iter().filter(|it| it.is_problem()).collect();
        let by_pip = left.iter().filter(|it| matches!(it.remedy, Remedy::Install { .. })).count();
        if left.is_empty() {
            return;
        }
        let verb = if left.len() == 1 { "is" } else { "are" };
        let count = format!("{} {verb} left", ui::counted(left.len(), "finding"));
        let text = match by_pip {
            0 => format!("{count}: type what is named under each"),
            _ if self.args.packages => format!("{count}: pip could not repair {by_pip} of them"),
            n => {
                let command = self.fix_command(true);
                format!("{count}; for {n} of them pip needs to install packages: `{command}`")
            }
        };
        self.line(NOTE, "·", &text);
    }

    /// Only a check as deep finds again what is to be repaired.
    fn fix_command(&self, packages: bool) -> String {
        let deep = if self.args.deep { " --deep" } else { "" };
        let packages = if packages || self.args.packages { " --packages" } else { "" };
        format!("rvenv check{deep} --fix{packages}{}", argument(self.args.dir.as_deref()))
    }

    fn shell(&self) -> Shell {
        shell::detect(&self.context.host).unwrap_or(Shell::Sh)
    }

    /// For the calling shell; without an argument where `activate` finds it by itself.
    fn activate_command(&self, root: &Path) -> String {
        let nearest = rvenv::venv::nearest(&self.context.host);
        let is_nearest = nearest.is_ok_and(|env| env.root() == root);
        let argument = argument(Some(root).filter(|_| !is_nearest));
        let line = self.shell().evaluate_line();
        line.replace("rvenv activate", &format!("rvenv activate{argument}"))
    }

    fn unset_command(&self, name: &str) -> String {
        match self.shell() {
            Shell::Fish => format!("set -e {name}"),
            Shell::Csh | Shell::Tcsh => format!("unsetenv {name}"),
            Shell::Nushell => format!("hide-env {name}"),
            Shell::PowerShell => format!("Remove-Item Env:{name}"),
            Shell::Cmd => format!("set {name}="),
            Shell::Elvish => format!("unset-env {name}"),
            Shell::Xonsh => format!("del ${name}"),
            _ => format!("unset {name}"),
        }
    }

    fn summary(&mut self, report: &Report, environment: &Summary) {
        let path = environment.path.display();
        if report.active {
            self.line(GOOD, "✓", &format!("`{path}` is active"));
        } else if self.args.dir.is_some() {
            self.line(GOOD, "✓", &format!("`{path}` (not active)"));
        }
        let is_broken = |families: &[&str]| {
            let errors = report.findings.iter().filter(|it| it.severity == Severity::Error);
            errors.into_iter().any(|finding| families.contains(&finding.code.family()))
        };
        let good = |is_bad: bool| if is_bad { (NOTE, "·") } else { (GOOD, "✓") };
        if let Some(python) = &environment.python {
            let place = if python.base == python.executable {
                "included".to_owned()
            } else {
                format!("from `{}`", python.base.display())
            };
            let mut line = format!(
                "{} {}, {place}",
                Implementation::named(&python.implementation),
                python.version
            );
            if environment.system_site_packages {
                line.push_str(", with its packages");
            }
            let (style, mark) = good(is_broken(&["pyvenv.cfg and the base", "the interpreter"]));
            self.line(style, mark, &line);
        }
        let mut packages = ui::counted(environment.packages, "package");
        if !environment.files_verified && environment.packages > 0 {
            packages.push_str("; files not verified: --deep");
        }
        if let Some(pip) = &environment.pip {
            let (style, mark) = good(is_broken(&["pip", "site-packages"]));
            self.line(style, mark, &format!("pip {pip}, {packages}"));
        } else if environment.python.is_some() {
            self.line(NOTE, "·", &format!("no pip, {packages}"));
        }
    }

    fn line(&mut self, style: Style, mark: &str, text: &str) {
        line(&mut self.text, style, mark, self.width, text);
    }
}

/// Adds a line to a page of `width` columns.
pub(in crate::commands) fn line(
    page: &mut String,
    style: Style,
    mark: &str,
    width: usize,
    text: &str,
) {
    let _ = write!(page, "{style}{mark}{style:#}");
    wrap(page, mark.width(), width, &ui::visible_line(text));
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
