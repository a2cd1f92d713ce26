//! The list of allowed environments where it is not in a home of the user's own.

use std::fs;

use super::machine::{Machine, VICTIM, chmod};
use crate::sandbox::{Ran, skip};

/// Runs `script` as root where root's own home is empty; `$0` is rvenv. `None` if mounting is not allowed.
fn as_root(machine: &Machine, script: &str) -> Option<Ran> {
    let mut command = machine.sandbox.command("unshare");
    let script = format!("mount -t tmpfs none /root || exit 9\n{script}");
    command.args(["-m", "sh", "-c", &script]).arg(&machine.rvenv);
    let ran = Ran::of(&mut command);
    if ran.code == Some(9) || ran.stderr.contains("unshare") {
        skip("mounting is not allowed here");
        return None;
    }
    Some(ran)
}

/// With `sudo` that keeps HOME, the home is the user's, and a list there would be his, too.
#[test]
fn the_hint_for_root_in_another_users_home_works() {
    let Some(machine) = Machine::new() else { return };
    let dir = machine.dir("home/p", VICTIM, VICTIM, 0o755);
    machine.env(&dir, VICTIM, VICTIM, 0o755);
    let script = format!(
        "cd '{}' && PATH=$(dirname \"$0\"):$PATH
        hint=$(rvenv run tool 2>&1 | sed -n 's/^hint: `\\([^`]*\\)`.*/\\1/p')
        echo \"$hint\" && eval \"$hint\" && rvenv run tool && rvenv hook-env --shell bash
        find /root -name allowed
        rvenv deny . && ! rvenv run tool",
        dir.display()
    );
    let Some(ran) = as_root(&machine, &script) else { return };
    let ran = ran.ok();
    assert!(ran.stdout.starts_with(&format!("rvenv allow {}\n", dir.display())), "{ran:#?}");
    assert!(ran.stdout.contains("VIRTUAL_ENV="), "{ran:#?}");
    assert!(ran.stdout.ends_with("\n/root/.local/state/rvenv/allowed\n"), "{ran:#?}");
    let home = fs::read_dir(machine.at("home")).unwrap();
    assert_eq!(home.map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>(), ["p"]);
}

#[test]
fn allow_reports_a_list_that_others_can_change_and_its_hint_works() {
    let Some(machine) = Machine::new() else { return };
    let dir = machine.dir("p", VICTIM, VICTIM, 0o755);
    machine.env(&dir, VICTIM, VICTIM, 0o755);
    for path in ["home/.local", "home/.local/state", "home/.local/state/rvenv"] {
        machine.dir(path, VICTIM, VICTIM, 0o755);
    }
    let state = machine.at("home/.local/state");
    let visit = || machine.run(VICTIM, VICTIM, &dir, &[], &["hook-env", "--shell", "bash"]);
    for path in [&state, &state.join("rvenv"), &state.join("rvenv/allowed")] {
        chmod(path, 0o777);
        let ran = machine.run(VICTIM, VICTIM, &dir, &[], &["allow"]).code(1);
        let problem = format!("others can write to `{}`", path.display());
        let hint = format!("hint: `chmod go-w {}`", path.display());
        assert!(ran.stderr.contains(&problem) && ran.stderr.contains(&hint), "{ran:#?}");
        assert!(!visit().stdout.contains("VIRTUAL_ENV="));
        chmod(path, 0o755);
        machine.run(VICTIM, VICTIM, &dir, &[], &["allow"]).ok();
        assert!(visit().stdout.contains("VIRTUAL_ENV="));
    }
    let home = [("HOME", "")];
    let ran = machine.run(VICTIM, VICTIM, &dir, &home, &["allow"]).code(1);
    assert!(ran.stderr.contains("no variable names a home directory"), "{ran:#?}");
    assert!(ran.stderr.contains("hint: set `RVENV_TRUSTED`"), "{ran:#?}");
}
