//! The installation that an environment rests on: moved, upgraded, deleted.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::{CPython, Fixture, cpythons, edit, installation};
use crate::sandbox::{Ran, Sandbox, skip, write_program};

/// An environment of an installation at `opt/python` in the sandbox, with a package.
pub(super) fn fixture(of: &CPython) -> Fixture {
    let sandbox = Sandbox::new();
    let prefix = sandbox.root().join("opt/python");
    installation(of, &prefix);
    let fixture = Fixture { sandbox, python: prefix.join("bin/python3") };
    fixture.create(&[]);
    fixture.install("thing", "1.0");
    assert_eq!(fixture.faults(), [""; 0]);
    fixture
}

/// Two minor versions, the newer one first.
pub(super) fn two() -> (CPython, CPython) {
    let mut all = cpythons();
    let newest = all.remove(0);
    let other = all.into_iter().find(|other| other.minor != newest.minor);
    (newest, other.expect("two minor versions of Python"))
}

#[test]
fn a_version_that_is_too_old_is_not_called_broken() {
    let newest = cpythons().remove(0);
    let versions = newest.prefix.parent().unwrap();
    let old = fs::read_dir(versions).into_iter().flatten().flatten().find_map(|entry| {
        let python = entry.path().join("bin/python3");
        let name = entry.file_name().into_string().ok()?;
        (name.starts_with("3.7") || name.starts_with("3.6")).then_some(python)
    });
    let Some(old) = old else {
        skip("there is no Python older than 3.8");
        return;
    };
    let sandbox = Sandbox::new();
    Ran::of(sandbox.command(old).args(["-m", "venv", "--without-pip", ".venv"])).ok();
    let fixture = Fixture { sandbox, python: newest.path };
    assert_eq!(fixture.faults(), ["base-unsupported"]);
}

fn bare_path(fixture: &mut Fixture) {
    let empty = fixture.sandbox.root().join("empty");
    fs::create_dir_all(&empty).unwrap();
    fixture.sandbox.set("PATH", empty);
}

#[test]
fn a_link_out_of_a_directory_that_is_itself_a_link() {
    let mut fixture = fixture(&cpythons()[0]);
    let (root, project) = (fixture.sandbox.root().to_owned(), fixture.sandbox.project());
    fs::create_dir_all(root.join("versions/a/bin")).unwrap();
    symlink("versions/a", root.join("current")).unwrap();
    symlink("../../../opt/python/bin/python3", root.join("versions/a/bin/python3")).unwrap();
    fixture.python = root.join("current/bin/python3");
    fixture.create(&["other"]);
    fixture.check(&["other"]).is_healthy();

    // Seen through the link, two directories above `bin` there is another one.
    symlink("../../../opt/python/bin/python3", project.join("other/bin/python.new")).unwrap();
    fs::rename(project.join("other/bin/python.new"), project.join("other/bin/python")).unwrap();
    fs::create_dir_all(root.join("a/b/c")).unwrap();
    symlink(project.join("other"), root.join("a/b/c/env")).unwrap();
    fixture.check(&["../a/b/c/env"]).is_healthy();
}

#[test]
fn a_base_that_was_moved_is_found_again() {
    let mut fixture = fixture(&cpythons()[0]);
    let opt = fixture.sandbox.root().join("opt");
    fs::rename(opt.join("python"), opt.join("elsewhere")).unwrap();
    fixture.sandbox.set("PATH", opt.join("elsewhere/bin"));
    fixture.is_free_of(&["base-gone"]);
    fixture.runs("import thing");
    let cfg = fs::read_to_string(fixture.env().join("pyvenv.cfg")).unwrap();
    assert!(cfg.contains(&format!("home = {}\n", opt.join("elsewhere/bin").display())), "{cfg}");
}

