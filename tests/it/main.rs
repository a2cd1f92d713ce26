//! The integration tests: one binary, one module a topic.

mod create;
mod differential;
mod journey;
mod pip;
mod sandbox;
mod shells;
