//! Words of other tools that users type as commands, and what does the same here.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::ui;

/// Words, and the command or the sentence that helps; a command is put between backticks.
const SYNONYMS: &[(&[&str], &str)] = &[
    (&["add", "i", "get"], "rvenv install NAME"),
    (&["sync"], "rvenv install -r requirements.txt"),
    (
        &["pip"],
        "rvenv install PACKAGE`, `rvenv uninstall PACKAGE`, `rvenv freeze`, or `rvenv run pip COMMAND",
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
    (&["install", "add", "download"], "pyenv install VERSION`, or `uv python install VERSION"),
    (&["ls", "versions"], "rvenv python list"),
    (&["which", "path", "where"], "rvenv python find"),
    (&["pin", "use", "set"], "rvenv create -p VERSION"),
];

/// The words of a command that are replaced by the arguments that were typed, with the value where there are
/// none.
const PLACEHOLDERS: [(&str, &str); 5] = [
    ("NAME", "NAME"),
    ("COMMAND", "COMMAND"),
    ("DIR", "DIR"),
    ("SHELL", "SHELL"),
    ("VERSION", "3.13"),
];

/// An unknown command and the command that does what its name says elsewhere, with the arguments of `args`,
/// the words of the command line.
pub(crate) fn known_elsewhere(error: &clap::Error, args: &[OsString]) -> Option<(String, String)> {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return None;
    }
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return None;
    };
    let usage = error.get(ContextKind::Usage).map(ToString::to_string).unwrap_or_default();
    let table = if usage.contains("rvenv python ") { PYTHON_SYNONYMS } else { SYNONYMS };
    let (_, command) = table.iter().find(|(words, _)| words.contains(&word.as_str()))?;
    let index = args.iter().position(|arg| arg == word.as_str())?;
    Some((word.clone(), completed(command, &args[index + 1..])))
}

/// What `command` is for a range of versions, which pyenv does not accept.
fn for_range<'a>(command: &'a str, args: &[OsString]) -> &'a str {
    let is_range = |arg: &OsString| arg.to_string_lossy().contains(['<', '>', '=', '~', '!', ',']);
    let others = command.strip_prefix("pyenv install VERSION`, or `");
    others.filter(|_| args.iter().any(is_range)).unwrap_or(command)
}

/// The command with its placeholder replaced by `args`. The flags of another tool's command for Pythons are
/// not those of this command.
fn completed(command: &str, args: &[OsString]) -> String {
    let words: Vec<_> =
        for_range(command, args).split(' ').map(|word| completed_word(word, args)).collect();
    words.join(" ")
}

fn completed_word(word: &str, args: &[OsString]) -> String {
    let name = word.trim_end_matches(['`', ',']);
    let Some((_, default)) = PLACEHOLDERS.iter().find(|(placeholder, _)| *placeholder == name)
    else {
        return word.to_owned();
    };
    let is_value = |arg: &&OsString| name != "VERSION" || !arg.as_encoded_bytes().starts_with(b"-");
    let args: Vec<_> = args.iter().filter(is_value).map(ui::word).collect();
    let args = if args.is_empty() { (*default).to_owned() } else { args.join(" ") };
    word.replacen(name, &args, 1)
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

    #[test]
    fn a_hint_has_the_arguments_that_were_typed() {
        for (command, args, expected) in [
            ("rvenv install NAME", &["rich", "x>1"][..], "rvenv install rich 'x>1'"),
            ("rvenv install NAME", &[], "rvenv install NAME"),
            ("a VERSION`, or `b VERSION", &["--force", "3.12"], "a 3.12`, or `b 3.12"),
            ("pyenv install VERSION`, or `b VERSION", &["3.12"], "pyenv install 3.12`, or `b 3.12"),
            ("pyenv install VERSION`, or `b VERSION", &[">=3.12"], "b '>=3.12'"),
            ("rvenv create -p VERSION", &[], "rvenv create -p 3.13"),
            ("rvenv check --fix", &["x"], "rvenv check --fix"),
        ] {
            let args: Vec<_> = args.iter().map(OsString::from).collect();
            assert_eq!(completed(command, &args), expected);
        }
    }
}
