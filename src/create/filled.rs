//! Environments that appear together with their packages, which pip installs in the staging area.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use memchr::memmem;
use walkdir::WalkDir;

use super::build::{finish, replace};
use super::{CreateRequest, Created, Existing, Outcome, Progress, create};
use crate::create::{Error, Result};
use crate::fs;
use crate::fs::{Refusal, Stage};
use crate::relocate::relocation;
use crate::support::parallel;
use crate::support::session::Session;
use crate::venv::repair::{Fixer, Step};
use crate::venv::{Env, ensure_usable};

/// Puts packages and files into an environment that was just made, with a directory for temporary files.
pub(super) type Fill<'a> = &'a mut dyn FnMut(&Env, &Path, &mut Created) -> Result<()>;

/// Creates an environment with the packages that `install` puts into it. If `install` returns `true`, it
/// appears at the request's root, which is free or an environment that it replaces. `None` if a package
/// contains the path of the staging area where it cannot be rewritten, or another process has created the
/// root in the meantime.
///
/// # Errors
/// [`Error::NotInstalled`] if `install` returns `false`; any error of [`create`]. The root is then unchanged.
pub fn create_filled(
    request: &CreateRequest<'_>,
    session: Session<'_>,
    progress: Progress<'_>,
    install: &mut dyn FnMut(&Env) -> bool,
) -> Result<Option<Created>> {
    let fill: Fill<'_> = &mut |env, _, _| {
        if install(env) {
            return Ok(());
        }
        session.interrupt.check()?;
        Err(Error::NotInstalled { path: request.root.to_owned() })
    };
    let created = match std::fs::symlink_metadata(request.root) {
        Err(error) if error.kind() == ErrorKind::NotFound => make(request, session, progress, fill),
        _ => {
            let location = crate::support::path::canonicalize(request.root)
                .map_err(fs::Error::io("follow", request.root))?;
            rebuild(request, session, &location, progress, fill)
        }
    };
    match created {
        Err(Error::NotRelocatable { .. } | Error::Fs(fs::Error::Occupied { .. })) => Ok(None),
        created => created.map(Some),
    }
}

/// Creates the environment beside its path, which is free, fills it with `fill`, and renames it.
fn make(
    request: &CreateRequest<'_>,
    session: Session<'_>,
    progress: Progress<'_>,
    fill: Fill<'_>,
) -> Result<Created> {
    ensure_usable(request.root, session.host.platform())?;
    let mut leftovers = fs::sweep(request.root)?;
    let mut stage = Stage::beside(request.root)?;
    let created = build(&mut stage, request, session, progress, fill)?;
    stage.publish()?;
    leftovers.extend(finish(stage));
    let (outcome, location) = (Outcome::Made, request.root.to_owned());
    Ok(Created { outcome, location, leftovers, ..created })
}

/// Creates the environment beside the one at `location`, fills it with `fill`, and exchanges the two.
pub(super) fn rebuild(
    request: &CreateRequest<'_>,
    session: Session<'_>,
    location: &Path,
    progress: Progress<'_>,
    fill: Fill<'_>,
) -> Result<Created> {
    if request.root.is_symlink() {
        let refusal = Refusal::Link(Some(location.to_owned()));
        return Err(fs::Error::Protected { path: request.root.to_owned(), refusal }.into());
    }
    let replaced = request.guard.check_replaceable(location)?;
    let mut stage = Stage::replacing(&replaced)?;
    let created = build(&mut stage, request, session, progress, fill)?;
    let leftovers = replace(stage, &replaced)?;
    let (outcome, location) = (Outcome::Replaced, location.to_owned());
    Ok(Created { outcome, location, leftovers, ..created })
}

/// Creates the environment in the stage, fills it with `fill`, and rewrites the path of the stage in it.
///
/// # Errors
/// [`Error::NotRelocatable`] if the path of the stage remains in a file.
fn build(
    stage: &mut Stage,
    request: &CreateRequest<'_>,
    session: Session<'_>,
    progress: Progress<'_>,
    fill: Fill<'_>,
) -> Result<Created> {
    let Session { host, cache, .. } = session;
    let scratch = stage.scratch()?.to_owned();
    let at = stage.dir().path().to_owned();
    let made = CreateRequest { root: &at, existing: Existing::Keep, ..request.clone() };
    let mut created = create(&made, session, progress)?;
    fill(&Env::open(&at, host.platform())?, &scratch, &mut created)?;
    let steps: Vec<_> =
        relocation(&at, request.root, host, cache).into_iter().map(Step::Put).collect();
    // No step of a relocation seeds pip.
    let seed = &|_: &_, _: &mut _| Ok::<_, Error>(Vec::new());
    Fixer { root: &at, judged: None, session, seed }.apply(&steps, &mut |_| {})?;
    match file_with_path(&at)? {
        Some(found) => Err(Error::NotRelocatable { path: request.root.to_owned(), file: found }),
        None => Ok(created),
    }
}

/// A file of the environment at `at` that contains that path, relative to it. Bytecode does not count:
/// Python corrects the path of the source when it imports it.
fn file_with_path(at: &Path) -> Result<Option<PathBuf>> {
    let needle = memmem::Finder::new(at.as_os_str().as_encoded_bytes());
    let mut files = Vec::new();
    for entry in WalkDir::new(at) {
        let entry = entry.map_err(|error| fs::Error::io("list", at)(error.into()))?;
        let is_bytecode = entry.path().extension().is_some_and(|end| end == "pyc");
        if entry.file_type().is_file() && !is_bytecode {
            files.push(entry.into_path());
        }
    }
    let contains = |buffer: &mut Vec<u8>, path: &PathBuf| {
        contains(path, &needle, buffer).map_err(fs::Error::io("read", path))
    };
    let found = parallel::map_with(&files, parallel::processors, SHARE, Vec::new, contains);
    for (path, contains) in files.iter().zip(found) {
        if contains? {
            return Ok(Some(path.strip_prefix(at).unwrap_or(path).to_owned()));
        }
    }
    Ok(None)
}

/// The files that a thread searches at a time.
const SHARE: usize = 64;

/// The bytes that are read at a time.
const CHUNK: usize = 1 << 20;

/// Whether a file contains `needle`. Reads it in chunks, because compiled modules have gigabytes.
fn contains(
    path: &Path,
    needle: &memmem::Finder<'_>,
    buffer: &mut Vec<u8>,
) -> std::io::Result<bool> {
    let mut file = File::open(path)?;
    let overlap = needle.needle().len().saturating_sub(1);
    buffer.clear();
    loop {
        let kept = buffer.len();
        let read = (&mut file).take(CHUNK as u64).read_to_end(buffer)?;
        if needle.find(buffer).is_some() {
            return Ok(true);
        }
        if read == 0 {
            return Ok(false);
        }
        buffer.drain(..(kept + read).saturating_sub(overlap));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_across_two_chunks() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let needle = memmem::Finder::new(b"/stage/new");
        let mut buffer = Vec::new();
        for (before, expected) in [(CHUNK - 3, true), (0, true), (2 * CHUNK, true)] {
            std::fs::write(&path, [&vec![b'/'; before][..], b"/stage/new", b"x"].concat()).unwrap();
            assert_eq!(contains(&path, &needle, &mut buffer).unwrap(), expected, "{before}");
        }
        std::fs::write(&path, vec![b'/'; 2 * CHUNK]).unwrap();
        assert!(!contains(&path, &needle, &mut buffer).unwrap());
    }
}
