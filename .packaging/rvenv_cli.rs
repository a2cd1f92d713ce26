//! The command `rvenv-cli` of the wheels: starts the program `rvenv` that is installed beside it.
//!
//! `uvx rvenv-cli` and `pipx run rvenv-cli` start a command that has the name of the distribution. maturin
//! accepts no Python entry points beside a compiled program, so this is a compiled program too.

#![allow(
    clippy::disallowed_methods,
    reason = "the library and its `Host` are not part of this program"
)]

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

fn main() -> ExitCode {
    let result = program().and_then(|program| {
        let mut command = Command::new(&program);
        command.args(env::args_os().skip(1));
        start(command).map_err(|error| format!("cannot start `{}`: {error}", program.display()))
    });
    result.unwrap_or_else(|message| {
        // Nothing is left to report to if stderr is closed.
        let _ = writeln!(io::stderr(), "error: {message}");
        ExitCode::FAILURE
    })
}

/// The program `rvenv` in the directory of this one.
fn program() -> Result<PathBuf, String> {
    let own = env::current_exe().map_err(|error| format!("found no path of rvenv-cli: {error}"))?;
    let resolved = fs::canonicalize(&own).unwrap_or_else(|_| own.clone());
    let name = if cfg!(windows) { "rvenv.exe" } else { "rvenv" };
    // A link to this program, as `uv tool` makes, may have no `rvenv` beside it.
    let beside = [&resolved, &own].map(|path| path.with_file_name(name));
    let Some(program) = beside.iter().find(|path| path.is_file()) else {
        return Err(format!("found no program `{}`\n{}", beside[0].display(), hint(&own)));
    };
    if is_script(program) {
        return Err(format!(
            "`{}` is not a file of rvenv-cli: another project on PyPI is named `rvenv`\n{}",
            program.display(),
            hint(&own)
        ));
    }
    Ok(program.clone())
}

/// Whether the file starts with `#!`, as the one of the other project does; rvenv is compiled.
fn is_script(path: &Path) -> bool {
    let mut start = [0; 2];
    fs::File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == *b"#!"
}

/// How to repair the environment that holds this program.
fn hint(own: &Path) -> String {
    let python = own.with_file_name(if cfg!(windows) { "python.exe" } else { "python" });
    let python = if python.is_file() { python.as_os_str() } else { OsStr::new("python") };
    let pip = format!("{} -m pip", python.to_string_lossy());
    format!("hint: {pip} uninstall --yes rvenv; {pip} install --force-reinstall rvenv-cli")
}

#[cfg(unix)]
fn start(mut command: Command) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(command.exec())
}

/// Windows' `exec` returns to the caller at once, so this program waits for the child.
#[cfg(windows)]
fn start(mut command: Command) -> io::Result<ExitCode> {
    // The console sends Ctrl-C to the child too, which decides what it means.
    ctrlc::set_handler(|| {}).map_err(io::Error::other)?;
    let code = command.status()?.code().unwrap_or(1);
    // `ExitCode` has 8 bits, and Windows' codes have 32.
    #[allow(clippy::exit, reason = "nothing is left to drop")]
    Ok(u8::try_from(code).map_or_else(|_| std::process::exit(code), ExitCode::from))
}
