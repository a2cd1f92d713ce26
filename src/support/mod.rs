//! Facilities without a dependency on any other module: the process as a value, users and their
//! directories, paths, links, programs, limits, suggestions.

pub mod cache;
pub mod container;
pub mod dirs;
pub mod executable;
pub mod found;
pub(crate) mod hex;
pub mod host;
pub mod identity;
pub(crate) mod installation;
pub mod interrupt;
pub mod json;
pub(crate) mod kernel;
pub mod limits;
pub(crate) mod links;
pub mod ownership;
pub(crate) mod parallel;
pub mod path;
pub mod pip_config;
pub mod private_dir;
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux has `/proc`"))]
pub(crate) mod processes;
pub mod program;
pub mod python_vars;
pub mod session;
#[cfg(windows)]
mod sid;
pub mod suggest;
pub(crate) mod users;

pub mod error;
pub mod hint;

pub use error::{Error, Result};

/// Converts errors of lower layers into the enum of a higher one, and forwards their hints.
///
/// `lower::Error => Variant [A, B]`: the lower enum becomes `Variant`, except its own variants `A` and
/// `B`, which wrap errors of still lower layers and keep their name. So an error has one form,
/// whichever layers it passed.
macro_rules! lift_errors {
    ($upper:ident { $($lower:path => $variant:ident [$($inner:ident),*],)* }) => {
        $(
            impl From<$lower> for $upper {
                fn from(error: $lower) -> Self {
                    #[allow(unused_imports, reason = "the lower enum may wrap no other")]
                    use $lower as Lower;
                    match error {
                        $(Lower::$inner(error) => Self::$inner(error),)*
                        #[allow(unreachable_patterns, reason = "an enum may have wrapping variants only")]
                        error => Self::$variant(error),
                    }
                }
            }
        )*

        impl $upper {
            /// The hint of a wrapped error of a lower layer.
            fn lower_hint(&self) -> Option<crate::support::hint::Hint> {
                match self {
                    $(Self::$variant(error) => error.hint(),)*
                    #[allow(unreachable_patterns, reason = "an enum may have wrapping variants only")]
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use lift_errors;
