//! Deactivation after the variables, the prompt or the options changed, in the shells that are not POSIX'.

use std::process::Stdio;

use rvenv::shell::Shell;
use rvenv::support::python_vars::MISLEADING;

use super::dialect::{note, read_code, set, source, unset};
use super::{Fixture, Real, real};
use crate::sandbox::Ran;

const OTHERS: [&str; 8] = ["fish", "csh", "tcsh", "nu", "pwsh", "elvish", "xonsh", "xonsh-current"];

/// Runs `script`, which has to succeed; gives stdout.
#[track_caller]
fn prints(fixture: &Fixture, real: &Real, script: &str) -> String {
    let file = fixture.at("script.ps1");
    std::fs::write(&file, script).unwrap();
    let ran = Ran::of(fixture.command(real).arg(file).stdin(Stdio::null()));
    assert!(ran.code == Some(0) && ran.stderr.is_empty(), "{}: {ran:?}\n{script}", real.label);
    ran.stdout
}

/// The shell with this label, and a fixture with an environment.
fn with_environment(label: &str) -> Option<(Real, Fixture, String)> {
    let real = real(label)?;
    let fixture = Fixture::new();
    let activate = source(real.shell, &fixture.environment("env", "name"));
    Some((real, fixture, activate))
}

/// The code that deactivates, where `deactivate` is a command only at the prompt.
fn leave(real: &Real, fixture: &Fixture) -> String {
    match real.shell {
        Shell::Elvish => {
            read_code(real.shell, &fixture.deactivation(real.shell, &fixture.host(&[])))
        }
        _ => "deactivate\n".to_owned(),
    }
}

#[test]
fn variables_that_mislead_python_are_hidden_and_restored() {
    for label in OTHERS {
        let Some((real, fixture, activate)) = with_environment(label) else { continue };
        let shell = real.shell;
        let mut script: String =
            MISLEADING.iter().map(|name| set(shell, name, &format!("/my {name}"))).collect();
        // One that is set meanwhile stays.
        script += &(activate.clone() + &note("on") + &set(shell, "PYTHONHOME", "/new"));
        script += &(leave(&real, &fixture) + &note("off") + &activate + &leave(&real, &fixture));
        script += &note("again");
        prints(&fixture, &real, &script);
        let [on, off, again] = ["on", "off", "again"].map(|name| fixture.seen(name));
        for name in MISLEADING {
            assert_eq!(on.get(name), None, "{label}: {name}");
            let value = if name == "PYTHONHOME" { "/new".into() } else { format!("/my {name}") };
            for seen in [&off, &again] {
                assert_eq!(seen[name], *value, "{label}: {name}");
                assert_eq!(seen.get(&format!("_OLD_VIRTUAL_{name}")), None, "{label}: {name}");
            }
        }
    }
}

#[test]
fn the_entry_is_removed_without_virtual_env() {
    for label in OTHERS {
        let Some((real, fixture, activate)) = with_environment(label) else { continue };
        if real.shell == Shell::Elvish {
            continue;
        }
        for change in [unset(real.shell, "VIRTUAL_ENV"), set(real.shell, "VIRTUAL_ENV", "/another")]
        {
            prints(&fixture, &real, &format!("{activate}{change}deactivate\n{}", note("off")));
            assert_eq!(fixture.seen("off")["PATH"], fixture.path, "{label}: {change}");
            assert_eq!(fixture.seen("off").get("VIRTUAL_ENV"), None, "{label}: {change}");
        }
    }
}

/// The first entry is this activation's; a second one is the user's, who put it there.
#[test]
fn deactivate_removes_one_entry_and_the_printed_code_all() {
    for label in OTHERS {
        let Some((real, fixture, activate)) = with_environment(label) else { continue };
        let shell = real.shell;
        let bin = fixture.at("env/bin").display().to_string();
        let again = super::dialect::prepend(shell, &bin);
        let path = fixture.path.to_str().unwrap();
        if shell != Shell::Elvish {
            prints(&fixture, &real, &format!("{again}{activate}deactivate\n{}", note("one")));
            assert_eq!(fixture.seen("one")["PATH"], *format!("{bin}:{path}"), "{label}");
        }
        let env = fixture.at("env");
        let entries = format!("{bin}:{bin}:{path}");
        let host = fixture.host(&[("VIRTUAL_ENV", env.as_os_str()), ("PATH", entries.as_ref())]);
        let all = read_code(shell, &fixture.deactivation(shell, &host));
        prints(&fixture, &real, &format!("{again}{activate}{all}{}", note("all")));
        assert_eq!(fixture.seen("all")["PATH"], fixture.path, "{label}");
    }
}

