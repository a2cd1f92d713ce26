//! An environment that is not where it was made, or where none can be.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Fixture, Package, append, edit, hash, healthy, site};
use crate::sandbox::{Ran, skip};

/// A fixture whose environment was made as `name`, with a package, and then moved to `.venv`.
fn moved(name: &str) -> Fixture {
    let fixture = Fixture::new();
    let made = fixture.sandbox.project().join(name);
    fs::remove_dir_all(fixture.env()).unwrap();
    fixture.create(&[name]);
    Package::new("thing", "1.0").install(&made);
    fs::rename(made, fixture.env()).unwrap();
    fixture
}

#[track_caller]
fn says(program: &Path, expected: &str) {
    let ran = Ran::of(&mut Command::new(program)).ok();
    assert_eq!(ran.stdout.trim(), expected);
}

/// The variables of a shell after `activate`.
#[track_caller]
fn activates(fixture: &Fixture, env: &Path) {
    let script = ". \"$0/bin/activate\" && printf %s \"$VIRTUAL_ENV\"";
    let ran = Ran::of(fixture.sandbox.command("bash").args(["-c", script]).arg(env)).ok();
    assert_eq!(Path::new(&ran.stdout), env);
}

#[test]
fn one_that_was_moved_works_where_it_is() {
    let fixture = moved("made here");
    fixture.is_free_of(&["moved"]);
    says(&fixture.bin("thing"), "1.0");
    activates(&fixture, &fixture.env());
    let cfg = fs::read_to_string(fixture.env().join("pyvenv.cfg")).unwrap();
    assert!(!cfg.contains("made here"), "{cfg}");
    // The entry of the command in RECORD is right again.
    fixture.check(&[".venv", "--deep"]).is_healthy();
    let script = fs::read(fixture.bin("thing")).unwrap();
    let record = fs::read_to_string(fixture.site().join("thing-1.0.dist-info/RECORD")).unwrap();
    assert!(record.contains(&hash(&script)), "{record}");
}

#[test]
fn a_relocatable_environment_reports_absolute_commands() {
    let fixture = Fixture::new();
    fixture.create(&["--relocatable", "made"]);
    let (made, here) =
        (fixture.sandbox.project().join("made"), fixture.sandbox.project().join("here"));
    fs::rename(&made, here).unwrap();
    let report = fixture.check(&["here"]);
    assert_eq!(report.is_healthy().codes(), ["activation-altered"]);
    let seen = report.finds("activation-altered")["seen"].as_str().unwrap();
    assert!(seen.starts_with(&format!("written for `{}`: ", made.display())), "{seen}");
    assert_eq!(fixture.check(&["here", "--fix"]).codes(), [""; 0]);
}

#[test]
fn a_path_that_is_no_unicode() {
    let fixture = Fixture::with_pip();
    let project = fixture.sandbox.project();
    let (one, other) = (OsStr::from_bytes(b"n\xffon"), OsStr::from_bytes(b"n\xfeon"));
    let (one, other) = (project.join(one), project.join(other));
    if fs::create_dir(&one).is_err() {
        skip("the file system takes only Unicode for names");
        return;
    }
    let rvenv = |dir: &Path, args: &[&str]| {
        Ran::of(fixture.sandbox.rvenv().current_dir(dir).args(args).arg(".venv"))
    };
    rvenv(&one, &["create", "-p", fixture.python.to_str().unwrap()]).ok();
    rvenv(&one, &["check"]).ok();
    fs::rename(&one, &other).unwrap();
    assert!(rvenv(&other, &["check"]).code(1).stdout.contains("[moved]"));
    rvenv(&other, &["check", "--fix"]).ok();
    let report = rvenv(&other, &["check", "--json"]).ok().stdout;
    assert!(report.contains("n\u{fffd}on"), "{report}");
    rvenv(&other, &["list", "--json"]).ok();
    Ran::of(Command::new(other.join(".venv/bin/pip")).arg("--version")).ok();
}

#[test]
fn a_link_to_it_is_another_name_of_the_same_place() {
    let fixture = Fixture::new();
    std::os::unix::fs::symlink(".venv", fixture.sandbox.project().join("link")).unwrap();
    fixture.check(&["link"]).is_healthy();
}

