//! No text of a project, an argument or a name reaches the terminal as it is.

use std::fs;

use crate::sandbox::{Ran, Sandbox, skip};

/// Characters that move the cursor, change the order of text, or cannot be seen; the last one is a line
/// separator, which `pyvenv.cfg` cannot have.
const HOSTILE: &str =
    "a\u{1b}[2J\u{9b}31m\u{202e}\u{61c}\u{200b}\u{2060}\u{feff}\u{e0041}\u{7f}\r\u{2028}z";

fn is_deceptive(c: char) -> bool {
    c.is_control() && c != '\n' && c != '\t' || HOSTILE.contains(c) && !c.is_ascii()
}

/// A project with such a name, an environment, and settings with such values.
fn fixture() -> (Sandbox, std::path::PathBuf) {
    let sandbox = Sandbox::new();
    let dir = sandbox.project().join(HOSTILE.replace(['\r', '\u{2028}'], ""));
    fs::create_dir(&dir).unwrap();
    Ran::of(sandbox.rvenv().current_dir(&dir).args(["create", "--without-pip"])).ok();
    let prompt = HOSTILE.chars().map(|c| format!("\\U{:08x}", c as u32)).collect::<String>();
    fs::write(dir.join("rvenv.toml"), format!("prompt = \"{prompt}\"\n")).unwrap();
    (sandbox, dir)
}

#[test]
fn deceptive_characters_are_escaped_by_every_command() {
    let (sandbox, dir) = fixture();
    let option = format!("--{HOSTILE}");
    for args in [
        &["check"][..],
        &["check", ".venv"],
        &["list"],
        &["config"],
        &["python", "list"],
        &["create", "--dry-run", "--clear"],
        &["create", "--dry-run", "-p", HOSTILE],
        &["create", "--dry-run", "--prompt", HOSTILE, "x"],
        &["remove", "--dry-run", ".venv"],
        &["allow"],
        &["deny"],
        &["allow", HOSTILE],
        &["run", HOSTILE],
        &["run", "--env", HOSTILE, "true"],
        &["install", "--env", HOSTILE, "x"],
        &["pack", HOSTILE, "-o", "/dev/full"],
        &["unpack", HOSTILE],
        &["python", "find", HOSTILE],
        &["check", "--explain", HOSTILE],
        &["list", "--older-than", HOSTILE],
        &["activate", "--shell", HOSTILE],
        &["completions", HOSTILE],
        &["help", HOSTILE],
        &[HOSTILE],
        &[&option],
        &["create", &option],
    ] {
        let ran = Ran::of(sandbox.rvenv().current_dir(&dir).args(args));
        let found = ran.stdout.chars().chain(ran.stderr.chars()).find(|c| is_deceptive(*c));
        assert_eq!(found, None, "{args:?}: {ran:#?}");
        assert!(!(ran.stdout.is_empty() && ran.stderr.is_empty()), "{args:?}: {ran:#?}");
    }
}

#[test]
fn deceptive_characters_are_escaped_in_json_on_a_terminal() {
    if which::which("script").is_err() {
        return skip("script is not installed");
    }
    let (sandbox, dir) = fixture();
    for args in ["check --json", "list --json", "python list --json", "create --dry-run --json x"] {
        let line = format!("'{}' {args}", env!("CARGO_BIN_EXE_rvenv"));
        let mut command = sandbox.command("script");
        command.args(["-q", "-e", "-c", &line, "/dev/null"]).current_dir(&dir);
        let ran = Ran::of(command.stdin(std::process::Stdio::null()));
        // A terminal ends lines with CR LF, and `script` may echo the end of its input.
        let shown = ran.stdout.replace("\r\n", "\n");
        let shown = shown.trim_start_matches("^D\u{8}\u{8}");
        assert!(shown.contains('{'), "{args}: {ran:#?}");
        assert_eq!(shown.chars().find(|c| is_deceptive(*c)), None, "{args}: {ran:#?}");
    }
}
