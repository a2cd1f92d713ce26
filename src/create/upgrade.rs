//! Upgrade to another minor version of Python: a new environment with the packages and files of the old one.

use std::collections::HashMap;
use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::contents::{Contents, UserFile, is_for_another};
use super::filled::rebuild;
use super::{CreateRequest, Created, Progress};
use crate::create::{Error, Result};
use crate::fs;
use crate::support::session::Session;
use crate::trust::Trust;
use crate::venv::Env;

/// Installs a requirements file into an environment; returns whether that succeeded.
pub type Install<'a> = &'a mut dyn FnMut(&Env, &Path) -> bool;

/// The permission to build packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builds {
    /// Packages may be built, also from URLs and directories in the environment's files.
    Permitted,
    /// The same if the environment is in the list of allowed ones; otherwise only wheels of the index.
    IfTrusted,
}

/// Whether the environment was created for another minor version or implementation than the request's,
/// so that a change of its interpreter requires a new environment.
pub fn needs_rebuild(request: &CreateRequest<'_>, session: Session<'_>) -> bool {
    is_for_another(request.root, request.interpreter, session.host, session.cache)
}

/// Creates the environment again with the request's Python, installs the packages of the old one, and
/// replaces it if that succeeds. Files of no package are carried over.
///
/// # Errors
/// [`Error::NotReinstallable`] if the old one contains a package whose source is unknown,
/// [`Error::NeedsBuild`] if `builds` forbids a build, [`Error::NotReinstalled`] if `install` fails,
/// [`Error::NotRelocatable`] if a package contains the path at which it was installed, and any error of
/// [`create`](super::create). The old environment is then unchanged.
pub fn upgrade(
    request: &CreateRequest<'_>,
    session: Session<'_>,
    progress: Progress<'_>,
    builds: Builds,
    install: Install<'_>,
) -> Result<Created> {
    let Session { host, interrupt, .. } = session;
    let old = Env::open(request.root, host.platform())?;
    let location = crate::support::path::canonicalize(request.root)
        .map_err(fs::Error::io("follow", request.root))?;
    // The user's files are carried over, so they do not prevent the replacement.
    let guard = request.guard.clone().with_user_files(true);
    let options = request.options.inheriting(old.cfg());
    let (held, wheels_only) = reinstallable(request.root, session, builds)?;
    // In the file of requirements, so that it overrides pip's settings.
    let options_of_pip = if wheels_only { "--only-binary :all:\n" } else { "" };
    let request = CreateRequest { options: &options, guard: &guard, ..request.clone() };
    rebuild(&request, session, &location, progress, &mut |env, scratch, created| {
        let requirements = scratch.join("requirements.txt");
        if let Some(text) = held.requirements(env) {
            let text = format!("{options_of_pip}{text}");
            fs::write_whole(&requirements, text.as_bytes(), false)?;
            if !install(env, &requirements) {
                interrupt.check()?;
                let path = request.root.to_owned();
                return Err(Error::NotReinstalled { path, wheels_only });
            }
        }
        // Without a network the pip of the base remains.
        if let Some(version) = held.newer_pip(created.pip.as_deref()) {
            let text = format!("{options_of_pip}pip=={version}\n");
            fs::write_whole(&requirements, text.as_bytes(), false)?;
            if install(env, &requirements) {
                created.pip = Some(version.to_owned());
            }
        }
        (created.kept, created.beside) = Carrying::new(&location, env).all(&held)?;
        let former = held.own.iter().filter(|own| own.is_for_former_python);
        created.not_carried = former.map(|own| own.path.clone()).collect();
        // The user's files were not created by this process.
        created.is_pristine = false;
        Ok(())
    })
}

/// The content of the environment at `root` if all of it can be installed again, and whether only wheels
/// are permitted for that.
///
/// # Errors
/// [`Error::NotReinstallable`] and [`Error::NeedsBuild`], as [`upgrade`].
pub(super) fn reinstallable(
    root: &Path,
    session: Session<'_>,
    builds: Builds,
) -> Result<(Contents, bool)> {
    let Session { host, cache, .. } = session;
    let location =
        crate::support::path::canonicalize(root).map_err(fs::Error::io("follow", root))?;
    let held = Contents::of(&location, host, cache)?;
    held.ensure_reinstallable(root)?;
    let wheels_only = builds == Builds::IfTrusted && !Trust::of(host).allows(root);
    if wheels_only {
        held.ensure_named(root)?;
    }
    Ok((held, wheels_only))
}

