//! Whether pip is needed for a request, or the request determines the result.
//!
//! The result is determined if each requirement is pinned with `==`, each dependency is pinned too, and
//! the store has what pip installed for each pin under the same settings. Everything that may change the
//! result and is not known makes pip run. Nothing is written here, no process is started, and no
//! connection is opened.

mod arguments;
mod closure;
mod configuration;
mod installed;
mod lock_file;
mod options;
mod pins;
mod reason;
mod requirements_file;
mod satisfied;
mod settings;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub use installed::Installed;
pub use lock_file::{LockError, WithoutLockFile, pip_reads_lock_files};
pub use reason::{Reason, Setting};
pub use satisfied::is_satisfied;

use super::{Entry, SettingsKey, Store};
use crate::dist::markers::environment;
use crate::formats::pylock::is_lock_file;
use crate::formats::requirement::normalized;
use crate::formats::requirement::{Environment, Requirement};
use crate::python::{Interpreter, WheelTags};
use crate::support::host::{Host, Platform};
use crate::support::kernel;
use closure::Closure;
use lock_file::{Locked, Selector};
use options::Meaning;
use pins::Pin;
use requirements_file::{Contents, RequirementLine};
use settings::Settings;

/// The request.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The arguments behind `install`.
    pub words: &'a [OsString],
    /// The environment's root, where it will be in the end: one of pip's configuration files is in it.
    pub root: &'a Path,
    /// The distributions of the environment.
    pub installed: &'a Installed,
    /// The base of the environment.
    pub interpreter: &'a Interpreter,
    /// The process.
    pub host: &'a Host,
    /// The distributions that pip installed before.
    pub store: &'a Store,
}

/// The result that a request determines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The distributions to install. The request names each, which the file `REQUESTED` records.
    pub entries: Vec<Entry>,
    /// The number of requested distributions that are already installed.
    pub already: usize,
}

/// The result that a request determines.
///
/// # Errors
/// The reason why it does not determine one, so that pip has to run.
pub fn decide(request: &Request<'_>) -> Result<Decision, Reason> {
    let Request { words, root, installed, interpreter, host, store } = *request;
    check_variables(host)?;
    installed::check_python_path(host)?;
    let inputs = Inputs::read(words, host, root)?;
    let environment = markers(interpreter);
    let python = interpreter.version.pep440_release();
    let pins = match &inputs.lock_file {
        None => pins::of_lines(&inputs.requirements, &environment)?,
        Some(path) => locked_pins(path, &inputs, interpreter)?,
    };
    if inputs.requirements.is_empty() && inputs.lock_file.is_none() {
        return Err(Reason::Empty);
    }
    let closure = Closure {
        pins: &pins,
        settings: &inputs.settings,
        key: &inputs.settings.key(host)?,
        installed,
        environment: &environment,
        python: &python,
    };
    let (entries, already) = closure.entries(&|name| store.find(name))?;
    Ok(Decision { entries, already })
}

/// The pins of a lock file.
fn locked_pins(
    path: &Path,
    inputs: &Inputs,
    interpreter: &Interpreter,
) -> Result<BTreeMap<String, Pin>, Reason> {
    if !inputs.requirements.is_empty() {
        return Err(Reason::LockFile(LockError::Mixed(path.to_owned())));
    }
    let packages = select(path, interpreter).map_err(Reason::LockFile)?;
    let not_pinned = || Reason::NotPinned(path.display().to_string());
    packages.iter().map(|package| package.pin().ok_or_else(not_pinned)).collect()
}

fn select(path: &Path, interpreter: &Interpreter) -> Result<Vec<Locked>, LockError> {
    let tags: Vec<String> = WheelTags::of(interpreter).iter().flat_map(WheelTags::all).collect();
    let (environment, python) = (markers(interpreter), interpreter.version.pep440_release());
    let selector = Selector { path, environment: &environment, python: &python, tags: &tags };
    selector.select(lock_file::read(path)?)
}

