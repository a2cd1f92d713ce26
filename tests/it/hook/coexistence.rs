//! The hook beside other tools that change PATH, and in shells that inherit an activation.

use super::fixture::{Fixture, read, read_tool};
use crate::sandbox::{Ran, skip_unless_required, write_program};
use crate::shells::{Real, dialect, real};

const PROMPTING: [&str; 3] = ["bash", "zsh", "fish"];

/// The shells whose hook runs at each prompt, and which these tests can type into.
const ALL: [&str; 7] = ["bash", "zsh", "fish", "tcsh", "pwsh", "elvish", "xonsh"];

/// The path of a tool; `None`, which is reported, where it is not installed.
pub(super) fn tool(name: &str) -> Option<std::path::PathBuf> {
    let found = which::which(name).ok();
    if found.is_none() {
        skip_unless_required("RVENV_REQUIRE_SHELLS", &format!("{name} is not installed"));
    }
    found
}

/// A child of the shell that reads the hook again.
fn child(fixture: &Fixture, real: &Real, before: &str) -> String {
    let words = std::iter::once(real.program.to_str().unwrap()).chain(real.args.iter().copied());
    let start = read(real, &fixture.at(format!("rc.{}.ps1", real.label)));
    format!("{} -i\n{before}\n{start}\n", words.collect::<Vec<_>>().join(" "))
}

/// A directory with a `python` that is not the environment's.
fn shims(fixture: &Fixture) -> String {
    let dir = fixture.at("shims");
    std::fs::create_dir_all(&dir).unwrap();
    std::os::unix::fs::symlink("/bin/false", dir.join("python")).unwrap();
    dir.display().to_string()
}

fn prepend(real: &Real, dir: &str) -> String {
    dialect::prepend(real.shell, dir).trim_end().to_owned()
}

/// In a child the activation is complete, also where its start file put another Python first.
#[test]
fn a_child_has_the_whole_activation() {
    for label in PROMPTING {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        let a = fixture.project("a");
        let other = prepend(&real, &shims(&fixture));
        let child = child(&fixture, &real, &other);
        let lines = format!(
            "cd ../a\nnote in\n{child}note child\ndeactivate\nnote ended\ncd ..\nnote out\nexit\nnote parent"
        );
        let shown = fixture.types(&real, &lines);
        for name in ["in", "child", "parent"] {
            fixture.note(name, &shown).active(&a);
        }
        assert!(shown.contains("(a)"), "{label}: {shown}");
        for name in ["ended", "out"] {
            let note = fixture.note(name, &shown);
            assert_eq!(note.get("VIRTUAL_ENV"), None, "{label}: {name}");
            assert!(!note.get("PATH").unwrap().contains("a/.venv"), "{label}: {name}");
        }
    }
}

/// A fixture whose shells inherit the activation of `a` from a parent, and a PATH that a start file set: the
/// entry is missing, or comes behind another Python.
fn inherited(is_missing: bool) -> (Fixture, std::path::PathBuf) {
    let mut fixture = Fixture::new();
    let a = fixture.project("a");
    let entry = if is_missing { "/bin".into() } else { a.join("bin").display().to_string() };
    let path =
        format!("{}:{}:/usr/bin:{entry}:/bin", shims(&fixture), fixture.at("tools").display());
    fixture.sandbox.set("PATH", path).set("VIRTUAL_ENV", &a).set("VIRTUAL_ENV_PROMPT", "a");
    fixture.sandbox.set("_RVENV_HOOK", &a);
    (fixture, a)
}

#[test]
fn an_inherited_activation_is_made_again_and_ended_in_the_child() {
    for label in ALL.into_iter().chain(["ksh93", "mksh", "yash", "dash", "busybox"]) {
        let Some(real) = real(label) else { continue };
        for is_missing in [true, false] {
            let (fixture, a) = inherited(is_missing);
            let hook = rvenv::shell::hook(real.shell, &fixture.at("tools/rvenv")).unwrap();
            let file = fixture.at("rc.ps1");
            std::fs::write(&file, hook).unwrap();
            let lines = format!(
                "cd ../a\n{}\nnote in\ndeactivate\nnote ended\ncd ..\nnote out\ncd a\nnote back",
                read(&real, &file)
            );
            let shown = fixture.types_without(&real, &lines);
            for name in ["in", "back"] {
                fixture.note(name, &shown).active(&a);
            }
            let ended = fixture.note("ended", &shown);
            assert_eq!(ended.get("VIRTUAL_ENV"), None, "{label}: {shown}");
            assert!(!ended.get("PATH").unwrap().contains("a/.venv"), "{label}: {shown}");
            fixture.note("out", &shown).inactive();
        }
    }
}

