//! The hook activates exactly what was allowed.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use crate::sandbox::{Ran, Sandbox, skip, skip_unless_required};

/// A project whose environment rvenv made.
struct Project {
    sandbox: Sandbox,
}

impl Project {
    fn new() -> Self {
        let mut sandbox = Sandbox::new();
        sandbox.set("RVENV_CONTAINER", "0");
        sandbox.run(["create", "--without-pip"]).ok();
        let project = Self { sandbox };
        project.assert_active("after create");
        project
    }

    fn env(&self) -> PathBuf {
        self.sandbox.project().join(".venv")
    }

    fn visit(&self) -> Ran {
        self.sandbox.run(["hook-env", "--shell", "bash"]).ok()
    }

    #[track_caller]
    fn assert_active(&self, context: &str) {
        let ran = self.visit();
        assert!(ran.stdout.contains("VIRTUAL_ENV="), "{context}: {ran:#?}");
    }

    #[track_caller]
    fn assert_refused(&self, context: &str) {
        let ran = self.visit();
        assert!(!ran.stdout.contains("VIRTUAL_ENV="), "{context}: {ran:#?}");
        assert!(ran.stderr.contains("not activating"), "{context}: {ran:#?}");
    }

    fn git(&self, args: &[&str]) {
        let identity = ["-c", "user.name=n", "-c", "user.email=e", "-c", "init.defaultBranch=main"];
        Ran::of(self.sandbox.command("git").args(identity).args(args)).ok();
    }
}

#[test]
fn list_and_check_keep_the_trust() {
    let project = Project::new();
    for args in [&["list"][..], &["list", "--json"], &["list", ".."], &["check", ".venv"]] {
        project.sandbox.run(args);
        project.assert_active(&format!("{args:?}"));
    }
    std::fs::remove_file(project.env().join("bin/activate")).unwrap();
    project.sandbox.run(["check", "--fix", ".venv"]);
    assert!(project.env().join("bin/activate").is_file());
    project.assert_active("check --fix");
    let cfg = std::fs::read_to_string(project.env().join("pyvenv.cfg")).unwrap();
    let cfg: String = cfg
        .lines()
        .filter(|line| !line.starts_with("version"))
        .map(|line| format!("{line}\n"))
        .collect();
    std::fs::write(project.env().join("pyvenv.cfg"), cfg).unwrap();
    project.sandbox.run(["allow"]).ok();
    project.sandbox.run(["check", "--fix", ".venv"]);
    let cfg = std::fs::read_to_string(project.env().join("pyvenv.cfg")).unwrap();
    assert!(cfg.lines().any(|line| line.starts_with("version = ")), "{cfg}");
    project.assert_active("check --fix that writes pyvenv.cfg");
}

#[test]
fn installing_packages_keeps_the_trust() {
    let project = Project::new();
    let site = std::fs::read_dir(project.env().join("lib")).unwrap().next().unwrap().unwrap();
    std::fs::write(site.path().join("site-packages/thing.py"), "").unwrap();
    std::fs::write(project.env().join("bin/thing"), "#!/bin/sh\n").unwrap();
    project.assert_active("new files in bin and site-packages");
}

#[test]
fn another_directory_of_programs_asks_again() {
    let project = Project::new();
    let (bin, old) = (project.env().join("bin"), project.env().join("old"));
    std::fs::rename(&bin, &old).unwrap();
    symlink("old", &bin).unwrap();
    project.assert_refused("bin is a link");
    std::fs::remove_file(&bin).unwrap();
    std::fs::create_dir(&bin).unwrap();
    for name in ["python", "python3"] {
        symlink("/usr/bin/python3", bin.join(name)).unwrap();
    }
    project.assert_refused("another bin");
    std::fs::remove_dir_all(&bin).unwrap();
    std::fs::rename(&old, &bin).unwrap();
    project.assert_active("the same bin");
}

#[test]
fn a_mode_or_owner_that_changed_asks_again() {
    let project = Project::new();
    for path in [project.env(), project.env().join("bin")] {
        let mode = path.metadata().unwrap().permissions().mode();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o777)).unwrap();
        project.assert_refused(&path.display().to_string());
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        project.assert_active(&path.display().to_string());
    }
    if std::os::unix::fs::chown(project.env().join("bin"), Some(12345), None).is_err() {
        return skip("only root gives files away");
    }
    project.assert_refused("bin belongs to another user");
}

#[test]
fn an_environment_that_everybody_can_write_to_is_not_allowed_by_itself() {
    let project = Project::new();
    std::fs::remove_dir_all(project.env()).unwrap();
    let rvenv = env!("CARGO_BIN_EXE_rvenv");
    let script = format!("umask 000; exec '{rvenv}' create --without-pip");
    Ran::of(project.sandbox.command("sh").args(["-c", &script])).ok();
    project.assert_refused("umask 000");
    // Without a name, it is refused as it is elsewhere.
    project.sandbox.run(["allow"]).code(1);
    project.sandbox.run(["allow", "."]).ok();
    project.assert_active("allowed by name");
}

