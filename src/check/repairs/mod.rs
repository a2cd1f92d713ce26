//! Turns the repair that a rule names into steps or a command.

mod interpreter;
mod seeder;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub use seeder::Seeder;

use super::code::{Code, Severity};
use super::finding::{Finding, Remedy};
use super::snapshot::Snapshot;
use crate::dist::site::Site;
use crate::relocate;
use crate::support::host::Platform;
use crate::venv::Entry;
use crate::venv::repair::{Seeding, Step};
use crate::venv::script::Script;

pub(super) use interpreter::names as interpreter_names;

/// The result of a rule: a fault and the name of its repair.
#[derive(Debug)]
pub(super) struct Diagnosis {
    pub(super) code: Code,
    /// As its code says, or less.
    pub(super) severity: Severity,
    /// The observation, as a lowercase fragment without a full stop.
    pub(super) seen: String,
    pub(super) repair: Repair,
}

impl Diagnosis {
    pub(super) fn new(code: Code, seen: impl Into<String>, repair: Repair) -> Self {
        Self { code, severity: code.severity(), seen: seen.into(), repair }
    }

    /// The same as a mere fact.
    pub(super) fn into_note(self) -> Self {
        Self { severity: Severity::Note, ..self }
    }

    /// With the steps or the command of the repair.
    pub(super) fn finding(self, snapshot: &Snapshot<'_>) -> Finding {
        let Self { code, severity, seen, repair } = self;
        Finding { code, severity, seen, remedy: repair.remedy(snapshot) }
    }
}

/// The repair of a finding, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Repair {
    /// Links to a Python of the series that the packages were installed for, and `pyvenv.cfg` with it.
    SameSeries,
    /// Links to the base, and `pyvenv.cfg` with it.
    Base,
    /// Links to the base by the path of it that survives its upgrades.
    LastingPath,
    /// Copies of the base as it is now.
    Copies,
    /// `pyvenv.cfg` for the base.
    Configuration,
    /// These entries of the plan.
    Put(Vec<Entry>),
    /// The environment's path in the place of its former path, in each file that contains it.
    Relocation,
    /// First lines with the environment's Python for these commands.
    FirstLines(Vec<OsString>),
    /// pip of the base's wheel in the place of what is left of pip.
    Pip,
    /// These steps.
    Steps(Vec<Step>),
    /// `pip install` with these flags of these requirements.
    Install(InstallMode, Vec<Vec<String>>),
    /// This command.
    Command(Vec<String>),
    /// Something that only the user can decide.
    Advice(String),
}

/// The method of an installation by pip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InstallMode {
    /// The missing distributions, with their requirements.
    Missing,
    /// The same version again, in the place of the installed one.
    Again,
    /// The same version again, where the installed one cannot be uninstalled.
    Over,
}

impl InstallMode {
    const fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Missing => &[],
            Self::Again => &["--force-reinstall", "--no-deps"],
            Self::Over => &["--ignore-installed", "--no-deps"],
        }
    }
}

impl Repair {
    pub(super) fn advice(text: impl Into<String>) -> Self {
        Self::Advice(text.into())
    }

    pub(super) fn command<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Self {
        Self::Command(words.into_iter().map(Into::into).collect())
    }

    /// `rvenv uninstall` of a distribution.
    pub(super) fn uninstall(snapshot: &Snapshot<'_>, name: &str) -> Self {
        let root = snapshot.root().to_string_lossy();
        Self::command(["rvenv", "uninstall", "--env", &*root, "--yes", name])
    }

    pub(super) fn put(entry: Entry) -> Self {
        Self::Put(vec![entry])
    }

