//! Which of an executable's many paths lasts.
//!
//! An environment names its base by a path, and dies when that path does. A link into another tree
//! (`~/bin/python` to a version manager's file) is not where Python's library is found from, so it is
//! followed (cpython#106045, virtualenv#3157); a tree that is linked as a whole, and Homebrew's `opt`
//! link, stay the same when a patch release replaces what they lead to, so they are kept (uv#1640).

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::Reason;

/// Links that are followed before a circle is suspected; Linux itself gives up at 40.
const LINKS: u8 = 40;

/// The path of the executable at `asked` that lasts. `library` is the standard library as seen from
/// the tree's root.
pub(super) fn executable(asked: &Path, library: &Path, stdlib: &Path) -> PathBuf {
    let kept = chain(asked)
        .into_iter()
        .find(|path| in_tree(path, library, stdlib))
        .unwrap_or_else(|| asked.to_owned());
    homebrew(&kept).unwrap_or(kept)
}

/// `path`, and each path that it leads to, link by link.
fn chain(path: &Path) -> Vec<PathBuf> {
    let mut chain = vec![path.to_owned()];
    for _ in 0..LINKS {
        let last = &chain[chain.len() - 1];
        let Ok(target) = fs::read_link(last) else { break };
        chain.push(join(last.parent().unwrap_or(last), &target));
    }
    chain
}

/// `target` as seen from `dir`. `..` is taken away by the text only where `dir` is no link itself.
fn join(dir: &Path, target: &Path) -> PathBuf {
    let mut out = dir.to_owned();
    for part in target.components() {
        match part {
            Component::ParentDir if !out.is_symlink() => {
                out.pop();
            }
            Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}

/// Whether the tree that `path` lies in holds the library: `TREE/bin/python3` with `TREE/lib/python3.12`.
fn in_tree(path: &Path, library: &Path, stdlib: &Path) -> bool {
    let Some(dir) = path.parent() else { return false };
    // On Windows the executable lies in the tree's root.
    dir.ancestors().take(2).any(|tree| {
        let here = dunce::canonicalize(tree.join(library));
        here.is_ok_and(|here| dunce::canonicalize(stdlib).is_ok_and(|there| here == there))
    })
}

/// `PREFIX/opt/python@3.12/…` for `PREFIX/Cellar/python@3.12/3.12.1/…`, when it is the same file.
fn homebrew(path: &Path) -> Option<PathBuf> {
    let parts: Vec<_> = path.components().collect();
    let cellar = parts.iter().position(|part| part.as_os_str() == "Cellar")?;
    let [formula, _version, rest @ ..] = parts.get(cellar + 1..)? else { return None };
    let mut opt: PathBuf = parts[..cellar].iter().collect();
    opt.extend([Path::new("opt"), formula.as_ref()]);
    opt.extend(rest);
    (dunce::canonicalize(&opt).ok()? == dunce::canonicalize(path).ok()?).then_some(opt)
}

/// An environment that an executable belongs to.
pub(super) struct Environment {
    /// Its `pyvenv.cfg`.
    pub(super) cfg: PathBuf,
    home: PathBuf,
    /// `version`, or `version_info` as virtualenv and uv call it.
    version: Option<String>,
}

/// The environment that `executable` belongs to, by the `pyvenv.cfg` beside it or one up, which is how
/// Python itself tells.
pub(super) fn environment_of(executable: &Path) -> Option<Environment> {
    let dirs = executable.parent()?.ancestors().take(2);
    let (cfg, text) = dirs.map(|dir| dir.join("pyvenv.cfg")).find_map(|cfg| {
        let text = fs::read(&cfg).ok()?;
        Some((cfg, String::from_utf8_lossy(&text).into_owned()))
    })?;
    let value = |wanted: &str| {
        text.lines().find_map(|line| {
            let (key, value) = line.split_once('=')?;
            key.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
        })
    };
    let version = value("version").or_else(|| value("version_info"));
    Some(Environment { home: value("home")?.into(), version, cfg })
}

impl Environment {
    /// The executable in `home` that the environment's `executable` was made from.
    ///
    /// Read, not asked for: Python 3.8 to 3.10 do not know it (`sys._base_executable` is the
    /// environment's own), and an environment may be broken while its base is sound.
    pub(super) fn base(&self, executable: &Path) -> Result<PathBuf, Reason> {
        let linked = chain(executable).into_iter().find(|path| path.parent() == Some(&self.home));
        let own = executable.file_name().map(|name| self.home.join(name));
        let versioned = self.version.as_ref().and_then(|version| {
            let mut parts = version.split('.');
            Some(self.home.join(format!("python{}.{}", parts.next()?, parts.next()?)))
        });
        let usual = ["python3", "python", "pypy3", "graalpy", "python.exe"]
            .map(|name| self.home.join(name));
        [linked, own, versioned]
            .into_iter()
            .flatten()
            .chain(usual)
            .find(|path| path.is_file())
            .ok_or_else(|| Reason::BaseMissing(self.home.clone()))
    }
}
