//! Completions, judged by the shells that ask for them.

use std::path::PathBuf;
use std::process::Command;

use crate::sandbox::{Ran, Sandbox};
use crate::shells;
use crate::shells::Real;

/// A fixture in which rvenv is on PATH, with an environment and a name that no shell may run.
fn fixture() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.with_rvenv_on_path();
    sandbox.run(["create", "--without-pip"]).ok();
    sandbox.write("my place/$(touch evil)/file", "");
    sandbox
}

/// A script that first takes the completions in; what it prints.
fn answer(sandbox: &Sandbox, real: &Real, args: &[&str], script: &str) -> String {
    let path = sandbox.write("script", script);
    let mut command: Command = sandbox.command(real.program());
    let ran = Ran::of(command.args(args).arg(path)).ok();
    assert_eq!(ran.stderr, "", "{script}");
    assert!(!sandbox.project().join("evil").exists(), "what was completed has been run");
    ran.stdout
}

#[test]
fn bash_completes() {
    let Some(bash) = shells::real("bash") else { return };
    let sandbox = fixture();
    let script = r#"
        set -u
        eval "$(rvenv completions bash)"
        complete_words() {
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
            _rvenv
            printf '%s|' "${COMPREPLY[@]}"; echo
        }
        complete_words rvenv activ
        complete_words rvenv check ''
        complete_words rvenv run --env = .v
        complete_words rvenv run python3
        complete_words rvenv check 'my place/'
        complete -p rvenv
    "#;
    let shown = answer(&sandbox, &bash, &["--norc", "--noprofile"], script);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[0], "activate|");
    assert!(lines[1].starts_with(".venv/|'my place/'|"), "{shown}");
    assert_eq!(lines[2], ".venv/|");
    assert!(lines[3].starts_with("python3|"), "{shown}");
    assert_eq!(lines[4], "'my place/$(touch evil)/'|", "what bash inserts is quoted");
    assert!(lines[5].contains("-F _rvenv rvenv"), "{shown}");
}

#[test]
fn zsh_completes() {
    let Some(zsh) = shells::real("zsh") else { return };
    let sandbox = fixture();
    // The line editor itself, on a terminal of its own.
    let script = r#"
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell "PS1=; autoload -U compinit; compinit -D; eval \"\$(rvenv completions zsh)\"; echo rea''dy"
        zpty -r -m shell seen '*ready*'
        zpty -n -w shell $'rvenv activ\t'
        zpty -r -m shell seen '*ate*'
        zpty -n -w shell $'.v\t'
        zpty -r -m shell seen '*.venv/*'
        zpty -n -w shell $'\C-urvenv check my\t'
        zpty -r -m shell seen '*my\\ place/*'
        zpty -d shell
        echo done
    "#;
    let path = sandbox.write("script", script);
    let mut command = sandbox.command("timeout");
    let ran = Ran::of(command.args(["60"]).arg(zsh.program()).arg("-f").arg(path)).ok();
    assert_eq!(ran.stdout, "done\n", "{ran:#?}");
}

#[test]
fn fish_completes() {
    let Some(fish) = shells::real("fish") else { return };
    let sandbox = fixture();
    let script = r#"
        rvenv completions fish | source
        complete -C 'rvenv activ'
        complete -C 'rvenv check .v'
        complete -C 'rvenv check m'
        complete -C 'rvenv run --env=.v'
        complete -C 'rvenv run python3'
    "#;
    let shown = answer(&sandbox, &fish, &["--no-config"], script);
    let first: Vec<&str> =
        shown.lines().map(|line| line.split('\t').next().unwrap_or_default()).collect();
    assert_eq!(first[0], "activate");
    // fish offers a name with a dot in front only to those who began to type it.
    assert_eq!(first[1..3], [".venv/", "my place/"], "{shown}");
    assert!(first.contains(&"--env=.venv/"), "{shown}");
    assert!(first.contains(&"python3"), "{shown}");
    assert!(shown.contains("\tPrint code that activates"), "{shown}");
}

