//! `rvenv install`, `uninstall`, `freeze`, `shell` and `run`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use clap_complete::ArgValueCompleter;

use crate::help::place;

use super::{ForShell, Output, complete, directory};

/// `rvenv install`.
#[derive(Debug, Args)]
#[command(after_long_help = place!("install"))]
pub(crate) struct Install {
    /// The environment; without it the active one, else the project's
    #[arg(long, value_name = "DIR", value_parser = directory(), add = ArgValueCompleter::new(complete::environments))]
    pub(crate) env: Option<PathBuf>,
    /// Let pip install, and store nothing of it
    #[arg(long)]
    pub(crate) no_store: bool,
    /// Answer in JSON; pip's output is written to stderr
    #[arg(long)]
    pub(crate) json: bool,
    /// What `pip install` takes; without it the project's requirements.txt, else the project
    #[arg(value_name = "ARGS", trailing_var_arg = true, allow_hyphen_values = true, add = ArgValueCompleter::new(complete::files))]
    pub(crate) args: Vec<OsString>,
}

/// `rvenv uninstall`.
#[derive(Debug, Args)]
#[command(after_long_help = place!("uninstall"))]
pub(crate) struct Uninstall {
    /// The environment; without it the active one, else the project's
    #[arg(long, value_name = "DIR", value_parser = directory(), add = ArgValueCompleter::new(complete::environments))]
    pub(crate) env: Option<PathBuf>,
    /// What `pip uninstall` accepts
    #[arg(
        value_name = "ARGS",
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        add = ArgValueCompleter::new(complete::packages)
    )]
    pub(crate) args: Vec<OsString>,
}

/// `rvenv freeze`.
#[derive(Debug, Args)]
#[command(after_long_help = place!("freeze"))]
pub(crate) struct Freeze {
    /// The environment; without it the active one, else the project's
    #[arg(long, value_name = "DIR", value_parser = directory(), add = ArgValueCompleter::new(complete::environments))]
    pub(crate) env: Option<PathBuf>,
    /// What `pip freeze` accepts
    #[arg(value_name = "ARGS", trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) args: Vec<OsString>,
}

/// `rvenv shell`.
#[derive(Debug, Args)]
#[command(after_long_help = place!("shell"))]
pub(crate) struct StartShell {
    #[command(flatten)]
    pub(super) output: Output,
    /// The environment, or its project; without it the project's
    #[arg(value_name = "DIR", value_parser = directory(), add = ArgValueCompleter::new(complete::environments))]
    pub(crate) dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) shell: ForShell,
}

/// `rvenv run`.
#[derive(Debug, Args)]
#[command(after_long_help = place!("run"))]
pub(crate) struct Run {
    #[command(flatten)]
    pub(super) output: Output,
    /// The environment; without it the active one, else the project's
    #[arg(long, value_name = "DIR", value_parser = directory(), add = ArgValueCompleter::new(complete::environments))]
    pub(crate) env: Option<PathBuf>,
    /// A module that the environment's Python runs, as `python -m` does, and its arguments
    #[arg(short, long, value_name = "MODULE", num_args = 1.., allow_hyphen_values = true)]
    pub(crate) module: Vec<OsString>,
    /// The command and its arguments
    #[arg(
        value_name = "CMD",
        trailing_var_arg = true,
        required_unless_present = "module",
        conflicts_with = "module",
        add = ArgValueCompleter::new(complete::Commands)
    )]
    pub(crate) command: Vec<OsString>,
}
