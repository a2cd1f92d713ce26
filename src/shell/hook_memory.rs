//! The state of a shell's hook in variables of that shell which are not exported: a child shell
//! does not have them, and so makes the activation again that it inherited.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use super::{Language, Shell};
use crate::support::host::{Host, Platform};

/// The activation of this shell's hook and the repaired values of PATH, as [`Memory::code`] writes them.
const STATE: &str = "_RVENV_HOOK_STATE";
/// The environment that the hook left since the last prompt.
const LEFT: &str = "_RVENV_HOOK_LEFT";
/// The entry on PATH of the activation that this shell has, whoever made it.
const HELD: &str = "_RVENV_HOOK_HELD";

/// The programs whose presence in another directory makes that one the Python in use.
const PROGRAMS: [&str; 3] = ["python", "python3", "pip"];

/// The activation that the hook of this shell made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Whether the shell keeps it at all.
    is_kept: bool,
    /// The environment that this shell's hook activated and has not left.
    active: Option<u64>,
    /// The number of its entries on PATH before it was activated.
    others: usize,
    /// Each environment that it activated.
    known: Vec<u64>,
    /// Each value of PATH that it repaired: another tool that restores one keeps it.
    repaired: Vec<u64>,
    /// The environment that was left since the last prompt, and how often it was on PATH then.
    left: Option<(u64, usize)>,
}

impl Memory {
    /// The values of the shell's variables.
    pub fn of(host: &Host) -> Self {
        let Some(state) = host.var(STATE).and_then(|state| state.to_str()) else {
            return Self::default();
        };
        let mut fields = state.split(':');
        let mut numbers = || numbers(fields.next().unwrap_or_default());
        let (active, known, repaired) = (numbers(), numbers(), numbers());
        let left = host.var(LEFT).and_then(|left| left.to_str()).and_then(|left| {
            let (root, count) = left.split_once(':')?;
            Some((u64::from_str_radix(root, 16).ok()?, count.parse().ok()?))
        });
        let others = active.get(1).map_or(0, |count| usize::try_from(*count).unwrap_or(0));
        Self { is_kept: true, active: active.first().copied(), others, known, repaired, left }
    }

    /// Whether this shell's hook has to make the activation of `root` that the variables show: it is
    /// inherited, or its entry on PATH is lost and this PATH was not repaired before.
    pub(super) fn has_to_repair(&self, root: &Path, host: &Host) -> bool {
        let is_own = self.active == Some(hash(root)) && held(host).is_some();
        let path = hash(host.var("PATH").unwrap_or_default());
        self.is_kept
            && (!is_own || is_lost(root, host))
            && !(is_own && self.repaired.contains(&path))
    }

    /// Whether the entry of `root` is still there, although the user or a tool changed `VIRTUAL_ENV`.
    pub(super) fn has_to_release(&self, root: &Path, host: &Host) -> bool {
        self.active == Some(hash(root))
            && held(host).is_some_and(|entry| entry.parent() == Some(root))
    }

    /// Whether a tool restored the variables of `root` from when this shell's hook had it active.
    pub(super) fn is_restored(&self, root: &Path, host: &Host) -> bool {
        self.known.contains(&hash(root)) && host.var(HELD).is_none()
    }

    /// The environment that was left and is on PATH again before the user could type anything.
    pub(super) fn came_back(&self, host: &Host) -> Option<PathBuf> {
        let (left, count) = self.left?;
        let mut roots = roots(host);
        if entries_of(left, host) > count { roots.find(|root| hash(root) == left) } else { None }
    }

    /// Records that `root` is active.
    pub fn entered(&mut self, root: &Path, host: &Host) {
        let (root_hash, path) = (hash(root), hash(host.var("PATH").unwrap_or_default()));
        if self.active == Some(root_hash) && !self.repaired.contains(&path) {
            self.repaired.push(path);
        }
        let former =
            self.active.filter(|active| *active != root_hash).or(self.left.map(|left| left.0));
        self.left = former.filter(|former| *former != root_hash).map(|former| (former, 0));
        self.active = Some(root_hash);
        if !self.known.contains(&root_hash) {
            self.known.push(root_hash);
        }
    }