#[test]
fn powershell_completes_and_evaluates_nothing() {
    let Some(pwsh) = shells::real("pwsh") else { return };
    let sandbox = fixture();
    let script = r#"
        rvenv completions powershell | Out-String | Invoke-Expression
        function Complete($text) {
            $found = [System.Management.Automation.CommandCompletion]::CompleteInput($text, $text.Length, $null)
            ($found.CompletionMatches | ForEach-Object { $_.CompletionText }) -join '|'
        }
        Complete 'rvenv activ'
        Complete 'rvenv check '
        Complete "rvenv check 'my place/"
        Complete 'rvenv check $(New-Item evil) .v'
        Complete 'rvenv run python3'
    "#;
    let path = sandbox.write("script.ps1", script);
    let mut command = sandbox.command(pwsh.program());
    let ran = Ran::of(command.args(["-NoProfile", "-NonInteractive", "-File"]).arg(path)).ok();
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines[0], "activate", "{ran:#?}");
    assert!(lines[1].starts_with(".venv/|'my place/'|"), "{ran:#?}");
    assert!(lines[4].starts_with("python3"), "{ran:#?}");
    assert!(!sandbox.project().join("evil").exists(), "what was typed has been run");
}

#[test]
fn elvish_completes() {
    let Some(elvish) = shells::real("elvish") else { return };
    let sandbox = fixture();
    // The editor's module is there in an interactive shell only.
    let script = r#"
        var edit: = (ns [
            &completion:=(ns [&arg-completer=[&]])
            &complex-candidate~={|value &display=''| put $value}
        ])
        eval (rvenv completions elvish | slurp) &ns=(ns [&edit:=$edit:])
        var complete = $edit:completion:arg-completer[rvenv]
        $complete rvenv activ | to-lines
        $complete rvenv check '' | to-lines
        $complete rvenv run python3 | to-lines
    "#;
    let shown = answer(&sandbox, &elvish, &["-norc"], script);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[..3], ["activate", ".venv/", "my place/"]);
    assert!(lines.contains(&"python3"), "{shown}");
}

#[test]
fn nushell_completes_and_takes_every_flag() {
    let Some(nu) = shells::real("nu") else { return };
    let sandbox = fixture();
    let file = sandbox.project().join("rvenv.nu");
    std::fs::write(&file, sandbox.run(["completions", "nushell"]).ok().stdout).unwrap();
    let script = r#"
        source rvenv.nu
        def shown [text: string] { nu-complete rvenv $text ($text | str length) | get value | str join '|' }
        print (shown 'rvenv activ')
        print (shown 'rvenv check ')
        print (shown 'rvenv run python3')
        print (rvenv run -- python -c 'print("through")')
        print (rvenv list --json | from json | get version)
    "#;
    let shown = answer(&sandbox, &nu, &["--no-config-file"], script);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[0], "activate");
    assert!(lines[1].starts_with(".venv/|r#'my place/'#|"), "{shown}");
    assert!(lines[2].starts_with("python3"), "{shown}");
    assert!(shown.contains("through"), "{shown}");
}

#[test]
fn shells_and_pythons_are_among_the_candidates() {
    let sandbox = fixture();
    let candidates = |words: &[&str]| {
        let at = (words.len() - 1).to_string();
        let args = [&["completions", "zsh", "--at", &at, "--"], words].concat();
        let ran = sandbox.run(args).ok();
        assert_eq!(ran.stderr, "");
        let values = ran.stdout.lines().map(|line| line.split('\t').next().unwrap().to_owned());
        values.collect::<Vec<_>>()
    };
    let shells = candidates(&["rvenv", "activate", "--shell", ""]);
    assert!(shells.contains(&"tcsh".to_owned()) && shells.contains(&"nushell".to_owned()));
    assert_eq!(candidates(&["rvenv", "activate", "--shell", "pow"]), ["powershell"]);
    let pythons = candidates(&["rvenv", "create", "--python", ""]);
    assert!(pythons.iter().any(|python| python.starts_with("3.")), "{pythons:?}");
    assert_eq!(candidates(&["rvenv", "completions", "el"]), ["elvish"]);
}

