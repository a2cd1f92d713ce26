//! Tests of the list of allowed environments.

use super::*;

struct Place {
    root: tempfile::TempDir,
    trust: Trust,
}

impl Place {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let place = Self { trust: trust(root.path()), root };
        place.put(".venv", "home = /usr/bin\n");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        crate::support::path::canonicalize(self.root.path()).unwrap().join(name)
    }

    fn put(&self, name: &str, cfg: &str) {
        std::fs::create_dir_all(self.path(name).join("bin")).unwrap();
        std::fs::write(self.path(name).join("pyvenv.cfg"), cfg).unwrap();
    }

    fn verdict(&self, name: &str) -> Verdict {
        self.trust.verdict(&self.path(name))
    }
}

fn trust(home: &Path) -> Trust {
    let host = Host::new([("XDG_STATE_HOME", home.join("state"))], home);
    Trust::of(&host.on(Platform::Linux))
}

#[test]
fn a_verdict_is_what_was_said_last() {
    let place = Place::new();
    assert_eq!(place.verdict(".venv"), Verdict::Unknown);
    place.trust.allow(&place.path(".venv")).unwrap();
    assert_eq!(place.verdict(".venv"), Verdict::Allowed);
    place.trust.deny(&place.path(".venv")).unwrap();
    assert_eq!(place.verdict(".venv"), Verdict::Denied);
    place.trust.allow_made(&place.path(".venv"), &place.path(""));
    assert_eq!(place.verdict(".venv"), Verdict::Denied, "a denial outlives the environment");
    place.trust.allow(&place.path(".venv")).unwrap();
    assert!(place.trust.allows(&place.path(".venv")));
}

#[test]
fn the_same_bytes_are_another_environment() {
    let place = Place::new();
    place.trust.allow_made(&place.path(".venv"), Path::new("/elsewhere"));
    assert_eq!(place.verdict(".venv"), Verdict::Allowed);
    let cfg = place.path(".venv").join("pyvenv.cfg");
    let times = std::fs::metadata(&cfg).unwrap();
    std::fs::remove_dir_all(place.path(".venv")).unwrap();
    // The clock of a file system may tick every few milliseconds only.
    std::thread::sleep(std::time::Duration::from_millis(20));
    place.put(".venv", "home = /usr/bin\n");
    let file = std::fs::File::options().write(true).open(&cfg).unwrap();
    file.set_modified(times.modified().unwrap()).unwrap();
    assert_eq!(place.verdict(".venv"), Verdict::Changed);
}

#[test]
fn a_link_is_judged_by_where_it_leads() {
    let place = Place::new();
    place.put("other", "home = /usr/bin\n");
    place.trust.allow(&place.path(".venv")).unwrap();
    std::os::unix::fs::symlink(".venv", place.path("mine")).unwrap();
    std::os::unix::fs::symlink("other", place.path("theirs")).unwrap();
    assert_eq!(place.verdict("mine"), Verdict::Allowed);
    assert_eq!(place.verdict("theirs"), Verdict::Unknown);
}

#[test]
fn deleted_environments_are_forgotten() {
    let place = Place::new();
    place.put("other\nname", "home = /usr/bin\n");
    for name in [".venv", "other\nname"] {
        place.trust.allow(&place.path(name)).unwrap();
    }
    std::fs::remove_dir_all(place.path(".venv")).unwrap();
    place.trust.sweep();
    assert_eq!(place.verdict("other\nname"), Verdict::Allowed);
    assert_eq!(std::fs::read_dir(place.path("state/rvenv/allowed")).unwrap().count(), 1);
}

#[test]
fn a_list_that_others_can_write_to_counts_for_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    place.trust.allow(&place.path(".venv")).unwrap();
    let list = place.path("state/rvenv/allowed");
    assert_eq!(list.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    std::fs::set_permissions(&list, PermissionsExt::from_mode(0o777)).unwrap();
    let trust = trust(&place.path(""));
    assert_eq!(trust.verdict(&place.path(".venv")), Verdict::Unknown);
    let refused = trust.allow(&place.path(".venv"));
    assert!(matches!(refused, Err(Error::TrustListNotPrivate(_))), "{refused:?}");
}

#[test]
fn a_list_that_others_can_replace_counts_for_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    place.trust.allow(&place.path(".venv")).unwrap();
    for above in ["state/rvenv", "state"] {
        let set_mode =
            |mode| std::fs::set_permissions(place.path(above), PermissionsExt::from_mode(mode));
        set_mode(0o777).unwrap();
        let verdict = trust(&place.path("")).verdict(&place.path(".venv"));
        assert_eq!(verdict, Verdict::Unknown, "{above}");
        set_mode(0o700).unwrap();
    }
    assert!(trust(&place.path("")).allows(&place.path(".venv")));
}

#[test]
fn an_environment_that_rvenv_changed_stays_allowed() {
    let place = Place::new();
    let root = place.path(".venv");
    assert!(place.trust.allowed(&root).is_none());
    place.trust.allow(&root).unwrap();
    let allowed = place.trust.allowed(&root).unwrap();
    place.put(".venv", "home = /usr/bin\nversion = 3.12\n");
    assert_eq!(place.verdict(".venv"), Verdict::Changed);
    place.trust.allow_again(&allowed).unwrap();
    assert_eq!(place.verdict(".venv"), Verdict::Allowed);
}

#[test]
fn another_environment_that_others_could_put_there_is_not_allowed_again() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let root = place.path(".venv");
    place.trust.allow(&root).unwrap();
    let allowed = place.trust.allowed(&root).unwrap();
    std::fs::rename(&root, place.path("old")).unwrap();
    place.put(".venv", "home = /tmp\n");
    std::fs::set_permissions(place.path(""), PermissionsExt::from_mode(0o777)).unwrap();
    place.trust.allow_again(&allowed).unwrap();
    assert_eq!(place.verdict(".venv"), Verdict::Changed);
}
