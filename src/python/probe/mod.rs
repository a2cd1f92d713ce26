//! Asks an interpreter for its properties by running it.

pub(crate) mod cache;
pub(crate) mod process;
mod reply;

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::base::Environment;
use super::{Interpreter, Reason};
use crate::formats::shebang::begins_as_python;
use crate::fs::open_regular;
use crate::python::{Error, Result};
use crate::support::cache::Cache;
use crate::support::host::Host;
use crate::support::path::same;
use cache::ProbeCache;
use reply::Reply;

/// The program that every interpreter runs.
const SCRIPT: &str = include_str!("probe.py");

/// The time limit of a probe: a first start from a network drive takes seconds.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The maximum number of interpreters and environments that are followed from one path; it ends cycles.
const DEPTH: u8 = 8;

/// Runs `executable` and returns its properties.
///
/// For an environment's Python, the result is the installation that the environment was made from.
///
/// # Errors
/// [`Error::UnusablePython`] when it cannot be run, fails, hangs, does not answer as a Python, is too
/// old, or is an environment whose base does not exist.
pub fn probe(executable: &Path, host: &Host) -> Result<Interpreter> {
    let path = host.absolute(executable);
    let cache = ProbeCache::new(&Cache::none(), host);
    let probed = Prober { host, limit: TIME_LIMIT, cache: &cache }.probe(&path);
    probed.outcome.map_err(|reason| Error::UnusablePython { path, reason, instead: None })
}

/// The file that [`Prober::probe`] starts first: `path`, or the base that its `pyvenv.cfg` names.
///
/// # Errors
/// [`Reason::BaseMissing`], and [`Reason::Impossible`] where bases form a cycle.
pub(crate) fn started(path: &Path) -> Result<PathBuf, Reason> {
    let mut current = path.to_owned();
    for _ in 0..DEPTH {
        let Some(environment) = Environment::of(&current) else { return Ok(current) };
        current = environment.base(&current)?;
    }
    Err(Reason::Impossible("it names itself as the base of its base".to_owned()))
}

/// The outcome of a probe, and what it depends on.
#[derive(Debug)]
pub(crate) struct ProbeOutcome {
    pub(crate) outcome: Result<Interpreter, Reason>,
    /// The executable that has this outcome as long as `depends_on` is unchanged. It differs from the
    /// requested path if that is a program that starts another one, which it may choose at each start.
    /// `None` if no file determines the outcome.
    pub(crate) determined_by: Option<PathBuf>,
    /// Files and directories whose change may change the outcome; they need not exist.
    pub(crate) depends_on: Vec<PathBuf>,
}

/// Runs interpreters, unless the cache has their properties.
pub(crate) struct Prober<'a> {
    pub(crate) host: &'a Host,
    pub(crate) limit: Duration,
    pub(crate) cache: &'a ProbeCache,
}

impl Prober<'_> {
    /// Runs the interpreter at `path`, which is absolute, and stores the outcome in the cache.
    pub(crate) fn probe(&self, path: &Path) -> ProbeOutcome {
        let mut probed = ProbeOutcome {
            outcome: Err(Reason::NotPython),
            determined_by: Some(path.to_owned()),
            depends_on: vec![path.to_owned()],
        };
        probed.outcome = self.follow(path, &mut probed);
        let mut seen = HashSet::new();
        probed.depends_on.retain(|path| seen.insert(path.clone()));
        self.cache.put(&probed);
        probed
    }

    /// Runs `path`, or the interpreter that it is a link to or starts.
    fn follow(&self, path: &Path, probed: &mut ProbeOutcome) -> Result<Interpreter, Reason> {
        let mut current = path.to_owned();
        for _ in 0..DEPTH {
            if let Some(environment) = Environment::of(&current) {
                current = environment.base(&current)?;
                probed.depends_on.extend([environment.path, current.clone()]);
                continue;
            }
            let reply = self.run(&current)?;
            if let Some(other) = reply.other_executable(&current, self.host)? {
                // A program that starts some Python, or an environment without `pyvenv.cfg`.
                probed.determined_by = Some(other.clone());
                probed.depends_on = vec![other.clone()];
                if let Some(Ok(known)) = self.cache.get(&other) {
                    probed.determined_by = None;
                    return Ok(known);
                }
                current = other;
                continue;
            }
            let image = reply.image().filter(|image| !same(image, &current)).map(Path::to_owned);
            let is_wrapper = image.is_some() || is_script(&current);
            let (interpreter, depends_on) = reply.into_interpreter(&current)?;
            probed.depends_on.push(interpreter.executable.clone());
            probed.depends_on.extend(depends_on);
            if is_wrapper {
                probed.determined_by = None;
                return Ok(self.wrapped(image, &interpreter).unwrap_or(interpreter));
            }
            return Ok(interpreter);
        }
        Err(Reason::Impossible("it names itself as the base of its base".to_owned()))
    }

    /// The interpreter that a wrapper started and that reports to be `started`: the executable `image` if
    /// the wrapper changed only the name. A wrapper that sets another prefix, as those of Nix, remains the
    /// executable.
    fn wrapped(&self, image: Option<PathBuf>, started: &Interpreter) -> Option<Interpreter> {
        let image = image.filter(|image| {
            let name = image.file_name();
            name.is_some_and(|name| begins_as_python(name.as_encoded_bytes())) && image.is_file()
        })?;
        let known = self.cache.get(&image).and_then(Result::ok);
        let alone = known.or_else(|| self.run_alone(&image))?;
        let is_same = alone.version == started.version && alone.prefix == started.prefix;
        is_same.then_some(alone)
    }

    /// The interpreter at `image`, if its start runs that file. Follows no further.
    fn run_alone(&self, image: &Path) -> Option<Interpreter> {
        let reply = self.run(image).ok()?;
        let is_other = reply.image().is_some_and(|other| !same(other, image))
            || reply.other_executable(image, self.host).ok()?.is_some();
        if is_other || is_script(image) {
            return None;
        }
        let (interpreter, mut depends_on) = reply.into_interpreter(image).ok()?;
        depends_on.extend([image.to_owned(), interpreter.executable.clone()]);
        let determined_by = Some(image.to_owned());
        self.cache.put(&ProbeOutcome {
            outcome: Ok(interpreter.clone()),
            determined_by,
            depends_on,
        });
        Some(interpreter)
    }

    /// Runs the probe and reads the answer.
    fn run(&self, executable: &Path) -> Result<Reply, Reason> {
        let command = || {
            let mut command = process::isolated(executable, self.host);
            command.arg("-c").arg(SCRIPT);
            command
        };
        let mut output = process::run_with_timeout(&mut command(), self.limit)?;
        if output.status.success() && output.stdout.is_empty() {
            // A signal from outside; the probe itself never ends in this way.
            output = process::run_with_timeout(&mut command(), self.limit)?;
        }
        Reply::parse(&output)
    }
}

/// Whether the file begins with `#!`: the kernel runs another program with it, see execve(2).
fn is_script(path: &Path) -> bool {
    let mut start = [0; 2];
    let read = open_regular(path).ok().map(|mut file| file.read_exact(&mut start));
    matches!(read, Some(Ok(()))) && start == *b"#!"
}
