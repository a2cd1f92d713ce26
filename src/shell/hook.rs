//! Activation on a change of directory: the hook for a shell's start-up file, and what it evaluates.
//!
//! The hook has its state in two exported variables, `_RVENV_HOOK`, the environment that it activated, with
//! a `!` before it once the user ended that by hand, and `_RVENV_HOOK_TOLD`, what was named already; and in
//! those of [`Memory`], which are not exported.

use std::path::{Path, PathBuf};

use super::activation::joined;
use super::activation::{Extent, activation_code, deactivation_code};
use super::hook_memory::{Memory, is_direnv, is_on_path};
use super::template;
use super::template::Value;
use super::{Activation, Language, Shell, data, guard, quote};
use crate::shell::{Error, Result};
use crate::support::host::Host;

const MARK: &str = "_RVENV_HOOK";
const TOLD: &str = "_RVENV_HOOK_TOLD";

/// The code for a shell's start-up file; `program` is the path of rvenv.
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
        Shell::Elvish => include_str!("scripts/hook.elv"),
        Shell::Xonsh => include_str!("scripts/hook.xsh"),
        Shell::Nushell => include_str!("scripts/hook.nu"),
        Shell::PowerShell => include_str!("scripts/hook.ps1"),
        Shell::Tcsh => include_str!("scripts/hook.tcsh"),
        Shell::Csh | Shell::Cmd => return Err(Error::NoHook { shell }),
    };
    let literal = quote::literal(shell.language(), program.as_os_str().as_encoded_bytes());
    let literal = literal.ok_or_else(|| Error::Unrepresentable { shell, value: program.into() })?;
    let hook = template::render(template, &[Value { name: "PROGRAM", literal }], Vec::new())?;
    let hook = if shell == Shell::Tcsh { joined(&hook) } else { hook };
    Ok(guard::guarded(shell, &hook, &format!("hook {shell}")))
}

/// The origin of the activation in a shell.
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
    /// The values of the shell's variables.
    pub fn of(host: &Host) -> Self {
        match (host.path_var("VIRTUAL_ENV"), marked(host)) {
            (None, None) => Self::Nothing,
            (None, Some(ended)) => Self::Ended(ended),
            (Some(active), Some(ours)) if host.path_var(MARK) == Some(active) => Self::ByHook(ours),
            (Some(_), _) => Self::ByHand,
        }
    }

    /// The action if `here` is the environment that may be activated.
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

/// The steps where `here` is the environment that may be activated, in their order.
pub fn steps(host: &Host, memory: &Memory, here: Option<&Path>) -> Vec<Step> {
    let active = Active::of(host);
    if let Some(root) = memory.came_back(host)
        && here != Some(&*root)
    {
        let next = if here.is_some() { Some(Step::Enter) } else { None };
        return std::iter::once(Step::Clear(root)).chain(next).collect();
    }
    match (&active, marked(host)) {
        (Active::ByHook(there), _) if here == Some(&**there) => {
            let step = if memory.has_to_repair(there, host) { Step::Enter } else { Step::Stay };
            vec![step]
        }
        (Active::ByHand, Some(there)) if host.path_var("VIRTUAL_ENV") == Some(&*there) => {
            match (memory.is_restored(&there, host), here) {
                (true, Some(_)) => vec![Step::Enter],
                (true, None) => vec![Step::Clear(there), Step::Forget],
                (false, _) => vec![Step::Stay],
            }
        }
        (Active::ByHand, Some(there)) if memory.has_to_release(&there, host) => vec![Step::Release],
        (Active::Ended(there), _) if memory.has_to_release(there, host) => {
            if here.is_some_and(|here| here != there) {
                vec![Step::Enter]
            } else {
                vec![Step::Release, active.step(here)]
            }
        }
        (Active::Ended(there), _)
            if here != Some(&**there) && is_direnv(host) && is_on_path(there, host) =>
        {
            vec![Step::Clear(there.clone()), active.step(here)]
        }
        _ => vec![active.step(here)],
    }
}

/// The environment that the mark names.
fn marked(host: &Host) -> Option<PathBuf> {
    let mark = host.path_var(MARK)?;
    let ended = mark.to_str().and_then(|mark| mark.strip_prefix('!'));
    Some(host.native(ended.map_or(mark, Path::new)).into_owned())
}

/// The action after a change of directory, of PATH or of `VIRTUAL_ENV`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Stay,
    /// Activate the environment, over what the hook activated before.
    Enter,
    /// Deactivate.
    Leave,
    /// Forget that the user ended an activation.
    Forget,
    /// Remove what the hook's activation added, and leave `VIRTUAL_ENV`, which others changed, as it is.
    Release,
    /// Remove an environment that another tool restored after the hook had left it.
    Clear(PathBuf),
}

