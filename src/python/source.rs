//! The sources of interpreters.

use std::fmt;

/// The source of an interpreter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// By the path that the user gave.
    Given,
    /// The Python of an environment, which keeps it.
    Kept,
    /// In a directory of PATH.
    Path,
    /// Chosen by the rule of the manager whose shim is on PATH.
    Shim(Installer),
    /// An installation of a version manager or an installer.
    Installer(Installer),
}

/// A version manager, an installer, or a directory that contains installations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Installer {
    /// <https://github.com/pyenv/pyenv>
    Pyenv,
    /// <https://docs.astral.sh/uv/>
    Uv,
    /// <https://mise.jdx.dev>
    Mise,
    /// <https://asdf-vm.com>
    Asdf,
    /// <https://rye.astral.sh>
    Rye,
    /// <https://hatch.pypa.io>
    Hatch,
    /// <https://brew.sh>, on macOS and on Linux.
    Homebrew,
    /// <https://scoop.sh>, on Windows.
    Scoop,
    /// The installers of python.org.
    PythonOrg,
    /// Windows' registry (PEP 514), the list of the `py` launcher.
    Registry,
    /// `/opt/python`, as in the manylinux images.
    Opt,
    /// `/usr/local` and `/usr`, for a PATH without them.
    System,
    /// conda, mamba and their environments: last, because an environment serves one purpose.
    Conda,
}

impl Installer {
    /// All of them, in the order of search among equal versions.
    pub const ALL: [Self; 13] = [
        Self::Pyenv,
        Self::Uv,
        Self::Mise,
        Self::Asdf,
        Self::Rye,
        Self::Hatch,
        Self::Homebrew,
        Self::Scoop,
        Self::Registry,
        Self::PythonOrg,
        Self::Opt,
        Self::System,
        Self::Conda,
    ];

    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pyenv => "pyenv",
            Self::Uv => "uv",
            Self::Mise => "mise",
            Self::Asdf => "asdf",
            Self::Rye => "rye",
            Self::Hatch => "hatch",
            Self::Homebrew => "Homebrew",
            Self::Scoop => "Scoop",
            Self::PythonOrg => "python.org",
            Self::Registry => "registry",
            Self::Opt => "/opt/python",
            Self::System => "system",
            Self::Conda => "conda",
        }
    }
}

impl fmt::Display for Installer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given => f.write_str("given"),
            Self::Kept => f.write_str("as before"),
            Self::Path => f.write_str("PATH"),
            Self::Shim(place) => write!(f, "PATH, through {place}"),
            Self::Installer(place) => place.fmt(f),
        }
    }
}
