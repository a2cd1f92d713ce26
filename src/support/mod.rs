//! Facilities without a dependency on any other module: the process as a value, users and their
//! directories, paths, links, programs, limits, suggestions.

pub mod cache;
pub mod container;
pub mod dirs;
pub mod executable;
pub(crate) mod hex;
pub mod host;
pub mod identity;
pub mod interrupt;
pub mod json;
pub mod limits;
pub(crate) mod links;
pub mod path;
pub mod python_vars;
pub(crate) mod suggest;
pub(crate) mod users;
