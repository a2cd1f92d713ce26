//! `rvenv list` and `rvenv remove`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap_complete::ArgValueCompleter;

use crate::help::place;

use super::{Output, complete, directory};

/// `rvenv list`.
#[derive(Debug, Args)]
#[command(after_long_help = place!("list"))]
pub(crate) struct List {
    #[command(flatten)]
    pub(super) output: Output,
    /// The directories to search
    #[arg(value_name = "ROOT", default_value = ".", value_parser = directory(), value_hint = clap::ValueHint::DirPath)]
    pub(crate) roots: Vec<PathBuf>,
    /// Only those with an error or a warning
    #[arg(long)]
    pub(crate) unhealthy: bool,
    /// Only those that were not used for this time: 90d, 12w, 6months
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub(crate) older_than: Option<Duration>,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `rvenv remove`.
#[derive(Debug, Args)]
#[command(after_long_help = place!("remove"))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Remove {
    #[command(flatten)]
    pub(super) output: Output,
    /// The environments; with `--older-than` the directories to search, without DIR the current one
    #[arg(value_name = "DIR", required_unless_present = "older_than", value_parser = directory(), add = ArgValueCompleter::new(complete::environments))]
    pub(crate) dirs: Vec<PathBuf>,
    /// Remove a directory that is not an environment, too
    #[arg(long)]
    pub(crate) force: bool,
    /// Remove the user's files in it, too: what no environment tool creates, and repositories
    #[arg(long)]
    pub(crate) with_user_files: bool,
    /// Only print what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// List the environments below DIR that were not used for this time: 90d, 12w, 6months
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub(crate) older_than: Option<Duration>,
    /// With `--older-than`: remove what is listed
    #[arg(long, requires = "older_than", conflicts_with = "dry_run")]
    pub(crate) yes: bool,
}

/// Parses a duration.
pub(super) fn age(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| "a number with its unit is expected, as in 90d, 12w or 6months".to_owned())
}
