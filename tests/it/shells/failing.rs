//! An error of rvenv is an error of the shell that evaluates its output, with and without quotes.

use std::os::unix::fs::symlink;
use std::process::Stdio;

use rvenv::shell::Shell;

use super::{Fixture, Real, real};
use crate::sandbox::Ran;

const ALL: [&str; 16] = [
    "bash",
    "bash-posix",
    "zsh",
    "zsh-sh",
    "dash",
    "busybox",
    "ksh93",
    "mksh",
    "yash",
    "fish",
    "csh",
    "tcsh",
    "nu",
    "pwsh",
    "elvish",
    "xonsh",
];

/// A fixture with the real rvenv in it.
fn fixture() -> Fixture {
    let fixture = Fixture::new();
    let place = fixture.at("system/rvenv");
    std::fs::remove_file(&place).unwrap();
    symlink(env!("CARGO_BIN_EXE_rvenv"), place).unwrap();
    fixture
}

fn ran(fixture: &Fixture, real: &Real, script: &str) -> Ran {
    let file = fixture.at("script.ps1");
    std::fs::write(&file, script).unwrap();
    Ran::of(fixture.command(real).arg(file).stdin(Stdio::null()))
}

/// The documented line for `arguments`, and code that says whether it failed, in each shell's own way.
fn attempt(real: &Real, arguments: &str) -> String {
    let shell = real.shell;
    let line = shell.evaluate_line().replace("activate", arguments);
    match shell {
        Shell::Fish => format!("{line}; and echo passed; or echo failed\necho after\n"),
        Shell::Csh | Shell::Tcsh => format!("{line}\nif ($status != 0) echo failed\necho after\n"),
        Shell::Nushell => {
            format!("try {{ {line}; print passed }} catch {{ print failed }}\nprint after\n")
        }
        Shell::PowerShell => format!(
            "$ErrorActionPreference = 'Stop'\ntry {{ {line}; 'passed' }} catch {{ 'failed' }}\n'after'\n"
        ),
        Shell::Elvish => {
            format!("try {{ {line}; echo passed }} catch e {{ echo failed }}\necho after\n")
        }
        Shell::Xonsh => {
            format!(
                "try:\n    {line}\n    print('passed')\nexcept Exception:\n    print('failed')\nprint('after')\n"
            )
        }
        _ => format!("{line} && echo passed || echo failed\necho after\n"),
    }
}

#[test]
fn a_failed_command_fails_what_evaluates_it() {
    for label in ALL {
        let Some(real) = real(label) else { continue };
        let fixture = fixture();
        for arguments in [
            "activate",
            "activate --no-such-option",
            "--color never activate",
            "--color activate",
            "--color never hook no-such-shell",
            "activate a b c",
            "hook no-such-shell",
            "deactivate x",
        ] {
            let ran = ran(&fixture, &real, &attempt(&real, arguments));
            assert_eq!(ran.stdout, "failed\nafter\n", "{label}: {arguments}: {ran:?}");
            assert!(ran.stderr.contains("error:"), "{label}: {arguments}: {ran:?}");
        }
    }
}

#[test]
fn deactivation_of_nothing_succeeds() {
    for label in ALL {
        let Some(real) = real(label) else { continue };
        let ran = ran(&fixture(), &real, &attempt(&real, "deactivate"));
        assert!(
            !ran.stdout.contains("failed") && ran.stdout.ends_with("after\n"),
            "{label}: {ran:?}"
        );
        assert_eq!(ran.stderr, "", "{label}");
    }
}

#[test]
fn a_failed_activation_ends_a_strict_script() {
    for label in ["bash", "bash-posix", "zsh", "dash", "busybox", "ksh93", "mksh", "yash"] {
        let Some(real) = real(label) else { continue };
        let ran = ran(&fixture(), &real, "set -e\neval \"$(rvenv activate)\"\necho went on\n");
        assert!(ran.stdout.is_empty() && ran.code != Some(0), "{label}: {ran:?}");
    }
}

/// Names of files that the words of the code could match, and what they would run.
fn plant(fixture: &Fixture) {
    for pattern in ["*", "?", "[", "(", "'", "in", ";;", "$1", "x", ")", "*)", "\":"] {
        for code in ["\ntouch pwned\n", ";touch pwned;", "`touch pwned`", "$(touch pwned)"] {
            for name in [
                format!("{pattern}{code}"),
                format!("{code}{pattern}"),
                format!("*{code}{pattern}"),
            ] {
                std::fs::write(fixture.at("cwd").join(name), "").unwrap();
            }
        }
    }
    for command in ["touch pwned", "fi", "esac", "eval", ";", "else touch pwned"] {
        std::fs::write(fixture.at("cwd").join(command), "").unwrap();
    }
}

