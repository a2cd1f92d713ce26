//! Files that are found from the current directory upwards are used only if their owner and mode permit it.

use std::os::unix::fs::{chown, symlink};
use std::path::Path;

use super::machine::{ATTACKER, GROUP, Machine, VICTIM, chmod};
use crate::sandbox::{Ran, skip};

#[test]
fn an_environment_of_another_user_in_a_sticky_directory_is_passed_over() {
    let Some(machine) = Machine::new() else { return };
    let shared = machine.dir("shared", 0, 0, 0o1777);
    machine.env(&shared, ATTACKER, ATTACKER, 0o755);
    machine.file(&shared.join("rvenv.toml"), "pip = \"9.0.3\"\n", ATTACKER, 0o644);
    machine.file(&shared.join("requirements.txt"), "evil\n", ATTACKER, 0o644);
    machine.file(&shared.join(".python-version"), "3.7\n", ATTACKER, 0o644);
    let work = machine.dir("shared/mine", VICTIM, VICTIM, 0o755);
    let ran = machine.run(VICTIM, VICTIM, &work, &[], &["run", "tool"]).code(1);
    assert!(ran.stderr.contains("no virtual environment"), "{ran:#?}");
    let told = machine.run(VICTIM, VICTIM, &work, &[], &["activate", "-v", "--shell", "bash"]);
    let passed_over = format!("passed over `{}`", shared.join(".venv").display());
    assert_eq!(told.stderr.matches(&passed_over).count(), 1, "{told:#?}");
    assert!(!ran.stderr.contains("passed over"), "{ran:#?}");
    let config = machine.run(VICTIM, VICTIM, &work, &[], &["config"]).ok().stdout;
    assert!(!config.contains("9.0.3"), "{config}");
    // His own there is used.
    machine.env(&work, VICTIM, VICTIM, 0o755);
    machine.assert_runs(VICTIM, VICTIM, &work, &[]);
}

#[test]
fn files_that_others_own_or_can_write_to_are_an_error_with_a_hint() {
    let Some(machine) = Machine::new() else { return };
    let cases = [
        ("other", (ATTACKER, ATTACKER, 0o755), (ATTACKER, ATTACKER, 0o755)),
        ("other-env", (VICTIM, VICTIM, 0o755), (ATTACKER, ATTACKER, 0o755)),
        ("own-env", (ATTACKER, ATTACKER, 0o755), (VICTIM, VICTIM, 0o755)),
        ("open", (VICTIM, VICTIM, 0o777), (VICTIM, VICTIM, 0o755)),
        ("open-env", (VICTIM, VICTIM, 0o755), (VICTIM, VICTIM, 0o777)),
        ("group", (VICTIM, GROUP, 0o2775), (VICTIM, GROUP, 0o2775)),
    ];
    for (name, (owner, group, mode), of_env) in cases {
        let dir = machine.dir(name, owner, group, mode);
        machine.env(&dir, of_env.0, of_env.1, of_env.2);
        let below = machine.dir(&format!("{name}/below"), VICTIM, VICTIM, 0o755);
        for from in [&dir, &below] {
            machine.assert_refused(VICTIM, VICTIM, from, &[], &dir);
        }
        // Named, it is used.
        machine.run(VICTIM, VICTIM, &dir, &[], &["run", "--env", ".venv", "tool"]).ok();
        machine.assert_runs(VICTIM, VICTIM, &dir, &[("RVENV_TRUSTED", dir.to_str().unwrap())]);
        machine.assert_runs(VICTIM, VICTIM, &dir, &[("RVENV_TRUSTED", "*")]);
    }
}

/// With an access list, the bits of the group in the mode are its mask, also where the group is private.
#[test]
#[cfg(target_os = "linux")]
fn an_access_list_that_permits_another_user_to_write_is_an_error() {
    let Some(mut machine) = Machine::new() else { return };
    // The entries of owner, user, group, mask and others: tag, permissions, id.
    let list = |permissions: u8| {
        let user = [[2, 0, permissions, 0], ATTACKER.to_le_bytes()].concat();
        let entry = |tag, permissions| vec![tag, 0, permissions, 0, 255, 255, 255, 255];
        [vec![2, 0, 0, 0], entry(1, 7), user, entry(4, 5), entry(16, 7), entry(32, 5)].concat()
    };
    let set = |path: &Path, permissions| {
        let code = "import os, sys; os.setxattr(sys.argv[1], 'system.posix_acl_access', bytes.fromhex(sys.argv[2]))";
        let hex: String = list(permissions).iter().map(|byte| format!("{byte:02x}")).collect();
        let mut python = machine.sandbox.command("/usr/bin/python3");
        Ran::of(python.args(["-c", code]).arg(path).arg(hex)).code == Some(0)
    };
    let dir = machine.dir("p", VICTIM, VICTIM, 0o755);
    machine.env(&dir, VICTIM, VICTIM, 0o755);
    if !set(&dir, 5) {
        return skip("access lists cannot be set here");
    }
    machine.assert_runs(VICTIM, VICTIM, &dir, &[]);
    for path in [dir.clone(), dir.join(".venv"), dir.join(".venv/bin")] {
        chmod(&path, 0o755);
        assert!(set(&path, 7));
        machine.assert_refused(VICTIM, VICTIM, &dir, &[], &dir);
        assert!(set(&path, 5));
    }
    let above = machine.dir("above", VICTIM, VICTIM, 0o755);
    assert!(set(&above, 7));
    machine.sandbox.set("RVENV_CACHE_DIR", above.join("cache"));
    let ran = machine.run(VICTIM, VICTIM, &dir, &[], &["cache", "dir"]).code(1);
    let problem = format!("others can write to `{}`", above.display());
    assert!(ran.stderr.contains(&problem), "{ran:#?}");
}

