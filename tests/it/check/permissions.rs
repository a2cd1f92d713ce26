//! Who may write.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use super::base::fixture;
use super::{Fixture, Report, cpythons};
use crate::sandbox::{Ran, copy_rvenv, skip};

#[test]
fn world_writable_files() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0");
    fs::set_permissions(fixture.bin("thing"), fs::Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(fixture.site(), fs::Permissions::from_mode(0o777)).unwrap();
    fixture.is_free_of(&["writable-by-all"]);
    let mode = fs::metadata(fixture.bin("thing")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o775);
}

#[test]
fn files_of_another_user() {
    let fixture = Fixture::new();
    if std::os::unix::fs::chown(fixture.bin("activate"), Some(12345), None).is_err() {
        skip("only root can give a file away");
        return;
    }
    let report = fixture.check(&[".venv"]);
    assert_eq!(report.codes(), ["owned-by-another"]);
    assert!(report.findings()[0]["seen"].as_str().unwrap().contains("12345"));
    assert!(report.command("owned-by-another").contains("chown"));
}

#[test]
fn group_writable_files_are_a_note() {
    let fixture = Fixture::new();
    fs::set_permissions(fixture.bin("activate"), fs::Permissions::from_mode(0o664)).unwrap();
    // A group with its user's number is that user alone.
    assert_eq!(fixture.faults(), [""; 0]);
    if std::os::unix::fs::chown(fixture.bin("activate"), None, Some(12345)).is_err() {
        skip("only root can give a file to another group");
        return;
    }
    fs::set_permissions(fixture.bin("activate"), fs::Permissions::from_mode(0o664)).unwrap();
    assert_eq!(fixture.check(&[".venv"]).is_healthy().codes(), ["writable-by-group"]);
}

#[test]
fn an_unreadable_path_does_not_count_as_missing() {
    for options in [&[][..], &["--copies"]] {
        let fixture = fixture(&cpythons()[0]);
        fs::remove_dir_all(fixture.env()).unwrap();
        fixture.create(options);
        let close = |path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        // For root no door is closed.
        let rvenv = fixture.sandbox.root().join("rvenv");
        copy_rvenv(&rvenv);
        close(fixture.sandbox.root(), 0o755);
        let is_root = fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0);
        let check = || {
            let mut command = match is_root {
                true => fixture.sandbox.command("setpriv"),
                false => fixture.sandbox.command("env"),
            };
            if is_root {
                command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
            }
            let ran = Ran::of(command.arg(&rvenv).args(["check", "--json", ".venv"])).code(1);
            Report(serde_json::from_str(&ran.stdout).unwrap())
        };
        let told = |report: &Report, code: &str| {
            let finding = report.finds(code);
            assert_eq!(finding["fix"]["kind"], "advice", "{report:#?}");
            finding["seen"].as_str().unwrap().to_owned()
        };

        let opt = fixture.sandbox.root().join("opt");
        close(opt.clone(), 0o000);
        let report = check();
        let seen = told(&report, "base-broken");
        assert!(seen.ends_with(&format!("`{}`, which you may not enter", opt.display())), "{seen}");

        close(fixture.env(), 0o000);
        let seen = told(&check(), "cfg-unreadable");
        assert_eq!(seen, "you may not read `pyvenv.cfg`");
        close(fixture.env(), 0o755);
        close(opt, 0o755);
    }
}
