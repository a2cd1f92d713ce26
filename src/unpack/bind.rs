//! An unpacked environment gets a Python of this machine.

use std::collections::{BTreeMap, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::archive::Body;
use super::error::{Error, Fault, Result};
use crate::formats::PyvenvCfg;
use crate::fs;
use crate::pack::{HOME_FILE, MANIFEST};

use crate::python::Interpreter;
use crate::shell;
use crate::shell::Seal;
use crate::support::limits;
use crate::venv::{Content, Entry, Options, Plan};

const CONFIGURATION: &str = "pyvenv.cfg";

/// The files that are not written as the archive has them.
pub(super) struct Binding<'a> {
    root: &'a Path,
    /// `None` for an environment with a Python of its own.
    interpreter: Option<&'a Interpreter>,
    /// The entries that every environment of the interpreter has: its links, scripts and marks.
    planned: HashSet<PathBuf>,
    /// Files of the archive in the place of planned ones.
    read: BTreeMap<PathBuf, Vec<u8>>,
    has_pip: bool,
}

impl<'a> Binding<'a> {
    pub(super) fn new(root: &'a Path, interpreter: Option<&'a Interpreter>) -> Result<Self> {
        let planned = match interpreter {
            Some(interpreter) => {
                Plan::new(root, interpreter, &Options::default(), Vec::new())?.entries
            }
            None => Vec::new(),
        };
        let planned = planned.into_iter().filter(|entry| entry.content != Content::Directory);
        let planned = planned.map(|entry| entry.path).chain([CONFIGURATION.into()]).collect();
        Ok(Self { root, interpreter, planned, read: BTreeMap::new(), has_pip: false })
    }

    /// Whether the file at `path` is written by [`Self::entries`], or left out.
    ///
    /// # Errors
    /// When its content cannot be read.
    pub(super) fn takes(&mut self, path: &Path, body: &mut Body<'_>) -> Result<bool> {
        self.has_pip |= is_of_pip(path);
        let is_of_launcher = path.file_name().is_some_and(|name| name == HOME_FILE);
        if self.interpreter.is_some() && (path == Path::new(MANIFEST) || is_of_launcher) {
            return Ok(true);
        }
        if !self.planned.contains(path) {
            return Ok(false);
        }
        let mut bytes = Vec::new();
        body.take(limits::SCRIPT).read_to_end(&mut bytes).map_err(fs::Error::io("read", path))?;
        self.read.insert(path.to_owned(), bytes);
        Ok(true)
    }

    /// The entries that are written after the files of the archive; `pyvenv.cfg` last.
    ///
    /// # Errors
    /// [`Fault::Incomplete`] without a `pyvenv.cfg`.
    pub(super) fn entries(mut self, archive: &Path) -> Result<Vec<Entry>> {
        let Some(configuration) = self.read.remove(Path::new(CONFIGURATION)) else {
            let path = archive.to_owned();
            return Err(Error::Archive { path, fault: Fault::Incomplete { name: CONFIGURATION } });
        };
        let Some(interpreter) = self.interpreter else {
            return Ok(vec![Entry::new(CONFIGURATION, Content::Text(configuration))]);
        };
        let cfg = PyvenvCfg::parse(&configuration);
        let asked = Options { command: self.command(interpreter), ..Options::default() };
        let options = asked.inheriting(&cfg);
        let mut plan = Plan::new(self.root, interpreter, &options, Vec::new())?;
        for entry in &mut plan.entries {
            self.keep_changed(entry, interpreter);
        }
        Ok(plan.entries)
    }

    /// Keeps an activation script that the user changed.
    fn keep_changed(&mut self, entry: &mut Entry, interpreter: &Interpreter) {
        let Content::Text(_) = &entry.content else { return };
        if entry.path.parent() != Some(&interpreter.scheme.scripts) {
            return;
        }
        if let Some(bytes) = self.read.remove(&entry.path)
            && shell::seal(&bytes) != Seal::Whole
        {
            entry.content = Content::Text(bytes);
        }
    }

    /// The command that makes such an environment, which `pyvenv.cfg` contains since Python 3.11.
    fn command(&self, interpreter: &Interpreter) -> String {
        let without_pip = if self.has_pip { "" } else { " --without-pip" };
        let python = interpreter.executable.display();
        format!("rvenv create{without_pip} --relocatable --python={python} {}", self.root.display())
    }
}

/// Whether a file belongs to the metadata of pip.
fn is_of_pip(path: &Path) -> bool {
    let directory = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    directory.starts_with("pip-") && directory.ends_with(".dist-info")
}
