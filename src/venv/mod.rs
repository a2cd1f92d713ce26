//! The model of a virtual environment: its contents, its location, its plan.

pub(crate) mod activate;
mod active;
pub(crate) mod base;
pub(crate) mod compare;
mod error;
pub mod inventory;
pub(crate) mod locate;
pub(crate) mod plan;
pub mod repair;
pub(crate) mod script;
pub(crate) mod state;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub use crate::shell::Change;
pub use compare::Difference;
pub use error::{Error, Result};
pub use locate::{NAMES, active, nearest, nearest_from, nearest_place, other, resolve, wanted};
pub(crate) use plan::{CACHEDIR_TAG, GITIGNORE};
pub(crate) use plan::{CREATOR_KEY, activation_entries, aliases, interpreter_entries, write_entry};
pub use plan::{Content, Entry, Options, Plan, default_prompt, ensure_usable};

use crate::formats::PyvenvCfg;
use crate::formats::dist_info;
use crate::formats::requirement::normalized;
use crate::fs;
use crate::python::Interpreter;
use crate::support::host::Platform;
use crate::support::limits;
use crate::support::links;

/// An environment on the disk, of whatever tool.
#[derive(Clone, Debug)]
pub struct Env {
    root: PathBuf,
    cfg: PyvenvCfg,
    platform: Platform,
}

impl Env {
    /// The environment at `root`.
    ///
    /// # Errors
    /// When there is no readable `pyvenv.cfg` with a `home` in it, which is what makes a directory
    /// an environment (PEP 405).
    pub fn open(root: impl Into<PathBuf>, platform: Platform) -> Result<Self> {
        let root = root.into();
        let path = root.join("pyvenv.cfg");
        if !path.exists() {
            return Err(Error::NotAnEnvironment { path: root });
        }
        let cfg = PyvenvCfg::parse(&fs::read_bounded(&path, limits::PYVENV_CFG)?);
        if cfg.get("home").is_none() && cfg.packed().is_none() {
            return Err(Error::BadPyvenvCfg { path, missing: "home" });
        }
        Ok(Self { root, cfg, platform })
    }

    /// Its directory, absolute.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Its `pyvenv.cfg`.
    pub fn cfg(&self) -> &PyvenvCfg {
        &self.cfg
    }

    /// `bin` or `Scripts`, relative to the root.
    pub fn scripts(&self) -> &'static str {
        if self.platform == Platform::Windows { "Scripts" } else { "bin" }
    }

    /// The directory of its commands.
    pub fn scripts_dir(&self) -> PathBuf {
        self.root.join(self.scripts())
    }

    /// Its Python, which need not be there.
    pub fn python(&self) -> PathBuf {
        self.scripts_dir().join(if self.platform == Platform::Windows {
            "python.exe"
        } else {
            "python"
        })
    }

    /// Its Python.
    ///
    /// # Errors
    /// When the interpreter is gone: activating such an environment would quietly give the
    /// `python` of somewhere else on PATH.
    pub fn working_python(&self) -> Result<PathBuf> {
        let python = self.python();
        let base = self.launched();
        let there = std::fs::metadata(&python)
            .and_then(|_| base.as_deref().map_or(Ok(()), |base| base.metadata().map(drop)));
        match there {
            Ok(()) => Ok(python),
            Err(source) => {
                let target = links::end(&python).or(base);
                Err(Error::InterpreterGone { env: self.root.clone(), python, target, source })
            }
        }
    }

    /// The directory in which its Python finds the base to start, where that is a launcher and not
    /// the base itself: on Windows.
    fn launched(&self) -> Option<PathBuf> {
        let home = self.cfg.get("home").filter(|_| self.platform == Platform::Windows)?;
        Some(PathBuf::from(home))
    }

    /// Whether it has what an environment of `interpreter` with these options needs to work.
    pub(crate) fn is_whole(&self, interpreter: &Interpreter, options: &Options) -> bool {
        self.working_python().is_ok()
            && self.root.join(&interpreter.scheme.purelib).is_dir()
            && self.scripts_dir().join("activate").is_file()
            && self.cfg.includes_system_site_packages() == options.system_site_packages
            && self.cfg.prompt().as_deref() == options.prompt.as_deref()
    }

    /// Whether a distribution is installed; its name is compared as PEP 503 normalizes it.
    pub fn has_distribution(&self, name: &str) -> bool {
        let name = normalized(name);
        self.metadata_dirs()
            .any(|(installed, dir)| normalized(&installed) == name && dir.join("RECORD").is_file())
    }

    /// The names of the installed distributions, sorted.
    pub fn distributions(&self) -> Vec<String> {
        let is_complete = |dir: &Path| dir.join("RECORD").is_file();
        let found = self.metadata_dirs().filter(|(_, dir)| is_complete(dir));
        let mut names: Vec<String> = found.map(|(name, _)| name).collect();
        names.sort();
        names
    }

    /// The name and the `.dist-info` of each distribution in `site-packages`. The RECORD in it is written
    /// last: without one, its installation did not end.
    fn metadata_dirs(&self) -> impl Iterator<Item = (String, PathBuf)> {
        let entries = self.site_packages().and_then(|site| std::fs::read_dir(site).ok());
        entries.into_iter().flatten().flatten().filter_map(|entry| {
            let file = entry.file_name();
            let (name, _) = dist_info::name_and_version(file.to_str()?)?;
            Some((name.to_owned(), entry.path()))
        })
    }

    /// The version of an installed distribution, by the name of its metadata directory.
    pub fn version_of(&self, name: &str) -> Option<String> {
        let names = fs::names_in(&self.site_packages()?);
        let version = |file: &OsString| {
            let (found, version) = dist_info::name_and_version(file.to_str()?)?;
            (found == name).then(|| version.to_owned())
        };
        names.iter().find_map(version)
    }

    /// The name in its prompt.
    pub fn prompt(&self) -> OsString {
        self.cfg
            .prompt()
            .map_or_else(|| default_prompt(&self.root), |prompt| OsString::from(prompt.as_ref()))
    }

    /// Whether it has a pip of its own.
    pub fn has_pip(&self) -> bool {
        self.site_packages().is_some_and(|site| site.join("pip").join("__main__.py").is_file())
    }

    /// Its `site-packages`, if there is one; the first by name where there are several.
    pub fn site_packages(&self) -> Option<PathBuf> {
        if self.platform == Platform::Windows {
            return Some(self.root.join("Lib/site-packages")).filter(|dir| dir.is_dir());
        }
        let mut found: Vec<PathBuf> = std::fs::read_dir(self.root.join("lib"))
            .ok()?
            .flatten()
            .map(|entry| entry.path().join("site-packages"))
            .filter(|dir| dir.is_dir())
            .collect();
        found.sort();
        found.into_iter().next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_can_contain_a_hyphen() {
        let root = tempfile::tempdir().unwrap();
        let metadata = root.path().join("lib/python3.12/site-packages/a-1.0-1.dist-info");
        std::fs::create_dir_all(&metadata).unwrap();
        std::fs::write(metadata.join("RECORD"), "").unwrap();
        std::fs::write(root.path().join("pyvenv.cfg"), "home = /usr/bin\n").unwrap();
        let env = Env::open(root.path(), Platform::Linux).unwrap();
        assert_eq!(env.distributions(), ["a"]);
        assert!(env.has_distribution("a"));
        assert_eq!(env.version_of("a").as_deref(), Some("1.0-1"));
    }
}
