//! `rvenv install` and `rvenv run`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use clap_complete::ArgValueCompleter;

use super::{complete, directory};

/// `rvenv install`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  rvenv install requests 'rich>=13'      into the active environment, else the project's
  rvenv install -r requirements.txt      every flag of `pip install` works
  rvenv install                          the project's requirements.txt, else the project itself
  rvenv install --env /srv/app ruff      into an environment that is named

pip's exit code is rvenv's. A Python outside of an environment is never touched.")]
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
#[command(after_long_help = "\
Examples:
  rvenv run pytest -q              as if the environment were active
  rvenv run -- python -m http.server
  rvenv run script.py              a .py file runs with the environment's Python
  rvenv run --env ../other tox     in an environment that is named

rvenv becomes the command: terminal, signals and exit code are the command's own (126: it cannot
be executed, 127: there is none).")]
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
