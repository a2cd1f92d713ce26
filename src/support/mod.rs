//! Facilities without a dependency on any other module: the process as a value, directories of
//! the user, paths, suggestions.

pub mod cache;
pub(crate) mod hex;
pub mod host;
pub mod interrupt;
pub mod json;
pub mod path;
pub mod python_vars;
pub(crate) mod suggest;
