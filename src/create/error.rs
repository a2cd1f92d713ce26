//! The failures to create or upgrade an environment.

use std::io;
use std::path::PathBuf;

use super::python_choice::Origin;
use crate::support::hint::Hint;
use crate::{fs, python, seed, settings, shell, store, support, venv};

/// The result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failures to create or upgrade an environment.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A request for a Python cannot be parsed.
    #[error("cannot read the Python that {origin} requests")]
    UnreadableRequest {
        /// The source of the request.
        origin: Origin,
        /// The cause.
        source: Box<python::Error>,
    },

    /// A version file exists, and no version can be read from it.
    #[error("cannot read a version of Python from `{}`{}", path.display(), line.map(|line| format!(", line {line}")).unwrap_or_default())]
    UnreadableVersionFile {
        /// The file.
        path: PathBuf,
        /// The line that is not valid text, counted from 1.
        line: Option<usize>,
        /// The cause, unless it is a line's encoding.
        source: Option<fs::Error>,
    },

    /// The environment's path is a file or a device.
    #[error("`{}` exists and is not a directory", path.display())]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },

    /// A link to a directory that contains the user's files.
    #[error("`{}` is a link to `{}`, which is neither an environment nor empty", path.display(), target.display())]
    LinkToFiles {
        /// The link.
        path: PathBuf,
        /// Its target.
        target: PathBuf,
    },

    /// A link that cannot be followed: it leads to itself, or through a directory that is closed.
    #[error("cannot follow the link `{}`", path.display())]
    UnusableLink {
        /// The link.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },

    /// A file of the user has the path of a file to create.
    #[error("`{}` exists, and no environment tool created it", path.display())]
    WouldOverwrite {
        /// The file.
        path: PathBuf,
    },

    /// The environment has another minor version: a new interpreter would not find its packages.
    #[error("`{}` is an environment of Python {has}, not of {wanted}", path.display())]
    OtherPython {
        /// The environment.
        path: PathBuf,
        /// Its version.
        has: String,
        /// The requested version.
        wanted: String,
    },

    /// The packages could not be installed for the new Python.
    #[error("not all packages of `{}` could be installed for the new Python{}: the environment is unchanged", path.display(), if *wheels_only { ", without a build" } else { "" })]
    NotReinstalled {
        /// The environment.
        path: PathBuf,
        /// Whether only wheels were permitted, as the environment is not trusted.
        wheels_only: bool,
    },

    /// The packages for a new environment could not be installed.
    #[error("the packages of `{}` could not be installed: it was not created or replaced", path.display())]
    NotInstalled {
        /// The environment.
        path: PathBuf,
    },

    /// A file contains the path of the staging area where it cannot be rewritten.
    #[error("`{}`, installed again, contains the path of its environment and cannot be moved: `{}` is unchanged", file.display(), path.display())]
    NotRelocatable {
        /// The environment.
        path: PathBuf,
        /// The file, relative to it.
        file: PathBuf,
    },

    /// What an environment that is not trusted contains would be fetched from a URL or built, which starts
    /// programs that its files name.
    #[error("`{}` is not trusted, and these of its packages need a URL or a build: {}", path.display(), requirements.join(", "))]
    NeedsBuild {
        /// The environment.
        path: PathBuf,
        /// As in a file of requirements, without credentials.
        requirements: Vec<String>,
    },

    /// The environment contains files whose origin is not recorded, so that they cannot be installed again.
    #[error("`{}` contains {}, whose origin is not recorded: the environment is unchanged", path.display(), entries.join(", "))]
    NotReinstallable {
        /// The environment.
        path: PathBuf,
        /// Their names in its `site-packages`.
        entries: Vec<String>,
    },

    /// An error of a lower layer.
    #[error(transparent)]
    Support(support::Error),

    /// An error of a lower layer.
    #[error(transparent)]
    Fs(fs::Error),

    /// An error of a lower layer.
    #[error(transparent)]
    Python(python::Error),

    /// An error of a lower layer.
    #[error(transparent)]
    Shell(shell::Error),

    /// An error of a lower layer.
    #[error(transparent)]
    Settings(settings::Error),

    /// An error of a lower layer.
    #[error(transparent)]
    Venv(venv::Error),

    /// An error of a lower layer.
    #[error(transparent)]
    Seed(seed::Error),

    /// An error of a lower layer.
    #[error(transparent)]
    Store(store::Error),
}

support::lift_errors! { Error {
    support::Error => Support [],
    fs::Error => Fs [Support],
    python::Error => Python [Support, Fs],
    shell::Error => Shell [],
    settings::Error => Settings [Support, Fs, Python],
    venv::Error => Venv [Support, Fs, Python, Shell],
    seed::Error => Seed [Support, Fs, Python],
    store::Error => Store [Support, Fs],
}}

impl Error {
    /// The next step for the user, if there is one.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::NotADirectory { .. }
            | Self::LinkToFiles { .. }
            | Self::UnusableLink { .. }
            | Self::WouldOverwrite { .. } => Some(Hint::ChooseAnotherPath),
            Self::UnreadableRequest { source, .. } => source.hint(),
            Self::OtherPython { .. } => Some(Hint::ClearOrUpgrade),
            Self::UnreadableVersionFile { .. } => Some(Hint::NamePython),
            Self::NeedsBuild { path, .. } | Self::NotReinstalled { path, wheels_only: true } => {
                Some(Hint::PermitBuild(path.clone()))
            }
            _ => self.lower_hint(),
        }
    }
}