#[test]
fn one_that_is_moved_to_a_place_with_signs_that_shells_know() {
    let fixture = moved("made");
    let odd = "a b'c $HOME \"d\"";
    fs::rename(fixture.env(), fixture.sandbox.project().join(odd)).unwrap();
    let env = fixture.sandbox.project().join(odd);
    fixture.check(&[odd]).finds("moved");
    let report = fixture.check(&[odd, "--fix"]);
    assert_eq!(report.codes(), ["command-hidden"]);
    says(&env.join("bin/thing"), "1.0");
    activates(&fixture, &env);
}

#[test]
fn one_of_another_tool_that_was_moved() {
    let fixture = Fixture::new();
    fs::remove_dir_all(fixture.env()).unwrap();
    let made = fixture.sandbox.project().join("made");
    let mut venv = fixture.sandbox.command(&fixture.python);
    Ran::of(venv.args(["-I", "-m", "venv", "--without-pip"]).arg(&made)).ok();
    Package::new("thing", "1.0").install(&made);
    append(&made.join("bin/activate"), "# a line of the user's\n");
    fs::rename(made, fixture.env()).unwrap();
    fixture.is_free_of(&["moved"]);
    says(&fixture.bin("thing"), "1.0");
    activates(&fixture, &fixture.env());
    let script = fs::read_to_string(fixture.bin("activate")).unwrap();
    assert!(script.ends_with("# a line of the user's\n"), "the change is kept");
}

#[test]
fn lines_of_the_user_in_activation_scripts_stay_after_a_move() {
    let fixture = Fixture::new();
    let odd = "a b'c $HOME \"d\"";
    let env = fixture.sandbox.project().join(odd);
    let makers = [
        (Some(fixture.python.clone()), &["-I", "-m", "venv", "--without-pip"][..]),
        (healthy::tool("RVENV_TEST_VIRTUALENV"), &["--no-seed", "--no-periodic-update"]),
        (healthy::tool("RVENV_TEST_UV"), &["venv"]),
    ];
    for (index, (maker, args)) in makers.into_iter().enumerate() {
        let Some(maker) = maker else { continue };
        let made = fixture.sandbox.project().join(format!("made{index}"));
        let mut make = fixture.sandbox.command(maker);
        make.args(args);
        Ran::of(make.arg(&made)).ok();
        let scripts =
            ["activate", "activate.fish", "activate.csh"].map(|name| env.join("bin").join(name));
        fs::rename(made, &env).unwrap();
        scripts.iter().for_each(|script| append(script, "# mine\n"));
        fixture.check(&[odd, "--fix"]).is_healthy();
        activates(&fixture, &env);
        for script in scripts {
            let text = fs::read_to_string(&script).unwrap();
            assert!(text.ends_with("# mine\n") && !text.contains("/made"), "{text}");
        }
        fs::remove_dir_all(&env).unwrap();
    }
}

#[test]
fn a_script_that_the_user_changed_stays_if_it_cannot_be_repaired_safely() {
    let fixture = moved("made here");
    let activate = fixture.bin("activate");
    let made = fixture.sandbox.project().join("made here").display().to_string();
    edit(&activate, &format!("'{made}'"), &made.replace(' ', "\\ "));
    append(&activate, "# a line of the user's\n");
    let report = fixture.check(&[".venv", "--fix"]);
    let path = activate.display();
    assert_eq!(report.command("moved"), format!("mv {path} {path}.old"));
    let script = fs::read_to_string(fixture.bin("activate")).unwrap();
    assert!(script.ends_with("# a line of the user's\n"), "{script}");
    says(&fixture.bin("thing"), "1.0");
}

#[test]
fn a_copied_environment_is_distinguished_from_a_moved_one() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0");
    let copy = fixture.sandbox.project().join("copy");
    Ran::of(fixture.sandbox.command("cp").arg("-a").arg(fixture.env()).arg(&copy)).ok();
    assert_eq!(fixture.faults(), [""; 0]);
    assert_eq!(fixture.check(&["copy"]).codes(), ["copied"]);
    assert_eq!(fixture.check(&["copy", "--fix"]).is_healthy().codes(), [""; 0]);
    let first = fs::read_to_string(copy.join("bin/thing")).unwrap();
    assert!(first.starts_with(&format!("#!{}/bin/python\n", copy.display())), "{first}");
    let original = fs::read_to_string(fixture.bin("thing")).unwrap();
    assert!(original.starts_with(&format!("#!{}/bin/python\n", fixture.env().display())));
}

