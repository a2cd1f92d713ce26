//! The commands whose output a shell evaluates, which has to fail there when the command fails.

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;

use rvenv::Host;
use rvenv::shell;
use rvenv::shell::Shell;

use crate::ui;

const COMMANDS: [&str; 4] = ["activate", "activate-script", "deactivate", "hook"];

/// Prints the code that fails, where `args` (without the program) ask for code to evaluate. It is
/// read from the words as they are: what failed may be their parsing.
pub(crate) fn print_failure(args: impl Iterator<Item = OsString>) {
    let args: Vec<_> = args.collect();
    let words = || args.iter().filter_map(|arg| arg.to_str());
    let Some(command) = words().find(|word| !word.starts_with('-')) else { return };
    if !COMMANDS.contains(&command) || std::io::stdout().is_terminal() {
        return;
    }
    let named = words().skip_while(|word| *word != "--shell").nth(1);
    let named = named.or_else(|| words().find_map(|word| word.strip_prefix("--shell=")));
    let of_hook = || words().filter(|word| !word.starts_with('-')).nth(1);
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

/// Names the line to type, where the code goes to a terminal and no shell evaluates it.
pub(super) fn hint_on_terminal(shell: Shell, command: &str, ui: &ui::Ui) {
    if std::io::stdout().is_terminal() {
        let line = shell.evaluate_line().replace("rvenv activate", &format!("rvenv {command}"));
        ui.warn(format_args!("this code does nothing until the shell evaluates it: {line}"));
    }
}
