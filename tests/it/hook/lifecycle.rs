//! Entering a project activates, leaving deactivates, in every shell that has a hook.

use super::fixture::Fixture;
use crate::shells::Real;

/// In, deeper, out, elsewhere, and no start of rvenv but for a change of directory.
fn comes_and_goes(real: &Real) {
    let fixture = Fixture::new();
    let (a, b) = (fixture.project("a"), fixture.project("b"));
    std::fs::create_dir(fixture.at("a/deeper")).unwrap();
    let shown = fixture.types(
        real,
        "cd ../a\nnote in\n\n\nnote again\ncd deeper\nnote deeper\ncd ../../b\nnote other\ncd ..\nnote out",
    );
    let note = |name: &str| fixture.note(name, &shown);
    note("in").active(&a);
    note("deeper").active(&a);
    note("other").active(&b);
    note("out").inactive();
    let starts = ["in", "again", "deeper", "other", "out"].map(|name| note(name).starts());
    assert_eq!(starts, [2, 2, 3, 4, 5], "{shown}");
    assert!(!shown.contains("warning") && !shown.contains("rror"), "{shown}");
}

/// The nearest environment counts; leaving the inner project is coming back to the outer one.
fn nests(real: &Real) {
    let fixture = Fixture::new();
    let (outer, inner) = (fixture.project("outer"), fixture.project("outer/inner"));
    fixture.foreign("outer/foreign");
    let lines =
        "cd ../outer\nnote outer\ncd inner\nnote inner\ncd ..\nnote back\ncd foreign\nnote foreign";
    let shown = fixture.types(real, lines);
    fixture.note("outer", &shown).active(&outer);
    fixture.note("inner", &shown).active(&inner);
    fixture.note("back", &shown).active(&outer);
    fixture.note("foreign", &shown).inactive();
}

/// An activation or deactivation by the user is left as it is.
fn leaves_the_hand_alone(real: &Real) {
    let fixture = Fixture::new();
    let (a, mine) = (fixture.project("a"), fixture.project("mine"));
    std::fs::create_dir(fixture.at("a/deeper")).unwrap();
    let activate = by_hand(real, "../mine/.venv");
    let lines = [
        &*activate,
        "cd ../a",
        "note kept",
        "cd ..",
        "note still",
        "deactivate",
        "cd a",
        "note a",
        "deactivate",
        "cd deeper",
        "note ended",
        "cd ..",
        "note ended-too",
        "cd ..",
        "cd a",
        "note fresh",
    ];
    let shown = fixture.types(real, &lines.join("\n"));
    fixture.note("kept", &shown).active(&mine);
    fixture.note("still", &shown).active(&mine);
    fixture.note("a", &shown).active(&a);
    for name in ["ended", "ended-too"] {
        assert_eq!(fixture.note(name, &shown).get("VIRTUAL_ENV"), None, "{name}: {shown}");
    }
    fixture.note("fresh", &shown).active(&a);
}

fn by_hand(real: &Real, dir: &str) -> String {
    let activate = format!("activate {dir} --shell {}", real.shell);
    real.shell.evaluate_line().replace("activate", &activate)
}

/// The hook's activation, ended by hand and made by hand again, is the user's.
fn takes_no_activation_over(real: &Real) {
    let fixture = Fixture::new();
    let a = fixture.project("a");
    let lines =
        format!("cd ../a\nnote in\ndeactivate\n{}\ncd ..\nnote out", by_hand(real, ".venv"));
    let shown = fixture.types(real, &lines);
    fixture.note("in", &shown).active(&a);
    assert_eq!(fixture.note("out", &shown).get("VIRTUAL_ENV"), a.to_str(), "{shown}");
}

/// A new environment is active, and a removed one is not, without leaving the project.
fn follows_its_own_commands(real: &Real) {
    let fixture = Fixture::new();
    let shown = fixture.types(
        real,
        "rvenv create --without-pip --python /usr/bin/python3\nnote made\nrvenv remove .venv\nnote removed",
    );
    fixture.note("made", &shown).active(&fixture.at("project/.venv"));
    fixture.note("removed", &shown).inactive();
}

/// A child shell that has the hook too leaves the project of its parent.
fn continues_in_a_child(real: &Real) {
    let fixture = Fixture::new();
    let a = fixture.project("a");
    let child = std::iter::once(real.program.to_str().unwrap()).chain(real.args.iter().copied());
    let child = format!("{} -i", child.collect::<Vec<_>>().join(" "));
    let rc = fixture.at(format!("rc.{}.ps1", real.label));
    let lines = format!(
        "cd ../a\nnote in\n{child}\n{}\nnote child\ncd ..\nnote out\nexit\nnote parent",
        super::fixture::read(real, &rc)
    );
    let shown = fixture.types(real, &lines);
    for name in ["in", "child", "parent"] {
        fixture.note(name, &shown).active(&a);
    }
    fixture.note("out", &shown).inactive();
}

