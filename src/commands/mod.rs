//! The commands, and what several of them share. Each calls the library, reports the result and returns an
//! exit code.

mod activate;
mod allow;
mod archive;
mod cache;
mod check;
mod completions;
mod config;
mod create;
pub(crate) mod evaluated;
mod explain;
pub(crate) mod help;
mod hook;
mod install;
mod list;
mod man;
mod pack;
mod pip;
mod python;
mod remove;
mod run;
mod shell;
mod store;
mod unpack;

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

use rvenv::fs::Guard;
use rvenv::settings::{Key, Settings};
use rvenv::support::cache::{Cache, CacheProblem};
use rvenv::support::found::Permits;
use rvenv::support::host::Host;
use rvenv::support::interrupt::Interrupt;
use rvenv::support::private_dir::PrivacyProblem;
use rvenv::support::session::Session;

use rvenv::trust::Trust;

use crate::cli::{Command, Python};
use crate::ui;
use crate::ui::Ui;

/// The data that every command uses.
struct Context<'a> {
    host: Host,
    cache: Cache,
    interrupt: Interrupt,
    /// The settings of the user's file and of variables.
    settings: Settings,
    ui: &'a Ui,
}

impl Context<'_> {
    fn session(&self) -> Session<'_> {
        Session { host: &self.host, cache: &self.cache, interrupt: &self.interrupt }
    }

    /// The deletion guard, which also protects the cache and the running program.
    fn guard(&self) -> Guard {
        let guard = self.cache.root().into_iter().fold(Guard::new(&self.host), Guard::keep);
        std::env::current_exe().into_iter().fold(guard, Guard::keep_program)
    }
}

/// Runs `command`.
pub(crate) fn run(command: &Command, ui: &Ui) -> anyhow::Result<ExitCode> {
    let host = match command {
        Command::Deactivate(_) | Command::Hook(_) | Command::HookEnv(_) => {
            Host::from_process_anywhere()
        }
        Command::Activate(args) if args.dir.as_deref().is_some_and(Path::is_absolute) => {
            Host::from_process_anywhere()
        }
        _ => Host::from_process()?,
    };
    let cache = if uses_cache(command) { Cache::of(&host) } else { Cache::none() };
    let settings = if command.is_bare() { Settings::default() } else { Settings::of_user(&host)? };
    ui.set_color(settings.text(Key::Color));
    report_cache(&cache, command, ui);
    let is_silent = ui.is_quiet() || matches!(command, Command::HookEnv(_));
    let permits = Permits {
        is_listed: Some(|host, dir| {
            let trust = Trust::of(host);
            trust.permits_project(dir) || trust.allows(dir)
        }),
        // Also for commands that read no settings: a project is refused by its owner before.
        trusted: Some(|host| {
            let settings = Settings::of_user(host).unwrap_or_default();
            settings.text(Key::Trusted).map(OsStr::to_owned).unwrap_or_default()
        }),
        warn: if is_silent { None } else { Some(ui::warn_once) },
        passed_over: if ui.is_verbose() { Some(ui::tell_once) } else { None },
    };
    let host = host.permitting(permits);
    let context = Context { host, cache, interrupt: Interrupt::default(), settings, ui };
    let done = match command {
        Command::Create(args) => create::run(args, &context),
        Command::Activate(args) => activate::activate(args, &context),
        Command::Deactivate(args) => activate::deactivate(args, &context),
        Command::Hook(args) => hook::hook(args, &context),
        Command::HookEnv(args) => hook::step(args, &context),
        Command::Allow(args) => allow::allow(args, &context),
        Command::Deny(args) => allow::deny(args, &context),
        Command::Check(args) => check::run(args, &context),
        Command::Install(args) => install::run(args, &context),
        Command::Uninstall(args) => install::uninstall(args, &context),
        Command::Freeze(args) => install::freeze(args, &context),
        Command::Shell(args) => shell::run(args, &context),
        Command::Python(Python::List(args)) => python::list(args, &context),
        Command::Python(Python::Find(args)) => python::find(args, &context),
        Command::Run(args) => run::run(args, &context),
        Command::Completions(args) => completions::run(args, &context),
        Command::Man(args) => man::run(args, &context),
        Command::Help(args) => help::run(args),
        Command::Pack(args) => pack::run(args, &context),
        Command::List(args) => list::run(args, &context),
        Command::Remove(args) => remove::run(args, &context),
        Command::Unpack(args) => unpack::run(args, &context),
        Command::Config(args) => config::run(args, &context),
        Command::Cache(args) => cache::run(args, &context),
    };
    // After a signal, a failure is its consequence: Ctrl-C also reaches the programs that rvenv started.
    done.or_else(|error| context.interrupt.check().map_err(Into::into).and(Err(error)))
}

/// Whether a command uses the cache, whose check takes a system call for each directory above it.
fn uses_cache(command: &Command) -> bool {
    !matches!(
        command,
        Command::Activate(_)
            | Command::Deactivate(_)
            | Command::Hook(_)
            | Command::HookEnv(_)
            | Command::Allow(_)
            | Command::Deny(_)
            | Command::Config(_)
            | Command::Man(_)
            | Command::Help(_)
    )
}

/// Reports why no cache is used, which costs seconds: in commands that profit from it most, or with `-v`.
fn report_cache(cache: &Cache, command: &Command, ui: &Ui) {
    match cache.problem() {
        // `cache` says it as its own error.
        None | Some(CacheProblem::Disabled) => {}
        Some(_) if matches!(command, Command::Cache(_)) => {}
        Some(problem) if matches!(command, Command::Create(_) | Command::Install(_)) => {
            ui.warn(format_args!("no cache is used: {problem}"));
            ui.hint(cache_advice(problem));
        }
        Some(problem) => ui.detail(format_args!("no cache is used: {problem}")),
    }
}

/// The instruction that makes a cache available.
fn cache_advice(problem: &CacheProblem) -> String {
    match problem {
        CacheProblem::NotPrivate(PrivacyProblem::Writable(dir)) => {
            format!("`chmod go-w {}`", ui::word(dir))
        }
        _ => "set `RVENV_CACHE_DIR` to a directory of your own".to_owned(),
    }
}
