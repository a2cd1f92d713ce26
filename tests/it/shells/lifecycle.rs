//! Activating, activating again, another over it, and back.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::dialect::{evaluate, note, prepend, set, source};
use super::{Fixture, Real, Seen, real};
use rvenv::Host;
use rvenv::shell::Shell;

/// The form in which a shell reads the activation.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// `eval "$(rvenv activate)"`.
    Evaluated,
    /// `. .venv/bin/activate`.
    Sourced,
}

struct Envs {
    fixture: Fixture,
    a: PathBuf,
    b: PathBuf,
}

impl Envs {
    fn new() -> Self {
        let fixture = Fixture::new();
        let (a, b) = (fixture.environment("a env", "A"), fixture.environment("b env", "B"));
        Self { fixture, a, b }
    }

    fn activate(&self, shell: Shell, way: Way, root: &Path, prompt: &str, host: &Host) -> String {
        match way {
            Way::Evaluated => evaluate(shell, &self.fixture.activation(shell, root, prompt, host)),
            Way::Sourced => source(shell, root),
        }
    }

    fn deactivate(&self, shell: Shell, way: Way, host: &Host) -> String {
        match (shell, way) {
            // What they evaluate can define no command, but for elvish at its prompt.
            (Shell::Elvish, _) | (Shell::Nushell, Way::Evaluated) => {
                evaluate(shell, &self.fixture.deactivation(shell, host))
            }
            _ => "deactivate\n".to_owned(),
        }
    }

    /// The variables while `root` is active, with `path` as PATH.
    fn while_active(&self, root: &Path, path: &OsStr) -> Host {
        let home = OsStr::new("/python/home");
        self.fixture.host(&[
            ("VIRTUAL_ENV", root.as_os_str()),
            ("_OLD_VIRTUAL_PYTHONHOME", home),
            ("PATH", path),
        ])
    }

    /// Asserts that the note is one of an environment that is active, with `path` behind its own directory.
    #[track_caller]
    fn active(&self, seen: &Seen, root: &Path, prompt: &str, path: &OsStr) {
        assert_eq!(seen["VIRTUAL_ENV"], *root);
        assert_eq!(seen["VIRTUAL_ENV_PROMPT"], prompt);
        assert_eq!(seen["PATH"], joined(&root.join("bin"), path));
        assert_eq!(Path::new(&seen["self"]), root.join("bin/python"));
        assert_eq!(seen.get("PYTHONHOME"), None);
    }

    /// Asserts that nothing is active, and that `path` is PATH again.
    #[track_caller]
    fn inactive(&self, seen: &Seen, path: &OsStr) {
        assert_eq!(seen["PATH"], path);
        assert_eq!(seen["PYTHONHOME"], "/python/home");
        assert_eq!(Path::new(&seen["self"]), self.fixture.at("system/python"));
        let left: Vec<_> = seen
            .keys()
            .filter(|name| name.contains("VIRTUAL") || name.to_lowercase().starts_with("_rvenv"))
            .collect();
        assert!(left.is_empty(), "left over: {left:?}");
    }
}

fn joined(first: &Path, rest: &OsStr) -> OsString {
    let mut path = first.as_os_str().to_owned();
    path.push(":");
    path.push(rest);
    path
}

fn lives(real: &Real, way: Way) {
    let envs = Envs::new();
    let (fixture, shell) = (&envs.fixture, real.shell);
    let edited = joined(Path::new("/edited"), &fixture.path);
    let home = ("PYTHONHOME", OsStr::new("/python/home"));
    let mut script = set(shell, "PYTHONHOME", "/python/home");
    script += &note("before");
    script += &envs.activate(shell, way, &envs.a, "A", &fixture.host(&[home]));
    script += &note("a");
    let active = joined(&envs.a.join("bin"), &fixture.path);
    script += &envs.activate(shell, way, &envs.a, "A", &envs.while_active(&envs.a, &active));
    script += &note("twice");
    script += &prepend(shell, "/edited");
    let active = joined(Path::new("/edited"), &active);
    script += &envs.activate(shell, way, &envs.b, "B", &envs.while_active(&envs.a, &active));
    script += &note("b");
    let active = joined(&envs.b.join("bin"), &edited);
    script += &envs.deactivate(shell, way, &envs.while_active(&envs.b, &active));
    script += &note("after");
    script +=
        &evaluate(shell, &fixture.deactivation(shell, &fixture.host(&[home, ("PATH", &edited)])));
    script += &note("again");
    fixture.quiet(real, script);

    envs.inactive(&fixture.seen("before"), &fixture.path);
    envs.active(&fixture.seen("a"), &envs.a, "A", &fixture.path);
    envs.active(&fixture.seen("twice"), &envs.a, "A", &fixture.path);
    envs.active(&fixture.seen("b"), &envs.b, "B", &edited);
    envs.inactive(&fixture.seen("after"), &edited);
    envs.inactive(&fixture.seen("again"), &edited);
}

/// A child shell has the variables of its parent, and none of its functions.
fn inherits(real: &Real) {
    let envs = Envs::new();
    let (fixture, shell) = (&envs.fixture, real.shell);
    let active = joined(&envs.a.join("bin"), &fixture.path);
    let inherited = envs.while_active(&envs.a, &active);
    let run = |script: String| {
        let mut command = fixture.command(real);
        command.envs(inherited.vars()).env("VIRTUAL_ENV_PROMPT", "A");
        fixture.quietly(&mut command, real, script);
    };
    run(evaluate(shell, &fixture.deactivation(shell, &inherited)) + &note("after"));
    envs.inactive(&fixture.seen("after"), &fixture.path);

    let b = joined(&envs.b.join("bin"), &fixture.path);
    let over = envs.activate(shell, Way::Evaluated, &envs.b, "B", &inherited);
    let end = envs.deactivate(shell, Way::Evaluated, &envs.while_active(&envs.b, &b));
    run(over + &note("b") + &end + &note("end"));
    envs.active(&fixture.seen("b"), &envs.b, "B", &fixture.path);
    envs.inactive(&fixture.seen("end"), &fixture.path);
}

macro_rules! every_shell {
    ($($test:ident $label:literal)*) => { $(mod $test {
        use super::*;

        #[test]
        fn evaluated() {
            if let Some(real) = real($label) {
                lives(&real, Way::Evaluated);
            }
        }

        #[test]
        fn sourced() {
            if let Some(real) = real($label) {
                lives(&real, Way::Sourced);
            }
        }

        #[test]
        fn inherited() {
            if let Some(real) = real($label) {
                inherits(&real);
            }
        }
    })* };
}

every_shell! {
    bash "bash" bash_posix "bash-posix" zsh "zsh" zsh_sh "zsh-sh" dash "dash" busybox "busybox" ksh "ksh93" mksh "mksh" yash "yash"
    fish "fish" csh "csh" tcsh "tcsh" nushell "nu" powershell "pwsh" elvish "elvish" xonsh "xonsh" xonsh_current "xonsh-current"
}