/// Whoever owns a part of an environment, or what contains it, decides what runs.
#[test]
fn one_part_of_another_user_is_enough() {
    let Some(machine) = Machine::new() else { return };
    let own = |name: &str| {
        let dir = machine.dir(name, VICTIM, VICTIM, 0o755);
        machine.env(&dir, VICTIM, VICTIM, 0o755);
        dir
    };
    for part in ["pyvenv.cfg", "bin"] {
        let dir = own(part);
        chown(dir.join(".venv").join(part), Some(ATTACKER), Some(ATTACKER)).unwrap();
        machine.assert_refused(VICTIM, VICTIM, &dir, &[], &dir);
        // Also from inside the environment.
        let inside = dir.join(".venv");
        if part == "pyvenv.cfg" {
            machine.assert_refused(VICTIM, VICTIM, &inside.join("bin"), &[], &inside);
        }
        let found = machine.dir(&format!("inside-{part}"), VICTIM, VICTIM, 0o755);
        std::fs::rename(&inside, found.join("env")).unwrap();
        let env = found.join("env");
        machine.assert_refused(VICTIM, VICTIM, &env, &[], &env);
        // The line in the hint works.
        machine.run(VICTIM, VICTIM, &env, &[], &["allow", env.to_str().unwrap()]).ok();
        machine.assert_runs(VICTIM, VICTIM, &env, &[]);
    }
    // The owner of the target's directory can replace the target of a link or a `.venv` file.
    let theirs = machine.dir("theirs", ATTACKER, ATTACKER, 0o755);
    machine.env(&theirs, VICTIM, VICTIM, 0o755);
    for name in ["link", "file"] {
        let dir = machine.dir(name, VICTIM, VICTIM, 0o755);
        let place = dir.join(".venv");
        if name == "link" {
            symlink(theirs.join(".venv"), &place).unwrap();
            std::os::unix::fs::lchown(&place, Some(VICTIM), Some(VICTIM)).unwrap();
        } else {
            machine.file(&place, "../theirs/.venv", VICTIM, 0o644);
        }
        machine.assert_refused(VICTIM, VICTIM, &dir, &[], &dir);
    }
    let settings = machine.dir("settings", VICTIM, VICTIM, 0o755);
    machine.file(&theirs.join("rvenv.toml"), "", ATTACKER, 0o644);
    symlink(theirs.join("rvenv.toml"), settings.join("rvenv.toml")).unwrap();
    std::os::unix::fs::lchown(settings.join("rvenv.toml"), Some(VICTIM), None).unwrap();
    machine.run(VICTIM, VICTIM, &settings, &[], &["config"]).code(1);
}

#[test]
fn check_says_why_the_environment_of_a_project_is_not_used() {
    let Some(machine) = Machine::new() else { return };
    let dir = machine.dir("theirs", ATTACKER, ATTACKER, 0o755);
    machine.env(&dir, ATTACKER, ATTACKER, 0o755);
    let shown = machine.run(VICTIM, VICTIM, &dir, &[], &["check"]).code(1).stdout;
    assert!(shown.contains("belongs to another user, uid 20002"), "{shown}");
    assert!(shown.contains(&format!("`rvenv allow {}`", dir.display())), "{shown}");
}

