//! `bin/python` of a packed environment without Python: a POSIX shell script that finds one.

use std::path::Path;

use crate::python::{Implementation, Interpreter};
use crate::shell;
use crate::shell::{posix_word, render_posix};

/// The second line of the script, by which a launcher recognizes and skips other launchers.
pub const MARK: &str = "# rvenv pack: launcher";

/// The file in `site-packages` that takes away the variables by which the launcher starts a Python that was
/// moved from the directory that it was built for, so that child processes do not inherit them.
pub const HOME_FILE: &str = "rvenv-pack.pth";
/// Its text; `site` executes a line that begins with `import`.
pub(crate) const HOME_TEXT: &str =
    "import os; os.environ.pop('RVENV_PACK_HOME', None) and os.environ.pop('PYTHONHOME', None)\n";

const LAUNCHER: &str = include_str!("launcher.sh");
const START: &str = include_str!("start.sh");
const PROBE: &str = include_str!("probe.py");
const START_BY_NAME: &str = include_str!("start_by_name.sh");
const PROBE_BY_NAME: &str = include_str!("probe_by_name.py");

/// Whether any installation of this Python can be that of a packed environment.
///
/// `CPython` reads `__PYVENV_LAUNCHER__` on every system from 3.11 on (`Modules/getpath.py`), and then
/// takes its standard library from `PYTHONHOME` if it was moved. Older ones
/// and `PyPy` know the environment by the name that they were started with, and look for their standard
/// library above it, then where they were built for.
pub fn takes_any_base(interpreter: &Interpreter) -> bool {
    interpreter.implementation == Implementation::CPython && interpreter.version.at_least(3, 11)
}

/// The launcher for environments of `base`; `named` is the interpreter to try first.
///
/// # Errors
/// If the template has an error.
pub(crate) fn launcher(base: &Interpreter, named: Option<&Path>) -> shell::Result<Vec<u8>> {
    let quoted = |text: &str| posix_word(text.as_bytes());
    let path = |path: &Path| posix_word(path.as_os_str().as_encoded_bytes());
    let (start, probe) =
        if takes_any_base(base) { (START, PROBE) } else { (START_BY_NAME, PROBE_BY_NAME) };
    let start = render_posix(start, &[("PROBE", quoted(probe.trim_end()))])?;
    render_posix(
        LAUNCHER,
        &[
            ("NAMED", named.map_or_else(|| quoted(""), path)),
            ("BASE", path(&base.executable)),
            ("NAMES", quoted(&names(base).join(" "))),
            ("SERIES", quoted(&series(base))),
            ("SHOWN", quoted(&shown(base))),
            ("HINT", quoted(&hint(base))),
            ("START", start.trim_ascii_end().to_vec()),
            ("DIRECTORIES", directories(base).join(" ").into_bytes()),
        ],
    )
}

/// The names that programs of this Python have, the best first.
fn names(base: &Interpreter) -> Vec<String> {
    let minor = base.version.minor;
    let own = match base.implementation {
        Implementation::PyPy => [format!("pypy3.{minor}"), "pypy3".into(), "pypy".into()].to_vec(),
        _ if base.build.free_threaded => vec![format!("python3.{minor}t")],
        _ => Vec::new(),
    };
    let plain = [format!("python3.{minor}"), "python3".into(), "python".into()];
    own.into_iter().chain(plain).collect()
}

/// In the format of the probes: implementation, minor version, `sys.abiflags`.
fn series(base: &Interpreter) -> String {
    let flags = [(base.build.free_threaded, "t"), (base.build.debug, "d")];
    let flags: String =
        flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag).collect();
    format!("{}-3.{}-{flags}", base.implementation.name(), base.version.minor)
}

/// `CPython 3.12`
fn shown(base: &Interpreter) -> String {
    let thread = if base.build.free_threaded { " free-threaded" } else { "" };
    format!("{} 3.{}{thread}", base.implementation, base.version.minor)
}

fn hint(base: &Interpreter) -> String {
    if takes_any_base(base) {
        return "install one, set RVENV_PACK_PYTHON to its absolute path, or pack `--with-python`"
            .into();
    }
    format!(
        "{} works only in the directory that it was built for; `rvenv pack --with-python` includes it",
        shown(base)
    )
}

/// The directories where installers put Pythons, as words of the shell: those of systems, the
/// manylinux images, pyenv, uv, mise, conda.
fn directories(base: &Interpreter) -> Vec<String> {
    let version = format!("3.{}", base.version.minor);
    let versions = match base.implementation {
        Implementation::PyPy => [format!("pypy{version}"), format!("pypy{version}-*")],
        _ if base.build.free_threaded => [format!("{version}t"), format!("{version}.*t")],
        _ => [version.clone(), format!("{version}.*")],
    };
    let name = base.implementation.name();
    let mut directories: Vec<String> =
        ["/usr/local/bin", "/usr/bin", "/opt/homebrew/bin"].map(str::to_owned).into();
    let tag = version.replace('.', "");
    directories.push(format!("/opt/python/cp{tag}-cp{tag}/bin"));
    for version in &versions {
        directories.push(format!("\"${{PYENV_ROOT:-${{HOME-}}/.pyenv}}\"/versions/{version}/bin"));
    }
    directories.push(format!(
        "\"${{XDG_DATA_HOME:-${{HOME-}}/.local/share}}\"/uv/python/{name}-{version}*/bin"
    ));
    for version in &versions {
        directories.push(format!(
            "\"${{XDG_DATA_HOME:-${{HOME-}}/.local/share}}\"/mise/installs/python/{version}/bin"
        ));
    }
    directories.push("/opt/conda/bin".to_owned());
    directories
}
