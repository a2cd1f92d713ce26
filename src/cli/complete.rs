//! What a shell can offer where a name is expected.

use std::ffi::OsStr;
use std::path::Path;

use clap_complete::CompletionCandidate;
use clap_complete::engine::{PathCompleter, ValueCompleter};
use rvenv::env;
use rvenv::host::Host;

/// Environments first, then the directories in which there could be one.
pub(crate) fn environments(current: &OsStr) -> Vec<CompletionCandidate> {
    let is_env = |path: &Path| path.join("pyvenv.cfg").is_file();
    PathCompleter::any()
        .filter(is_env)
        .complete(current)
        .into_iter()
        .map(|candidate| {
            // `.venv` is hidden by its name only.
            let shown = is_env(Path::new(candidate.get_value()));
            let hidden = candidate.is_hide_set() && !shown;
            candidate.hide(hidden)
        })
        .collect()
}

/// The commands of the environment that would be used, and scripts; after the command, any path.
pub(crate) struct Commands;

impl ValueCompleter for Commands {
    fn complete(&self, current: &OsStr) -> Vec<CompletionCandidate> {
        self.complete_at(0, current)
    }

    fn complete_at(&self, index: usize, current: &OsStr) -> Vec<CompletionCandidate> {
        if index > 0 {
            return PathCompleter::any().complete(current);
        }
        let current_text = current.to_string_lossy();
        let mut found: Vec<_> = Host::from_process()
            .and_then(|host| env::wanted(None, &host))
            .map(|env| env.commands())
            .unwrap_or_default()
            .into_iter()
            .filter(|name| name.starts_with(current_text.as_ref()))
            .map(CompletionCandidate::new)
            .collect();
        let is_script = |path: &Path| path.extension().is_some_and(|end| end == "py");
        found.extend(PathCompleter::any().filter(is_script).complete(current));
        found
    }
}

/// The shells that rvenv prints code for.
pub(crate) fn shells(current: &OsStr) -> Vec<CompletionCandidate> {
    let _ = current;
    Vec::new()
}
