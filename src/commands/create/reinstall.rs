//! The packages of an environment, installed again for another Python.

use std::path::{Path, PathBuf};

use rvenv::check::{Check, Code, Remedy};
use rvenv::settings::Settings;
use rvenv::support::program::Starts;
use rvenv::venv::Env;

use crate::commands::Context;
use crate::commands::install::{Mode, PackageInstall};
use crate::ui;

/// Bytes of pip's log that are read: its end has the errors.
const LOG_LIMIT: usize = 256 * 1024;

/// The requirements that pip installs again.
pub(super) struct Reinstall<'a> {
    root: PathBuf,
    settings: &'a Settings,
    context: &'a Context<'a>,
    /// Whether the packages conflict already: every version is known, so pip need not resolve them.
    conflicts: bool,
    packages: usize,
    failure: Option<Failure>,
}

/// The reason of pip's failure.
#[derive(Debug, PartialEq, Eq)]
struct Failure {
    /// `numpy==1.24.4`, where pip names one.
    requirement: Option<String>,
    reason: String,
}

impl<'a> Reinstall<'a> {
    /// For the packages of the environment at `root`.
    pub(super) fn of(root: &Path, settings: &'a Settings, context: &'a Context<'a>) -> Self {
        let findings = codes(root, context);
        let conflicts = [Code::RequirementConflict, Code::RequirementMissing];
        Self {
            root: root.to_owned(),
            settings,
            context,
            conflicts: findings.iter().any(|(code, _)| conflicts.contains(code)),
            packages: 0,
            failure: None,
        }
    }

    /// Installs what a file of requirements lists; whether all of it is installed.
    pub(super) fn install(&mut self, env: &Env, requirements: &Path) -> bool {
        let log = requirements.with_file_name("pip.log");
        let text = std::fs::read_to_string(requirements).unwrap_or_default();
        let count = text.lines().filter(|line| !line.starts_with("--")).count();
        let packages =
            if count == 1 { "1 package".to_owned() } else { format!("{count} packages") };
        self.context.ui.say(format_args!("installing {packages} again"));
        let is_shown = self.context.ui.draws();
        let mode = Mode { is_shown, as_listed: self.conflicts };
        let is_done = self.run(&PackageInstall::again(requirements, &log, mode), env);
        if !is_done {
            self.failure = Failure::of_log(&log);
            return false;
        }
        if !text.starts_with("pip==") {
            self.packages += count;
        }
        !self.conflicts || self.complete(env)
    }

    fn run(&self, install: &PackageInstall, env: &Env) -> bool {
        match install.install(env.root(), self.settings, self.context) {
            Ok(code) => code == 0,
            Err(error) => {
                self.context.ui.warn(format_args!("{error:#}"));
                false
            }
        }
    }

    /// Installs what the packages require with the new Python only.
    fn complete(&self, env: &Env) -> bool {
        let missing = codes(env.root(), self.context).into_iter();
        let missing = missing.filter(|(code, _)| *code == Code::RequirementMissing);
        let words: Vec<_> = missing.flat_map(|(_, words)| words).map(Into::into).collect();
        // Requirements that were missing before remain missing.
        let _ = self.run(&PackageInstall::of_words(words), env);
        true
    }

    /// Reports what was kept, or why nothing was.
    pub(super) fn report(&self, is_done: bool) {
        let ui = self.context.ui;
        if is_done {
            if self.conflicts {
                ui.warn("the packages conflict as before: `rvenv check` lists how");
            }
            match self.packages {
                0 => {}
                1 => ui.say("kept 1 package"),
                count => ui.say(format_args!("kept {count} packages")),
            }
            return;
        }
        let Some(Failure { requirement, reason }) = &self.failure else { return };
        let root = ui::word(&self.root);
        match requirement {
            Some(requirement) => {
                let name = requirement
                    .split(['=', '<', '>', '!', '~', '[', ' '])
                    .next()
                    .unwrap_or_default();
                ui.warn(format_args!(
                    "`{requirement}` cannot be installed for the new Python: {reason}"
                ));
                ui.hint(format_args!(
                    "a newer version may support it: `rvenv install --env {root} --upgrade {name}`, then \
                     the same command again; or go without it: `rvenv uninstall --env {root} {name}`"
                ));
            }
            None => ui.warn(reason),
        }
    }
}

