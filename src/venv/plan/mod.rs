//! The entries of an environment, as a pure list.
//!
//! The rules are those of each Python's `venv` module, so that rvenv's environment equals the module's;
//! `rvenv help create` lists the differences.

mod posix;
mod windows;
mod write;

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
pub(crate) use write::write_entry;

pub(crate) use posix::aliases;

use crate::formats::{PyvenvCfg, is_one_line, python_repr};
use crate::python::Interpreter;
use crate::shell::{Activation, Script};
use crate::support::host::Platform;
use crate::venv::{Error, Result};

/// The content of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A directory.
    Directory,
    /// A directory with the content of this directory of the cache, and possibly more. Its files are separate
    /// entries, too, for systems that cannot clone a directory.
    Tree(PathBuf),
    /// A symbolic link with this target.
    Link(PathBuf),
    /// An executable copy of this file.
    Copy(PathBuf),
    /// This file of the cache: cloned, hard-linked or copied, depending on the link mode.
    Share(PathBuf),
    /// A file with these bytes.
    Text(Vec<u8>),
    /// An executable file with these bytes.
    Script(Vec<u8>),
}

impl Content {
    /// A text file with the line ends of the platform.
    pub(crate) fn lines(text: &str, platform: Platform) -> Self {
        let windows = platform == Platform::Windows;
        let text = if windows { text.replace('\n', "\r\n") } else { text.to_owned() };
        Self::Text(text.into_bytes())
    }
}

/// One entry of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Relative to the environment's root.
    pub path: PathBuf,
    /// Its content.
    pub content: Content,
}

impl Entry {
    /// An entry.
    pub fn new(path: impl Into<PathBuf>, content: Content) -> Self {
        Self { path: path.into(), content }
    }

    /// Whether the environment works without it: only other programs use it.
    pub(crate) fn is_optional(&self) -> bool {
        [".gitignore", "CACHEDIR.TAG"].iter().any(|name| self.path == Path::new(name))
    }
}

/// The options of an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Options {
    /// The packages of the base are visible.
    pub system_site_packages: bool,
    /// The interpreter is copied and not linked. This is the default on Windows, where the copied file is the
    /// launcher that starts the base.
    pub copies: bool,
    /// The prompt that the user chose; without one it is [`default_prompt`].
    pub prompt: Option<String>,
    /// The environment gets no `.gitignore`.
    pub without_scm_ignore_files: bool,
    /// The environment can be moved: its commands find their Python relative to themselves.
    pub relocatable: bool,
    /// The command that creates the environment, which `pyvenv.cfg` records.
    pub command: String,
    /// The version of rvenv that created the environment, if that is not this one.
    pub created_by: Option<String>,
}

impl Options {
    /// These options, completed with those of an existing environment.
    #[must_use]
    pub(crate) fn inheriting(&self, cfg: &PyvenvCfg) -> Self {
        let prompt = self.prompt.clone().or_else(|| cfg.prompt().map(Cow::into_owned));
        let system_site_packages = self.system_site_packages || cfg.includes_system_site_packages();
        let relocatable = self.relocatable || cfg.is_relocatable();
        let created_by = cfg.get(CREATOR_KEY).map(str::to_owned);
        Self { system_site_packages, prompt, relocatable, created_by, ..self.clone() }
    }
}

/// The entries of an environment, parents before children, `pyvenv.cfg` last: if that file exists, the
/// environment is complete.
///
/// `create` applies a plan, `--dry-run` prints it, `check` compares it with the disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In the order of creation.
    pub entries: Vec<Entry>,
}

/// Marks a directory that backups can exclude (<https://bford.info/cachedir/>). The convention defines the
/// first 43 bytes; the second line identifies rvenv.
pub(crate) const CACHEDIR_TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    # This directory was made by rvenv and can be made again: backups may leave it out.\n";

pub(crate) const GITIGNORE: &str =
    "# Created by venv; see https://docs.python.org/3/library/venv.html\n*\n";

impl Plan {
    /// The plan of an environment at `root` (absolute), with the entries `seeds`.
    ///
    /// # Errors
    /// [`Placeholder`](crate::shell::Error::Placeholder), an error in this crate.
    pub fn new(
        root: &Path,
        interpreter: &Interpreter,
        options: &Options,
        seeds: Vec<Entry>,
    ) -> Result<Self> {
        let mut plan = Self::default();
        plan.add("CACHEDIR.TAG", Content::Text(CACHEDIR_TAG.into()));
        if !options.without_scm_ignore_files {
            plan.add(".gitignore", Content::lines(GITIGNORE, interpreter.platform));
        }
        for directory in directories(interpreter) {
            plan.add_directory(directory);
        }
        plan.entries.extend(interpreter_entries(interpreter, options.copies));
        for script in activation_entries(root, interpreter, options) {
            plan.entries.push(script?);
        }
        plan.entries.extend(seeds);
        let cfg = configuration(interpreter, options);
        plan.add("pyvenv.cfg", Content::lines(&cfg.to_string(), interpreter.platform));
        Ok(plan)
    }

    fn add(&mut self, path: impl Into<PathBuf>, content: Content) {
        self.entries.push(Entry::new(path, content));
    }

