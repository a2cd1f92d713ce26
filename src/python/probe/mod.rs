//! Asking an interpreter what it is.

pub(crate) mod cache;
pub(crate) mod process;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::base::Environment;
use super::probe::process::{Output, isolated, run_with_timeout};
use super::{Build, Implementation, Interpreter, Reason, Scheme, Version, Wheel, stable_path};
use crate::python::{Error, Result};
use crate::support::host::{Host, Platform};

/// What every interpreter is asked.
pub(super) const SCRIPT: &str = include_str!("probe.py");
/// The answer stands between these, whatever start-up files print around it.
const BEGIN: &str = "<<<rvenv-probe";
const END: &str = "rvenv-probe>>>";

/// How long an interpreter may take to answer: a cold one on a network drive takes seconds.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Bases of bases that are followed before a circle is suspected.
const DEPTH: u8 = 8;

/// Asks `executable` what it is, by running it.
///
/// An environment's Python answers for its base: what comes back is always an installation.
///
/// # Errors
/// [`Error::UnusablePython`] when it cannot be run, fails, hangs, does not answer as a Python, is too
/// old, or is an environment whose base is gone.
pub fn probe(executable: &Path, host: &Host) -> Result<Interpreter> {
    let path = host.absolute(executable);
    let examined = examine(&path, host, TIME_LIMIT);
    examined.outcome.map_err(|reason| Error::UnusablePython { path, reason })
}

/// What came of asking, and what that rests on.
#[derive(Debug)]
pub(crate) struct ProbeOutcome {
    pub(crate) outcome: Result<Interpreter, Reason>,
    /// Files and directories with whose change the outcome may change; they need not exist.
    pub(crate) rests_on: Vec<PathBuf>,
    /// Whether the file that was run is this interpreter, or an environment's link to it, and not a
    /// script that chose it for this time.
    pub(crate) lasting: bool,
}

/// [`probe`] for a path that is absolute, with everything that it learns.
pub(crate) fn examine(path: &Path, host: &Host, limit: Duration) -> ProbeOutcome {
    let mut rests_on = vec![path.to_owned()];
    let mut lasting = true;
    let outcome = follow(path, host, limit, &mut rests_on, &mut lasting);
    let mut seen = HashSet::new();
    rests_on.retain(|path| seen.insert(path.clone()));
    ProbeOutcome { outcome, rests_on, lasting }
}

/// The file that [`examine`] starts first: `path`, or the base that its `pyvenv.cfg` names.
///
/// # Errors
/// [`Reason::BaseMissing`], and [`Reason::Lies`] where bases form a circle.
pub(crate) fn started(path: &Path) -> Result<PathBuf, Reason> {
    let mut current = path.to_owned();
    for _ in 0..DEPTH {
        let Some(environment) = Environment::of(&current) else { return Ok(current) };
        current = environment.base(&current)?;
    }
    Err(Reason::Lies("it names itself as the base of its base".to_owned()))
}

/// Asks `path`, or the base that it leads to.
fn follow(
    path: &Path,
    host: &Host,
    limit: Duration,
    rests_on: &mut Vec<PathBuf>,
    lasting: &mut bool,
) -> Result<Interpreter, Reason> {
    let mut current = path.to_owned();
    for _ in 0..DEPTH {
        if let Some(environment) = Environment::of(&current) {
            current = environment.base(&current)?;
            rests_on.extend([environment.path, current.clone()]);
            continue;
        }
        let facts = ask(&current, host, limit)?;
        if let Some(other) = facts.elsewhere(&current) {
            // Without a `pyvenv.cfg`, this is a script that starts some other Python, or an environment
            // of a kind of its own. What it starts is to speak for itself.
            *lasting = false;
            current = other;
            continue;
        }
        let (interpreter, mut more) = facts.into_interpreter(&current)?;
        rests_on.push(interpreter.executable.clone());
        rests_on.append(&mut more);
        return Ok(interpreter);
    }
    Err(Reason::Lies("it names itself as the base of its base".to_owned()))
}

