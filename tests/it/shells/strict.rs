//! Shells in a mood: strict options, no PATH, no prompt; scripts that are run, or whose environment was moved.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use rvenv::shell::Shell;

use super::dialect::{note, read_code, set, source};
use super::{Fixture, Real, real};
use crate::sandbox::Ran;

/// The shells' strictest, and options that change how scripts are read.
const MOODS: [(&str, &str); 26] = [
    ("bash", "set -euo pipefail"),
    ("bash", "set -eu +h"),
    ("bash", "set -k"),
    ("bash", "set -euf -o noclobber; unset PS1; IFS=/"),
    (
        "bash",
        "shopt -s nullglob extglob failglob; shopt -u promptvars; CDPATH=/; cd () { echo cd; }",
    ),
    ("bash-posix", "set -euo pipefail"),
    ("zsh", "setopt err_exit no_unset pipefail; unset PS1"),
    ("zsh", "setopt ksh_arrays sh_word_split null_glob extended_glob prompt_subst no_bang_hist"),
    (
        "zsh",
        "setopt warn_create_global warn_nested_var err_return no_unset glob_subst; chpwd () { echo chpwd; }",
    ),
    ("zsh", "setopt csh_junkie_quotes"),
    ("zsh", "emulate csh"),
    ("zsh", "emulate sh"),
    ("zsh-sh", "set -eu; PS1='$ '"),
    ("dash", "set -euf; unset PS1"),
    ("dash", "set -eu; PS1='$ '; IFS=e"),
    ("busybox", "set -euf; unset PS1"),
    ("ksh93", "set -euo pipefail; unset PS1"),
    ("ksh93", "set -eu; PS1='$ '"),
    ("mksh", "set -euo pipefail; PS1='$ '"),
    ("yash", "set -eu; PS1='$ '"),
    ("fish", "set -g VIRTUAL_ENV_DISABLE_PROMPT 1"),
    ("csh", "set noglob; unset prompt"),
    ("tcsh", "set prompt = '> '; set noclobber"),
    ("elvish", "use str"),
    ("pwsh", "Set-StrictMode -Version Latest; $ErrorActionPreference = 'Stop'"),
    ("xonsh", "$RAISE_SUBPROC_ERROR = True"),
];

#[test]
fn moods_change_nothing() {
    for (label, mood) in MOODS {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        let root = fixture.environment("env", "name");
        let code = fixture.activation(real.shell, &root, "name", &fixture.host(&[]));
        let leave = match real.shell {
            Shell::Elvish => {
                read_code(real.shell, &fixture.deactivation(real.shell, &fixture.host(&[])))
            }
            _ => "deactivate\n".to_owned(),
        };
        let evaluated =
            read_code(real.shell, &code) + &note("evaluated") + &leave + &note("between");
        let sourced = source(real.shell, &root) + &note("sourced") + &leave + &note("end");
        fixture.quiet(&real, format!("{mood}\n{evaluated}{sourced}"));
        for note in ["evaluated", "sourced"] {
            assert_eq!(fixture.seen(note)["VIRTUAL_ENV"], *root, "{label}: {mood}");
        }
        for note in ["between", "end"] {
            assert_eq!(fixture.seen(note)["PATH"], fixture.path, "{label}: {mood}");
        }
    }
}

#[test]
fn an_empty_path_gets_one_entry_and_no_colon() {
    for label in ["bash", "zsh", "dash", "busybox", "ksh93", "mksh", "yash", "fish", "csh", "tcsh"]
    {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        let root = fixture.environment("env", "name");
        let code = fixture.activation(real.shell, &root, "name", &fixture.host(&[]));
        let python = fixture.at("system/python").display().to_string();
        let empty = if real.shell == Shell::Fish {
            "set -gx PATH\n".to_owned()
        } else {
            set(real.shell, "PATH", "")
        };
        fixture.quiet(
            &real,
            format!(
                "{empty}{}{python} on\ndeactivate\n{python} off\n",
                read_code(real.shell, &code)
            ),
        );
        assert_eq!(fixture.seen("on")["PATH"], root.join("bin"), "{label}");
        assert_eq!(
            fixture.seen("off").get("PATH").map_or("", |path| path.to_str().unwrap()),
            "",
            "{label}"
        );
    }
}

