//! `rvenv pack`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use clap_complete::ArgValueCompleter;

use crate::help::place;

use super::{Output, complete, directory};

/// `rvenv pack`.
#[derive(Debug, Args)]
#[command(after_long_help = place!("pack"))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Pack {
    #[command(flatten)]
    pub(super) output: Output,
    /// The environment; without it the active one, else the project's
    #[arg(value_name = "DIR", value_parser = directory(), add = ArgValueCompleter::new(complete::environments))]
    pub(crate) dir: Option<PathBuf>,
    /// The archive: NAME.tar.gz, NAME.zip, NAME.tar.zst or NAME.tar
    #[arg(short = 'o', long = "output", value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// The format, whatever the name of the archive
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<ArchiveFormat>,
    /// The level of compression: 1 to 9, for .tar.zst 1 to 19
    #[arg(long, value_name = "N")]
    pub(crate) level: Option<u32>,
    /// How many threads compress; without it as many as there are processors
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,

    /// Include the Python: about 11 MB more, and no Python is needed on the other machine
    #[arg(long, conflicts_with = "python", help_heading = "Contents")]
    pub(crate) with_python: bool,
    /// Stop if a library of the system is needed
    #[arg(long, help_heading = "Contents")]
    pub(crate) strict: bool,
    /// The Python to use on the other machine, if it is there: an absolute path
    #[arg(long, value_name = "PATH", help_heading = "Contents")]
    pub(crate) python: Option<PathBuf>,
    /// Editable installs: stop, copy their packages, or leave them out
    #[arg(long, value_name = "WHAT", default_value = "refuse", help_heading = "Contents")]
    pub(crate) editable: EditableInstalls,
    /// Include bytecode: a third more, and faster first imports where nothing can be written
    #[arg(long, help_heading = "Contents")]
    pub(crate) compile: bool,
    /// Leave out what matches, as a line of a .gitignore does
    #[arg(long, value_name = "PATTERN", help_heading = "Contents")]
    pub(crate) exclude: Vec<String>,
    /// Pack although `rvenv check --deep` finds errors, or packages of the base are missing
    #[arg(long, help_heading = "Contents")]
    pub(crate) force: bool,

    /// List the contents, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ArchiveFormat {
    #[value(name = "tar.gz")]
    TarGz,
    #[value(name = "zip")]
    Zip,
    #[value(name = "tar.zst")]
    TarZst,
    #[value(name = "tar")]
    Tar,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum EditableInstalls {
    Refuse,
    Include,
    Skip,
}