#[test]
fn the_users_own_deactivate_comes_back() {
    let own = |shell| match shell {
        Shell::Fish => "function deactivate; python mine; end\n",
        Shell::Csh | Shell::Tcsh => "alias deactivate 'python mine; :'\n",
        Shell::Xonsh => "aliases['deactivate'] = ['python', 'mine']\n",
        _ => "function deactivate { python mine }\n",
    };
    for label in ["fish", "csh", "tcsh", "pwsh", "xonsh", "xonsh-current"] {
        let Some((real, fixture, activate)) = with_environment(label) else { continue };
        let script = format!(
            "{}{activate}{activate}deactivate\n{}deactivate\n",
            own(real.shell),
            note("off")
        );
        assert_eq!(prints(&fixture, &real, &script), "", "{label}");
        assert_eq!(fixture.seen("off")["PATH"], fixture.path, "{label}");
        assert_eq!(fixture.seen("mine")["PATH"], fixture.path, "{label}");
    }
    // An alias would be called instead of the function. The engine of the tests makes no alias from a function,
    // so its return is not seen here.
    let Some((real, fixture, activate)) = with_environment("pwsh") else { return };
    let script = format!(
        "function mine {{ python mine }}\nSet-Alias deactivate mine\n{activate}{}deactivate\n{}",
        note("on"),
        note("off")
    );
    prints(&fixture, &real, &script);
    assert_eq!(fixture.seen("on")["VIRTUAL_ENV"], fixture.at("env"));
    assert_eq!(fixture.seen("off")["PATH"], fixture.path);
    assert!(!fixture.at("notes/mine").exists());
}

/// As terminals do: the prompt function is copied, and another one calls the copy.
#[test]
fn a_wrapped_prompt_still_draws_what_it_wraps() {
    let rounds = |activate: &str, wrap: &str, leave: &str, draw: &str| {
        format!("{activate}{draw}{wrap}{draw}{leave}{draw}{activate}{draw}{leave}{draw}")
    };
    for (label, mine, wrap, draw) in [
        (
            "fish",
            "function fish_prompt; echo 'mine>'; end\n",
            "functions -c fish_prompt wrapped; function fish_prompt; echo -n W; wrapped; end\n",
            "fish_prompt\n",
        ),
        (
            "pwsh",
            "function prompt { 'mine>' }\n",
            "$o = $Function:prompt; function prompt { 'W' + (& $o) }\n",
            "Write-Host (prompt)\n",
        ),
        (
            "nu",
            "$env.PROMPT_COMMAND = {|| 'mine>' }\n",
            "let o = $env.PROMPT_COMMAND; $env.PROMPT_COMMAND = {|| 'W' + (do $o) }\n",
            "print (do $env.PROMPT_COMMAND)\n",
        ),
    ] {
        let Some((real, fixture, activate)) = with_environment(label) else { continue };
        let script = format!("{mine}{}", rounds(&activate, wrap, "deactivate\n", draw));
        let shown = prints(&fixture, &real, &script).replace("\u{1b}[32m", "");
        let shown: String = shown.replace("\u{1b}(B\u{1b}[m", "").replace("\u{1b}[0m", "");
        let shown: Vec<_> = shown.lines().map(|line| line.replace("\u{1b}[m", "")).collect();
        let middle = if label == "pwsh" { "(name) Wmine>" } else { "W(name) mine>" };
        assert_eq!(shown, ["(name) mine>", middle, "Wmine>", "(name) Wmine>", "Wmine>"], "{label}");
    }
}

/// Prompts show the status of each part of a pipe, have several lines, and are saved; users name functions as builtins.
#[test]
fn a_prompt_of_fish_is_drawn_as_without_an_activation() {
    let Some((real, fixture, activate)) = with_environment("fish") else { return };
    let script = format!(
        "function fish_prompt; echo \"$status $pipestatus\"; echo; echo -n '> '; end\n\
         {activate}function source; echo wrong; end; function .; echo wrong; end; function printf; echo wrong; end\n\
         false | true | false; fish_prompt\n\
         functions fish_prompt > saved.fish; deactivate; builtin source saved.fish; command rm saved.fish\n\
         function prompt_pwd; echo here; end\nfish_prompt\n"
    );
    let shown = prints(&fixture, &real, &script).replace("\u{1b}[32m", "");
    let shown = shown.replace("\u{1b}(B", "").replace("\u{1b}[m", "").replace("\u{1b}[0m", "");
    assert_eq!(shown, "(name) 1 1 0 1\n\n> \nhere> \n");
}

/// A prompt of the user's own in nushell shows what virtualenv's and uv's scripts set for it.
#[test]
fn nushell_has_the_prefix_of_the_prompt_while_active() {
    let Some((real, fixture, activate)) = with_environment("nu") else { return };
    let script = format!(
        "$env.PROMPT_COMMAND = {{|| 'mine' }}\n{activate}print $env.VIRTUAL_PREFIX\ndeactivate\n\
         print ($env.VIRTUAL_PREFIX? == null)\n"
    );
    assert_eq!(prints(&fixture, &real, &script), "(name) \ntrue\n");
}

