//! The directory of commands, `pyvenv.cfg` and Jupyter's kernels as they are in an archive.

use std::path::Path;

use super::archive::Content;
use super::contents::Contents;
use super::launcher::{HOME_FILE, HOME_TEXT, launcher, takes_any_base};
use super::{PACKED_KEY, Result};
use crate::formats::shebang::Line;
use crate::formats::{PyvenvCfg, python_repr, shebang};
use crate::fs::read_bounded;
use crate::python::Implementation;
use crate::shell;
use crate::shell::Seal;
use crate::support::limits;
use crate::support::path::is_same_file;
use crate::venv;
use crate::venv::script::{Script, is_activation};
use crate::venv::{Options, activation_entries};

/// The place that activation scripts name, which find their own: it is the same for each environment, so
/// that the archives of equal environments are equal.
const PLACE: &str = "/environment";

impl Contents<'_> {
    /// Makes the commands find their Python beside themselves.
    pub(super) fn rewrite_scripts(&mut self) -> Result<()> {
        for script in &self.state.scripts {
            let path = self.state.scripts_dir().join(&script.name);
            let Some(name) = self.path(&path).filter(|name| self.items.contains_key(name)) else {
                continue;
            };
            if self.interpreter_name(&path).is_some() {
                self.items.remove(&name);
            } else if is_activation(&script.name.to_string_lossy()) {
                self.note_changed_activation(script, &path);
                self.items.remove(&name);
            } else {
                self.rewrite_script(script, &path, name)?;
            }
        }
        if self.request.with_python {
            self.add_python()?;
        } else {
            self.add_launchers()?;
        }
        self.add_activation()
    }

    fn rewrite_script(&mut self, script: &Script, path: &Path, name: String) -> Result<()> {
        let Some(line) = &script.python else { return Ok(()) };
        if !self.is_own_python(line) {
            self.leaves(name, &line.interpreter);
            return Ok(());
        }
        let bytes = std::fs::read(path).map_err(super::Error::io("read", path))?;
        let body = bytes.get(line.length..).unwrap_or_default();
        let python = self.state.python();
        let python = if self.state.scripts_dir().join(file_name(&line.interpreter)).exists() {
            &line.interpreter
        } else {
            &python
        };
        let lines = line.with_arguments(shebang::relative_before(python, body));
        self.replace(name, [&*lines, body].concat());
        Ok(())
    }

    /// Whether a shebang names this environment's Python, at its present or its former place.
    fn is_own_python(&self, line: &Line) -> bool {
        let directory = line.interpreter.parent();
        let is_here = directory.is_some_and(|directory| {
            directory == self.state.scripts_dir()
                || is_same_file(directory, &self.state.scripts_dir())
        });
        let former = self.state.activated.as_ref().map(|root| root.join(self.state.scripts_name()));
        is_here || (directory.is_some() && directory == former.as_deref())
    }

    fn note_changed_activation(&mut self, script: &Script, path: &Path) {
        let text = read_bounded(path, limits::SCRIPT).unwrap_or_default();
        if shell::seal(&text) == Seal::Broken {
            let name = Path::new(&script.name).display();
            self.notes.push(format!("the changes of `{name}` are not in the archive"));
        }
    }

    /// A launcher under each name of the interpreter, and the file that belongs to it.
    fn add_launchers(&mut self) -> Result<()> {
        let data = launcher(self.base, self.request.python)?;
        for name in self.program_names() {
            let path = format!("bin/{name}");
            self.add(path, Content::Bytes { data: data.clone(), executable: true });
        }
        if takes_any_base(self.base) {
            let path = format!("{}/{HOME_FILE}", self.base.scheme.purelib.display());
            self.add(path, Content::Bytes { data: HOME_TEXT.into(), executable: false });
        }
        Ok(())
    }

    fn add_activation(&mut self) -> Result<()> {
        let prompt = self.state.cfg().prompt().map(std::borrow::Cow::into_owned);
        let prompt = prompt.or_else(|| Some(PLACE.trim_start_matches('/').to_owned()));
        let options = Options { prompt, relocatable: true, ..Options::default() };
        for entry in activation_entries(Path::new(PLACE), self.base, &options) {
            let entry = entry?;
            if let (Some(path), venv::Content::Text(data)) = (entry.path.to_str(), entry.content) {
                self.add(path.to_owned(), Content::Bytes { data, executable: false });
            }
        }
        Ok(())
    }

    /// `pyvenv.cfg` without the paths of this machine.
    pub(super) fn add_configuration(&mut self) {
        let old = self.state.cfg();
        let mut cfg = PyvenvCfg::default();
        let system = if old.includes_system_site_packages() { "true" } else { "false" };
        cfg.set("include-system-site-packages", system);
        cfg.set("version", &self.base.version.release());
        if self.base.implementation != Implementation::CPython {
            cfg.set("implementation", &self.base.implementation.to_string());
        }
        if let Some(prompt) = old.prompt() {
            cfg.set("prompt", &python_repr(&prompt));
        }
        cfg.set("relocatable", "true");
        cfg.set(venv::CREATOR_KEY, env!("CARGO_PKG_VERSION"));
        cfg.set(PACKED_KEY, if self.request.with_python { "included" } else { "launcher" });
        let data = cfg.to_string().into_bytes();
        self.add("pyvenv.cfg".to_owned(), Content::Bytes { data, executable: false });
    }

    /// `python` in the place of the environment's Python in the descriptions of Jupyter's kernels:
    /// `jupyter_client` takes the running one for it.
    pub(super) fn rewrite_kernels(&mut self) {
        let is_kernel = |path: &&String| {
            path.starts_with("share/jupyter/kernels/") && path.ends_with("/kernel.json")
        };
        let kernels: Vec<_> = self.items.keys().filter(is_kernel).cloned().collect();
        let scripts = self.state.scripts_dir();
        for path in kernels {
            let file = self.state.root().join(&path);
            let Ok(bytes) = read_bounded(&file, limits::SITE_FILE) else { continue };
            let Ok(kernel) = serde_json::from_slice::<serde_json::Value>(&bytes) else { continue };
            let program = kernel["argv"][0].as_str().map(Path::new);
            let Some(program) = program.filter(|program| program.is_absolute()) else { continue };
            if program.parent() != Some(&*scripts) {
                self.leaves(path, program);
                continue;
            }
            let old = serde_json::to_vec(&kernel["argv"][0]).unwrap_or_default();
            if let Some(at) = memchr::memmem::find(&bytes, &old) {
                let (before, after) = (&bytes[..at], &bytes[at + old.len()..]);
                self.replace(path, [before, b"\"python\"", after].concat());
            }
        }
    }
}

fn file_name(path: &Path) -> &std::ffi::OsStr {
    path.file_name().unwrap_or_default()
}
