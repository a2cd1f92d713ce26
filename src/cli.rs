//! The command line: names, flags and their help. No logic.

pub(crate) mod complete;
mod create;
mod deferred;
mod hook;
mod install_run;
mod inventory;
mod pack;
mod program;
pub(crate) mod synonyms;
mod unpack;
mod words;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::ArgValueCompleter;
use rvenv::check::Code;
use rvenv::shell::Shell;

use crate::help::place;

pub(crate) use create::Create;
use deferred::Deferred;
pub(crate) use hook::{Allow, Hook, HookEnv};
pub(crate) use install_run::{Freeze, Install, Run, StartShell, Uninstall};

pub(crate) use inventory::{List, Remove};
pub(crate) use pack::{ArchiveFormat, EditableInstalls, Pack};
pub(crate) use program::{Cache, CacheAction, CompletionShell, Completions, Config, Help, Man};
pub(crate) use unpack::Unpack;
pub(crate) use words::command_index;

/// The columns of help on a wider terminal, or where the width is not known.
pub(crate) const HELP_WIDTH: usize = 100;

/// The version, the commit if known, and the target triple.
const VERSION: &str = env!("RVENV_VERSION");

/// Creates, activates, checks and fills Python virtual environments.
#[derive(Debug, Parser)]
#[command(
    name = "rvenv",
    version = VERSION,
    max_term_width = HELP_WIDTH,
    disable_help_subcommand = true,
    after_long_help = place!("rvenv")
)]
pub(crate) struct Cli {
    #[command(flatten)]
    output: Output,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Verbosity and colours. Accepted before the command, and after it by the commands whose arguments contain
/// this struct. `install`, `uninstall` and `freeze` pass such flags to pip.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Output {
    /// Print only errors
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print details; twice prints more
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Whether to use colours
    #[arg(long, value_name = "WHEN")]
    pub(crate) color: Option<ColorWhen>,
}

impl Output {
    /// Merges the flags before the command with those after it.
    fn and(self, other: Self) -> Self {
        Self {
            quiet: self.quiet || other.quiet,
            verbose: self.verbose.saturating_add(other.verbose),
            color: other.color.or(self.color),
        }
    }
}

impl Cli {
    /// The verbosity and colours of this call.
    pub(crate) fn output(&self) -> Output {
        let after = match &self.command {
            Command::Create(args) => args.output,
            Command::Activate(args) => args.output,
            Command::Deactivate(args) => args.output,
            Command::Check(args) => args.output,
            Command::Python(Python::List(args)) => args.output,
            Command::Python(Python::Find(args)) => args.output,
            Command::List(args) => args.output,
            Command::Remove(args) => args.output,
            Command::Pack(args) => args.output,
            Command::Unpack(args) => args.output,
            Command::Config(args) => args.output,
            Command::Cache(args) => args.output,
            Command::Allow(args) | Command::Deny(args) => args.output,
            Command::Run(args) => args.output,
            Command::Shell(args) => args.output,
            Command::Install(_)
            | Command::Uninstall(_)
            | Command::Freeze(_)
            | Command::Hook(_)
            | Command::HookEnv(_)
            | Command::Completions(_)
            | Command::Man(_)
            | Command::Help(_) => return self.output,
        };
        self.output.and(after)
    }
}

impl Command {
    /// Whether the command reads no settings: it runs at each prompt or in start-up files, or uses none.
    pub(crate) fn is_bare(&self) -> bool {
        matches!(
            self,
            Self::Activate(_)
                | Self::Deactivate(_)
                | Self::Hook(_)
                | Self::HookEnv(_)
                | Self::Run(_)
                | Self::Shell(_)
                | Self::Completions(_)
                | Self::Man(_)
                | Self::Help(_)
        )
    }
}

/// Parses a directory. An empty name is refused: other tools treat it as the current directory, which
/// `--clear` then empties.
fn directory() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().try_map(|name| {
        if name.is_empty() {
            Err("the name of the directory is empty; `.` is the current directory")
        } else {
            Ok(rvenv::support::path::strip_verbatim_prefix(Path::new(&name)).into_owned())
        }
    })
}