/// Whoever owns the directory can exchange the environment between its creation and its record.
#[test]
fn what_was_created_in_another_users_directory_is_not_recorded() {
    let Some(machine) = Machine::new() else { return };
    for (name, owner, group, mode) in [
        ("attackers", ATTACKER, VICTIM, 0o775),
        ("open", VICTIM, VICTIM, 0o777),
        ("group", VICTIM, GROUP, 0o775),
    ] {
        let dir = machine.dir(name, owner, group, mode);
        let create = ["create", "--without-pip", "-p", "/usr/bin/python3"];
        let trusted = [("RVENV_TRUSTED", "*")];
        machine.run(VICTIM, VICTIM, &dir, &trusted, &create).ok();
        let visit = ["hook-env", "--shell", "bash"];
        let ran = machine.run(VICTIM, VICTIM, &dir, &trusted, &visit).ok();
        assert!(!ran.stdout.contains("VIRTUAL_ENV="), "{name}: {ran:#?}");
        assert!(ran.stderr.contains("not in your list"), "{name}: {ran:#?}");
        // Allowed by name, it stays so when rvenv repairs it.
        machine.run(VICTIM, VICTIM, &dir, &trusted, &["allow", ".venv"]).ok();
        machine.run(VICTIM, VICTIM, &dir, &[], &["run", "true"]).ok();
        for repair in [&create[..], &["check", "--fix", ".venv"]] {
            std::fs::remove_file(dir.join(".venv/bin/activate")).unwrap();
            machine.run(VICTIM, VICTIM, &dir, &trusted, repair);
            let ran = machine.run(VICTIM, VICTIM, &dir, &trusted, &visit).ok();
            assert!(ran.stdout.contains("VIRTUAL_ENV="), "{name} {repair:?}: {ran:#?}");
        }
    }
}

#[test]
fn project_files_of_another_user_are_an_error() {
    let Some(machine) = Machine::new() else { return };
    for (file, args) in [
        ("rvenv.toml", &["config"][..]),
        ("pyproject.toml", &["config"]),
        ("pyproject.toml", &["create", "--dry-run"]),
        ("requirements.txt", &["install"]),
        ("setup.py", &["install"]),
    ] {
        let dir = machine.dir(&format!("{}{file}", args[0]), VICTIM, VICTIM, 0o755);
        machine.env(&dir, VICTIM, VICTIM, 0o755);
        machine.file(&dir.join(file), "", ATTACKER, 0o644);
        let ran = machine.run(VICTIM, VICTIM, &dir, &[], args).code(1);
        assert!(ran.stderr.contains("belongs to another user, uid 20002"), "{ran:#?}");
    }
}