/// csh draws no variables: the prefix is text in the prompt.
#[test]
fn the_prefix_is_removed_from_a_wrapped_prompt_of_csh() {
    for label in ["csh", "tcsh"] {
        let Some((real, fixture, activate)) = with_environment(label) else { continue };
        let script = format!(
            "set prompt = 'mine> '\n{activate}set prompt = \"<$prompt:q>\"\ndeactivate\necho $prompt:q\n\
             set prompt = 'mine> '\n{activate}set prompt = 'new> '\ndeactivate\necho $prompt:q\n"
        );
        assert_eq!(prints(&fixture, &real, &script), "<mine> >\nnew> \n", "{label}");
    }
}

#[test]
fn options_of_csh_change_nothing() {
    for (label, option) in [
        ("csh", "set histchars = ''"),
        ("tcsh", "set histchars = ''"),
        ("tcsh", "set backslash_quote"),
    ] {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        let root = fixture.environment(r"a\b!c'd", r"a\b!c'd");
        let code = fixture.activation(real.shell, &root, r"a\b!c'd", &fixture.host(&[]));
        let drawn = if label == "tcsh" { r"(a\\b\!c'd) mine> " } else { r"(a\b\!c'd) mine> " };
        let script = format!(
            "{option}\nset prompt = 'mine> '\n{}{}setenv DRAWN $prompt:q\n{}\
             deactivate\necho $prompt:q\n{}",
            read_code(real.shell, &code),
            "",
            note("on"),
            note("off")
        );
        assert_eq!(prints(&fixture, &real, &script), "mine> \n", "{label}: {option}");
        let on = fixture.seen("on");
        assert_eq!(on["VIRTUAL_ENV"], root, "{label}: {option}");
        assert_eq!(on["VIRTUAL_ENV_PROMPT"], r"a\b!c'd", "{label}: {option}");
        assert_eq!(on["DRAWN"], drawn, "{label}: {option}");
        assert_eq!(fixture.seen("off")["PATH"], fixture.path, "{label}: {option}");
    }
}

#[test]
fn a_constrained_session_of_powershell_is_activated_and_deactivated() {
    let Some((real, fixture, activate)) = with_environment("pwsh") else { return };
    let script = format!(
        "$ErrorActionPreference = 'Stop'\n$env:PYTHONHOME = '/mine'\n\
         $ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'\n\
         {activate}{}Write-Host (prompt)\ndeactivate\n{}",
        note("on"),
        note("off")
    );
    assert!(prints(&fixture, &real, &script).contains("(name) "));
    let (on, off) = (fixture.seen("on"), fixture.seen("off"));
    let path = format!("{}:{}", fixture.at("env/bin").display(), fixture.path.display());
    assert_eq!(on["PATH"], *path);
    assert_eq!(on.get("PYTHONHOME"), None);
    assert_eq!(
        (off["PATH"].clone(), off["PYTHONHOME"].clone()),
        (fixture.path.clone(), "/mine".into())
    );
}

#[test]
fn nushells_deactivate_fails_where_nothing_is_active() {
    let Some((real, fixture, activate)) = with_environment("nu") else { return };
    let script = format!(
        "{activate}deactivate\ntry {{ deactivate; print passed }} catch {{|e| print $e.msg }}\n"
    );
    assert_eq!(prints(&fixture, &real, &script), "no virtual environment is active\n");
}

/// Each overlay has variables of its own, and one of them may not show through another.
#[test]
fn nushells_overlays_leave_nothing() {
    let Some((real, fixture, activate)) = with_environment("nu") else { return };
    let second = activate.replace(".nu'", ".nu' as second");
    for (script, name) in [
        (format!("{activate}{second}deactivate\n"), "deactivate"),
        (format!("{activate}deactivate\n{second}deactivate\n"), "again"),
        (format!("{activate}overlay hide activate\n"), "hide"),
    ] {
        prints(&fixture, &real, &(script + &note("off")));
        let off = fixture.seen("off");
        assert_eq!(off["PATH"], fixture.path, "{name}");
        assert!(
            !off.keys().any(|name| name.contains("VIRTUAL") || name.contains("RVENV_E")),
            "{name}"
        );
    }
}

/// A script that a program of the shell starts does not remember what the shell remembers.
#[test]
fn the_state_of_an_activation_is_not_exported() {
    for label in OTHERS {
        let Some((real, fixture, activate)) = with_environment(label) else { continue };
        prints(&fixture, &real, &(activate + &note("on")));
        let on = fixture.seen("on");
        let left: Vec<_> =
            on.keys().filter(|name| name.to_uppercase().contains("RVENV_")).collect();
        let own = ["RVENV_NOTES".to_owned(), "RVENV_SHOWN".to_owned()];
        assert_eq!(left, own.iter().collect::<Vec<_>>(), "{label}");
    }
}
