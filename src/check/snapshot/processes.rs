//! The processes that change an environment, as far as `/proc` shows them (proc(5)).

use std::path::Path;

use crate::support::processes;

/// The number of a pip or uv that works in the environment at `root`. On systems without `/proc`,
/// and for processes of other users, nothing is known.
pub(in crate::check) fn installer(root: &Path) -> Option<u32> {
    let own = std::process::id();
    let found = processes::directories()
        .find(|process| processes::id(process) != Some(own) && is_installer(process, root));
    found.and_then(|process| processes::id(&process))
}

fn is_installer(process: &Path, root: &Path) -> bool {
    let Ok(line) = std::fs::read(process.join("cmdline")) else { return false };
    let words: Vec<_> = line.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
    let name = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let is_uv = words.first().is_some_and(|word| name(word) == "uv");
    // `rvenv install` runs pip by a program of one line.
    let runs_pip = |word: &str| name(word).starts_with("pip") || word.contains("run_module('pip'");
    let is_pip = words.iter().take(4).any(|word| runs_pip(word));
    let changes = |verbs: &[&str]| words.iter().any(|word| verbs.contains(&&**word));
    // `uv run` waits for the program that it started, which may be a server.
    let is_installer = (is_pip && changes(&["install", "uninstall"]))
        || (is_uv && changes(&["install", "uninstall", "sync", "add", "remove"]));
    if !is_installer {
        return false;
    }
    let is_named = words.iter().any(|word| Path::new(&**word).starts_with(root));
    is_named
        || std::fs::read(process.join("environ")).is_ok_and(|text| {
            let active =
                text.split(|byte| *byte == 0).find_map(|line| line.strip_prefix(b"VIRTUAL_ENV="));
            active.is_some_and(|active| active == root.as_os_str().as_encoded_bytes())
        })
}
