//! The hook beside other tools that change PATH, and in shells that inherit an activation.

use std::os::unix::fs::PermissionsExt;

use super::world::{World, read, read_tool};
use crate::sandbox::Ran;
use crate::shells::{Real, dialect, real};

const PROMPTING: [&str; 3] = ["bash", "zsh", "fish"];

/// The shells whose hook runs at each prompt, and which these tests can type into.
const ALL: [&str; 7] = ["bash", "zsh", "fish", "tcsh", "pwsh", "elvish", "xonsh"];

/// The path of a tool; `None`, said aloud, where it is not installed.
pub(super) fn tool(name: &str) -> Option<std::path::PathBuf> {
    let found = which::which(name).ok();
    let demanded = std::env::var_os("RVENV_REQUIRE_SHELLS").is_some_and(|value| value == "1");
    assert!(found.is_some() || !demanded, "{name} is not installed");
    if found.is_none() {
        eprintln!("skipped: {name} is not installed");
    }
    found
}

/// A child of the shell that reads the hook again.
fn child(world: &World, real: &Real, before: &str) -> String {
    let words = std::iter::once(real.program.to_str().unwrap()).chain(real.args.iter().copied());
    let start = read(real, &world.at(format!("rc.{}.ps1", real.label)));
    format!("{} -i\n{before}\n{start}\n", words.collect::<Vec<_>>().join(" "))
}

/// A directory with a `python` that is not the environment's.
fn shims(world: &World) -> String {
    let dir = world.at("shims");
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
        let world = World::new();
        let a = world.project("a");
        let other = prepend(&real, &shims(&world));
        let child = child(&world, &real, &other);
        let lines = format!(
            "cd ../a\nnote in\n{child}note child\ndeactivate\nnote ended\ncd ..\nnote out\nexit\nnote parent"
        );
        let shown = world.types(&real, &lines);
        for name in ["in", "child", "parent"] {
            world.note(name, &shown).active(&a);
        }
        assert!(shown.contains("(a)"), "{label}: {shown}");
        for name in ["ended", "out"] {
            let note = world.note(name, &shown);
            assert_eq!(note.get("VIRTUAL_ENV"), None, "{label}: {name}");
            assert!(!note.get("PATH").unwrap().contains("a/.venv"), "{label}: {name}");
        }
    }
}

/// A world whose shells inherit the activation of `a` from a parent, and a PATH that a start file set: the
/// entry is missing, or comes behind another Python.
fn inherited(is_missing: bool) -> (World, std::path::PathBuf) {
    let mut world = World::new();
    let a = world.project("a");
    let entry = if is_missing { "/bin".into() } else { a.join("bin").display().to_string() };
    let path = format!("{}:{}:/usr/bin:{entry}:/bin", shims(&world), world.at("tools").display());
    world.sandbox.set("PATH", path).set("VIRTUAL_ENV", &a).set("VIRTUAL_ENV_PROMPT", "a");
    world.sandbox.set("_RVENV_HOOK", &a);
    (world, a)
}

#[test]
fn an_inherited_activation_is_made_again_and_ended_in_the_child() {
    for label in ALL.into_iter().chain(["ksh93", "mksh", "yash", "dash", "busybox"]) {
        let Some(real) = real(label) else { continue };
        for is_missing in [true, false] {
            let (world, a) = inherited(is_missing);
            let hook = rvenv::shell::hook(real.shell, &world.at("tools/rvenv")).unwrap();
            let file = world.at("rc.ps1");
            std::fs::write(&file, hook).unwrap();
            let lines = format!(
                "cd ../a\n{}\nnote in\ndeactivate\nnote ended\ncd ..\nnote out\ncd a\nnote back",
                read(&real, &file)
            );
            let shown = world.types_without(&real, &lines);
            for name in ["in", "back"] {
                world.note(name, &shown).active(&a);
            }
            let ended = world.note("ended", &shown);
            assert_eq!(ended.get("VIRTUAL_ENV"), None, "{label}: {shown}");
            assert!(!ended.get("PATH").unwrap().contains("a/.venv"), "{label}: {shown}");
            world.note("out", &shown).inactive();
        }
    }
}

/// nushell runs hooks at its prompt only, so this script calls the last one itself.
#[test]
fn an_inherited_activation_is_made_again_and_ended_in_a_child_that_is_nushell() {
    let Some(real) = real("nu") else { return };
    for is_missing in [true, false] {
        let (world, a) = inherited(is_missing);
        let hook = rvenv::shell::hook(real.shell, &world.at("tools/rvenv")).unwrap();
        let (file, script) = (world.at("hook.nu"), world.at("script.nu"));
        std::fs::write(&file, hook).unwrap();
        let text = format!(
            "cd ../a\nsource '{}'\n\
             def --env prompt [] {{ do --env ($env.config.hooks.pre_prompt | last) }}\n\
             prompt; note in; rvenv deactivate | from json | load-env; prompt; note ended\n\
             cd ..; prompt; note out; cd a; prompt; note back\n",
            file.display()
        );
        std::fs::write(&script, text).unwrap();
        let mut command = world.sandbox.command(&real.program);
        let ran = Ran::of(command.args(real.args).arg(script)).ok();
        for name in ["in", "back"] {
            world.note(name, &ran.stderr).active(&a);
        }
        assert_eq!(world.note("ended", &ran.stderr).get("VIRTUAL_ENV"), None);
        world.note("out", &ran.stderr).inactive();
    }
}

