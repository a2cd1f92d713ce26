//! `rvenv install`: pip, with the right Python and no other.

mod destination;
mod verify;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use rvenv::fs;
use rvenv::python::{Finder, Request};
use rvenv::relocate;
use rvenv::seed;
use rvenv::settings::Key;
use rvenv::settings::project;
use rvenv::support::cache::Cache;
use rvenv::support::program::Program;
use rvenv::venv;
use rvenv::venv::Env;
use tempfile::TempDir;

use super::Context;
use crate::cli::{Create, Install};
use crate::{process, ui};

/// `python -m pip` without the current directory, which `-m` and `-c` put first on the module path: a
/// `pip.py` there is not pip. Not by `PYTHONSAFEPATH`, which build backends would inherit.
const RUN_PIP: &str = "import sys; sys.path[:1] = [p for p in sys.path[:1] if p]; import runpy; \
                       runpy.run_module('pip', run_name='__main__', alter_sys=True)";

/// Runs `pip install ARGS...` of the environment.
pub(super) fn run(args: &Install, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let env = venv::wanted(args.env.as_deref(), &context.host)?;
    if args.env.is_none() {
        warn_of_another(&env, context);
    }
    let (what, words) = if args.args.is_empty() {
        of_project(&project::Default::find(&context.host)?, context)
    } else {
        (String::new(), args.args.clone())
    };
    let mut pip = Pip::of(&env, &words, context)?;
    context.ui.say(format_args!("installing {what}into `{}`{}", env.root().display(), pip.note));
    process::watch_signals(&context.interrupt)?;
    Ok(process::exit_code(pip.install(context)?))
}

/// What an environment that was just made is filled with.
pub(super) struct PackageInstall {
    words: Vec<OsString>,
    /// Whether stdout is for the answer of rvenv, which pip's would garble.
    apart: bool,
}

impl PackageInstall {
    /// What the flags of `create` name.
    ///
    /// # Errors
    /// When there is no such file: better told before anything is made.
    pub(super) fn of(args: &Create, context: &Context<'_>) -> rvenv::Result<Self> {
        let mut words = Vec::new();
        if context.ui.is_quiet() {
            words.push("--quiet".into());
        }
        for file in &args.requirement {
            std::fs::metadata(context.host.cwd().join(file))
                .map_err(fs::Error::io("read", file))?;
            words.extend(["-r".into(), file.into()]);
        }
        words.extend(args.install.iter().cloned());
        let is_asked_for =
            !(args.requirement.is_empty() && args.install.is_empty() || args.dry_run);
        Ok(Self { words: if is_asked_for { words } else { Vec::new() }, apart: args.json })
    }

    /// What a repair installs, as pip's arguments.
    pub(super) fn of_words(words: Vec<OsString>) -> Self {
        Self { words, apart: true }
    }

    /// Whether there is nothing to install.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// What an environment held before, as this file of requirements lists it.
    pub(super) fn again(requirements: &Path) -> Self {
        Self { words: vec!["--quiet".into(), "-r".into(), requirements.into()], apart: true }
    }

    /// Installs, and comes back with pip's exit code. When it fails, the environment stays.
    pub(super) fn install(&self, root: &Path, context: &Context<'_>) -> anyhow::Result<i32> {
        if self.is_empty() {
            return Ok(0);
        }
        let env = Env::open(root, context.host.platform())?;
        let mut pip = Pip::of(&env, &self.words, context)?;
        if self.apart {
            pip.command.stdout(std::io::stderr());
        }
        pip.install(context)
    }
}

/// The active environment can be a forgotten one.
fn warn_of_another(env: &Env, context: &Context<'_>) {
    let Ok(own) = venv::nearest(&context.host) else { return };
    let same = rvenv::support::path::canonicalize(own.root()).ok()
        == rvenv::support::path::canonicalize(env.root()).ok();
    if venv::active(&context.host).is_some() && !same {
        let (active, own) = (env.root().display(), own.root());
        let word = ui::word(own);
        context.ui.warn(format_args!(
            "`{active}` is active, and the project here has `{}`",
            own.display()
        ));
        context.ui.hint(format_args!("`rvenv install --env {word}` installs into that one"));
    }
}

