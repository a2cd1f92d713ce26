//! `rvenv shell`: the activation follows the user's start files, in every real shell that takes code there.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use rvenv::shell::Shell;

use super::prompt::{prompt, type_in};
use super::{Fixture, Real, real};
use crate::sandbox::write_program;

/// A start file of the user's, which puts `$HOME/other` first on PATH.
fn start_file(real: &Real) -> (&'static str, &'static str) {
    let posix = "PATH=$HOME/other:$PATH; export PATH\n";
    match real.label {
        "bash" => (".bashrc", posix),
        "zsh" => (".zshrc", posix),
        "fish" => (".config/fish/config.fish", "set -gx PATH $HOME/other $PATH\n"),
        "nu" => (
            ".config/nushell/config.nu",
            "$env.config.show_banner = false\n$env.PATH = ($env.PATH | split row (char esep) | prepend $'($env.HOME)/other')\n",
        ),
        _ => (".shrc", posix),
    }
}

/// A fixture with a start file and an environment, and the command that starts the shell in it.
fn started(real: &Real) -> (Fixture, std::path::PathBuf, Command) {
    let fixture = Fixture::new();
    let root = fixture.environment("it's an env", "name");
    let other = fixture.at("home/other");
    fs::create_dir(&other).unwrap();
    symlink(fixture.at("system/python").read_link().unwrap(), other.join("python")).unwrap();
    let (file, text) = start_file(real);
    let file = fixture.at("home").join(file);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, text).unwrap();
    let name = match real.label {
        "pwsh" | "nu" => real.label,
        _ => real.shell.name(),
    };
    let programs = fixture.at("programs");
    fs::create_dir(&programs).unwrap();
    symlink(real.program(), programs.join(name)).unwrap();
    let base = fixture.command(real);
    let mut command = Command::new(env!("CARGO_BIN_EXE_rvenv"));
    command.args(["shell", "--shell", real.shell.name()]).arg(&root);
    command.env_clear().envs(base.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let path = [programs, fixture.at("system"), "/usr/bin".into(), "/bin".into()];
    fs::create_dir(fixture.at("tmp")).unwrap();
    command.env("TMPDIR", fixture.at("tmp"));
    command.env("PATH", std::env::join_paths(path).unwrap()).env("ENV", file);
    command.current_dir(fixture.at("cwd"));
    (fixture, root, command)
}

/// What runs is the environment's, then what the start file chose.
#[track_caller]
fn is_activated(fixture: &Fixture, root: &std::path::Path, transcript: &str) {
    let active = fixture.seen("active");
    assert_eq!(active["self"], root.join("bin/python"), "{transcript}");
    assert_eq!(active["VIRTUAL_ENV"], root, "{transcript}");
    let after = fixture.seen("after");
    assert_eq!(after["self"], fixture.at("home/other/python"), "{transcript}");
    assert!(!after.contains_key("VIRTUAL_ENV"), "{transcript}");
}

fn starts(real: &Real) {
    let (fixture, root, command) = started(real);
    let lines = [prompt(real.shell), "python active", "deactivate", "python after"];
    let transcript = type_in(&fixture, real, &command, &lines.map(str::to_owned));
    is_activated(&fixture, &root, &transcript);
    // fish has a directory of its own there.
    let entries = fs::read_dir(fixture.at("tmp")).unwrap().flatten();
    let mut names = entries.map(|entry| entry.file_name().into_string().unwrap());
    assert!(!names.any(|name| name.starts_with("rvenv")), "{transcript}");
}

macro_rules! shells {
    ($($test:ident $label:literal)*) => { $(
        #[test]
        fn $test() {
            if let Some(real) = real($label) {
                starts(&real);
            }
        }
    )* };
}

shells! { bash "bash" zsh "zsh" dash "dash" ksh "ksh93" mksh "mksh" fish "fish" nushell "nu" }

/// The engine without its terminal evaluates what `pwsh -NoExit -Command` gets.
#[test]
fn powershell() {
    let Some(real) = real("pwsh") else { return };
    let (fixture, root, mut command) = started(&real);
    let wrapper = fixture.at("programs/pwsh");
    fs::remove_file(&wrapper).unwrap();
    let text = format!(
        "#!/bin/sh\n[ \"$#:$1:$2\" = 3:-NoExit:-Command ] || exit 99\n\
         {{ echo '$env:PATH = \"$env:HOME/other:$env:PATH\"'; printf '%s\\n' \"$3\" 'python active' deactivate 'python after'; }} > ../code/x.ps1\n\
         exec '{}' -NoProfile -NonInteractive -File ../code/x.ps1\n",
        real.program().display()
    );
    write_program(&wrapper, &text);
    let ran = crate::sandbox::Ran::of(&mut command).ok();
    assert_eq!(real.shell, Shell::PowerShell);
    is_activated(&fixture, &root, &ran.stderr);
}
