//! Pythons: which one is meant, which ones there are, and what each of them is.
//!
//! A [`Request`] is what a user asked for, an [`Interpreter`] what a probe found; the two meet in
//! one place, [`Request::matches`].

mod interpreter;
mod process;
mod request;
mod version;

pub use interpreter::{Build, Implementation, Interpreter, Scheme, Wheel};
pub use request::Request;
pub(crate) use process::isolated;
pub use version::{Level, Version};
