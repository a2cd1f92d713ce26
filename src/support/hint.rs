//! The next step for the user after an error, as data; the binary has the texts.

use std::path::PathBuf;

/// The next step after an error; the binary has the text.
#[derive(Clone, Debug, PartialEq, Eq)]
// Exhaustive, so that the compiler reports a hint without a text.
pub enum Hint {
    /// Create an environment first.
    CreateEnvironment,
    /// Name this environment, which is not found without its name.
    NameEnvironment(PathBuf),
    /// Allow the use of this project directory.
    AllowProject(PathBuf),
    /// Permit the use of a project by a variable.
    TrustByVariable,
    /// Revoke the permission of others to write to this directory.
    MakePrivate(PathBuf),
    /// List the available Pythons.
    ListPythons,
    /// Name a Python, which overrides the files that select one.
    NamePython,
    /// Select this version, which a version manager has.
    SelectVersion(String),
    /// List the forms of a request for a Python.
    FormsOfRequests,
    /// Install a Python with this command.
    InstallPython(String),
    /// Permit builds and URLs, or trust this environment.
    PermitBuild(PathBuf),
    /// After a refusal to delete.
    Deletion(DeletionHint),
    /// Repeat the command.
    Retry,
    /// Leave pip out (`--without-pip`), give a wheel (`--pip FILE.whl`), or install the operating
    /// system's package.
    WaysToPip {
        /// The operating system's package, if known: `python3.11-venv`.
        package: Option<String>,
    },
    /// Name one of the known shells.
    NameShell,
    /// This shell has a hook for a change of directory.
    HookOf(&'static str),
    /// Rename this, which is in the place of an environment.
    Rename(PathBuf),
    /// Choose another path.
    ChooseAnotherPath,
    /// Replace the environment, or upgrade it to the other Python.
    ClearOrUpgrade,
    /// Check this environment and repair it.
    CheckEnvironment(PathBuf),
    /// Similar names.
    DidYouMean(Vec<String>),
    /// List the settings.
    ShowSettings,
    /// Set this key in the user's file, or by its flag or variable.
    SetByUser(&'static str),
    /// Move all settings into one of the two.
    KeepOneConfiguration,
    /// A package of this name may contain the command.
    InstallCommand(String),
    /// Uninstall the package of this name.
    Uninstall(String),
    /// Name packages to install.
    NamePackages,
    /// Change to the environment's parent directory.
    ChangeDirectory,
    /// After a refusal to pack.
    Pack(PackHint),
}

/// The next step after a refusal to delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeletionHint {
    /// Permit the deletion of a directory that is not an environment.
    Force,
    /// Permit the deletion of the user's files.
    WithUserFiles,
    /// Unmount this first.
    Unmount(PathBuf),
    /// Repeat the command with the target of the link.
    NameTarget {
        /// The link, as it was given.
        link: PathBuf,
        /// The real path.
        target: PathBuf,
    },
    /// Run a copy of this program, because the command would delete the program itself.
    RunCopy(PathBuf),
}

/// The next step after a refusal to pack an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackHint {
    /// Repair this environment, or pack it as it is.
    FixOrForce(PathBuf),
    /// Install the packages into the environment, or pack it without them.
    InstallOrForce,
    /// Leave this out of the archive.
    Exclude(PathBuf),
    /// Include editable installs, or leave them out.
    EditableChoices,
    /// Pack without `--with-python`.
    WithoutPython,
    /// Pack without `--strict`.
    WithoutStrict,
    /// Install a project as a copy.
    InstallPlainly,
}
