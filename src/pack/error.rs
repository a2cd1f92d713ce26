//! The failures to pack an environment.

use std::io;
use std::path::{Path, PathBuf};

use crate::support::hint::{Hint, PackHint};
use crate::{fs, python, shell, support, venv};

/// The result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failures to pack an environment: each variant carries the facts, its text is a lowercase
/// fragment.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Programs of Windows have absolute paths in them, and the engines that unpack archives do not run there.
    #[error(
        "an environment of Windows cannot be packed: its `python.exe` starts the Python at the path in `pyvenv.cfg`, which must be absolute"
    )]
    Windows,

    /// The paths of libraries are in the programs of macOS, whose signatures a change would break.
    #[error(
        "`--with-python` does not work on macOS: the program contains the paths of its libraries, and is signed"
    )]
    MacOs,

    /// The library that contains an interpreter cannot be beside it.
    #[error("`{}` would not find `{library}` in the archive", program.display())]
    LibraryNotFound {
        /// The interpreter.
        program: PathBuf,
        /// Its library.
        library: String,
    },

    /// An interpreter that is not an ELF file.
    #[error("`{}` is not an ELF program", path.display())]
    NotElf {
        /// The interpreter.
        path: PathBuf,
    },

    /// Libraries of the system that files in the archive need, where these are refused.
    #[error("the archive needs libraries of the system:{}", lines(names))]
    SystemLibraries {
        /// Their names.
        names: Vec<String>,
    },

    /// The environment's Python does not work.
    #[error("the Python of `{}` does not start", root.display())]
    NoPython {
        /// The environment.
        root: PathBuf,
    },

    /// `check --deep` found errors.
    #[error("`{}` has faults:{}", root.display(), lines(problems))]
    Unhealthy {
        /// The environment.
        root: PathBuf,
        /// The findings.
        problems: Vec<String>,
    },

    /// The environment uses the packages of its base.
    #[error("`{}` uses packages of its base, which are not in the archive", root.display())]
    SystemSitePackages {
        /// The environment.
        root: PathBuf,
    },

    /// Links, `.pth` files, shebangs or kernels that name places outside of the environment.
    #[error("the archive would name places outside of it:{}", leaving_lines(leaving))]
    LeavesArchive {
        /// Each of them.
        leaving: Vec<Leaving>,
    },

    /// Editable installs, where these are refused.
    #[error("editable installs would be missing:{}", lines(names))]
    Editables {
        /// Name, version and project of each.
        names: Vec<String>,
    },

    /// A project whose modules are not known.
    #[error("it is not known which files the editable install {name} consists of")]
    EditableUnclear {
        /// Name, version and project.
        name: String,
    },

    /// A name that archives and RECORD cannot contain.
    #[error("the name {path:?} is not UTF-8")]
    NameNotText {
        /// The file.
        path: PathBuf,
    },

    /// A socket, a pipe or a device.
    #[error("`{}` is neither a file nor a directory", path.display())]
    NotAFile {
        /// Where.
        path: PathBuf,
    },

    /// From the manifest.
    #[error(transparent)]
    Manifest(#[from] super::ManifestError),

    /// A file that another process writes while it is read.
    #[error("`{}` changed while it was packed", path.display())]
    FileChanged {
        /// The file.
        path: PathBuf,
    },

    /// From a lower layer.
    #[error(transparent)]
    Support(support::Error),

    /// From a lower layer.
    #[error(transparent)]
    Fs(fs::Error),

    /// From a lower layer.
    #[error(transparent)]
    Python(python::Error),

    /// From a lower layer.
    #[error(transparent)]
    Shell(shell::Error),

    /// From a lower layer.
    #[error(transparent)]
    Venv(venv::Error),
}

/// Something in an environment that names a place outside of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaving {
    /// The link or the file, relative to the environment.
    pub path: PathBuf,
    /// The named path.
    pub to: PathBuf,
}

/// The number of items of a list in a message.
const SHOWN: usize = 10;

fn lines<T: std::fmt::Display>(items: &[T]) -> String {
    let shown = items.iter().take(SHOWN).map(|item| format!("\n{item}"));
    let more = items.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| format!("\nand {more} more"));
    shown.chain(more).collect()
}

fn leaving_lines(leaving: &[Leaving]) -> String {
    let line =
        |Leaving { path, to }: &Leaving| format!("`{}` names `{}`", path.display(), to.display());
    lines(&leaving.iter().map(line).collect::<Vec<_>>())
}

support::lift_errors! { Error {
    support::Error => Support [],
    fs::Error => Fs [Support],
    python::Error => Python [Support, Fs],
    shell::Error => Shell [],
    venv::Error => Venv [Support, Fs, Python, Shell],
}}

impl Error {
    /// The next step for the user, if there is one.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::FileChanged { .. } => Some(Hint::Retry),
            Self::NoPython { root } => Some(Hint::CheckEnvironment(root.clone())),
            _ => self.pack_hint().map(Hint::Pack).or_else(|| self.lower_hint()),
        }
    }

    fn pack_hint(&self) -> Option<PackHint> {
        match self {
            Self::Unhealthy { root, .. } => Some(PackHint::FixOrForce(root.clone())),
            Self::SystemSitePackages { .. } => Some(PackHint::InstallOrForce),
            Self::LeavesArchive { leaving } => {
                leaving.first().map(|first| PackHint::Exclude(first.path.clone()))
            }
            Self::NotAFile { path } | Self::NameNotText { path } => {
                Some(PackHint::Exclude(PathBuf::from(path.file_name().unwrap_or(path.as_os_str()))))
            }
            Self::SystemLibraries { .. } => Some(PackHint::WithoutStrict),
            Self::LibraryNotFound { .. } | Self::NotElf { .. } | Self::MacOs => {
                Some(PackHint::WithoutPython)
            }
            Self::Editables { .. } => Some(PackHint::EditableChoices),
            Self::EditableUnclear { .. } => Some(PackHint::InstallPlainly),
            _ => None,
        }
    }

    /// Wraps a system error on `path`; for use with `map_err`.
    pub(super) fn io(
        action: &'static str,
        path: impl AsRef<Path>,
    ) -> impl FnOnce(io::Error) -> Self {
        let wrap = fs::Error::io(action, path);
        |source| wrap(source).into()
    }
}