#[test]
fn a_project_that_was_renamed_takes_its_editable_install_along() {
    let fixture = Fixture::new();
    let (old, new) = (fixture.sandbox.project().join("old"), fixture.sandbox.project().join("new"));
    fixture.create(&["old/.venv"]);
    let site = site(&old.join(".venv"));
    fs::create_dir(old.join("src")).unwrap();
    fs::write(old.join("src/mine.py"), "VERSION = 3\n").unwrap();
    let package = Package::new("mine", "1.0");
    let dist_info = site.join(package.dist_info());
    fs::create_dir(&dist_info).unwrap();
    let url =
        format!("{{\"dir_info\": {{\"editable\": true}}, \"url\": \"file://{}\"}}", old.display());
    let pth = format!("{}/src\n", old.display());
    fs::write(dist_info.join("METADATA"), "Name: mine\nVersion: 1.0\n").unwrap();
    fs::write(dist_info.join("direct_url.json"), &url).unwrap();
    fs::write(site.join("__editable__.mine-1.0.pth"), &pth).unwrap();
    let record = format!(
        "__editable__.mine-1.0.pth,{},{}\nmine-1.0.dist-info/direct_url.json,{},{}\nmine-1.0.dist-info/METADATA,,\nmine-1.0.dist-info/RECORD,,\n",
        hash(pth.as_bytes()),
        pth.len(),
        hash(url.as_bytes()),
        url.len(),
    );
    fs::write(dist_info.join("RECORD"), record).unwrap();
    assert_eq!(fixture.check(&["old/.venv"]).codes(), [""; 0]);

    fs::rename(&old, &new).unwrap();
    let report = fixture.check(&["new/.venv"]);
    assert_eq!(report.codes(), ["moved", "editable-gone"]);
    fixture.check(&["new/.venv", "--fix", "--deep"]).is_healthy();
    let mut python = fixture.sandbox.command(new.join(".venv/bin/python"));
    let ran = Ran::of(python.args(["-c", "import mine; print(mine.__file__)"])).ok();
    assert_eq!(Path::new(ran.stdout.trim()), new.join("src/mine.py"));

    // Gone for good: there is nothing to follow.
    fs::remove_dir_all(new.join("src")).unwrap();
    let report = fixture.check(&["new/.venv"]);
    assert_eq!(report.codes(), ["pth-dangling"]);
}

/// The RECORD of a package whose command and whose project both moved tells of both.
#[test]
fn an_editable_install_with_a_command_in_a_project_that_was_renamed() {
    for (old, new) in [("old", "new"), ("o ld é", "n ew")] {
        let fixture = Fixture::new();
        let project = |name| fixture.sandbox.project().join(name);
        let (old, new) = (project(old), project(new));
        fixture.create(&[old.join(".venv").to_str().unwrap()]);
        let env = old.join(".venv");
        fs::create_dir(old.join("src")).unwrap();
        fs::write(old.join("src/mine.py"), "VERSION = 3\n").unwrap();
        Package::new("mine", "1.0").install(&env);
        let site = site(&env);
        fs::remove_file(site.join("mine.py")).unwrap();
        let record = site.join("mine-1.0.dist-info/RECORD");
        let rows = fs::read_to_string(&record).unwrap();
        let mut rows: Vec<_> = rows.lines().filter(|row| !row.starts_with("mine.py")).collect();
        let url = old.display().to_string().replace(' ', "%20").replace('é', "%C3%A9");
        let url = format!("{{\"dir_info\": {{\"editable\": true}}, \"url\": \"file://{url}\"}}");
        let pth = format!("{}/src\n", old.display());
        let mut more = Vec::new();
        for (path, text) in [("mine-1.0.dist-info/direct_url.json", &url), ("mine.pth", &pth)] {
            fs::write(site.join(path), text).unwrap();
            more.push(format!("{path},{},{}", hash(text.as_bytes()), text.len()));
        }
        rows.extend(more.iter().map(String::as_str));
        fs::write(&record, rows.join("\n") + "\n").unwrap();

        fs::rename(&old, &new).unwrap();
        let env = new.join(".venv");
        let env = env.to_str().unwrap();
        assert!(fixture.check(&[env]).codes().starts_with(&["moved", "editable-gone"]));
        let report = fixture.check(&[env, "--fix", "--deep"]);
        report.is_healthy();
        // As long as that is as it was, an interrupted run goes on.
        let at = |end: &str| report.steps().iter().position(|step| step.ends_with(end)).unwrap();
        assert!(at("RECORD`") < at("activate`"), "{report:#?}");
        says(&new.join(".venv/bin/mine"), "3");
        let pth = fs::read_to_string(super::site(Path::new(env)).join("mine.pth")).unwrap();
        assert_eq!(pth, format!("{}/src\n", new.display()));
        let record = super::site(Path::new(env)).join("mine-1.0.dist-info/RECORD");
        let record = fs::read_to_string(record).unwrap();
        let script = fs::read(new.join(".venv/bin/mine")).unwrap();
        assert!(record.contains(&hash(&script)), "{record}");
    }
}

