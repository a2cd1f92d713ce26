//! `rvenv activate` and `rvenv deactivate`: print only shell code.

use std::process::ExitCode;

use rvenv::Error;
use rvenv::shell;
use rvenv::shell::{Activation, Shell};
use rvenv::venv;

use super::{Context, evaluated};
use crate::cli::{Activate, Deactivate, ForShell};

/// Prints the code that activates an environment whose Python works.
pub(super) fn activate(args: &Activate, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let shell = calling(&args.shell, context)?;
    let env = venv::resolve(args.dir.as_deref(), &context.host)?;
    venv::ensure_usable(env.root(), context.host.platform())?;
    env.working_python()?;
    let prompt = env.prompt();
    let activation = Activation { root: env.root(), scripts: env.scripts(), prompt: &prompt };
    evaluated::print(shell, &shell::activate(shell, &activation, &context.host)?, context.ui)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the code that undoes an activation, whoever made it.
pub(super) fn deactivate(args: &Deactivate, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let shell = calling(&args.shell, context)?;
    evaluated::print(shell, &shell::deactivate(shell, &context.host)?, context.ui)?;
    Ok(ExitCode::SUCCESS)
}

fn calling(choice: &ForShell, context: &Context<'_>) -> Result<Shell, Error> {
    choice
        .shell
        .or_else(|| shell::detect(&context.host))
        .ok_or(rvenv::Error::Shell(rvenv::shell::Error::UnknownCallingShell))
}