#[test]
fn create_repairs_with_the_minor_version_of_the_environment_whatever_the_default_is() {
    let (newest, other) = two();
    let mut fixture = fixture(&other);
    let opt = fixture.sandbox.root().join("opt");
    fs::remove_dir_all(opt.join("python")).unwrap();
    installation(&newest, &opt.join("newest"));
    installation(&other, &opt.join("other"));
    let path = [opt.join("newest/bin"), opt.join("other/bin")];
    fixture.sandbox.set("PATH", std::env::join_paths(path).unwrap());
    let ran = fixture.sandbox.run(["create", "--without-pip"]).ok();
    assert!(ran.stderr.starts_with("updated `.venv`: CPython "), "{ran:#?}");
    fixture.runs("import thing, sys; assert sys.prefix != sys.base_prefix");
    let cfg = fs::read_to_string(fixture.env().join("pyvenv.cfg")).unwrap();
    assert!(cfg.contains(&format!("home = {}\n", opt.join("other/bin").display())), "{cfg}");
    // A request for another one is refused.
    let python = opt.join("newest/bin/python3").display().to_string();
    let ran = fixture.sandbox.run(["create", "-p", &python]).code(1);
    assert!(ran.stderr.contains("is an environment of Python"), "{ran:#?}");
}

#[test]
fn a_base_that_was_deleted_and_its_version_is_gone() {
    let (newest, other) = two();
    let mut fixture = fixture(&newest);
    let opt = fixture.sandbox.root().join("opt");
    fs::remove_dir_all(opt.join("python")).unwrap();
    installation(&other, &opt.join("other"));
    fixture.sandbox.set("PATH", opt.join("other/bin"));
    // Nothing outside of the sandbox is to be found.
    let report = fixture.check(&[".venv", "--fix"]);
    assert_eq!(report.codes(), ["base-gone"]);
    assert_eq!(report.steps(), [""; 0]);
    let command = report.command("base-gone");
    assert!(
        command.starts_with(&format!("rvenv create --upgrade --python {} ", other.minor)),
        "{command}"
    );
}

#[test]
fn a_base_that_was_deleted_and_there_is_no_python_at_all() {
    let mut fixture = fixture(&cpythons()[0]);
    let script = fixture.bin("thing-of-python3");
    fs::write(&script, super::first_line(&fixture.bin("python3"))).unwrap();
    fs::remove_dir_all(fixture.sandbox.root().join("opt")).unwrap();
    bare_path(&mut fixture);
    assert_eq!(fixture.faults(), ["base-gone"]);
    // It says so too without anything being named, and does not count as active.
    let report = fixture.check(&[]);
    assert_eq!(report.codes(), ["base-gone", "not-active"]);
}

#[test]
fn a_base_that_became_another_patch_release() {
    // Two releases of one minor version are rare on one machine; what tells is `pyvenv.cfg`.
    let fixture = fixture(&cpythons()[0]);
    let version = &cpythons()[0].version;
    edit(
        &fixture.env().join("pyvenv.cfg"),
        &format!("version = {version}"),
        &format!("version = {version}9"),
    );
    fixture.is_free_of(&["cfg-key-wrong"]);
    fixture.runs("import thing");
}

#[test]
fn a_base_that_became_another_minor_version() {
    let (newest, other) = two();
    let mut fixture = fixture(&other);
    let opt = fixture.sandbox.root().join("opt");
    fs::rename(opt.join("python"), opt.join("old")).unwrap();
    installation(&newest, &opt.join("python"));
    bare_path(&mut fixture);
    // `bin/python3` leads to `opt/python/bin/python3`, which is another Python now.
    let report = fixture.check(&[".venv"]);
    let codes = report.codes();
    assert!(codes.contains(&"base-minor-changed"), "{report:#?}");
    assert!(report.command("base-minor-changed").contains("--upgrade"));

    // With the old version at hand again, it is taken.
    fixture.sandbox.set("PATH", opt.join("old/bin"));
    let report = fixture.check(&[".venv", "--fix"]);
    assert_eq!(report.is_healthy().codes(), [""; 0]);
    fixture.runs("import thing");
}

