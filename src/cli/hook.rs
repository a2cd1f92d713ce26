//! `rvenv hook`, `rvenv allow` and `rvenv deny`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::ArgValueCompleter;
use rvenv::shell::Shell;

use crate::help::place;

use super::{Output, complete, directory, shell};

/// `rvenv hook`.
#[derive(Debug, Args)]
#[command(after_long_help = place!("hook"))]
pub(crate) struct Hook {
    /// The shell to print it for
    #[arg(value_name = "SHELL", value_parser = shell, add = ArgValueCompleter::new(complete::shells_with_hook))]
    pub(crate) shell: Shell,
}

/// The command that the hook evaluates after a change of directory.
#[derive(Debug, Args)]
pub(crate) struct HookEnv {
    #[arg(long, value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// `rvenv allow` and `rvenv deny`.
#[derive(Debug, Args)]
pub(crate) struct Allow {
    #[command(flatten)]
    pub(super) output: Output,
    /// The environment or its project; without it the nearest `.venv` or `venv` from here upwards
    #[arg(value_name = "DIR", value_parser = directory(), add = ArgValueCompleter::new(complete::environments))]
    pub(crate) dir: Option<PathBuf>,
}
