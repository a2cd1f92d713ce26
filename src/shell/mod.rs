//! Activation code for every shell: one table of shells, one quoter per language, one renderer.
//!
//! The scripts are files under `scripts/`. Each language has one for activation, which is both the file on
//! disk and what `rvenv activate` prints, and one for deactivation. nushell has only the file on disk, because
//! it evaluates no code; `rvenv activate` prints data for it.

mod activation;
mod batch;
mod data;
mod detect;
mod error;
mod guard;
mod hook;
mod hook_memory;
mod integrity;
mod parents;
mod quote;
mod script;
mod template;

use std::fmt;
use std::str::FromStr;

pub use activation::{Activation, activate, deactivate, start};
pub use data::{Change, process};
pub use detect::detect;
pub use error::{Error, Result};
pub use guard::failure;
pub use hook::{Active, Step, Told, clear, enter, forget, hook, leave, release, steps};
pub use hook_memory::Memory;
pub(crate) use integrity::{Seal, seal};
pub(crate) use quote::literal;
pub use quote::nushell_literal;
pub use script::Script;

/// A POSIX shell script from a template, in which the value of that name replaces `__RVENV_NAME__`.
///
/// # Errors
/// [`Error::Placeholder`] when the template and the values have other names: a mistake in this crate.
pub(crate) fn render_posix(template: &str, values: &[(&'static str, Vec<u8>)]) -> Result<Vec<u8>> {
    let value = |(name, literal): &(&'static str, Vec<u8>)| template::Value {
        name,
        literal: literal.clone(),
    };
    let values: Vec<_> = values.iter().map(value).collect();
    template::render(template, &values, Vec::new())
}

/// A word of a POSIX shell whose value is `value`.
pub(crate) fn posix_word(value: &[u8]) -> Vec<u8> {
    quote::literal(Language::Posix, value).unwrap_or_default()
}

/// A shell that rvenv can activate an environment in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shell {
    /// Any POSIX shell, `BusyBox`'s ash among them.
    Sh,
    /// GNU bash.
    Bash,
    /// The Z shell.
    Zsh,
    /// Debian's Almquist shell.
    Dash,
    /// `KornShell` 93.
    Ksh,
    /// The `MirBSD` Korn shell.
    Mksh,
    /// The yet another shell.
    Yash,
    /// The friendly interactive shell.
    Fish,
    /// The C shell.
    Csh,
    /// The C shell with file name completion.
    Tcsh,
    /// Nushell.
    Nushell,
    /// `PowerShell`, Windows' 5.1 and 7.
    PowerShell,
    /// The Windows command prompt.
    Cmd,
    /// Elvish.
    Elvish,
    /// Xonsh.
    Xonsh,
}

/// The language of a shell's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Posix,
    Fish,
    Csh,
    Nushell,
    PowerShell,
    Batch,
    Elvish,
    Python,
}

impl Shell {
    /// Every shell.
    pub const ALL: [Self; 15] = [
        Self::Sh,
        Self::Bash,
        Self::Zsh,
        Self::Dash,
        Self::Ksh,
        Self::Mksh,
        Self::Yash,
        Self::Fish,
        Self::Csh,
        Self::Tcsh,
        Self::Nushell,
        Self::PowerShell,
        Self::Cmd,
        Self::Elvish,
        Self::Xonsh,
    ];

