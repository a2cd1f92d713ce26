//! The failures to find or read a Python.

use std::fmt;
use std::path::PathBuf;

use super::{PassedOver, Reason, Version};
use crate::support::hint::Hint;
use crate::{fs, support};

/// The result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failures to find or read a Python.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A request for a Python has none of the known forms.
    #[error("`{text}` is neither a version or range, nor the name or path of a Python")]
    UnreadableRequest {
        /// The request.
        text: String,
        /// The request that was probably meant.
        meant: Option<String>,
    },

    /// The Python at a path cannot be used.
    #[error("cannot use `{}` as a Python: it {reason}", path.display())]
    UnusablePython {
        /// The path.
        path: PathBuf,
        /// The reason.
        reason: Reason,
        /// For a shim of a version manager, a version of this manager that has the program.
        instead: Option<String>,
    },

    /// No Python on this machine satisfies the request.
    #[error("found no Python for `{request}`{}{}{}{}", asked(asked_by.as_deref()), minimum(*is_too_old), near(nearest), Listed(candidates))]
    NoPython {
        /// The request.
        request: String,
        /// The option, variable, or file and line that contains the request, if the caller did not make it.
        asked_by: Option<String>,
        /// Whether the request is for versions that rvenv does not support.
        is_too_old: bool,
        /// The versions on this machine that are nearest to the request.
        nearest: Vec<String>,
        /// The command that installs one, if the files of an installer show that it has that version.
        install: Option<String>,
        /// The candidates, in the order of the search.
        candidates: Vec<PassedOver>,
    },

    /// The first Python of the search is a version manager's shim, and rvenv cannot follow its rule.
    #[error("cannot decide which Python {manager} selects: {what}")]
    UnfollowedShim {
        /// `mise`.
        manager: &'static str,
        /// The file and line that rvenv cannot follow, and why.
        what: String,
    },

    /// An error of a lower layer.
    #[error(transparent)]
    Support(support::Error),

    /// An error of a lower layer.
    #[error(transparent)]
    Fs(fs::Error),
}

support::lift_errors! { Error {
    support::Error => Support [],
    fs::Error => Fs [Support],
}}

impl Error {
    /// Adds the source of the request to [`Error::NoPython`].
    #[must_use]
    pub fn with_origin(mut self, origin: String) -> Self {
        if let Self::NoPython { asked_by, .. } = &mut self {
            *asked_by = Some(origin);
        }
        self
    }

    /// The next step for the user, if there is one.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::NoPython { install: Some(command), .. } => {
                Some(Hint::InstallPython(command.clone()))
            }
            Self::UnreadableRequest { meant: Some(meant), .. } => {
                Some(Hint::DidYouMean(vec![meant.clone()]))
            }
            Self::UnreadableRequest { .. } => Some(Hint::FormsOfRequests),
            Self::UnusablePython { instead: Some(version), .. } => {
                Some(Hint::SelectVersion(version.clone()))
            }
            Self::NoPython { .. }
            | Self::UnusablePython {
                reason: Reason::Shim { .. } | Reason::UnfollowedShim { .. },
                ..
            } => Some(Hint::ListPythons),
            Self::UnfollowedShim { .. } => Some(Hint::NamePython),
            _ => self.lower_hint(),
        }
    }
}

/// `, which ORIGIN requests`.
fn asked(by: Option<&str>) -> String {
    by.map(|by| format!(", which {} requests", by.trim_end_matches(','))).unwrap_or_default()
}

/// `: rvenv needs Python 3.8 or later`.
fn minimum(is_too_old: bool) -> String {
    let oldest = Version::OLDEST.short();
    if is_too_old { format!(": rvenv needs Python {oldest} or later") } else { String::new() }
}

/// `; the nearest are A and B`.
fn near(versions: &[String]) -> String {
    match versions {
        [] => String::new(),
        [one] => format!("; the nearest is {one}"),
        all => format!("; the nearest are {}", all.join(", ")),
    }
}

/// Candidates with their reasons, a line each.
struct Listed<'a>(&'a [PassedOver]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for PassedOver { path, source, reason } in self.0 {
            write!(f, "\n  {} ({source}): {reason}", path.display())?;
        }
        Ok(())
    }
}
