//! The integration tests: one binary, one module a topic.
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]
#![allow(clippy::pedantic, reason = "a test may be plainer than the code that it tests")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "the harness looks at the developer's machine")]

// All but plans are judged by Unix' shells and files here; `.ci/windows` does it on Windows.

#[cfg(unix)]
mod check;
#[cfg(unix)]
mod completions;
#[cfg(unix)]
mod config;
#[cfg(unix)]
mod create;
#[cfg(unix)]
mod differential;
#[cfg(target_os = "linux")]
mod faults;
#[cfg(unix)]
mod hook;
#[cfg(target_os = "linux")]
mod hostile;
#[cfg(unix)]
mod install;
#[cfg(unix)]
mod journey;
#[cfg(unix)]
mod list;
#[cfg(unix)]
mod pip;
mod plan;
#[cfg(unix)]
mod python;
#[cfg(unix)]
mod run;
#[cfg(unix)]
mod sandbox;
#[cfg(unix)]
mod shells;
#[cfg(unix)]
mod words;
