//! The prompt, drawn by an interactive shell on a pseudo-terminal.

use std::fs;
use std::process::Command;

use rvenv::shell::Shell;

use super::dialect::{read_code, source};
use super::{Fixture, Real, real};
use crate::sandbox::{Ran, output, real_pythons};

/// The end of the prompt that the tests set.
pub(super) const MARK: &str = "@P@";

/// Sets the prompt to [`MARK`], without showing it in what is typed.
pub(super) fn prompt(shell: Shell) -> &'static str {
    match shell {
        Shell::Fish => {
            "function fish_prompt; printf '@%s@ ' P; end; function fish_right_prompt; end"
        }
        Shell::Csh | Shell::Tcsh => "set p = P; set prompt = \"@${p}@ \"",
        Shell::Nushell => {
            "$env.PROMPT_COMMAND = {|| ['@' 'P@'] | str join }; $env.PROMPT_INDICATOR = ' '"
        }
        Shell::Elvish => "set edit:prompt = { put '@' 'P@ ' }; set edit:rprompt = { }",
        // Input during the start may be lost.
        Shell::Xonsh => "pass\n$PROMPT = '{env_name}@' + 'P@ '",
        _ => "p=P; PS1=\"@${p}@ \"",
    }
}

/// Types `lines`; returns what was on the terminal from when the prompt was set.
fn typed(fixture: &Fixture, real: &Real, lines: &[String]) -> String {
    let mut command = fixture.command(real);
    if real.label != "nu" && real.label != "elvish" {
        command.arg("-i");
    }
    type_in(fixture, real, &command, lines)
}

