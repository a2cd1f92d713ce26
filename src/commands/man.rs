//! `rvenv man`: the manual page of rvenv, of a command, or of a topic.

use std::path::Path;
use std::process::ExitCode;

use clap::{Command, CommandFactory};
use rvenv::fs;

use super::Context;
use super::help::{Named, find};
use crate::cli::{Cli, Man};
use crate::help::Page;
use crate::help::manual::Manual;
use crate::ui;

/// Prints a page in the language of man(7), or writes all pages.
pub(super) fn run(args: &Man, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    if let Some(dir) = &args.all {
        let pages = all();
        write_all(&pages, &context.host.absolute(dir))?;
        let count = pages.len();
        context.ui.say(format_args!("wrote {count} pages below `{}`", dir.display()));
        return Ok(ExitCode::SUCCESS);
    }
    let page = match find(&args.subject.words()) {
        Ok(Named::Command(command)) => Manual::of_command(&command),
        Ok(Named::Topic(page)) => Manual::of_topic(page),
        Err(error) => return Ok(ui::usage(&error)),
    };
    ui::print(page.text)?;
    Ok(ExitCode::SUCCESS)
}

/// The pages of all commands and topics.
fn all() -> Vec<Manual> {
    let mut root = Cli::command();
    root.build();
    let mut pages = Vec::new();
    add(&root, &mut pages);
    pages.extend(Page::topics().map(Manual::of_topic));
    pages
}

fn add(command: &Command, pages: &mut Vec<Manual>) {
    pages.push(Manual::of_command(command));
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        add(sub, pages);
    }
}

fn write_all(pages: &[Manual], dir: &Path) -> rvenv::Result<()> {
    for page in pages {
        let path = dir.join(page.path());
        let parent = path.parent().unwrap_or(dir);
        std::fs::create_dir_all(parent).map_err(fs::Error::io("create", parent))?;
        std::fs::write(&path, &page.text).map_err(fs::Error::io("write", &path))?;
    }
    Ok(())
}
