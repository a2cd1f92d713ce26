//! The base of an environment.
//!
//! Read from its `pyvenv.cfg` and its links, not asked for: Python 3.8 to 3.10 do not know it
//! (`sys._base_executable` is the environment's own there), and an environment may be broken while its
//! base is sound.

use std::env::consts::EXE_SUFFIX;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::Reason;
use crate::formats::PyvenvCfg;
use crate::fs;
use crate::support::limits;
use crate::support::links::chain;

/// An environment that an executable belongs to.
pub(super) struct Environment {
    /// Where its `pyvenv.cfg` is.
    pub(crate) path: PathBuf,
    cfg: PyvenvCfg,
    home: PathBuf,
}

impl Environment {
    /// The environment that `executable` belongs to, by the `pyvenv.cfg` beside it or one up, which is
    /// how Python itself tells.
    pub(super) fn of(executable: &Path) -> Option<Self> {
        let paths = executable.parent()?.ancestors().take(2).map(|dir| dir.join("pyvenv.cfg"));
        let read = |path: PathBuf| Some((fs::read_bounded(&path, limits::PYVENV_CFG).ok()?, path));
        let (text, path) = paths.into_iter().find_map(read)?;
        let cfg = PyvenvCfg::parse(&text);
        Some(Self { home: cfg.get("home")?.into(), path, cfg })
    }

    /// The executable in `home` that the environment's `executable` was made from.
    pub(crate) fn base(&self, executable: &Path) -> Result<PathBuf, Reason> {
        // A relative one would be seen from the current directory, where Python does not look.
        if !self.home.is_absolute() {
            return Err(Reason::BaseMissing(self.home.clone()));
        }
        let linked = chain(executable).find(|path| path.parent() == Some(&self.home));
        // A bare `python` may be a Python 2 there, and on Windows another build.
        let own = executable.file_name().and_then(OsStr::to_str);
        let own = own.filter(|name| !["python", "python.exe"].contains(name)).map(str::to_owned);
        let scripts = executable.parent().unwrap_or(executable);
        let names = own.into_iter().chain(base_names(&self.cfg, scripts));
        linked
            .into_iter()
            .chain(names.map(|name| self.home.join(name)))
            .find(|path| path.is_file())
            .ok_or_else(|| Reason::BaseMissing(self.home.clone()))
    }
}

/// What the executable of an environment's base may be called in its `home`, the most exact name first.
/// `scripts` is the environment's directory of programs.
pub(crate) fn base_names(cfg: &PyvenvCfg, scripts: &Path) -> Vec<String> {
    // Windows' installers put all builds into one directory.
    let recorded = cfg.get("executable").and_then(|path| path.rsplit(['/', '\\']).next());
    let mut names: Vec<_> = recorded.map(str::to_owned).into_iter().collect();
    let mut version = cfg.version().unwrap_or_default().split('.');
    if let (Some(major), Some(minor)) = (version.next(), version.next()) {
        // uv records no executable.
        let free_threaded = format!("python{major}.{minor}t{EXE_SUFFIX}");
        names.extend(scripts.join(&free_threaded).is_file().then_some(free_threaded));
        names.extend(["python", "pypy"].map(|name| format!("{name}{major}.{minor}")));
    }
    let general = ["python3", "pypy3", "python", "graalpy", "python.exe", "pypy3.exe"];
    names.extend(general.map(str::to_owned));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_build_that_was_recorded_or_that_left_its_name_comes_first() {
        let scripts = tempfile::tempdir().unwrap();
        let first =
            |cfg: &str| base_names(&PyvenvCfg::parse(cfg.as_bytes()), scripts.path()).remove(0);
        let recorded = "version = 3.13.2\nexecutable = C:\\Py\\python3.13t.exe\n";
        assert_eq!(first(recorded), "python3.13t.exe");
        assert_eq!(first("executable = C:\\Py\\python_d.exe"), "python_d.exe");
        assert_eq!(first("executable = /usr/bin/python3.13"), "python3.13");
        let uvs = "version_info = 3.13.2";
        assert_eq!(first(uvs), "python3.13");
        let own = format!("python3.13t{EXE_SUFFIX}");
        std::fs::write(scripts.path().join(&own), "").unwrap();
        assert_eq!(first(uvs), own);
        assert_eq!(first("home = /usr/bin"), "python3");
    }
}