/// Carries the user's files over as hard links, so that the old environment remains complete until it is
/// deleted. A file of the new environment is replaced only if the user's version takes precedence.
struct Carrying<'a> {
    old: &'a Path,
    new: &'a Env,
    site: PathBuf,
    /// As in [`Created`].
    kept: Vec<PathBuf>,
    beside: Vec<PathBuf>,
    /// Directories that have another name in the new environment, because their own is taken.
    renamed: HashMap<PathBuf, PathBuf>,
    /// The created directories, parents before children, each with its original.
    made: Vec<(PathBuf, PathBuf)>,
}

impl<'a> Carrying<'a> {
    fn new(old: &'a Path, new: &'a Env) -> Self {
        let site = new.site_packages().unwrap_or_else(|| new.root().to_owned());
        let (kept, beside, made) = (Vec::new(), Vec::new(), Vec::new());
        Self { old, new, site, kept, beside, renamed: HashMap::new(), made }
    }

    /// Carries over all files; returns those that replaced a new file, and those that were renamed.
    fn all(mut self, held: &Contents) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
        let mut own = held.own.iter().filter(|own| !own.is_for_former_python);
        own.try_for_each(|own| self.carry(own))?;
        // Last, children first: the modes may forbid to create files.
        for (from, to) in self.made.iter().rev() {
            let rights = from.symlink_metadata().map(|meta| meta.permissions());
            let set = rights.and_then(|rights| std::fs::set_permissions(to, rights));
            set.map_err(fs::Error::io("set the rights of", to))?;
        }
        Ok((self.kept, self.beside))
    }

    fn carry(&mut self, own: &UserFile) -> Result<()> {
        let from = self.old.join(&own.path);
        let to = match &own.in_site {
            Some(path) => self.site.join(path),
            None => self.new.root().join(&own.path),
        };
        let to = self.unobstructed(to);
        if to.symlink_metadata().is_err() {
            self.duplicate(own, &from, &to)?;
        } else if own.takes_precedence {
            std::fs::remove_file(&to).map_err(fs::Error::io("replace", &to))?;
            self.duplicate(own, &from, &to)?;
            self.kept.push(self.relative(&to));
        } else if !is_same(&from, &to) {
            let to = name_beside(&to);
            self.duplicate(own, &from, &to)?;
            self.beside.push(self.relative(&to));
        }
        Ok(())
    }

    fn relative(&self, to: &Path) -> PathBuf {
        to.strip_prefix(self.new.root()).unwrap_or(to).to_owned()
    }

    /// The path, with another name for a parent whose own name is taken by a file.
    fn unobstructed(&mut self, to: PathBuf) -> PathBuf {
        let stands = |path: &&Path| path.symlink_metadata().is_ok();
        let Some(first) = to.ancestors().skip(1).find(stands).filter(|path| !path.is_dir()) else {
            return to;
        };
        let beside = self.renamed.entry(first.to_owned()).or_insert_with(|| name_beside(first));
        let path = to.strip_prefix(first).map(|rest| beside.join(rest));
        let beside = self.relative(&self.renamed[first]);
        if !self.beside.contains(&beside) {
            self.beside.push(beside);
        }
        path.unwrap_or(to)
    }

    /// Links a file or creates an empty directory, with its parents.
    fn duplicate(&mut self, own: &UserFile, from: &Path, to: &Path) -> Result<()> {
        let failed = || fs::Error::io("carry over", from);
        let meta = from.symlink_metadata().map_err(failed())?;
        if meta.is_dir() {
            return self.make_directory(from, to);
        }
        if let (Some(from), Some(to)) = (from.parent(), to.parent()) {
            self.make_directory(from, to)?;
        }
        if let Some(lines) = &own.lines {
            return Ok(fs::write_whole(to, lines.as_bytes(), false)?);
        }
        match std::fs::hard_link(from, to) {
            // A copy would follow a link, and a socket cannot be copied.
            Err(_) if meta.is_file() => Ok(std::fs::copy(from, to).map(drop).map_err(failed())?),
            Err(error) if error.kind() != ErrorKind::AlreadyExists && meta.is_symlink() => {
                Err(failed()(error).into())
            }
            _ => Ok(()),
        }
    }

    fn make_directory(&mut self, from: &Path, to: &Path) -> Result<()> {
        if to.is_dir() {
            return Ok(());
        }
        if let (Some(from), Some(to)) = (from.parent(), to.parent()) {
            self.make_directory(from, to)?;
        }
        std::fs::create_dir(to).map_err(fs::Error::io("create", to))?;
        self.made.push((from.to_owned(), to.to_owned()));
        Ok(())
    }
}

/// Whether both entries have the same content.
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

/// A free name: `activate.old`.
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
