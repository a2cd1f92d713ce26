//! The wheels that seed an environment: their sources, their images in the cache, and their entries in an
//! environment.
//!
//! [`prepare`] does everything that takes time or can fail, and creates an image in the cache; the
//! [`Seed`] that it returns has the entries of any environment without file operations.

mod compile;
mod error;
mod image;
mod index;
mod layout;
mod lock;
mod scripts;
mod source;
mod wheel;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub use error::{Error, Result};
pub use layout::Layout;
pub use wheel::WheelFault;

use crate::formats::record::{self, Row};
use crate::python::{Interpreter, isolated};
use crate::settings::{Key, Settings};
use crate::support::cache::Cache;
use crate::support::host::{Host, Platform};
use crate::support::session::Session;
use crate::venv::{Content, Entry};
use image::{Image, Recorded};

/// The choice of pip.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The one that the base's `ensurepip` would install; without one, the newest available locally.
    #[default]
    Bundled,
    /// The newest on the package index; offline, the newest available locally.
    Latest,
    /// This version.
    Version(String),
    /// This wheel file.
    Wheel(PathBuf),
}

impl Choice {
    /// Parses the value of `--pip`: `latest`, a wheel file, or a version.
    pub fn read(text: &OsStr, host: &Host) -> Self {
        let path = Path::new(text);
        let is_wheel = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("whl"));
        match text.to_str() {
            Some("latest") => Self::Latest,
            Some(version) if !is_wheel && path.components().count() == 1 => {
                Self::Version(version.to_owned())
            }
            _ => Self::Wheel(host.absolute(path)),
        }
    }
}

/// The seeds of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The layout of pip; [`Layout::Files`] is used if an archive cannot work.
    pub layout: Layout,
    /// The choice of pip.
    pub choice: Choice,
    /// Whether setuptools is seeded, too, if `ensurepip` would do so.
    pub setuptools: bool,
    /// Whether setuptools is the newest one on the index (`venv --upgrade-deps`), unless connections are
    /// forbidden.
    pub newest_setuptools: bool,
    /// Whether connections are forbidden.
    pub offline: bool,
}

impl Options {
    /// The options in the settings; `None` leaves pip out.
    pub fn from_settings(settings: &Settings, host: &Host) -> Option<Self> {
        let choice = match settings.text(Key::Pip) {
            _ if settings.without_pip() => return None,
            Some(text) => Choice::read(text, host),
            None if settings.is_on(Key::UpgradeDeps) => Choice::Latest,
            None => Choice::Bundled,
        };
        let layout = match settings.text(Key::PipLayout) {
            Some(name) if name == Layout::Files.name() => Layout::Files,
            _ => Layout::Archive,
        };
        let setuptools = !settings.is_on(Key::WithoutSetuptools);
        let newest_setuptools =
            settings.is_on(Key::UpgradeDeps) && settings.text(Key::Pip).is_none();
        let offline = settings.is_on(Key::Offline);
        Some(Self { layout, choice, setuptools, newest_setuptools, offline })
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            layout: Layout::default(),
            choice: Choice::default(),
            setuptools: true,
            newest_setuptools: false,
            offline: false,
        }
    }
}

/// A step that can take long.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A wheel is unpacked and compiled, which happens once.
    BuildingImage {
        /// `pip` or `setuptools`.
        project: String,
        /// Its version.
        version: String,
    },
    /// A wheel is requested from the package index.
    Downloading {
        /// `pip` or `pip==24.0`.
        requirement: String,
    },
}

/// The environment that entries are for.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The final path of the environment, absolute, which the scripts contain.
    pub root: &'a Path,
    /// Its base.
    pub interpreter: &'a Interpreter,
    /// The name, in the scripts directory, of the Python that the scripts run: `python`.
    pub python: &'a str,
    /// Whether the scripts find that Python relative to themselves, so that the environment can be moved.
    pub relocatable: bool,
}

/// Images for an environment.
#[derive(Debug)]
pub struct Seed {
    images: Vec<Image>,
}

/// The inputs of [`prepare`].
pub(crate) struct SeedContext<'a> {
    interpreter: &'a Interpreter,
    options: &'a Options,
    cache: &'a Path,
    host: &'a Host,
    progress: &'a mut dyn FnMut(Event),
}

impl SeedContext<'_> {
    /// The command of the interpreter, without the variables that mislead a Python.
    fn python(&self) -> Command {
        let isolated = isolated(&self.interpreter.executable, self.host);
        let vars = isolated.get_envs().filter_map(|(name, value)| Some((name, value?)));
        let mut python = Command::new(&self.interpreter.executable);
        python.env_clear().envs(vars).current_dir(self.host.cwd()).stdin(Stdio::null());
        python
    }
}

/// The pip versions that these Pythons bundle or the cache contains, newest first: they are
/// available offline.
pub fn available<'a>(
    pythons: impl IntoIterator<Item = &'a Interpreter>,
    cache: &Cache,
) -> Vec<String> {
    let carried = pythons
        .into_iter()
        .filter_map(|python| wheel::version_in_name(source::bundled(python, "pip")?, "pip"));
    let kept = cache.root().map(index::kept).unwrap_or_default();
    let mut versions: Vec<_> =
        carried.chain(kept.into_iter().map(|(version, _)| version)).collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions.dedup();
    versions.iter().map(ToString::to_string).collect()
}

