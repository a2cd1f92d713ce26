//! What the user can do about an error, as data: the binary words it.

use std::path::PathBuf;

use crate::error::Error;
use crate::fs::Refusal;
use crate::shell::Shell;

/// A way out of an [`Error`], for the binary to word.
#[derive(Clone, Debug, PartialEq, Eq)]
// Exhaustive: who words hints is to find the one that has no words yet.
pub enum Hint {
    /// Make an environment first.
    CreateEnvironment,
    /// See which Pythons there are.
    ListPythons,
    /// Say that the directory may go although it is no environment.
    Force,
    /// Do it again.
    Retry,
    /// Do without pip (`--without-pip`), give one (`--pip FILE.whl`), or install what the
    /// distribution ships it in.
    WaysToPip {
        /// The distribution's package, where it is known: `python3.11-venv`.
        package: Option<String>,
    },
    /// Name one of [`Shell::ALL`].
    NameShell,
    /// This shell has a hook for a change of directory.
    HookOf(Shell),
    /// Choose another place or name.
    ChooseAnotherPath,
    /// Replace what is there, or give it the other Python.
    ClearOrUpgrade,
    /// See what is wrong with this environment, and mend it.
    CheckEnvironment(PathBuf),
    /// These are the names that there are.
    DidYouMean(Vec<String>),
    /// See which settings there are.
    ShowSettings,
    /// Set this key in the user's file, or by its flag or variable.
    SetByUser(&'static str),
    /// Move all settings into one of the two.
    KeepOneConfiguration,
    /// A package of this name could bring the command.
    InstallCommand(String),
    /// Say what to install.
    NamePackages,
    /// Go to where the environment is.
    GoThere,
}

impl Error {
    /// The way out, where there is one. A `match` without `_`: a new error must decide.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::Protected { refusal: Refusal::NotAnEnvironment, .. } => Some(Hint::Force),
            Self::Occupied { .. } | Self::Changed { .. } | Self::InUse { .. } => Some(Hint::Retry),
            Self::PipOffline { .. } => Some(Hint::WaysToPip { package: None }),
            Self::PipUnavailable { package, .. } => {
                Some(Hint::WaysToPip { package: package.clone() })
            }
            Self::NoHook { shell: Shell::Csh } => Some(Hint::HookOf(Shell::Tcsh)),
            Self::NoHook { .. } => Some(Hint::HookOf(Shell::PowerShell)),
            Self::UnknownShell { .. } | Self::UnknownCallingShell => Some(Hint::NameShell),
            Self::NoEnvironment { .. } | Self::NotAnEnvironment { .. } => {
                Some(Hint::CreateEnvironment)
            }
            Self::NoPython { .. } => Some(Hint::ListPythons),
            Self::BadPyvenvCfg { path, .. } => {
                Some(Hint::CheckEnvironment(path.parent().unwrap_or(path).to_owned()))
            }
            Self::InterpreterGone { env, .. } | Self::NoActivationScript { env, .. } => {
                Some(Hint::CheckEnvironment(env.clone()))
            }
            Self::Unrepresentable { shell: Shell::Cmd, .. } => Some(Hint::GoThere),
            Self::SeparatorInPath { .. }
            | Self::LineEndInPath { .. }
            | Self::NotADirectory { .. }
            | Self::WouldOverwrite { .. } => Some(Hint::ChooseAnotherPath),
            Self::OtherPython { .. } => Some(Hint::ClearOrUpgrade),
            Self::NoCommand { near, .. } | Self::UnknownSetting { near, .. }
                if !near.is_empty() =>
            {
                Some(Hint::DidYouMean(near.clone()))
            }
            // What has a dot or a separator in it is a file, and no package.
            Self::NoCommand { command, .. } => command
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
                .then(|| Hint::InstallCommand(command.clone())),
            Self::NothingToInstall { .. } => Some(Hint::NamePackages),
            Self::UnknownSetting { .. } => Some(Hint::ShowSettings),
            Self::ForbiddenSetting { key, .. } => Some(Hint::SetByUser(key)),
            Self::TwoConfigurations { .. } => Some(Hint::KeepOneConfiguration),
            Self::BadToml { .. }
            | Self::BadSetting { .. }
            | Self::SettingsNotATable { .. }
            | Self::NotExecutable { .. }
            | Self::NoCurrentDirectory { .. }
            | Self::Io { .. }
            | Self::UnreadableRequest { .. }
            | Self::UnusablePython { .. }
            | Self::UnreadableDemand { .. }
            | Self::NotAFile { .. }
            | Self::TooLarge { .. }
            | Self::Immovable { .. }
            | Self::NoLinks { .. }
            | Self::Protected { .. }
            | Self::Interrupted { .. }
            | Self::CacheUnwritable { .. }
            | Self::CacheCleaned { .. }
            | Self::Wheel { .. }
            | Self::PythonFailed { .. }
            | Self::PipVersionInvalid { .. }
            | Self::IndexEmpty { .. }
            | Self::IndexUnreadable { .. }
            | Self::DownloadAltered { .. }
            | Self::Unrepresentable { .. }
            | Self::Placeholder { .. }
            | Self::NoTrustList
            | Self::BadRedirect { .. }
            | Self::NotReinstallable { .. }
            | Self::NotReinstalled { .. } => None,
        }
    }
}
