//! Another tool's activation, ours over it, and back: nothing of either stays.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use rvenv::shell::Shell;

use super::dialect::{note, read_code, set, source};
use super::{Fixture, Real, real};
use crate::check::healthy::tool;
use crate::sandbox::{Ran, real_pythons};

/// The state of the shell: variables, functions, aliases and the prompt, without variables that change by themselves.
fn snapshot(real: &Real, file: &Path) -> String {
    let file = file.display();
    match real.shell {
        Shell::Fish => format!(
            "begin; set; /usr/bin/env | /usr/bin/sort; functions -n -a; functions fish_prompt | string match -v '#*'; end > '{file}'\n"
        ),
        // Their own `deactivate` leaves `newline`, too.
        Shell::Csh | Shell::Tcsh => format!(
            "( set; alias; /usr/bin/env ) | /bin/grep -aEv '^((_|status|newline)[[:space:]].*)?$' | /usr/bin/sort > '{file}'\n"
        ),
        _ => format!(
            "{{ set; alias; typeset -f; /usr/bin/env; }} | /bin/grep -aEv \
             '^(_|LINENO|BASH_.*|BASHPID|KSH_MATCH|PIPESTATUS|pipestatus|RANDOM|SECONDS|EPOCH.*|SRANDOM|TTYIDLE|FUNCNAME|[?!])=' \
             | /usr/bin/sort > '{file}'\n"
        ),
    }
}

/// Commands that make an environment where one more argument says.
type Makers = Vec<Command>;

/// Every standard library's.
fn standard() -> Makers {
    let pythons = real_pythons().into_iter().filter(|python| !python.ends_with("pypy3"));
    let venv = |python| {
        let mut command = Command::new(python);
        command.args(["-m", "venv", "--without-pip"]);
        command
    };
    pythons.map(venv).collect()
}

/// Those of other tools that are there.
fn peers() -> Makers {
    let with = |variable, args: &[&str]| {
        let mut command = Command::new(tool(variable)?);
        command.args(args).args(["--python", "/usr/bin/python3"]);
        Some(command)
    };
    let virtualenv = with("RVENV_TEST_VIRTUALENV", &["--quiet", "--no-seed"]);
    virtualenv.into_iter().chain(with("RVENV_TEST_UV", &["venv", "--quiet"])).collect()
}

/// Both ways that ours can be activated, over each of theirs.
fn nothing_is_left(label: &str, makers: Makers) {
    let Some(real) = real(label) else { return };
    let own_prompt = match real.shell {
        Shell::Fish => "function fish_prompt; echo mine; end\n",
        Shell::Csh | Shell::Tcsh => "set prompt = 'mine> '\n",
        // Theirs exports it, and leaves it so.
        _ => "export PS1='mine> '\n",
    };
    for mut make in makers {
        let fixture = Fixture::new();
        let theirs = fixture.at("theirs");
        Ran::of(make.arg(&theirs).env_clear().env("HOME", fixture.at("home"))).ok();
        let ours = fixture.environment("ours", "ours $(no)");
        let code = fixture.activation(real.shell, &ours, "ours $(no)", &fixture.host(&[]));
        let ways = [source(real.shell, &ours), read_code(real.shell, &code)];
        let mut script = format!("{own_prompt}{}", snapshot(&real, &fixture.at("warm")));
        script += &set(real.shell, "PYTHONHOME", "/my home");
        script += &snapshot(&real, &fixture.at("before"));
        for (index, way) in ways.iter().enumerate() {
            script += &source(real.shell, &theirs);
            script += way;
            script += &format!(
                "rvenv-show\ndeactivate\n{}",
                snapshot(&real, &fixture.at(format!("after{index}")))
            );
        }
        let file = fixture.code(script.as_bytes());
        let ran = Ran::of(fixture.command(&real).arg(file).stdin(Stdio::null())).ok();
        assert_eq!((&*ran.stdout, &*ran.stderr), ("", ""), "{label}: {make:?}");
        let read =
            |name: &str| String::from_utf8_lossy(&fs::read(fixture.at(name)).unwrap()).into_owned();
        let active =
            format!("{0}\0ours $(no)\0{0}/bin:{1}\0", ours.display(), fixture.path.display());
        assert_eq!(read("shown"), active.repeat(2), "{label}: {make:?}");
        for after in ["after0", "after1"] {
            let (before, after) = (read("before"), read(after));
            let new: Vec<_> =
                after.lines().filter(|line| !before.lines().any(|old| old == *line)).collect();
            let lost: Vec<_> =
                before.lines().filter(|line| !after.lines().any(|now| now == *line)).collect();
            assert!(
                new.is_empty() && lost.is_empty(),
                "{label}, {make:?}: new {new:#?}, lost {lost:#?}"
            );
        }
    }
}

macro_rules! every_shell {
    ($($test:ident)*) => { $(mod $test {
        #[test]
        fn over_the_standard_librarys() {
            super::nothing_is_left(stringify!($test), super::standard());
        }

        #[test]
        fn over_other_tools() {
            super::nothing_is_left(stringify!($test), super::peers());
        }
    })* };
}

every_shell! { bash zsh ksh93 mksh fish csh tcsh }

/// Variables that the scripts of virtualenv set, and those of the standard library do not.
#[test]
fn variables_that_virtualenv_saved_are_restored() {
    for label in ["bash", "zsh", "dash", "busybox", "ksh93", "mksh", "yash", "fish", "csh", "tcsh"]
    {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        let root = fixture.environment("env", "name");
        let code = fixture.activation(real.shell, &root, "name", &fixture.host(&[]));
        let csh = matches!(real.shell, Shell::Csh | Shell::Tcsh);
        let mut script = String::new();
        for (name, value) in [
            ("_OLD_PKG_CONFIG_PATH", ""),
            ("PKG_CONFIG_PATH", "/theirs/lib/pkgconfig"),
            ("_OLD_VIRTUAL_TCL_LIBRARY", "/my own/tcl"),
            ("TCL_LIBRARY", "/theirs/tcl"),
            ("TK_LIBRARY", "/nobody put this/aside"),
        ] {
            script += &match name.starts_with("_OLD") && csh {
                true => format!("set {name} = '{value}'\n"),
                false => set(real.shell, name, value),
            };
        }
        script += &read_code(real.shell, &code);
        script += &note("on");
        script += "deactivate\n";
        script += &note("off");
        fixture.quiet(&real, script);
        for note in ["on", "off"] {
            let seen = fixture.seen(note);
            assert_eq!(seen.get("PKG_CONFIG_PATH"), None, "{label}: {note}");
            assert_eq!(seen["TCL_LIBRARY"], "/my own/tcl", "{label}: {note}");
            assert_eq!(seen["TK_LIBRARY"], "/nobody put this/aside", "{label}: {note}");
            assert!(!seen.keys().any(|name| name.starts_with("_OLD")), "{label}: {note}");
        }
    }
}
