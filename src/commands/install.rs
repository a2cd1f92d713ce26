//! `rvenv install`: runs pip with the environment's Python.

mod answer;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rvenv::fs;
use rvenv::settings::project;
use rvenv::settings::{Key, Settings, Value};
use rvenv::store::Snapshot;
use rvenv::support::path::is_same_file;
use rvenv::venv;
use rvenv::venv::Env;

use super::Context;
use super::pip::{Pip, Verb};
use super::store::PackageStore;
use crate::cli::{Create, Freeze, Install, Uninstall};
use crate::{process, ui};
use answer::Installation;

/// Runs `pip install ARGS...` of the environment.
pub(super) fn run(args: &Install, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let env = venv::wanted(args.env.as_deref(), &context.host)?;
    if args.env.is_none() {
        warn_of_another(&env, Verb::Install, context);
    }
    let (what, words) = if args.args.is_empty() {
        of_project(&project::Default::find(&context.host)?, context)
    } else {
        (String::new(), args.args.clone())
    };
    process::watch_signals(&context.interrupt)?;
    let switched_off = args.no_store.then(|| (Key::Store, Value::text("false")));
    let settings = context.settings.clone().with_flags(switched_off);
    let store = PackageStore::of_env(&env, &settings, context);
    let before = args.json.then(|| Snapshot::of_env(&env));
    let is_stored = store.as_ref().map_or(Ok(false), |store| store.install(&env, &words))?;
    let mut exit_code = 0;
    if !is_stored {
        let mut pip = Pip::of(&env, Verb::Install, &words, context)?;
        if args.json {
            pip.command.stdout(std::io::stderr());
        }
        let place = env.root().display();
        context.ui.say(format_args!("installing {what}into `{place}`{}", pip.note));
        exit_code = pip.run(store.as_ref(), context)?;
    }
    if let Some(before) = before {
        let reason = store.and_then(PackageStore::into_reason);
        answer::print(&env, &before, Installation { is_stored, reason, exit_code })?;
    }
    Ok(process::exit_code(exit_code))
}

/// Runs `pip uninstall -y ARGS...` of the environment: rvenv asks nothing.
pub(super) fn uninstall(args: &Uninstall, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let env = venv::wanted(args.env.as_deref(), &context.host)?;
    if args.env.is_none() {
        warn_of_another(&env, Verb::Uninstall, context);
    }
    let words: Vec<_> = std::iter::once("-y".into()).chain(args.args.iter().cloned()).collect();
    let mut pip = Pip::of(&env, Verb::Uninstall, &words, context)?;
    context.ui.say(format_args!("uninstalling from `{}`{}", env.root().display(), pip.note));
    process::watch_signals(&context.interrupt)?;
    Ok(process::exit_code(pip.run(None, context)?))
}

/// Runs `pip freeze ARGS...` of the environment; its output is that of rvenv.
pub(super) fn freeze(args: &Freeze, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let env = venv::wanted(args.env.as_deref(), &context.host)?;
    let mut pip = Pip::of(&env, Verb::Freeze, &args.args, context)?;
    context.ui.detail(format_args!("packages of `{}`{}", env.root().display(), pip.note));
    process::watch_signals(&context.interrupt)?;
    Ok(process::exit_code(pip.run(None, context)?))
}

/// The packages for a new environment.
pub(super) struct PackageInstall {
    words: Vec<OsString>,
    /// Whether stdout contains the answer of rvenv; pip's output then goes to stderr.
    apart: bool,
    /// The destination of pip's output.
    log: Option<PathBuf>,
}

/// The options with which pip installs the requirements of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mode {
    /// Whether pip shows its progress.
    pub(super) is_shown: bool,
    /// Whether pip installs what is listed and nothing that it requires.
    pub(super) as_listed: bool,
}

impl PackageInstall {
    /// The requirements in the flags of `create`.
    ///
    /// # Errors
    /// When the file does not exist, which is reported before anything is created.
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
        Ok(Self {
            words: if is_asked_for { words } else { Vec::new() },
            apart: args.json,
            log: None,
        })
    }

    /// The arguments of pip for a repair.
    pub(super) fn of_words(words: Vec<OsString>) -> Self {
        Self { words, apart: true, log: None }
    }

    /// Whether there is nothing to install.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The distributions of the former environment, as a requirements file.
    /// pip shows its progress if `mode.is_shown`, and writes `log`.
    pub(super) fn again(requirements: &Path, log: &Path, mode: Mode) -> Self {
        let mut words: Vec<OsString> = Vec::new();
        if !mode.is_shown {
            words.push("--quiet".into());
        }
        if mode.as_listed {
            words.push("--no-deps".into());
        }
        words.extend(["-r".into(), requirements.into()]);
        Self { words, apart: true, log: Some(log.to_owned()) }
    }

    /// The arguments of pip.
    pub(super) fn words(&self) -> &[OsString] {
        &self.words
    }

    /// Installs, and comes back with pip's exit code. When it fails, the environment stays.
    pub(super) fn install(
        &self,
        root: &Path,
        settings: &Settings,
        context: &Context<'_>,
    ) -> anyhow::Result<i32> {
        if self.is_empty() {
            return Ok(0);
        }
        let env = Env::open(root, context.host.platform())?;
        let store = PackageStore::of_env(&env, settings, context);
        if let Some(store) = &store
            && store.install(&env, &self.words)?
        {
            return Ok(0);
        }
        let mut pip = Pip::of(&env, Verb::Install, &self.words, context)?;
        if self.apart {
            pip.command.stdout(std::io::stderr());
        }
        // Not by a flag: the store then would not know what is installed.
        if let Some(log) = &self.log {
            pip.command.env("PIP_LOG", log);
        }
        pip.run(store.as_ref(), context)
    }
}

/// Warns if another environment than the project's is active: the user may have forgotten it.
fn warn_of_another(env: &Env, verb: Verb, context: &Context<'_>) {
    let Ok(own) = venv::nearest(&context.host) else { return };
    let is_own = is_same_file(own.root(), env.root());
    if venv::active(&context.host).is_some() && !is_own {
        let (active, own) = (env.root().display(), own.root());
        let word = ui::word(own);
        context.ui.warn(format_args!(
            "`{active}` is active, and the project here has `{}`",
            own.display()
        ));
        context.ui.hint(format_args!("for that one: `rvenv {} --env {word} ...`", verb.name()));
    }
}

/// The default requirements, as text for messages and as arguments of pip.
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
