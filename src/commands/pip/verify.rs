//! After a `pip install` that reported success: is what was named on its command line there?

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use rvenv::venv::Env;

/// Parses the arguments as pip does and compares them with what is installed.
const SCRIPT: &str = include_str!("unsatisfied.py");

/// A requirement that is not satisfied: its text, the version that is installed, and whether a
/// directory of PYTHONPATH has the distribution.
type Unsatisfied = (String, Option<String>, bool);

/// Returns an error for the first requirement among pip's arguments that the environment does not
/// satisfy. If the arguments cannot be parsed or the environment's Python fails, pip's result is
/// accepted.
pub(super) fn verify(
    env: &Env,
    pip: &Command,
    program: Option<&Path>,
    words: &[OsString],
) -> anyhow::Result<()> {
    if is_evidently_installed(env, words) {
        return Ok(());
    }
    let mut python = Command::new(pip.get_program());
    for (name, value) in pip.get_envs() {
        match value {
            Some(value) => python.env(name, value),
            None => python.env_remove(name),
        };
    }
    let directory = program.and_then(Path::parent).map(|dir| {
        let is_package = dir.ends_with("pip");
        if is_package { dir.parent().unwrap_or(dir) } else { dir }
    });
    python.args(["-E", "-B", "-c", SCRIPT]).arg(directory.unwrap_or("".as_ref())).args(words);
    let Ok(output) = python.stdin(Stdio::null()).stderr(Stdio::null()).output() else {
        return Ok(());
    };
    let Ok(found) = serde_json::from_slice::<Vec<Unsatisfied>>(&output.stdout) else {
        return Ok(());
    };
    let Some((wanted, version, is_on_python_path)) = found.into_iter().next() else {
        return Ok(());
    };
    let env = env.root().display();
    let cause = if is_on_python_path {
        "a directory of PYTHONPATH has it, so pip did not install it".to_owned()
    } else {
        version.map_or_else(
            || "a configuration file or a variable made pip install it elsewhere".to_owned(),
            |version| format!("version {version} is installed"),
        )
    };
    anyhow::bail!("pip reported success, but `{env}` does not have `{wanted}`: {cause}")
}

/// Whether all the arguments are paths or names, with or without `==VERSION`, of distributions that the
/// environment has: the common case, which needs no process.
fn is_evidently_installed(env: &Env, words: &[OsString]) -> bool {
    words.iter().all(|word| match word.to_str() {
        Some("-q" | "--quiet" | "-U" | "--upgrade" | "-v" | "--verbose") => true,
        // A path names no distribution that could be looked for.
        Some(word) => {
            word.contains(['/', '\\']) && !word.starts_with('-') || is_installed(env, word)
        }
        None => false,
    })
}

/// Whether `NAME` or `NAME==VERSION` is installed, by the names of the directories of metadata.
fn is_installed(env: &Env, requirement: &str) -> bool {
    let (name, version) = requirement.split_once("==").unwrap_or((requirement, ""));
    let is_plain =
        |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if !is_plain(name) || !is_plain(version) || name.is_empty() || name.starts_with('-') {
        return false;
    }
    let normal = |name: &str| name.to_lowercase().replace(['-', '.'], "_");
    let entries = env.site_packages().and_then(|site| std::fs::read_dir(site).ok());
    entries.into_iter().flatten().flatten().any(|entry| {
        let file = entry.file_name();
        let stem = file.to_str().and_then(|file| file.strip_suffix(".dist-info"));
        stem.and_then(|stem| stem.split_once('-')).is_some_and(|(found, its)| {
            normal(found) == normal(name) && (version.is_empty() || its == version)
        })
    })
}
