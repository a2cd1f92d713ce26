//! State of the user's shell that the hook does not change.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rvenv::shell;
use rvenv::shell::Shell;

use super::fixture::Fixture;
use crate::sandbox::{Ran, write_program};
use crate::shells::real;

#[test]
fn the_exit_code_of_the_last_command_is_the_prompts() {
    // The first line fails and changes the directory; the prompt then sees what the next line tells.
    let posix = "cd ..; (exit 7)\nexport code more; note code";
    let scenarios = [
        ("bash", "PROMPT_COMMAND='code=$?'", posix, ""),
        ("bash", "PROMPT_COMMAND=('code=$?' 'more=$?')", posix, "7"),
        ("zsh", "precmd_functions=(mine); mine () { code=$? }", posix, ""),
        (
            "fish",
            "function fish_prompt; set -gx code $status; end",
            "cd ..; sh -c 'exit 7'\nnote code",
            "",
        ),
        (
            "tcsh",
            "alias precmd 'setenv code $status'; setenv more 7",
            "cd ..; sh -c 'exit 7'\nnote code",
            "7",
        ),
        (
            "pwsh",
            "function prompt { $env:more = 7 + $?; $env:code = $LASTEXITCODE }",
            "cd ..; sh -c 'exit 7'\nnote code",
            "7",
        ),
    ];
    for (label, before, lines, more) in scenarios {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        let shown = fixture.types_after(&real, before, lines);
        let note = fixture.note("code", &shown);
        assert_eq!(note.get("code"), Some("7"), "{label}: {before}\n{shown}");
        assert_eq!(note.get("more").unwrap_or_default(), more, "{label}: {before}\n{shown}");
    }
}

#[test]
fn the_prompt_command_is_kept_and_the_hook_is_there_once() {
    for before in ["PROMPT_COMMAND='mine=1'", "PROMPT_COMMAND=('mine=1' 'too=1')", ":"] {
        let real = real("bash").expect("bash");
        let fixture = Fixture::new();
        let a = fixture.project("a");
        let rc = fixture.at("rc.bash.ps1");
        let lines = format!(
            ". '{}'\ncd ../a\nexport mine too all=\"${{PROMPT_COMMAND[*]}}\"\nnote in",
            rc.display()
        );
        let shown = fixture.types_after(&real, before, &lines);
        let note = fixture.note("in", &shown);
        note.active(&a);
        // Beside others first and last: other tools change PATH at the prompt, too.
        let all = note.get("all").unwrap();
        let calls = if before == ":" { 1 } else { 2 };
        assert_eq!(all.matches("_rvenv_hook").count(), calls, "{shown}");
        assert!(all.ends_with("_rvenv_hook"), "{shown}");
        assert_eq!(note.get("mine"), before.contains("mine").then_some("1"), "{shown}");
        assert_eq!(note.get("too"), before.contains("too").then_some("1"), "{shown}");
    }
}

/// With `set -E` a function that returns the code of the last command runs the trap for it once more.
#[test]
fn a_trap_for_errors_runs_once() {
    let real = real("bash").expect("bash");
    let fixture = Fixture::new();
    fixture.project("a");
    let before = "set -E; trap 'traps=$((${traps-0} + 1))' ERR; export traps";
    for own in ["", "; PROMPT_COMMAND=mine=1"] {
        let lines = "cd ../a\ntraps=0\nfalse\nnote one\n[ 1 = 2 ]\nnote two";
        let shown = fixture.types_after(&real, &format!("{before}{own}"), lines);
        assert_eq!(fixture.note("one", &shown).get("traps"), Some("1"), "{shown}");
        assert_eq!(fixture.note("two", &shown).get("traps"), Some("2"), "{shown}");
    }
}

#[test]
fn zsh_keeps_the_functions_of_others() {
    let Some(real) = real("zsh") else { return };
    let fixture = Fixture::new();
    let a = fixture.project("a");
    let before = "export chpwd=0 precmd=0; one () { chpwd=1 }; two () { precmd=1 }\nchpwd_functions=(one) precmd_functions=(two)";
    let rc = fixture.at("rc.zsh.ps1");
    let lines = format!(
        ". '{}'\ncd ../a\nexport all=\"$chpwd_functions $precmd_functions\"\nnote in\n(cd ..; note subshell)",
        rc.display()
    );
    let shown = fixture.types_after(&real, before, &lines);
    let note = fixture.note("in", &shown);
    note.active(&a);
    assert_eq!((note.get("chpwd"), note.get("precmd")), (Some("1"), Some("1")), "{shown}");
    assert_eq!(
        note.get("all"),
        Some("_rvenv_hook_first one _rvenv_hook_first two _rvenv_hook"),
        "{shown}"
    );
    assert_eq!(fixture.note("subshell", &shown).starts(), note.starts(), "{shown}");
}

