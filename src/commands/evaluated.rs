//! The commands whose output a shell evaluates, which has to fail there when the command fails.

use std::ffi::{OsStr, OsString};
use std::io;
use std::io::IsTerminal;

use rvenv::Host;
use rvenv::shell;
use rvenv::shell::Shell;

use crate::cli::command_index;
use crate::ui;

const COMMANDS: [&str; 4] = ["activate", "activate-script", "deactivate", "hook"];

/// Prints the code that fails, where `args` (without the program) ask for code to evaluate. It is
/// read from the words as they are: what failed may be their parsing.
pub(crate) fn print_failure(args: impl Iterator<Item = OsString>) {
    let args: Vec<_> = args.collect();
    // An option whose value is missing takes the command for it.
    let Some(index) = command_index(&args).or(args.len().checked_sub(1)) else { return };
    let Some(command) = args[index].to_str().filter(|name| COMMANDS.contains(name)) else { return };
    if io::stdout().is_terminal() {
        return;
    }
    let words = || args[index + 1..].iter().filter_map(|arg| arg.to_str());
    let named = words().skip_while(|word| *word != "--shell").nth(1);
    let named = named.or_else(|| words().find_map(|word| word.strip_prefix("--shell=")));
    let of_hook = || words().find(|word| !word.starts_with('-'));
    let named = named.or_else(|| if command == "hook" { of_hook() } else { None });
    let shell = named.and_then(|name| name.parse::<Shell>().ok());
    let shell = shell.or_else(|| shell::detect(&detection_host())).unwrap_or(Shell::Sh);
    // There is nothing to do about a stdout that cannot be written.
    let _ = ui::print(shell::failure(shell));
}

/// The current directory, which may be what is missing, does not matter for this.
#[expect(clippy::disallowed_methods, reason = "the host could not be read")]
fn detection_host() -> Host {
    let shell = std::env::var_os("SHELL");
    Host::new(shell.map(|shell| (OsStr::new("SHELL").to_owned(), shell)), "/")
}

/// Prints `code` for a shell that evaluates it. On a terminal no shell does: there the line to type is named
/// instead.
pub(super) fn print(shell: Shell, code: &[u8], ui: &ui::Ui) -> io::Result<()> {
    if !io::stdout().is_terminal() {
        return ui::print(code);
    }
    let words: Vec<_> = std::env::args_os().skip(1).map(ui::word).collect();
    let command = format!("rvenv {}", words.join(" "));
    let is_hook = command_index(&words).is_some_and(|index| words[index] == "hook");
    let line = match shell {
        Shell::Nushell if is_hook => {
            format!("{command} | save -f ($nu.default-config-dir | path join rvenv-hook.nu)")
        }
        _ => shell.evaluate_line().replace("rvenv activate", &command),
    };
    ui.warn(format_args!("the shell has to evaluate what this command prints: {line}"));
    Ok(())
}
