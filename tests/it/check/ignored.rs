//! `check-ignore`: findings that are notes because the settings say so.

use std::fs;
use std::path::Path;

use super::Fixture;

/// With a warning: a `.pth` file that names what does not exist.
fn fixture() -> Fixture {
    let fixture = Fixture::new();
    fs::write(fixture.site().join("x.pth"), "/no/such/dir\n").unwrap();
    fixture
}

fn settings(path: &Path, codes: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("check-ignore = [{codes}]\n")).unwrap();
}

#[test]
fn a_project_can_ignore_warnings() {
    let fixture = fixture();
    assert_eq!(fixture.faults(), ["pth-dangling"]);
    let file = fixture.sandbox.project().join("rvenv.toml");
    settings(&file, "\"pth-dangling\", \"package-altered\"");
    let report = fixture.check(&[".venv"]);
    report.is_healthy();
    assert_eq!(report.finds("pth-dangling")["severity"], "note");
    assert_eq!(report.0["ignored"], serde_json::json!(["pth-dangling"]));
    let page = fixture.sandbox.run(["check", ".venv"]).ok().stdout;
    assert!(page.contains("ignored by `check-ignore`: pth-dangling\n"), "{page}");
    let listed = fixture.sandbox.run(["list", "--json"]).ok().stdout;
    assert!(
        listed.contains("\"pth-dangling\""),
        "only the user's own settings concern `list`: {listed}"
    );
}

#[test]
fn a_project_cannot_ignore_errors() {
    let fixture = Fixture::new();
    fs::remove_file(fixture.env().join("pyvenv.cfg")).unwrap();
    let file = fixture.sandbox.project().join("rvenv.toml");
    settings(&file, "\"cfg-missing\"");
    let ran = fixture.sandbox.run(["check", ".venv"]).code(1);
    assert!(ran.stderr.contains("a project can make warnings notes, not errors"), "{ran:#?}");
    fs::remove_file(&file).unwrap();
    // The user can.
    let mut fixture = fixture;
    fixture.sandbox.set("RVENV_CHECK_IGNORE", "cfg-missing,pth-dangling");
    fixture.check(&[".venv"]).is_healthy();
}

#[test]
fn names_are_checked_and_former_names_stay_valid() {
    let fixture = fixture();
    let file = fixture.sandbox.project().join("rvenv.toml");
    settings(&file, "\"path-awkward\", \"activation-stale\"");
    assert_eq!(fixture.faults(), ["pth-dangling"]);
    // The same in `pyproject.toml`, with a slip of the hand.
    fs::remove_file(&file).unwrap();
    let manifest = fixture.sandbox.project().join("pyproject.toml");
    fs::write(&manifest, "[tool.rvenv]\ncheck-ignore = [\"pth-dangeling\"]\n").unwrap();
    let ran = fixture.sandbox.run(["check", ".venv"]).code(1);
    assert!(ran.stderr.contains("did you mean `pth-dangling`?"), "{ran:#?}");
    fs::write(&manifest, "[tool.rvenv]\ncheck-ignore = [\"unlike-all\"]\n").unwrap();
    let ran = fixture.sandbox.run(["check", ".venv"]).code(1);
    assert!(ran.stderr.contains("`rvenv help findings` lists all codes"), "{ran:#?}");
    fs::write(&manifest, "[tool.rvenv]\ncheck-ignore = \"pth-dangling\"\n").unwrap();
    let ran = fixture.sandbox.run(["check", ".venv"]).code(1);
    assert!(ran.stderr.contains("expected an array of names"), "{ran:#?}");
}