#[test]
fn tcsh_keeps_the_aliases_of_others() {
    let Some(real) = real("tcsh") else { return };
    let fixture = Fixture::new();
    let a = fixture.project("a");
    let before = r#"alias cwdcmd 'setenv cwdcmd "$cwd"; : \!*'; alias precmd 'setenv precmd 1'"#;
    let rc = fixture.at("rc.tcsh.ps1");
    let lines = format!(
        "source '{}'\ncd ../a\nsetenv all \"`alias cwdcmd; alias precmd`\"\nnote in",
        rc.display()
    );
    let shown = fixture.types_after(&real, before, &lines);
    let note = fixture.note("in", &shown);
    note.active(&a);
    assert_eq!(note.get("cwdcmd"), fixture.at("a").to_str(), "{shown}");
    assert_eq!(note.get("precmd"), Some("1"), "{shown}");
    // Before and after the others: other tools change PATH at the prompt, too.
    assert_eq!(note.get("all").unwrap().matches("_rvenvhook_").count(), 3, "{shown}");
    // A script reads the same start file, and has no use for the hook.
    let starts = note.starts();
    std::fs::write(
        fixture.at("script"),
        format!("source '{}'\ncd ../a\nnote script\n", rc.display()),
    )
    .unwrap();
    let ran = Ran::of(fixture.sandbox.command(&real.program).args(["-f", "../script"])).ok();
    assert_eq!((&*ran.stdout, &*ran.stderr), ("", ""));
    assert_eq!(fixture.note("script", "").starts(), starts);
}

#[test]
fn powershell_keeps_the_prompt() {
    let Some(real) = real("pwsh") else { return };
    let fixture = Fixture::new();
    fixture.project("a");
    fixture.project("b");
    let again = super::fixture::read(&real, &fixture.at("rc.pwsh.ps1"));
    let by_hand = "rvenv activate ../a/.venv --shell powershell | Out-String | Invoke-Expression";
    let lines = [
        &*again,
        "cd ../a",
        "cd ../b",
        by_hand,
        &*again,
        "cd ..",
        "deactivate",
        "cd a",
        "deactivate",
        "cd ..",
        "cd a",
        by_hand,
        "$env:VIRTUAL_ENV_DISABLE_PROMPT = 1; deactivate; cd ../b",
    ];
    // Once before the hook is there, then after each line.
    let before = "if (-not $env:mine) { $env:mine = 1; function prompt { 'mine> ' } }";
    let shown = fixture.types_after(&real, before, &lines.join("\n"));
    let drawn: Vec<_> = shown.lines().collect();
    let expected = [
        "mine> ",
        "mine> ",
        "(a) mine> ",
        "(b) mine> ",
        "(a) mine> ",
        "(a) mine> ",
        "(a) mine> ",
        "mine> ",
        "(a) mine> ",
        "mine> ",
        "mine> ",
        "(a) mine> ",
        "(a) mine> ",
        "mine> ",
    ];
    assert_eq!(drawn, expected);
}

#[test]
fn strict_shells_stay_silent_and_alive() {
    for (label, strict) in [
        ("bash", "set -euo pipefail; shopt -u nullglob; set +h"),
        ("zsh", "set -euo pipefail; setopt warn_create_global"),
        ("zsh", "setopt ksh_arrays sh_word_split"),
        ("zsh", "setopt csh_junkie_quotes"),
        ("zsh", "emulate csh"),
        ("zsh", "emulate sh"),
        ("dash", "set -eu"),
        ("ksh93", "set -euo pipefail"),
        ("mksh", "set -euo pipefail"),
        ("yash", "set -eu"),
        ("busybox", "set -euo pipefail"),
        ("tcsh", "set noclobber; set noglob; unset savehist"),
        ("pwsh", "Set-StrictMode -Version Latest; $ErrorActionPreference = 'Stop'"),
    ] {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        let a = fixture.project("a");
        let fails = match real.shell {
            Shell::Tcsh | Shell::PowerShell => "",
            _ => "! true",
        };
        let lines = format!("cd ../a\nnote in\ncd ..\n{fails}\nnote out");
        let shown = fixture.types_after(&real, strict, &lines);
        fixture.note("in", &shown).active(&a);
        fixture.note("out", &shown).inactive();
        for word in ["nbound", "parameter", "not set", "not found", "rror", "warning"] {
            assert!(!shown.contains(word), "{label}: {word}\n{shown}");
        }
    }
}