/// Parses the name of a shell.
fn shell(name: &str) -> Result<Shell, String> {
    let names = || Shell::ALL.map(Shell::name).join(", ");
    name.parse().map_err(|_| format!("unknown shell; known are {}", names()))
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ColorWhen {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create an environment
    Create(Deferred<Create>),
    /// Print code that activates an environment in the calling shell
    #[command(visible_alias = "activate-script")]
    Activate(Deferred<Activate>),
    /// Print code that deactivates the active environment
    Deactivate(Deferred<Deactivate>),
    /// Print code that activates and deactivates on a change of directory
    Hook(Deferred<Hook>),
    /// What the hook evaluates after a change of directory
    #[command(hide = true)]
    HookEnv(Deferred<HookEnv>),
    /// Let the hook activate an environment, and permit the files of a project
    #[command(after_long_help = place!("allow"))]
    Allow(Deferred<Allow>),
    /// Keep the hook from activating an environment
    #[command(after_long_help = place!("deny"))]
    Deny(Deferred<Allow>),
    /// Report whether an environment is active and healthy
    Check(Deferred<Check>),
    /// Run `pip install` in the active or the project's environment
    Install(Deferred<Install>),
    /// Run `pip uninstall` in the same environment
    Uninstall(Deferred<Uninstall>),
    /// Print the installed packages as `pip freeze` does
    Freeze(Deferred<Freeze>),
    /// Run a command as if the environment were active
    Run(Deferred<Run>),
    /// Start an interactive shell in which the environment is active
    Shell(Deferred<StartShell>),
    /// Write an environment into an archive for another machine
    Pack(Deferred<Pack>),
    /// List environments with Python, size, last use and health
    #[command(visible_alias = "ls")]
    List(Deferred<List>),
    /// Delete environments
    #[command(visible_alias = "rm")]
    Remove(Deferred<Remove>),
    /// Create an environment from an archive of `rvenv pack`
    Unpack(Deferred<Unpack>),
    /// List the Pythons of this machine
    #[command(subcommand, after_long_help = place!("python"))]
    Python(Python),
    /// Print the settings and where each value comes from
    Config(Deferred<Config>),
    /// Print completions for a shell
    Completions(Deferred<Completions>),
    /// Print the manual page
    Man(Deferred<Man>),
    /// Explain a command or a topic
    Help(Deferred<Help>),
    /// Print the sizes of the parts of the cache, or delete cached files
    Cache(Deferred<Cache>),
}

/// `rvenv activate`.
#[derive(Debug, Args)]
#[command(after_long_help = place!("activate"))]
pub(crate) struct Activate {
    #[command(flatten)]
    output: Output,
    /// The environment or its project; without it the nearest `.venv` or `venv` from here upwards
    #[arg(value_name = "DIR", value_parser = directory(), add = ArgValueCompleter::new(complete::environments))]
    pub(crate) dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) shell: ForShell,
}

/// `rvenv deactivate`.
#[derive(Debug, Args)]
#[command(after_long_help = place!("deactivate"))]
pub(crate) struct Deactivate {
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    pub(crate) shell: ForShell,
}

#[derive(Debug, Args)]
pub(crate) struct ForShell {
    /// The shell to print code for; without it the calling one
    #[arg(long, value_name = "SHELL", value_parser = shell, add = ArgValueCompleter::new(complete::shells))]
    pub(crate) shell: Option<Shell>,
}

/// `rvenv check`.
#[derive(Debug, Args)]
#[command(after_long_help = place!("check"))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Check {
    #[command(flatten)]
    output: Output,
    /// The environment, or an archive of `rvenv pack`; without it the active one, else the project's
    #[arg(value_name = "DIR", value_parser = directory(), add = ArgValueCompleter::new(complete::environments))]
    pub(crate) dir: Option<PathBuf>,
    /// Repair what can be repaired
    #[arg(long)]
    pub(crate) fix: bool,
    /// Also have pip install what is missing or damaged, which may need the network
    #[arg(long, requires = "fix")]
    pub(crate) packages: bool,
    /// Only print what `--fix` would do
    #[arg(long, requires = "fix", conflicts_with = "packages")]
    pub(crate) dry_run: bool,
    /// Run its Python and verify the files of every package
    #[arg(long)]
    pub(crate) deep: bool,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Explain a code that `check` reports
    #[arg(long, value_name = "CODE", exclusive = true, value_parser = code, add = ArgValueCompleter::new(complete::codes))]
    pub(crate) explain: Option<Code>,
}

impl Check {
    /// `rvenv check DIR`.
    pub(crate) fn of(dir: &Path) -> Self {
        Self {
            output: Output { quiet: false, verbose: 0, color: None },
            dir: Some(dir.to_owned()),
            fix: false,
            packages: false,
            dry_run: false,
            deep: false,
            json: false,
            explain: None,
        }
    }
}

/// Parses the name of a finding.
fn code(name: &str) -> Result<Code, String> {
    let known = Code::ALL.iter().copied();
    Code::named(name).ok_or_else(|| {
        let near = rvenv::support::suggest::similar(name, known.map(Code::name));
        match near.first() {
            Some(near) => format!("there is no such code; did you mean `{near}`?"),
            None => "there is no such code; `rvenv help findings` lists all".to_owned(),
        }
    })
}

/// `rvenv python`.
#[derive(Debug, Subcommand)]
pub(crate) enum Python {
    /// List every Python on this machine, also those that do not work
    List(PythonList),
    /// Print the path of the Python that a request selects
    Find(PythonFind),
}

/// `rvenv python list`.
#[derive(Debug, Args)]
#[command(after_long_help = place!("python-list"))]
pub(crate) struct PythonList {
    #[command(flatten)]
    output: Output,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `rvenv python find`.
#[derive(Debug, Args)]
#[command(after_long_help = place!("python-find"))]
pub(crate) struct PythonFind {
    #[command(flatten)]
    output: Output,
    /// A path, a name on PATH, or a version such as 3.12; without it what `create` would use here
    #[arg(value_name = "PYTHON", add = ArgValueCompleter::new(complete::pythons))]
    pub(crate) python: Option<OsString>,
}
