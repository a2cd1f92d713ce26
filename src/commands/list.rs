//! `rvenv list`: the environments below a directory.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anstyle::{AnsiColor, Style};
use rvenv::check::Check;
use rvenv::support::json;
use rvenv::support::program::Starts;
use rvenv::venv::Env;
use rvenv::venv::inventory;
use rvenv::venv::inventory::Disk;
use serde::Serialize;

use super::Context;
use crate::cli::List;
use crate::ui;

/// The version of the JSON schema; it changes when a field is removed or changes its meaning.
const SCHEMA: u32 = 1;
const HEAD: Style = Style::new().dimmed();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DAY: u64 = 24 * 60 * 60;

/// The JSON answer.
#[derive(Debug, Serialize)]
pub(super) struct Listing {
    version: u32,
    /// The first directory that was searched.
    #[serde(serialize_with = "json::path")]
    root: PathBuf,
    /// All of them.
    roots: Vec<String>,
    /// Bytes on the disk, files that several share counted once.
    size: u64,
    environments: Vec<Row>,
    /// Whether environments of other properties were left out.
    #[serde(skip)]
    is_filtered: bool,
}

/// One environment.
#[derive(Debug, Serialize)]
struct Row {
    #[serde(serialize_with = "json::path")]
    path: PathBuf,
    /// As far as it is known.
    python: Option<String>,
    implementation: Option<String>,
    /// The number of installed distributions.
    packages: usize,
    /// Bytes on the disk.
    size: u64,
    /// RFC 3339.
    last_used: Option<String>,
    /// Whether it is the one that commands run in.
    active: bool,
    healthy: bool,
    problems: Vec<Problem>,
    #[serde(skip)]
    age: Option<Duration>,
}

/// An error or a warning of `rvenv check`.
#[derive(Debug, Serialize)]
struct Problem {
    code: &'static str,
    seen: String,
}

/// Prints the environments, sorted by their paths.
pub(super) fn run(args: &List, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let listing = Listing::of(&args.roots, args.unhealthy, args.older_than, context)?;
    if args.json {
        ui::print_json(&listing)?;
    } else {
        listing.show(context)?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Listing {
    /// The environments below `roots`, each once; with `unhealthy` those with a problem, and with
    /// `older_than` those whose last use is known and longer ago.
    pub(super) fn of(
        roots: &[PathBuf],
        unhealthy: bool,
        older_than: Option<Duration>,
        context: &Context<'_>,
    ) -> anyhow::Result<Self> {
        let roots: Vec<PathBuf> = roots.iter().map(|root| context.host.absolute(root)).collect();
        let mut environments = BTreeSet::new();
        for root in &roots {
            std::fs::read_dir(root).map_err(rvenv::fs::Error::io("read", root))?;
            let found = context.ui.timed("walked the directories", || inventory::find(root));
            for path in &found.unreadable {
                context.ui.detail(format_args!("cannot read `{}`", path.display()));
            }
            environments.extend(found.environments);
        }
        let mut disk = Disk::default();
        let now = SystemTime::now();
        let is_old =
            |row: &Row| older_than.is_none_or(|limit| row.age.is_some_and(|age| age > limit));
        let environments = environments
            .into_iter()
            .map(|path| Row::of(path, now))
            .filter(is_old)
            .map(|row| row.judged(context))
            .filter(|row| !unhealthy || !row.healthy)
            .map(|row| Row { size: disk.measure(&row.path), ..row })
            .collect();
        let is_filtered = unhealthy || older_than.is_some();
        let root = roots.first().cloned().unwrap_or_default();
        let roots = roots.iter().map(|root| root.display().to_string()).collect();
        Ok(Self { version: SCHEMA, root, roots, size: disk.total(), environments, is_filtered })
    }

    /// Prints the table, and the number of environments to stderr.
    pub(super) fn show(&self, context: &Context<'_>) -> anyhow::Result<()> {
        if !self.environments.is_empty() {
            ui::show(page(self))?;
        }
        context.ui.say(summary(self));
        Ok(())
    }

    /// A path as the table shows it: below the directory that was searched, if it is one.
    fn shown<'a>(&self, path: &'a Path) -> &'a Path {
        if self.roots.len() == 1 { path.strip_prefix(&self.root).unwrap_or(path) } else { path }
    }

    /// The directories of the environments.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.environments.iter().map(|row| row.path.as_path())
    }
}

