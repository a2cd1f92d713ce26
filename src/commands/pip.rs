//! Starting pip: the environment's own or that of the cache, confined to the environment.

mod destination;
mod lock_file;
mod verify;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use rvenv::python::{Finder, Interpreter, Request};
use rvenv::relocate;
use rvenv::seed;
use rvenv::settings::Key;
use rvenv::store::decision;
use rvenv::support::program::Program;
use rvenv::venv::Env;
use tempfile::TempDir;

use lock_file::LockFile;

use super::Context;
use super::store::PackageStore;
use crate::{process, ui};

/// `python -m pip` without the current directory, which `-m` and `-c` put first on the module path: a
/// `pip.py` there is not pip. Not by `PYTHONSAFEPATH`, which build backends would inherit.
const RUN_PIP: &str = "import sys; sys.path[:1] = [p for p in sys.path[:1] if p]; import runpy; \
                       runpy.run_module('pip', run_name='__main__', alter_sys=True)";

/// A command of pip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Install,
    Uninstall,
    Freeze,
}

impl Verb {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Uninstall => "uninstall",
            Self::Freeze => "freeze",
        }
    }
}

/// A run of pip in one environment.
pub(super) struct Pip<'a> {
    env: &'a Env,
    verb: Verb,
    /// The arguments after the verb.
    words: &'a [OsString],
    /// `... install ARGS...`
    pub(super) command: Command,
    /// The description of the pip, if it is not the environment's; a fragment that follows a comma.
    pub(super) note: String,
    /// Its version, where its metadata has one.
    version: Option<String>,
    /// The argument that replaces a lock file.
    lock_file: Option<LockFile>,
    /// The program, where it is not the environment's own.
    program: Option<PathBuf>,
    /// The directory of the program if there is no cache; removed afterwards.
    _unpacked: Option<TempDir>,
}

/// Reports a module without which pip fails with a traceback, and the `create` with another Python.
pub(super) fn report_obstacle(obstacle: &str, options: &str, context: &Context<'_>) {
    context.ui.report_error(&anyhow::anyhow!("{obstacle}"));
    context.ui.hint(format_args!("choose a Python that has it: `rvenv create {options}`"));
}

impl<'a> Pip<'a> {
    /// The environment's own pip, else the one that new environments get, from the cache.
    pub(super) fn of(
        env: &'a Env,
        verb: Verb,
        words: &'a [OsString],
        context: &Context<'_>,
    ) -> anyhow::Result<Self> {
        let python = env.working_python()?;
        let mut command = Command::new(&python);
        let mut pip = if env.has_pip() {
            command.args(["-c", RUN_PIP]);
            let (note, version) = (String::new(), env.version_of("pip"));
            let (lock_file, program) = (None, None);
            Self { env, verb, words, command, note, version, lock_file, program, _unpacked: None }
        } else {
            Self::outside(env, verb, words, &python, context)?
        };
        if verb == Verb::Install {
            pip.lock_file = LockFile::of(env, words, pip.version.as_deref(), context)?;
        }
        let words = pip.lock_file.as_ref().map_or(words, |lock_file| &lock_file.words);
        pip.command.arg(verb.name()).args(words).env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
        destination::confine(&mut pip.command, env, verb.name(), words, &context.host)?;
        Ok(pip)
    }

    fn outside(
        env: &'a Env,
        verb: Verb,
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
        let mut unpacked = None;
        let scratch =
            || -> anyhow::Result<_> { Ok(unpacked.insert(tempfile::tempdir()?).path().to_owned()) };
        let session = context.session();
        let seed = seed::prepare_or_scratch(
            &found.interpreter,
            &options,
            session,
            scratch,
            &mut |event| progress.show(&event),
        )?;
        drop(progress);
        let Some(program) = seed.program() else {
            anyhow::bail!("no pip is available for this Python")
        };
        // It belongs to the cache: no bytecode is to be written beside it.
        let mut command = Command::new(python);
        command.arg("-B").arg(&program);
        let note = format!(", with pip {} of the cache, because it has none", seed.pip_version());
        let (program, version) = (Some(program), Some(seed.pip_version().to_owned()));
        Ok(Self {
            env,
            verb,
            words,
            command,
            note,
            version,
            lock_file: None,
            program,
            _unpacked: unpacked,
        })
    }

    /// The environment's Python, if a probe succeeds.
    fn interpreter(&self, context: &Context<'_>) -> Option<Interpreter> {
        let request = Request::Path(Program::typed(self.env.python()));
        let found = Finder::new(&context.host, &context.cache).find(&request).ok()?;
        Some(found.interpreter)
    }

    /// Runs pip to its end and returns its exit code. What it installed is added to the store.
    ///
    /// # Errors
    /// When the Python lacks a module without which pip fails with a traceback, and when `install` reported
    /// success and something that was named is not installed.
    pub(super) fn run(
        &mut self,
        store: Option<&PackageStore<'_>>,
        context: &Context<'_>,
    ) -> anyhow::Result<i32> {
        let interpreter = self.interpreter(context);
        let obstacle = interpreter.as_ref().and_then(Interpreter::pip_obstacle);
        if let Some(obstacle) = &obstacle
            && interpreter.as_ref().is_some_and(|interpreter| !interpreter.starts_pip())
        {
            let options = format!("--upgrade --python VERSION {}", ui::word(self.env.root()));
            report_obstacle(obstacle, &options, context);
            return Ok(1);
        }
        let recording = store.and_then(|store| {
            store.record(&mut self.command, self.version.as_deref(), self.env, self.words)
        });
        let code = process::wait_for(&mut self.command, &context.interrupt)?;
        if self.verb != Verb::Install {
            return Ok(code);
        }
        let mut locked = BTreeSet::new();
        if let Some(lock_file) = self.lock_file.as_ref().filter(|_| code == 0) {
            lock_file.finish(self.env)?;
            locked.clone_from(&lock_file.indexed);
        }
        if let Some(recording) = recording.filter(|_| code == 0) {
            recording.finish(&locked);
        }
        // pip installs some packages before it fails.
        relocate::make_commands_relative(self.env.root(), context.session())?;
        if code == 0 {
            self.verify(interpreter.as_ref(), context)?;
        } else if let Some(obstacle) = obstacle {
            context.ui.warn(obstacle);
        }
        Ok(code)
    }

    /// Whether the environment has what was named, after pip reported success.
    ///
    /// # Errors
    /// The first requirement that it does not satisfy.
    fn verify(
        &self,
        interpreter: Option<&Interpreter>,
        context: &Context<'_>,
    ) -> anyhow::Result<()> {
        let words = self.lock_file.as_ref().map_or(self.words, |lock_file| &lock_file.words);
        let is_satisfied = interpreter.is_some_and(|interpreter| {
            decision::is_satisfied(words, self.env, interpreter, &context.host)
        });
        if is_satisfied {
            return Ok(());
        }
        verify::verify(self.env, &self.command, self.program.as_deref(), words)
    }
}