/// Also for commands that read no other setting: `run`, `activate`, the hook.
#[test]
fn the_setting_of_the_user_permits_a_directory() {
    let Some(machine) = Machine::new() else { return };
    let dir = machine.dir("theirs", ATTACKER, ATTACKER, 0o755);
    machine.env(&dir, ATTACKER, ATTACKER, 0o755);
    machine.assert_refused(VICTIM, VICTIM, &dir, &[], &dir);
    let config = machine.at("home/.config/rvenv/config.toml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    machine.file(&config, &format!("trusted = {dir:?}\n"), VICTIM, 0o644);
    machine.assert_runs(VICTIM, VICTIM, &dir, &[]);
    machine.run(VICTIM, VICTIM, &dir, &[], &["activate", "--shell", "bash"]).ok();
    machine.run(VICTIM, VICTIM, &dir, &[], &["check", ".venv"]);
    // The hook reads it, and asks because the user did not make the environment.
    let ran = machine.run(VICTIM, VICTIM, &dir, &[], &["hook-env", "--shell", "bash"]).ok();
    assert!(ran.stderr.contains("not in your list"), "{ran:#?}");
    // The variable goes before the setting.
    machine.assert_refused(VICTIM, VICTIM, &dir, &[("RVENV_TRUSTED", "/elsewhere")], &dir);
}

#[test]
fn a_project_cannot_trust_itself() {
    let Some(machine) = Machine::new() else { return };
    let dir = machine.dir("clone", VICTIM, VICTIM, 0o755);
    machine.file(&dir.join("rvenv.toml"), "trusted = \"*\"\n", VICTIM, 0o644);
    let ran = machine.run(VICTIM, VICTIM, &dir, &[], &["config"]).code(1);
    assert!(ran.stderr.contains("`trusted`"), "{ran:#?}");
}

#[test]
fn one_allow_is_enough_for_a_shared_project() {
    let Some(machine) = Machine::new() else { return };
    let dir = machine.dir("srv", ATTACKER, GROUP, 0o2775);
    machine.env(&dir, ATTACKER, GROUP, 0o2775);
    machine.assert_refused(VICTIM, GROUP, &dir, &[], &dir);
    let said = machine.run(VICTIM, GROUP, &dir, &[], &["allow", "."]).ok().stderr;
    assert!(said.contains("project") && said.contains(".venv"), "{said}");
    machine.assert_runs(VICTIM, GROUP, &dir, &[]);
    let ran = machine.run(VICTIM, GROUP, &dir, &[], &["hook-env", "--shell", "bash"]).ok();
    assert!(ran.stdout.contains("VIRTUAL_ENV="), "{ran:#?}");
    machine.run(VICTIM, GROUP, &dir, &[], &["deny", "."]).ok();
    machine.assert_refused(VICTIM, GROUP, &dir, &[], &dir);
}

#[test]
fn legitimate_users_are_not_asked() {
    let Some(machine) = Machine::new() else { return };
    // umask 002 with a user-private group.
    let private = machine.dir("private", VICTIM, VICTIM, 0o775);
    machine.env(&private, VICTIM, VICTIM, 0o775);
    machine.assert_runs(VICTIM, VICTIM, &private, &[]);
    // A random uid with group 0 in an image whose files belong to root.
    let image = machine.dir("image", 0, 0, 0o775);
    machine.env(&image, 0, 0, 0o775);
    machine.assert_runs(1_000_710_000, 0, &image, &[]);
    // sudo in one's own project, also on NFS, where root owns nothing.
    let own = machine.dir("own", VICTIM, VICTIM, 0o755);
    machine.env(&own, VICTIM, VICTIM, 0o755);
    let sudo = VICTIM.to_string();
    machine.assert_runs(0, 0, &own, &[("SUDO_UID", &sudo)]);
    machine.assert_refused(0, 0, &own, &[], &own);
    // On NFS that squashes root, what `sudo` creates belongs to nobody, and so may be any service's: one line permits it.
    let squashed = machine.dir("squashed", VICTIM, VICTIM, 0o755);
    machine.env(&squashed, 65534, 65534, 0o755);
    let vars = [("SUDO_UID", &*sudo)];
    machine.assert_refused(0, 0, &squashed, &vars, &squashed);
    let trusted = ("RVENV_TRUSTED", squashed.to_str().unwrap());
    machine.assert_runs(0, 0, &squashed, &[vars[0], trusted]);
    // SUDO_UID means something to root only.
    let other = machine.dir("other", ATTACKER, ATTACKER, 0o755);
    machine.env(&other, ATTACKER, ATTACKER, 0o755);
    machine.assert_refused(VICTIM, VICTIM, &other, &[("SUDO_UID", "20002")], &other);
    // A link to /scratch, which is sticky.
    machine.dir("scratch", 0, 0, 0o1777);
    let scratch = machine.dir("scratch/e", VICTIM, VICTIM, 0o755);
    machine.env(&scratch, VICTIM, VICTIM, 0o755);
    let linked = machine.dir("linked", VICTIM, VICTIM, 0o755);
    symlink(scratch.join(".venv"), linked.join(".venv")).unwrap();
    std::os::unix::fs::lchown(linked.join(".venv"), Some(VICTIM), Some(VICTIM)).unwrap();
    machine.assert_runs(VICTIM, VICTIM, &linked, &[]);
}

#[test]
fn under_ci_each_file_of_another_user_is_a_warning_once() {
    let Some(machine) = Machine::new() else { return };
    let project = machine.dir("project", VICTIM, VICTIM, 0o755);
    let files = [("pyproject.toml", "[tool.rvenv]\n"), (".python-version", "3.11\n")];
    for (name, text) in files {
        machine.file(&project.join(name), text, ATTACKER, 0o644);
    }
    let ran = machine.run(VICTIM, VICTIM, &project, &[("CI", "true")], &["config"]).ok();
    for (name, _) in files {
        let warning =
            format!("warning: `{}` belongs to another user", project.join(name).display());
        assert_eq!(ran.stderr.matches(&warning).count(), 1, "{ran:#?}");
    }
}

#[test]
fn in_a_container_or_ci_it_is_one_warning() {
    let Some(machine) = Machine::new() else { return };
    // A build as root with a workspace of uid 1000, and a mounted `$PWD`.
    let workspace = machine.dir("app", 1000, 1000, 0o755);
    machine.env(&workspace, 1000, 1000, 0o755);
    machine.file(&workspace.join("pyproject.toml"), "", 1000, 0o644);
    machine.assert_refused(0, 0, &workspace, &[], &workspace);
    for vars in [("RVENV_CONTAINER", "1"), ("CI", "true")] {
        let ran = machine.assert_runs(0, 0, &workspace, &[vars]);
        assert_eq!(ran.stderr.matches("used, as this is").count(), 1, "{ran:#?}");
        let ran =
            machine.run(0, 0, &workspace, &[vars], &["create", "--dry-run", "--without-pip", "x"]);
        assert_eq!(ran.stderr.matches("used, as this is").count(), 1, "{ran:#?}");
    }
    // Clones with umask 0000 under CI.
    let open = machine.dir("open", VICTIM, VICTIM, 0o777);
    machine.env(&open, VICTIM, VICTIM, 0o777);
    machine.assert_runs(VICTIM, VICTIM, &open, &[("CI", "1")]);
    machine.assert_refused(VICTIM, VICTIM, &open, &[("CI", "false")], &open);
}