/// nushell runs hooks at its prompt only, so this script calls the last one itself.
#[test]
fn an_inherited_activation_is_made_again_and_ended_in_a_child_that_is_nushell() {
    let Some(real) = real("nu") else { return };
    for is_missing in [true, false] {
        let (fixture, a) = inherited(is_missing);
        let hook = rvenv::shell::hook(real.shell, &fixture.at("tools/rvenv")).unwrap();
        let (file, script) = (fixture.at("hook.nu"), fixture.at("script.nu"));
        std::fs::write(&file, hook).unwrap();
        let text = format!(
            "cd ../a\nsource '{}'\n\
             def --env prompt [] {{ do --env ($env.config.hooks.pre_prompt | last) }}\n\
             prompt; note in; rvenv deactivate | from json | load-env; prompt; note ended\n\
             cd ..; prompt; note out; cd a; prompt; note back\n",
            file.display()
        );
        std::fs::write(&script, text).unwrap();
        let mut command = fixture.sandbox.command(&real.program);
        let ran = Ran::of(command.args(real.args).arg(script)).ok();
        for name in ["in", "back"] {
            fixture.note(name, &ran.stderr).active(&a);
        }
        assert_eq!(fixture.note("ended", &ran.stderr).get("VIRTUAL_ENV"), None);
        fixture.note("out", &ran.stderr).inactive();
    }
}

/// Each PATH is repaired once: the second time, another tool insists on the first place.
#[test]
fn a_lost_entry_is_repaired_once() {
    for label in ALL {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        let a = fixture.project("a");
        let path = format!("/usr/bin:/bin:{}", fixture.at("tools").display());
        let lose = dialect::set(real.shell, "PATH", &path);
        let lines = format!(
            "cd ../a\n{lose}\nnote repaired\n{lose}\nnote again\nnote still\ncd ..\nnote out\n"
        );
        let shown = fixture.types(&real, &lines);
        fixture.note("repaired", &shown).active(&a);
        for name in ["again", "still"] {
            let note = fixture.note(name, &shown);
            assert!(!note.get("PATH").unwrap().contains("a/.venv"), "{label}: {shown}");
        }
        fixture.note("out", &shown).inactive();
        // Nothing that the hook remembers is exported.
        for name in ["_RVENV_HOOK_STATE", "_RVENV_HOOK_LEFT", "_RVENV_HOOK_HELD"] {
            assert_eq!(fixture.note("repaired", &shown).get(name), None, "{label}: {name}");
        }
    }
}

/// The same directories in another order: neither the length of PATH nor the set of its entries tells.
#[test]
fn a_path_in_another_order_is_repaired() {
    for label in ALL {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        let a = fixture.project("a");
        let path = format!(
            "/bin:/usr/bin:/usr/local/bin:{}:{}",
            fixture.at("tools").display(),
            a.join("bin").display()
        );
        let reorder = dialect::set(real.shell, "PATH", &path);
        let shown = fixture.types(&real, &format!("cd ../a\n{reorder}\nnote in\ncd ..\nnote out"));
        fixture.note("in", &shown).active(&a);
        fixture.note("out", &shown).inactive();
    }
}

/// A directory with a `python` comes first: the environment is not used any more.
#[test]
fn a_python_that_is_put_before_the_entry_is_put_behind_it() {
    for label in ALL {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        let a = fixture.project("a");
        let shims = shims(&fixture);
        let lines = format!("cd ../a\n{}\nnote in\ncd ..\nnote out", prepend(&real, &shims));
        let shown = fixture.types(&real, &lines);
        fixture.note("in", &shown).active(&a);
        assert!(fixture.note("in", &shown).get("PATH").unwrap().contains(&shims), "{label}");
        fixture.note("out", &shown).inactive();
    }
}

#[test]
fn a_directory_without_python_may_come_first() {
    for label in ALL {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        fixture.project("a");
        let add = prepend(&real, "/opt");
        let shown = fixture.types(&real, &format!("cd ../a\n{add}\n\nnote in\ncd ..\nnote out"));
        let path = fixture.note("in", &shown).get("PATH").unwrap().to_owned();
        assert!(path.starts_with("/opt:"), "{label}: {path}");
        fixture.note("out", &shown).inactive();
    }
}

#[test]
fn virtual_env_that_was_changed_ends_the_activation() {
    for label in ALL {
        let Some(real) = real(label) else { continue };
        for (case, change) in [
            dialect::unset(real.shell, "VIRTUAL_ENV"),
            dialect::set(real.shell, "VIRTUAL_ENV", "/another"),
        ]
        .into_iter()
        .enumerate()
        {
            let fixture = Fixture::new();
            let a = fixture.project("a");
            let lines = format!("cd ../a\n{change}\nnote changed\ncd ..\nnote out\ncd a\nnote in");
            let shown = fixture.types(&real, &lines);
            let note = fixture.note("changed", &shown);
            assert!(!note.get("PATH").unwrap().contains("a/.venv"), "{label}, {case}: {shown}");
            if case == 0 {
                fixture.note("out", &shown).inactive();
                fixture.note("in", &shown).active(&a);
            } else {
                // The hook leaves the variables of other tools.
                assert_eq!(
                    fixture.note("in", &shown).get("VIRTUAL_ENV"),
                    Some("/another"),
                    "{label}"
                );
            }
        }
    }
}

