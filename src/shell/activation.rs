//! The code that `rvenv activate` and `rvenv deactivate` print, and the activation scripts on disk.

use std::ffi::OsStr;
use std::path::Path;

use super::{Language, Shell, batch, data, guard};
use crate::shell::{Error, Result};
use crate::support::host::Host;

/// The environment of an activation.
#[derive(Clone, Copy, Debug)]
pub struct Activation<'a> {
    /// The environment's directory, absolute.
    pub root: &'a Path,
    /// Its directory of programs: `bin` or `Scripts`.
    pub scripts: &'a str,
    /// Its name in the prompt.
    pub prompt: &'a OsStr,
}

/// The code that `rvenv activate` prints for `shell`.
///
/// `host` gives the active environment for nushell and cmd.exe, whose code cannot determine it.
///
/// # Errors
/// [`Error::Unrepresentable`] when the shell has no way to write down a path or the prompt.
pub fn activate(shell: Shell, activation: &Activation, host: &Host) -> Result<Vec<u8>> {
    Ok(guard::guarded(shell, &activation_code(shell, activation, host)?, "activate"))
}

/// The code that a new interactive shell evaluates after its start files: that of [`activate`], and for nushell,
/// which evaluates data there, the module of the file on disk, with its `deactivate` and its prompt.
///
/// # Errors
/// As [`activate`].
pub fn start(shell: Shell, activation: &Activation, host: &Host) -> Result<Vec<u8>> {
    match shell.language() {
        Language::Nushell => {
            let module = shell.script().render(activation, "")?;
            Ok([b"module activate {\n", &*module, b"}\noverlay use activate\n"].concat())
        }
        _ => activate(shell, activation, host),
    }
}

/// The result of [`activate`], for a hook that evaluates it as one text.
pub(super) fn activation_code(
    shell: Shell,
    activation: &Activation,
    host: &Host,
) -> Result<Vec<u8>> {
    match shell.language() {
        Language::Nushell => data::json(shell, &data::activation(activation, host)),
        Language::Batch => batch::activate(activation, host),
        Language::Csh => evaluated(shell, activation).map(|script| joined(&script)),
        Language::Posix
        | Language::Fish
        | Language::PowerShell
        | Language::Elvish
        | Language::Python => evaluated(shell, activation),
    }
}

fn evaluated(shell: Shell, activation: &Activation) -> Result<Vec<u8>> {
    let cannot: fn(&OsStr) -> bool = match shell {
        // csh's backquotes turn newlines into spaces, so the evaluated code must be one line.
        Shell::Csh | Shell::Tcsh => |value| value.as_encoded_bytes().contains(&b'\n'),
        // yash reads characters, and stops at an invalid byte.
        Shell::Yash => |value| value.to_str().is_none(),
        _ => |_| false,
    };
    match [activation.root.as_os_str(), activation.prompt].into_iter().find(|value| cannot(value)) {
        Some(value) => Err(Error::Unrepresentable { shell, value: value.to_owned() }),
        None => shell.script().render(activation, ""),
    }
}

/// The code that `rvenv deactivate` prints for `shell`; it prints nothing if nothing is active.
///
/// # Errors
/// [`Error::Unrepresentable`] when the shell has no way to write down what stays on PATH.
pub fn deactivate(shell: Shell, host: &Host) -> Result<Vec<u8>> {
    Ok(guard::guarded(shell, &deactivation_code(shell, host, Extent::Environment)?, "deactivate"))
}

/// The entries that a deactivation removes from PATH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// The entry that this shell's activation added.
    Activation,
    /// All entries of the environment.
    Environment,
}

/// The result of [`deactivate`], for a hook that evaluates it as one text.
pub(super) fn deactivation_code(shell: Shell, host: &Host, extent: Extent) -> Result<Vec<u8>> {
    let definition = shell.script().deactivate;
    let call = match (shell.language(), extent) {
        (Language::Nushell, _) => return data::json(shell, &data::deactivation(host, extent)),
        (Language::Batch, _) => return batch::deactivate(host),
        (Language::Posix | Language::PowerShell, Extent::Activation) => "_rvenv_deactivate",
        (Language::Posix, Extent::Environment) => "_rvenv_deactivate everywhere",
        (Language::Fish | Language::Elvish, Extent::Activation) => "deactivate",
        (Language::Fish, Extent::Environment) => "deactivate everywhere",
        (Language::Elvish, Extent::Environment) => "deactivate &everywhere",
        (Language::PowerShell, Extent::Environment) => "_rvenv_deactivate -Everywhere",
        (Language::Python, Extent::Activation) => "_rvenv_deactivate()",
        (Language::Python, Extent::Environment) => "_rvenv_deactivate(everywhere=True)",
        // An alias is known by its name only after the line that made it.
        (Language::Csh, Extent::Activation) => "eval deactivate",
        (Language::Csh, Extent::Environment) => "set _rvenv_everywhere; eval deactivate",
    };
    let code = format!("{definition}{call}\n").into_bytes();
    Ok(if shell.language() == Language::Csh { joined(&code) } else { code })
}

/// The commands of `script`, each ended by `;`, as csh's backquotes make a space of each line end. They stay
/// lines, without those that are empty or a comment: in quotes each line is a word, which has to fit into a
/// buffer of csh (`BUFSIZE`, 4,096, in `word` of its lexer; csh 20110502 takes up to 4,090 bytes).
pub(super) fn joined(script: &[u8]) -> Vec<u8> {
    let commands = script
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty() && !line.starts_with(b"#"));
    let mut out = commands.collect::<Vec<_>>().join(&b";\n"[..]);
    out.push(b'\n');
    out
}
