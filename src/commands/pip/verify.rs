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
/// accepted. It imports pip, which takes 0.3 s.
pub(super) fn verify(
    env: &Env,
    pip: &Command,
    program: Option<&Path>,
    words: &[OsString],
) -> anyhow::Result<()> {
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