/// Finds the wheels, builds the missing images, and returns the seeds.
///
/// # Errors
/// [`Error::CacheUnwritable`] if an image is missing and the cache cannot be written;
/// [`prepare_or_scratch`] then uses a temporary directory. Another error if no pip is available, or the
/// chosen one is damaged or does not support this Python.
pub fn prepare(
    interpreter: &Interpreter,
    options: &Options,
    cache: &Cache,
    host: &Host,
    progress: &mut dyn FnMut(Event),
) -> Result<Seed> {
    let Some(cache) = cache.root() else {
        return Err(Error::CacheUnwritable { path: None, source: io::ErrorKind::NotFound.into() });
    };
    let mut job = SeedContext { interpreter, options, cache, host, progress };
    let mut images = Vec::new();
    if options.setuptools
        && let Some(wheel) = source::setuptools(&mut job)?
    {
        // Its users import, patch and list its files; an archive would not be what they know.
        images.push(Image::obtain(&mut job, "setuptools", &wheel, Layout::Files)?);
    }
    images.push(source::pip(&mut job)?);
    Ok(Seed { images })
}

/// [`prepare`] in the cache or, if that cannot be written, in the directory that `scratch` creates.
///
/// # Errors
/// As [`prepare`] in that directory; those of `scratch`.
pub fn prepare_or_scratch<E: From<Error>>(
    interpreter: &Interpreter,
    options: &Options,
    session: Session<'_>,
    scratch: impl FnOnce() -> Result<PathBuf, E>,
    progress: &mut dyn FnMut(Event),
) -> Result<Seed, E> {
    let Session { host, cache, .. } = session;
    match prepare(interpreter, options, cache, host, progress) {
        Err(Error::CacheUnwritable { .. }) => {
            Ok(prepare(interpreter, options, &Cache::at(scratch()?), host, progress)?)
        }
        seed => Ok(seed?),
    }
}

impl Seed {
    /// The version of the seeded pip.
    pub fn pip_version(&self) -> &str {
        self.images.last().map_or("", |image| &image.manifest.version)
    }

    /// The path of this pip as a program. If the Python of an environment without pip runs it, it installs into
    /// that environment and is not itself installed there.
    pub fn program(&self) -> Option<PathBuf> {
        let pip = self.images.last()?.files().join("pip");
        // `__pip-runner__.py` exists since pip 22.3; before, the directory can be run.
        let runner = pip.join("__pip-runner__.py");
        Some(if runner.is_file() { runner } else { pip })
    }

    /// The entries for the environment `target`: parents before children, without the scripts directory and
    /// `site-packages`.
    pub fn entries(&self, target: &Target<'_>) -> Vec<Entry> {
        let site = &target.interpreter.scheme.purelib;
        let files = self.images.iter().flat_map(|image| &image.manifest.files);
        let dirs: BTreeSet<&str> = files.flat_map(|file| parents(&file.path)).collect();
        let platform = target.interpreter.platform;
        let directory =
            |dir| Entry { path: site.join(dir), content: self.directory(dir, platform) };
        let mut entries: Vec<Entry> = dirs.into_iter().map(directory).collect();
        for image in &self.images {
            place(image, target, &mut entries);
        }
        entries
    }

    /// A directory of `site-packages`; a clonable tree if only one image contains it, because macOS can clone a
    /// tree with one call.
    fn directory(&self, dir: &str, platform: Platform) -> Content {
        let holds = |image: &&Image| {
            image.manifest.files.iter().any(|file| parents(&file.path).any(|parent| parent == dir))
        };
        if platform != Platform::MacOs || dir.contains('/') {
            return Content::Directory;
        }
        let mut holders = self.images.iter().filter(holds);
        match (holders.next(), holders.next()) {
            (Some(image), None) => Content::Tree(image.files().join(dir)),
            _ => Content::Directory,
        }
    }
}

fn place(image: &Image, target: &Target<'_>, entries: &mut Vec<Entry>) {
    let scheme = &target.interpreter.scheme;
    let (site, shared) = (&scheme.purelib, image.files());
    let files = &image.manifest.files;
    let share = |file: &Recorded| Content::Share(shared.join(&file.path));
    entries.extend(
        files.iter().map(|file| Entry { path: site.join(&file.path), content: share(file) }),
    );

    let mut rows: Vec<Row> = files.iter().map(Recorded::row).collect();
    let up = "../".repeat(slashed(site).split('/').count());
    for command in &image.manifest.commands {
        let (name, script) = scripts::render(command, target, image.launcher.as_deref());
        let path = scheme.scripts.join(name);
        rows.push(Row::of(format!("{up}{}", slashed(&path)), &script));
        entries.push(Entry { path, content: Content::Script(script) });
    }
    let record = format!("{}/RECORD", image.manifest.dist_info);
    rows.push(Row::bare(record.clone()));
    entries.push(Entry { path: site.join(record), content: Content::Text(record::write(rows)) });
}

/// The directories above `path`, without the empty one.
fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// A relative path in the form of RECORD, with `/` on every platform.
fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// Wraps a system error on a path of the cache.
fn cache_error(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = Some(path.to_owned());
    move |source| Error::CacheUnwritable { path, source }
}
