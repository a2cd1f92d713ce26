//! Activation on a change of directory: the hook for a shell's start-up file, and what it evaluates.
//!
//! The hook's memory is in three variables of the shell: `_RVENV_HOOK` is the environment that the
//! hook activated, with a `!` before it once the user ended that by hand; `_RVENV_HOOK_TOLD` what
//! was named already; `_RVENV_HOOK_PWD`, which is not exported, where the shell was last.

use std::path::{Path, PathBuf};

use super::template::{self, Value};
use super::{Activation, Language, Shell, activate, deactivate, quote};
use crate::error::{Error, Result};
use crate::host::Host;

const MARK: &str = "_RVENV_HOOK";
const TOLD: &str = "_RVENV_HOOK_TOLD";

/// What a shell's start-up file evaluates; `program` is rvenv itself.
///
/// # Errors
/// [`Error::NoHook`], and [`Error::Unrepresentable`] when the shell has no way to write down `program`.
pub fn hook(shell: Shell, program: &Path) -> Result<Vec<u8>> {
    let template = match shell {
        Shell::Bash => include_str!("scripts/hook.bash"),
        Shell::Zsh => include_str!("scripts/hook.zsh"),
        Shell::Fish => include_str!("scripts/hook.fish"),
        Shell::Sh | Shell::Dash | Shell::Ksh | Shell::Mksh | Shell::Yash => {
            include_str!("scripts/hook.sh")
        }
        Shell::Csh
        | Shell::Tcsh
        | Shell::Nushell
        | Shell::PowerShell
        | Shell::Cmd
        | Shell::Elvish
        | Shell::Xonsh => return Err(Error::NoHook { shell }),
    };
    let literal = quote::literal(shell.language(), program.as_os_str().as_encoded_bytes());
    let literal = literal.ok_or_else(|| Error::Unrepresentable { shell, value: program.into() })?;
    template::render(template, &[Value { name: "PROGRAM", literal }])
}

/// Who made the activation that a shell has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Active {
    /// Nothing is active.
    Nothing,
    /// The hook made it.
    ByHook(PathBuf),
    /// The hook made one, and the user ended it.
    Ended(PathBuf),
    /// The user, or another tool.
    ByHand,
}

impl Active {
    /// What the shell's variables say.
    pub fn of(host: &Host) -> Self {
        let mark = host.path_var(MARK).map(|mark| {
            let ended = mark.to_str().and_then(|mark| mark.strip_prefix('!'));
            ended.map_or(mark, Path::new).to_owned()
        });
        match (host.path_var("VIRTUAL_ENV"), mark) {
            (None, None) => Self::Nothing,
            (None, Some(ended)) => Self::Ended(ended),
            (Some(active), Some(ours)) if host.path_var(MARK) == Some(active) => Self::ByHook(ours),
            (Some(_), _) => Self::ByHand,
        }
    }

    /// What is to be done where `here` is the environment that may be activated, if there is one.
    pub fn step(&self, here: Option<&Path>) -> Step {
        match (self, here) {
            (Self::ByHand, _) | (Self::Nothing, None) => Step::Stay,
            (Self::ByHook(there) | Self::Ended(there), Some(here)) if there == here => Step::Stay,
            (_, Some(_)) => Step::Enter,
            (Self::ByHook(_), None) => Step::Leave,
            (Self::Ended(_), None) => Step::Forget,
        }
    }
}

/// What is to be done after a change of directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Stay,
    /// Activate the environment, over what the hook activated before.
    Enter,
    /// Deactivate.
    Leave,
    /// Forget that the user ended an activation.
    Forget,
}

/// The code that activates on entering a project.
///
/// # Errors
/// As [`activate`].
pub fn enter(shell: Shell, activation: &Activation, host: &Host) -> Result<Vec<u8>> {
    let mut code = activate(shell, activation, host)?;
    // As the shell has it: on Windows, Git Bash and its kin have paths of their own.
    code.extend(match shell.language() {
        Language::Fish => &b"set -gx _RVENV_HOOK $VIRTUAL_ENV\n"[..],
        _ => b"export _RVENV_HOOK=\"$VIRTUAL_ENV\"\n",
    });
    Ok(code)
}

/// The code that deactivates on leaving one.
///
/// # Errors
/// As [`deactivate`].
pub fn leave(shell: Shell, host: &Host) -> Result<Vec<u8>> {
    let mut code = deactivate(shell, host)?;
    code.extend(forget(shell));
    Ok(code)
}

/// The code that forgets what the hook activated.
pub fn forget(shell: Shell) -> &'static [u8] {
    match shell.language() {
        Language::Fish => b"set -e _RVENV_HOOK\n",
        _ => b"unset _RVENV_HOOK\n",
    }
}

/// The fingerprints of the environments that were named in this session.
#[derive(Clone, Debug)]
pub struct Told(String);

impl Told {
    /// What the shell's variables say.
    pub fn of(host: &Host) -> Self {
        let told = host.var(TOLD).and_then(|told| told.to_str()).unwrap_or_default();
        Self(told.chars().filter(|char| char.is_ascii_hexdigit() || *char == ':').collect())
    }

    /// Whether this was named already.
    pub fn contains(&self, fingerprint: &str) -> bool {
        self.0.split(':').any(|told| told == fingerprint)
    }

    /// The code that remembers one more.
    pub fn and(&self, shell: Shell, fingerprint: &str) -> String {
        let told = &self.0;
        match shell.language() {
            Language::Fish => format!("set -gx {TOLD} '{told}:{fingerprint}'\n"),
            _ => format!("export {TOLD}='{told}:{fingerprint}'\n"),
        }
    }
}
