//! The package store: what pip installed once is linked into the next environment.

mod decision;
mod filling;
#[cfg(target_os = "linux")]
mod install;
mod lock_file;
mod tags;
pub(crate) mod world;
