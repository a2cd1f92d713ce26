//! `rvenv hook`, `rvenv allow` and `rvenv deny`.

use std::path::PathBuf;

use clap::Args;
use rvenv::shell::Shell;

use super::{Output, directory};

/// `rvenv hook`.
#[derive(Debug, Args)]
#[command(after_help = r#"To have it in every new shell, add a line at the end of its start file:
  bash                  ~/.bashrc                     eval "$(rvenv hook bash)"
  zsh                   ~/.zshrc                      eval "$(rvenv hook zsh)"
  fish                  ~/.config/fish/config.fish    rvenv hook fish | source
  tcsh                  ~/.tcshrc                     eval "`rvenv hook tcsh`"
  PowerShell            the file that $PROFILE names  rvenv hook powershell | Out-String | Invoke-Expression
  elvish                ~/.config/elvish/rc.elv       eval (rvenv hook elvish | slurp)
  xonsh                 ~/.xonshrc                    execx($(rvenv hook xonsh))
  ksh, mksh, yash, sh   the file that $ENV names      eval "$(rvenv hook ksh)"
  nushell               once: rvenv hook nushell | save -f ($nu.default-config-dir | path join rvenv-hook.nu)
                        and in config.nu: source rvenv-hook.nu

Environments that were made by `rvenv create` are activated; others after `rvenv allow`."#)]
pub(crate) struct Hook {
    /// The shell to print it for
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// What the hook asks after a change of directory.
#[derive(Debug, Args)]
pub(crate) struct HookEnv {
    #[arg(long, value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// `rvenv allow` and `rvenv deny`.
#[derive(Debug, Args)]
pub(crate) struct Allow {
    #[command(flatten)]
    pub(super) output: Output,
    /// The environment; without it the nearest `.venv` or `venv` from here upwards
    #[arg(value_name = "DIR", value_parser = directory())]
    pub(crate) dir: Option<PathBuf>,
}