/// Each PATH is repaired once: the second time, another tool insists on the first place.
#[test]
fn a_lost_entry_is_repaired_once() {
    for label in ALL {
        let Some(real) = real(label) else { continue };
        let world = World::new();
        let a = world.project("a");
        let path = format!("/usr/bin:/bin:{}", world.at("tools").display());
        let lose = dialect::set(real.shell, "PATH", &path);
        let lines = format!(
            "cd ../a\n{lose}\nnote repaired\n{lose}\nnote again\nnote still\ncd ..\nnote out\n"
        );
        let shown = world.types(&real, &lines);
        world.note("repaired", &shown).active(&a);
        for name in ["again", "still"] {
            let note = world.note(name, &shown);
            assert!(!note.get("PATH").unwrap().contains("a/.venv"), "{label}: {shown}");
        }
        world.note("out", &shown).inactive();
        // Nothing that the hook remembers is exported.
        for name in ["_RVENV_HOOK_STATE", "_RVENV_HOOK_LEFT", "_RVENV_HOOK_HELD"] {
            assert_eq!(world.note("repaired", &shown).get(name), None, "{label}: {name}");
        }
    }
}

/// The same directories in another order: neither the length of PATH nor the set of its entries tells.
#[test]
fn a_path_in_another_order_is_repaired() {
    for label in ALL {
        let Some(real) = real(label) else { continue };
        let world = World::new();
        let a = world.project("a");
        let path = format!(
            "/bin:/usr/bin:/usr/local/bin:{}:{}",
            world.at("tools").display(),
            a.join("bin").display()
        );
        let reorder = dialect::set(real.shell, "PATH", &path);
        let shown = world.types(&real, &format!("cd ../a\n{reorder}\nnote in\ncd ..\nnote out"));
        world.note("in", &shown).active(&a);
        world.note("out", &shown).inactive();
    }
}

/// A directory with a `python` comes first: the environment is not used any more.
#[test]
fn a_python_that_is_put_before_the_entry_is_put_behind_it() {
    for label in ALL {
        let Some(real) = real(label) else { continue };
        let world = World::new();
        let a = world.project("a");
        let shims = shims(&world);
        let lines = format!("cd ../a\n{}\nnote in\ncd ..\nnote out", prepend(&real, &shims));
        let shown = world.types(&real, &lines);
        world.note("in", &shown).active(&a);
        assert!(world.note("in", &shown).get("PATH").unwrap().contains(&shims), "{label}");
        world.note("out", &shown).inactive();
    }
}