#[test]
fn a_directory_that_others_can_write_to_asks_before_the_first_activation() {
    let project = Project::new();
    std::fs::remove_dir_all(project.env()).unwrap();
    std::fs::set_permissions(project.sandbox.project(), PermissionsExt::from_mode(0o777)).unwrap();
    project.sandbox.run(["create", "--without-pip"]).ok();
    // Anybody could have exchanged it before it was recorded.
    let ran = project.visit();
    assert!(!ran.stdout.contains("VIRTUAL_ENV="), "{ran:#?}");
}

#[test]
fn environments_tracked_by_git_are_not_activated() {
    let files = ["bin/ls", "pyvenv.cfg", "lib/python3/site-packages/sitecustomize.py"];
    for (index, file) in files.iter().enumerate() {
        let project = Project::new();
        if Ran::of(project.sandbox.command("sh").args(["-c", "command -v git"])).code != Some(0) {
            return skip_unless_required("RVENV_REQUIRE_SHELLS", "git is not installed");
        }
        project.git(&["init", "-q"]);
        project.sandbox.write("main.py", "");
        project.git(&["add", "main.py"]);
        project.assert_active("git tracks other files");
        let path = project.env().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        if !path.exists() {
            std::fs::write(&path, "").unwrap();
        }
        if index == 1 {
            // A version 4 index shortens its paths.
            project.git(&["update-index", "--index-version", "4"]);
        }
        project.git(&["add", "-f", path.to_str().unwrap()]);
        project.assert_refused(file);
        project.git(&["rm", "-r", "-q", "--cached", ".venv"]);
        project.assert_active("git tracks it no more");
    }
}

/// In a submodule, and in a directory whose name is not text.
#[test]
fn what_git_tracks_is_found_in_every_kind_of_repository() {
    use std::os::unix::ffi::OsStrExt;
    let project = Project::new();
    if Ran::of(project.sandbox.command("sh").args(["-c", "command -v git"])).code != Some(0) {
        return skip_unless_required("RVENV_REQUIRE_SHELLS", "git is not installed");
    }
    let odd = project.sandbox.project().join(std::ffi::OsStr::from_bytes(b"a\\b\xff"));
    for (top, within) in [
        (project.env(), project.sandbox.project()),
        (project.sandbox.project(), project.sandbox.project()),
        (project.sandbox.project(), odd),
    ] {
        std::fs::create_dir_all(&within).unwrap();
        let rvenv =
            |args: &[&str]| Ran::of(project.sandbox.rvenv().current_dir(&within).args(args)).ok();
        rvenv(&["create", "--without-pip"]);
        let git = |args: &[&str]| {
            Ran::of(project.sandbox.command("git").arg("-C").arg(&top).args(args)).ok();
        };
        git(&["init", "-q"]);
        let visit = ["hook-env", "--shell", "bash"];
        assert!(rvenv(&visit).stdout.contains("VIRTUAL_ENV="), "{within:?}");
        let tracked = within.join(".venv/bin/ls");
        std::fs::write(&tracked, "").unwrap();
        git(&[
            "add",
            "-f",
            tracked.strip_prefix(&top).unwrap().as_os_str().to_str().unwrap_or("."),
        ]);
        let ran = rvenv(&visit);
        assert!(ran.stderr.contains("git tracks files of it"), "{within:?}: {ran:#?}");
        std::fs::remove_dir_all(top.join(".git")).unwrap();
        std::fs::remove_dir_all(within.join(".venv")).unwrap();
    }
}

#[test]
fn a_record_of_the_first_version_is_accepted_and_rewritten() {
    use std::os::unix::fs::MetadataExt;
    let project = Project::new();
    let list = project.sandbox.root().join("home/.local/state/rvenv/allowed");
    let file = std::fs::read_dir(list).unwrap().next().unwrap().unwrap().path();
    let new = std::fs::read(&file).unwrap();
    let meta = project.env().join("pyvenv.cfg").metadata().unwrap();
    let (inode, second, nanosecond) = (meta.ino(), meta.ctime(), meta.ctime_nsec());
    let env = project.env();
    let old = |inode| format!("allowed {inode} {second}.{nanosecond:09}\n{}", env.display());
    std::fs::write(&file, old(inode)).unwrap();
    project.assert_active("an old record");
    assert_eq!(std::fs::read(&file).unwrap(), new);
    std::fs::write(&file, old(inode + 1)).unwrap();
    project.assert_refused("an old record of another environment");
    std::fs::write(&file, old(inode)).unwrap();
    std::fs::set_permissions(project.env(), PermissionsExt::from_mode(0o777)).unwrap();
    project.assert_refused("an old record of what everybody can write to");
}

#[test]
fn create_through_a_link_records_the_link() {
    let project = Project::new();
    std::fs::remove_dir_all(project.env()).unwrap();
    let scratch = project.sandbox.root().join("scratch");
    std::fs::create_dir(&scratch).unwrap();
    symlink(&scratch, project.env()).unwrap();
    project.sandbox.run(["create", "--without-pip"]).ok();
    project.assert_active("a link to /scratch");
}