#[test]
fn any_place_on_any_line_can_be_asked_for() {
    let sandbox = fixture();
    let lines: [&[&str]; 5] =
        [&[], &["rvenv"], &["rvenv", "--", "--", ""], &["", "", ""], &["rvenv", "run", "--env"]];
    for words in lines {
        for at in ["0", "1", "2", "7", "18446744073709551615"] {
            for shell in ["bash", "fish", "nushell"] {
                let args = [&["completions", shell, "--at", at, "--"], words].concat();
                let ran = sandbox.run(&args).ok();
                assert_eq!(ran.stderr, "", "{args:?}");
            }
        }
    }
}

#[test]
fn names_that_no_line_can_carry_are_left_out() {
    let sandbox = fixture();
    sandbox.write("two\nlines/file", "");
    sandbox.write("esc\u{1b}ape/file", "");
    let ran = sandbox.run(["completions", "fish", "--at", "2", "--", "rvenv", "check", ""]).ok();
    let first: Vec<PathBuf> =
        ran.stdout.lines().map(|line| line.split('\t').next().unwrap().into()).collect();
    assert!(first.contains(&"my place/".into()), "{ran:#?}");
    assert!(!ran.stdout.contains("two\n") && !ran.stdout.contains("lines/"), "{ran:#?}");
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stdout.contains("ape/"), "{ran:#?}");
}

#[test]
fn a_real_tab_completes_shells_files_versions_and_topics() {
    let mut sandbox = fixture();
    sandbox.write("requirements-dev.txt", "");
    sandbox.set("TERM", "dumb");
    let driver = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tab.py");
    // The text that a tab adds: shells may draw the rest of the line again in pieces.
    let lines = [
        ("rvenv hook nus", "hell"),
        ("rvenv install -r requ", "irements-dev.txt"),
        ("rvenv create -r requ", "irements-dev.txt"),
        ("rvenv create --pip lat", "est"),
        ("rvenv man findi", "ngs"),
        ("rvenv help configur", "ation"),
    ];
    for (shell, flags, load) in [
        ("bash", &["--norc", "--noprofile", "-i"][..], r#"eval "$(rvenv completions bash)""#),
        (
            "zsh",
            &["-f", "-i"],
            r#"PS1=; autoload -U compinit; compinit -D; eval "$(rvenv completions zsh)""#,
        ),
        ("fish", &["--no-config", "-i"], "rvenv completions fish | source"),
    ] {
        let Some(real) = shells::real(shell) else { continue };
        sandbox.write("load", format!("{load}\necho rea''dy\n"));
        let start = if shell == "fish" { "source load" } else { ". ./load" };
        let mut command = sandbox.command("python3");
        command.args([driver, start]);
        for (line, expected) in lines {
            command.args([line, expected]);
        }
        let ran = Ran::of(command.arg("--").arg(real.program()).args(flags));
        assert_eq!(ran.stdout, "done\n", "{shell}: {ran:#?}");
    }
}

#[test]
fn every_place_has_candidates_of_its_own() {
    let sandbox = fixture();
    sandbox.write("pip-24.0-py3-none-any.whl", "");
    let candidates = |words: &[&str]| {
        let at = (words.len() - 1).to_string();
        let args = [&["completions", "bash", "--at", &at, "--"], words].concat();
        sandbox.run(args).ok().stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let hooks = candidates(&["rvenv", "hook", ""]);
    assert!(hooks.contains(&"fish".to_owned()) && !hooks.contains(&"csh".to_owned()), "{hooks:?}");
    let pips = candidates(&["rvenv", "create", "--pip", ""]);
    assert_eq!(pips[0], "latest");
    assert!(pips[1].starts_with(char::is_numeric), "the version that a Python carries: {pips:?}");
    assert!(pips.contains(&"pip-24.0-py3-none-any.whl".to_owned()), "{pips:?}");
    assert_eq!(candidates(&["rvenv", "help", "python", "fi"]), ["find"]);
    assert_eq!(candidates(&["rvenv", "man", "cache", "cl"]), ["clean"]);
}
