//! Paths of programs, together with how each became known.
//!
//! How a path became known decides whether the program may be started: what only a file of an
//! inspected directory names is not started.

use std::path::{Path, PathBuf};

/// The path of a program, together with how it became known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The absolute path.
    pub path: PathBuf,
    /// The source of its path.
    pub provenance: Provenance,
}

/// The source of a program's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// The user typed it, or a command whose purpose is to run it names it.
    Typed,
    /// The search found it: PATH without relative entries, version managers, system locations.
    Discovered,
    /// It belongs to an environment that is in the trust list and has not changed since.
    Trusted,
    /// Only an environment that is not trusted names it: by a link, or in `pyvenv.cfg`.
    Claimed {
        /// The directory of that environment.
        by: PathBuf,
    },
}

/// Which programs a command may start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Starts {
    /// None: what is not remembered is described from files.
    Nothing,
    /// Those that were typed, discovered or trusted, and installations of the system.
    #[default]
    Allowed,
    /// Those, and what an environment names that is in the trust list or was made just now.
    Trusted,
    /// The environment's own Python, too: the user asked for that.
    Everything,
}

impl Program {
    /// A program whose path the user typed.
    pub fn typed(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), provenance: Provenance::Typed }
    }

    /// A program of an environment that is in the trust list.
    pub fn trusted(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), provenance: Provenance::Trusted }
    }

    /// A program that only the environment at `by` names.
    pub fn claimed(path: impl Into<PathBuf>, by: &Path) -> Self {
        let by = by.to_owned();
        Self { path: path.into(), provenance: Provenance::Claimed { by } }
    }
}
