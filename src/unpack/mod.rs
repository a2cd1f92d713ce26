//! Reads archives that `rvenv pack` wrote: what they need, whether this machine has it, and unpacking as
//! a whole or not at all.
//!
//! | module | contains |
//! |---|---|
//! | `archive` | the entries of each format, one after the other |
//! | `names` | which entries are refused |
//! | `contents` | the manifest first, then all entries, compared with the manifest |
//! | `fit` | whether this machine has what the archive needs |
//! | `bind` | what changes when an unpacked environment gets a Python of this machine |
//!
//! An archive is untrusted: nothing in it is started, and no entry is written outside of the directory.

mod archive;
mod bind;
mod contents;
mod error;
mod fit;
mod libc;
mod names;

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

pub use archive::is_archive;
pub use error::{Error, Fault, Result};
pub use fit::{Fit, Problem};

use crate::fs;
use crate::fs::{Dir, InPlace, Leftover, Linker, Stage};
use crate::pack::{Manifest, Mode};
use crate::support::executable::is_executable;
use crate::support::path::canonicalize;
use crate::support::session::Session;
use crate::venv::{Content, Entry, ensure_usable, write_entry};
use archive::{Archive, Body};
use bind::Binding;
use contents::Contents;

/// Told how many bytes of the environment were read, and how many there are.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// Reads the whole archive at `file` and compares its needs with this machine.
///
/// # Errors
/// [`Error::Archive`] if it cannot be unpacked anywhere.
pub fn inspect(file: &Path, session: Session<'_>, progress: Progress<'_>) -> Result<Fit> {
    let manifest = manifest(file)?;
    let contents = Contents::new(file, &manifest)?;
    contents.read(session.interrupt, progress, &mut |_, _| Ok(()))?;
    Ok(Fit::of(manifest, file, session))
}

/// The manifest of the archive at `file`, which is read no further.
///
/// # Errors
/// [`Error::Archive`] if it is damaged, or not an archive of `rvenv pack`.
pub fn manifest(file: &Path) -> Result<Manifest> {
    contents::manifest(&Archive::open(file)?)
}

/// The archive to unpack and its target.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The archive.
    pub file: &'a Path,
    /// The environment's directory, absolute: absent, or empty.
    pub root: &'a Path,
}

/// An environment that was unpacked.
#[derive(Debug)]
pub struct Unpacked {
    /// The requirements of the archive, compared with this machine.
    pub fit: Fit,
    /// The environment's path, with links resolved.
    pub location: PathBuf,
    /// Temporary files, of this process or of killed ones, that could not be removed.
    pub leftovers: Vec<Leftover>,
}

/// Unpacks an archive into a new directory. An environment without a Python of its own gets the Python
/// that fits, as if `create` had made it with that one.
///
/// # Errors
/// [`Error::Unfit`] if the machine lacks what the archive needs; [`Error::Archive`] if the archive is
/// damaged or hostile; [`Error::Occupied`] if there is something in the directory; or what failed on
/// the disk. Nothing remains then.
pub fn unpack(
    request: &Request<'_>,
    session: Session<'_>,
    progress: Progress<'_>,
) -> Result<Unpacked> {
    ensure_usable(request.root, session.host.platform())?;
    let manifest = manifest(request.file)?;
    let (location, destination, leftovers) = Destination::choose(request.root, session)?;
    let fit = Fit::of(manifest, request.file, session);
    if !fit.is_usable() {
        return Err(Error::Unfit { path: request.file.to_owned(), fit: Box::new(fit) });
    }
    let resumes = matches!(destination, Destination::Unfinished);
    let mut work = Work { request, session, fit: &fit, location: &location, resumes, progress };
    let finished = match destination {
        Destination::New => {
            let mut stage = Stage::beside(&location)?;
            stage.dir().exclude_from_backups();
            work.fill(stage.dir())?;
            stage.publish()?;
            stage.finish()
        }
        Destination::Empty | Destination::Unfinished => {
            let place = InPlace::open(&location)?.no_overwrite();
            work.fill(place.dir())?;
            place.finish()
        }
    };
    // The environment is complete: a leftover that cannot be removed is not a failure.
    let leftovers =
        leftovers.into_iter().chain(finished.err().map(Leftover::from)).collect::<Vec<_>>();
    Ok(Unpacked { fit, location, leftovers })
}

/// The method by which the environment gets its path.
enum Destination {
    /// It is built beside its place and renamed to it.
    New,
    /// It is written into a directory that is there, as that cannot be renamed onto.
    Empty,
    /// The same, and a process that was killed has written some of its files.
    Unfinished,
}

