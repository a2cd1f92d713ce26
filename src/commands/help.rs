//! `rvenv help`: a command or a topic, explained in the terminal.

use std::process::ExitCode;

use clap::builder::StyledStr;
use clap::error::ErrorKind;
use clap::{Command, CommandFactory};

use crate::cli::{Cli, HELP_WIDTH, Help};
use crate::help::{self, Page, markup, terminal};
use crate::ui;

/// The page that the words after `help` or `man` name.
pub(super) enum Named {
    /// A command, with all its options.
    Command(Box<Command>),
    Topic(&'static Page),
}

/// Prints the page of a command or a topic.
pub(super) fn run(args: &Help) -> anyhow::Result<ExitCode> {
    match find(&args.subject.words()) {
        Ok(Named::Command(mut command)) => Ok(show(&command.render_long_help())),
        Ok(Named::Topic(page)) => {
            let body = page.body();
            let title = page.title().unwrap_or_default();
            let text = terminal::render(&markup::parse(&body), width());
            ui::show(format!("{title}\n\n{text}"))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => Ok(ui::usage(&error)),
    }
}

/// Prints help of clap with the page of its command.
pub(crate) fn show(help: &StyledStr) -> ExitCode {
    let text = help::fill(&help.ansi().to_string(), width());
    // A failure cannot be reported anywhere.
    let _ = ui::show(text.trim_end_matches('\n').to_owned() + "\n");
    ExitCode::SUCCESS
}

/// The command or the topic of these words; a command comes first.
pub(super) fn find(words: &[&str]) -> Result<Named, clap::Error> {
    let mut root = Cli::command();
    root.build();
    let mut command = &root;
    for word in words {
        let Some(found) = command.find_subcommand(word) else {
            return topic(words).ok_or_else(|| unknown(&root, words));
        };
        command = found;
    }
    Ok(Named::Command(Box::new(command.clone())))
}

fn topic(words: &[&str]) -> Option<Named> {
    let [word] = words else { return None };
    Page::topics().find(|page| page.name == *word).map(Named::Topic)
}

fn unknown(root: &Command, words: &[&str]) -> clap::Error {
    let name = words.join(" ");
    let commands = root.get_subcommands().filter(|sub| !sub.is_hide_set()).map(Command::get_name);
    let known: Vec<&str> = commands.chain(Page::topics().map(|page| page.name)).collect();
    let near = rvenv::support::suggest::similar(&name, known.iter().copied());
    let next = match near.first() {
        Some(near) => format!("did you mean `rvenv help {near}`?"),
        None => "`rvenv help` lists all".to_owned(),
    };
    root.clone().error(
        ErrorKind::InvalidSubcommand,
        format_args!("there is no command or topic `{name}`; {next}"),
    )
}

/// The columns for text.
fn width() -> usize {
    ui::width().min(HELP_WIDTH)
}