#[test]
fn code_that_is_not_quoted_fails_and_runs_nothing() {
    for label in ALL {
        let Some(real) = real(label) else { continue };
        let substitution = match real.shell {
            Shell::Fish => "eval (rvenv COMMAND)",
            Shell::PowerShell => "Invoke-Expression \"$(rvenv COMMAND)\"",
            Shell::Csh | Shell::Tcsh | Shell::Nushell | Shell::Elvish | Shell::Xonsh => continue,
            _ => "eval $(rvenv COMMAND)",
        };
        let fixture = fixture();
        let root = fixture.environment("a*b [c]", "na*me ?");
        std::fs::create_dir(fixture.at("cwd/.venv")).unwrap();
        std::fs::write(
            fixture.at("cwd/.venv/pyvenv.cfg"),
            "home = /usr/bin\nprompt = * $(touch pwned) [a]?\n",
        )
        .unwrap();
        std::fs::create_dir(fixture.at("cwd/.venv/bin")).unwrap();
        symlink("/usr/bin/python3", fixture.at("cwd/.venv/bin/python")).unwrap();
        plant(&fixture);
        let shell = real.shell;
        for command in [
            "activate".into(),
            "deactivate".into(),
            format!("hook {shell}"),
            format!("activate '{}'", root.display()),
        ] {
            if command.starts_with("hook sh") && label == "zsh-sh" {
                continue;
            }
            let line = substitution.replace("COMMAND", &command);
            let script = match shell {
                Shell::PowerShell => format!(
                    "$ErrorActionPreference = 'Stop'\ntry {{ {line}; 'passed' }} catch {{ [Console]::Error.WriteLine(\"$_\"); 'failed' }}\n\"after $env:VIRTUAL_ENV\"\n"
                ),
                Shell::Fish => {
                    format!("{line}; and echo passed; or echo failed\necho after $VIRTUAL_ENV\n")
                }
                _ => format!("{line} && echo passed || echo failed\necho after $VIRTUAL_ENV\n"),
            };
            let ran = ran(&fixture, &real, &script);
            assert_eq!(
                ran.stdout.replace("after \n", "after\n"),
                "failed\nafter\n",
                "{label}: {command}: {ran:?}"
            );
            assert_eq!(ran.stderr.trim_end().lines().count(), 1, "{label}: {command}: {ran:?}");
            assert!(ran.stderr.contains("double quotes"), "{label}: {command}: {ran:?}");
            assert!(!fixture.at("cwd/pwned").exists(), "{label}: {command}: a file name ran");
        }
    }
}

/// csh and tcsh have no other way to evaluate more than one line.
#[test]
fn csh_evaluates_code_that_is_not_quoted() {
    for label in ["csh", "tcsh"] {
        let Some(real) = real(label) else { continue };
        let fixture = fixture();
        let root = fixture.environment("env", "name");
        std::fs::remove_file(root.join("bin/python")).unwrap();
        symlink("/usr/bin/python3", root.join("bin/python")).unwrap();
        plant(&fixture);
        let script = format!("eval `rvenv activate '{}'`\necho $VIRTUAL_ENV\n", root.display());
        let ran = ran(&fixture, &real, &script);
        assert_eq!(ran.stdout, format!("{}\n", root.display()), "{label}: {ran:?}");
        assert!(!fixture.at("cwd/pwned").exists(), "{label}: a file name ran");
    }
}

/// Nobody evaluates what goes to a terminal: there the line to type takes its place.
#[test]
fn a_terminal_gets_the_line_to_type_and_no_code() {
    let Some(real) = real("bash") else { return };
    let fixture = fixture();
    let root = fixture.environment("env", "name");
    std::fs::remove_file(root.join("bin/python")).unwrap();
    symlink("/usr/bin/python3", root.join("bin/python")).unwrap();
    for (command, line) in [
        (format!("activate '{}'", root.display()), "eval \"$(rvenv activate "),
        ("deactivate".into(), "eval \"$(rvenv deactivate)\""),
        ("hook bash".into(), "eval \"$(rvenv hook bash)\""),
        ("hook nushell".into(), "rvenv hook nushell | save -f"),
    ] {
        let mut typed = fixture.command(&real);
        let within = format!("bash --norc -c \"rvenv {command}; true\"");
        typed.args(["-c", "script --quiet --return --command \"$0\" /dev/null", &within]);
        let ran = Ran::of(typed.stdin(Stdio::null())).ok();
        assert_eq!(ran.stdout.trim_end().lines().count(), 1, "{command}: {ran:?}");
        assert!(ran.stdout.contains(line), "{command}: {ran:?}");
    }
}