#[test]
fn a_newer_base_is_preferred_to_an_older_python_elsewhere() {
    let (newest, older) = two();
    let mut fixture = fixture(&newest);
    let opt = fixture.sandbox.root().join("opt");
    installation(&older, &opt.join("older"));
    fixture.sandbox.set("PATH", opt.join("older/bin"));
    let lib = fixture.env().join("lib");
    fs::rename(fixture.site().parent().unwrap(), lib.join("python3.5")).unwrap();
    let command = fixture.check(&[".venv"]).command("base-minor-changed");
    assert!(command.contains(&format!("--python {} ", fixture.python.display())), "{command}");
}

#[test]
fn a_base_of_another_implementation() {
    let fixture = fixture(&cpythons()[0]);
    let lib = fs::read_dir(fixture.env().join("lib")).unwrap().flatten().next().unwrap().path();
    fs::rename(&lib, fixture.env().join("lib/pypy3.9")).unwrap();
    let report = fixture.check(&[".venv"]);
    assert!(report.codes().contains(&"interpreter-elsewhere"), "{report:#?}");
}

#[test]
fn a_base_that_fails() {
    let fixture = fixture(&cpythons()[0]);
    let executable = rvenv::support::path::canonicalize(&fixture.python).unwrap();
    fs::remove_file(&executable).unwrap();
    let asked = fixture.sandbox.project().join("asked");
    let script = format!("#!/bin/sh\necho >> '{}'\necho no >&2\nexit 3\n", asked.display());
    write_program(&executable, &script);
    let report = fixture.check(&[".venv"]);
    let seen = report.finds("base-broken")["seen"].as_str().unwrap();
    assert!(seen.ends_with("fails (exit status: 3): no"), "{seen}");
    // One that hangs would be waited for each time.
    assert_eq!(fs::read_to_string(asked).unwrap(), "\n");
}

#[test]
fn an_interpreter_that_is_missing_loops_or_dangles() {
    let fixture = Fixture::new();
    let python = fixture.bin("python");
    for spoil in [&(|| fs::remove_file(&python)) as &dyn Fn() -> std::io::Result<()>, &|| {
        fs::remove_file(&python).and_then(|()| symlink("python", &python))
    }] {
        spoil().unwrap();
        let code = if python.is_symlink() { "interpreter-loop" } else { "interpreter-missing" };
        fixture.is_free_of(&[code]);
    }
    let alias = fixture.bin("python3");
    fs::remove_file(&python).unwrap();
    symlink("/nowhere/python3", &python).unwrap();
    // Found again by `home`, which is sound.
    fixture.is_free_of(&["base-gone"]);
    // `python` leads to the base by way of another name.
    fs::remove_file(fixture.bin(fs::read_link(&python).unwrap().to_str().unwrap())).unwrap();
    fixture.is_free_of(&["interpreter-missing"]);
    for spoil in ["/bin/sh", "/nowhere"] {
        let name = format!("python{}", cpythons()[0].minor);
        let other = [alias.clone(), fixture.bin(&name)]
            .into_iter()
            .find(|path| fs::read_link(&python).unwrap() != Path::new(path.file_name().unwrap()));
        let other = other.unwrap();
        fs::remove_file(&other).unwrap();
        symlink(spoil, &other).unwrap();
        fixture.is_free_of(&["interpreter-alias"]);
    }
}

#[test]
fn an_interpreter_that_is_another_than_the_configuration_says() {
    let fixture = Fixture::new();
    let opt = fixture.sandbox.root().join("opt/python");
    installation(&cpythons()[0], &opt);
    let python = fixture.bin("python");
    fs::remove_file(&python).unwrap();
    symlink(opt.join("bin/python3"), &python).unwrap();
    let report = fixture.check(&[".venv"]);
    report.finds("interpreter-elsewhere");
    fixture.check(&[".venv", "--fix"]).is_healthy();
    fixture.runs("import sys; assert sys.prefix != sys.base_prefix");
}

