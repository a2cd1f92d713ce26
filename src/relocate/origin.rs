//! Where an environment was made, when it is elsewhere now.

use std::path::{Path, PathBuf};

use crate::support::path::is_same_file;
use crate::venv::script::Script;
use crate::venv::state::State;

/// The place for which an environment's scripts were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// There is no environment any more: this one was moved.
    Left(PathBuf),
    /// There is an environment still: this one is a copy.
    Copied(PathBuf),
}

impl Origin {
    /// Where an environment was made, when that is another place: what `activate` says, else what
    /// all its commands say.
    pub(crate) fn of(state: &State<'_>) -> Option<Self> {
        // uv's and rvenv's key for scripts that find their place themselves.
        if state.cfg().is_relocatable() {
            return None;
        }
        let origin = state.activated.as_deref().or_else(|| of_commands(&state.scripts))?;
        if is_same_file(origin, state.root()) {
            return None;
        }
        let is_there = origin.join("pyvenv.cfg").is_file();
        Some(if is_there { Self::Copied(origin.into()) } else { Self::Left(origin.into()) })
    }

    pub(crate) fn root(&self) -> &Path {
        match self {
            Self::Left(root) | Self::Copied(root) => root,
        }
    }

    /// Where something that was beside the environment is now, if it came along.
    pub(crate) fn followed(&self, path: &Path, root: &Path) -> Option<PathBuf> {
        let rest = path.strip_prefix(self.root().parent()?).ok()?;
        // No slash at the end, which an empty rest would be.
        let path: PathBuf = root.parent()?.components().chain(rest.components()).collect();
        Some(path).filter(|path| path.exists())
    }
}

/// The one directory whose Python runs every command.
fn of_commands(scripts: &[Script]) -> Option<&Path> {
    let mut roots = scripts.iter().filter_map(|script| {
        let interpreter = &script.python.as_ref()?.interpreter;
        interpreter.parent()?.parent()
    });
    let first = roots.next()?;
    roots.all(|root| root == first).then_some(first)
}