impl Row {
    fn of(path: PathBuf, now: SystemTime) -> Self {
        let used = inventory::last_used(&path);
        Self {
            python: None,
            implementation: None,
            packages: 0,
            size: 0,
            last_used: used.map(|time| humantime::format_rfc3339_seconds(time).to_string()),
            active: false,
            healthy: false,
            problems: Vec::new(),
            // A time in the future has no age.
            age: used.map(|time| now.duration_since(time).unwrap_or_default()),
            path,
        }
    }

    /// With what a check finds out.
    fn judged(mut self, context: &Context<'_>) -> Self {
        let ignored = super::check::ignored_by_user(&context.settings);
        let check = Check {
            session: context.session(),
            named: Some(&self.path),
            deep: false,
            starts: Starts::Nothing,
            ignored: &ignored,
        };
        let report = match check.report() {
            Ok(report) => report,
            Err(error) => {
                self.problems = vec![Problem { code: "unreadable", seen: error.to_string() }];
                return self;
            }
        };
        let problems = report.findings.iter().filter(|finding| finding.is_problem());
        self.problems = problems
            .map(|finding| Problem { code: finding.code.name(), seen: finding.seen.clone() })
            .collect();
        (self.active, self.healthy) = (report.active, report.healthy);
        if let Some(summary) = report.environment {
            self.packages = summary.packages;
            match summary.python {
                Some(python) => {
                    self.python = Some(python.version);
                    self.implementation = Some(python.implementation);
                }
                None => self.python = self.recorded_version(context),
            }
        }
        self
    }

    /// The version in `pyvenv.cfg`, which is not verified.
    fn recorded_version(&self, context: &Context<'_>) -> Option<String> {
        let env = Env::open(&self.path, context.host.platform()).ok()?;
        env.cfg().version().map(str::to_owned)
    }
}

fn page(listing: &Listing) -> String {
    let mut page = format!("{HEAD}PYTHON      SIZE  LAST USED      ENVIRONMENT{HEAD:#}\n");
    for row in &listing.environments {
        let python = row.python.as_deref().unwrap_or("?");
        let size = ui::bytes(row.size);
        let used = row.age.map_or_else(|| "unknown".into(), ago);
        let path = listing.shown(&row.path);
        let path = if path.as_os_str().is_empty() { &row.path } else { path };
        let path = ui::visible_line(&path.display().to_string());
        let python = ui::visible_line(python);
        let _ = write!(page, "{python:<8} {size:>7}  {used:<13}  {path}");
        if let [first, more @ ..] = row.problems.as_slice() {
            let more = if more.is_empty() { String::new() } else { format!(" (+{})", more.len()) };
            let _ = write!(page, "  {BAD}✗ {}{more}{BAD:#}", ui::visible_line(&first.seen));
        }
        page.push('\n');
    }
    page
}

fn summary(listing: &Listing) -> String {
    match listing.environments.len() {
        0 => {
            let such = if listing.is_filtered { "such " } else { "" };
            let roots = listing.roots.iter().map(|root| format!("`{root}`"));
            format!("no {such}environment in {} or below", roots.collect::<Vec<_>>().join(", "))
        }
        1 => format!("1 environment, {}", ui::bytes(listing.size)),
        many => format!("{many} environments, {} together", ui::bytes(listing.size)),
    }
}

fn ago(age: Duration) -> String {
    match age.as_secs() / DAY {
        0 => "today".into(),
        1 => "yesterday".into(),
        days @ ..60 => format!("{days} days ago"),
        days @ ..730 => format!("{} months ago", days / 30),
        days => format!("{} years ago", days / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_the_unit_that_fits() {
        let shown: Vec<_> = [0, 1, 59, 60, 729, 800]
            .into_iter()
            .map(|days| ago(Duration::from_secs(days * DAY)))
            .collect();
        assert_eq!(
            shown,
            ["today", "yesterday", "59 days ago", "2 months ago", "24 months ago", "2 years ago"]
        );
    }
}