#[test]
fn names_of_directories_run_nothing() {
    let names = [
        "a b",
        "$(touch PWNED)",
        "`touch PWNED`",
        "a;touch PWNED",
        "-n",
        "!ls",
        "%s",
        "back\\slash",
        "__RVENV_PROGRAM__",
        "quo\"te",
        "é€😀",
        "tab\there",
    ];
    for label in ["bash", "zsh", "fish", "dash", "ksh93", "mksh", "tcsh", "pwsh"] {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        std::fs::create_dir(fixture.at("here")).unwrap();
        for (index, name) in names.iter().enumerate() {
            let root = fixture.project(Path::new("here").join(name));
            // A tame name leads there, so that nothing but rvenv has to quote.
            std::os::unix::fs::symlink(root.parent().unwrap(), fixture.at(format!("n{index}")))
                .unwrap();
        }
        let visits = (0..names.len()).map(|index| {
            format!("cd '{}'\nnote {index}", fixture.at(format!("n{index}")).display())
        });
        let shown = fixture.types(&real, &visits.collect::<Vec<_>>().join("\n"));
        for (index, name) in names.iter().enumerate() {
            fixture
                .note(&index.to_string(), &shown)
                .active(&fixture.at("here").join(name).join(".venv"));
        }
        assert!(
            !shown.contains("PWNED'") && find(&fixture.at(""), "PWNED").is_none(),
            "{label}: {shown}"
        );
    }
}

/// The path of a file with this name.
fn find(dir: &Path, name: &str) -> Option<std::path::PathBuf> {
    std::fs::read_dir(dir).unwrap().flatten().find_map(|entry| {
        let is_dir = entry.file_type().unwrap().is_dir();
        let found = (entry.file_name().as_bytes() == name.as_bytes()).then(|| entry.path());
        found.or_else(|| is_dir.then(|| find(&entry.path(), name)).flatten())
    })
}

#[test]
fn newly_installed_commands_are_found_before_hashed_ones() {
    for (label, option) in [
        ("bash", ""),
        ("bash", "set -o noglob"),
        ("zsh", ""),
        ("zsh", "set -o noglob"),
        ("tcsh", ""),
        ("pwsh", ""),
    ] {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        let root = fixture.project("a");
        let tool = root.join("bin/tool");
        let system = fixture.at("tools/tool");
        for (path, text) in [(&system, "system"), (&fixture.at("theirs"), "theirs")] {
            let ran = fixture.at("ran");
            write_program(path, &format!("#!/bin/sh\necho {text} >> '{}'\n", ran.display()));
        }
        // It reads all of PATH to forget, and so does this after rvenv only.
        let rvenv = if real.shell == Shell::Tcsh { "rvenv --version" } else { "" };
        let lines = format!("cd ../a\ntool\ncp ../theirs '{}'\n{rvenv}\ntool", tool.display());
        let shown = fixture.types_after(&real, option, &lines);
        let ran = std::fs::read_to_string(fixture.at("ran")).unwrap();
        assert_eq!(ran, "system\ntheirs\n", "{label}, {option}: {shown}");
    }
}

#[test]
fn the_hook_calls_the_program_that_printed_it() {
    let fixture = Fixture::new();
    let ran = fixture.rvenv(&fixture.at("project"), &["hook", "bash"]);
    // The hook is a literal that `eval` takes.
    let unquoted = |text: &str| text.replace(r"'\''", "'");
    let called = format!("'{}' hook-env", env!("CARGO_BIN_EXE_rvenv"));
    assert!(unquoted(&ran.stdout).contains(&called), "{ran:#?}");
    let program = Path::new("/opt/it's/$(rvenv)");
    let hook = shell::hook(Shell::Bash, program).unwrap();
    let hook = unquoted(&String::from_utf8(hook).unwrap());
    assert!(hook.contains(r"'/opt/it'\''s/$(rvenv)' hook-env"), "{hook}");
}

