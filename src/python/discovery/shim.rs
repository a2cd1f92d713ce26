//! Shims: programs of a version manager on PATH that start a Python depending on the current directory.
//! They are resolved by the manager's rule and never started: a shim without a selected version fails or
//! hangs (uv#21047).

use std::collections::BTreeMap;
use std::error::Error as _;
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::managers::{self, Installation};
use crate::fs;
use crate::fs::open_regular;
use crate::python::{Installer, Reason};
use crate::support::host::{Host, Platform};
use crate::support::links::chain;

mod mise;
mod mise_files;
mod rules;

/// The managers that put shims on PATH.
const MANAGERS: [Installer; 4] =
    [Installer::Pyenv, Installer::Mise, Installer::Asdf, Installer::Rye];

/// The shims of a host. The selection of a manager is the same for all its shims and is computed once.
#[derive(Debug)]
pub(super) struct Shims<'a> {
    host: &'a Host,
    roots: Vec<Shim>,
    chosen: Mutex<BTreeMap<Shim, Chosen>>,
}

/// The manager of a shim.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shim {
    pub(super) place: Installer,
    /// The manager's root.
    root: PathBuf,
}

/// The selection of a manager's rule.
#[derive(Debug, Default)]
struct Chosen {
    /// The names of versions, as the user wrote them.
    names: String,
    /// Their installations.
    dirs: Vec<PathBuf>,
    /// The reason that the list of names is incomplete, if it is.
    end: Option<String>,
    /// The part of the rule that cannot be followed, with its place.
    unfollowed: Option<String>,
}

/// The reason that a manager's rule gives no names.
#[derive(Debug)]
enum Unchosen {
    /// It selects nothing.
    Nothing,
    /// It has a part that cannot be followed: the file and line, and why.
    Unfollowed(String),
}

impl Unchosen {
    /// A file that exists and cannot be read.
    fn unread(error: &fs::Error) -> Self {
        let source = error.source().map(|source| format!(": {source}")).unwrap_or_default();
        Self::Unfollowed(format!("{error}{source}"))
    }
}

impl<'a> Shims<'a> {
    pub(super) fn new(host: &'a Host) -> Self {
        let shim = |place| Some(Shim { place, root: managers::root(place, host)? });
        let roots = MANAGERS.into_iter().filter_map(shim).collect();
        Self { host, roots, chosen: Mutex::default() }
    }

    /// The manager of `path` by its location in a manager's directory of shims.
    pub(super) fn by_place(&self, path: &Path) -> Option<Shim> {
        let root = path.parent().filter(|dir| dir.ends_with("shims"))?.parent()?;
        self.roots.iter().find(|shim| shim.root == root).cloned()
    }

    /// The manager of `path` by its content: a link to the manager's program, or a script that calls it.
    pub(super) fn by_content(&self, path: &Path) -> Option<Shim> {
        let real = chain(path).last()?;
        let place = match real.file_name()?.to_str()? {
            "mise" | "rtx" => Installer::Mise,
            "rye" => Installer::Rye,
            _ => by_script(&real)?,
        };
        let shims = path.parent().filter(|dir| dir.ends_with("shims"));
        let root = shims.and_then(Path::parent).map(Path::to_owned);
        Some(Shim { place, root: root.or_else(|| managers::root(place, self.host))? })
    }

    /// The newest version of its manager that has the program of the shim at `path`, as a request.
    pub(super) fn installed_version(&self, path: &Path) -> Option<String> {
        let shim = self.by_place(path).or_else(|| self.by_content(path))?;
        let program = self.program(path)?;
        let has_program = |found: &Installation| {
            found.place == shim.place && executable_in(&found.dir, &program).is_some()
        };
        let mut installations = managers::installations(self.host).into_iter();
        let told = installations.find_map(|found| {
            found.told.clone().filter(|told| has_program(&found) && !told.versions.precede_oldest())
        })?;
        Some(told.to_string())
    }

    /// The name of the program that the shim at `path` starts.
    fn program(&self, path: &Path) -> Option<OsString> {
        let is_windows = self.host.platform() == Platform::Windows;
        // pyenv-win's `python.bat` starts `python.exe`.
        let program = if is_windows { path.with_extension("exe") } else { path.to_owned() };
        program.file_name().map(OsStr::to_owned)
    }

