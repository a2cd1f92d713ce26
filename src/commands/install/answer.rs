//! The answer of `rvenv install --json`.

use std::path::PathBuf;

use rvenv::store::Snapshot;
use rvenv::venv::Env;
use serde::Serialize;

use crate::ui;

/// The version of the JSON schema; it changes when a field is removed or changes its meaning.
const SCHEMA: u32 = 1;

/// The result of an installation.
#[derive(Debug, Serialize)]
struct Answer {
    version: u32,
    path: PathBuf,
    /// The source of the packages: `store` or `pip`.
    source: &'static str,
    /// The reason why pip was needed; null if it was not, or if no store is used.
    reason: Option<String>,
    /// That of pip; 0 without it.
    exit_code: i32,
    /// The distributions that were not there before, in the order of their names.
    installed: Vec<Distribution>,
}

#[derive(Debug, Serialize)]
struct Distribution {
    /// Normalized (PEP 503).
    name: String,
    version: String,
}

/// The source of the installed packages.
pub(super) struct Installation {
    /// Whether they came from the store.
    pub(super) is_stored: bool,
    /// The reason why pip was needed.
    pub(super) reason: Option<String>,
    pub(super) exit_code: i32,
}

/// Prints the answer; `before` are the distributions that `env` had before.
pub(super) fn print(env: &Env, before: &Snapshot, how: Installation) -> anyhow::Result<()> {
    let new = Snapshot::of_env(env).new_since(before);
    let mut installed: Vec<_> =
        new.into_iter().map(|(name, version)| Distribution { name, version }).collect();
    installed.sort_by(|one, other| one.name.cmp(&other.name));
    ui::print_json(&Answer {
        version: SCHEMA,
        path: env.root().to_owned(),
        source: if how.is_stored { "store" } else { "pip" },
        reason: how.reason,
        exit_code: how.exit_code,
        installed,
    })
}
