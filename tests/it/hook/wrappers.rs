//! The hook beside programs that wrap the prompt, through tmux, and with pyenv's shims.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::fixture::{Fixture, quoted, read_tool};
use crate::sandbox::skip_unless_required;
use crate::shells::{Real, real};

/// The changes to the prompt by the public scripts of the programs, without their drawing: they wrap
/// `PROMPT_COMMAND`, add to zsh's functions, copy and replace the prompt's function, or set `PS1` at each prompt.
const WRAPPERS: [(&str, &str, &str); 12] = [
    (
        "bash-preexec",
        "bash",
        r#"__bp_precmd() { __bp_code=$?; local f; for f in "${precmd_functions[@]}"; do "$f"; done; return $__bp_code; }
__bp_interactive() { __bp_mode=on; }
__bp_debug() { [[ -z ${__bp_mode-} ]] || __bp_seen=$1; }
trap '__bp_debug "$_"' DEBUG
PROMPT_COMMAND=$'__bp_precmd\n'"${PROMPT_COMMAND:+$PROMPT_COMMAND$'\n'}"'__bp_interactive'
"#,
    ),
    (
        "starship",
        "bash",
        r#"_starship_user=${PROMPT_COMMAND-}
starship_precmd() { local code=$?; eval "$_starship_user"; PS1="${VIRTUAL_ENV_PROMPT:+($VIRTUAL_ENV_PROMPT) }star> "; return $code; }
PROMPT_COMMAND=starship_precmd
"#,
    ),
    (
        "VS Code",
        "bash",
        r#"__vsc_command=${PROMPT_COMMAND-}; __vsc_own=; __vsc_user=$PS1
__vsc_update() { [[ $PS1 == "$__vsc_own" ]] || __vsc_user=$PS1; __vsc_own="<$__vsc_user>"; PS1=$__vsc_own; }
__vsc_prompt_cmd() { local code=$?; eval "$__vsc_command"; __vsc_update; return $code; }
PROMPT_COMMAND=__vsc_prompt_cmd
"#,
    ),
    (
        "Warp",
        "bash",
        "warp_precmd() { :; }\nPROMPT_COMMAND=\"warp_precmd${PROMPT_COMMAND:+;$PROMPT_COMMAND}\"\nexport WARP_BOOTSTRAPPED=1\n",
    ),
    (
        "starship",
        "zsh",
        "setopt promptsubst\nstarship_precmd() { STAR=$? }\nprecmd_functions+=(starship_precmd)\nPROMPT='${VIRTUAL_ENV_PROMPT:+($VIRTUAL_ENV_PROMPT) }star> '\n",
    ),
    (
        "powerlevel10k",
        "zsh",
        "_p9k_precmd() { local c=${commands[python]-}; PROMPT=\"${VIRTUAL_ENV:+(${VIRTUAL_ENV_PROMPT}) }p10k> \" }\nprecmd_functions=($precmd_functions _p9k_precmd)\n",
    ),
    (
        "VS Code",
        "zsh",
        "__vsc_precmd() { if [[ $PS1 != \"${__vsc_own-}\" ]]; then __vsc_user=$PS1; __vsc_own=\"<$PS1>\"; PS1=$__vsc_own; fi }\nprecmd_functions+=(__vsc_precmd)\n",
    ),
    ("Warp", "zsh", "warp_precmd() { : }\nprecmd_functions+=(warp_precmd)\n"),
    (
        "starship",
        "fish",
        "function fish_prompt; set -q VIRTUAL_ENV_PROMPT; and printf '(%s) ' $VIRTUAL_ENV_PROMPT; echo 'star> '; end\n",
    ),
    (
        "VS Code",
        "fish",
        "functions --copy fish_prompt __vsc_fish_prompt\nfunction fish_prompt; printf '<'; __vsc_fish_prompt; printf '>'; end\n",
    ),
    (
        "Warp",
        "fish",
        "functions -c fish_prompt warp_prompt\nfunction fish_prompt; echo -n W; warp_prompt; end\n",
    ),
    (
        "VS Code",
        "pwsh",
        "$Global:__VSCodeOriginalPrompt = $Function:prompt\nfunction global:Prompt { '<' + (& $Global:__VSCodeOriginalPrompt) + '>' }\n",
    ),
];

