//! Pythons: which one is meant, which ones there are, and what each of them is.
//!
//! A [`Request`] is what a user asked for, an [`Interpreter`] what a probe found; the two meet in
//! one place, [`Request::matches`].
//!
//! | module | owns |
//! |---|---|
//! | `demand` | who may make a request, and whose goes first |
//! | `request`, `version` | what can be asked for, and its forms |
//! | `finder` | the order of search, and what is passed over |
//! | `names`, `managers`, `registry` | where Pythons are: on PATH, in the places that others keep |
//! | `shim`, `stub` | executables that are no Python, and what they stand for |
//! | `probe`, `process` | asking one what it is, within a time limit |
//! | `base`, `stable` | the base of an environment, and the path of it that lasts |
//! | `memory` | what was found out, for as long as it holds |

mod base;

mod discovery;
mod error;
pub(crate) mod files;
mod interpreter;
mod probe;
mod reason;
mod request;
mod source;
mod stable_path;
mod version;

pub(crate) use base::base_names;
pub use discovery::{Finder, Found, PassedOver, ProbedCandidate};
pub use error::{Error, Result};
pub use interpreter::{Build, Implementation, Interpreter, Scheme, Wheel};
pub(crate) use probe::TIME_LIMIT;
pub use probe::probe;
pub(crate) use probe::process::{isolated, run_with_timeout, wait_with_output};
pub use reason::Reason;
pub use request::{Request, Series, Versions, Wanted};
pub use source::{Installer, Source};
pub use version::{Level, Version};
