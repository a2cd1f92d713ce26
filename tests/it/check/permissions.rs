//! Who may write.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::World;

#[test]
fn what_everybody_may_write() {
    let world = World::new();
    world.install("thing", "1.0");
    fs::set_permissions(world.bin("thing"), fs::Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(world.site(), fs::Permissions::from_mode(0o777)).unwrap();
    world.is_mended_of(&["writable-by-all"]);
    let mode = fs::metadata(world.bin("thing")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o775);
}

#[test]
fn what_another_user_owns() {
    let world = World::new();
    if std::os::unix::fs::chown(world.bin("activate"), Some(12345), None).is_err() {
        eprintln!("skipped: only root can give a file away");
        return;
    }
    let report = world.check(&[".venv"]);
    assert_eq!(report.codes(), ["owned-by-another"]);
    assert!(report.findings()[0]["seen"].as_str().unwrap().contains("12345"));
    assert!(report.command("owned-by-another").contains("chown"));
}

#[test]
fn what_a_group_may_write_is_worth_a_note() {
    let world = World::new();
    fs::set_permissions(world.bin("activate"), fs::Permissions::from_mode(0o664)).unwrap();
    // A group with its user's number is that user alone.
    assert_eq!(world.faults(), [""; 0]);
    if std::os::unix::fs::chown(world.bin("activate"), None, Some(12345)).is_err() {
        eprintln!("skipped: only root can give a file to another group");
        return;
    }
    fs::set_permissions(world.bin("activate"), fs::Permissions::from_mode(0o664)).unwrap();
    assert_eq!(world.check(&[".venv"]).is_healthy().codes(), ["writable-by-group"]);
}
