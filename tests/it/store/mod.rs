//! The package store: what pip installed once is linked into the next environment.

#[cfg(target_os = "linux")]
mod adding;
mod decision;
mod filling;
pub(crate) mod fixture;
#[cfg(target_os = "linux")]
mod install;
mod kinds;
mod lock_file;
#[cfg(target_os = "linux")]
mod places;
mod tags;