    /// Records that the entry of `root` is removed from PATH, where it may also be for another reason.
    pub fn left(&mut self, root: &Path) {
        self.active = None;
        self.left = Some((hash(root), self.others));
    }

    /// Records that `root`, whose activation the user ended, is left: other tools restore a PATH from before that.
    pub fn forgot(&mut self, root: &Path, host: &Host) {
        let count = if is_direnv(host) { 0 } else { entries_of(hash(root), host) };
        self.active = None;
        self.left = Some((hash(root), count));
    }

    /// Records that the activation ended.
    pub fn ended(&mut self) {
        self.active = None;
    }

    /// The code that keeps it: hexadecimal numbers, commas and colons, which every shell takes in quotes.
    pub fn code(&self, shell: Shell) -> String {
        let join = |numbers: &[u64]| {
            numbers.iter().map(|number| format!("{number:x}")).collect::<Vec<_>>().join(",")
        };
        let active = self.active.map(|active| [active, self.others as u64]);
        let active = join(active.as_ref().map_or(&[], |active| &active[..]));
        let state = format!("{active}:{}:{}", join(&self.known), join(&self.repaired));
        let left = self.left.map(|(root, count)| format!("{root:x}:{count}")).unwrap_or_default();
        let assign = |name: &str, value: &str| match (shell, shell.language()) {
            (Shell::Zsh, _) => format!("typeset -g {name}='{value}'\n"),
            (_, Language::Posix) => format!("{name}='{value}'\n"),
            (_, Language::Fish) => format!("set -g {name} '{value}'\n"),
            (_, Language::Csh) => format!("; set {name} = '{value}'\n"),
            (_, Language::PowerShell) => format!("$global:{name} = '{value}'\n"),
            (_, Language::Elvish) => format!("set-env {name} '{value}'\n"),
            (_, Language::Python) => {
                format!("__import__('xonsh.built_ins').built_ins.XSH.{name} = '{value}'\n")
            }
            (_, Language::Nushell) => format!("{{\"{name}\":{{\"value\":\"{value}\"}}}}\n"),
            (_, Language::Batch) => String::new(),
        };
        if self.is_kept { assign(STATE, &state) + &assign(LEFT, &left) } else { String::new() }
    }
}

/// Whether PATH lacks the scripts directory of `root`, or has a directory with a Python before it.
fn is_lost(root: &Path, host: &Host) -> bool {
    let scripts = if host.platform() == Platform::Windows { "Scripts" } else { "bin" };
    let own = root.join(scripts);
    let path = search_path(host);
    let Some(at) = path.iter().position(|entry| *entry == own) else { return true };
    path[..at].iter().any(|dir| PROGRAMS.iter().any(|program| dir.join(program).exists()))
}

fn held(host: &Host) -> Option<PathBuf> {
    let entry = host.path_var(HELD)?;
    entry.is_absolute().then(|| host.native(entry).into_owned())
}

/// Whether direnv changed this shell's variables. Its `layout python` adds the active environment to PATH a second
/// time, and direnv then restores a PATH with one of the two entries.
pub(super) fn is_direnv(host: &Host) -> bool {
    host.var("DIRENV_DIFF").is_some()
}

/// Whether `root` has an entry on PATH.
pub(super) fn is_on_path(root: &Path, host: &Host) -> bool {
    entries_of(hash(root), host) > 0
}

/// The parents of the entries of PATH: of the environments' entries, these are the environments.
fn roots(host: &Host) -> impl Iterator<Item = PathBuf> + use<> {
    search_path(host).into_iter().filter_map(|entry| Some(entry.parent()?.to_owned()))
}

/// The number of the environment's entries on PATH.
fn entries_of(root: u64, host: &Host) -> usize {
    roots(host).filter(|found| hash(found) == root).count()
}

fn search_path(host: &Host) -> Vec<PathBuf> {
    host.var("PATH").map(std::env::split_paths).into_iter().flatten().collect()
}

fn numbers(text: &str) -> Vec<u64> {
    text.split(',').filter_map(|number| u64::from_str_radix(number, 16).ok()).collect()
}

/// A number for a path or a PATH; the program of one release writes and reads it.
fn hash<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
