//! The output of the probe, and its validation.

use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use super::process::Output;
use crate::formats::is_one_line;
use crate::python::{
    Build, Implementation, Interpreter, Reason, Scheme, Version, Wheel, WheelPlatform, stable_path,
};
use crate::support::host::{Host, Platform};
use crate::support::path::{canonicalize, same};

/// The answer is between these; start-up files may print around it.
const BEGIN: &str = "<<<rvenv-probe";
const END: &str = "rvenv-probe>>>";
/// The part of a line of stderr that a message shows, in characters: about two lines of a terminal.
const SHOWN: usize = 200;

/// The answer: `facts` is missing if the Python is too old for them.
#[derive(Deserialize)]
struct Answer {
    version: Version,
    implementation: Implementation,
    facts: Option<Facts>,
}

/// The properties, named as in `probe.py`.
#[derive(Deserialize)]
struct Facts {
    executable: PathBuf,
    base_executable: Option<PathBuf>,
    /// `/proc/self/exe`: the file that the kernel runs.
    #[serde(default)]
    image: Option<PathBuf>,
    prefix: PathBuf,
    base_prefix: PathBuf,
    build: Build,
    platform: Platform,
    machine: String,
    pointer_bits: u8,
    cache_tag: String,
    bytecode_magic: String,
    extension_suffix: String,
    #[serde(default)]
    wheel_platform: Option<WheelPlatform>,
    scheme: Scheme,
    stdlib: PathBuf,
    library: PathBuf,
    shared_library: Option<PathBuf>,
    companions: Vec<PathBuf>,
    wheels: Vec<Wheel>,
    wheel_dirs: Vec<PathBuf>,
    has_zlib: bool,
    #[serde(default)]
    missing_modules: Vec<String>,
}

/// The answer of an interpreter of a supported version.
pub(super) struct Reply {
    version: Version,
    implementation: Implementation,
    facts: Facts,
}

impl Reply {
    /// Parses the answer in the output of a probe.
    pub(super) fn parse(output: &Output) -> Result<Self, Reason> {
        let text = String::from_utf8_lossy(&output.stdout);
        let answer = text.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END));
        let Some((answer, _)) = answer else { return Err(no_answer(output)) };
        // Python's escape of a byte that it cannot decode (PEP 383).
        if answer.contains(r"\udc") {
            return Err(Reason::NotUnicode);
        }
        let answer: Answer =
            serde_json::from_str(answer).map_err(|error| Reason::Impossible(error.to_string()))?;
        let Answer { version, implementation, facts } = answer;
        match facts {
            Some(facts) if version >= Version::OLDEST => {
                Ok(Self { version, implementation, facts })
            }
            _ => Err(Reason::TooOld(implementation, version)),
        }
    }

    /// The file that the kernel runs, if the system reports it.
    pub(super) fn image(&self) -> Option<&Path> {
        self.facts.image.as_deref().filter(|image| image.is_absolute())
    }

    /// The executable that answered, if it is not `asked`.
    ///
    /// # Errors
    /// [`Reason::Impossible`] when it is a name without a directory and the system does not show the file.
    pub(super) fn other_executable(
        &self,
        asked: &Path,
        host: &Host,
    ) -> Result<Option<PathBuf>, Reason> {
        let Facts { executable, base_executable, prefix, base_prefix, .. } = &self.facts;
        let claimed =
            if prefix == base_prefix { Some(executable) } else { base_executable.as_ref() };
        let Some(claimed) = claimed else { return Ok(None) };
        let Some(answered) = self.absolute(claimed, host) else {
            return Err(Reason::Impossible(format!(
                "its executable `{}` is not an absolute path",
                claimed.display()
            )));
        };
        Ok((real(&answered) != real(asked)).then_some(answered))
    }

    /// The absolute path of an executable that a Python reports. A relative one is resolved against the
    /// directory of the probe; a bare name is rejected, because a search of PATH may find another file.
    fn absolute(&self, claimed: &Path, host: &Host) -> Option<PathBuf> {
        if claimed.is_absolute() {
            return Some(claimed.to_owned());
        }
        let has_directory = claimed.components().count() > 1
            || matches!(claimed.components().next(), Some(Component::Prefix(_)));
        let seen = has_directory.then(|| host.absolute(claimed)).filter(|path| path.is_file());
        match (seen, self.image()) {
            (Some(seen), Some(image)) if !same(&seen, image) => Some(image.to_owned()),
            (Some(seen), _) => Some(seen),
            (None, image) => image.map(Path::to_owned),
        }
    }

    /// The interpreter at `asked` with its validated properties, and the files that these depend on.
    ///
    /// # Errors
    /// [`Reason::BaseMissing`] when its base prefix does not exist, [`Reason::Impossible`] when its standard
    /// library does not exist.
    pub(super) fn into_interpreter(
        self,
        asked: &Path,
    ) -> Result<(Interpreter, Vec<PathBuf>), Reason> {
        let Self { version, implementation, facts } = self;
        let real_executable = real(asked);
        if facts.prefix != facts.base_prefix && !facts.base_prefix.is_dir() {
            return Err(Reason::BaseMissing(facts.base_prefix));
        }
        if !(facts.stdlib.is_absolute() && facts.stdlib.exists()) {
            return Err(Reason::Impossible(format!(
                "its standard library `{}` does not exist",
                facts.stdlib.display()
            )));
        }
        let executable = stable_path::executable(asked, &facts.library, &facts.stdlib);
        let is_recordable = |path: &PathBuf| is_one_line(&path.to_string_lossy());
        if ![&executable, &real_executable, &facts.base_prefix].into_iter().all(is_recordable) {
            return Err(Reason::LineEnd);
        }
        let mut depends_on = vec![real_executable.clone()];
        depends_on.extend(facts.shared_library.clone());
        depends_on.extend(facts.wheel_dirs);
        let interpreter = Interpreter {
            executable,
            real_executable,
            prefix: facts.base_prefix,
            version,
            implementation,
            build: facts.build,
            platform: facts.platform,
            machine: facts.machine,
            pointer_bits: facts.pointer_bits,
            cache_tag: facts.cache_tag,
            bytecode_magic: facts.bytecode_magic,
            extension_suffix: facts.extension_suffix,
            wheel_platform: facts.wheel_platform,
            scheme: facts.scheme,
            stdlib: facts.stdlib,
            shared_library: facts.shared_library,
            companions: facts.companions,
            wheels: facts.wheels,
            has_zlib: facts.has_zlib,
            missing_modules: facts.missing_modules,
        };
        Ok((interpreter, depends_on))
    }
}

/// The reason that a child gave no answer.
fn no_answer(output: &Output) -> Reason {
    if output.status.success() {
        return Reason::NotPython;
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    if stderr.contains("Unknown option: -I") {
        return Reason::Ancient;
    }
    let line = stderr.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    let last_line: String = line.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
    Reason::Failed { status: output.status.to_string(), last_line }
}

/// `path` with its links resolved. An alias of Windows' Store cannot be resolved and is returned as it is.
fn real(path: &Path) -> PathBuf {
    canonicalize(path).unwrap_or_else(|_| path.to_owned())
}
