//! `rvenv`: reads the process, parses the command line, runs one command, ends with its code.

mod cli;
mod commands;
mod process;
mod ui;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::ui::Ui;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return ui::usage(&error),
    };
    let ui = Ui::new(cli.output());
    commands::run(&cli.command, &ui).unwrap_or_else(|error| ui.fail(&error))
}
