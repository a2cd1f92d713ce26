//! The pip that a repair seeds.

use std::path::Path;

use crate::check::Result;
use crate::fs::InPlace;
use crate::seed;
use crate::support::cache::Cache;
use crate::support::session::Session;
use crate::venv::Entry;
use crate::venv::repair::Seeding;

/// Prepares the pip of the base, for [`Fixer`](crate::venv::repair::Fixer).
#[derive(Clone, Copy, Debug)]
pub struct Seeder<'a> {
    /// The environment's directory.
    pub root: &'a Path,
    /// The process, its cache and its signals.
    pub session: Session<'a>,
}

impl Seeder<'_> {
    /// The plan entries that install pip.
    ///
    /// # Errors
    /// If no wheel of pip is available.
    pub fn entries(&self, seeding: &Seeding, at: &mut InPlace) -> Result<Vec<Entry>> {
        let Session { host, cache, .. } = self.session;
        let Seeding { interpreter, relocatable, .. } = seeding;
        let options = seed::Options { setuptools: false, ..seed::Options::default() };
        let prepare =
            |cache: &Cache| seed::prepare(interpreter, &options, cache, host, &mut |_| {});
        let seed = match prepare(cache) {
            Err(seed::Error::CacheUnwritable { .. }) => prepare(&Cache::at(at.scratch()?))?,
            seed => seed?,
        };
        let target = seed::Target {
            root: self.root,
            interpreter,
            python: "python",
            relocatable: *relocatable,
        };
        Ok(seed.entries(&target))
    }
}
