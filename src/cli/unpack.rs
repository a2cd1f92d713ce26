//! `rvenv unpack`.

use std::path::PathBuf;

use clap::Args;

use super::{Output, directory};
use crate::help::place;

/// `rvenv unpack`.
#[derive(Debug, Args)]
#[command(after_long_help = place!("unpack"))]
pub(crate) struct Unpack {
    #[command(flatten)]
    pub(super) output: Output,
    /// The archive
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// The environment's directory, absent or empty
    #[arg(value_name = "DIR", default_value = ".venv", value_parser = directory(), value_hint = clap::ValueHint::DirPath)]
    pub(crate) dir: PathBuf,
}