/// What is installed when nothing is named, in words and as pip's arguments.
fn of_project(found: &project::Default, context: &Context<'_>) -> (String, Vec<OsString>) {
    // As a user would type it: relative, where it is below the current directory.
    let short = |path: &Path| {
        let path = path.strip_prefix(context.host.cwd()).unwrap_or(path).to_owned();
        if path.as_os_str().is_empty() { ".".into() } else { path }
    };
    match found {
        project::Default::Requirements(file) => {
            let file = short(file);
            (format!("`{}` ", file.display()), vec!["-r".into(), file.into()])
        }
        project::Default::Project { root, editable } => {
            let root = short(root);
            let what = format!("the project `{}` ", root.display());
            let flag = editable.then(|| OsString::from("-e"));
            (what, flag.into_iter().chain([root.into()]).collect())
        }
    }
}

/// A `pip install` into one environment.
struct Pip<'a> {
    env: &'a Env,
    /// The arguments behind `install`.
    words: &'a [OsString],
    /// `... install ARGS...`
    command: Command,
    /// What is special about it.
    note: String,
    /// The program, where it is not the environment's own.
    program: Option<PathBuf>,
    /// The directory that holds the program, when there is no cache; removed afterwards.
    _unpacked: Option<TempDir>,
}

impl<'a> Pip<'a> {
    /// The environment's own, else the one that new environments get, from outside.
    fn of(env: &'a Env, words: &'a [OsString], context: &Context<'_>) -> anyhow::Result<Self> {
        let python = env.working_python()?;
        let mut command = Command::new(&python);
        let mut pip = if env.has_pip() {
            command.args(["-c", RUN_PIP]);
            Self { env, words, command, note: String::new(), program: None, _unpacked: None }
        } else {
            Self::outside(env, words, &python, context)?
        };
        pip.command.arg("install").args(words).env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
        destination::confine(&mut pip.command, env, words, &context.host)?;
        Ok(pip)
    }

    fn outside(
        env: &'a Env,
        words: &'a [OsString],
        python: &Path,
        context: &Context<'_>,
    ) -> anyhow::Result<Self> {
        let host = &context.host;
        let found =
            Finder::new(host, &context.cache).find(&Request::Path(Program::typed(python)))?;
        let options = seed::Options {
            setuptools: false,
            ..seed::Options::from_settings(&context.settings, host).unwrap_or_else(|| {
                seed::Options {
                    offline: context.settings.is_on(Key::Offline),
                    ..seed::Options::default()
                }
            })
        };
        let mut progress = context.ui.progress();
        let mut prepare = |cache: &Cache| {
            seed::prepare(&found.interpreter, &options, cache, host, &mut |event| {
                progress.show(&event);
            })
        };
        let (seed, unpacked) = match prepare(&context.cache) {
            Err(seed::Error::CacheUnwritable { .. }) => {
                let dir = tempfile::tempdir()?;
                (prepare(&Cache::at(dir.path()))?, Some(dir))
            }
            seed => (seed?, None),
        };
        drop(progress);
        let Some(program) = seed.program() else { anyhow::bail!("there is no pip to be had") };
        // It belongs to the cache: no bytecode is to be written beside it.
        let mut command = Command::new(python);
        command.arg("-B").arg(&program);
        let note = format!(", with pip {} from outside, as it has none", seed.pip_version());
        Ok(Self { env, words, command, note, program: Some(program), _unpacked: unpacked })
    }

    /// What the environment's Python lacks for pip.
    fn obstacle(&self, context: &Context<'_>) -> Option<String> {
        let request = Request::Path(Program::typed(self.env.python()));
        let found = Finder::new(&context.host, &context.cache).find(&request).ok()?;
        found.interpreter.pip_obstacle()
    }

    /// Runs pip to its end and gives its exit code, or an error where it reported success and
    /// something that was named is not there.
    fn install(&mut self, context: &Context<'_>) -> anyhow::Result<i32> {
        let code = process::wait_for(&mut self.command, &context.interrupt)?;
        // pip installs some packages before it fails.
        relocate::make_commands_relative(self.env.root(), context.session())?;
        if code == 0 {
            verify::verify(self.env, &self.command, self.program.as_deref(), self.words)?;
        } else if let Some(obstacle) = self.obstacle(context) {
            context.ui.warn(obstacle);
        }
        Ok(code)
    }
}
