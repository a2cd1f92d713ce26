//! A process in which an environment is active: its variables, and what it finds.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::Env;
use crate::shell;
use crate::shell::{Activation, Change};
use crate::support::executable::{find_in, is_command};
use crate::support::host::{Host, Platform};
use crate::support::suggest::similar;
use crate::venv::{Error, Result};

impl Env {
    /// The changes that activation makes to the variables of `host`: those of the activation scripts, for a
    /// process that is started without a shell.
    ///
    /// # Errors
    /// When PATH could not hold the environment's directory.
    pub fn activation(&self, host: &Host) -> Result<Vec<Change>> {
        super::ensure_usable(&self.root, self.platform)?;
        let prompt = self.prompt();
        let activation = Activation { root: &self.root, scripts: self.scripts(), prompt: &prompt };
        Ok(shell::process(&activation, host))
    }

    /// PATH with this environment's commands first, and without those of the one that was active.
    fn search_path(&self, host: &Host) -> Result<OsString> {
        let changes = self.activation(host)?;
        let path = changes.into_iter().find(|(name, _)| *name == "PATH");
        Ok(path.and_then(|(_, path)| path).unwrap_or_default())
    }

    /// The names of its commands, sorted.
    pub fn commands(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.scripts_dir()) else { return Vec::new() };
        let mut names: Vec<String> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| is_command(path, self.platform))
            .filter_map(|path| {
                let windows = self.platform == Platform::Windows;
                let name = if windows { path.file_stem() } else { path.file_name() };
                name?.to_str().map(str::to_owned)
            })
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// The program that `command` starts where this environment is active: a path as it is, a name
    /// by the search path.
    ///
    /// # Errors
    /// When there is none, and when what is there cannot be executed.
    pub fn program(&self, command: &OsStr, host: &Host) -> Result<PathBuf> {
        let missing = || {
            let command = command.to_string_lossy().into_owned();
            let names = self.commands();
            let near = similar(&command, names.iter().map(String::as_str));
            Error::NoCommand { command, env: self.root.clone(), near }
        };
        if Path::new(command).components().nth(1).is_some() {
            let path = PathBuf::from(command);
            return if host.cwd().join(&path).exists() { Ok(path) } else { Err(missing()) };
        }
        let path = self.search_path(host)?;
        let dirs = || std::env::split_paths(&path).map(|dir| host.cwd().join(dir));
        if let Some(program) = find_in(dirs(), command.as_ref(), self.platform) {
            return Ok(program);
        }
        match dirs().map(|dir| dir.join(command)).find(|file| file.is_file()) {
            Some(path) => Err(Error::NotExecutable { path }),
            None => Err(missing()),
        }
    }
}
