//! `rvenv run`: the command, as if the environment were active.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use rvenv::Host;
use rvenv::venv;
use rvenv::venv::Env;

use super::Context;
use crate::cli::Run;
use crate::process;

/// Becomes the command.
pub(super) fn run(args: &Run, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let words = words(args);
    let env = environment(args, &words, context)?;
    // Without its Python, the `python` of another entry of PATH would run.
    let python = env.working_python()?;
    context.ui.detail(format_args!("running in `{}`", env.root().display()));
    let [command, rest @ ..] = words.as_slice() else { anyhow::bail!("no command to run") };
    let mut child = if !args.module.is_empty() {
        Command::new(python)
    } else if is_script(command, context.host.cwd()) {
        let mut child = Command::new(python);
        child.arg(command);
        child
    } else {
        let program = env.program(command, &context.host)?;
        warn_of_other_python(command, &program, &env, context);
        Command::new(program)
    };
    child.args(rest);
    set_variables(&mut child, &env, context)?;
    process::exec(child)
}

/// The command and its arguments; `python -m MODULE` for a module.
fn words(args: &Run) -> Vec<OsString> {
    if args.module.is_empty() {
        return args.command.clone();
    }
    let python = ["python".into(), "-m".into()];
    python.into_iter().chain(args.module.iter().cloned()).collect()
}

/// The environment of `--env`, else the active one, else the project's; if there is none, that of the
/// project of the script that is run.
fn environment(args: &Run, words: &[OsString], context: &Context<'_>) -> anyhow::Result<Env> {
    let host = &context.host;
    match venv::wanted(args.env.as_deref(), host) {
        Err(error @ venv::Error::NoEnvironment { .. }) => {
            let Some(script) = script(words, host) else { return Err(error.into()) };
            let env = venv::nearest_from(&script, host).map_err(|_| error)?;
            let (root, script) = (env.root().display(), script.display());
            context.ui.say(format_args!("using `{root}`, the environment of `{script}`"));
            Ok(env)
        }
        found => Ok(found?),
    }
}

/// The Python file that these words run, without links: `script.py` or `python [FLAG]... script`.
fn script(words: &[OsString], host: &Host) -> Option<PathBuf> {
    let [command, rest @ ..] = words else { return None };
    let script = if is_script(command, host.cwd()) {
        command
    } else if is_python(command) {
        rest.iter().find(|word| !word.as_encoded_bytes().starts_with(b"-"))?
    } else {
        return None;
    };
    let path = rvenv::support::path::canonicalize(host.cwd().join(script)).ok()?;
    path.is_file().then_some(path)
}

/// Warns if `python*` or `pip*` is found outside of the environment: `pip3.11` in an environment of
/// Python 3.12 installs elsewhere. A path was typed on purpose.
fn warn_of_other_python(command: &OsStr, program: &Path, env: &Env, context: &Context<'_>) {
    let name = Path::new(command);
    let is_path = name.components().nth(1).is_some();
    if is_path || !(is_python(command) || is_pip(command)) || program.starts_with(env.root()) {
        return;
    }
    let (name, program) = (name.display(), program.display());
    let root = env.root().display();
    context.ui.warn(format_args!("`{name}` is `{program}`, which is not of `{root}`"));
    let own = if is_pip(command) { "python -m pip" } else { "python" };
    context.ui.hint(format_args!("`rvenv run {own}` runs the environment's"));
}

/// `python`, `python3`, `python3.12`, `pypy3`
fn is_python(command: &OsStr) -> bool {
    ["python", "pypy"].iter().any(|stem| is_version_of(command, stem))
}

/// `pip`, `pip3`, `pip3.12`
fn is_pip(command: &OsStr) -> bool {
    is_version_of(command, "pip")
}

/// Whether the name is `stem` with a version or without, and `.exe` or not.
fn is_version_of(command: &OsStr, stem: &str) -> bool {
    let name = command.to_str().unwrap_or_default();
    let name = name.strip_suffix(".exe").unwrap_or(name);
    name.strip_prefix(stem).is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

/// Gives `child` the variables of a process in which `env` is active.
pub(super) fn set_variables(
    child: &mut Command,
    env: &Env,
    context: &Context<'_>,
) -> rvenv::Result<()> {
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
