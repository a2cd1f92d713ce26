//! People who are right: places where owners and modes differ from those of a home.

use std::path::Path;

use super::machine::{ATTACKER, GROUP, Machine, VICTIM, chmod};
use crate::sandbox::{Ran, has_strace, skip};

/// Filesystems that show one mode for every file, with their `f_type` (linux/magic.h) as statfs(2) writes
/// it on a machine with the lowest byte first. 9p has the drives of Windows in WSL 2.
const WITHOUT_MODES: [(&str, &str); 9] = [
    ("FAT", "444d000000000000"),
    ("exFAT", "b0ba112000000000"),
    ("NTFS", "4e54465300000000"),
    ("ntfs3", "6e74667300000000"),
    ("vboxsf", "56426f7800000000"),
    ("SMB", "7b51000000000000"),
    ("SMB 2", "424d53fe00000000"),
    ("CIFS", "424d53ff00000000"),
    ("9p", "9719020100000000"),
];

/// Runs rvenv as `uid` where statfs(2) reports this type for every filesystem.
fn on(kind: &str, machine: &Machine, uid: u32, dir: &Path, args: &[&str]) -> Ran {
    use std::os::unix::process::CommandExt;
    let mut command = machine.sandbox.command("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=statfs", "-e"]);
    command.arg(format!("inject=statfs:poke_exit=@arg2={kind}")).arg(&machine.rvenv);
    Ran::of(command.uid(uid).gid(uid).current_dir(dir).args(args))
}

#[test]
fn on_a_filesystem_without_modes_the_owner_decides() {
    let Some(machine) = Machine::new() else { return };
    if !has_strace() {
        return;
    }
    let dir = machine.dir("shared", VICTIM, GROUP, 0o777);
    machine.env(&dir, VICTIM, GROUP, 0o777);
    for file in ["pyvenv.cfg", "bin/activate"] {
        machine.file(&dir.join(".venv").join(file), "home = /usr/bin\n", VICTIM, 0o777);
    }
    let theirs = machine.dir("theirs", ATTACKER, ATTACKER, 0o777);
    machine.env(&theirs, ATTACKER, ATTACKER, 0o777);
    machine.assert_refused(VICTIM, VICTIM, &dir, &[], &dir);
    for (name, kind) in WITHOUT_MODES {
        let ran = on(kind, &machine, VICTIM, &dir, &["run", "tool"]);
        if ran.stderr.contains("invalid --inject") || ran.stderr.contains("Invalid --inject") {
            return skip("strace is older than 5.11, which cannot change a result");
        }
        assert_eq!(ran.code, Some(0), "{name}: {ran:#?}");
        let ran = on(kind, &machine, VICTIM, &theirs, &["run", "tool"]).code(1);
        assert!(ran.stderr.contains("belongs to another user"), "{name}: {ran:#?}");
    }
    // What `create` makes there is activated by the hook.
    let (_, kind) = WITHOUT_MODES[0];
    std::fs::remove_dir_all(dir.join(".venv")).unwrap();
    on(kind, &machine, VICTIM, &dir, &["create", "--without-pip", "-p", "/usr/bin/python3"]).ok();
    for path in [dir.join(".venv"), dir.join(".venv/bin"), dir.join(".venv/pyvenv.cfg")] {
        chmod(&path, 0o777);
    }
    on(kind, &machine, VICTIM, &dir, &["allow"]).ok();
    let ran = on(kind, &machine, VICTIM, &dir, &["hook-env", "--shell", "bash"]).ok();
    assert!(ran.stdout.contains("VIRTUAL_ENV="), "{ran:#?}");
}

/// `chmod` has no effect there.
#[test]
fn a_cache_on_a_filesystem_without_modes_is_refused_with_a_hint_that_works() {
    let Some(mut machine) = Machine::new() else { return };
    if !has_strace() {
        return;
    }
    let cache = machine.dir("windows", VICTIM, VICTIM, 0o777);
    machine.sandbox.set("RVENV_CACHE_DIR", &cache);
    let home = machine.at("home");
    let ran = on(WITHOUT_MODES[8].1, &machine, VICTIM, &home, &["cache", "dir"]).code(1);
    assert!(ran.stderr.contains("whose filesystem has no mode for each file"), "{ran:#?}");
    assert!(ran.stderr.contains("hint: set `RVENV_CACHE_DIR`"), "{ran:#?}");
    let ran = machine.run(VICTIM, VICTIM, &home, &[], &["cache", "dir"]).code(1);
    assert!(ran.stderr.contains(&format!("`chmod go-w {}`", cache.display())), "{ran:#?}");
}

