//! The content of an archive, compared with its manifest.

use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::archive::{Archive, Body, Failure};
use super::error::{Error, Fault, Result};
use super::names::{Admitted, Names, shown};
use crate::fs;
use crate::pack::{MANIFEST, Manifest};
use crate::support::interrupt::Interrupt;
use crate::support::limits;

/// An entry that may be written.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Relative, and inside the directory.
    pub(super) path: PathBuf,
    /// The directories above it that had no entry so far, the outermost first.
    pub(super) parents: Vec<PathBuf>,
    pub(super) is_directory: bool,
    pub(super) is_executable: bool,
}

/// The archive of a manifest.
#[derive(Debug)]
pub(super) struct Contents<'a> {
    archive: Archive,
    manifest: &'a Manifest,
}

/// The manifest, which is the first entry.
pub(super) fn manifest(archive: &Archive) -> Result<Manifest> {
    let mut manifest = None;
    archive.entries(&mut |head, body| {
        if head.name != MANIFEST.as_bytes()
            || head.is_directory
            || head.size > limits::PACK_MANIFEST
        {
            return Err(Fault::NoManifest.into());
        }
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes)?;
        manifest = Some(Manifest::parse(&bytes).map_err(Fault::from)?);
        Ok(ControlFlow::Break(()))
    })?;
    manifest.ok_or_else(|| archive.fault(Fault::NoManifest))
}

impl<'a> Contents<'a> {
    /// Opens the archive of a manifest.
    ///
    /// # Errors
    /// [`Fault::TooLarge`] if its manifest lists more bytes than its size allows for.
    pub(super) fn new(file: &Path, manifest: &'a Manifest) -> Result<Self> {
        let archive = Archive::open(file)?;
        let most = archive.size.saturating_mul(limits::ARCHIVE_RATIO).max(limits::ARCHIVE_SMALL);
        if manifest.bytes > most {
            let fault = Fault::TooLarge { bytes: manifest.bytes, size: archive.size };
            return Err(archive.fault(fault));
        }
        if manifest.files > limits::ARCHIVE_ENTRIES {
            return Err(archive.fault(Fault::TooMany));
        }
        Ok(Self { archive, manifest })
    }

    /// Gives each entry to `take`, and compares the number and bytes of the files with the manifest.
    ///
    /// # Errors
    /// The fault of the archive, or the error of `take`.
    pub(super) fn read(
        &self,
        interrupt: &Interrupt,
        progress: super::Progress<'_>,
        take: &mut dyn FnMut(&Entry, &mut Body<'_>) -> Result<()>,
    ) -> Result<()> {
        let Manifest { files, bytes, .. } = *self.manifest;
        let other = || Fault::Count { files, bytes };
        let (mut names, mut seen_files, mut seen_bytes) = (Names::default(), 0, 0);
        self.archive.entries(&mut |head, body| {
            interrupt.check().map_err(|error| Failure::Error(error.into()))?;
            let Admitted { path, parents } = names.admit(&head.name, head.is_directory)?;
            let is_manifest = path == Path::new(MANIFEST);
            if !head.is_directory && !is_manifest {
                seen_files += 1;
                seen_bytes = head.size.saturating_add(seen_bytes);
                if seen_files > files || seen_bytes > bytes {
                    return Err(other().into());
                }
            }
            let (is_directory, is_executable) = (head.is_directory, head.is_executable);
            let entry = Entry { path, parents, is_directory, is_executable };
            take(&entry, body).map_err(|error| failure(error, body, &entry.path))?;
            progress(seen_bytes, bytes);
            Ok(ControlFlow::Continue(()))
        })?;
        if seen_files != files || seen_bytes != bytes {
            return Err(self.archive.fault(other()));
        }
        Ok(())
    }
}

/// Tells a failure to read from one to write.
fn failure(error: Error, body: &mut Body<'_>, path: &Path) -> Failure {
    if let Some(fault) = body.take_fault() {
        return fault.into();
    }
    match &error {
        Error::Fs(fs::Error::Io { source, .. })
            if source.kind() == std::io::ErrorKind::AlreadyExists =>
        {
            Fault::CaseCollision { name: shown(path) }.into()
        }
        _ => Failure::Error(error),
    }
}
