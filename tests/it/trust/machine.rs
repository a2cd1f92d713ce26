//! A machine with several users, for root.

use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

use crate::sandbox::{Ran, Sandbox, copy_rvenv, skip};

pub(super) const VICTIM: u32 = 20_001;
pub(super) const ATTACKER: u32 = 20_002;
pub(super) const GROUP: u32 = 20_100;

/// A machine with several users.
pub(super) struct Machine {
    pub(super) sandbox: Sandbox,
    pub(super) rvenv: PathBuf,
}

impl Machine {
    /// `None` where this process cannot act as other users.
    pub(super) fn new() -> Option<Self> {
        let mut sandbox = Sandbox::new();
        let root = sandbox.root();
        if chown(root.join("home"), Some(VICTIM), Some(VICTIM)).is_err() {
            skip("only root acts as other users");
            return None;
        }
        for dir in ["cache", "project"] {
            chown(root.join(dir), Some(VICTIM), Some(VICTIM)).unwrap();
        }
        chmod(&root, 0o755);
        sandbox.set("RVENV_CONTAINER", "0");
        // The one that cargo built may be in a directory that only root may enter.
        let rvenv = root.join("rvenv");
        copy_rvenv(&rvenv);
        Some(Self { sandbox, rvenv })
    }

    pub(super) fn at(&self, name: &str) -> PathBuf {
        self.sandbox.root().join(name)
    }

    /// A directory of this owner and mode.
    pub(super) fn dir(&self, name: &str, owner: u32, group: u32, mode: u32) -> PathBuf {
        let dir = self.at(name);
        std::fs::create_dir_all(&dir).unwrap();
        chown(&dir, Some(owner), Some(group)).unwrap();
        chmod(&dir, mode);
        dir
    }

    /// An environment in `dir`, with a program `tool`.
    pub(super) fn env(&self, dir: &Path, owner: u32, group: u32, mode: u32) {
        let env = dir.join(".venv");
        std::fs::create_dir_all(env.join("bin")).unwrap();
        std::fs::write(env.join("pyvenv.cfg"), "home = /usr/bin\nversion = 3.11.2\n").unwrap();
        symlink("/usr/bin/python3", env.join("bin/python")).unwrap();
        symlink("/bin/true", env.join("bin/tool")).unwrap();
        chown(env.join("pyvenv.cfg"), Some(owner), Some(group)).unwrap();
        for path in [env.join("bin"), env] {
            chown(&path, Some(owner), Some(group)).unwrap();
            chmod(&path, mode);
        }
    }

    pub(super) fn file(&self, path: &Path, text: &str, owner: u32, mode: u32) {
        std::fs::write(path, text).unwrap();
        chown(path, Some(owner), Some(owner)).unwrap();
        chmod(path, mode);
    }

    pub(super) fn run(
        &self,
        uid: u32,
        gid: u32,
        dir: &Path,
        vars: &[(&str, &str)],
        args: &[&str],
    ) -> Ran {
        let mut command = self.sandbox.command(&self.rvenv);
        command.uid(uid).gid(gid).current_dir(dir).args(args).envs(vars.iter().copied());
        Ran::of(&mut command)
    }

    #[track_caller]
    pub(super) fn assert_runs(&self, uid: u32, gid: u32, dir: &Path, vars: &[(&str, &str)]) -> Ran {
        self.run(uid, gid, dir, vars, &["run", "tool"]).ok()
    }

    #[track_caller]
    pub(super) fn assert_refused(
        &self,
        uid: u32,
        gid: u32,
        dir: &Path,
        vars: &[(&str, &str)],
        hint: &Path,
    ) {
        for args in [&["run", "tool"][..], &["activate", "--shell", "bash"], &["install"]] {
            let ran = self.run(uid, gid, dir, vars, args).code(1);
            assert!(ran.stderr.contains(&format!("`rvenv allow {}`", hint.display())), "{ran:#?}");
            assert!(!ran.stdout.contains("VIRTUAL_ENV"), "{ran:#?}");
        }
    }
}

pub(super) fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}