#[test]
fn a_base_that_moved_together_with_the_environment() {
    let fixture = moved("made");
    edit(&fixture.env().join("pyvenv.cfg"), "home = ", "home = /nowhere");
    let python = fixture.bin("python");
    fs::remove_file(&python).unwrap();
    std::os::unix::fs::symlink("/nowhere/python3", &python).unwrap();
    let mut fixture = fixture;
    let bin = fixture.python.parent().unwrap().to_owned();
    fixture.sandbox.set("PATH", bin);
    fixture.check(&[".venv", "--fix"]).is_healthy();
    says(&fixture.bin("thing"), "1.0");
}

#[test]
fn places_where_no_environment_can_be() {
    let fixture = Fixture::new();
    let doomed = fixture.sandbox.project().join("a:b");
    fs::rename(fixture.env(), &doomed).unwrap();
    fixture.check(&["a:b"]).finds("path-unusable");
    let long = fixture.sandbox.project().join("long".repeat(40));
    fs::rename(doomed, &long).unwrap();
    let report = fixture.check(&[&"long".repeat(40), "--fix"]);
    assert_eq!(report.is_healthy().codes(), ["command-hidden"]);
}

#[test]
fn leftovers_of_a_process_that_was_killed() {
    let fixture = Fixture::new();
    let dead = fixture.sandbox.project().join(".rvenv-.venv/1234");
    fs::create_dir_all(dead.join("new/lib")).unwrap();
    fs::write(dead.join("lock"), "rvenv works here, or was killed").unwrap();
    fixture.is_free_of(&["create-leftover"]);
    assert!(!dead.parent().unwrap().exists());
}

#[test]
fn a_file_system_where_nothing_may_be_executed() {
    let fixture = Fixture::new();
    let script =
        "mkdir disk && mount -t tmpfs -o noexec none disk && cp -a .venv disk/env || exit 9
        \"$0\" check --json disk/env
        mount --bind \"$1\" \"$1\" && mount -o remount,bind,noexec \"$1\" && \"$0\" check --json .venv";
    let mut command = fixture.sandbox.command("unshare");
    let rvenv = fixture.sandbox.rvenv().get_program().to_owned();
    let prefix = fixture.python.parent().unwrap().parent().unwrap();
    let ran = Ran::of(command.args(["-m", "sh", "-c", script]).arg(rvenv).arg(prefix));
    if ran.code == Some(9) || ran.stderr.contains("unshare") {
        skip("mounting is not allowed here");
        return;
    }
    let reports = serde_json::Deserializer::from_str(&ran.stdout).into_iter::<Value>();
    let mut seen = reports.map(|report| report.unwrap()["findings"][0].clone());
    let env = seen.next().unwrap();
    assert_eq!(env["code"], "interpreter-not-executable", "{ran:#?}");
    assert!(env["seen"].as_str().unwrap().ends_with("such as `python`"), "{env}");
    let base = seen.next().unwrap();
    assert_eq!(base["code"], "interpreter-not-executable", "{ran:#?}");
    let python = format!("`{}/bin/", prefix.display());
    assert!(base["seen"].as_str().unwrap().starts_with(&python), "{base}");
}
