//! The failures to write activation code.

use std::ffi::OsString;
use std::path::PathBuf;

use super::Shell;
use crate::support::hint::Hint;

/// The result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failures to write activation code.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No shell has this name.
    #[error("unknown shell `{name}`")]
    UnknownShell {
        /// As it was given.
        name: String,
    },

    /// An environment lacks the activation script of a shell.
    #[error("`{}` has no `{file}`", env.display())]
    NoActivationScript {
        /// The environment.
        env: PathBuf,
        /// The script's name.
        file: &'static str,
    },

    /// A shell's language cannot represent a value.
    #[error("{shell} cannot represent `{}`", value.display())]
    Unrepresentable {
        /// The shell.
        shell: Shell,
        /// A path or a prompt.
        value: OsString,
    },

    /// A script template and its values do not match: an error in rvenv.
    #[error("the activation script has a wrong placeholder `{name}`")]
    Placeholder {
        /// The placeholder that is unknown or unused.
        name: String,
    },

    /// The process tree shows no shell that rvenv knows.
    #[error("cannot determine the calling shell")]
    UnknownCallingShell,

    /// A shell without a hook for a change of directory.
    #[error("{shell} has no hook for a change of directory")]
    NoHook {
        /// The shell.
        shell: Shell,
    },
}

impl Error {
    /// The next step for the user, if there is one.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::NoHook { shell: Shell::Csh } => Some(Hint::HookOf(Shell::Tcsh.name())),
            Self::NoHook { .. } => Some(Hint::HookOf(Shell::PowerShell.name())),
            Self::UnknownShell { .. } | Self::UnknownCallingShell => Some(Hint::NameShell),
            Self::NoActivationScript { env, .. } => Some(Hint::CheckEnvironment(env.clone())),
            Self::Unrepresentable { shell: Shell::Cmd, .. } => Some(Hint::ChangeDirectory),
            Self::Unrepresentable { .. } | Self::Placeholder { .. } => None,
        }
    }
}
