//! `rvenv run`: the command, as if the environment were active.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, ExitCode};

use rvenv::venv;
use rvenv::venv::Env;

use super::Context;
use crate::cli::Run;
use crate::process;

/// Becomes the command; says nothing.
pub(super) fn run(args: &Run, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let env = venv::wanted(args.env.as_deref(), &context.host)?;
    // A dead environment would quietly give the `python` of somewhere else on PATH.
    let python = env.working_python()?;
    context.ui.detail(format_args!("running in `{}`", env.root().display()));
    let [command, rest @ ..] = args.command.as_slice() else { anyhow::bail!("no command to run") };
    let mut child = if is_script(command, context.host.cwd()) {
        let mut child = Command::new(python);
        child.arg(command);
        child
    } else {
        Command::new(env.program(command, &context.host)?)
    };
    child.args(rest);
    activate(&mut child, &env, context)?;
    process::exec(child)
}

/// Gives `child` the variables of a process in which `env` is active.
fn activate(child: &mut Command, env: &Env, context: &Context<'_>) -> rvenv::Result<()> {
    for (name, value) in env.activation(&context.host)? {
        match value {
            Some(value) => child.env(name, value),
            None => child.env_remove(name),
        };
    }
    Ok(())
}

/// A Python file of the user's, executable or not.
fn is_script(command: &OsStr, cwd: &Path) -> bool {
    let path = cwd.join(command);
    path.extension().is_some_and(|end| end == "py") && path.is_file()
}
