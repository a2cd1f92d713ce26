//! The needs of an archive, compared with the machine.

use rvenv::Platform;
use rvenv::pack::{Libc, LibcFamily, Manifest};
use serde_json::Value;

use super::Fixture;
use crate::sandbox::Ran;

/// `rvenv check FILE --json`.
#[track_caller]
fn check(fixture: &Fixture, code: i32) -> Value {
    let mut command = fixture.sandbox.rvenv();
    let ran = Ran::of(command.args(["check", "--json"]).arg(fixture.tar_gz())).code(code);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn a_suitable_archive_is_reported_without_unpacking() {
    let fixture = Fixture::new();
    let answer = check(&fixture, 0);
    assert_eq!(answer["healthy"], true, "{answer:#}");
    assert_eq!(answer["problems"].as_array().unwrap().len(), 0);
    assert!(answer["python"].as_str().unwrap().contains("/bin/"), "{answer:#}");
    let manifest = &fixture.manifest;
    assert_eq!(answer["manifest"]["files"], manifest.files);
    for (name, bytes) in fixture.archives() {
        let archive = fixture.write(name, &bytes);
        let ran = Ran::of(fixture.sandbox.rvenv().arg("check").arg(archive)).ok();
        let needs = manifest.to_string();
        assert!(ran.stdout.replace("\n ", "").contains(&needs), "{needs}: {ran:#?}");
    }
    assert!(!fixture.env().exists());
    let mut fix = fixture.sandbox.rvenv();
    let ran = Ran::of(fix.args(["check", "--fix"]).arg(fixture.tar_gz())).code(1);
    assert!(ran.stderr.contains("hint: `rvenv unpack "), "{ran:#?}");
}

#[test]
fn an_unsuitable_machine_is_refused_with_the_missing_requirements() {
    type Change = fn(&mut Manifest);
    let cases: [(Change, &str, &str); 5] = [
        (|m| m.system.platform = Platform::MacOs, "system", "it is for macOS, and this is Linux"),
        (|m| m.system.machine = Some("s390x".into()), "machine", "it is for s390x processors"),
        (
            |m| {
                m.system.libc = Some(Libc { family: LibcFamily::Glibc, version: vec![9, 99] });
            },
            "c-library",
            "it needs glibc >= 9.99, and this machine has glibc 2.",
        ),
        (|m| m.python.version = "3.99.1".into(), "python", "it needs CPython 3.99, and `"),
        (|m| m.python.build.debug = true, "python", "debug, and `"),
    ];
    for (change, kind, message) in cases {
        let mut fixture = Fixture::new();
        change(&mut fixture.manifest);
        fixture.refuses(&fixture.tar_gz(), message);
        let answer = check(&fixture, 1);
        assert_eq!(answer["healthy"], false);
        assert_eq!(answer["problems"][0]["kind"], kind, "{answer:#}");
    }
}

#[test]
fn a_missing_library_is_reported_and_does_not_stop_the_command() {
    let mut fixture = Fixture::new();
    fixture.manifest.system.libraries = vec!["libc.so.6".into(), "libnowhere.so.3".into()];
    let answer = check(&fixture, 0);
    assert_eq!(answer["problems"][0]["missing"], serde_json::json!(["libnowhere.so.3"]));
    let ran = fixture.sandbox.run(["unpack".as_ref(), fixture.tar_gz().as_os_str()]).ok();
    assert!(ran.stderr.contains("warning: modules of it need libnowhere.so.3"), "{ran:#?}");
}

#[test]
fn without_a_named_python_the_search_decides() {
    let mut fixture = Fixture::new();
    fixture.sandbox.set("RVENV_PACK_PYTHON", "");
    fixture.manifest.python.version = "3.99.0".into();
    fixture.refuses(&fixture.tar_gz(), "it needs CPython 3.99, and this machine has none");
    let ran = fixture.sandbox.run(["python", "find"]).ok();
    let found = super::describe(ran.stdout.trim().as_ref());
    let mut fixture = Fixture {
        manifest: super::manifest(&found),
        items: super::items(&found),
        ..Fixture::new()
    };
    fixture.sandbox.set("RVENV_PACK_PYTHON", "");
    fixture.count();
    fixture.sandbox.run(["unpack".as_ref(), fixture.tar_gz().as_os_str()]).ok();
    fixture.works(&fixture.env());
}
