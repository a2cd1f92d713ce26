//! The integration tests: one binary, one module a topic. Most live in Unix' shells and files; what
//! every system has in common is in `portable`, and `.ci/windows` has the rest for Windows.
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]
#![allow(clippy::pedantic, reason = "a test may be plainer than the code that it tests")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "the harness looks at the developer's machine")]

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
mod economy;
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
mod layers;
#[cfg(unix)]
mod list;
#[cfg(target_os = "linux")]
mod pack;
#[cfg(unix)]
mod pip;
mod portable;
#[cfg(unix)]
mod python;
#[cfg(unix)]
mod run;
#[cfg_attr(
    not(target_os = "linux"),
    allow(
        dead_code,
        unused_imports,
        unused_macros,
        reason = "the tests of this system use a part of the harness"
    )
)]
mod sandbox;
#[cfg(unix)]
mod shells;
#[cfg(unix)]
mod store;
#[cfg(target_os = "linux")]
mod trust;
#[cfg(target_os = "linux")]
mod unpack;
#[cfg(unix)]
mod words;
#[cfg(target_os = "linux")]
mod zoo;
