//! The pip that a repair seeds.

use std::path::Path;

use crate::check::Result;
use crate::fs::InPlace;
use crate::seed;
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
        let Seeding { interpreter, relocatable, .. } = seeding;
        let options = seed::Options { setuptools: false, ..seed::Options::default() };
        let scratch = || -> Result<_> { Ok(at.scratch()?.to_owned()) };
        let seed =
            seed::prepare_or_scratch(interpreter, &options, self.session, scratch, &mut |_| {})?;
        let target = seed::Target {
            root: self.root,
            interpreter,
            python: "python",
            relocatable: *relocatable,
        };
        Ok(seed.entries(&target))
    }
}