    /// Its steps or its command.
    fn remedy(self, snapshot: &Snapshot<'_>) -> Remedy {
        let base = snapshot.base.interpreter();
        match (self, base) {
            (Self::Base, Some(base)) => interpreter::to(snapshot, base),
            (Self::LastingPath, Some(base)) => interpreter::by_lasting_path(snapshot, base),
            (Self::Copies, Some(base)) => interpreter::copied(snapshot, base),
            (Self::Configuration, Some(base)) => interpreter::configuration(snapshot, base),
            (
                Self::SameSeries
                | Self::Base
                | Self::LastingPath
                | Self::Copies
                | Self::Configuration,
                _,
            ) => interpreter::to_same_series(snapshot),
            (Self::Put(entries), _) => interpreter::put(entries),
            (Self::Relocation, _) => relocation(snapshot),
            (Self::FirstLines(names), _) => first_lines(snapshot, &names),
            (Self::Pip, _) => pip(snapshot),
            (Self::Steps(steps), _) => Remedy::Fix { steps },
            (Self::Install(mode, requirements), _) => install(snapshot, mode, requirements),
            (Self::Command(command), _) => Remedy::Run { command },
            (Self::Advice(text), _) => Remedy::Advice { text },
        }
    }
}

/// Makes recorded scripts run the environment's Python; the user's own scripts are unchanged.
fn first_lines(snapshot: &Snapshot<'_>, names: &[OsString]) -> Remedy {
    let scripts: Vec<&Script> =
        snapshot.scripts.iter().filter(|script| names.contains(&script.name)).collect();
    let entries = relocate::recorded_scripts(snapshot, &scripts);
    if entries.is_empty() {
        let text = match snapshot.host.platform() {
            Platform::Windows => "install the package that it belongs to again, or delete it",
            Platform::Linux | Platform::MacOs => {
                "no installer put it there: change its first line, or delete it"
            }
        };
        return Remedy::advice(text);
    }
    interpreter::put(entries)
}

/// Every file that contains the path where the environment was made contains its path instead.
fn relocation(snapshot: &Snapshot<'_>) -> Remedy {
    let entries = snapshot
        .origin
        .as_ref()
        .map(|origin| relocate::relocated(snapshot, origin, snapshot.root()));
    match entries {
        Some(entries) if !entries.is_empty() => interpreter::put(entries),
        // The path is written in a way that nothing can replace safely.
        _ => moved_aside(&snapshot.scripts_dir().join("activate"), snapshot.host.platform()),
    }
}

/// Seeds pip again, in place of what is left of it.
fn pip(snapshot: &Snapshot<'_>) -> Remedy {
    let (Some(interpreter), Some(site)) = (snapshot.base.interpreter(), snapshot.site()) else {
        return Remedy::advice("repair the base first");
    };
    let dists = snapshot.site().into_iter().flat_map(Site::dists);
    let names = dists.filter(|dist| dist.key() == "pip").map(|dist| dist.directory);
    let there = names.chain(["pip"]).map(|name| site.path.join(name)).filter(|path| path.exists());
    let paths: Vec<PathBuf> = there
        .filter_map(|path| Some(path.strip_prefix(snapshot.root()).ok()?.to_owned()))
        .collect();
    let seeding = Seeding {
        interpreter: interpreter.clone(),
        relocatable: snapshot.cfg().is_relocatable(),
        instead_of: paths,
    };
    Remedy::Fix { steps: vec![Step::SeedPip(Box::new(seeding))] }
}

/// `rvenv install --env ROOT FLAGS... REQUIREMENTS...`: it does not depend on where that is typed.
fn install(snapshot: &Snapshot<'_>, mode: InstallMode, requirements: Vec<Vec<String>>) -> Remedy {
    let flags = mode.flags().iter().map(|flag| (*flag).to_owned());
    let arguments: Vec<String> = flags.chain(requirements.into_iter().flatten()).collect();
    let root = snapshot.root().to_string_lossy();
    let command = ["rvenv", "install", "--env", &root].map(str::to_owned);
    Remedy::Install {
        command: command.into_iter().chain(arguments.iter().cloned()).collect(),
        arguments,
    }
}

/// The command that renames the entry at a path.
pub(super) fn moved_aside(path: &Path, platform: Platform) -> Remedy {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".old");
    let move_command = if platform == Platform::Windows { "move" } else { "mv" };
    Remedy::run([move_command, &*path.to_string_lossy(), &*aside.to_string_lossy()])
}
