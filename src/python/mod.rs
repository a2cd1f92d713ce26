//! Requests for Pythons, their discovery, and their properties.
//!
//! A [`Request`] contains the conditions of a user, an [`Interpreter`] the result of a probe;
//! [`Request::matches`] compares them.
//!
//! # Layout
//! | module | owns |
//! |---|---|
//! | `request`, `version` | the forms of a request |
//! | `discovery` | the order of search: PATH (`names`), installers (`managers`, `registry`), shims (`shim`), placeholders (`stub`), help when nothing fits (`missing`) |
//! | `probe` | running an interpreter within a time limit (`process`), its answer (`reply`), stored answers (`cache`) |
//! | `base`, `stable_path` | the base of an environment, and its path that survives upgrades |
//! | `wheel_tags` | the wheels that an interpreter can use |
//! | `files` | the text of version files |

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
mod wheel_tags;

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
pub use wheel_tags::{WheelPlatform, WheelTags};
