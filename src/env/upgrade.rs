//! Another minor version of Python for an environment: made anew beside it, with what it held.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

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

/// What came of an upgrade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgraded {
    /// As of any environment that is made.
    pub created: Created,
    /// Files of rvenv's that the user had changed: they are as they were.
    pub kept: Vec<PathBuf>,
    /// Files in whose place a new one stands: where they are now. Paths are relative.
    pub beside: Vec<PathBuf>,
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
) -> Result<Upgraded> {
    let World { host, cache, guard, interrupt } = *world;
    let old = Env::open(recipe.root, host.platform())?;
    let location = crate::path::real(recipe.root).map_err(Error::io("follow", recipe.root))?;
    let doomed = guard.judge(&location)?;
    let options = recipe.options.inheriting(old.cfg());
    let held = Held::of(&location, host, cache)?;
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
    let (kept, beside) = carry_over(&held, &location, &env)?;
    let steps: Vec<_> =
        check::relocation(&at, recipe.root, host, cache).into_iter().map(Step::Put).collect();
    Fixer { root: &at, judged: None, host, cache, interrupt }.take(&steps, &mut |_| {})?;
    stage.replace(&doomed)?;
    stage.finish()?;
    let outcome = Outcome::Replaced;
    // What the user put there came from elsewhere.
    let created = Created { outcome, location, is_pristine: false, ..created };
    Ok(Upgraded { created, kept, beside })
}

/// What the user put into the old environment, as links to the same files, so that the old one is
/// whole until it goes. No file of the new one's is overwritten but a file of rvenv's by the user's
/// version of it. Gives which those are, and what is beside a file that it would have overwritten.
fn carry_over(held: &Held, old: &Path, new: &Env) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let site = new.site_packages().unwrap_or_else(|| new.root().to_owned());
    let (mut kept, mut beside) = (Vec::new(), Vec::new());
    for own in &held.own {
        let from = old.join(&own.path);
        let to =
            own.in_site.as_ref().map_or_else(|| new.root().join(&own.path), |path| site.join(path));
        let relative = |to: &Path| to.strip_prefix(new.root()).unwrap_or(to).to_owned();
        if to.symlink_metadata().is_err() {
            duplicate(&from, &to)?;
        } else if own.goes_before {
            std::fs::remove_file(&to).map_err(Error::io("replace", &to))?;
            duplicate(&from, &to)?;
            kept.push(relative(&to));
        } else if !is_same(&from, &to) {
            let to = name_beside(&to);
            duplicate(&from, &to)?;
            beside.push(relative(&to));
        }
    }
    Ok((kept, beside))
}

/// Whether nothing would be lost if one of the two went.
fn is_same(one: &Path, other: &Path) -> bool {
    let link = |path| std::fs::read_link(path).ok();
    let (Ok(meta), Ok(of_other)) = (one.symlink_metadata(), other.symlink_metadata()) else {
        return false;
    };
    let kinds = [&meta, &of_other].map(Metadata::file_type);
    if kinds[0] != kinds[1] {
        return false;
    }
    let read = |path| fs::read_bounded(path, meta.len()).ok();
    meta.is_dir()
        || (meta.is_symlink() && link(one) == link(other))
        || (meta.len() == of_other.len()
            && read(one).is_some_and(|bytes| read(other) == Some(bytes)))
}

/// A name that is free: `activate.old`.
fn name_beside(path: &Path) -> PathBuf {
    let with = |end: String| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let mut names = (2..).map(|number| with(format!(".old{number}")));
    let first = with(".old".to_owned());
    let is_free = |path: &PathBuf| path.symlink_metadata().is_err();
    if is_free(&first) { first } else { names.find(is_free).unwrap_or(first) }
}

/// Links a file, or makes an empty directory, and the directories that it is in.
fn duplicate(from: &Path, to: &Path) -> Result<()> {
    let failed = || Error::io("carry over", from);
    let meta = from.symlink_metadata().map_err(failed())?;
    let dir = if meta.is_dir() { to } else { to.parent().unwrap_or(to) };
    std::fs::create_dir_all(dir).map_err(Error::io("create", dir))?;
    if meta.is_dir() {
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