/// The documented line, with rvenv at a place whose name is hard to write down.
#[test]
fn the_program_can_be_anywhere() {
    for (label, line) in [
        ("bash", "eval \"$(./rvenv hook bash)\""),
        ("zsh", "eval \"$(./rvenv hook zsh)\""),
        ("tcsh", "eval \"`./rvenv hook tcsh`\""),
        ("fish", "./rvenv hook fish | source"),
        ("pwsh", "./rvenv hook powershell | Out-String | Invoke-Expression"),
    ] {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        let a = fixture.project("a");
        let dir = fixture.at("it's $(touch PWNED)! é {a,b} *");
        std::fs::create_dir(&dir).unwrap();
        // A link leads back to where rvenv is; a copy may still be busy in a fork of another test.
        let (program, place) = (env!("CARGO_BIN_EXE_rvenv"), dir.join("rvenv"));
        std::fs::hard_link(program, &place)
            .or_else(|_| std::fs::copy(program, &place).map(drop))
            .unwrap();
        std::os::unix::fs::symlink(&dir, fixture.at("tame")).unwrap();
        let lines = format!("cd ../tame\n{line}\ncd '{}'\nnote in", fixture.at("a").display());
        let shown = fixture.types_without(&real, &lines);
        fixture.note("in", &shown).active(&a);
        assert!(find(&fixture.at(""), "PWNED").is_none(), "{label}: {shown}");
    }
}

#[test]
fn a_shell_without_a_hook_gets_an_error_that_names_shells_with_one() {
    let fixture = Fixture::new();
    for (shell, other) in [("cmd", "powershell"), ("csh", "tcsh")] {
        let ran = Ran::of(fixture.sandbox.rvenv().args(["hook", shell])).code(1);
        assert!(ran.stderr.contains(&format!("{shell} has no hook")), "{ran:#?}");
        assert!(ran.stderr.contains(&format!("`rvenv hook {other}`")), "{ran:#?}");
    }
}

/// Neither the printed code nor the search for a project needs the path of the current directory.
#[test]
fn a_deleted_directory_is_no_error() {
    for label in ["bash", "zsh", "fish", "tcsh", "ksh93", "mksh", "dash", "busybox", "yash"] {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        let (a, b) = (fixture.project("a"), fixture.project("b"));
        let line = |arguments: &str| {
            let arguments = format!("{arguments} --shell {}", real.shell);
            real.shell.evaluate_line().replace("activate", &arguments)
        };
        let lines = format!(
            "cd ../a\nnote in\nrm -rf '{}'\ncd .\n{}\nnote b\n{}\nnote left\ncd /\nnote out",
            fixture.at("a").display(),
            line(&format!("activate '{}'", b.display())),
            line("deactivate"),
        );
        let shown = fixture.types(&real, &lines);
        fixture.note("in", &shown).active(&a);
        fixture.note("b", &shown).active(&b);
        for name in ["left", "out"] {
            assert_eq!(fixture.note(name, &shown).get("VIRTUAL_ENV"), None, "{label}: {shown}");
        }
        assert!(!shown.contains("error:") && !shown.contains("warning:"), "{label}: {shown}");
    }
    let fixture = Fixture::new();
    let b = fixture.project("b");
    for arguments in [
        "hook-env --shell bash",
        "deactivate --shell bash",
        &format!("activate --shell bash '{}'", b.display()),
    ] {
        let script = format!("mkdir x && cd x && rmdir ../x && exec \"$RVENV_REAL\" {arguments}");
        let ran = Ran::of(fixture.sandbox.command("sh").args(["-c", &script])).ok();
        assert_eq!(ran.stderr, "", "{arguments}");
    }
}

/// Both are read by their own shell only, which can tell.
#[test]
fn the_hooks_can_be_read() {
    let program = Path::new("/opt/rvenv");
    let fixture = Fixture::new();
    if let Some(tcsh) = real("tcsh") {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/shell/scripts/hook.tcsh");
        let read =
            Ran::of(fixture.sandbox.command(&tcsh.program).args(["-f", "-n"]).arg(script)).ok();
        assert_eq!((&*read.stdout, &*read.stderr), ("", ""));
    }
    if let Some(pwsh) = real("pwsh") {
        let file = fixture.at("hook.ps1");
        std::fs::write(&file, shell::hook(Shell::PowerShell, program).unwrap()).unwrap();
        crate::shells::keeps_to_windows_powershell(&pwsh, &file);
    }
}