#[test]
fn interpreter_names_that_point_to_each_other_are_repaired_together() {
    let (newest, other) = two();
    let fixture = Fixture { sandbox: Sandbox::new(), python: newest.path.clone() };
    fixture.create(&[]);
    fixture.install("thing", "1.0");
    let name = format!("python{}", newest.minor);
    for name in ["python", "python3", &name] {
        fs::remove_file(fixture.bin(name)).unwrap();
        let target = if name == "python3" { other.path.clone() } else { "python3".into() };
        symlink(target, fixture.bin(name)).unwrap();
    }
    let told = fixture.check(&[".venv", "--fix", "--dry-run"]).steps();
    let report = fixture.check(&[".venv", "--fix"]);
    assert_eq!(report.is_healthy().steps(), told);
    fixture.runs("import thing");
}

#[test]
fn a_venv_that_was_made_over_one_of_another_version() {
    let (newest, other) = two();
    let fixture = Fixture { sandbox: Sandbox::new(), python: other.path.clone() };
    let venv = |python: &Path| {
        let mut command = fixture.sandbox.command(python);
        Ran::of(command.args(["-I", "-m", "venv", "--without-pip", ".venv"])).ok();
    };
    venv(&other.path);
    fixture.install("thing", "1.0");
    venv(&newest.path);
    // It wrote `pyvenv.cfg`; the links stayed, and the packages are there.
    fixture.runs("import thing");
    assert_eq!(fixture.faults(), ["interpreter-elsewhere"]);
    let report = fixture.check(&[".venv", "--fix"]);
    let alias = format!("remove `bin/python{}`", newest.minor);
    assert_eq!(report.is_healthy().steps(), ["write `pyvenv.cfg`", &alias]);
    fixture.runs("import thing");
    let cfg = fs::read_to_string(fixture.env().join("pyvenv.cfg")).unwrap();
    assert!(cfg.contains(&format!("version = {}\n", other.version)), "{cfg}");
}

#[test]
fn an_interpreter_that_may_not_be_executed() {
    let fixture = Fixture { sandbox: Sandbox::new(), python: cpythons()[0].path.clone() };
    fixture.create(&["--copies"]);
    assert_eq!(fixture.faults(), [""; 0]);
    for name in ["python", "python3"] {
        fs::set_permissions(fixture.bin(name), fs::Permissions::from_mode(0o644)).unwrap();
    }
    let report = fixture.check(&[".venv"]);
    report.finds("interpreter-not-executable");
    fixture.check(&[".venv", "--fix"]).is_healthy();
    fixture.runs("import sys; assert sys.prefix != sys.base_prefix");
}

#[test]
fn a_copied_interpreter_that_is_not_the_bases() {
    let (newest, other) = two();
    let fixture = Fixture { sandbox: Sandbox::new(), python: newest.path.clone() };
    fixture.create(&["--copies"]);
    fixture.install("thing", "1.0");
    fs::remove_file(fixture.bin("python")).unwrap();
    fs::copy(&other.path, fixture.bin("python")).unwrap();
    fixture.is_free_of(&["interpreter-elsewhere"]);
    fixture.runs("import thing");
    // One name of it alone.
    fs::copy(&other.path, fixture.bin("python3")).unwrap();
    fixture.is_free_of(&["interpreter-alias"]);
}

