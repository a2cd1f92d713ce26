//! The base of an environment.
//!
//! Read from its `pyvenv.cfg` and its links, not asked for: Python 3.8 to 3.10 do not know it
//! (`sys._base_executable` is the environment's own there), and an environment may be broken while its
//! base is sound.

use std::path::{Path, PathBuf};

use super::Reason;
use super::stable::chain;
use crate::env::PyvenvCfg;
use crate::fs;

/// More than any `pyvenv.cfg` needs; what is larger is something else.
const CFG_LIMIT: u64 = 64 * 1024;

/// An environment that an executable belongs to.
pub(super) struct Environment {
    /// Where its `pyvenv.cfg` is.
    pub(super) path: PathBuf,
    cfg: PyvenvCfg,
    home: PathBuf,
}

impl Environment {
    /// The environment that `executable` belongs to, by the `pyvenv.cfg` beside it or one up, which is
    /// how Python itself tells.
    pub(super) fn of(executable: &Path) -> Option<Self> {
        let paths = executable.parent()?.ancestors().take(2).map(|dir| dir.join("pyvenv.cfg"));
        let read = |path: PathBuf| Some((fs::read_bounded(&path, CFG_LIMIT).ok()?, path));
        let (text, path) = paths.into_iter().find_map(read)?;
        let cfg = PyvenvCfg::parse(&text);
        Some(Self { home: cfg.get("home")?.into(), path, cfg })
    }

    /// The executable in `home` that the environment's `executable` was made from.
    pub(super) fn base(&self, executable: &Path) -> Result<PathBuf, Reason> {
        let linked = chain(executable).find(|path| path.parent() == Some(&self.home));
        // A bare `python` may be a Python 2 there.
        let own = executable.file_name().filter(|name| *name != "python");
        let version = self.cfg.version().and_then(|version| {
            let mut parts = version.split('.');
            Some(format!("python{}.{}", parts.next()?, parts.next()?))
        });
        let usual = ["python3", "python", "pypy3", "graalpy", "python.exe"];
        let names = own.map(Path::new).into_iter().chain(version.as_ref().map(Path::new));
        let known = names.chain(usual.map(Path::new)).map(|name| self.home.join(name));
        linked
            .into_iter()
            .chain(known)
            .find(|path| path.is_file())
            .ok_or_else(|| Reason::BaseMissing(self.home.clone()))
    }
}