/// The code for [`Step::Release`].
///
/// # Errors
/// As [`deactivate`](super::deactivate).
pub fn release(shell: Shell, host: &Host) -> Result<Vec<u8>> {
    let mut code = deactivation(shell, host, Extent::Activation)?;
    if let Some(root) = host.path_var("VIRTUAL_ENV") {
        code.extend(assign_root(shell, root)?);
    }
    Ok(code)
}

/// The code for [`Step::Clear`].
///
/// # Errors
/// As [`deactivate`](super::deactivate).
pub fn clear(shell: Shell, root: &Path, host: &Host) -> Result<Vec<u8>> {
    let mut code = assign_root(shell, root)?;
    code.extend(deactivation(shell, host, Extent::Environment)?);
    Ok(code)
}

fn deactivation(shell: Shell, host: &Host, extent: Extent) -> Result<Vec<u8>> {
    Ok(piece(shell, &deactivation_code(shell, host, extent)?))
}

/// `code` so that it can follow other code of the hook.
fn piece(shell: Shell, code: &[u8]) -> Vec<u8> {
    let start: &[u8] = if shell.language() == Language::Csh { b"; " } else { b"" };
    [start, code].concat()
}

/// The start of an exported assignment. With `set -k`, `export` gets none; zsh can warn of one that a
/// function makes by itself.
fn exported(shell: Shell, name: &str) -> String {
    match shell {
        Shell::Zsh => format!("typeset -gx {name}="),
        _ => format!("export {name}; {name}="),
    }
}

/// Sets `VIRTUAL_ENV`.
fn assign_root(shell: Shell, root: &Path) -> Result<Vec<u8>> {
    let exported = exported(shell, "VIRTUAL_ENV");
    let start: &[u8] = match Syntax::of(shell)? {
        Syntax::Posix => exported.as_bytes(),
        Syntax::Fish => b"set -gx VIRTUAL_ENV ",
        Syntax::Csh => b"; setenv VIRTUAL_ENV ",
        Syntax::PowerShell => b"$env:VIRTUAL_ENV = ",
        Syntax::Elvish => b"set-env VIRTUAL_ENV ",
        Syntax::Xonsh => b"$VIRTUAL_ENV = ",
        Syntax::Nushell => return data::json(shell, &[("VIRTUAL_ENV", Some(root.into()))]),
    };
    let literal = quote::literal(shell.language(), root.as_os_str().as_encoded_bytes());
    let literal = literal.ok_or_else(|| Error::Unrepresentable { shell, value: root.into() })?;
    Ok([start, &literal, b"\n"].concat())
}

/// The code that activates on entering a project.
///
/// # Errors
/// As [`activate`](super::activate), and [`Error::NoHook`].
pub fn enter(shell: Shell, activation: &Activation, host: &Host) -> Result<Vec<u8>> {
    // As the shell has it: on Windows, Git Bash and its kin have paths of their own.
    let mark = match Syntax::of(shell)? {
        Syntax::Posix => [exported(shell, MARK).as_bytes(), b"\"$VIRTUAL_ENV\"\n"].concat(),
        Syntax::Fish => b"set -gx _RVENV_HOOK $VIRTUAL_ENV\n".to_vec(),
        Syntax::Csh => b"; setenv _RVENV_HOOK $VIRTUAL_ENV:q\n".to_vec(),
        Syntax::PowerShell => b"$env:_RVENV_HOOK = $env:VIRTUAL_ENV\n".to_vec(),
        Syntax::Elvish => b"set-env _RVENV_HOOK $E:VIRTUAL_ENV\n".to_vec(),
        Syntax::Xonsh => b"$_RVENV_HOOK = $VIRTUAL_ENV\n".to_vec(),
        Syntax::Nushell => data::json(shell, &[(MARK, Some(activation.root.into()))])?,
    };
    let mut code = piece(shell, &activation_code(shell, activation, host)?);
    code.extend(mark);
    Ok(code)
}

/// The code that deactivates on leaving one.
///
/// # Errors
/// As [`deactivate`](super::deactivate), and [`Error::NoHook`].
pub fn leave(shell: Shell, host: &Host) -> Result<Vec<u8>> {
    let extent = if is_direnv(host) { Extent::Environment } else { Extent::Activation };
    let mut code = deactivation(shell, host, extent)?;
    code.extend(forget(shell)?.as_bytes());
    Ok(code)
}

/// The code that forgets what the hook activated.
///
/// # Errors
/// [`Error::NoHook`].
pub fn forget(shell: Shell) -> Result<&'static str> {
    Ok(match Syntax::of(shell)? {
        Syntax::Posix => "unset _RVENV_HOOK || :\n",
        Syntax::Fish => "set -e _RVENV_HOOK\n",
        Syntax::Csh => "; unsetenv _RVENV_HOOK\n",
        Syntax::PowerShell => "$env:_RVENV_HOOK = $null\n",
        Syntax::Elvish => "unset-env _RVENV_HOOK\n",
        Syntax::Xonsh => "del $_RVENV_HOOK\n",
        Syntax::Nushell => "{\"_RVENV_HOOK\":null}\n",
    })
}