/// Runs the probe and reads its answer.
fn ask(executable: &Path, host: &Host, limit: Duration) -> Result<Facts, Reason> {
    let run = || run_with_timeout(isolated(executable, host).arg("-c").arg(SCRIPT), limit);
    let mut said = run()?;
    if said.status.success() && said.stdout.is_empty() {
        // No Python ends in this way, unless it was disturbed.
        said = run()?;
    }
    let text = String::from_utf8_lossy(&said.stdout);
    let Some((_, rest)) = text.split_once(BEGIN) else { return Err(silence(&said)) };
    let Some((answer, _)) = rest.split_once(END) else { return Err(silence(&said)) };
    // Python's way to escape a byte that it cannot decode.
    if answer.contains(r"\udc") {
        return Err(Reason::NotUnicode);
    }
    let answer: Answer =
        serde_json::from_str(answer).map_err(|error| Reason::Lies(error.to_string()))?;
    let version = answer.version;
    match answer.facts {
        Some(facts) if version >= Version::OLDEST => {
            Ok(Facts { version, implementation: answer.implementation, told: facts })
        }
        _ => Err(Reason::TooOld(answer.implementation, version)),
    }
}

/// What it means that a child gave no answer.
fn silence(said: &Output) -> Reason {
    if said.status.success() {
        return Reason::NotPython;
    }
    let complaint = String::from_utf8_lossy(&said.stderr);
    if complaint.contains("Unknown option: -I") {
        return Reason::Ancient;
    }
    let complaint =
        complaint.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    let shown: String = complaint.chars().filter(|c| !c.is_control()).take(200).collect();
    Reason::Failed { status: said.status.to_string(), complaint: shown }
}

/// The whole answer: what even an old Python can say, and the rest.
#[derive(Deserialize)]
struct Answer {
    version: Version,
    implementation: Implementation,
    facts: Option<ProbeReply>,
}

/// What the probe says of an interpreter, in its own words.
#[derive(Deserialize)]
struct ProbeReply {
    executable: PathBuf,
    base_executable: Option<PathBuf>,
    prefix: PathBuf,
    base_prefix: PathBuf,
    build: Build,
    platform: Platform,
    machine: String,
    pointer_bits: u8,
    cache_tag: String,
    bytecode_magic: String,
    extension_suffix: String,
    scheme: Scheme,
    stdlib: PathBuf,
    library: PathBuf,
    shared_library: Option<PathBuf>,
    companions: Vec<PathBuf>,
    wheels: Vec<Wheel>,
    wheel_dirs: Vec<PathBuf>,
    has_zlib: bool,
}

/// What an interpreter of a version that will do said.
struct Facts {
    version: Version,
    implementation: Implementation,
    told: ProbeReply,
}

impl Facts {
    /// The executable that really answered, where it is another one than `asked`.
    fn elsewhere(&self, asked: &Path) -> Option<PathBuf> {
        let ProbeReply { executable, base_executable, prefix, base_prefix, .. } = &self.told;
        let answered =
            if prefix == base_prefix { Some(executable) } else { base_executable.as_ref() }?;
        (real(answered) != real(asked)).then(|| answered.clone())
    }

    /// Believes what is said, as far as it can be seen to be true.
    fn into_interpreter(self, asked: &Path) -> Result<(Interpreter, Vec<PathBuf>), Reason> {
        let Self { version, implementation, told } = self;
        let real_executable = real(asked);
        if told.prefix != told.base_prefix {
            return Err(Reason::BaseMissing(told.base_prefix));
        }
        if !told.stdlib.exists() {
            return Err(Reason::Lies(format!(
                "its library `{}` is not there",
                told.stdlib.display()
            )));
        }
        let executable = stable_path::executable(asked, &told.library, &told.stdlib);
        let mut rests_on = vec![real_executable.clone()];
        rests_on.extend(told.shared_library.clone());
        rests_on.extend(told.wheel_dirs);
        let interpreter = Interpreter {
            executable,
            real_executable,
            prefix: told.base_prefix,
            version,
            implementation,
            build: told.build,
            platform: told.platform,
            machine: told.machine,
            pointer_bits: told.pointer_bits,
            cache_tag: told.cache_tag,
            bytecode_magic: told.bytecode_magic,
            extension_suffix: told.extension_suffix,
            scheme: told.scheme,
            stdlib: told.stdlib,
            shared_library: told.shared_library,
            companions: told.companions,
            wheels: told.wheels,
            has_zlib: told.has_zlib,
        };
        Ok((interpreter, rests_on))
    }
}

/// `path` with its links resolved. An alias of Windows' Store cannot be: it stands for itself.
fn real(path: &Path) -> PathBuf {
    crate::support::path::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}
