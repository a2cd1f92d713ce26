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
    /// Where to look
    #[arg(value_name = "ROOT", default_value = ".", value_parser = directory(), value_hint = clap::ValueHint::DirPath)]
    pub(crate) root: PathBuf,
    /// Only those that have a problem
    #[arg(long)]
    pub(crate) unhealthy: bool,
    /// Only those that were not used for so long: 90d, 12w, 6months
    #[arg(long, value_name = "AGE", value_parser = humantime::parse_duration)]
    pub(crate) older_than: Option<Duration>,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `rvenv remove`.
#[derive(Debug, Args)]
#[command(after_long_help = place!("remove"))]
pub(crate) struct Remove {
    #[command(flatten)]
    pub(super) output: Output,
    /// The environments
    #[arg(value_name = "DIR", required = true, value_parser = directory(), add = ArgValueCompleter::new(complete::environments))]
    pub(crate) dirs: Vec<PathBuf>,
    /// Remove a directory that is no environment too
    #[arg(long)]
    pub(crate) force: bool,
    /// Remove the user's files in it, too: what no environment tool creates, and repositories
    #[arg(long)]
    pub(crate) with_user_files: bool,
    /// Only say what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
}
