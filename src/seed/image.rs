//! Images: wheels that were unpacked, compiled and laid out once and are shared by all environments.
//!
//! An image is a directory of the cache, `pip/NAME`, with `manifest.json` and, below `files`, the files for
//! `site-packages`. A rename creates it, so it is complete or absent. A use reads the manifest and compares
//! owner, mode, size and modification time (a fixed one) of each file. A file of another owner is not used:
//! somebody may have changed the owner of its hard link in an environment. If anything else differs, the
//! hash decides.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::compile;
use super::compile::Check;
use super::layout;
use super::layout::{ImageFile, Layout};
use super::lock::Lock;
use super::scripts;
use super::scripts::Command;
use super::wheel::Wheel;
use super::{Event, SeedContext, cache_error};
use crate::formats::record;
use crate::formats::record::Row;
use crate::fs::{open_regular, read_bounded};
use crate::python::Interpreter;
use crate::seed::Result;
use crate::support::cache;
use crate::support::host::Platform;
use crate::support::limits;
use crate::support::private_dir::create_private_dir;
#[cfg(unix)]
use crate::support::users::effective_uid;

/// The version of the image format, increased when the image of a wheel changes.
const FORMAT: u32 = 4;

/// The modification time of every file of an image: 2000-01-01, which every filesystem can store and an
/// edit changes.
const STAMP: Duration = Duration::from_secs(946_684_800);

/// The mode of every file of an image.
#[cfg(unix)]
const MODE: u32 = 0o644;

/// The directory of an image with the files for `site-packages`.
const FILES: &str = "files";
const MANIFEST: &str = "manifest.json";
/// The Windows launcher, the beginning of every command.
const LAUNCHER: &str = "launcher.exe";

/// The content of an image.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// The version in the wheel's metadata.
    pub(crate) version: String,
    /// `pip-24.2.dist-info`.
    pub(crate) dist_info: String,
    /// The distribution's commands.
    pub(crate) commands: Vec<Command>,
    /// Sorted by path.
    pub(crate) files: Vec<Recorded>,
}

/// A file of an image.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Recorded {
    /// Relative to `site-packages`, with `/`.
    pub(crate) path: String,
    /// In bytes.
    size: u64,
    /// The hash in RECORD; empty for bytecode.
    hash: String,
    /// The hash of every file, for its verification.
    content: String,
}

impl Recorded {
    /// The file's line in RECORD.
    pub(crate) fn row(&self) -> Row {
        let size = if self.hash.is_empty() { String::new() } else { self.size.to_string() };
        Row { path: self.path.clone(), hash: self.hash.clone(), size }
    }
}

/// A complete image.
#[derive(Debug)]
pub(crate) struct Image {
    root: PathBuf,
    /// Its content.
    pub(crate) manifest: Manifest,
    /// The Windows launcher, for an environment of Windows.
    pub(crate) launcher: Option<Vec<u8>>,
}

impl Image {
    /// The directory with the files for `site-packages`.
    pub(crate) fn files(&self) -> PathBuf {
        self.root.join(FILES)
    }

    /// The image of a wheel, which is built if it is missing.
    pub(crate) fn obtain(
        job: &mut SeedContext<'_>,
        project: &str,
        wheel: &Path,
        layout: Layout,
    ) -> Result<Self> {
        let dir = job.cache.join(cache::PIP);
        let name = name(project, wheel, layout, job.interpreter)?;
        let root = dir.join(&name);
        if let Some(image) = Self::open(&root, job.interpreter.platform) {
            return Ok(image);
        }
        create_private_dir(&dir).map_err(cache_error(&dir))?;
        let lock = Lock::take(&dir.join(format!("{name}.lock")))?;
        if let Some(image) = Self::open(&root, job.interpreter.platform) {
            return Ok(image);
        }
        let prefix = format!(".{name}.");
        lock.sweep(&dir, &prefix);
        let content = Wheel::read(wheel, project, &job.interpreter.version.pep440_release())?;
        (job.progress)(Event::BuildingImage {
            project: project.to_owned(),
            version: content.version.clone(),
        });
        let staging =
            tempfile::Builder::new().prefix(&prefix).tempdir_in(&dir).map_err(cache_error(&dir))?;
        let manifest = build(job, &content, layout, staging.path())?;
        publish(staging, &root)?;
        let launcher = read_launcher(&root, job.interpreter.platform);
        Ok(Self { root, manifest, launcher })
    }

    /// The image at `root`, if it is complete.
    fn open(root: &Path, platform: Platform) -> Option<Self> {
        let manifest: Manifest = serde_json::from_slice(
            &read_bounded(&root.join(MANIFEST), limits::IMAGE_MANIFEST).ok()?,
        )
        .ok()?;
        let files = root.join(FILES);
        if !manifest.files.iter().all(|file| is_intact(&files.join(&file.path), file)) {
            return None;
        }
        Some(Self { manifest, launcher: read_launcher(root, platform), root: root.to_owned() })
    }
}