#[test]
fn a_wrapped_prompt_command_keeps_the_hook_and_the_hook_keeps_it() {
    for (name, label, code) in WRAPPERS {
        let Some(real) = real(label) else { continue };
        for is_first in [true, false] {
            let fixture = Fixture::new();
            let a = fixture.project("a");
            let file = fixture.at("wrapper.ps1");
            std::fs::write(&file, code).unwrap();
            let wrap = format!(". {}", quoted(&file));
            let leave = "cd ../a\nnote in\ndeactivate\nnote ended\ncd ..\nnote out\ncd a\nnote back\ncd ..\nnote end";
            let shown = if is_first {
                fixture.types_after(&real, &wrap, leave)
            } else {
                fixture.types(&real, &format!("{wrap}\n{leave}"))
            };
            for note in ["in", "back"] {
                fixture.note(note, &shown).active(&a);
            }
            for note in ["out", "end"] {
                fixture.note(note, &shown).inactive();
            }
            assert_eq!(fixture.note("ended", &shown).get("VIRTUAL_ENV"), None, "{name}, {label}");
            assert!(shown.contains("(a) "), "{name}, {label}, {is_first}: {shown}");
            for word in ["not found", "nknown command", "rror", "call stack"] {
                assert!(!shown.contains(word), "{name}, {label}, {is_first}: {word}: {shown}");
            }
        }
    }
}

/// The program `pyenv`, which may be where its installer puts it.
fn pyenv() -> Option<PathBuf> {
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".pyenv/bin/pyenv"));
    let found = which::which("pyenv").ok().or_else(home).filter(|path| path.is_file());
    if found.is_none() {
        crate::sandbox::skip("pyenv is not installed");
    }
    found
}

/// A root of pyenv's with one version, so that its shims are made in the sandbox.
fn pyenv_root(fixture: &Fixture) -> PathBuf {
    let root = fixture.at("pyenv");
    let bin = root.join("versions/3.11.0/bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::os::unix::fs::symlink("/usr/bin/python3", bin.join("python")).unwrap();
    root
}

#[test]
fn pyenvs_shims_come_behind_the_environment_in_either_order() {
    let Some(pyenv) = pyenv() else { return };
    for label in ["bash", "zsh", "fish"] {
        let Some(real) = real(label) else { continue };
        for is_first in [true, false] {
            let mut fixture = Fixture::new();
            let a = fixture.project("a");
            let tools = [
                fixture.at("tools"),
                pyenv.parent().unwrap().into(),
                "/usr/bin".into(),
                "/bin".into(),
            ];
            fixture.sandbox.set("PATH", std::env::join_paths(tools).unwrap());
            let root = pyenv_root(&fixture);
            fixture.sandbox.set("PYENV_ROOT", &root);
            let init = read_tool(&real, &pyenv, "init -");
            let lines = format!("cd ../a\nnote in\n{init}\nnote again\ncd ..\nnote out");
            let shown = if is_first {
                fixture.types_after(&real, &init, &lines)
            } else {
                fixture.types(&real, &format!("{init}\n{lines}"))
            };
            for note in ["in", "again"] {
                let note = fixture.note(note, &shown);
                note.active(&a);
            }
            let out = fixture.note("out", &shown);
            out.inactive();
            let shims = root.join("shims").display().to_string();
            assert!(out.get("PATH").unwrap().contains(&shims), "{label}, {is_first}: {shown}");
        }
    }
}

/// Ends the server of tmux, also if the test fails.
struct Tmux<'a>(&'a Fixture);

