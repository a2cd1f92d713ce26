//! The steps and commands that repair what a rule found.

pub(super) mod interpreter;

use std::path::Path;

use super::finding::Remedy;
use super::snapshot::Snapshot;
use crate::check::Result;
use crate::fs::InPlace;
use crate::relocate;
use crate::relocate::Origin;
use crate::seed;
use crate::support::cache::Cache;
use crate::support::host::Platform;
use crate::support::session::Session;
use crate::venv::Entry;
use crate::venv::repair::Seeding;
use crate::venv::script::Script;

/// The environment's Python runs the commands that an installer put there. The user's own are kept.
pub(super) fn run_scripts(snapshot: &Snapshot<'_>, scripts: &[&Script]) -> Remedy {
    let entries = relocate::recorded_scripts(snapshot, scripts);
    if entries.is_empty() {
        let text = match snapshot.host.platform() {
            Platform::Windows => "install the package that it belongs to again, or delete it",
            Platform::Linux | Platform::MacOs => {
                "no installer put it there: change its first line, or delete it"
            }
        };
        return Remedy::advice(text);
    }
    interpreter::put(entries)
}

/// Every file that contains the path where the environment was made contains its path instead.
pub(super) fn relocate(snapshot: &Snapshot<'_>, origin: &Origin) -> Remedy {
    let entries = relocate::relocated(snapshot, origin, snapshot.root());
    if entries.is_empty() {
        let script = snapshot.scripts_name().join("activate");
        return Remedy::advice(format!(
            "correct the path in `{}`, or delete the file",
            script.display()
        ));
    }
    interpreter::put(entries)
}

/// `rvenv install --env ROOT FLAGS... REQUIREMENTS...`: it is not to depend on where that is typed.
pub(super) fn install(
    snapshot: &Snapshot<'_>,
    flags: &[&str],
    requirements: impl IntoIterator<Item = Vec<String>>,
) -> Remedy {
    let root = snapshot.root().to_string_lossy();
    let words = ["rvenv", "install", "--env", &root].into_iter().chain(flags.iter().copied());
    Remedy::run(words.map(str::to_owned).chain(requirements.into_iter().flatten()))
}

/// Prepares the pip of the base, for [`Fixer`](crate::venv::repair::Fixer).
#[derive(Clone, Copy, Debug)]
pub struct Seeder<'a> {
    /// The environment's directory.
    pub root: &'a Path,
    /// The process, its cache and its signals.
    pub session: Session<'a>,
}

impl Seeder<'_> {
    /// The entries of pip.
    ///
    /// # Errors
    /// When no wheel of pip can be had.
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