/// The name of an image: a digest of everything that its content depends on, without reading the wheel.
fn name(project: &str, wheel: &Path, layout: Layout, python: &Interpreter) -> Result<String> {
    let meta = fs::metadata(wheel).map_err(crate::fs::Error::io("read", wheel))?;
    let changed =
        meta.modified().ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    let identity = format!(
        "{FORMAT}\0{}\0{}\0{changed:?}\0{}\0{}\0{}\0{}\0{}",
        wheel.display(),
        meta.len(),
        python.bytecode_magic,
        python.version.short(),
        python.platform.path_separator(),
        python.machine,
        python.pointer_bits,
    );
    let digest = Sha256::digest(identity.as_bytes());
    let short = digest.first_chunk().map_or(0, |start| u64::from_be_bytes(*start));
    let stem = wheel.file_stem().unwrap_or_default().to_string_lossy();
    let version: String =
        stem.split('-').nth(1).unwrap_or_default().chars().filter(|c| *c != '/').collect();
    Ok(format!("{project}-{version}-{}-{}-{short:016x}", layout.name(), python.cache_tag))
}

/// Whether a file of an image is unchanged. If its mode or time differs, because a copy or a restored cache
/// did not preserve them, and its content is the same, they are set again.
fn is_intact(path: &Path, recorded: &Recorded) -> bool {
    fs::symlink_metadata(path).is_ok_and(|meta| {
        meta.is_file()
            && meta.len() == recorded.size
            && is_ours_alone(&meta)
            && (is_stamped(&meta) || renew(path, recorded).is_some())
    })
}

/// Whether it belongs to the user, and nobody else can write to it.
#[cfg(unix)]
fn is_ours_alone(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    meta.uid() == effective_uid() && meta.mode() & 0o022 == 0
}

/// Access control lists protect the user's directories.
#[cfg(not(unix))]
fn is_ours_alone(_meta: &fs::Metadata) -> bool {
    true
}

/// Whether it has the time and the mode that [`write()`] sets.
fn is_stamped(meta: &fs::Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if meta.mode() & 0o7777 != MODE {
            return false;
        }
    }
    meta.modified().is_ok_and(|time| time == SystemTime::UNIX_EPOCH + STAMP)
}

/// Sets time and mode of a file with the recorded content again.
fn renew(path: &Path, recorded: &Recorded) -> Option<()> {
    let bytes = read_bounded(path, recorded.size).ok()?;
    if record::hash(&bytes) != recorded.content {
        return None;
    }
    let file = open_regular(path).ok()?;
    stamp(&file).ok()
}

fn read_launcher(root: &Path, platform: Platform) -> Option<Vec<u8>> {
    (platform == Platform::Windows)
        .then(|| read_bounded(&root.join(LAUNCHER), limits::LAUNCHER).ok())?
}

/// Writes an image of `wheel` into the directory `staging`.
fn build(job: &SeedContext<'_>, wheel: &Wheel, layout: Layout, staging: &Path) -> Result<Manifest> {
    let python = job.interpreter;
    let layout = if layout::fits_archive(wheel) { layout } else { Layout::Files };
    let check = if layout == Layout::Archive { Check::Nothing } else { Check::Hash };
    let bytecode = compile::bytecode(job, &layout::sources(wheel, layout), check)?;
    let mut pieces = match layout {
        Layout::Files => layout::files(wheel, bytecode, &python.cache_tag),
        Layout::Archive => layout::archive(wheel, &bytecode).map_err(|source| {
            crate::fs::Error::Io { action: "pack", path: staging.to_owned(), source: source.into() }
        })?,
    };
    pieces.sort_unstable_by(|a, b| a.path.cmp(&b.path));

    let files = staging.join(FILES);
    for piece in &pieces {
        let path = files.join(&piece.path);
        write(&path, &piece.data).map_err(cache_error(&path))?;
    }
    if python.platform == Platform::Windows
        && let Some(launcher) = scripts::launcher(wheel, &python.machine, python.pointer_bits)
    {
        let path = staging.join(LAUNCHER);
        write(&path, launcher).map_err(cache_error(&path))?;
    }
    let manifest = Manifest {
        version: wheel.version.clone(),
        dist_info: wheel.dist_info.clone(),
        commands: scripts::of(wheel, python.version),
        files: pieces.iter().map(recorded).collect(),
    };
    let path = staging.join(MANIFEST);
    let text =
        serde_json::to_vec(&manifest).map_err(std::io::Error::from).map_err(cache_error(&path))?;
    write(&path, &text).map_err(cache_error(&path))?;
    Ok(manifest)
}

fn recorded(piece: &ImageFile) -> Recorded {
    let content = record::hash(&piece.data);
    let hash = if piece.hashed { content.clone() } else { String::new() };
    Recorded { path: piece.path.clone(), size: piece.data.len() as u64, hash, content }
}

/// Writes a file of an image with the fixed time, and, regardless of the umask, readable for everybody:
/// other users may use an environment that shares it.
fn write(path: &Path, data: &[u8]) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut file = File::create_new(path)?;
    file.write_all(data)?;
    stamp(&file)
}

fn stamp(file: &File) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(fs::Permissions::from_mode(MODE))?;
    }
    file.set_modified(SystemTime::UNIX_EPOCH + STAMP)
}

/// Replaces the entry at the image's path by a complete image.
fn publish(staging: TempDir, root: &Path) -> Result<()> {
    // The old image is damaged: it is renamed to the temporary directory, and then deleted.
    if fs::symlink_metadata(root).is_ok() {
        fs::rename(root, staging.path().join("damaged")).map_err(cache_error(root))?;
    }
    fs::rename(staging.path(), root).map_err(cache_error(root))?;
    // Its old name is free, so dropping it must not remove anything.
    let _ = staging.keep();
    let _ = fs::remove_dir_all(root.join("damaged"));
    Ok(())
}
