//! Another minor version of Python for an environment: made anew beside it, with what it held.

use std::io::ErrorKind;
use std::path::Path;

use super::check::{self, Held};
use super::fix::{Fixer, Step};
use super::{Created, Env, Existing, Outcome, Progress, Recipe, World, create};
use crate::error::{Error, Result};
use crate::fs::{self, Stage};

/// Installs what a requirements file lists into an environment, and tells whether all of it is there.
pub type Install<'a> = &'a mut dyn FnMut(&Env, &Path) -> bool;

/// Whether the environment at the recipe's root was made for another minor version or another
/// implementation than the recipe's: only making it anew gives it that one.
pub fn needs_rebuild(recipe: &Recipe<'_>, world: &World<'_>) -> bool {
    check::is_for_another(recipe.root, recipe.interpreter, world.host, world.cache)
}

/// Makes the environment anew with the recipe's Python, installs what the old one held, and puts
/// it into the old one's place when that succeeded. Files that no installer put there come along.
///
/// # Errors
/// [`Error::Unrepeatable`] when the old one holds what nothing tells how to install, and
/// [`Error::NotReinstalled`] when `install` fails; any error of [`create`]. The old environment
/// then stands as it was.
pub fn upgrade(
    recipe: &Recipe<'_>,
    world: &World<'_>,
    progress: Progress<'_>,
    install: Install<'_>,
) -> Result<Created> {
    let World { host, cache, guard, interrupt } = *world;
    let old = Env::open(recipe.root, host.platform())?;
    let location = crate::path::real(recipe.root).map_err(Error::io("follow", recipe.root))?;
    let doomed = guard.judge(&location)?;
    let options = recipe.options.inheriting(old.cfg());
    let held = Held::of(&location, host, cache);
    held.ensure_repeatable(recipe.root)?;
    let mut stage = Stage::beside(&location)?;
    let requirements = stage.scratch()?.join("requirements.txt");
    let at = stage.dir().path().to_owned();
    let made = Recipe { root: &at, options: &options, existing: Existing::Keep, ..recipe.clone() };
    let created = create(&made, world, progress)?;
    let env = Env::open(&at, host.platform())?;
    if let Some(text) = held.requirements(&env) {
        fs::write_whole(&requirements, text.as_bytes(), false)?;
        if !install(&env, &requirements) {
            interrupt.check()?;
            return Err(Error::NotReinstalled { path: recipe.root.to_owned() });
        }
    }
    carry_over(&held, &location, &env)?;
    let steps: Vec<_> =
        check::relocation(&at, recipe.root, host, cache).into_iter().map(Step::Put).collect();
    Fixer { root: &at, judged: None, host, cache, interrupt }.take(&steps, &mut |_| {})?;
    stage.replace(&doomed)?;
    stage.finish()?;
    Ok(Created { outcome: Outcome::Replaced, location, ..created })
}

/// Files that no installer put into the old environment, as links to the same files, so that the
/// old one is whole until it goes.
fn carry_over(held: &Held, old: &Path, new: &Env) -> Result<()> {
    let files = held.own_files(new).into_iter();
    files
        .filter(|(_, to)| to.symlink_metadata().is_err())
        .try_for_each(|(from, to)| duplicate(&old.join(from), &to))
}

fn duplicate(from: &Path, to: &Path) -> Result<()> {
    let failed = || Error::io("carry over", from);
    let meta = from.symlink_metadata().map_err(failed())?;
    if meta.is_dir() {
        std::fs::create_dir(to).map_err(Error::io("create", to))?;
        for entry in std::fs::read_dir(from).map_err(failed())? {
            let name = entry.map_err(failed())?.file_name();
            duplicate(&from.join(&name), &to.join(&name))?;
        }
        return Ok(());
    }
    match std::fs::hard_link(from, to) {
        // A link would be followed by a copy, and a socket cannot be copied.
        Err(_) if meta.is_file() => std::fs::copy(from, to).map(drop).map_err(failed()),
        Err(error) if error.kind() != ErrorKind::AlreadyExists && meta.is_symlink() => {
            Err(failed()(error))
        }
        _ => Ok(()),
    }
}