/// Texts of `.envrc`, and whether the environment of the hook is active beside each.
const ENVRC: [(&str, bool); 4] = [
    ("PATH_add bin", true),
    ("layout python3 --without-pip", false),
    ("export FOO=1", true),
    ("export VIRTUAL_ENV=$PWD/other\nPATH_add bin", false),
];

/// Nothing of the environment is left after its project, whatever direnv restores.
#[test]
fn direnv_keeps_nothing_on_path() {
    if tool("direnv").is_none() {
        return;
    }
    for label in PROMPTING {
        let Some(real) = real(label) else { continue };
        for (envrc, is_active) in ENVRC {
            for first in [true, false] {
                direnv(&real, envrc, is_active, first);
            }
        }
    }
}

/// direnv restores a PATH with an entry that the user removed by `deactivate`.
#[test]
fn an_environment_that_the_user_left_beside_direnv_does_not_come_back() {
    if tool("direnv").is_none() {
        return;
    }
    for label in PROMPTING {
        let Some(real) = real(label) else { continue };
        for envrc in ["PATH_add bin", "layout python3 --without-pip"] {
            let lines = "cd ../a\n\ndeactivate\n\ncd ..\n\nnote out\n\ncd a\n\ndeactivate\n\ncd ../b\n\nnote b";
            let mut fixture = Fixture::new();
            fixture.project("a");
            let b = fixture.project("b");
            let shown = types_beside_direnv(&mut fixture, &real, envrc, true, lines);
            fixture.note("out", &shown).inactive();
            fixture.note("b", &shown).active(&b);
        }
    }
}

/// Types `lines` into a shell that has both hooks: `first` is whether direnv's comes first.
fn types_beside_direnv(
    fixture: &mut Fixture,
    real: &Real,
    envrc: &str,
    first: bool,
    lines: &str,
) -> String {
    std::fs::write(fixture.at("a/.envrc"), envrc).unwrap();
    fixture.sandbox.set("DIRENV_LOG_FORMAT", "");
    let mut allow = fixture.sandbox.command("direnv");
    Ran::of(allow.args(["allow", "."]).current_dir(fixture.at("a"))).ok();
    let hook = read_tool(real, &which::which("direnv").unwrap(), "hook");
    if first {
        fixture.types_after(real, &hook, lines)
    } else {
        fixture.types(real, &format!("{hook}\n{lines}"))
    }
}

/// Goes into a project with this `.envrc` and out of it, twice.
fn direnv(real: &Real, envrc: &str, is_active: bool, first: bool) {
    let mut fixture = Fixture::new();
    let a = fixture.project("a");
    let label = real.label;
    let lines = "cd ../a\n\nnote in\ncd ..\n\nnote out\n\ncd a\n\nnote back\ncd ..\n\nnote end";
    let shown = types_beside_direnv(&mut fixture, real, envrc, first, lines);
    for name in ["out", "end"] {
        let note = fixture.note(name, &shown);
        let path = note.get("PATH").unwrap();
        assert!(!path.contains("a/.venv"), "{label}, {envrc}, {first}: {name}: {path}\n{shown}");
        assert_eq!(note.get("VIRTUAL_ENV"), None, "{label}, {envrc}, {first}: {name}");
    }
    for name in ["in", "back"] {
        let note = fixture.note(name, &shown);
        let path = note.get("PATH").unwrap();
        let is_on_path = path.contains(a.join("bin").to_str().unwrap());
        assert!(is_on_path || !is_active, "{label}, {envrc}, {first}: {name}: {path}");
    }
}

#[test]
fn mise_and_the_hook_leave_nothing() {
    if tool("mise").is_none() {
        return;
    }
    for label in PROMPTING {
        let Some(real) = real(label) else { continue };
        for first in [true, false] {
            let mut fixture = Fixture::new();
            let a = fixture.project("a");
            std::fs::create_dir(fixture.at("a/bin")).unwrap();
            std::fs::write(fixture.at("a/mise.toml"), "[env]\n_.path = [\"bin\"]\n").unwrap();
            fixture
                .sandbox
                .set("MISE_TRUSTED_CONFIG_PATHS", fixture.at("a"))
                .set("MISE_OFFLINE", "1");
            let hook = read_tool(&real, &which::which("mise").unwrap(), "activate");
            let lines = "cd ../a\n\nnote in\ncd ..\n\nnote out";
            let shown = if first {
                fixture.types_after(&real, &hook, lines)
            } else {
                fixture.types(&real, &format!("{hook}\n{lines}"))
            };
            let path = fixture.note("in", &shown).get("PATH").unwrap().to_owned();
            assert!(path.contains(a.join("bin").to_str().unwrap()), "{label}, {first}: {path}");
            let path = fixture.note("out", &shown).get("PATH").unwrap().to_owned();
            assert!(!path.contains("a/.venv"), "{label}, {first}: {path}\n{shown}");
        }
    }
}