macro_rules! scenarios {
    ($($shell:ident $label:literal: $($scenario:ident)*;)*) => { $(mod $shell {
        $(
            #[test]
            fn $scenario() {
                if let Some(real) = crate::shells::real($label) {
                    super::$scenario(&real);
                }
            }
        )*
    })* };
}

// Shells without a hook of their own do not notice an end by hand before the next `cd`, and ksh93
// takes away what was typed ahead for its child.
scenarios! {
    bash "bash": comes_and_goes nests leaves_the_hand_alone takes_no_activation_over follows_its_own_commands continues_in_a_child;
    bash_posix "bash-posix": comes_and_goes nests leaves_the_hand_alone follows_its_own_commands continues_in_a_child;
    zsh "zsh": comes_and_goes nests leaves_the_hand_alone takes_no_activation_over follows_its_own_commands continues_in_a_child;
    fish "fish": comes_and_goes nests leaves_the_hand_alone takes_no_activation_over follows_its_own_commands continues_in_a_child;
    elvish "elvish": comes_and_goes nests leaves_the_hand_alone takes_no_activation_over follows_its_own_commands;
    powershell "pwsh": comes_and_goes nests leaves_the_hand_alone takes_no_activation_over follows_its_own_commands;
    tcsh "tcsh": comes_and_goes nests leaves_the_hand_alone takes_no_activation_over follows_its_own_commands continues_in_a_child;
    xonsh "xonsh": comes_and_goes nests leaves_the_hand_alone takes_no_activation_over;
    dash "dash": comes_and_goes nests leaves_the_hand_alone follows_its_own_commands continues_in_a_child;
    busybox "busybox": comes_and_goes nests leaves_the_hand_alone follows_its_own_commands continues_in_a_child;
    ksh "ksh93": comes_and_goes nests leaves_the_hand_alone follows_its_own_commands;
    mksh "mksh": comes_and_goes nests leaves_the_hand_alone follows_its_own_commands continues_in_a_child;
    yash "yash": comes_and_goes nests leaves_the_hand_alone follows_its_own_commands continues_in_a_child;
}

/// The same for PowerShell, whose child is typed nothing.
#[test]
fn powershell_continues_in_a_child() {
    let Some(real) = crate::shells::real("pwsh") else { return };
    let fixture = Fixture::new();
    let a = fixture.project("a");
    let start = super::fixture::read(&real, &fixture.at("rc.pwsh.ps1"));
    let child = format!("{start}; prompt; note child; cd ..; prompt; note out");
    let lines = format!(
        "cd ../a\nnote in\n& '{}' -NoProfile -NonInteractive -Command \"{child}\"\nnote parent",
        real.program.display()
    );
    let shown = fixture.types(&real, &lines);
    for name in ["in", "child", "parent"] {
        fixture.note(name, &shown).active(&a);
    }
    fixture.note("out", &shown).inactive();
    assert!(shown.contains("(a) PS "), "{shown}");
}

/// nushell runs hooks at its prompt only, so this script calls the last one itself.
#[test]
fn nushell_takes_data() {
    let Some(real) = crate::shells::real("nu") else { return };
    let fixture = Fixture::new();
    let a = fixture.project("a");
    fixture.foreign("clone");
    let hook = fixture.at("hook.nu");
    std::fs::write(&hook, rvenv::shell::hook(real.shell, &fixture.at("tools/rvenv")).unwrap())
        .unwrap();
    let mut script = format!("source '{}'\n", hook.display());
    script += "def --env moved [] { do --env ($env.config.hooks.env_change.PWD | last) '' '' }\n";
    for (dir, note) in [("../a", "in"), ("../clone", "clone"), ("../a", "back"), ("..", "out")] {
        script += &format!("cd {dir}; moved; note {note}\n");
    }
    let file = fixture.at("script.nu");
    std::fs::write(&file, script).unwrap();
    let mut command = fixture.sandbox.command(&real.program);
    let ran = crate::sandbox::Ran::of(command.args(real.args).arg(file)).ok();
    for (name, active) in [("in", true), ("clone", false), ("back", true), ("out", false)] {
        let note = fixture.note(name, &ran.stderr);
        if active { note.active(&a) } else { note.inactive() }
    }
    assert_eq!(ran.stderr.matches("not activating").count(), 1, "{ran:#?}");
}
