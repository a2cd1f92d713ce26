//! The command to type after `rvenv create`, and the notes on other environments.

use std::path::{Path, PathBuf};

use rvenv::shell;
use rvenv::shell::Shell;
use rvenv::support::host::Platform;
use rvenv::venv;

use crate::commands::Context;
use crate::ui;

/// Prints how to activate the new environment, unless it is active or a hook activates it; and, if no
/// directory was named, another environment of this project or of a parent.
pub(super) fn report(dir: &Path, is_default: bool, context: &Context<'_>) {
    let host = &context.host;
    if context.ui.is_quiet() {
        return;
    }
    if let Some(other) = Some(()).filter(|()| is_default).and_then(|()| venv::other(host)) {
        let line = activation(&other, context);
        context
            .ui
            .say(format_args!("note: there is also `{}`; to activate it: {line}", other.display()));
    }
    let root = host.absolute(dir);
    let is_active = venv::active(host).is_some_and(|active| {
        active == root || shell_path(&active).is_some_and(|path| Some(path) == shell_path(&root))
    });
    // The shell's hook exports it (src/shell/hook.rs).
    let has_hook = host.var("_RVENV_HOOK").is_some();
    if is_active || (has_hook && is_found(dir)) {
        return;
    }
    context.ui.say(format_args!("next: {}", activation(dir, context)));
}

fn shell_path(path: &Path) -> Option<PathBuf> {
    rvenv::support::path::canonicalize(path).ok()
}

/// Whether `activate` finds the directory without an argument.
fn is_found(dir: &Path) -> bool {
    venv::NAMES.iter().any(|name| dir == Path::new(name))
}

/// The line that activates `dir` in the calling shell.
fn activation(dir: &Path, context: &Context<'_>) -> String {
    let usual = match context.host.platform() {
        Platform::Windows => Shell::PowerShell,
        Platform::Linux | Platform::MacOs => Shell::Sh,
    };
    let shell = shell::detect(&context.host).unwrap_or(usual);
    let argument = if is_found(dir) { String::new() } else { format!(" {}", ui::path_word(dir)) };
    shell.evaluate_line().replace("rvenv activate", &format!("rvenv activate{argument}"))
}
