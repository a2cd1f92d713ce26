//! `check-ignore`: findings that are notes because the settings say so.

use std::fs;
use std::path::Path;

use super::World;

/// With a warning: a `.pth` file that names what does not exist.
fn world() -> World {
    let world = World::new();
    fs::write(world.site().join("x.pth"), "/no/such/dir\n").unwrap();
    world
}

fn settings(path: &Path, codes: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("check-ignore = [{codes}]\n")).unwrap();
}

#[test]
fn a_project_can_ignore_warnings() {
    let world = world();
    assert_eq!(world.faults(), ["pth-dangling"]);
    let file = world.sandbox.project().join("rvenv.toml");
    settings(&file, "\"pth-dangling\", \"package-altered\"");
    let report = world.check(&[".venv"]);
    report.is_healthy();
    assert_eq!(report.finds("pth-dangling")["severity"], "note");
    assert_eq!(report.0["ignored"], serde_json::json!(["pth-dangling"]));
    let page = world.sandbox.run(["check", ".venv"]).ok().stdout;
    assert!(page.contains("ignored by `check-ignore`: pth-dangling\n"), "{page}");
    let listed = world.sandbox.run(["list", "--json"]).ok().stdout;
    assert!(
        listed.contains("\"pth-dangling\""),
        "only the user's own settings concern `list`: {listed}"
    );
}

#[test]
fn a_project_cannot_ignore_errors() {
    let world = World::new();
    fs::remove_file(world.env().join("pyvenv.cfg")).unwrap();
    let file = world.sandbox.project().join("rvenv.toml");
    settings(&file, "\"cfg-missing\"");
    let ran = world.sandbox.run(["check", ".venv"]).code(1);
    assert!(ran.stderr.contains("a project can make warnings notes, not errors"), "{ran:#?}");
    fs::remove_file(&file).unwrap();
    // The user can.
    let mut world = world;
    world.sandbox.set("RVENV_CHECK_IGNORE", "cfg-missing,pth-dangling");
    world.check(&[".venv"]).is_healthy();
}

#[test]
fn names_are_checked_and_former_names_stay_valid() {
    let world = world();
    let file = world.sandbox.project().join("rvenv.toml");
    settings(&file, "\"path-awkward\", \"activation-stale\"");
    assert_eq!(world.faults(), ["pth-dangling"]);
    // The same in `pyproject.toml`, with a slip of the hand.
    fs::remove_file(&file).unwrap();
    let manifest = world.sandbox.project().join("pyproject.toml");
    fs::write(&manifest, "[tool.rvenv]\ncheck-ignore = [\"pth-dangeling\"]\n").unwrap();
    let ran = world.sandbox.run(["check", ".venv"]).code(1);
    assert!(ran.stderr.contains("did you mean `pth-dangling`?"), "{ran:#?}");
    fs::write(&manifest, "[tool.rvenv]\ncheck-ignore = \"pth-dangling\"\n").unwrap();
    let ran = world.sandbox.run(["check", ".venv"]).code(1);
    assert!(ran.stderr.contains("expected an array of names"), "{ran:#?}");
}