    /// The program that the shim at `path` would start.
    pub(super) fn resolve(&self, shim: Shim, path: &Path) -> Result<PathBuf, Reason> {
        let manager = shim.place.name();
        let program = self.program(path).unwrap_or_default();
        let mut chosen = self.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        let chosen = chosen.entry(shim).or_insert_with_key(|shim| Chosen::by(shim, self.host));
        if let Some(what) = &chosen.unfollowed {
            return Err(Reason::UnfollowedShim { manager, what: what.clone() });
        }
        chosen.executable(&program).map_err(|outcome| Reason::Shim { manager, outcome })
    }
}

/// The executable `program` of an installation.
fn executable_in(dir: &Path, program: &OsStr) -> Option<PathBuf> {
    // Only on Windows the executable is in the tree's root.
    let places = ["bin", "install/bin", "", "install"];
    places.iter().map(|place| dir.join(place).join(program)).find(|path| path.is_file())
}

/// The manager that a script calls.
fn by_script(path: &Path) -> Option<Installer> {
    let mut start = Vec::with_capacity(1024);
    open_regular(path).ok()?.take(1024).read_to_end(&mut start).ok()?;
    // The limit may cut a character.
    let text = String::from_utf8_lossy(&start);
    if !text.starts_with("#!") {
        return None;
    }
    let calls = |program: &str| {
        text.lines().any(|line| {
            let line = line.trim().trim_start_matches("exec ").replace(['"', '\''], "");
            let mut words = line.split_whitespace();
            let called = words.next().is_some_and(|word| Path::new(word).ends_with(program));
            called && words.next().is_some_and(|verb| ["exec", "x"].contains(&verb))
        })
    };
    [
        ("pyenv", Installer::Pyenv),
        ("asdf", Installer::Asdf),
        ("mise", Installer::Mise),
        ("rtx", Installer::Mise),
    ]
    .into_iter()
    .find_map(|(program, place)| calls(program).then_some(place))
}

impl Chosen {
    fn by(shim: &Shim, host: &Host) -> Self {
        let names = match rules::chosen(shim.place, &shim.root, host) {
            Ok(names) => names,
            Err(Unchosen::Nothing) => {
                return Self { end: Some("no version is chosen".to_owned()), ..Self::default() };
            }
            Err(Unchosen::Unfollowed(what)) => {
                return Self { unfollowed: Some(what), ..Self::default() };
            }
        };
        let mut chosen = Self { names: names.join(" "), ..Self::default() };
        for name in &names {
            if name == "system" {
                chosen.end = Some("it leaves the choice to the rest of PATH".to_owned());
                break;
            }
            // These files come with a project, which may select a version, but not a program to start.
            let name = name.strip_prefix("prefix:").unwrap_or(name);
            // pyenv-virtualenv's name of an environment in an installation: `3.9.18/envs/work`.
            let name = match name.split_once("/envs/") {
                Some((version, env)) if !env.contains('/') => version,
                _ => name,
            };
            if name.contains(['/', '\\', ':']) || name.starts_with('.') {
                chosen.end = Some(format!("`{name}` is chosen, which is not a version"));
                break;
            }
            // A range is a name to every manager, and none has an installation of that name.
            if name.contains(['<', '>', '=', '~', '!', '^', ',']) {
                continue;
            }
            let installed = |name| managers::installed(shim.place, &shim.root, name);
            let found = installed(name).or_else(|| installed("3").filter(|_| name == "latest"));
            chosen.dirs.extend(found);
        }
        chosen
    }

    /// The executable `program` of the first installation that has one.
    fn executable(&self, program: &OsStr) -> Result<PathBuf, String> {
        let executable = self.dirs.iter().find_map(|dir| executable_in(dir, program));
        executable.ok_or_else(|| match &self.end {
            Some(end) => end.clone(),
            None if self.dirs.is_empty() => {
                format!("`{}` is chosen, which is not installed", self.names)
            }
            None => format!("`{}` is chosen, which has no {}", self.names, program.display()),
        })
    }
}