/// The fingerprints of the environments that were named in this session.
#[derive(Clone, Debug)]
pub struct Told(String);

impl Told {
    /// The values of the shell's variables.
    pub fn of(host: &Host) -> Self {
        let told = host.var(TOLD).and_then(|told| told.to_str()).unwrap_or_default();
        Self(told.chars().filter(|char| char.is_ascii_hexdigit() || *char == ':').collect())
    }

    /// Whether this was named already.
    pub fn contains(&self, fingerprint: &str) -> bool {
        self.0.split(':').any(|told| told == fingerprint)
    }

    /// The code that remembers one more: digits and colons, which every shell takes in quotes.
    ///
    /// # Errors
    /// [`Error::NoHook`].
    pub fn and(&self, shell: Shell, fingerprint: &str) -> Result<String> {
        let told = format!("{}:{fingerprint}", self.0);
        Ok(match Syntax::of(shell)? {
            Syntax::Posix => format!("{}'{told}'\n", exported(shell, TOLD)),
            Syntax::Fish => format!("set -gx {TOLD} '{told}'\n"),
            Syntax::Csh => format!("; setenv {TOLD} '{told}'\n"),
            Syntax::PowerShell => format!("$env:{TOLD} = '{told}'\n"),
            Syntax::Elvish => format!("set-env {TOLD} '{told}'\n"),
            Syntax::Xonsh => format!("${TOLD} = '{told}'\n"),
            Syntax::Nushell => format!("{{\"{TOLD}\":\"{told}\"}}\n"),
        })
    }
}

/// The languages that a hook is written in.
#[derive(Clone, Copy, Debug)]
enum Syntax {
    Posix,
    Fish,
    /// Its backquotes make one line of all: a piece that follows another begins with `;`.
    Csh,
    PowerShell,
    Elvish,
    Xonsh,
    /// Data: an object a line.
    Nushell,
}

impl Syntax {
    const fn of(shell: Shell) -> Result<Self> {
        match shell.language() {
            Language::Posix => Ok(Self::Posix),
            Language::Fish => Ok(Self::Fish),
            Language::Elvish => Ok(Self::Elvish),
            Language::Python => Ok(Self::Xonsh),
            Language::Nushell => Ok(Self::Nushell),
            Language::Csh => Ok(Self::Csh),
            Language::PowerShell => Ok(Self::PowerShell),
            Language::Batch => Err(Error::NoHook { shell }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn active(vars: &[(&str, &str)]) -> Active {
        Active::of(&Host::new(vars.iter().copied(), "/"))
    }

    #[test]
    fn only_its_own_activation_is_the_hooks() {
        assert_eq!(active(&[]), Active::Nothing);
        assert_eq!(active(&[("VIRTUAL_ENV", "/one")]), Active::ByHand);
        let ours = [("VIRTUAL_ENV", "/one"), ("_RVENV_HOOK", "/one")];
        assert_eq!(active(&ours), Active::ByHook("/one".into()));
        for mark in ["/one", "!/one"] {
            assert_eq!(active(&[("_RVENV_HOOK", mark)]), Active::Ended("/one".into()));
            let other = [("VIRTUAL_ENV", "/two"), ("_RVENV_HOOK", mark)];
            assert_eq!(active(&other), Active::ByHand);
        }
        let again = [("VIRTUAL_ENV", "/one"), ("_RVENV_HOOK", "!/one")];
        assert_eq!(active(&again), Active::ByHand);
    }

    /// Git Bash translates `/c/a`, and does not see a path in `!/c/a`.
    #[test]
    fn a_mark_that_was_not_translated_is_read() {
        let host = |mark| Host::new([("_RVENV_HOOK", mark)], "/").on(crate::Platform::Windows);
        for mark in ["!/c/a", "!/cygdrive/c/a", r"C:\a"] {
            assert_eq!(Active::of(&host(mark)), Active::Ended(r"C:\a".into()), "{mark}");
        }
    }

    #[test]
    fn each_state_has_its_step() {
        let (a, b) = (Path::new("/a"), Path::new("/b"));
        let steps = |active: Active| [None, Some(a), Some(b)].map(|here| active.step(here));
        assert_eq!(steps(Active::Nothing), [Step::Stay, Step::Enter, Step::Enter]);
        assert_eq!(steps(Active::ByHook(a.into())), [Step::Leave, Step::Stay, Step::Enter]);
        assert_eq!(steps(Active::Ended(a.into())), [Step::Forget, Step::Stay, Step::Enter]);
        assert_eq!(steps(Active::ByHand), [Step::Stay, Step::Stay, Step::Stay]);
    }
}
