//! Archives of environments for other machines.
//!
//! | module | contains |
//! |---|---|
//! | `contents` | the entries of an archive, and how they are collected |
//! | `tree`, `scripts`, `sites`, `editables` | what is collected: files, commands, packages, projects |
//! | `needs` | what the compiled files need of a machine |
//! | `launcher` | `bin/python` of an archive without Python |
//! | `included` | the Python in an archive |
//! | `bytecode` | compiled sources |
//! | `archive` | the formats of archives |
//! | `manifest` | what an archive needs, as its first entry says it |

mod archive;
mod bytecode;
mod contents;
mod editables;
mod error;
mod included;
mod launcher;
mod manifest;
mod needs;
mod scripts;
mod sites;
mod tree;

use std::num::NonZeroUsize;
use std::path::Path;

pub use archive::{Format, has_zstd};
pub use error::{Error, Leaving, Result};
pub use launcher::{HOME_FILE, MARK, takes_any_base};
pub use manifest::{
    FORMAT, Libc, LibcFamily, MANIFEST, Manifest, ManifestError, Mode, PackedPython, System,
};

use archive::{Content, Item, Writing};
use contents::Contents;

use crate::python::Interpreter;
use crate::support::host::Platform;
use crate::support::program::Starts;
use crate::support::session::Session;
use crate::venv::state::State;

/// The key of `pyvenv.cfg` that marks an unpacked environment; its value is a [`Mode`].
pub const PACKED_KEY: &str = "packed";

/// The variable with the time of all entries (<https://reproducible-builds.org/specs/source-date-epoch/>).
const EPOCH: &str = "SOURCE_DATE_EPOCH";

/// The treatment of editable installs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Editable {
    /// They are an error.
    #[default]
    Refuse,
    /// The modules of their projects are copied.
    Include,
    /// They are left out.
    Skip,
}

/// The environment to pack.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Request<'a> {
    /// The environment, absolute.
    pub root: &'a Path,
    /// The archive, absolute: if it is in the environment, it is left out.
    pub output: &'a Path,
    /// The interpreter that the launcher tries first, on the machines that the archive is for.
    pub python: Option<&'a Path>,
    /// Whether the archive contains the base.
    pub with_python: bool,
    /// Whether it is an error if the archive needs libraries of the system.
    pub strict: bool,
    /// Whether sources are compiled.
    pub compile: bool,
    /// The treatment of editable installs.
    pub editable: Editable,
    /// Patterns of paths that are left out, as lines of a `.gitignore`.
    pub exclude: &'a [String],
    /// Faults of the environment, which refuse it.
    pub problems: &'a [String],
    /// Pack in spite of [`Self::problems`] and of packages that are outside of the environment.
    pub force: bool,
}

/// The options of an archive.
#[derive(Clone, Copy, Debug)]
pub struct Output<'a> {
    /// The archive, absolute.
    pub path: &'a Path,
    /// Its format.
    pub format: Format,
    /// Its compression, one of [`Format::levels`].
    pub level: u32,
    /// The number of threads that compress.
    pub threads: NonZeroUsize,
}

/// An archive before it is written.
#[derive(Debug)]
pub struct Plan {
    /// The first entry.
    pub manifest: Manifest,
    /// The interpreter of the environment.
    pub base: Interpreter,
    /// The parts of the environment that the archive omits or changes, as text.
    pub notes: Vec<String>,
    items: Vec<Item>,
}

impl Plan {
    /// Computes the contents of an archive.
    ///
    /// # Errors
    /// If the environment cannot work on another machine, or [`Request::problems`] are given.
    pub fn new(request: &Request<'_>, session: &Session<'_>) -> Result<Self> {
        if session.host.platform() == Platform::Windows {
            return Err(Error::Windows);
        }
        if request.with_python && session.host.platform() == Platform::MacOs {
            return Err(Error::MacOs);
        }
        let state = State::read(request.root, Starts::Everything, session.host, session.cache);
        state.ensure_environment()?;
        let Some(base) = state.base.interpreter() else {
            return Err(Error::NoPython { root: request.root.to_owned() });
        };
        refuse_problems(request, &state)?;
        let mut contents = Contents::collect(&state, base, request)?;
        if !contents.leaving.is_empty() {
            return Err(Error::LeavesArchive { leaving: contents.leaving });
        }
        if !contents.editables.is_empty() {
            return Err(Error::Editables { names: contents.editables });
        }
        let manifest = manifest(&contents, request)?;
        if request.strict && !manifest.system.libraries.is_empty() {
            return Err(Error::SystemLibraries { names: manifest.system.libraries });
        }
        let notes = std::mem::take(&mut contents.notes);
        let data = manifest.to_bytes()?;
        let first =
            Item { path: MANIFEST.to_owned(), content: Content::Bytes { data, executable: false } };
        let rest = contents.items.into_iter().map(|(path, content)| Item { path, content });
        let items = std::iter::once(first).chain(rest).collect();
        Ok(Self { manifest, base: base.clone(), notes, items })
    }

    /// The path of each entry and the length of its data in bytes.
    pub fn entries(&self) -> impl Iterator<Item = (&str, u64)> {
        self.items.iter().map(|item| (&*item.path, item.content.length()))
    }

    /// Writes the archive beside its place and renames it; gives its length in bytes. `progress` gets
    /// the number of bytes of the files that were packed.
    ///
    /// # Errors
    /// Then nothing is at its place that was not there before.
    pub fn write(
        &self,
        output: &Output<'_>,
        session: &Session<'_>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<u64> {
        let time = session.host.var(EPOCH).and_then(|time| time.to_str()?.parse().ok());
        let Output { format, level, threads, .. } = *output;
        let time = time.unwrap_or_default();
        let writing = Writing { format, level, threads, time, interrupt: session.interrupt };
        archive::write(&self.items, output.path, &writing, progress)
    }
}

fn refuse_problems(request: &Request<'_>, state: &State<'_>) -> Result<()> {
    if request.force {
        return Ok(());
    }
    if !request.problems.is_empty() {
        let (root, problems) = (request.root.to_owned(), request.problems.to_vec());
        return Err(Error::Unhealthy { root, problems });
    }
    if state.cfg().includes_system_site_packages() {
        return Err(Error::SystemSitePackages { root: request.root.to_owned() });
    }
    Ok(())
}

fn manifest(contents: &Contents<'_>, request: &Request<'_>) -> Result<Manifest> {
    let base = contents.base;
    let files = contents.items.values().filter(|content| **content != Content::Directory);
    let text = |path: &Path| path.to_string_lossy().into_owned();
    Ok(Manifest {
        format: FORMAT,
        creator: concat!("rvenv ", env!("CARGO_PKG_VERSION")).to_owned(),
        python: PackedPython {
            implementation: base.implementation.clone(),
            version: base.version.to_string(),
            build: base.build,
            cache_tag: base.cache_tag.clone(),
            mode: if request.with_python { Mode::Included } else { Mode::Launcher },
            base: text(&base.executable),
            named: request.python.map(text),
        },
        system: contents.system()?,
        files: files.clone().count() as u64,
        bytes: files.map(Content::length).sum(),
    })
}
