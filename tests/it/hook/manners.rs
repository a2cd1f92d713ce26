//! What the hook leaves alone in the user's shell.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rvenv::shell::{self, Shell};

use super::world::World;
use crate::sandbox::Ran;
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
    ];
    for (label, before, lines, more) in scenarios {
        let Some(real) = real(label) else { continue };
        let world = World::new();
        let shown = world.types_after(&real, before, lines);
        let note = world.note("code", &shown);
        assert_eq!(note.get("code"), Some("7"), "{label}: {before}\n{shown}");
        assert_eq!(note.get("more").unwrap_or_default(), more, "{label}: {before}\n{shown}");
    }
}

#[test]
fn the_prompt_command_is_kept_and_the_hook_is_there_once() {
    for before in ["PROMPT_COMMAND='mine=1'", "PROMPT_COMMAND=('mine=1' 'too=1')", ":"] {
        let real = real("bash").expect("bash");
        let world = World::new();
        let a = world.project("a");
        let rc = world.at("rc.bash");
        let lines = format!(
            ". '{}'\ncd ../a\nexport mine too all=\"${{PROMPT_COMMAND[*]}}\"\nnote in",
            rc.display()
        );
        let shown = world.types_after(&real, before, &lines);
        let note = world.note("in", &shown);
        note.active(&a);
        assert_eq!(note.get("all").unwrap().matches("_rvenv_hook").count(), 1, "{shown}");
        assert_eq!(note.get("mine"), before.contains("mine").then_some("1"), "{shown}");
        assert_eq!(note.get("too"), before.contains("too").then_some("1"), "{shown}");
    }
}

#[test]
fn zsh_keeps_the_functions_of_others() {
    let Some(real) = real("zsh") else { return };
    let world = World::new();
    let a = world.project("a");
    let before = "export chpwd=0 precmd=0; one () { chpwd=1 }; two () { precmd=1 }\nchpwd_functions=(one) precmd_functions=(two)";
    let rc = world.at("rc.zsh");
    let lines = format!(
        ". '{}'\ncd ../a\nexport all=\"$chpwd_functions $precmd_functions\"\nnote in\n(cd ..; note subshell)",
        rc.display()
    );
    let shown = world.types_after(&real, before, &lines);
    let note = world.note("in", &shown);
    note.active(&a);
    assert_eq!((note.get("chpwd"), note.get("precmd")), (Some("1"), Some("1")), "{shown}");
    assert_eq!(note.get("all"), Some("_rvenv_hook one _rvenv_hook two"), "{shown}");
    assert_eq!(world.note("subshell", &shown).starts(), note.starts(), "{shown}");
}

#[test]
fn strict_shells_stay_silent_and_alive() {
    for (label, strict) in [
        ("bash", "set -euo pipefail; shopt -u nullglob; set +h"),
        ("zsh", "set -euo pipefail; setopt warn_create_global"),
        ("zsh", "setopt ksh_arrays sh_word_split"),
        ("dash", "set -eu"),
        ("ksh93", "set -euo pipefail"),
        ("mksh", "set -euo pipefail"),
        ("yash", "set -eu"),
        ("busybox", "set -euo pipefail"),
    ] {
        let Some(real) = real(label) else { continue };
        let world = World::new();
        let a = world.project("a");
        let shown = world.types_after(&real, strict, "cd ../a\nnote in\ncd ..\n! true\nnote out");
        world.note("in", &shown).active(&a);
        world.note("out", &shown).inactive();
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
    for label in ["bash", "zsh", "fish", "dash", "ksh93", "mksh"] {
        let Some(real) = real(label) else { continue };
        let world = World::new();
        std::fs::create_dir(world.at("here")).unwrap();
        for (index, name) in names.iter().enumerate() {
            let root = world.project(Path::new("here").join(name));
            // A tame name leads there, so that nothing but rvenv has to quote.
            std::os::unix::fs::symlink(root.parent().unwrap(), world.at(format!("n{index}")))
                .unwrap();
        }
        let visits = (0..names.len()).map(|index| format!("cd ../n{index}\nnote {index}"));
        let shown = world.types(&real, &visits.collect::<Vec<_>>().join("\n"));
        for (index, name) in names.iter().enumerate() {
            world
                .note(&index.to_string(), &shown)
                .active(&world.at("here").join(name).join(".venv"));
        }
        assert!(
            !shown.contains("PWNED'") && find(&world.at(""), "PWNED").is_none(),
            "{label}: {shown}"
        );
    }
}

/// Where a file of this name is.
fn find(dir: &Path, name: &str) -> Option<std::path::PathBuf> {
    std::fs::read_dir(dir).unwrap().flatten().find_map(|entry| {
        let is_dir = entry.file_type().unwrap().is_dir();
        let found = (entry.file_name().as_bytes() == name.as_bytes()).then(|| entry.path());
        found.or_else(|| is_dir.then(|| find(&entry.path(), name)).flatten())
    })
}

#[test]
fn what_was_installed_is_found_before_what_was_looked_up() {
    for label in ["bash", "zsh"] {
        let Some(real) = real(label) else { continue };
        let world = World::new();
        let root = world.project("a");
        let tool = root.join("bin/tool");
        let system = world.at("tools/tool");
        for (path, text) in [(&system, "system"), (&world.at("theirs"), "theirs")] {
            std::fs::write(
                path,
                format!("#!/bin/sh\necho {text} >> '{}'\n", world.at("ran").display()),
            )
            .unwrap();
            let mut rights = std::fs::metadata(path).unwrap().permissions();
            std::os::unix::fs::PermissionsExt::set_mode(&mut rights, 0o755);
            std::fs::set_permissions(path, rights).unwrap();
        }
        let lines = format!("cd ../a\ntool\ncp ../theirs '{}'\ntool", tool.display());
        let shown = world.types(&real, &lines);
        let ran = std::fs::read_to_string(world.at("ran")).unwrap();
        assert_eq!(ran, "system\ntheirs\n", "{label}: {shown}");
    }
}

#[test]
fn the_hook_calls_the_program_that_printed_it() {
    let world = World::new();
    let ran = world.rvenv(&world.at("project"), &["hook", "bash"]);
    assert!(
        ran.stdout.contains(&format!("'{}' hook-env", env!("CARGO_BIN_EXE_rvenv"))),
        "{ran:#?}"
    );
    let program = Path::new("/opt/it's/$(rvenv)");
    let hook = shell::hook(Shell::Bash, program).unwrap();
    assert!(String::from_utf8(hook).unwrap().contains(r"'/opt/it'\''s/$(rvenv)' hook-env"));
    let ran = Ran::of(world.sandbox.rvenv().args(["hook", "cmd"])).code(1);
    assert!(ran.stderr.contains("cmd has no hook"), "{ran:#?}");
}
