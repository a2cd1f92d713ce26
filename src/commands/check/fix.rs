//! `check --fix`: the steps of each round, then what only pip can repair.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rvenv::check::{Check, Remedy, Report, Seeder};
use rvenv::trust::Trust;
use rvenv::venv::repair::{Fixer, Step};

use super::{changes, page};
use crate::commands::Context;
use crate::commands::install::PackageInstall;
use crate::{cli, ui};

/// The limit of the rounds. A repair can uncover another finding, whose repair is a step of the next round.
/// No step is taken twice.
const ROUNDS: usize = 12;

/// The time between two checks for a signal: the user does not notice the delay.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);

/// The longest wait for a running installer to end.
const SETTLE_LIMIT: Duration = Duration::from_secs(60);

/// The repairs of one run.
pub(super) struct Fix<'a> {
    pub(super) args: &'a cli::Check,
    pub(super) context: &'a Context<'a>,
    pub(super) check: &'a Check<'a>,
}

impl Fix<'_> {
    /// Repairs until nothing is left that can be repaired; gives the last report and what was done.
    pub(super) fn run(&self, report: Report) -> anyhow::Result<(Report, Vec<Step>)> {
        let mut report = self.settled(report)?;
        let (mut done, mut installed) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            // A step that was taken and is named again changed nothing.
            let mut round = report.steps();
            round.retain(|step| !done.contains(step));
            if round.is_empty() {
                if !self.args.packages || !self.install(&report, &mut installed)? {
                    break;
                }
            } else {
                self.take(&round, &report)?;
                done.extend(round);
            }
            report = self.check.report()?;
        }
        Ok((report, done))
    }

    /// The report of an environment whose packages nobody changes: what an installer does now looks
    /// like an interrupted install until it ends.
    fn settled(&self, mut report: Report) -> anyhow::Result<Report> {
        let start = Instant::now();
        while let Some(wait) =
            self.check.unsettled(&report).filter(|_| start.elapsed() < SETTLE_LIMIT)
        {
            let end = Instant::now() + wait;
            while let Some(rest) = end.checked_duration_since(Instant::now()) {
                self.context.interrupt.check()?;
                std::thread::sleep(rest.min(SIGNAL_INTERVAL));
            }
            report = self.check.report()?;
        }
        Ok(report)
    }

    /// Has pip repair the first finding that needs it and was not tried; whether there was one.
    fn install(&self, report: &Report, tried: &mut Vec<Vec<String>>) -> anyhow::Result<bool> {
        let Some(environment) = &report.environment else { return Ok(false) };
        let next = report.findings.iter().find_map(|finding| match &finding.remedy {
            Remedy::Install { arguments, .. }
                if finding.is_problem() && !tried.contains(arguments) =>
            {
                Some(arguments.clone())
            }
            _ => None,
        });
        let Some(arguments) = next else { return Ok(false) };
        if self.prints_steps() {
            let line = format!("pip install {}", arguments.join(" "));
            ui::show(page::step(&line))?;
        }
        let words = arguments.iter().map(Into::into).collect();
        tried.push(arguments);
        let code = PackageInstall::of_words(words).install(
            &environment.path,
            &self.context.settings,
            self.context,
        )?;
        self.context.interrupt.check()?;
        if code != 0 {
            self.context.ui.warn(format_args!("pip failed with exit code {code}"));
        }
        Ok(true)
    }

    /// Whether stdout has a line for each step.
    fn prints_steps(&self) -> bool {
        !self.args.json && !self.context.ui.is_quiet()
    }

    /// Takes the steps of one round, and reports those that were done, also before an error.
    fn take(&self, steps: &[Step], report: &Report) -> anyhow::Result<()> {
        let Some(environment) = &report.environment else { return Ok(()) };
        let (root, session): (&PathBuf, _) = (&environment.path, self.context.session());
        let seeder = Seeder { root, session };
        let seed = &|seeding: &_, at: &mut _| seeder.entries(seeding, at);
        let fixer = Fixer { root, judged: report.judged.as_ref(), session, seed };
        let trust = Trust::of(&self.context.host);
        let allowed = trust.allowed(root);
        let mut done = Vec::new();
        let applied = fixer.apply(steps, &mut |step| done.push(step.clone()));
        if self.prints_steps() {
            for change in changes::lines(&done, true, self.context.ui.is_verbose()) {
                ui::show(page::step(&change))?;
            }
        }
        applied?;
        if let Some(allowed) = allowed {
            trust.allow_again(&allowed)?;
        }
        Ok(())
    }
}
