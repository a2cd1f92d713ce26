//! The package store: what pip installed once is linked into the next environment.

mod filling;
#[cfg(target_os = "linux")]
mod install;
mod tags;
mod world;