/// Types `lines` in the shell that `base` starts.
pub(super) fn type_in(fixture: &Fixture, real: &Real, base: &Command, lines: &[String]) -> String {
    let script = fixture.code(lines.join("\n").as_bytes());
    let terminal = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/shells/terminal.py");
    let mut command = Command::new(&real_pythons()[0]);
    command.args([terminal, MARK]).arg(script).arg(base.get_program()).args(base.get_args());
    command.env_clear().envs(base.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if ["nu", "elvish"].contains(&real.label) {
        command.env("RVENV_SETTLE", "0.7");
    }
    command.current_dir(fixture.at("cwd"));
    let output = output(&mut command);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    plain(&String::from_utf8_lossy(&output.stdout))
}

/// Types `lines`: each of `names` is drawn, none is run, and none is left in the last prompt.
#[track_caller]
fn shows(fixture: &Fixture, real: &Real, lines: &[String], names: &[&str]) {
    let transcript = typed(fixture, real, lines);
    assert_eq!(
        fs::read_dir(fixture.at("cwd")).unwrap().count(),
        0,
        "{}: a name ran: {transcript}",
        real.label
    );
    for name in names {
        // ksh93 draws the number of the command for a `!`, after it expanded the prompt.
        if real.label == "ksh93" && name.contains('!') {
            continue;
        }
        let wanted = format!("({name}) {MARK}");
        assert!(transcript.contains(&wanted), "{}: no {wanted} in {transcript}", real.label);
    }
    let last = transcript.rfind(MARK).unwrap();
    assert!(!transcript[..last].ends_with(") "), "{}: {transcript}", real.label);
}

/// Drawing the prompt runs nothing, shows the name, and is as before after deactivating.
fn draws(real: &Real, before: &str) {
    let names = [
        "plain",
        "$(touch pwned)",
        "`touch pwned`",
        "a%b",
        "a!b",
        "';touch pwned;'",
        "%{$(touch pwned)%}",
    ];
    let fixture = Fixture::new();
    let root = fixture.environment("env", "unused");
    let mut lines = vec![format!("{before}; {}", prompt(real.shell))];
    for name in names {
        let code = fixture.activation(real.shell, &root, name, &fixture.host(&[]));
        lines.extend([read_code(real.shell, &code).trim_end().to_owned(), "deactivate".to_owned()]);
    }
    shows(&fixture, real, &lines, &names);
}

/// The same from the script on disk, for the shells whose code is data or a module, and with more names that
/// mean something to what draws their prompts.
fn draws_from_disk(real: &Real) {
    let names = [
        "plain",
        "$(touch pwned)",
        "`touch pwned`",
        "{RED}{user}",
        "a%b!c",
        "(touch pwned)",
        "';touch pwned;'",
    ];
    let fixture = Fixture::new();
    let mut lines = vec![prompt(real.shell).to_owned()];
    for (index, name) in names.iter().enumerate() {
        let root = fixture.environment(format!("env{index}"), name);
        let overlay =
            if real.shell == Shell::Nushell { format!(" as e{index}") } else { String::new() };
        let source = source(real.shell, &root);
        lines.extend([format!("{}{overlay}", source.trim_end()), "deactivate".to_owned()]);
    }
    shows(&fixture, real, &lines, &names);
}

/// A prompt that wraps ours, as other programs' do, works after the activation that it wraps ended.
fn draws_when_wrapped(label: &str, wrap: &str) {
    let Some(real) = real(label) else { return };
    let fixture = Fixture::new();
    let root = fixture.environment("env", "name");
    let activate = source(real.shell, &root).trim_end().to_owned();
    let leave = || "deactivate".to_owned();
    let lines =
        [prompt(real.shell).into(), activate.clone(), wrap.into(), leave(), activate, leave()];
    let shown = typed(&fixture, &real, &lines);
    let drawn = |text: &str| shown.find(text).unwrap_or_else(|| panic!("{label}: {text}: {shown}"));
    assert!(drawn("(name) @P@") < drawn("W(name) @P@"), "{label}: {shown}");
    assert!(drawn("W(name) @P@") < drawn("W@P@"), "{label}: {shown}");
    let rest = &shown[drawn("W@P@")..];
    assert!(rest.contains("(name)"), "{label}: {shown}");
    assert!(
        !rest.contains("(name) W(name)") && !rest.contains("W(name) (name)"),
        "{label}: {shown}"
    );
    assert!(!shown.contains("xception") && !shown.contains("raceback"), "{label}: {shown}");
    let last = rest.rfind(MARK).unwrap();
    assert!(!rest[..last].ends_with("(name) "), "{label}: {shown}");
}

#[test]
fn elvish_draws_a_prompt_that_wraps_it() {
    draws_when_wrapped("elvish", "var o = $edit:prompt; set edit:prompt = { put W; $o }");
}

#[test]
fn xonsh_draws_a_field_that_wraps_it() {
    let wrap =
        "o = $PROMPT_FIELDS['env_name']; $PROMPT_FIELDS['env_name'] = lambda: 'W' + (o() or '')";
    for label in ["xonsh", "xonsh-current"] {
        draws_when_wrapped(label, wrap);
    }
}

/// PowerShell draws what its function `prompt` writes and returns.
#[test]
fn powershell() {
    let Some(real) = real("pwsh") else { return };
    let names = [
        "plain",
        "$(touch pwned)",
        "`touch pwned`",
        "$env:HOME",
        "\u{2019};touch pwned;\u{2018}",
        "{0}",
    ];
    let fixture = Fixture::new();
    let mut script = format!("function prompt {{ '{MARK}' }}\n");
    let mut expected = String::new();
    for (index, name) in names.iter().enumerate() {
        let root = fixture.environment(format!("env{index}"), name);
        script += &format!("{}prompt\ndeactivate\nprompt\n", source(real.shell, &root));
        expected += &format!("({name}) {MARK}\n{MARK}\n");
    }
    let file = fixture.at("script.ps1");
    fs::write(&file, script).unwrap();
    let ran = Ran::of(fixture.command(&real).arg(file)).ok();
    assert_eq!((plain(&ran.stdout), ran.stderr), (expected, String::new()));
    assert_eq!(fs::read_dir(fixture.at("cwd")).unwrap().count(), 0);
}

/// The output without colours and carriage returns.
fn plain(output: &str) -> String {
    let mut plain = String::new();
    let mut chars = output.chars().peekable();
    while let Some(char) = chars.next() {
        if char == '\r' {
            continue;
        }
        if char != '\u{1b}' {
            plain.push(char);
        } else if chars.next_if_eq(&'[').is_some() {
            while chars.next().is_some_and(|char| !char.is_ascii_alphabetic()) {}
        } else if chars.next_if(|char| "()".contains(*char)).is_some() {
            chars.next();
        }
    }
    plain
}

macro_rules! prompts_from_disk {
    ($($test:ident $label:literal)*) => { $(
        #[test]
        fn $test() {
            if let Some(real) = real($label) {
                draws_from_disk(&real);
            }
        }
    )* };
}

prompts_from_disk! { nushell "nu" elvish "elvish" xonsh "xonsh" xonsh_current "xonsh-current" fish_from_disk "fish" zsh_from_disk "zsh" }

macro_rules! prompts {
    ($($test:ident $label:literal $before:literal)*) => { $(
        #[test]
        fn $test() {
            if let Some(real) = real($label) {
                draws(&real, $before);
            }
        }
    )* };
}

prompts! {
    bash "bash" "true"
    bash_without_history "bash" "set +o history"
    zsh "zsh" "unsetopt zle"
    zsh_promptsubst "zsh" "setopt promptsubst; unsetopt zle"
    zsh_ksh_arrays "zsh" "setopt ksh_arrays; unsetopt zle"
    dash "dash" "true"
    busybox "busybox" "true"
    ksh "ksh93" "true"
    mksh "mksh" "true"
    yash "yash" "true"
    fish "fish" "true"
    csh "csh" "true"
    tcsh "tcsh" "true"
}
