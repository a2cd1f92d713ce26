//! The integration tests: one binary, one module a topic. They live in Unix' shells and files;
//! `.ci/windows` does so on Windows.
#![cfg(unix)]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]
#![allow(clippy::pedantic, reason = "a test may be plainer than the code that it tests")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "the harness looks at the developer's machine")]

mod check;
mod completions;
mod config;
mod create;
mod differential;
#[cfg(target_os = "linux")]
mod economy;
#[cfg(target_os = "linux")]
mod faults;
mod hook;
#[cfg(target_os = "linux")]
mod hostile;
mod install;
mod journey;
mod list;
mod pip;
mod python;
mod run;
mod sandbox;
mod shells;
mod words;
