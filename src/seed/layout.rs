//! The two layouts of a wheel in an environment: pure functions of bytes.

use std::io::{Cursor, Write};

use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::compile::Source;
use super::wheel::Wheel;
use crate::support::path::has_extension;

/// The layout of pip in an environment.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// About twelve files: pip's top-level files, and an archive with all others and their bytecode.
    #[default]
    Archive,
    /// Single files, as `ensurepip` writes them.
    Files,
}

impl Layout {
    /// The name that flags and directories use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Archive => "archive",
            Self::Files => "files",
        }
    }
}

/// One file of a layout.
#[derive(Debug)]
pub(crate) struct ImageFile {
    /// Relative to `site-packages`, with `/`.
    pub(crate) path: String,
    /// Its content.
    pub(crate) data: Vec<u8>,
    /// Whether RECORD has its hash, which pip leaves out for bytecode.
    pub(crate) hashed: bool,
}

impl ImageFile {
    fn new(path: impl Into<String>, data: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), data: data.into(), hashed: true }
    }
}

/// The archive, and the line that adds it to the path of the package `pip`. The directory remains first, so
/// that a file that replaces one of pip is found. The names in the archive are those in `site-packages`:
/// before 3.10, the readers of package data in zip files assume that.
const ARCHIVE: &str = "pip/_pip.zip";
const HOOK: &str = r#"
__path__.append(__path__[0] + "/_pip.zip/pip")


def _hook_dirs():
    return __path__[:1]
"#;

/// The entry point by which `PyInstaller` finds the directories of hooks that a distribution has ("Understanding
/// hooks" in its manual).
const FREEZER: &str = "\n[pyinstaller40]\nhook-dirs = pip:_hook_dirs\n";

/// `PyInstaller` does not run `pip/__init__.py`: without this hook, it does not find the modules in the archive,
/// and the frozen program lacks them.
const FREEZER_HOOK: (&str, &str) = (
    "pip/pre_safe_import_module/hook-pip.py",
    r#"import os.path

ARCHIVE = os.path.join(os.path.dirname(os.path.dirname(__file__)), "_pip.zip", "pip")


def pre_safe_import_module(api):
    api.append_package_path(ARCHIVE)
"#,
);

/// The sources of a wheel, in the order of their names. `zipimport` leaves the file names of code as they
/// are: with the name of the archive, they name no file of a checkout of pip in the current directory, and
/// `linecache` asks the archive for the source.
pub(crate) fn sources(wheel: &Wheel, layout: Layout) -> Vec<Source<'_>> {
    let sources = wheel.files.iter().filter(|(name, _)| is_source(name));
    let file_name = |name: &str| match layout {
        Layout::Archive => format!("{ARCHIVE}/{name}"),
        Layout::Files => name.to_owned(),
    };
    sources.map(|(name, text)| Source { name, file_name: file_name(name), text }).collect()
}

/// The files layout: everything in the wheel, each source with its bytecode in `__pycache__`.
pub(crate) fn files(
    wheel: &Wheel,
    bytecode: Vec<Option<Vec<u8>>>,
    cache_tag: &str,
) -> Vec<ImageFile> {
    let mut pieces = marks(wheel);
    pieces.extend(wheel.files.iter().map(|(path, data)| ImageFile::new(path, data.clone())));
    for (source, pyc) in sources(wheel, Layout::Files).iter().zip(bytecode) {
        let (dir, name) = source.name.rsplit_once('/').unwrap_or(("", source.name));
        let separator = if dir.is_empty() { "" } else { "/" };
        let stem = name.strip_suffix(".py").unwrap_or(name);
        let path = format!("{dir}{separator}__pycache__/{stem}.{cache_tag}.pyc");
        pieces.extend(pyc.map(|data| ImageFile { path, data, hashed: false }));
    }
    pieces
}

/// Whether the archive layout can hold this wheel: one with the package `pip` alone, and without extension
/// modules, which are not loaded from an archive.
pub(crate) fn fits_archive(wheel: &Wheel) -> bool {
    let is_extension = |path: &str| ["so", "pyd"].iter().any(|end| has_extension(path, end));
    let is_of_pip = |path: &str| {
        path.split_once('/').is_some_and(|(top, _)| top == "pip" || top == wheel.dist_info)
    };
    wheel.files.contains_key("pip/__init__.py")
        && wheel.files.keys().all(|path| is_of_pip(path) && !is_extension(path))
}

/// The archive layout.
pub(crate) fn archive(wheel: &Wheel, bytecode: &[Option<Vec<u8>>]) -> ZipResult<Vec<ImageFile>> {
    let mut pieces = marks(wheel);
    pieces.push(ImageFile::new(FREEZER_HOOK.0, FREEZER_HOOK.1));
    let mut packed = Vec::new();
    let entry_points = format!("{}/entry_points.txt", wheel.dist_info);
    for (path, data) in &wheel.files {
        if is_outside(wheel, path) {
            let mut data = data.clone();
            if path == "pip/__init__.py" {
                data.extend(HOOK.as_bytes());
            } else if *path == entry_points {
                data.extend(FREEZER.as_bytes());
            }
            pieces.push(ImageFile::new(path, data));
        } else {
            packed.push((path.as_str(), data.as_slice()));
        }
    }
    let sources = sources(wheel, Layout::Archive);
    let compiled =
        sources.iter().zip(bytecode).filter(|(source, _)| !is_outside(wheel, source.name));
    let compiled: Vec<_> = compiled
        .filter_map(|(source, pyc)| Some((format!("{}c", source.name), pyc.as_deref()?)))
        .collect();
    packed.extend(compiled.iter().map(|(name, pyc)| (name.as_str(), *pyc)));
    packed.sort_unstable();
    pieces.push(ImageFile::new(ARCHIVE, pack(&packed)?));
    Ok(pieces)
}

/// The zip file of `files`: bytecode is stored, because each start reads it; other files are deflated;
/// times are fixed, so that the same files give the same bytes.
fn pack(files: &[(&str, &[u8])]) -> ZipResult<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .last_modified_time(zip::DateTime::DEFAULT)
        .unix_permissions(0o644);
    for (name, data) in files {
        let method = if has_extension(name, "pyc") {
            CompressionMethod::Stored
        } else {
            CompressionMethod::Deflated
        };
        zip.start_file(*name, options.compression_method(method))?;
        zip.write_all(data)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// The two files that `ensurepip` adds to the dist-info: `INSTALLER` and `REQUESTED`.
fn marks(wheel: &Wheel) -> Vec<ImageFile> {
    let mark = |name, data: &str| ImageFile::new(format!("{}/{name}", wheel.dist_info), data);
    vec![mark("INSTALLER", "pip\n"), mark("REQUESTED", "")]
}

/// Whether a file is not in the archive. Tools read metadata and licence texts (PEP 639) without importing
/// pip.
fn is_outside(wheel: &Wheel, path: &str) -> bool {
    match path.split_once('/') {
        Some(("pip", rest)) => !rest.contains('/'),
        Some((top, _)) => top == wheel.dist_info,
        None => true,
    }
}

fn is_source(path: &str) -> bool {
    has_extension(path, "py")
}
