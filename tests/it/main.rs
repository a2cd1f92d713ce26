//! The integration tests: one binary, one module a topic.

mod pip;
mod sandbox;
#[cfg(unix)]
mod shells;
