//! Pythons: which one is asked for, where they are, and which properties each of them has.
//!
//! A [`Request`] is what a user asked for, an [`Interpreter`] what a probe found; [`Request::matches`] joins
//! them.
//!
//! # Layout
//! | module | owns |
//! |---|---|
//! | `request`, `version` | what can be asked for, and its forms |
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
