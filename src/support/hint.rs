//! The next step that a user can take after an error, as data: the binary words it.

use std::path::PathBuf;

/// The next step after an error; the binary words it.
#[derive(Clone, Debug, PartialEq, Eq)]
// Exhaustive: who words hints is to find the one that has no words yet.
pub enum Hint {
    /// Make an environment first.
    CreateEnvironment,
    /// Name this environment, which is not found without its name.
    NameEnvironment(PathBuf),
    /// Allow the use of what is in this directory.
    AllowProject(PathBuf),
    /// See which Pythons there are.
    ListPythons,
    /// Install a Python with this command.
    InstallPython(String),
    /// Say that the directory may go although it is no environment.
    Force,
    /// Say that the user's files in it may go, too.
    WithUserFiles,
    /// Unmount this first.
    Unmount(PathBuf),
    /// Give the same command with the path that the link points to.
    NameTarget {
        /// The link, as it was given.
        link: PathBuf,
        /// The real path.
        target: PathBuf,
    },
    /// Do it again.
    Retry,
    /// Run a copy of this program, because the command would delete the program itself.
    RunCopy(PathBuf),
    /// Do without pip (`--without-pip`), give one (`--pip FILE.whl`), or install what the
    /// distribution ships it in.
    WaysToPip {
        /// The distribution's package, where it is known: `python3.11-venv`.
        package: Option<String>,
    },
    /// Name one of the known shells.
    NameShell,
    /// This shell has a hook for a change of directory.
    HookOf(&'static str),
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