#[test]
fn a_copy_of_what_the_base_was_before_its_upgrade() {
    let prefix = |fixture: &Fixture| fixture.sandbox.root().join("opt/python");
    let name = format!("python{}", cpythons()[0].minor);
    let mut fixture = fixture(&cpythons()[0]);
    fs::remove_dir_all(fixture.env()).unwrap();
    fixture.create(&["--copies"]);
    fixture.sandbox.set("PATH", prefix(&fixture).join("bin"));
    assert_eq!(fixture.faults(), [""; 0]);
    // The next patch release has another size.
    let executable = prefix(&fixture).join("bin").join(name);
    let mut bytes = fs::read(&executable).unwrap();
    bytes.push(0);
    fs::write(&executable, bytes).unwrap();
    fixture.is_free_of(&["interpreter-elsewhere"]);
    assert_eq!(fs::read(fixture.bin("python")).unwrap(), fs::read(executable).unwrap());
    // If it has none, `pyvenv.cfg` decides.
    edit(&fixture.env().join("pyvenv.cfg"), "\nversion = 3", "\nversion = 3.0.3");
    let steps = fixture.check(&[".venv", "--fix", "--dry-run"]).steps();
    assert!(steps.iter().any(|step| step.ends_with("to `bin/python`")), "{steps:#?}");
    fixture.is_free_of(&["cfg-key-wrong"]);
}

#[test]
fn a_base_where_things_do_not_last() {
    let mut fixture = fixture(&cpythons()[0]);
    let base = fixture.sandbox.root().join("opt");
    fixture.sandbox.set("XDG_CACHE_HOME", base);
    assert_eq!(fixture.faults(), ["base-ephemeral"]);
}

/// The base in environments that stdlib's venv of 3.8 to 3.10 made from another environment, and in Homebrew's.
#[test]
fn a_path_to_the_base_that_does_not_last() {
    let fixture = fixture(&cpythons()[0]);
    let opt = fixture.sandbox.root().join("opt");
    let lead_to = |bin: &Path| {
        for name in ["python", "python3", &format!("python{}", cpythons()[0].minor)] {
            fs::remove_file(fixture.bin(name)).unwrap();
            let target = if name == "python3" { bin.join(name) } else { "python3".into() };
            symlink(target, fixture.bin(name)).unwrap();
        }
        let cfg = fs::read_to_string(fixture.env().join("pyvenv.cfg")).unwrap();
        let home = cfg.lines().find(|line| line.starts_with("home")).unwrap();
        edit(&fixture.env().join("pyvenv.cfg"), home, &format!("home = {}", bin.display()));
        fixture.sandbox.run(["allow", ".venv"]).ok();
    };
    let leads_to = |expected: &Path| {
        let cfg = fs::read_to_string(fixture.env().join("pyvenv.cfg")).unwrap();
        assert!(cfg.contains(&format!("home = {}\n", expected.display())), "{cfg}");
    };
    fixture.create(&["../other"]);
    lead_to(&fixture.sandbox.root().join("other/bin"));
    fixture.is_free_of(&["base-ephemeral"]);
    leads_to(&opt.join("python/bin"));

    let cellar = opt.join("Cellar/python@3/3.1");
    installation(&cpythons()[0], &cellar);
    fs::create_dir(opt.join("opt")).unwrap();
    symlink("../Cellar/python@3/3.1", opt.join("opt/python@3")).unwrap();
    lead_to(&cellar.join("bin"));
    fixture.is_free_of(&["base-ephemeral"]);
    leads_to(&opt.join("opt/python@3/bin"));
    fixture.runs("import thing");
}

#[test]
fn deep_asks_the_interpreter_itself() {
    let fixture = Fixture::new();
    fixture.check(&[".venv", "--deep"]).is_healthy();
    // A start-up file that ends the interpreter: no file outside of `site-packages` tells.
    fs::write(fixture.site().join("x.pth"), "import os; os._exit(7)\n").unwrap();
    assert_eq!(fixture.faults(), [""; 0]);
    let report = fixture.check(&[".venv", "--deep"]);
    assert_eq!(report.codes(), ["interpreter-disagrees"]);
    // Its links are right: there is no step that would help.
    assert_eq!(report.findings()[0]["fix"]["kind"], "advice");
}
