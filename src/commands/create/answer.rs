//! The answer of `rvenv create` and of its dry run, as text and in JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rvenv::create::{DryRun, Outcome};
use rvenv::python::Found;
use rvenv::venv::{Content, Entry};
use serde::Serialize;

use crate::ui;
use crate::ui::Ui;

/// The version of the JSON schema; it changes when a field is removed or changes its meaning.
pub(super) const SCHEMA: u32 = 1;

/// The entries of a dry run are added up below directories of this depth:
/// `lib/python3.12/site-packages`.
const DEPTH: usize = 3;

/// The answer of `--json`.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    pub(super) version: u32,
    pub(super) environments: Vec<Made>,
}

/// The result for one directory.
#[derive(Debug, Serialize)]
pub(super) struct Made {
    path: String,
    outcome: &'static str,
    python: String,
    implementation: String,
    base: String,
    /// The pip that was seeded, or would be.
    pip: Option<String>,
    /// With `--dry-run --upgrade`: the requirements that would be installed again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    requirements: Vec<String>,
}

impl Made {
    pub(super) fn of(root: &Path, outcome: Outcome, pip: Option<String>, found: &Found) -> Self {
        let outcome = match outcome {
            Outcome::Made => "created",
            Outcome::Replaced => "replaced",
            Outcome::Updated => "updated",
            Outcome::Unchanged => "unchanged",
        };
        Self::with_outcome(root, outcome, pip, found)
    }

    /// The action.
    pub(super) fn by_dry_run(root: &Path, dry_run: &DryRun, found: &Found) -> Self {
        let outcome = match dry_run.outcome {
            Outcome::Made => "would-create",
            Outcome::Replaced => "would-replace",
            Outcome::Updated => "would-update",
            Outcome::Unchanged => "unchanged",
        };
        let made = Self::with_outcome(root, outcome, dry_run.pip.clone(), found);
        Self { requirements: dry_run.requirements.clone(), ..made }
    }

    fn with_outcome(
        root: &Path,
        outcome: &'static str,
        pip: Option<String>,
        found: &Found,
    ) -> Self {
        let interpreter = &found.interpreter;
        Self {
            path: root.to_string_lossy().into_owned(),
            outcome,
            python: interpreter.version.to_string(),
            implementation: interpreter.implementation.name().to_owned(),
            base: interpreter.executable.to_string_lossy().into_owned(),
            pip,
            requirements: Vec::new(),
        }
    }

    /// The result in one line, with the time since `start`.
    pub(super) fn sentence(&self, dir: &Path, found: &Found, start: Instant) -> String {
        let sentence = self.facts(dir, found);
        if self.outcome == "unchanged" {
            return sentence;
        }
        format!("{sentence}, in {}", ui::duration(start.elapsed()))
    }

    fn facts(&self, dir: &Path, found: &Found) -> String {
        let Found { interpreter, source } = found;
        let dir = dir.display();
        if self.outcome == "unchanged" {
            return format!("`{dir}` exists and is complete: {interpreter}");
        }
        let pip = self.pip.as_ref().map(|version| format!(", pip {version}")).unwrap_or_default();
        let outcome = self.outcome.replace("would-", "would ");
        format!("{outcome} `{dir}`: {interpreter} ({source}){pip}")
    }

    /// The report of a dry run: the facts, and the number of entries per directory; each entry with `-v`.
    pub(super) fn page(&self, dir: &Path, dry_run: &DryRun, found: &Found, ui: &Ui) -> String {
        let mut page = self.facts(dir, found) + "\n";
        let base = &found.interpreter.executable;
        let _ = writeln!(page, "base: {}", base.display());
        if !dry_run.requirements.is_empty() {
            let _ = writeln!(page, "installs again: {}", dry_run.requirements.join(", "));
        }
        let entries = &dry_run.plan.entries;
        if ui.is_verbose() {
            page.extend(entries.iter().map(line));
            return page;
        }
        let mut places: BTreeMap<PathBuf, BTreeMap<&str, usize>> = BTreeMap::new();
        for entry in entries {
            let Some(kind) = kind(&entry.content) else { continue };
            let parent = entry.path.parent().unwrap_or(Path::new(""));
            let place = parent.components().take(DEPTH).collect();
            *places.entry(place).or_default().entry(kind).or_default() += 1;
        }
        for (place, kinds) in places {
            let counts = kinds.into_iter().map(|(kind, count)| match count {
                1 => format!("1 {kind}"),
                _ => format!("{count} {kind}s"),
            });
            let counts = counts.collect::<Vec<_>>().join(", ");
            let place = if place == Path::new("") { dir.to_owned() } else { dir.join(place) };
            let _ = writeln!(page, "{}: {counts}", place.display());
        }
        page
    }
}

/// The noun for an entry; none for a directory.
fn kind(content: &Content) -> Option<&'static str> {
    match content {
        Content::Directory => None,
        Content::Tree(_) => Some("tree"),
        Content::Link(_) => Some("link"),
        Content::Copy(_) | Content::Share(_) | Content::Text(_) => Some("file"),
        Content::Script(_) => Some("script"),
    }
}

fn line(entry: &Entry) -> String {
    let path = entry.path.display();
    match &entry.content {
        Content::Directory | Content::Tree(_) => format!("directory  {path}\n"),
        Content::Link(target) => format!("link       {path} -> {}\n", target.display()),
        Content::Copy(from) => format!("copy       {path} of {}\n", from.display()),
        Content::Share(from) => format!("share      {path} with {}\n", from.display()),
        Content::Text(_) => format!("file       {path}\n"),
        Content::Script(_) => format!("script     {path}\n"),
    }
}