/// Directories of users that the namespace does not map belong to the overflow uid there, such as `/`.
#[test]
fn in_an_unprivileged_user_namespace_the_directories_above_are_no_obstacle() {
    use std::os::unix::process::CommandExt;
    let Some(machine) = Machine::new() else { return };
    let run = |dir: &Path, args: &[&str]| {
        let mut command = machine.sandbox.command("unshare");
        command.args(["--user", "--map-root-user"]).arg(&machine.rvenv).args(args);
        Ran::of(command.uid(VICTIM).gid(VICTIM).current_dir(dir))
    };
    let own = machine.dir("own", VICTIM, VICTIM, 0o755);
    machine.env(&own, VICTIM, VICTIM, 0o755);
    let ran = run(&own, &["run", "tool"]);
    if ran.stderr.contains("unshare") {
        return skip("user namespaces are not permitted here");
    }
    ran.ok();
    let create = ["create", "--without-pip", "--clear", "-p", "/usr/bin/python3"];
    run(&own, &create).ok();
    assert!(run(&own, &["hook-env", "--shell", "bash"]).ok().stdout.contains("VIRTUAL_ENV="));
    // In a sticky directory that belongs to an unmapped root, as `/tmp` does.
    machine.dir("tmp", 0, 0, 0o1777);
    let below = machine.dir("tmp/project", VICTIM, VICTIM, 0o755);
    machine.env(&below, VICTIM, VICTIM, 0o755);
    run(&below, &["run", "tool"]).ok();
    // An environment of an unmapped user can be anybody's.
    let theirs = machine.dir("theirs", VICTIM, VICTIM, 0o755);
    machine.env(&theirs, ATTACKER, ATTACKER, 0o755);
    run(&theirs, &["run", "tool"]).code(1);
}

/// BuildKit and containerd create no `/.dockerenv`; only the root tells that this is a container.
#[test]
fn a_build_as_root_in_an_image_uses_the_workspace_of_another_user() {
    let Some(machine) = Machine::new() else { return };
    let app = machine.dir("app", 1000, 1000, 0o755);
    machine.env(&app, 1000, 1000, 0o755);
    machine.file(&app.join("pyproject.toml"), "", 1000, 0o644);
    let layers = machine.dir("layers", 0, 0, 0o755);
    let script = format!(
        "mount -t tmpfs none '{layers}' && cd '{layers}' && mkdir upper work merged &&
        mount -t overlay none -o lowerdir=/,upperdir=upper,workdir=work merged || exit 9
        rm -f merged/.dockerenv merged/run/.containerenv
        for dir in /proc /dev '{root}'; do mount --bind \"$dir\" \"merged$dir\" || exit 9; done
        PATH=$PATH:/usr/sbin exec chroot merged sh -c 'cd \"$1\" && env -u RVENV_CONTAINER \"$0\" run tool &&
            echo used && RVENV_CONTAINER=0 \"$0\" run tool' \"$0\" '{app}'",
        layers = layers.display(),
        root = machine.sandbox.root().display(),
        app = app.display(),
    );
    let mut command = machine.sandbox.command("unshare");
    command.args(["-m", "sh", "-c", &script]).arg(&machine.rvenv);
    let ran = Ran::of(&mut command);
    if ran.code == Some(9) || ran.stderr.contains("unshare") {
        return skip("mounting is not allowed here");
    }
    let ran = ran.code(1);
    assert_eq!(ran.stdout, "used\n", "{ran:#?}");
    assert_eq!(ran.stderr.matches("used, as this is a container or CI").count(), 1, "{ran:#?}");
    assert!(ran.stderr.contains("it is not used unless you name it"), "{ran:#?}");
}
