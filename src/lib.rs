//! Creates, activates, checks and fills Python virtual environments.
//!
//! # Create an environment and check it
//! ```no_run
//! use rvenv::check::Check;
//! use rvenv::create::{CreateRequest, Existing, create};
//! use rvenv::fs::Guard;
//! use rvenv::python::{Finder, Request};
//! use rvenv::support::cache::Cache;
//! use rvenv::support::program::Starts;
//! use rvenv::support::session::Session;
//! use rvenv::venv::Options;
//! use rvenv::{Host, Interrupt, seed};
//!
//! # fn main() -> rvenv::Result<()> {
//! let host = Host::from_process()?;
//! let cache = Cache::of(&host);
//! let python = Finder::new(&host, &cache).find(&Request::parse(">=3.11", &host)?)?.interpreter;
//! let root = host.absolute(".venv".as_ref());
//! let request = CreateRequest {
//!     root: &root,
//!     interpreter: &python,
//!     options: &Options::default(),
//!     pip: Some(&seed::Options::default()),
//!     existing: Existing::Keep,
//!     link_mode: None,
//!     packages: None,
//!     guard: &Guard::new(&host),
//! };
//! let session = Session { host: &host, cache: &cache, interrupt: &Interrupt::default() };
//! create(&request, session, &mut |_event| {})?;
//! let (named, starts) = (Some(&*root), Starts::Allowed);
//! let check = Check { session, named, deep: false, starts, ignored: &[] };
//! let report = check.report()?;
//! assert!(report.healthy, "{:?}", report.findings);
//! # Ok(())
//! # }
//! ```
//!
//! # Layers
//! Data flows one way: a [`Host`] (the process as a value) and a [`python::Request`] find a
//! [`python::Interpreter`]; an interpreter and options give a [`venv::Plan`], a pure list of the
//! contents of an environment; `create` applies a plan, `check` compares it with the disk, a repair
//! applies the difference.
//!
//! A module imports only modules of rows below its own; `tests/it/layers.rs` enforces this table.
//! Above the library is the program: `main` parses with `cli` (clap) and calls `commands`, which use
//! `ui` (output), `help` (pages) and `process` (signals, exit codes).
//!
//! | layer | contents |
//! |---|---|
//! | `error` | one variant per module error |
//! | `create`, `check`, `unpack` | request to outcome, upgrade; snapshot to findings to repairs; archive to environment |
//! | `seed`, `store`, `pack` | the wheels that provide pip, their unpacked images in the cache; what pip installed, for the next environment; archives of environments |
//! | `relocate`, `trust` | where an environment writes its own path, and how it is rewritten; the list of allowed environments |
//! | `venv` | the model of an environment: its plan, its location, comparison with the disk |
//! | `dist` | the installed distributions of an environment |
//! | `settings` | settings in files and variables; the files of the project |
//! | `python`, `shell` | requests, discovery, probes; activation code, quoting, detection, hooks |
//! | `fs` | staging, in-place changes with an undo log, deletion by handle, links |
//! | `formats` | file formats: bytes in, values out |
//! | `support` | the process as a value, user directories, limits, ownership |
//!
//! The library never prints, prompts, exits or reads the process environment.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod check;
pub mod create;
mod dist;
pub mod error;
pub mod formats;
pub mod fs;
pub mod pack;
pub mod python;
pub mod relocate;
pub mod seed;
pub mod settings;
pub mod shell;
pub mod store;
pub mod support;
pub mod trust;
pub mod unpack;
pub mod venv;

pub use error::{Error, Result};
pub use support::hint::{DeletionHint, Hint, PackHint};
pub use support::host::{Host, Platform};
pub use support::interrupt::Interrupt;
