//! The same scenarios in every real shell.

mod activate_this;
#[cfg(target_os = "linux")]
mod calling;
mod cygwin;
pub(crate) mod dialect;
mod directory;
mod disk;
mod failing;
mod foreign;
mod lifecycle;
mod names;
mod prompt;
mod start;
mod strict;
mod undo;
mod undo_elsewhere;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

use rvenv::shell;
use rvenv::shell::{Activation, Script, Shell};
use rvenv::{Host, Platform};

use crate::sandbox::{Sandbox, output, skip_unless_required};

/// A shell to run: its label, what it is to rvenv, its program and arguments before a script's path.
#[derive(Clone, Debug)]
pub(crate) struct Real {
    pub(crate) label: &'static str,
    pub(crate) shell: Shell,
    pub(crate) program: PathBuf,
    pub(crate) args: &'static [&'static str],
}

const TABLE: [(&str, Shell, &str, &[&str]); 17] = [
    ("bash", Shell::Bash, "bash", &["--norc", "--noprofile"]),
    ("bash-posix", Shell::Sh, "bash", &["--norc", "--noprofile", "--posix"]),
    ("zsh", Shell::Zsh, "zsh", &["-f"]),
    ("zsh-sh", Shell::Sh, "zsh", &["--emulate", "sh", "-f"]),
    ("dash", Shell::Dash, "dash", &[]),
    ("busybox", Shell::Sh, "busybox", &["ash"]),
    ("ksh93", Shell::Ksh, "ksh93", &[]),
    ("mksh", Shell::Mksh, "mksh", &[]),
    ("yash", Shell::Yash, "yash", &["--norcfile"]),
    ("fish", Shell::Fish, "fish", &["--no-config"]),
    ("csh", Shell::Csh, "csh", &["-f"]),
    ("tcsh", Shell::Tcsh, "tcsh", &["-f"]),
    ("nu", Shell::Nushell, "nu", &["--no-config-file"]),
    ("pwsh", Shell::PowerShell, "pwsh", &["-NoProfile", "-NonInteractive", "-File"]),
    ("elvish", Shell::Elvish, "elvish", &["-norc"]),
    ("xonsh", Shell::Xonsh, "xonsh", &["--no-rc"]),
    ("xonsh-current", Shell::Xonsh, "xonsh-current", &["--no-rc"]),
];

impl Real {
    /// The shell's program.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }
}

/// The shell with this label; `None`, said aloud, where it is not installed.
pub(crate) fn real(label: &str) -> Option<Real> {
    let (label, shell, program, args) =
        *TABLE.iter().find(|row| row.0 == label).expect("a known shell");
    let variable = format!("RVENV_TEST_{}", program.to_uppercase().replace('-', "_"));
    let found = env::var_os(variable).map(PathBuf::from).or_else(|| {
        env::split_paths(&env::var_os("PATH")?)
            .map(|dir| dir.join(program))
            .find(|file| file.is_file())
    });
    match found {
        Some(program) => Some(Real { label, shell, program, args }),
        None => {
            skip_unless_required("RVENV_REQUIRE_SHELLS", &format!("{program} is not installed"));
            None
        }
    }
}

/// Windows PowerShell 5.1 cannot be had here: the parser of 7 tells what is newer than it.
#[track_caller]
pub(crate) fn keeps_to_windows_powershell(real: &Real, script: &Path) {
    assert!(fs::read(script).unwrap().is_ascii(), "5.1 reads it in the code page of the system");
    let newer = "'AndAnd', 'OrOr', 'QuestionQuestion', 'QuestionQuestionEquals', 'QuestionDot', \
                 'QuestionLBracket', 'QuestionMark'";
    let ask = format!(
        "$tokens = $null; $errors = $null\n\
         $null = [System.Management.Automation.Language.Parser]::ParseFile('{}', [ref] $tokens, [ref] $errors)\n\
         foreach ($token in $tokens) {{ if (\"$($token.Kind)\" -in {newer}) {{ \"newer: $($token.Text)\" }} }}\n\
         foreach ($fault in $errors) {{ \"$fault\" }}\n",
        script.display()
    );
    Fixture::new().quiet(real, ask);
}

/// Environments with a fake `python`, a system `python`, and what they noted.
pub(crate) struct Fixture {
    sandbox: Sandbox,
    path: OsString,
}

/// The variables that a fake `python` saw, and where it stood itself (`self`).
type Seen = std::collections::BTreeMap<String, OsString>;

impl Fixture {
    pub(crate) fn new() -> Self {
        let mut fixture = Self { sandbox: Sandbox::new(), path: OsString::new() };
        for dir in ["cwd", "notes", "code", "system"] {
            fs::create_dir(fixture.at(dir)).unwrap();
        }
        fixture.fake("python", "system/python");
        fixture.fake("rvenv", "system/rvenv");
        fixture.fake("rvenv-show", "system/rvenv-show");
        fixture.path =
            env::join_paths([fixture.at("system"), "/usr/bin".into(), "/bin".into()]).unwrap();
        fixture
    }

