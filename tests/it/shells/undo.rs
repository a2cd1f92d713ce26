//! Deactivation after the variables, the prompt, the options or the functions changed.

use std::process::Stdio;

use rvenv::shell::Shell;

use super::dialect::{note, read_code, set, source};
use super::{Fixture, Real, real};
use crate::sandbox::Ran;

const POSIX: [&str; 7] = ["bash", "zsh", "dash", "busybox", "ksh93", "mksh", "yash"];

/// Runs `script`, which has to succeed; gives stdout.
#[track_caller]
fn prints(fixture: &Fixture, real: &Real, script: &str) -> String {
    let file = fixture.code(script.as_bytes());
    let ran = Ran::of(fixture.command(real).arg(file).stdin(Stdio::null()));
    assert!(ran.code == Some(0) && ran.stderr.is_empty(), "{}: {ran:?}\n{script}", real.label);
    ran.stdout
}

/// For each POSIX shell, the fixture with an environment, and the two ways to activate it.
fn each_posix_shell(check: impl Fn(&Fixture, &Real, &str)) {
    for label in POSIX {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        let root = fixture.environment("env", "name");
        let code = fixture.activation(real.shell, &root, "name", &fixture.host(&[]));
        for way in [source(real.shell, &root), read_code(real.shell, &code)] {
            check(&fixture, &real, &way);
        }
    }
}

#[test]
fn an_alias_named_deactivate_comes_back() {
    each_posix_shell(|fixture, real, activate| {
        let aliases = if real.shell == Shell::Bash { "shopt -s expand_aliases\n" } else { "" };
        let script = format!(
            "{aliases}alias deactivate='echo mine'\n{activate}{}deactivate\n{}alias deactivate\n",
            note("on"),
            note("off")
        );
        let shown = prints(fixture, real, &script);
        assert_eq!(fixture.seen("on")["VIRTUAL_ENV"], fixture.at("env"), "{}", real.label);
        assert_eq!(fixture.seen("off")["PATH"], fixture.path, "{}", real.label);
        assert!(shown.contains("echo mine") && shown.lines().count() == 1, "{shown}");
    });
}

#[test]
fn a_function_named_deactivate_comes_back() {
    each_posix_shell(|fixture, real, activate| {
        if ["dash", "busybox"].contains(&real.label) {
            return;
        }
        let script = format!(
            "deactivate () {{ echo mine; }}\n{activate}deactivate\n{}deactivate\n",
            note("off")
        );
        assert_eq!(prints(fixture, real, &script), "mine\n", "{}", real.label);
        assert_eq!(fixture.seen("off")["PATH"], fixture.path, "{}", real.label);
    });
}

/// pyenv-virtualenv has a program of that name among its shims.
#[test]
fn a_program_named_deactivate_fails_no_strict_script() {
    for label in ["bash", "zsh", "ksh93", "mksh"] {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        std::os::unix::fs::symlink("python", fixture.at("system/deactivate")).unwrap();
        let activate = source(real.shell, &fixture.environment("env", "name"));
        let strict = if label == "bash" { "set -eE" } else { "set -e" };
        let script = format!(
            "{strict}\ntrap 'echo failed' ERR\n{activate}{}deactivate\n{}",
            note("on"),
            note("off")
        );
        assert_eq!(prints(&fixture, &real, &script), "", "{label}");
        assert_eq!(fixture.seen("on")["VIRTUAL_ENV"], fixture.at("env"), "{label}");
        assert_eq!(fixture.seen("off")["PATH"], fixture.path, "{label}");
    }
}

#[test]
fn a_function_or_alias_named_hash_is_not_called() {
    each_posix_shell(|fixture, real, activate| {
        let aliases = if real.shell == Shell::Bash { "shopt -s expand_aliases\n" } else { "" };
        for own in ["hash () { echo called; }", "alias hash='echo called'"] {
            let script = format!("{aliases}{own}\n{activate}{}deactivate\n", note("on"));
            assert_eq!(prints(fixture, real, &script), "", "{}: {own}", real.label);
            assert_eq!(fixture.seen("on")["VIRTUAL_ENV"], fixture.at("env"), "{}", real.label);
        }
    });
}

#[test]
fn the_entry_is_removed_without_virtual_env() {
    each_posix_shell(|fixture, real, activate| {
        for change in ["unset VIRTUAL_ENV", "VIRTUAL_ENV=/another"] {
            let script = format!("{activate}{change}\ndeactivate\n{}", note("off"));
            assert_eq!(prints(fixture, real, &script), "", "{}", real.label);
            assert_eq!(fixture.seen("off")["PATH"], fixture.path, "{}: {change}", real.label);
            assert_eq!(fixture.seen("off").get("VIRTUAL_ENV"), None, "{}: {change}", real.label);
        }
    });
}

#[test]
fn the_prefix_is_removed_where_the_prompt_was_disabled_or_wrapped() {
    each_posix_shell(|fixture, real, activate| {
        let script = format!(
            "PS1='mine> '\n{activate}export VIRTUAL_ENV_DISABLE_PROMPT=1\nPS1=\"<$PS1>\"\ndeactivate\n\
             unset VIRTUAL_ENV_DISABLE_PROMPT\necho \"$PS1\"\n"
        );
        assert_eq!(prints(fixture, real, &script), "<mine> >\n", "{}", real.label);
    });
}

/// A script has no prompt: the activation gives it one, as the standard library's does, and takes it back.
#[test]
fn a_script_without_a_prompt_has_the_name_in_it_while_active() {
    each_posix_shell(|fixture, real, activate| {
        let script = format!(
            "unset PS1\n{activate}eval \"echo \\\"$PS1\\\"\"\ndeactivate\necho \"${{PS1-unset}}\"\n\
             PS1=\n{activate}deactivate\necho \"${{PS1-unset}}\"\n"
        );
        assert_eq!(prints(fixture, real, &script), "(name) \nunset\n\n", "{}", real.label);
    });
}

