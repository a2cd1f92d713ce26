//! `rvenv completions`: code for the shell, and the candidates that this code asks for.
//!
//! The candidates come from clap's engine at the time of asking, so that environments, Pythons and
//! the commands of an environment are among them. The code around it is our own: clap's evaluates
//! what was typed (PowerShell), and inserts names of files without quotes (bash).

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::CompletionCandidate;
use rvenv::shell::nushell_literal;

use super::Context;
use crate::cli::{Cli, CompletionShell, Completions};
use crate::ui;

/// Prints the code, or candidates: one a line, its help after a tab.
pub(super) fn run(args: &Completions, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let Some(at) = args.at else {
        ui::print(script(args.shell))?;
        return Ok(ExitCode::SUCCESS);
    };
    let (mut words, at) = match args.shell {
        CompletionShell::Bash => join_assignments(&args.words, at),
        _ => (args.words.clone(), at),
    };
    // Some shells leave out an empty word at the end.
    let at = at.min(words.len());
    if at == words.len() {
        words.push(OsString::new());
    }
    let typed = words.get(at).cloned().unwrap_or_default();
    let mut command = Cli::command();
    let candidates =
        clap_complete::engine::complete(&mut command, words, at, Some(context.host.cwd()))
            .unwrap_or_default();
    let lines: Vec<String> =
        candidates.iter().filter_map(|candidate| line(candidate, args.shell, &typed)).collect();
    ui::print(lines.concat())?;
    Ok(ExitCode::SUCCESS)
}

fn script(shell: CompletionShell) -> &'static str {
    match shell {
        CompletionShell::Bash => include_str!("bash.sh"),
        CompletionShell::Zsh => include_str!("zsh.zsh"),
        CompletionShell::Fish => include_str!("fish.fish"),
        CompletionShell::Powershell => include_str!("powershell.ps1"),
        CompletionShell::Elvish => include_str!("elvish.elv"),
        CompletionShell::Nushell => include_str!("nushell.nu"),
    }
}

/// bash takes `--env=.venv` for three words; clap wants one.
fn join_assignments(words: &[OsString], at: usize) -> (Vec<OsString>, usize) {
    let mut joined: Vec<OsString> = Vec::new();
    let mut index = 0;
    for (place, word) in words.iter().enumerate() {
        let continues = |before: &OsString| {
            let before = before.as_encoded_bytes();
            before.starts_with(b"--") && (word == "=" || before.ends_with(b"="))
        };
        match joined.last_mut() {
            Some(before) if continues(before) => before.push(word),
            _ => joined.push(word.clone()),
        }
        if place <= at {
            index = joined.len() - 1;
        }
    }
    // The cursor is behind the last word.
    (joined, if at < words.len() { index } else { index + 1 })
}

/// A candidate as the shell reads it; none for a name that no line could carry.
fn line(candidate: &CompletionCandidate, shell: CompletionShell, typed: &OsStr) -> Option<String> {
    let value = candidate.get_value().to_str().filter(|value| !value.contains(char::is_control))?;
    let help = candidate.get_help().map(ToString::to_string).unwrap_or_default();
    let help = help.lines().next().unwrap_or_default();
    Some(match shell {
        CompletionShell::Bash => {
            // readline replaces the text after the `=`.
            let assigned = typed.to_str().filter(|typed| typed.starts_with("--"));
            let value =
                match (assigned.and_then(|typed| typed.split_once('=')), value.split_once('=')) {
                    (Some(_), Some((_, value))) => value,
                    _ => value,
                };
            format!("{}\n", quoted(value, shell))
        }
        _ => format!("{}\t{help}\n", quoted(value, shell)),
    })
}

/// zsh, fish and elvish quote what they insert; the others insert it as it is.
fn quoted(value: &str, shell: CompletionShell) -> String {
    let plain = value.chars().all(|c| c.is_alphanumeric() || "-_./,:=+@%".contains(c));
    match shell {
        _ if plain => value.into(),
        CompletionShell::Zsh | CompletionShell::Fish | CompletionShell::Elvish => value.into(),
        CompletionShell::Bash => format!("'{}'", value.replace('\'', r"'\''")),
        CompletionShell::Powershell => format!("'{}'", value.replace('\'', "''")),
        CompletionShell::Nushell => nushell_literal(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bash_words_are_joined_at_the_equals_sign() {
        let words = |list: &[&str]| list.iter().map(OsString::from).collect::<Vec<_>>();
        let cut = words(&["rvenv", "run", "--env", "=", ".v"]);
        assert_eq!(join_assignments(&cut, 4), (words(&["rvenv", "run", "--env=.v"]), 2));
        let open = words(&["rvenv", "run", "--env", "="]);
        assert_eq!(join_assignments(&open, 3), (words(&["rvenv", "run", "--env="]), 2));
        let plain = words(&["rvenv", "activate", ""]);
        assert_eq!(join_assignments(&plain, 2), (plain.clone(), 2));
    }
}