    /// The name that `--shell` takes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sh => "sh",
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Dash => "dash",
            Self::Ksh => "ksh",
            Self::Mksh => "mksh",
            Self::Yash => "yash",
            Self::Fish => "fish",
            Self::Csh => "csh",
            Self::Tcsh => "tcsh",
            Self::Nushell => "nushell",
            Self::PowerShell => "powershell",
            Self::Cmd => "cmd",
            Self::Elvish => "elvish",
            Self::Xonsh => "xonsh",
        }
    }

    /// Whether the shell can run code on a change of directory.
    pub const fn has_hook(self) -> bool {
        !matches!(self, Self::Csh | Self::Cmd)
    }

    /// The line that evaluates what `rvenv activate` prints.
    pub const fn evaluate_line(self) -> &'static str {
        match self {
            Self::Sh
            | Self::Bash
            | Self::Zsh
            | Self::Dash
            | Self::Ksh
            | Self::Mksh
            | Self::Yash => r#"eval "$(rvenv activate)""#,
            Self::Fish => "rvenv activate | source",
            Self::Csh | Self::Tcsh => r#"eval "`rvenv activate`""#,
            Self::Nushell => "rvenv activate | from json | load-env",
            Self::PowerShell => "rvenv activate | Out-String | Invoke-Expression",
            Self::Cmd => r#"for /f "delims=" %i in ('rvenv activate') do @%i"#,
            Self::Elvish => "eval (rvenv activate | slurp)",
            Self::Xonsh => "execx($(rvenv activate))",
        }
    }

    const fn language(self) -> Language {
        match self {
            Self::Sh
            | Self::Bash
            | Self::Zsh
            | Self::Dash
            | Self::Ksh
            | Self::Mksh
            | Self::Yash => Language::Posix,
            Self::Fish => Language::Fish,
            Self::Csh | Self::Tcsh => Language::Csh,
            Self::Nushell => Language::Nushell,
            Self::PowerShell => Language::PowerShell,
            Self::Cmd => Language::Batch,
            Self::Elvish => Language::Elvish,
            Self::Xonsh => Language::Python,
        }
    }
}

impl fmt::Display for Shell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Shell {
    type Err = Error;

    /// Takes what people and process lists call a shell: `pwsh`, `-zsh`, `zsh-5.9`, `/bin/ash`, `bash.exe`.
    ///
    /// # Errors
    /// [`Error::UnknownShell`].
    fn from_str(text: &str) -> Result<Self> {
        let file = text.rsplit(['/', '\\']).next().unwrap_or(text).to_ascii_lowercase();
        let name = file.strip_prefix('-').unwrap_or(&file);
        let name = name.strip_suffix(".exe").unwrap_or(name);
        // NixOS' wrappers start `.bash-wrapped`; dpkg-divert and wrappers of packagers rename the original.
        let name = name.strip_prefix('.').unwrap_or(name);
        let name = ["-wrapped", "-static", ".real", ".distrib"]
            .iter()
            .find_map(|end| name.strip_suffix(end))
            .unwrap_or(name);
        Ok(match name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.')) {
            "sh" | "ash" | "busybox" | "posix" => Self::Sh,
            "bash" | "rbash" => Self::Bash,
            "zsh" | "rzsh" => Self::Zsh,
            "dash" => Self::Dash,
            "ksh" | "rksh" | "ksh93u+m" => Self::Ksh,
            "mksh" | "lksh" | "oksh" | "pdksh" => Self::Mksh,
            "yash" => Self::Yash,
            "fish" => Self::Fish,
            "csh" | "bsd-csh" => Self::Csh,
            "tcsh" => Self::Tcsh,
            "nu" | "nushell" => Self::Nushell,
            "pwsh" | "powershell" | "pwsh-preview" | "pwsh-lts" => Self::PowerShell,
            "cmd" => Self::Cmd,
            "elvish" => Self::Elvish,
            "xonsh" => Self::Xonsh,
            _ => return Err(Error::UnknownShell { name: text.to_owned() }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_reads_its_own_name() {
        for shell in Shell::ALL {
            assert_eq!(shell.name().parse::<Shell>().unwrap(), shell);
        }
    }

    #[test]
    fn shells_are_known_by_their_other_names() {
        let names = [
            ("-zsh", Shell::Zsh),
            ("zsh-5.9", Shell::Zsh),
            ("bash.exe", Shell::Bash),
            (r"C:\Program Files\Git\bin\BASH.EXE", Shell::Bash),
            ("/usr/bin/ksh93", Shell::Ksh),
            ("bsd-csh", Shell::Csh),
            ("pwsh", Shell::PowerShell),
            ("nu", Shell::Nushell),
            ("bash-static", Shell::Bash),
            (".nu-wrapped", Shell::Nushell),
            ("zsh.distrib", Shell::Zsh),
            ("/bin/ash", Shell::Sh),
        ];
        for (name, shell) in names {
            assert_eq!(name.parse::<Shell>().unwrap(), shell, "{name}");
        }
        for name in ["", "-", "python3", "bashful", "sudo", "fish/"] {
            assert!(name.parse::<Shell>().is_err(), "{name}");
        }
    }
}