    pub(crate) fn at(&self, name: impl AsRef<Path>) -> PathBuf {
        self.sandbox.root().join(name)
    }

    /// A fake program. A link, as a file that was just written may still be busy in a fork of another test.
    fn fake(&self, program: &str, place: impl AsRef<Path>) {
        let fakes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/shells/fakes");
        std::os::unix::fs::symlink(fakes.join(program), self.at(place)).unwrap();
    }

    /// An environment with its scripts on disk.
    pub(crate) fn environment(
        &self,
        name: impl AsRef<OsStr>,
        prompt: impl AsRef<OsStr>,
    ) -> PathBuf {
        let root = self.at(name.as_ref());
        let bin = root.join("bin");
        fs::create_dir_all(&bin).unwrap();
        fs::write(root.join("pyvenv.cfg"), "home = /usr/bin\n").unwrap();
        self.fake("python", bin.join("python"));
        let activation = Activation { root: &root, scripts: "bin", prompt: prompt.as_ref() };
        for script in Script::on_disk(Platform::Linux) {
            if let Some(text) = script.text(&activation).unwrap() {
                fs::write(bin.join(script.file), text).unwrap();
            }
        }
        root
    }

    /// A file with what `rvenv activate` prints, where these variables are set.
    pub(crate) fn activation(
        &self,
        shell: Shell,
        root: &Path,
        prompt: impl AsRef<OsStr>,
        host: &Host,
    ) -> PathBuf {
        let activation = Activation { root, scripts: "bin", prompt: prompt.as_ref() };
        self.code(&shell::activate(shell, &activation, host).unwrap())
    }

    /// A file with what `rvenv deactivate` prints.
    pub(crate) fn deactivation(&self, shell: Shell, host: &Host) -> PathBuf {
        self.code(&shell::deactivate(shell, host).unwrap())
    }

    /// The host of a process with these variables and the fixture's PATH.
    pub(crate) fn host(&self, vars: &[(&str, &OsStr)]) -> Host {
        let vars = [("PATH", self.path.as_os_str())].into_iter().chain(vars.iter().copied());
        Host::new(vars, self.at("cwd"))
    }

    pub(crate) fn code(&self, code: &[u8]) -> PathBuf {
        let file = self.at("code").join(fs::read_dir(self.at("code")).unwrap().count().to_string());
        fs::write(&file, code).unwrap();
        file
    }

    /// The shell, ready to run in this fixture, with nothing of the developer's variables.
    pub(crate) fn command(&self, real: &Real) -> Command {
        let mut command = Command::new(&real.program);
        if real.label == "csh" {
            // Before each program it closes every descriptor that there may be.
            command = Command::new("/bin/sh");
            command.args(["-c", "ulimit -n 256; exec \"$0\" \"$@\""]).arg(&real.program);
        }
        command.args(real.args).env_clear().current_dir(self.at("cwd"));
        command
            .env("PATH", &self.path)
            .env("HOME", self.at("home"))
            .env("RVENV_NOTES", self.at("notes"));
        command.env("RVENV_SHOWN", self.at("shown"));
        command.env("LC_ALL", "C.UTF-8").env("TERM", "dumb");
        command
    }

    /// Runs a script, which has to succeed in silence and to leave the current directory empty.
    #[track_caller]
    pub(crate) fn quiet(&self, real: &Real, script: impl AsRef<[u8]>) {
        self.quietly(&mut self.command(real), real, script);
    }

    #[track_caller]
    pub(crate) fn quietly(&self, command: &mut Command, real: &Real, script: impl AsRef<[u8]>) {
        // PowerShell wants its extension, nushell and the others do not care.
        let file = self.at("script.ps1");
        fs::write(&file, script.as_ref()).unwrap();
        let Output { status, stdout, stderr } = output(command.arg(&file));
        let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        let script = String::from_utf8_lossy(script.as_ref()).into_owned();
        let end: String = script.chars().take(2000).collect();
        assert!(
            status.success() && stdout.is_empty() && stderr.is_empty(),
            "{}: {status}\nstdout: {stdout}\nstderr: {stderr}\nscript: {end}",
            real.label
        );
        let left: Vec<_> =
            fs::read_dir(self.at("cwd")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.is_empty(), "{}: something ran and left {left:?}", real.label);
    }

    /// The note of the fake `python` that was called with `name`.
    #[track_caller]
    pub(crate) fn seen(&self, name: &str) -> Seen {
        let note = fs::read(self.at("notes").join(name))
            .unwrap_or_else(|error| panic!("no note {name}: {error}"));
        let parts = note.split(|&byte| byte == 0).filter(|part| !part.is_empty());
        parts
            .map(|part| {
                let equals = part.iter().position(|&byte| byte == b'=').unwrap();
                (
                    String::from_utf8_lossy(&part[..equals]).into_owned(),
                    OsString::from_vec(part[equals + 1..].to_vec()),
                )
            })
            .collect()
    }
}