    /// Adds a directory and its parents, once each.
    fn add_directory(&mut self, path: &Path) {
        let missing: Vec<&Path> = path
            .ancestors()
            .filter(|dir| !dir.as_os_str().is_empty())
            .take_while(|dir| !self.entries.iter().any(|entry| entry.path == **dir))
            .collect();
        for dir in missing.into_iter().rev() {
            self.add(dir, Content::Directory);
        }
    }
}

/// The directories that stdlib's `venv` creates, relative to the root.
fn directories(interpreter: &Interpreter) -> Vec<&Path> {
    let scheme = &interpreter.scheme;
    // Since 3.14 only `include`: an installer creates the directory per version on demand.
    let is_posix = interpreter.platform != Platform::Windows;
    let include = scheme.include.iter().next().map_or(&*scheme.include, Path::new);
    let include =
        if is_posix && interpreter.version.at_least(3, 14) { include } else { &scheme.include };
    let mut directories = vec![include, &*scheme.purelib, &*scheme.scripts];
    // `sys.platlibdir` names another directory than `lib` on Fedora, openSUSE and Gentoo: `lib64`.
    // Until 3.14 this is a link to `lib`, or installers create the directory (gh-137139).
    if interpreter.version.at_least(3, 15) {
        directories.push(&scheme.platlib);
    }
    directories
}

/// The entries of the interpreter: each of its names, and the files that it needs.
pub(crate) fn interpreter_entries(interpreter: &Interpreter, copies: bool) -> Vec<Entry> {
    match interpreter.platform {
        Platform::Windows => windows::interpreter(interpreter, copies),
        Platform::Linux | Platform::MacOs => posix::interpreter(interpreter, copies),
    }
}

/// The activation scripts of an environment at `root`, generated lazily.
///
/// # Errors
/// [`Placeholder`](crate::shell::Error::Placeholder): a mistake in this crate.
pub(crate) fn activation_entries<'a>(
    root: &'a Path,
    interpreter: &'a Interpreter,
    options: &Options,
) -> impl Iterator<Item = Result<Entry>> + use<'a> {
    let prompt = options.prompt.as_ref().map_or_else(|| default_prompt(root), OsString::from);
    let scripts = &interpreter.scheme.scripts;
    Script::on_disk(interpreter.platform).filter_map(move |script| {
        let activation = Activation { root, scripts: &scripts.to_string_lossy(), prompt: &prompt };
        let text = script.text(&activation).transpose()?;
        let entry = |text| Entry::new(scripts.join(script.file), Content::Text(text));
        Some(text.map(entry).map_err(Into::into))
    })
}

/// The prompt if the user chose none: the environment's name, or its project's name if the environment has
/// a generic name (`.venv`, `venv`, `env`).
pub fn default_prompt(root: &Path) -> OsString {
    let name = root.file_name().unwrap_or(root.as_os_str());
    let nameless = name == ".venv" || name == "venv";
    let project = root.parent().and_then(Path::file_name).filter(|_| nameless);
    project.unwrap_or(name).to_owned()
}

/// Rejects a path at which an environment cannot work.
///
/// # Errors
/// [`Error::SeparatorInPath`] or [`Error::LineEndInPath`]: neither PATH nor `pyvenv.cfg` can quote these
/// characters.
pub fn ensure_usable(root: &Path, platform: Platform) -> Result<()> {
    let separator = platform.path_separator();
    let text = root.to_string_lossy();
    // On Windows the separator is `;`, so the colon of a drive is allowed.
    if text.contains(separator) {
        return Err(Error::SeparatorInPath { path: root.to_owned(), separator });
    }
    if !is_one_line(&text) {
        return Err(Error::LineEndInPath { path: root.to_owned() });
    }
    Ok(())
}

/// The key of `pyvenv.cfg` that names the creator, as `uv` and `virtualenv` do. A repair or an
/// upgrade keeps its value.
pub(crate) const CREATOR_KEY: &str = "rvenv";

/// The keys in the order of stdlib's `venv`, with the values that it would write, and the creator.
fn configuration(interpreter: &Interpreter, options: &Options) -> PyvenvCfg {
    let mut cfg = PyvenvCfg::default();
    cfg.set("home", &interpreter.home().to_string_lossy());
    cfg.set(
        "include-system-site-packages",
        if options.system_site_packages { "true" } else { "false" },
    );
    cfg.set("version", &interpreter.version.release());
    if let Some(prompt) = &options.prompt {
        cfg.set("prompt", &python_repr(prompt));
    }
    // uv's key for such an environment.
    if options.relocatable {
        cfg.set("relocatable", "true");
    }
    // Since 3.11 (gh-88286).
    if interpreter.version.at_least(3, 11) {
        cfg.set("executable", &interpreter.real_executable.to_string_lossy());
        cfg.set("command", &options.command);
    }
    cfg.set(CREATOR_KEY, options.created_by.as_deref().unwrap_or(env!("CARGO_PKG_VERSION")));
    cfg
}

/// The name of an environment's interpreter: that of the base, except on Windows, where it is a launcher.
pub(crate) fn executable_name(interpreter: &Interpreter) -> OsString {
    if interpreter.platform == Platform::Windows {
        return format!("python{}.exe", windows::debug_suffix(interpreter)).into();
    }
    interpreter.platform.split(&interpreter.executable).1
}

#[cfg(test)]
mod tests;