#[test]
fn a_directory_without_python_may_come_first() {
    for label in ALL {
        let Some(real) = real(label) else { continue };
        let world = World::new();
        world.project("a");
        let add = prepend(&real, "/opt");
        let shown = world.types(&real, &format!("cd ../a\n{add}\n\nnote in\ncd ..\nnote out"));
        let path = world.note("in", &shown).get("PATH").unwrap().to_owned();
        assert!(path.starts_with("/opt:"), "{label}: {path}");
        world.note("out", &shown).inactive();
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
            let world = World::new();
            let a = world.project("a");
            let lines = format!("cd ../a\n{change}\nnote changed\ncd ..\nnote out\ncd a\nnote in");
            let shown = world.types(&real, &lines);
            let note = world.note("changed", &shown);
            assert!(!note.get("PATH").unwrap().contains("a/.venv"), "{label}, {case}: {shown}");
            if case == 0 {
                world.note("out", &shown).inactive();
                world.note("in", &shown).active(&a);
            } else {
                // The hook leaves the variables of other tools.
                assert_eq!(
                    world.note("in", &shown).get("VIRTUAL_ENV"),
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
            let mut world = World::new();
            world.project("a");
            let b = world.project("b");
            let shown = types_beside_direnv(&mut world, &real, envrc, true, lines);
            world.note("out", &shown).inactive();
            world.note("b", &shown).active(&b);
        }
    }
}

/// Types `lines` into a shell that has both hooks: `first` is whether direnv's comes first.
fn types_beside_direnv(
    world: &mut World,
    real: &Real,
    envrc: &str,
    first: bool,
    lines: &str,
) -> String {
    std::fs::write(world.at("a/.envrc"), envrc).unwrap();
    world.sandbox.set("DIRENV_LOG_FORMAT", "");
    let mut allow = world.sandbox.command("direnv");
    Ran::of(allow.args(["allow", "."]).current_dir(world.at("a"))).ok();
    let hook = read_tool(real, &which::which("direnv").unwrap(), "hook");
    if first {
        world.types_after(real, &hook, lines)
    } else {
        world.types(real, &format!("{hook}\n{lines}"))
    }
}

/// Goes into a project with this `.envrc` and out of it, twice.
fn direnv(real: &Real, envrc: &str, is_active: bool, first: bool) {
    let mut world = World::new();
    let a = world.project("a");
    let label = real.label;
    let lines = "cd ../a\n\nnote in\ncd ..\n\nnote out\n\ncd a\n\nnote back\ncd ..\n\nnote end";
    let shown = types_beside_direnv(&mut world, real, envrc, first, lines);
    for name in ["out", "end"] {
        let note = world.note(name, &shown);
        let path = note.get("PATH").unwrap();
        assert!(!path.contains("a/.venv"), "{label}, {envrc}, {first}: {name}: {path}\n{shown}");
        assert_eq!(note.get("VIRTUAL_ENV"), None, "{label}, {envrc}, {first}: {name}");
    }
    for name in ["in", "back"] {
        let note = world.note(name, &shown);
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
            let mut world = World::new();
            let a = world.project("a");
            std::fs::create_dir(world.at("a/bin")).unwrap();
            std::fs::write(world.at("a/mise.toml"), "[env]\n_.path = [\"bin\"]\n").unwrap();
            world.sandbox.set("MISE_TRUSTED_CONFIG_PATHS", world.at("a")).set("MISE_OFFLINE", "1");
            let hook = read_tool(&real, &which::which("mise").unwrap(), "activate");
            let lines = "cd ../a\n\nnote in\ncd ..\n\nnote out";
            let shown = if first {
                world.types_after(&real, &hook, lines)
            } else {
                world.types(&real, &format!("{hook}\n{lines}"))
            };
            let path = world.note("in", &shown).get("PATH").unwrap().to_owned();
            assert!(path.contains(a.join("bin").to_str().unwrap()), "{label}, {first}: {path}");
            let path = world.note("out", &shown).get("PATH").unwrap().to_owned();
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
            let world = World::new();
            let a = world.project("a");
            let shown = world.types_after(&real, own, "cd ../a\nnote in\ncd ..\nnote out");
            world.note("in", &shown).active(&a);
            world.note("out", &shown).inactive();
            if own.contains("alias") || !["dash", "busybox"].contains(&label) {
                assert_eq!(
                    world.note("in", &shown).get("OWN"),
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
    let world = World::new();
    let before = "setopt ksh_arrays; one () { :; }; two () { :; }; precmd_functions=(one two)";
    let lines = "export SEEN=\"${precmd_functions[*]}\"\nnote functions";
    let shown = world.types_after(&real, before, lines);
    let seen = world.note("functions", &shown).get("SEEN").unwrap().to_owned();
    assert_eq!(seen, "_rvenv_hook_first one two _rvenv_hook", "{shown}");
}

#[test]
fn the_users_function_or_alias_named_hash_is_not_called() {
    for label in ["bash", "zsh", "ksh93", "mksh", "yash", "dash", "busybox"] {
        let Some(real) = real(label) else { continue };
        for own in ["hash () { note called; }", "alias hash='note called'"] {
            let world = World::new();
            let a = world.project("a");
            let lines = "cd ../a\nrvenv --version\n: > .venv/bin/tool\nnote in\ncd ..\nnote out";
            let shown = world.types_after(&real, own, lines);
            world.note("in", &shown).active(&a);
            world.note("out", &shown).inactive();
            assert!(!world.at("notes/called").exists(), "{label}: {own}: {shown}");
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
            let world = World::new();
            let a = world.project("a");
            let lines = "cd ../a\nnote in\nrvenv --version\nnote again\ncd ..\nnote out";
            let shown = world.types_after(&real, own, lines);
            for name in ["in", "again"] {
                world.note(name, &shown).active(&a);
            }
            world.note("out", &shown).inactive();
            assert!(!shown.contains("yntax"), "{label}: {own}: {shown}");
        }
    }
}

/// zsh and bash forget what the user told them about a command at each `rehash`.
#[test]
fn the_users_hash_entries_stay() {
    for (label, add) in [("bash", "hash -p"), ("zsh", "hash")] {
        let Some(real) = real(label) else { continue };
        let world = World::new();
        world.project("a");
        let program = world.at("mine");
        std::fs::write(&program, "#!/bin/sh\nnote mine\n").unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let add = match label {
            "bash" => format!("{add} {} foo", program.display()),
            _ => format!("{add} foo={}", program.display()),
        };
        let shown = world.types(&real, &format!("cd ../a\n{add}\n\n\nfoo"));
        world.note("mine", &shown);
    }
}
