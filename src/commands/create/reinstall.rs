//! The packages of an environment, installed again for another Python.

use std::path::{Path, PathBuf};

use rvenv::check::{Check, Code, Remedy};
use rvenv::settings::Settings;
use rvenv::support::program::Starts;
use rvenv::venv::Env;

use super::pip_log::{Failure, name};
use crate::commands::Context;
use crate::commands::install::{Mode, PackageInstall};
use crate::ui;

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
        let packages = ui::counted(count, "package");
        self.context.ui.say(format_args!("installing {packages} again"));
        let is_shown = self.context.ui.draws();
        let mode = Mode { is_shown, as_listed: self.conflicts };
        let is_done = self.run(&PackageInstall::again(requirements, &log, mode), env);
        if !is_done {
            self.failure = Failure::of_log(&log, &text);
            return false;
        }
        if !text.starts_with("pip==") {
            self.packages += count;
        }
        if self.conflicts {
            self.complete(env);
        }
        true
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
    fn complete(&self, env: &Env) {
        let missing = codes(env.root(), self.context).into_iter();
        let missing = missing.filter(|(code, _)| *code == Code::RequirementMissing);
        let words: Vec<_> = missing.flat_map(|(_, words)| words).map(Into::into).collect();
        // Requirements that were missing before remain missing.
        let _ = self.run(&PackageInstall::of_words(words), env);
    }

    /// Reports what was kept, or why nothing was.
    pub(super) fn report(&self, is_done: bool) {
        let ui = self.context.ui;
        if is_done {
            if self.conflicts {
                ui.warn("the packages conflict as before: `rvenv check` lists how");
            }
            if self.packages > 0 {
                ui.say(format_args!("kept {}", ui::counted(self.packages, "package")));
            }
            return;
        }
        let Some(Failure { requirement, reason }) = &self.failure else { return };
        let root = ui::word(&self.root);
        match requirement {
            Some(requirement) => {
                let name = name(requirement);
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
