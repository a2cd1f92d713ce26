//! The failures to write activation code.

use std::ffi::OsString;
use std::path::PathBuf;

use super::Shell;
use crate::support::hint::Hint;

/// The result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failures to write activation code: each variant carries the facts, its text is a lowercase fragment.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No shell has this name.
    #[error("unknown shell `{name}`")]
    UnknownShell {
        /// As it was given.
        name: String,
    },

    /// An environment lacks the script that a shell is to run.
    #[error("`{}` has no `{file}`", env.display())]
    NoActivationScript {
        /// The environment.
        env: PathBuf,
        /// The script's name.
        file: &'static str,
    },

    /// A shell's language has no way to write a value down.
    #[error("{shell} cannot carry `{}`", value.display())]
    Unrepresentable {
        /// Which one.
        shell: Shell,
        /// A path or a prompt.
        value: OsString,
    },

    /// A script template and its values do not fit: a mistake in rvenv.
    #[error("the activation script has a wrong placeholder `{name}`")]
    Placeholder {
        /// The one that is unknown or not used.
        name: String,
    },

    /// The process tree shows no shell that rvenv knows.
    #[error("cannot tell which shell is calling")]
    UnknownCallingShell,

    /// A shell that runs nothing of ours on a change of directory.
    #[error("{shell} has no hook for a change of directory")]
    NoHook {
        /// Which one.
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
            Self::Unrepresentable { shell: Shell::Cmd, .. } => Some(Hint::GoThere),
            Self::Unrepresentable { .. } | Self::Placeholder { .. } => None,
        }
    }
}
