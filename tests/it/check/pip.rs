//! pip: missing, damaged, twice.

use std::fs;

use super::World;

#[test]
fn every_fault_of_pip_is_repaired_by_seeding_it_again() {
    let world = World::with_pip();
    assert_eq!(world.faults(), [""; 0]);
    let site = world.site();
    let dist_info = || {
        let mut entries = fs::read_dir(&site).unwrap().flatten().map(|entry| entry.path());
        entries
            .find(|path| {
                let name = path.file_name().unwrap().to_string_lossy();
                name.starts_with("pip-") && name.ends_with(".dist-info")
            })
            .unwrap()
    };
    let works = || assert!(world.pip(&["--version"]).ok().stdout.starts_with("pip "));

    fs::write(site.join("pip/__init__.py"), "").unwrap();
    world.is_free_of(&["pip-damaged"]);
    works();

    fs::remove_dir_all(site.join("pip")).unwrap();
    world.is_free_of(&["pip-damaged"]);
    works();

    // What a disk that is full leaves.
    fs::write(dist_info().join("RECORD"), "").unwrap();
    world.is_free_of(&["pip-damaged"]);
    works();

    // What a kill leaves while pip compiles the pip that it has unpacked.
    let record = dist_info().join("RECORD");
    let rows = fs::read_to_string(&record).unwrap();
    let rows: Vec<_> = rows.lines().filter(|row| !row.starts_with("../")).collect();
    fs::write(&record, rows.join("\n")).unwrap();
    for name in ["pip", "pip3"] {
        fs::remove_file(world.bin(name)).unwrap();
    }
    world.is_free_of(&["pip-damaged"]);
    assert!(world.bin("pip").exists());
    works();

    let archive = site.join("pip/_pip.zip");
    let mut bytes = fs::read(&archive).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    // The cache may have it under another name.
    fs::remove_file(&archive).unwrap();
    fs::write(&archive, bytes).unwrap();
    assert_eq!(world.faults(), [""; 0]);
    assert_eq!(world.check(&[".venv", "--deep"]).codes(), ["pip-damaged"]);
    let told = world.sandbox.run(["check", "--deep", ".venv"]).code(1).stdout;
    assert!(told.contains("`rvenv check --deep --fix .venv`"), "{told}");
    assert_eq!(world.check(&[".venv", "--deep", "--fix"]).is_healthy().codes(), [""; 0]);
    works();

    let other = site.join("pip-1.0.dist-info");
    fs::create_dir(&other).unwrap();
    fs::copy(dist_info().join("RECORD"), other.join("RECORD")).unwrap();
    fs::copy(dist_info().join("METADATA"), other.join("METADATA")).unwrap();
    world.is_free_of(&["pip-twice"]);
    works();

    fs::remove_dir_all(dist_info()).unwrap();
    fs::remove_dir_all(site.join("pip")).unwrap();
    world.is_free_of(&["pip-missing"]);
    works();
}

#[test]
fn an_environment_that_was_to_have_none_is_healthy_without() {
    assert_eq!(World::new().faults(), [""; 0]);
}

#[test]
fn an_uninstalled_pip_is_a_note() {
    let world = World::with_pip();
    world.pip(&["uninstall", "--yes", "pip"]).ok();
    let report = world.check(&[".venv"]);
    report.is_healthy();
    assert_eq!(report.codes(), ["pip-missing"]);
    assert!(report.command("pip-missing").ends_with(" pip"));
    // It stays so, as it was done on purpose.
    assert_eq!(world.check(&[".venv", "--fix"]).is_healthy().codes(), ["pip-missing"]);
    fs::create_dir(world.site().join("pip")).unwrap();
    assert_eq!(world.faults(), ["pip-missing"]);
}

#[test]
fn an_upgraded_pip_is_complete() {
    let world = World::with_pip();
    // By its own wheel: what counts is that pip replaces itself by ordinary files.
    let wheels = world.sandbox.root().join("wheels");
    let list = "import ensurepip, pathlib; print(next(pathlib.Path(ensurepip.__path__[0], '_bundled').glob('pip-*')))";
    let wheel = world.runs(list);
    fs::create_dir(&wheels).unwrap();
    world.pip(&["install", "--force-reinstall", wheel.trim()]).ok();
    assert_eq!(world.check(&[".venv", "--deep"]).is_healthy().codes(), [""; 0]);
}
