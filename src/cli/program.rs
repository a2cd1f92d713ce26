//! `rvenv config`, `completions`, `man`, `help` and `cache`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::ArgValueCompleter;

use crate::help::place;

use super::inventory::age;
use super::{Output, complete, directory};

/// `rvenv config`.
#[derive(Debug, Args)]
#[command(after_long_help = place!("config"))]
pub(crate) struct Config {
    #[command(flatten)]
    pub(super) output: Output,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `rvenv completions`.
#[derive(Debug, Args)]
#[command(after_long_help = place!("completions"))]
pub(crate) struct Completions {
    /// The shell to print them for
    #[arg(value_name = "SHELL")]
    pub(crate) shell: CompletionShell,
    /// What the printed code asks for: the candidates for the word at this place
    #[arg(long, value_name = "INDEX", hide = true)]
    pub(crate) at: Option<usize>,
    /// The words on the command line
    #[arg(value_name = "WORDS", last = true, hide = true, requires = "at")]
    pub(crate) words: Vec<OsString>,
}

/// A shell that completes.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum CompletionShell {
    Bash,
    Zsh,
    Fish,
    #[value(alias = "pwsh")]
    Powershell,
    Elvish,
    #[value(alias = "nu")]
    Nushell,
}

/// `rvenv man`.
#[derive(Debug, Args)]
#[command(after_long_help = place!("man"))]
pub(crate) struct Man {
    /// Write the pages of all commands and topics below a directory of MANPATH
    #[arg(long, value_name = "DIR", value_parser = directory(), conflicts_with = "word", value_hint = clap::ValueHint::DirPath)]
    pub(crate) all: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) subject: Subject,
}

/// `rvenv help`.
#[derive(Debug, Args)]
#[command(after_long_help = place!("help"))]
pub(crate) struct Help {
    #[command(flatten)]
    pub(crate) subject: Subject,
}

/// The commands and topics that `help` and `man` explain.
#[derive(Debug, Args)]
pub(crate) struct Subject {
    /// The command or the topic; without it rvenv itself
    #[arg(value_name = "COMMAND|TOPIC", add = ArgValueCompleter::new(complete::pages))]
    word: Option<String>,
    /// The subcommand
    #[arg(value_name = "SUBCOMMAND", add = ArgValueCompleter::new(complete::nested_commands))]
    subcommand: Option<String>,
}

impl Subject {
    /// The typed words, without spaces.
    pub(crate) fn words(&self) -> Vec<&str> {
        self.word.iter().chain(&self.subcommand).map(String::as_str).collect()
    }
}

/// `rvenv cache`.
#[derive(Debug, Args)]
#[command(after_long_help = place!("cache"))]
pub(crate) struct Cache {
    #[command(flatten)]
    pub(super) output: Output,
    #[command(subcommand)]
    pub(crate) action: Option<CacheAction>,
}

/// An action on the cache; without one, its parts and their sizes are printed.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum CacheAction {
    /// Print its directory
    #[command(after_long_help = place!("cache-dir"))]
    Dir,
    /// Delete its contents; environments do not need them
    #[command(after_long_help = place!("cache-clean"))]
    Clean,
    /// Remove stored packages that were not used for some time
    #[command(after_long_help = place!("cache-prune"))]
    Prune {
        /// For how long: 30d, 12h
        #[arg(long, value_name = "TIME", default_value = "30d", value_parser = age)]
        older_than: Duration,
    },
}