/// The settings of a run of pip, for the entries that it adds to the store. To be read before the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunSettings {
    /// Their digest; `None` if there are settings that are not known.
    pub key: Option<SettingsKey>,
    /// The hashes that restrict what pip may take, by normalized name: `sha256:…`.
    pub allowed: BTreeMap<String, Vec<String>>,
    /// Whether the user's arguments, variables or files make pip write a report, or may do so.
    pub sets_report: bool,
    /// Whether a variable makes pip compile other bytecode, or to another place.
    pub changes_bytecode: bool,
}

impl RunSettings {
    /// Those of `pip install WORDS...` for the environment at `root`.
    pub fn read(words: &[OsString], host: &Host, root: &Path) -> Self {
        let is_report = |word: &OsString| word.to_string_lossy().starts_with("--rep");
        let mut settings = Self {
            sets_report: words.iter().any(is_report) || configuration::sets_report(host, root),
            changes_bytecode: check_variables(host).is_err(),
            ..Self::default()
        };
        let Ok(inputs) = Inputs::read(words, host, root) else { return settings };
        if let Some(path) = &inputs.lock_file {
            let Ok(lock) = lock_file::read(path) else { return settings };
            settings.allowed = lock_file::hashes(&lock);
        }
        settings.key = inputs.settings.key(host).ok();
        for line in inputs.requirements {
            let name = Requirement::parse(&line.text).map(|it| normalized(&it.name));
            settings.allowed.entry(name.unwrap_or_default()).or_default().extend(line.hashes);
        }
        settings.allowed.retain(|_, hashes| !hashes.is_empty());
        settings
    }
}

/// Arguments, variables and files.
struct Inputs {
    settings: Settings,
    requirements: Vec<RequirementLine>,
    lock_file: Option<PathBuf>,
}

impl Inputs {
    fn read(words: &[OsString], host: &Host, root: &Path) -> Result<Self, Reason> {
        let defaults = configuration::read(host, root)?;
        let arguments = arguments::parse(words)?;
        let named = arguments.requirements.into_iter();
        let named = named.map(|text| RequirementLine { text, hashes: Vec::new() });
        let mut contents = Contents { requirements: named.collect(), options: Vec::new() };
        let files = arguments.options.iter().filter(|it| it.meaning == Meaning::Requirement);
        let mut lock_file = None;
        for file in files {
            let path = host.cwd().join(&file.value);
            if !is_lock_file(&file.value) {
                requirements_file::read(&path, host, &mut contents)?;
            } else if lock_file.replace(path.clone()).is_some() {
                return Err(Reason::LockFile(LockError::Mixed(path)));
            }
        }
        let mut settings = Settings::new(defaults, arguments.options);
        settings.add_files(contents.options);
        Ok(Self { settings, requirements: contents.requirements, lock_file })
    }
}

/// The variables of Python that change what pip compiles and where to (`python --help-env`), and the one
/// that makes bytecode depend on the hash of its source (`py_compile`).
const BYTECODE: [&str; 3] = ["PYTHONOPTIMIZE", "PYTHONPYCACHEPREFIX", "SOURCE_DATE_EPOCH"];

fn check_variables(host: &Host) -> Result<(), Reason> {
    let found = BYTECODE.into_iter().find(|name| host.var(name).is_some());
    found.map_or(Ok(()), |name| Err(Reason::Variable(name)))
}

/// The markers' variables, with those of the running kernel.
fn markers(interpreter: &Interpreter) -> Environment {
    let mut environment = environment(interpreter);
    // On Windows the probe reports the machine that Python was built for, which may be another one.
    if interpreter.platform == Platform::Windows {
        environment.values.retain(|(name, _)| *name != "platform_machine");
    }
    if let Some((release, version)) = kernel::release_and_version() {
        environment.values.push(("platform_release", release));
        environment.values.push(("platform_version", version));
    }
    environment
}
