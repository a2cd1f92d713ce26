//! `rvenv shell`: an interactive shell in which an environment is active.
//!
//! The start files of a shell change PATH and the prompt, so the activation code has to run after them.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use rvenv::Host;
use rvenv::shell;
use rvenv::shell::{Activation, Shell};
use rvenv::venv;

use super::Context;
use super::run::set_variables;
use crate::cli::StartShell;
use crate::{process, ui};

/// Becomes the shell.
pub(super) fn run(args: &StartShell, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let host = &context.host;
    let env = venv::resolve(args.dir.as_deref(), host)?;
    venv::ensure_usable(env.root(), host.platform())?;
    env.working_python()?;
    let shell = args.shell.shell.or_else(|| shell::detect(host)).unwrap_or(Shell::Sh);
    let prompt = env.prompt();
    let activation = Activation { root: env.root(), scripts: env.scripts(), prompt: &prompt };
    let mut command = Command::new(program(shell));
    let start = Start { host, code: shell::start(shell, &activation, host)? };
    let is_activated = start.prepare(shell, &mut command)?;
    if !is_activated {
        set_variables(&mut command, &env, context)?;
    }
    let name = shell.name();
    context.ui.say(format_args!("{name} in `{}`; `exit` ends it", env.root().display()));
    process::exec(command)
}

/// The name of the shell's program.
fn program(shell: Shell) -> &'static str {
    match shell {
        Shell::Nushell => "nu",
        Shell::PowerShell if !cfg!(windows) => "pwsh",
        _ => shell.name(),
    }
}

/// The start of a shell with code that it evaluates after the user's start files.
struct Start<'a> {
    host: &'a Host,
    code: Vec<u8>,
}

impl Start<'_> {
    /// Adds arguments and variables to `command`; `false` if this shell has no place for code.
    fn prepare(&self, shell: Shell, command: &mut Command) -> anyhow::Result<bool> {
        match shell {
            Shell::Bash => {
                let file = self.file(|file| {
                    format!("command rm -f {file}\nif [ -f ~/.bashrc ]; then . ~/.bashrc; fi\n")
                })?;
                command.arg("--rcfile").arg(file).arg("-i");
            }
            Shell::Zsh => {
                let dir = self.zsh_directory()?;
                command.env("ZDOTDIR", dir).arg("-i");
            }
            Shell::Sh | Shell::Dash | Shell::Ksh | Shell::Mksh => {
                let restore = self.restore("ENV");
                let file = self.file(|file| {
                    format!(
                        "{restore}command rm -f {file}\n\
                         if [ -n \"${{ENV-}}\" ] && [ -r \"$ENV\" ]; then . \"$ENV\"; fi\n"
                    )
                })?;
                command.env("ENV", file).arg("-i");
            }
            Shell::Fish => {
                command.arg("--init-command").arg(self.text()?).arg("--interactive");
            }
            Shell::Nushell => {
                command.arg("--execute").arg(self.text()?);
            }
            Shell::PowerShell => {
                command.args(["-NoExit", "-Command"]).arg(self.text()?);
            }
            Shell::Yash | Shell::Csh | Shell::Tcsh | Shell::Cmd | Shell::Elvish | Shell::Xonsh => {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn text(&self) -> anyhow::Result<&str> {
        Ok(std::str::from_utf8(&self.code)?)
    }

    /// A temporary file with `first`, which deletes it, and the code. The program that would delete it
    /// otherwise is replaced by the shell.
    fn file(&self, first: impl Fn(&str) -> String) -> anyhow::Result<std::path::PathBuf> {
        let mut file = tempfile::Builder::new().prefix("rvenv-").tempfile()?;
        let first = first(&ui::word(file.path()));
        file.write_all(first.as_bytes())?;
        file.write_all(&self.code)?;
        Ok(file.keep()?.1)
    }

    /// A directory for ZDOTDIR: its `.zshenv` and `.zshrc` read the user's own (zsh(1), "STARTUP/SHUTDOWN
    /// FILES"), and a history file in it is moved back to where the user's is.
    fn zsh_directory(&self) -> anyhow::Result<std::path::PathBuf> {
        let dir = tempfile::Builder::new().prefix("rvenv-").tempdir()?;
        let (path, restore) = (ui::word(dir.path()), self.restore("ZDOTDIR"));
        let env = format!(
            "{restore}if [ -f \"${{ZDOTDIR:-$HOME}}/.zshenv\" ]; then . \"${{ZDOTDIR:-$HOME}}/.zshenv\"; fi\n\
             _rvenv_zdotdir=\"${{ZDOTDIR-}}\"\nexport ZDOTDIR={path}\n"
        );
        let rc = format!(
            "if [ -n \"$_rvenv_zdotdir\" ]; then ZDOTDIR=$_rvenv_zdotdir; else unset ZDOTDIR; fi\n\
             unset _rvenv_zdotdir\ncommand rm -rf {path}\n\
             case \"${{HISTFILE-}}\" in {path}/*) HISTFILE=\"${{ZDOTDIR:-$HOME}}/${{HISTFILE##*/}}\" ;; esac\n\
             if [ -f \"${{ZDOTDIR:-$HOME}}/.zshrc\" ]; then . \"${{ZDOTDIR:-$HOME}}/.zshrc\"; fi\n"
        );
        std::fs::write(dir.path().join(".zshenv"), env)?;
        std::fs::write(dir.path().join(".zshrc"), [rc.as_bytes(), &self.code].concat())?;
        Ok(dir.keep())
    }

    /// A line that gives a variable the value that it has now.
    fn restore(&self, name: &str) -> String {
        let value = self.host.var(name).filter(|value| !value.is_empty());
        match value.map(OsStr::to_string_lossy) {
            Some(value) => format!("export {name}={}\n", ui::word(Path::new(&*value))),
            None => format!("unset {name}\n"),
        }
    }
}
