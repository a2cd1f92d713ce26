//! `rvenv config`, `completions`, `man` and `cache`.

use std::ffi::OsString;

use clap::{Args, Subcommand, ValueEnum};

use super::Output;

/// `rvenv config`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  rvenv config                       every setting, and who set it
  rvenv config --json                for programs
  RVENV_LINK_MODE=copy rvenv config  what a variable would change

Each setting is named like its flag of `create`. The strongest of these counts: the flag, the
variable RVENV_..., rvenv.toml or [tool.rvenv] of pyproject.toml, your own file, whose place is
shown first. A project's file can ask for versions of Python and pip, and never for a path or a
program: it came with a clone.")]
pub(crate) struct Config {
    #[command(flatten)]
    pub(super) output: Output,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `rvenv completions`.
#[derive(Debug, Args)]
#[command(after_long_help = r#"To have them in every new shell, add a line to its start file:
  bash        ~/.bashrc                     eval "$(rvenv completions bash)"
  zsh         ~/.zshrc, after compinit      eval "$(rvenv completions zsh)"
  fish        ~/.config/fish/config.fish    rvenv completions fish | source
  powershell  $PROFILE                      rvenv completions powershell | Out-String | Invoke-Expression
  elvish      ~/.config/elvish/rc.elv       eval (rvenv completions elvish | slurp)
  nushell     once: rvenv completions nushell | save -f ($nu.default-config-dir | path join rvenv.nu)
              and in config.nu: source rvenv.nu"#)]
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
#[command(after_long_help = "\
Examples:
  rvenv man | man -l -                                          read it
  rvenv man > ~/.local/share/man/man1/rvenv.1                   keep it
  rvenv man create > ~/.local/share/man/man1/rvenv-create.1")]
pub(crate) struct Man {
    /// The command whose page it is; without it rvenv's own
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Option<String>,
}

/// `rvenv cache`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  rvenv cache dir
  rvenv cache clean            what it held is made again when it is needed

RVENV_CACHE_DIR puts it elsewhere.")]
pub(crate) struct Cache {
    #[command(flatten)]
    pub(super) output: Output,
    #[command(subcommand)]
    pub(crate) action: CacheAction,
}

/// What to do with the cache.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum CacheAction {
    /// Print where it is
    Dir,
    /// Remove all of it; environments do not need it
    Clean,
}
