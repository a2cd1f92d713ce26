//! Words of other tools that users type as commands, and what does the same here.

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Words, and the command or the sentence that helps; a command is put between backticks.
const SYNONYMS: &[(&[&str], &str)] = &[
    (&["add", "i", "get"], "rvenv install NAME"),
    (&["sync"], "rvenv install -r requirements.txt"),
    (
        &["pip"],
        "rvenv install NAME`, `rvenv uninstall NAME`, `rvenv freeze`, or `rvenv run pip COMMAND",
    ),
    (&["packages", "export", "show", "lock"], "rvenv freeze"),
    (&["venv", "virtualenv", "new", "init", "make", "mk", "mkvirtualenv"], "rvenv create"),
    (&["delete", "del", "destroy", "erase", "rmvirtualenv", "prune"], "rvenv remove DIR"),
    (&["clear", "reset", "recreate"], "rvenv create --clear"),
    (&["update", "upgrade"], "rvenv install --upgrade NAME`, or `rvenv create --upgrade"),
    (&["exec", "x", "do"], "rvenv run COMMAND"),
    (&["use", "on", "enter", "source", "workon", "start"], "rvenv activate"),
    (&["off", "leave", "exit", "quit", "stop"], "rvenv deactivate"),
    (&["doctor", "status", "info", "verify", "test", "health"], "rvenv check"),
    (&["fix", "repair"], "rvenv check --fix"),
    (&["find", "search", "envs", "environments"], "rvenv list"),
    (&["pythons", "versions", "interpreters", "py"], "rvenv python list"),
    (&["which", "where"], "rvenv python find"),
    (&["settings", "conf", "set"], "rvenv config"),
    (&["completion", "complete"], "rvenv completions SHELL"),
    (&["clean"], "rvenv cache clean"),
    (&["trust"], "rvenv allow"),
    (&["distrust", "untrust", "forbid"], "rvenv deny"),
    (&["manual", "docs", "doc"], "rvenv man"),
    (&["version"], "rvenv --version"),
];

/// The same for words after `rvenv python`.
const PYTHON_SYNONYMS: &[(&[&str], &str)] = &[
    (&["install", "add", "download"], "pyenv install 3.13`, or `uv python install 3.13"),
    (&["ls", "versions"], "rvenv python list"),
    (&["which", "path", "where"], "rvenv python find"),
    (&["pin", "use", "set"], "rvenv create -p 3.13"),
];

/// An unknown command and the command that does what its name says elsewhere.
pub(crate) fn known_elsewhere(error: &clap::Error) -> Option<(String, &'static str)> {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return None;
    }
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return None;
    };
    let usage = error.get(ContextKind::Usage).map(ToString::to_string).unwrap_or_default();
    let table = if usage.contains("rvenv python ") { PYTHON_SYNONYMS } else { SYNONYMS };
    let (_, command) = table.iter().find(|(words, _)| words.contains(&word.as_str()))?;
    Some((word.clone(), command))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn each_word_is_listed_once_and_is_no_command_and_what_helps_is_one() {
        let root = Cli::command();
        let mut seen = HashSet::new();
        for (words, command) in SYNONYMS {
            for word in *words {
                assert!(seen.insert(word), "{word}");
                assert!(root.find_subcommand(word).is_none(), "{word}");
            }
            for command in command.split("`, ").filter_map(|part| part.split("rvenv ").nth(1)) {
                let name = command.split(' ').next().unwrap();
                assert!(name.starts_with('-') || root.find_subcommand(name).is_some(), "{command}");
            }
        }
    }
}
