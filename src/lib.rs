//! Makes, activates, checks and fills Python virtual environments.
//!
//! # Making an environment and checking it
//! ```no_run
//! use rvenv::support::cache::Cache;
//! use rvenv::venv::{self, Existing, Options, CreateRequest, World, check::Check};
//! use rvenv::fs::{Guard, LinkMode};
//! use rvenv::python::{Finder, Request};
//! use rvenv::{Host, Interrupt, pip};
//!
//! # fn main() -> rvenv::Result<()> {
//! let host = Host::from_process()?;
//! let cache = Cache::of(&host);
//! let python = Finder::new(&host, &cache).find(&Request::parse(">=3.11", &host)?)?.interpreter;
//! let root = host.absolute(".venv".as_ref());
//! let recipe = CreateRequest {
//!     root: &root,
//!     interpreter: &python,
//!     options: &Options::default(),
//!     pip: Some(&pip::Options::default()),
//!     existing: Existing::Keep,
//!     link_mode: LinkMode::Clone,
//! };
//! let (guard, interrupt) = (&Guard::new(&host), &Interrupt::default());
//! let world = World { host: &host, cache: &cache, guard, interrupt };
//! env::create(&recipe, &world, &mut |_event| {})?;
//! let report = Check { host: &host, cache: &cache, named: Some(&root), deep: false, starts: Starts::Allowed }.report()?;
//! assert!(report.healthy, "{:?}", report.findings);
//! # Ok(())
//! # }
//! ```
//!
//! # Map
//! Data flows one way: a [`host::Host`] (the process as a value) and a [`python::Request`] find a
//! [`python::Interpreter`]; an interpreter and options give an [`env::Plan`], a pure list of what an
//! environment holds; a plan is applied, compared with the disk, or shown.
//!
//! | module | owns |
//! |---|---|
//! | [`host`] | variables, current directory, platform: the only view of the process |
//! | [`project`] | the files of the project, read once |
//! | [`settings`] | what is set in files and variables, by whom, and what a project may not set |
//! | [`cache`] | what is remembered between runs, and when it can be trusted |
//! | [`python`] | which Python is meant ([`python::Request`]), which there are, what each one is |
//! | [`mod@env`] | an environment: its `pyvenv.cfg`, where it is, its [`env::Plan`], making and judging it |
//! | [`pip`] | the wheels that seed an environment, their unpacked images, RECORD and scripts |
//! | [`shell`] | activation code: one table of shells, one quoter per language, one renderer |
//! | [`trust`] | which environments may be activated without being asked for |
//! | [`fs`] | file operations that name their path, whole-file replacement, linking with fall-back |
//! | [`path`] | paths as people know them, and as files hold them |
//! | [`interrupt`] | the signal that asks to end, as a value |
//! | [`json`] | paths in JSON |
//! | [`error`], [`hint`] | everything that can go wrong, and the way out, as data |
//!
//! Nothing here prints, prompts, exits or reads the process's own environment.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod check;
pub mod create;
mod dist;
pub mod error;
pub mod formats;
pub mod fs;

pub mod python;
mod relocate;
pub mod seed;
pub mod settings;
pub mod shell;
pub mod support;
pub mod trust;
pub mod venv;

pub use error::{Error, Result};
pub use support::hint::Hint;
pub use support::host::{Host, Platform};
pub use support::interrupt::Interrupt;
