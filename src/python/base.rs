//! The base of an environment, read from its `pyvenv.cfg` and its links.
//!
//! The environment's Python is not asked: up to 3.10 it does not know its base (`sys._base_executable` is the
//! environment's own), and an environment may be broken while its base works.

use std::env::consts::EXE_SUFFIX;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use super::Reason;
use crate::formats::PyvenvCfg;
use crate::fs;
use crate::support::limits;
use crate::support::links::chain;
use crate::support::path::canonicalize;

/// An environment that an executable belongs to.
pub(super) struct Environment {
    /// Its `pyvenv.cfg`.
    pub(crate) path: PathBuf,
    cfg: PyvenvCfg,
    /// The directory of the base's executable, from the key `home`; a relative one is resolved against the
    /// directory of `pyvenv.cfg` (PEP 796).
    home: Option<PathBuf>,
}

impl Environment {
    /// The environment of `executable`: the `pyvenv.cfg` beside it or one directory above it (PEP 405). Without
    /// the key `home` it is one only if the executable is a link out of it.
    pub(super) fn of(executable: &Path) -> Option<Self> {
        let paths = executable.parent()?.ancestors().take(2).map(|dir| dir.join("pyvenv.cfg"));
        let read = |path: PathBuf| Some((fs::read_bounded(&path, limits::PYVENV_CFG).ok()?, path));
        let (text, path) = paths.into_iter().find_map(read)?;
        let cfg = PyvenvCfg::parse(&text);
        let root = path.parent()?;
        let home = cfg.get("home").filter(|home| !home.is_empty()).map(|home| root.join(home));
        let environment = Self { path, cfg, home };
        let is_one = environment.home.is_some() || environment.linked(executable).is_some();
        is_one.then_some(environment)
    }

    /// The executable in `home` that the environment's `executable` was made from; if `home` has none, or one
    /// of another minor version, the one that `executable` is a link to, which CPython starts whatever `home`
    /// says.
    ///
    /// # Errors
    /// [`Reason::BaseMissing`] when neither exists.
    pub(crate) fn base(&self, executable: &Path) -> Result<PathBuf, Reason> {
        let linked = self.linked(executable);
        let is_other = |path: &PathBuf| {
            let linked = linked.as_deref().and_then(minor_by_name);
            linked.is_some() && minor_by_name(path).is_some_and(|minor| Some(minor) != linked)
        };
        let in_home = self.home.as_ref().and_then(|home| self.in_home(home, executable));
        in_home.filter(|path| !is_other(path)).or(linked.clone()).ok_or_else(|| {
            let missing = self.home.as_deref().or(executable.parent());
            Reason::BaseMissing(missing.unwrap_or(executable).to_owned())
        })
    }

    fn in_home(&self, home: &Path, executable: &Path) -> Option<PathBuf> {
        let linked = chain(executable).find(|path| path.parent() == Some(home));
        // A bare `python` may be a Python 2 there, and on Windows another build.
        let own = executable.file_name().and_then(OsStr::to_str);
        let own = own.filter(|name| !["python", "python.exe"].contains(name)).map(str::to_owned);
        let scripts = executable.parent().unwrap_or(executable);
        let names = own.into_iter().chain(base_names(&self.cfg, scripts));
        let mut paths = linked.into_iter().chain(names.map(|name| home.join(name)));
        let found = paths.find(|path| path.is_file())?;
        // `home` with `..` in it names the same file by a path that may not last.
        let has_parents = home.components().any(|part| part == Component::ParentDir);
        if has_parents { canonicalize(&found).ok() } else { Some(found.components().collect()) }
    }

    /// The first file outside the environment that `executable` is a link to.
    fn linked(&self, executable: &Path) -> Option<PathBuf> {
        let root = self.path.parent()?;
        chain(executable).find(|path| !path.starts_with(root) && path.is_file())
    }
}

/// `13` of `python3.13`, or of the file of that name that `path` is a link to.
fn minor_by_name(path: &Path) -> Option<String> {
    let of_name = |path: PathBuf| {
        let minor = path.file_name()?.to_str()?.strip_prefix("python3.")?;
        let digits = minor.trim_end_matches(EXE_SUFFIX).trim_end_matches(['t', 'd']);
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.to_owned())
    };
    chain(path).find_map(of_name)
}

/// The possible names of the base's executable in `home`, the most exact one first. `scripts` is the
/// environment's directory of programs.
pub(crate) fn base_names(cfg: &PyvenvCfg, scripts: &Path) -> Vec<String> {
    // Windows' installers put all builds into the same directory.
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
