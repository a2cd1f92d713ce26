//! The cache directory.
//!
//! A cache that is missing, read-only, corrupt or owned by another user only costs time.

use std::path::{Path, PathBuf};

use crate::support::dirs;
use crate::support::host::Host;
use crate::support::private_dir::{self, PrivacyProblem};

/// The directory of the answers of interpreters to a probe.
pub const INTERPRETERS: &str = "interpreters";
/// The directory of the metadata of installed packages.
pub const PACKAGES: &str = "packages";
/// The directory of the images of pip.
pub const PIP: &str = "pip";
/// The directory of the package store.
pub const STORE: &str = "store";
/// The directory of downloaded wheels.
pub const WHEELS: &str = "wheels";

/// The names in the directory that are rvenv's: what cleaning removes.
const PARTS: [&str; 5] = [INTERPRETERS, PACKAGES, PIP, STORE, WHEELS];

/// The directory for what is remembered, if there is one that can be trusted.
#[derive(Clone, Debug)]
pub struct Cache {
    root: Option<PathBuf>,
    problem: Option<CacheProblem>,
}

/// The reason why no cache is used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CacheProblem {
    /// The user asked for none, by an empty `RVENV_CACHE_DIR`.
    #[error("`RVENV_CACHE_DIR` is empty")]
    Disabled,
    /// No variable names a home.
    #[error("no variable names a home or a cache directory")]
    NoHome,
    /// The directory is not the user's alone.
    #[error(transparent)]
    NotPrivate(#[from] PrivacyProblem),
}

impl Cache {
    /// The cache of this host: `RVENV_CACHE_DIR`, else `rvenv` in the user's cache directory
    /// ([`dirs::cache`]).
    ///
    /// Whoever can write there could put any code into the pip of every new environment. So the directory
    /// must be the user's alone, and those above it the user's or root's. Then nobody else can change what
    /// its real path leads to, and the path is as good as an open handle.
    pub fn of(host: &Host) -> Self {
        let is_disabled = host
            .vars()
            .any(|(name, value)| name.eq_ignore_ascii_case("RVENV_CACHE_DIR") && value.is_empty());
        let checked = match Self::place(host) {
            _ if is_disabled => Err(CacheProblem::Disabled),
            None => Err(CacheProblem::NoHome),
            Some(root) => private_dir::check_creatable(&root).map_err(CacheProblem::from),
        };
        match checked {
            Ok(root) => Self { root: Some(root), problem: None },
            Err(problem) => Self { root: None, problem: Some(problem) },
        }
    }

    /// No cache: nothing is remembered.
    pub const fn none() -> Self {
        Self { root: None, problem: None }
    }

    /// A cache in this directory, which is the caller's own: one that lives as long as the work.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: Some(root.into()), problem: None }
    }

    /// The cache directory, which need not exist yet; `None` without a cache.
    pub fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// The reason why no cache is used; `None` if one is.
    pub fn problem(&self) -> Option<&CacheProblem> {
        self.problem.as_ref()
    }

    /// The parts of it that exist. The user may keep other things in the same directory.
    pub fn parts(&self) -> Vec<PathBuf> {
        let root = self.root.iter();
        root.flat_map(|root| PARTS.map(|name| root.join(name)))
            .filter(|part| part.is_dir())
            .collect()
    }

    fn place(host: &Host) -> Option<PathBuf> {
        if let Some(dir) = host.path_var("RVENV_CACHE_DIR") {
            return Some(host.absolute(dir));
        }
        dirs::cache(host).map(|dir| dir.join("rvenv"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_means_no_cache() {
        let host = Host::new([("RVENV_CACHE_DIR", ""), ("HOME", "/root")], "/");
        let cache = Cache::of(&host);
        assert_eq!((cache.root(), cache.problem()), (None, Some(&CacheProblem::Disabled)));
    }
}
