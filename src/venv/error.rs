//! The failures to find or read an environment.

use std::io;
use std::path::{Path, PathBuf};

use crate::support::hint::Hint;
use crate::{fs, python, shell, support};

/// The result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failures to find or read an environment.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A directory without `pyvenv.cfg`.
    #[error("`{}` is not a virtual environment: it has no `pyvenv.cfg`", path.display())]
    NotAnEnvironment {
        /// The directory.
        path: PathBuf,
    },

    /// A `pyvenv.cfg` without a required key (PEP 405).
    #[error("`{}` has no `{missing}` key", path.display())]
    BadPyvenvCfg {
        /// The file.
        path: PathBuf,
        /// The key.
        missing: &'static str,
    },

    /// No `.venv` or `venv` in a directory or above it.
    #[error("{}", no_environment(start, unnamed.as_deref()))]
    NoEnvironment {
        /// The directory in which the search began.
        start: PathBuf,
        /// An environment there that is used only if it is named.
        unnamed: Option<PathBuf>,
    },

    /// The name of an installed package where a directory was expected.
    #[error("there is no directory `{name}`, but a package of that name in `{}`", env.display())]
    PackageNotDirectory {
        /// The typed name.
        name: String,
        /// The environment that has the package.
        env: PathBuf,
    },

    /// A `.venv` file (PEP 832) that does not name a directory.
    #[error("`{}` points to `{target}`, which is not a directory", file.display())]
    BadRedirect {
        /// The redirect.
        file: PathBuf,
        /// Its content.
        target: String,
    },

    /// The environment exists, its Python does not.
    #[error("the Python of `{}` is missing: `{}` points to {}", env.display(), python.display(), shown(target.as_deref()))]
    InterpreterGone {
        /// The environment's directory.
        env: PathBuf,
        /// Its interpreter.
        python: PathBuf,
        /// The target, if it is a link.
        target: Option<PathBuf>,
        /// The error of the system.
        source: io::Error,
    },

    /// Neither the environment nor PATH has a command of this name.
    #[error("no command `{command}` in `{}` or on PATH", env.display())]
    NoCommand {
        /// The name of the command.
        command: String,
        /// The environment's directory.
        env: PathBuf,
        /// Commands of the environment with a similar name.
        near: Vec<String>,
    },

    /// The file exists and is not executable.
    #[error("`{}` cannot be executed", path.display())]
    NotExecutable {
        /// The file.
        path: PathBuf,
    },

    /// The environment's path cannot be an entry of PATH.
    #[error("`{}` contains `{separator}`, which separates the entries of PATH", path.display())]
    SeparatorInPath {
        /// The path.
        path: PathBuf,
        /// `:` or `;`.
        separator: char,
    },

    /// `pyvenv.cfg` cannot contain the environment's path.
    #[error("the path {path:?} contains a line break, which `pyvenv.cfg` cannot represent")]
    LineEndInPath {
        /// The path.
        path: PathBuf,
    },

    /// Another process cleaned the cache while this one used it.
    #[error("another process removed `{}` from the cache", path.display())]
    CacheCleaned {
        /// The missing file.
        path: PathBuf,
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
}

support::lift_errors! { Error {
    support::Error => Support [],
    fs::Error => Fs [Support],
    python::Error => Python [Support, Fs],
    shell::Error => Shell [],
}}

impl Error {
    /// The next step for the user, if there is one.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::PackageNotDirectory { name, .. } => Some(Hint::Uninstall(name.clone())),
            Self::NoEnvironment { unnamed: Some(unnamed), .. } => {
                Some(Hint::NameEnvironment(unnamed.clone()))
            }
            // `create` writes no environment into what the link leads to.
            Self::NotAnEnvironment { path } if path.is_symlink() => {
                Some(Hint::Rename(path.clone()))
            }
            Self::NoEnvironment { .. } | Self::NotAnEnvironment { .. } => {
                Some(Hint::CreateEnvironment)
            }
            Self::BadPyvenvCfg { path, .. } => {
                Some(Hint::CheckEnvironment(path.parent().unwrap_or(path).to_owned()))
            }
            Self::InterpreterGone { env, .. } => Some(Hint::CheckEnvironment(env.clone())),
            Self::SeparatorInPath { .. } | Self::LineEndInPath { .. } => {
                Some(Hint::ChooseAnotherPath)
            }
            Self::NoCommand { near, .. } if !near.is_empty() => {
                Some(Hint::DidYouMean(near.clone()))
            }
            // A name with a dot or a separator is a file, not a package.
            Self::NoCommand { command, .. } => command
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
                .then(|| Hint::InstallCommand(command.clone())),
            _ => self.lower_hint(),
        }
    }
}

fn no_environment(start: &Path, unnamed: Option<&Path>) -> String {
    let start = start.display();
    match unnamed.and_then(Path::file_name) {
        Some(name) => format!(
            "no `.venv` or `venv` in `{start}` or above it; `{}` is there, and is used only if it is named",
            name.display()
        ),
        None => format!("no virtual environment in `{start}` or above it"),
    }
}

fn shown(target: Option<&Path>) -> String {
    target.map_or_else(|| "nothing".into(), |target| format!("`{}`", target.display()))
}
