//! Running an interpreter so that nothing but the interpreter answers.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::host::Host;

/// Variables that change what an interpreter does although it runs isolated (`-I`).
const MISLEADING: [&str; 2] = ["__PYVENV_LAUNCHER__", "VIRTUAL_ENV"];

/// `executable -I -B`, with the host's variables less those that mislead a Python, and nothing to
/// read from. `-I` keeps the user's site and the current directory out, `-B` writes no bytecode
/// into an installation that is not ours.
pub(crate) fn isolated(executable: &Path, host: &Host) -> Command {
    let mut command = Command::new(executable);
    let vars = host.vars().filter(|(name, _)| {
        let name = name.to_string_lossy();
        !name.starts_with("PYTHON") && !MISLEADING.contains(&name.as_ref())
    });
    command.args(["-I", "-B"]).env_clear().envs(vars).current_dir(host.cwd()).stdin(Stdio::null());
    command
}