#[test]
fn a_path_that_was_not_set_is_not_set_again() {
    for label in ["bash", "zsh", "zsh-sh", "dash", "busybox", "ksh93", "mksh", "yash", "fish"] {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        let (a, b) = (fixture.environment("a", "A"), fixture.environment("b", "B"));
        let code = |root| {
            read_code(real.shell, &fixture.activation(real.shell, root, "name", &fixture.host(&[])))
        };
        let python = fixture.at("system/python").display().to_string();
        let unset = if real.shell == Shell::Fish { "set -e PATH\n" } else { "unset PATH\n" };
        let again = set(real.shell, "PATH", &fixture.at("system").display().to_string());
        fixture.quiet(
            &real,
            format!(
                "{unset}{}{}{python} on\ndeactivate\n{python} off\n{again}python again\n",
                code(&a),
                code(&b)
            ),
        );
        assert_eq!(fixture.seen("on")["PATH"], b.join("bin"), "{label}");
        assert_eq!(fixture.seen("off").get("PATH"), None, "{label}");
        assert_eq!(fixture.seen("again")["PATH"], fixture.at("system"), "{label}");
    }
}

/// Runs a script and returns how it ended.
fn ran(fixture: &Fixture, real: &Real, script: &str) -> Ran {
    let file = fixture.code(script.as_bytes());
    Ran::of(fixture.command(real).arg(file).stdin(Stdio::null()))
}

#[test]
fn a_moved_environment_activates_where_it_is() {
    for label in ["bash", "zsh", "ksh93", "fish", "nu", "pwsh", "xonsh"] {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        let root = fixture.environment("old", "name");
        let moved = fixture.at("new home");
        fs::rename(root, &moved).unwrap();
        fixture.quiet(&real, source(real.shell, &moved) + &note("moved"));
        assert_eq!(fixture.seen("moved")["VIRTUAL_ENV"], *moved, "{label}");
        assert_eq!(Path::new(&fixture.seen("moved")["self"]), moved.join("bin/python"), "{label}");
    }
    for label in ["dash", "busybox", "mksh", "yash", "csh", "tcsh", "elvish"] {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        let root = fixture.environment("old", "name");
        let moved = fixture.at("new");
        fs::rename(root, &moved).unwrap();
        let attempt = match real.shell {
            Shell::Elvish => format!(
                "try {{ {} }} catch e {{ echo $e[reason][content] >&2; python after; exit 1 }}\n",
                source(real.shell, &moved).trim_end()
            ),
            Shell::Csh | Shell::Tcsh => source(real.shell, &moved) + &note("after"),
            _ => source(real.shell, &moved),
        };
        let ran = ran(&fixture, &real, &attempt);
        if fixture.at("notes/after").exists() {
            assert_eq!(fixture.seen("after")["PATH"], fixture.path, "{label}");
            assert_eq!(fixture.seen("after").get("VIRTUAL_ENV"), None, "{label}");
        }
        let told = ran.stderr.contains("no longer at");
        let csh = matches!(real.shell, Shell::Csh | Shell::Tcsh);
        assert!(told && (csh || ran.code != Some(0)), "{label}: {ran:?}");
    }
}

#[test]
fn a_script_that_is_run_prints_a_line() {
    for label in ["bash", "zsh", "ksh93", "fish", "csh", "tcsh"] {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        let root = fixture.environment("env", "name");
        let name = match real.shell {
            Shell::Fish => "activate.fish",
            Shell::Csh | Shell::Tcsh => "activate.csh",
            _ => "activate",
        };
        let ran =
            Ran::of(fixture.command(&real).arg(root.join("bin").join(name)).stdin(Stdio::null()));
        assert!(
            ran.stderr.to_lowercase().contains("you must source this script")
                && ran.code == Some(1),
            "{label}: {ran:?}"
        );
    }
}

#[test]
fn activate_ps1_keeps_to_the_syntax_of_windows_powershell() {
    let Some(real) = real("pwsh") else { return };
    let fixture = Fixture::new();
    let root = fixture.environment("env", "na\u{2019}me é");
    super::keeps_to_windows_powershell(&real, &root.join("bin/Activate.ps1"));
}
