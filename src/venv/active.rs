//! A process in which an environment is active: its variables, and what it finds.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::Env;
use crate::support::executable::{find_in, is_command};
use crate::support::host::{Host, Platform};
use crate::support::python_vars;
use crate::support::suggest::similar;
use crate::venv::{Error, Result};

/// A variable and its new value; `None` takes it out.
pub type Change = (&'static str, Option<OsString>);

impl Env {
    /// What activation changes in the variables of `host`: what the activation scripts do, for a
    /// process that is started without a shell.
    ///
    /// # Errors
    /// When PATH could not hold the environment's directory.
    pub fn activation(&self, host: &Host) -> Result<Vec<Change>> {
        super::ensure_usable(&self.root, self.platform)?;
        let mut changes = vec![
            ("VIRTUAL_ENV", Some(self.root.clone().into())),
            ("VIRTUAL_ENV_PROMPT", Some(self.prompt())),
            ("PATH", Some(self.search_path(host)?)),
        ];
        changes.extend(python_vars::MISLEADING.map(|name| (name, None)));
        Ok(changes)
    }

    /// PATH with this environment's commands first, and without those of the one that was active.
    fn search_path(&self, host: &Host) -> Result<OsString> {
        let own = self.scripts_dir();
        let former = super::active(host).map(|root| root.join(self.scripts()));
        // The other entries stay as they are, empty ones too: it is the user's PATH.
        let others: Vec<PathBuf> = match host.var("PATH") {
            Some(path) => std::env::split_paths(path)
                .filter(|entry| *entry != own && Some(entry) != former.as_ref())
                .collect(),
            None => Vec::new(),
        };
        std::env::join_paths(std::iter::once(own).chain(others)).map_err(|_| {
            let separator = self.platform.path_separator();
            Error::SeparatorInPath { path: self.root.clone(), separator }
        })
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
