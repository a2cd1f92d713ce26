//! The documented line, typed into each shell: rvenv itself finds out who called it.

use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use rvenv::shell::Shell;

use super::{Fixture, Real, real};

use crate::sandbox::{output, skip, skip_unless_required};

/// Notes what Python it is and what variables it has: the fake `python` cannot say whose prefix it has.
const NOTE: &str = "import os, sys\n\
    with open(os.environ['RVENV_NOTES'] + '/' + sys.argv[1], 'wb') as note:\n\
    \x20   variables = dict(os.environb) | {b'self': os.fsencode(sys.prefix)}\n\
    \x20   note.write(b''.join(b'%s=%s\\0' % item for item in variables.items()))\n";

/// A fixture where `rvenv` and `python` are the real ones, and a project with an environment.
struct Project {
    fixture: Fixture,
    root: PathBuf,
}

impl Project {
    fn new() -> Self {
        let fixture = Fixture::new();
        for (name, target) in
            [("rvenv", env!("CARGO_BIN_EXE_rvenv")), ("python", "/usr/bin/python3")]
        {
            let place = fixture.at("system").join(name);
            fs::remove_file(&place).unwrap();
            symlink(target, place).unwrap();
        }
        fs::write(fixture.at("note.py"), NOTE).unwrap();
        let project = fixture.at("project");
        let mut create = Command::new(fixture.at("system/rvenv"));
        create.args(["create", "--without-pip", "--quiet", "--python", "/usr/bin/python3"]);
        create.env_clear().env("PATH", &fixture.path).env("HOME", fixture.at("home"));
        let created = output(create.current_dir(&project));
        assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
        Self { fixture, root: project.join(".venv") }
    }

    fn note(&self, name: &str) -> String {
        format!("python '{}' {name}\n", self.fixture.at("note.py").display())
    }

    /// Activates by `line`, deactivates by the same line for the way back, and looks at both.
    #[track_caller]
    fn lives(&self, real: &Real, mut command: Command, line: &str) {
        let way_back = line.replace("activate", "deactivate");
        let script =
            format!("{line}\n{}{way_back}\n{}", self.note("active"), self.note("inactive"));
        let fixture = &self.fixture;
        fixture.quietly(command.current_dir(fixture.at("project")), real, script);
        let seen = fixture.seen("active");
        assert_eq!(seen["VIRTUAL_ENV"], self.root, "{}", real.label);
        assert_eq!(seen["VIRTUAL_ENV_PROMPT"], "project", "{}", real.label);
        assert_eq!(Path::new(&seen["self"]), self.root, "{}: another python ran", real.label);
        let seen = fixture.seen("inactive");
        assert_eq!(seen["PATH"], fixture.path, "{}", real.label);
        assert_eq!(Path::new(&seen["self"]), Path::new("/usr"), "{}", real.label);
        assert!(!seen.keys().any(|name| name.contains("VIRTUAL")), "{}: {seen:?}", real.label);
    }
}

/// `command`, started by a shell whose language is another: a wrong answer is not right by chance.
fn within(outer: &Real, outer_code: &str, command: &Command) -> Command {
    let mut whole = Command::new(&outer.program);
    whole.args(outer.args).args(["-c", outer_code]);
    if outer.shell != Shell::Fish {
        whole.arg("outer");
    }
    whole.arg(command.get_program()).args(command.get_args());
    whole.env_clear();
    whole.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    whole
}

fn finds_itself(label: &str) {
    let Some(real) = real(label) else { return };
    let project = Project::new();
    let command = project.fixture.command(&real);
    let (outer, code) = match real.shell {
        Shell::Fish => ("dash", "\"$@\"; exit $?"),
        _ => ("fish", "$argv[1] $argv[2..]; exit $status"),
    };
    let Some(outer) = super::real(outer) else { return };
    project.lives(&real, within(&outer, code, &command), real.shell.evaluate_line());
}

macro_rules! every_shell {
    ($($test:ident $label:literal)*) => { $(
        #[test]
        fn $test() {
            finds_itself($label);
        }
    )* };
}

every_shell! {
    bash "bash" bash_posix "bash-posix" zsh "zsh" zsh_sh "zsh-sh" dash "dash" busybox "busybox" ksh "ksh93" mksh "mksh" yash "yash"
    fish "fish" csh "csh" tcsh "tcsh" nushell "nu" powershell "pwsh" elvish "elvish" xonsh "xonsh" xonsh_current "xonsh-current"
}

/// The name that a shell was started by is no more than a hint.
#[test]
fn a_shell_by_another_name_is_known() {
    let project = Project::new();
    for (label, name) in [
        ("bash", "sh"),
        ("zsh", "-zsh"),
        ("bash", "-bash"),
        ("fish", "-fish"),
        ("elvish", "sh"),
        ("fish", "bash"),
    ] {
        let Some(real) = real(label) else { continue };
        let plain = project.fixture.command(&real);
        let mut command = Command::new(plain.get_program());
        command.arg0(name).args(plain.get_args()).env_clear();
        command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        project.lives(&real, command, real.shell.evaluate_line());
    }
}

/// The loader, or an interpreter, has the shell's name among its arguments. (fish around it, as a wrong answer.)
#[test]
fn a_shell_that_a_loader_or_an_interpreter_runs_is_known() {
    let Some(outer) = real("fish") else { return };
    let project = Project::new();
    let loader = "/lib64/ld-linux-x86-64.so.2";
    for (label, words) in [
        ("bash", &[loader][..]),
        ("bash", &[loader, "--argv0", "x", "--library-path", "/lib"]),
        ("xonsh", &["/usr/bin/python3", "-mxonsh"]),
        ("xonsh", &["/usr/bin/python3", "-X", "utf8", "-Im", "xonsh"]),
    ] {
        let Some(real) = real(label) else { continue };
        if !Path::new(words[0]).exists() {
            skip(&format!("{} is not there", words[0]));
            continue;
        }
        let plain = project.fixture.command(&real);
        let mut command = Command::new(words[0]);
        command.args(&words[1..]);
        if label == "bash" {
            command.arg(plain.get_program());
        }
        command.args(plain.get_args()).env_clear();
        command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let within = within(&outer, "$argv[1] $argv[2..]; exit $status", &command);
        project.lives(&real, within, real.shell.evaluate_line());
    }
}

/// Whatever stands between rvenv and the shell.
#[test]
fn a_program_in_between_is_passed_over() {
    let project = Project::new();
    for between in ["env", "timeout 60", "/bin/busybox timeout 60", "sudo -n -E"] {
        let program = between.split(' ').next().unwrap();
        if program == "sudo" && !may_use_sudo() {
            if which::which(program).is_err() {
                skip_unless_required("RVENV_REQUIRE_SHELLS", "sudo is not installed");
            } else {
                skip("sudo asks for a password");
            }
            continue;
        }
        for label in ["fish", "zsh", "tcsh", "elvish"] {
            let Some(real) = real(label) else { continue };
            let rvenv = project.fixture.at("system/rvenv").display().to_string();
            let line = real.shell.evaluate_line().replace("rvenv", &format!("{between} {rvenv}"));
            project.lives(&real, project.fixture.command(&real), &line);
        }
    }
}

fn may_use_sudo() -> bool {
    let mut sudo = Command::new("sudo");
    which::which("sudo").is_ok() && output(sudo.args(["-n", "-E", "true"])).status.success()
}