/// The shells whose `cd` is the hook keep the user's own.
#[test]
fn the_users_cd_still_runs() {
    for label in ["ksh93", "mksh", "yash", "dash", "busybox"] {
        let Some(real) = real(label) else { continue };
        for own in [
            "cd () { command cd \"$@\" && OWN=1 && export OWN; }",
            "_own () { command cd \"$@\" && OWN=1 && export OWN; }; alias cd=_own",
        ] {
            let fixture = Fixture::new();
            let a = fixture.project("a");
            let shown = fixture.types_after(&real, own, "cd ../a\nnote in\ncd ..\nnote out");
            fixture.note("in", &shown).active(&a);
            fixture.note("out", &shown).inactive();
            if own.contains("alias") || !["dash", "busybox"].contains(&label) {
                assert_eq!(
                    fixture.note("in", &shown).get("OWN"),
                    Some("1"),
                    "{label}: {own}: {shown}"
                );
            } else {
                assert!(shown.contains("cannot save"), "{label}: {shown}");
            }
        }
    }
}

#[test]
fn other_functions_of_zsh_stay_with_ksh_arrays() {
    let Some(real) = real("zsh") else { return };
    let fixture = Fixture::new();
    let before = "setopt ksh_arrays; one () { :; }; two () { :; }; precmd_functions=(one two)";
    let lines = "export SEEN=\"${precmd_functions[*]}\"\nnote functions";
    let shown = fixture.types_after(&real, before, lines);
    let seen = fixture.note("functions", &shown).get("SEEN").unwrap().to_owned();
    assert_eq!(seen, "_rvenv_hook_first one two _rvenv_hook", "{shown}");
}

#[test]
fn the_users_function_or_alias_named_hash_is_not_called() {
    for label in ["bash", "zsh", "ksh93", "mksh", "yash", "dash", "busybox"] {
        let Some(real) = real(label) else { continue };
        for own in ["hash () { note called; }", "alias hash='note called'"] {
            let fixture = Fixture::new();
            let a = fixture.project("a");
            let lines = "cd ../a\nrvenv --version\n: > .venv/bin/tool\nnote in\ncd ..\nnote out";
            let shown = fixture.types_after(&real, own, lines);
            fixture.note("in", &shown).active(&a);
            fixture.note("out", &shown).inactive();
            assert!(!fixture.at("notes/called").exists(), "{label}: {own}: {shown}");
        }
    }
}

#[test]
fn an_alias_or_function_named_rvenv_stops_no_hook() {
    for label in ["bash", "zsh", "ksh93", "mksh", "yash", "dash", "busybox", "fish", "tcsh"] {
        let Some(real) = real(label) else { continue };
        for own in ["alias rvenv='rvenv -q'", "rvenv () { command rvenv -q \"$@\"; }"] {
            let own = match (label, own.starts_with("alias")) {
                ("fish", true) => "alias rvenv 'rvenv -q'",
                ("fish", false) => "function rvenv; command rvenv -q $argv; end",
                ("tcsh", true) => "alias rvenv 'rvenv -q'",
                ("tcsh", false) => continue,
                _ => own,
            };
            let fixture = Fixture::new();
            let a = fixture.project("a");
            let lines = "cd ../a\nnote in\nrvenv --version\nnote again\ncd ..\nnote out";
            let shown = fixture.types_after(&real, own, lines);
            for name in ["in", "again"] {
                fixture.note(name, &shown).active(&a);
            }
            fixture.note("out", &shown).inactive();
            assert!(!shown.contains("yntax"), "{label}: {own}: {shown}");
        }
    }
}

/// zsh and bash forget what the user told them about a command at each `rehash`.
#[test]
fn the_users_hash_entries_stay() {
    for (label, add) in [("bash", "hash -p"), ("zsh", "hash")] {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        fixture.project("a");
        let program = fixture.at("mine");
        write_program(&program, "#!/bin/sh\nnote mine\n");
        let add = match label {
            "bash" => format!("{add} {} foo", program.display()),
            _ => format!("{add} foo={}", program.display()),
        };
        let shown = fixture.types(&real, &format!("cd ../a\n{add}\n\n\nfoo"));
        fixture.note("mine", &shown);
    }
}
