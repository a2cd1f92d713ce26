//! `rvenv install` and `rvenv run`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use clap_complete::ArgValueCompleter;

use crate::help::place;

use super::{complete, directory};

/// `rvenv install`.
#[derive(Debug, Args)]
#[command(after_long_help = place!("install"))]
pub(crate) struct Install {
    /// The environment; without it the active one, else the project's
    #[arg(long, value_name = "DIR", value_parser = directory(), add = ArgValueCompleter::new(complete::environments))]
    pub(crate) env: Option<PathBuf>,
    /// What `pip install` takes; without it the project's requirements.txt, else the project
    #[arg(value_name = "ARGS", trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) args: Vec<OsString>,
}

/// `rvenv run`.
#[derive(Debug, Args)]
#[command(after_long_help = place!("run"))]
pub(crate) struct Run {
    /// The environment; without it the active one, else the project's
    #[arg(long, value_name = "DIR", value_parser = directory(), add = ArgValueCompleter::new(complete::environments))]
    pub(crate) env: Option<PathBuf>,
    /// The command and its arguments
    #[arg(
        value_name = "CMD",
        trailing_var_arg = true,
        required = true,
        add = ArgValueCompleter::new(complete::Commands)
    )]
    pub(crate) command: Vec<OsString>,
}
