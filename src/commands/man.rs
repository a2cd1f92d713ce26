//! `rvenv man`: the manual page of rvenv or of one command.

use std::process::ExitCode;

use clap::CommandFactory;

use crate::cli::{Cli, Man};
use crate::ui;

/// Prints the page as roff.
pub(super) fn run(args: &Man) -> anyhow::Result<ExitCode> {
    let mut command = Cli::command();
    command.build();
    if let Some(name) = &args.command {
        let Some(found) = command.find_subcommand(name) else {
            return Ok(ui::usage(&command.error(
                clap::error::ErrorKind::InvalidSubcommand,
                format_args!("there is no command `{name}`"),
            )));
        };
        command = found.clone();
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    ui::print(page)?;
    Ok(ExitCode::SUCCESS)
}
