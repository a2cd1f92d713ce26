//! The path at which a moved environment was created.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::dist::record::Records;
use crate::support::path::is_same_file;
use crate::venv::script::Script;
use crate::venv::state::State;

/// The place for which an environment's scripts were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// No environment is at that path any more: this one was moved.
    Left(PathBuf),
    /// There is an environment still: this one is a copy.
    Copied(PathBuf),
}

impl Origin {
    /// The former path of an environment that was moved, from `activate`, else from what
    /// all its commands say.
    pub(crate) fn of(state: &State<'_>) -> Option<Self> {
        // uv's and rvenv's key for scripts that find their place themselves.
        if state.cfg().is_relocatable() {
            return None;
        }
        let origin = state.activated.as_deref().or_else(|| of_commands(state))?;
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

    /// The present path of an entry that was beside the environment, if it was moved along.
    pub(crate) fn followed(&self, path: &Path, root: &Path) -> Option<PathBuf> {
        let rest = path.strip_prefix(self.root().parent()?).ok()?;
        // No slash at the end, which an empty rest would be.
        let path: PathBuf = root.parent()?.components().chain(rest.components()).collect();
        Some(path).filter(|path| path.exists())
    }
}

/// The one directory whose Python runs every command that an installer put there. The user's own
/// scripts prove nothing: `#!/usr/bin/python3` does not make `/usr` a former environment.
fn of_commands<'s>(state: &'s State<'_>) -> Option<&'s Path> {
    let mut roots = state.scripts.iter().filter_map(|script| {
        let interpreter = &script.python.as_ref()?.interpreter;
        interpreter.parent()?.parent()
    });
    let first = roots.next()?;
    if !roots.all(|root| root == first) || is_installation(state, first) {
        return None;
    }
    let records = Records::read(state.site());
    let recorded: HashSet<_> = records.paths().collect();
    let is_recorded = |script: &Script| {
        let path = state.recorded(&state.scripts_name().join(&script.name));
        script.python.is_some() && recorded.contains(&*path)
    };
    let is_named = || {
        let words = state.cfg().get("command").into_iter().flat_map(|line| line.split(' '));
        words.into_iter().any(|word| Path::new(word) == first)
    };
    (state.scripts.iter().any(is_recorded) || is_named()).then_some(first)
}

/// Whether this is an installation of Python, which no environment can have been.
fn is_installation(state: &State<'_>, root: &Path) -> bool {
    let is_base = state.base.interpreter().is_some_and(|base| is_same_file(&base.prefix, root));
    is_base || (root.join("bin/python3").exists() && !root.join("pyvenv.cfg").exists())
}