impl Destination {
    /// Examines the destination. Returns its path with links resolved, its state, and the files of
    /// killed processes that cannot be removed.
    fn choose(root: &Path, session: Session<'_>) -> Result<(PathBuf, Self, Vec<Leftover>)> {
        let looked = |path: &Path| path.symlink_metadata().map_err(fs::Error::io("look at", path));
        let location = match root.symlink_metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => root.to_owned(),
            _ if looked(root)?.is_symlink() => {
                canonicalize(root).map_err(fs::Error::io("follow", root))?
            }
            _ => root.to_owned(),
        };
        // Its mark goes when there is another one.
        if fs::is_unfinished(&location) {
            return Ok((location, Self::Unfinished, Vec::new()));
        }
        let leftovers = fs::sweep(&location)?;
        if location.symlink_metadata().is_err() {
            return Ok((location, Self::New, leftovers));
        }
        let mut entries = match std::fs::read_dir(&location) {
            Err(error) if error.kind() == ErrorKind::NotADirectory => {
                return Err(Error::Occupied { path: root.to_owned() });
            }
            entries => entries.map_err(fs::Error::io("read", &location))?,
        };
        if entries.next().is_some() {
            return Err(Error::Occupied { path: root.to_owned() });
        }
        let is_current = canonicalize(session.host.cwd()).is_ok_and(|cwd| {
            canonicalize(&location).is_ok_and(|location| cwd.starts_with(location))
        });
        let is_kept = is_current || fs::is_mount_point(&location);
        Ok((location, if is_kept { Self::Empty } else { Self::New }, leftovers))
    }
}

/// One archive on its way to one place.
struct Work<'a, 'p> {
    request: &'a Request<'a>,
    session: Session<'a>,
    fit: &'a Fit,
    location: &'a Path,
    /// Whether some files are there already.
    resumes: bool,
    progress: Progress<'p>,
}

impl Work<'_, '_> {
    /// Writes all files, `pyvenv.cfg` last: where that is, the environment is complete.
    fn fill(&mut self, dir: &Dir) -> Result<()> {
        let Self { request, session, fit, location, resumes, .. } = *self;
        let contents = Contents::new(request.file, &fit.manifest)?;
        let interpreter = match fit.manifest.python.mode {
            Mode::Launcher => fit.python.as_ref(),
            Mode::Included => None,
        };
        let mut binding = Binding::new(request.root, interpreter)?;
        contents.read(session.interrupt, self.progress, &mut |entry, body| {
            entry.parents.iter().try_for_each(|parent| dir.create_dir(parent))?;
            if entry.is_directory {
                return Ok(dir.create_dir(&entry.path)?);
            }
            let is_done =
                binding.takes(&entry.path, body)? || (resumes && has(location, entry, body)?);
            if !is_done {
                dir.write_from(&entry.path, body, entry.is_executable)?;
            }
            Ok(())
        })?;
        let linker = Linker::of_cache(None, self.location, session.host);
        for entry in binding.entries(request.file)? {
            session.interrupt.check()?;
            if !resumes || entry.difference(location).is_some() {
                put(&entry, dir, &linker)?;
            }
        }
        Ok(())
    }
}

/// Whether a file of the archive is there already.
///
/// # Errors
/// [`Error::Occupied`] if another file is in its place.
fn has(location: &Path, entry: &contents::Entry, body: &mut Body<'_>) -> Result<bool> {
    let path = location.join(&entry.path);
    if path.symlink_metadata().is_err() {
        return Ok(false);
    }
    let failed = || fs::Error::io("read", &path);
    let mut found = fs::open_regular(&path)?;
    let (mut wanted, mut there) = (Vec::new(), Vec::new());
    loop {
        wanted.clear();
        there.clear();
        body.take(BLOCK).read_to_end(&mut wanted).map_err(failed())?;
        (&mut found).take(BLOCK).read_to_end(&mut there).map_err(failed())?;
        if wanted != there || is_executable(&path) != entry.is_executable {
            return Err(Error::Occupied { path });
        }
        if wanted.is_empty() {
            return Ok(true);
        }
    }
}

/// The number of bytes of two files that are compared at once.
const BLOCK: u64 = 1 << 16;

/// Writes an entry, with the directories above it, which archives without empty directories lack.
fn put(entry: &Entry, dir: &Dir, linker: &Linker) -> Result<()> {
    let parents = entry.path.ancestors().skip(1).filter(|dir| !dir.as_os_str().is_empty());
    for parent in parents.collect::<Vec<_>>().into_iter().rev() {
        dir.create_dir(parent)?;
    }
    match write_entry(entry, dir, linker) {
        // The second name of `lib`, which nothing needs on a file system without links (gh-133951).
        Err(crate::venv::Error::Fs(fs::Error::NoLinks { .. })) if matches!(&entry.content, Content::Link(target) if target == Path::new("lib")) => {
            Ok(())
        }
        written => Ok(written?),
    }
}
