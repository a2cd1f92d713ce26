//! `rvenv create`: the flags of `python -m venv`, and ours.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use clap_complete::ArgValueCompleter;
use rvenv::settings::{Key, Kind};

use crate::help::place;

use super::{Output, complete, directory};

/// `rvenv create`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[command(after_long_help = place!("create"))]
pub(crate) struct Create {
    #[command(flatten)]
    pub(super) output: Output,
    /// The environment's directory [default: .venv]
    #[arg(value_name = "DIR", value_parser = directory())]
    pub(crate) dirs: Vec<PathBuf>,
    /// Which Python: a path, a name on PATH, a version (3.12, >=3.11,<3.14), pypy3.10, 3.13t
    #[arg(short, long, value_name = "PYTHON", add = ArgValueCompleter::new(complete::pythons))]
    pub(crate) python: Option<OsString>,
    /// The name in the prompt; `.` is the current directory's
    #[arg(long, value_name = "PROMPT")]
    pub(crate) prompt: Option<String>,
    /// Give the environment access to the packages of its base Python
    #[arg(long)]
    pub(crate) system_site_packages: bool,
    /// Link to the base interpreter (the default where the system has links)
    #[arg(long)]
    pub(crate) symlinks: bool,
    /// Copy the base interpreter
    #[arg(long, conflicts_with = "symlinks")]
    pub(crate) copies: bool,
    /// Write commands that find their Python beside themselves, so that the environment can be moved
    #[arg(long)]
    pub(crate) relocatable: bool,
    /// Do not write `.gitignore`
    #[arg(long)]
    pub(crate) without_scm_ignore_files: bool,

    /// Replace an existing environment
    #[arg(long, conflicts_with = "upgrade", help_heading = "Existing environment")]
    pub(crate) clear: bool,
    /// Change the Python of an existing environment and keep its packages
    #[arg(long, help_heading = "Existing environment")]
    pub(crate) upgrade: bool,
    /// With --upgrade: permit builds and URLs although the environment is not trusted
    #[arg(long, requires = "upgrade", help_heading = "Existing environment")]
    pub(crate) build: bool,
    /// With --clear: replace a directory that is not an environment
    #[arg(long, requires = "clear", help_heading = "Existing environment")]
    pub(crate) force: bool,
    /// With --clear: delete the user's files in it, too
    #[arg(long, requires = "clear", help_heading = "Existing environment")]
    pub(crate) with_user_files: bool,

    /// Leave out pip
    #[arg(long, conflicts_with_all = ["pip", "upgrade_deps"], help_heading = "pip")]
    pub(crate) without_pip: bool,
    /// Leave out setuptools, which Pythons before 3.12 get beside pip
    #[arg(long, help_heading = "pip")]
    pub(crate) without_setuptools: bool,
    /// Which pip, instead of the one of the base: a version, `latest`, or a wheel file
    #[arg(long, value_name = "VERSION|WHEEL", help_heading = "pip", add = ArgValueCompleter::new(complete::pips))]
    pub(crate) pip: Option<OsString>,
    /// Use the newest pip of the index, and the newest setuptools where it is seeded
    #[arg(long, conflicts_with = "pip", help_heading = "pip")]
    pub(crate) upgrade_deps: bool,
    /// How the modules of pip are stored: in one archive, or as files
    #[arg(long, value_name = "LAYOUT", value_parser = choice(Key::PipLayout), help_heading = "pip")]
    pub(crate) pip_layout: Option<String>,
    /// How files of the cache are shared; if the first is not possible, the next is used
    #[arg(long, value_name = "MODE", value_parser = choice(Key::LinkMode), help_heading = "pip")]
    pub(crate) link_mode: Option<String>,
    /// Open no connection
    #[arg(long, help_heading = "pip")]
    pub(crate) offline: bool,

    /// Install the packages of a requirements file into the new environment
    #[arg(short, long, value_name = "FILE", help_heading = "Packages")]
    pub(crate) requirement: Vec<PathBuf>,
    /// Install a package into the new environment
    #[arg(long, value_name = "PKG", help_heading = "Packages")]
    pub(crate) install: Vec<OsString>,
    /// Let pip install, and store nothing of it
    #[arg(long, help_heading = "Packages")]
    pub(crate) no_store: bool,

    /// Print what would be written, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// One of the values that the setting of the same name takes.
fn choice(key: Key) -> PossibleValuesParser {
    match key.kind() {
        Kind::Choice(values) => PossibleValuesParser::new(values),
        Kind::Switch | Kind::Text | Kind::Names => PossibleValuesParser::new([""; 0]),
    }
}