impl Tmux<'_> {
    fn run(&self, args: &[&str]) {
        let mut tmux = self.0.sandbox.command("tmux");
        tmux.env("TMUX_TMPDIR", self.0.at("")).env("TERM", "screen");
        let ran = crate::sandbox::Ran::of(tmux.args(["-L", "rvenv", "-f", "/dev/null"]).args(args));
        assert!(args[0] == "kill-server" || ran.code == Some(0), "{ran:?}");
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

/// A tool that changes PATH beside the hook, if any; gives the line of the start file that reads its code.
fn tool_in(fixture: &mut Fixture, real: &Real, name: &str) -> Option<String> {
    let dir = fixture.at("a");
    std::fs::create_dir_all(dir.join("bin")).unwrap();
    let program = match name {
        "none" => return Some(String::new()),
        "pyenv" => pyenv()?,
        _ => super::coexistence::tool(name)?,
    };
    match name {
        "direnv" => {
            std::fs::write(dir.join(".envrc"), "PATH_add bin").unwrap();
            fixture.sandbox.set("DIRENV_LOG_FORMAT", "");
            let mut allow = fixture.sandbox.command("direnv");
            crate::sandbox::Ran::of(allow.args(["allow", "."]).current_dir(dir)).ok();
            Some(read_tool(real, &program, "hook"))
        }
        "mise" => {
            std::fs::write(dir.join("mise.toml"), "[env]\n_.path = [\"bin\"]\n").unwrap();
            fixture.sandbox.set("MISE_TRUSTED_CONFIG_PATHS", dir).set("MISE_OFFLINE", "1");
            Some(read_tool(real, &program, "activate"))
        }
        _ => {
            let root = pyenv_root(fixture);
            fixture.sandbox.set("PYENV_ROOT", root);
            Some(read_tool(real, &program, "init -"))
        }
    }
}

/// tmux starts login shells. They inherit the variables, and a system-wide start file replaces PATH.
fn starts_in_tmux(real: &Real, tool: &str, is_first: bool) {
    let mut fixture = Fixture::new();
    let a = fixture.project("a");
    let Some(tool_line) = tool_in(&mut fixture, real, tool) else { return };
    let hook = rvenv::shell::hook(real.shell, &fixture.at("tools/rvenv")).unwrap();
    let home = fixture.at("home");
    let mut path = vec![PathBuf::from("/usr/bin"), "/bin".into(), fixture.at("tools")];
    path.extend(which::which("mise").ok().map(|mise| mise.parent().unwrap().to_owned()));
    path.extend(pyenv().map(|pyenv| pyenv.parent().unwrap().to_owned()));
    let path = std::env::join_paths(path).unwrap().into_string().unwrap();
    let set = crate::shells::dialect::set(real.shell, "PATH", &path);
    let (place, set) = match real.label {
        "bash" => (home.join(".bash_profile"), set),
        "zsh" => (home.join(".zshrc"), set),
        _ => (
            home.join(".config/fish/config.fish"),
            format!("set -gx PATH {}\n", path.replace(':', " ")),
        ),
    };
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    let (tool_line, hook) = (format!("{tool_line}\n").into_bytes(), [&hook[..], b"\n"].concat());
    let (first, last) = if is_first { (tool_line, hook) } else { (hook, tool_line) };
    std::fs::write(&place, [set.into_bytes(), first, last].concat()).unwrap();
    for name in ["VIRTUAL_ENV", "_RVENV_HOOK"] {
        fixture.sandbox.set(name, &a);
    }
    fixture.sandbox.set("VIRTUAL_ENV_PROMPT", "a");
    let tmux = Tmux(&fixture);
    let (dir, program) =
        (fixture.at("a").display().to_string(), real.program.display().to_string());
    tmux.run(&["new-session", "-d", "-x", "200", "-y", "50", "-c", &dir, &program, "-l"]);
    let lines = [
        ("note in", "in"),
        ("cd ..", ""),
        ("note out", "out"),
        ("cd a", ""),
        ("note back", "back"),
    ];
    for (line, note) in lines {
        tmux.run(&["send-keys", line, "Enter"]);
        let end = Instant::now() + Duration::from_secs(20);
        while !note.is_empty()
            && !has_content(&fixture.at("notes").join(note))
            && Instant::now() < end
        {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let shown = format!("{}, {tool}, {is_first}", real.label);
    for name in ["in", "back"] {
        let note = fixture.note(name, &shown);
        assert_eq!(note.get("VIRTUAL_ENV"), a.to_str(), "{shown}: {name}");
        let path = note.get("PATH").unwrap();
        let at = |dir: PathBuf| path.split(':').position(|entry| Path::new(entry) == dir);
        let own = at(a.join("bin")).unwrap_or_else(|| panic!("{shown}: {name}: {path}"));
        // pyenv's shims have a `python`; the directories of direnv and mise have none.
        let shims = at(fixture.at("pyenv/shims"));
        assert_eq!(shims.is_some(), tool == "pyenv", "{shown}: {path}");
        assert!(shims.is_none_or(|shims| own < shims), "{shown}: {path}");
        assert!(Some(own) < at("/usr/bin".into()), "{shown}: {path}");
    }
    fixture.note("out", &shown).inactive();
}

fn has_content(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|meta| meta.len() > 0)
}

#[test]
fn a_window_of_tmux_has_the_whole_activation() {
    if which::which("tmux").is_err() {
        skip_unless_required("RVENV_REQUIRE_SHELLS", "tmux is not installed");
        return;
    }
    for label in ["bash", "zsh", "fish"] {
        let Some(real) = real(label) else { continue };
        starts_in_tmux(&real, "none", true);
        for tool in ["direnv", "mise", "pyenv"] {
            starts_in_tmux(&real, tool, true);
            starts_in_tmux(&real, tool, false);
        }
    }
}
