//! `rvenv install`: pip, with the right Python and no other.

use std::process::{Command, ExitCode};

use rvenv::env::{self, Env};
use rvenv::host::Host;

use super::Context;
use crate::cli::Install;
use crate::process;

/// Becomes `python -m pip install ARGS...` of the environment.
pub(super) fn run(args: &Install, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let env = target(args, &context.host)?;
    let python = env.working_python()?;
    context.ui.say(format_args!("installing into `{}`", env.root().display()));
    let mut command = Command::new(python);
    command.args(["-m", "pip", "install"]).args(&args.args);
    // pip would look for a newer pip, and for packages of a Python that is not this one.
    command
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .env_remove("PYTHONHOME")
        .env_remove("PIP_PYTHON");
    process::become_command(command)
}

/// The environment that is named, else the active one, else the project's: never a Python outside
/// of an environment.
fn target(args: &Install, host: &Host) -> Result<Env, rvenv::Error> {
    match (&args.env, env::active(host)) {
        (None, Some(active)) => Env::open(active, host.platform()),
        (named, _) => env::resolve(named.as_deref(), host),
    }
}