/// The codes of an environment's findings, each with what pip gets to repair it.
fn codes(root: &Path, context: &Context<'_>) -> Vec<(Code, Vec<String>)> {
    let (session, named) = (context.session(), Some(root));
    let check = Check { session, named, deep: false, starts: Starts::Allowed, ignored: &[] };
    let findings = check.report().map(|report| report.findings).unwrap_or_default();
    let words = |remedy| match remedy {
        Remedy::Install { arguments, .. } => arguments,
        _ => Vec::new(),
    };
    findings.into_iter().map(|finding| (finding.code, words(finding.remedy))).collect()
}

impl Failure {
    fn of_log(log: &Path) -> Option<Self> {
        let bytes = std::fs::read(log).ok()?;
        let end = &bytes[bytes.len().saturating_sub(LOG_LIMIT)..];
        Self::of_text(&String::from_utf8_lossy(end))
    }

    /// The first error of a log of pip (`--log`), whose lines begin with a time.
    fn of_text(text: &str) -> Option<Self> {
        let after = |line: &str, mark: &str| line.split_once(mark).map(|(_, rest)| rest.to_owned());
        let error = text.lines().find_map(|line| after(line, "ERROR: "))?;
        let unsatisfied =
            ["No matching distribution found for ", "that satisfies the requirement "];
        for mark in unsatisfied {
            if let Some(rest) = after(&error, mark) {
                let requirement = rest.split(" (from").next().unwrap_or(&rest).trim().to_owned();
                let reason = "the index has no such version for it".to_owned();
                return Some(Self { requirement: Some(requirement), reason });
            }
        }
        for mark in ["Failed building wheel for ", "Failed to build "] {
            if let Some(name) = after(&error, mark) {
                let name = name.split(' ').next().unwrap_or_default().to_owned();
                return Some(Self {
                    requirement: Some(name),
                    reason: "building it failed".to_owned(),
                });
            }
        }
        if let Some((name, reason)) =
            error.strip_prefix("Package '").and_then(|rest| rest.split_once("' "))
        {
            return Some(Self {
                requirement: Some(name.to_owned()),
                reason: format!("it {reason}"),
            });
        }
        // A build that fails while pip asks for metadata names the package before.
        let before = text.split("ERROR: ").next().unwrap_or_default();
        let collecting = before.lines().rev().find_map(|line| after(line, "Collecting "));
        let requirement = collecting.and_then(|rest| Some(rest.split(' ').next()?.to_owned()));
        Some(Self { requirement, reason: error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_at_fault_is_read_from_pips_log() {
        let time = "2026-11-28T15:00:00,000 ";
        for (lines, requirement) in [
            (
                &[
                    "ERROR: Could not find a version that satisfies the requirement a==1 (from versions: 2)",
                    "ERROR: No matching distribution found for a==1",
                ][..],
                Some("a==1"),
            ),
            (&["  ERROR: Failed building wheel for b"], Some("b")),
            (&["ERROR: Package 'c' requires a different Python: 3.13.0 not in '<3.13'"], Some("c")),
            (&["Collecting d==1.0 (from x)", "ERROR: Command errored out"], Some("d==1.0")),
            (&["ERROR: something else"], None),
        ] {
            let text: Vec<_> = lines.iter().map(|line| format!("{time}{line}\n")).collect();
            let failure = Failure::of_text(&text.concat()).unwrap();
            assert_eq!(failure.requirement.as_deref(), requirement, "{lines:?}");
        }
        assert_eq!(Failure::of_text("Successfully installed a"), None);
    }
}