/// As VS Code's Python extension sets it: PATH several times, and the name in front of the prompt.
#[test]
fn the_printed_code_removes_all_that_an_editor_injected() {
    each_posix_shell(|fixture, real, activate| {
        let (env, path) = (fixture.at("env"), fixture.path.to_string_lossy().into_owned());
        let bin = env.join("bin").display().to_string();
        let inject = format!(
            "{}{}PATH='{bin}:/a b:{bin}:{bin}:{path}'\nPS1='(name) mine> '\n",
            set(real.shell, "VIRTUAL_ENV", &env.display().to_string()),
            set(real.shell, "VIRTUAL_ENV_PROMPT", "name"),
        );
        let leave = read_code(real.shell, &fixture.deactivation(real.shell, &fixture.host(&[])));
        let script = format!("{inject}{leave}echo \"$PATH|$PS1\"\n");
        assert_eq!(
            prints(fixture, real, &script),
            format!("/a b:{path}|mine> \n"),
            "{}",
            real.label
        );
        let script = format!("{inject}{activate}deactivate\necho \"$PS1\"\n");
        assert_eq!(prints(fixture, real, &script), "mine> \n", "{}", real.label);
    });
}

#[test]
fn path_is_exact_where_zsh_keeps_it_unique() {
    let Some(real) = real("zsh") else { return };
    let fixture = Fixture::new();
    let root = fixture.environment("env", "name");
    let activate = source(real.shell, &root);
    let script = format!(
        "typeset -U path PATH\nold=$PATH\n{activate}\
         path=(${{path:#$VIRTUAL_ENV/bin}} $VIRTUAL_ENV/bin)\ndeactivate\n[[ $PATH == $old ]] && echo same\n\
         PATH=/a:/b:\n{activate}deactivate\necho $PATH\nPATH=\n{activate}deactivate\necho \"[$PATH]\"\n"
    );
    assert_eq!(prints(&fixture, &real, &script), "same\n/a:/b:\n[]\n");
}

#[test]
fn the_prompt_is_text_where_bash_expands_no_variables_in_it() {
    let Some(real) = real("bash") else { return };
    let fixture = Fixture::new();
    let root = fixture.environment("env", r"na\me");
    let activate = source(real.shell, &root);
    let script = format!(
        "shopt -u promptvars\nPS1='> '\n{activate}echo \"${{PS1@P}}\"\nshopt -s promptvars\ndeactivate\necho \"$PS1\"\n"
    );
    assert_eq!(prints(&fixture, &real, &script), "(na\\me) > \n> \n");
}

#[test]
fn a_script_that_is_sourced_by_its_own_name_activates() {
    for label in ["bash", "zsh", "dash", "busybox", "ksh93", "mksh", "yash"] {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        let root = fixture.environment("env", "name");
        let mut command = fixture.command(&real);
        command.args(["-c", ". \"$0\" && echo \"$VIRTUAL_ENV\""]).arg(root.join("bin/activate"));
        assert_eq!(Ran::of(&mut command).ok().stdout, format!("{}\n", root.display()), "{label}");
    }
}

#[test]
fn variables_that_mislead_python_are_hidden_and_restored() {
    each_posix_shell(|fixture, real, activate| {
        let names = rvenv::support::python_vars::MISLEADING;
        let mut script: String =
            names.iter().map(|name| set(real.shell, name, &format!("/my {name}"))).collect();
        script += &format!("{activate}{}deactivate\n{}", note("on"), note("off"));
        prints(fixture, real, &script);
        let (on, off) = (fixture.seen("on"), fixture.seen("off"));
        for name in names {
            assert_eq!(on.get(name), None, "{}: {name}", real.label);
            assert_eq!(off[name], *format!("/my {name}"), "{}: {name}", real.label);
            assert_eq!(off.get(&format!("_OLD_VIRTUAL_{name}")), None, "{}: {name}", real.label);
        }
    });
}

/// An environment has no program of that name, and the one of PATH knows the packages of another Python.
#[test]
fn pydoc_is_the_environments_unless_the_user_has_one() {
    for label in
        POSIX.into_iter().chain(["fish", "csh", "tcsh", "nu", "pwsh", "xonsh", "xonsh-current"])
    {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        let root = fixture.environment("env", "name");
        std::os::unix::fs::symlink("python", fixture.at("system/pydoc")).unwrap();
        let activate = source(real.shell, &root);
        fixture.quiet(&real, format!("{activate}pydoc in\ndeactivate\npydoc out\n"));
        assert_eq!(fixture.seen("-m")["self"], *root.join("bin/python"), "{label}");
        assert_eq!(fixture.seen("out")["self"], *fixture.at("system/pydoc"), "{label}");
        let own = match label {
            // An overlay hides the user's own until it is hidden itself.
            "nu" => continue,
            "xonsh" | "xonsh-current" => "aliases['pydoc'] = ['python', 'own']",
            "fish" => "function pydoc; python own; end",
            "csh" | "tcsh" => "alias pydoc python own",
            "pwsh" => "function pydoc { python own }",
            _ => "pydoc () { python own; }",
        };
        fixture.quiet(&real, format!("{own}\n{activate}pydoc\n"));
        assert_eq!(fixture.seen("own")["self"], *root.join("bin/python"), "{label}");
        fixture.quiet(&real, format!("{own}\n{activate}deactivate\npydoc\n"));
        assert_eq!(fixture.seen("own")["self"], *fixture.at("system/python"), "{label}");
    }
}
