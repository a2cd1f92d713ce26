//! Where an interpreter was found.

use std::fmt;

/// Where an interpreter was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// By the path that the user gave.
    Given,
    /// In a directory of PATH.
    Path,
    /// Chosen by the rule of the manager whose shim is on PATH.
    Shim(Place),
    /// Where a version manager or an installer keeps its Pythons.
    Place(Place),
}

/// Who keeps Pythons in places of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Place {
    /// <https://github.com/pyenv/pyenv>
    Pyenv,
}

impl Place {
    /// Every place, in the order of search among equal versions.
    pub const ALL: [Self; 1] = [Self::Pyenv];

    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pyenv => "pyenv",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given => f.write_str("given"),
            Self::Path => f.write_str("PATH"),
            Self::Shim(place) => write!(f, "PATH, through {place}"),
            Self::Place(place) => place.fmt(f),
        }
    }
}
