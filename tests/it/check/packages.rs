//! Findings about installed packages.

use std::fs;
use std::sync::Mutex;

use rvenv::check::Check;
use rvenv::support::cache::Cache;
use rvenv::support::program::Starts;
use rvenv::support::session::Session;
use rvenv::{Host, Interrupt};

use super::{Fixture, Package, append, edit};
use crate::sandbox::Ran;

#[test]
fn leftovers_of_an_interrupted_uninstall_are_removed_if_the_package_is_installed_again() {
    let fixture = Fixture::new();
    fixture.install("thing", "2.0");
    fs::create_dir(fixture.site().join("~hing")).unwrap();
    fs::create_dir(fixture.site().join("~hing-1.0.dist-info")).unwrap();
    fixture.is_free_of(&["install-leftover"]);
    fixture.runs("import thing");
}

#[test]
fn the_only_copy_of_a_package_is_never_removed() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0");
    let site = fixture.site();
    fs::rename(site.join("thing-1.0.dist-info"), site.join("~hing-1.0.dist-info")).unwrap();
    fs::create_dir(site.join("~hing")).unwrap();
    fs::remove_file(site.join("thing.py")).unwrap();
    fs::remove_file(fixture.bin("thing")).unwrap();
    let report = fixture.check(&[".venv", "--fix"]);
    assert_eq!(report.codes(), ["install-leftover"]);
    let way = format!(
        "rvenv install --env {} --ignore-installed --no-deps thing==1.0",
        fixture.env().display()
    );
    assert_eq!(report.command("install-leftover"), way);
    assert!(site.join("~hing").exists());
}

#[test]
fn metadata_without_record() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0");
    fs::remove_file(fixture.site().join("thing-1.0.dist-info/RECORD")).unwrap();
    let report = fixture.check(&[".venv"]);
    assert_eq!(report.codes(), ["metadata-incomplete"]);
    assert!(report.command("metadata-incomplete").ends_with("thing==1.0"));
    // The name of the directory is the last that says what is installed.
    fs::remove_file(fixture.site().join("thing-1.0.dist-info/METADATA")).unwrap();
    let report = fixture.check(&[".venv", "--fix"]);
    assert_eq!(report.codes(), ["metadata-incomplete"]);
    assert!(report.command("metadata-incomplete").ends_with("thing==1.0"));
    // With another that does, it is a leftover.
    fixture.install("thing", "2.0");
    fixture.is_free_of(&["install-leftover"]);
    assert!(!fixture.site().join("thing-1.0.dist-info").exists());
}

#[test]
fn metadata_that_is_cut_off() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0");
    let dist_info = fixture.site().join("thing-1.0.dist-info");
    let (record, metadata) = (dist_info.join("RECORD"), dist_info.join("METADATA"));
    let whole = fs::read(&record).unwrap();
    let random: Vec<_> = (0..=255).collect();
    for bytes in [&[], &whole[..whole.len() / 2], &whole[..whole.len() - 3], &*random] {
        fs::write(&record, bytes).unwrap();
        for depth in [&[".venv"][..], &[".venv", "--deep"]] {
            let report = fixture.check(depth);
            assert_eq!(report.codes(), ["metadata-incomplete"]);
            assert!(report.command("metadata-incomplete").ends_with("thing==1.0"));
        }
    }
    fs::remove_file(&record).unwrap();
    Ran::of(fixture.sandbox.command("mkfifo").arg(&record)).ok();
    assert_eq!(fixture.faults(), ["metadata-incomplete"]);
    fs::remove_file(&record).unwrap();
    fs::write(&record, whole).unwrap();
    fs::write(&metadata, "").unwrap();
    assert_eq!(fixture.faults(), ["metadata-incomplete"]);
    fs::remove_file(&metadata).unwrap();
    assert_eq!(fixture.faults(), ["metadata-incomplete"]);
}

#[test]
fn metadata_without_name_or_version() {
    let fixture = Fixture::with_pip();
    let dist_info = fixture.site().join("thing-1.0.dist-info");
    let metadata = dist_info.join("METADATA");
    // A file that pip cannot decode makes each command of pip fail.
    let garbled = [vec![0xff; 3000], [b"x".repeat(1022), vec![0xff, 0xfe, 0xff]].concat()];
    for bytes in garbled {
        fixture.install("thing", "1.0");
        fs::write(&metadata, bytes).unwrap();
        assert_ne!(fixture.pip(&["list"]).code, Some(0));
        let report = fixture.check(&[".venv", "--fix"]);
        assert_eq!(report.codes(), ["metadata-incomplete"]);
        assert_eq!(report.steps().len(), 1, "{report:#?}");
        assert!(report.command("metadata-incomplete").ends_with("thing==1.0"));
        fixture.pip(&["list"]).ok();
    }
    // A character may be where the piece that is read ends.
    let long = format!("x{}", "é".repeat(2000));
    for text in ["Metadata-Version: 2.1\nNa", "Name: thing\nSummary: Version: 1.0\n", &long] {
        fs::write(&metadata, text).unwrap();
        let report = fixture.check(&[".venv", "--fix"]);
        assert_eq!(report.codes(), ["metadata-incomplete"], "{text}");
        assert!(report.command("metadata-incomplete").ends_with("thing==1.0"));
    }
    let late = format!("Summary: {}\nName: thing\nVersion: 1.0\n", "long ".repeat(1000));
    fs::write(&metadata, late).unwrap();
    assert_eq!(fixture.faults(), [""; 0]);
    // Nothing of what somebody put there goes.
    for name in ["METADATA", "RECORD"] {
        let file = dist_info.join(name);
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        let report = fixture.check(&[".venv", "--fix"]);
        assert_eq!(report.codes(), ["metadata-incomplete"]);
        let text = report.finds("metadata-incomplete")["fix"]["text"].as_str().unwrap();
        assert!(text.starts_with(&format!("move `{}` away", file.display())), "{text}");
        fs::remove_dir(&file).unwrap();
        fixture.install("thing", "1.0");
        assert_eq!(fixture.faults(), [""; 0]);
    }
}

/// pip refuses two versions of a package in one command, and to uninstall what has no RECORD.
#[test]
fn metadata_of_another_package() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0");
    let metadata = fixture.site().join("thing-1.0.dist-info/METADATA");
    edit(&metadata, "Name: thing", "Name: T.H_ing");
    assert_eq!(fixture.faults(), ["metadata-incomplete"]);
    edit(&metadata, "Name: T.H_ing", "Name: ThinG");
    assert_eq!(fixture.faults(), [""; 0]);
    edit(&metadata, "Name: ThinG", "Name: other");
    let report = fixture.check(&[".venv"]);
    let seen = &report.finds("metadata-incomplete")["seen"];
    assert_eq!(seen, "`thing-1.0.dist-info` has no METADATA of its own");
    assert!(report.command("metadata-incomplete").ends_with(" thing==1.0"));
}

#[test]
fn two_of_a_package_without_record() {
    let all: [&[&str]; 2] = [&["RECORD"], &["RECORD", "METADATA"]];
    for (names, then) in all.into_iter().zip(["package-twice", "install-leftover"]) {
        let fixture = Fixture::new();
        for version in ["9.0", "10.0"] {
            fixture.install("thing", version);
            for name in names {
                let dist_info = fixture.site().join(format!("thing-{version}.dist-info"));
                fs::remove_file(dist_info.join(name)).unwrap();
            }
        }
        let report = fixture.check(&[".venv", "--fix"]);
        assert_eq!(report.codes(), ["metadata-incomplete"]);
        let way = report.command("metadata-incomplete");
        assert!(way.ends_with(" --ignore-installed --no-deps thing==10.0"), "{way}");
        fixture.install("thing", "10.0");
        fixture.is_free_of(&[then]);
        assert!(!fixture.site().join("thing-9.0.dist-info").exists());
        fixture.runs("import thing; assert thing.VERSION == '10.0'");
    }
    // The old one's files are not there, and the new one has no RECORD.
    let fixture = Fixture::new();
    fixture.install("thing", "1.0").install("thing", "2.0");
    fs::remove_file(fixture.site().join("thing-2.0.dist-info/RECORD")).unwrap();
    let report = fixture.check(&[".venv", "--fix"]);
    assert_eq!(report.codes(), ["package-twice"]);
    let way = report.command("package-twice");
    assert!(way.ends_with(" --ignore-installed --no-deps thing==2.0"), "{way}");
}

/// pip writes the commands, and its own RECORD, when all else is there; the wheel's own is there at once.
#[test]
fn a_package_whose_commands_were_not_written() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0");
    let dist_info = fixture.site().join("thing-1.0.dist-info");
    let record = dist_info.join("RECORD");
    let of_pip = fs::read_to_string(&record).unwrap() + "thing-1.0.dist-info/entry_points.txt,,\n";
    fs::write(dist_info.join("entry_points.txt"), "[console_scripts]\nthing = thing:x\n").unwrap();
    fs::write(&record, &of_pip).unwrap();
    assert_eq!(fixture.faults(), [""; 0]);
    let rows: Vec<_> = of_pip.lines().filter(|row| !row.starts_with("../")).collect();
    fs::write(&record, rows.join("\n")).unwrap();
    fs::remove_file(fixture.bin("thing")).unwrap();
    let report = fixture.check(&[".venv", "--fix"]);
    assert_eq!(report.codes(), ["metadata-incomplete"]);
    let way = report.command("metadata-incomplete");
    assert!(way.ends_with("--ignore-installed --no-deps thing==1.0"), "{way}");
    fs::write(dist_info.join("entry_points.txt"), "[other]\nthing = thing:x\n").unwrap();
    assert_eq!(fixture.faults(), [""; 0]);
}

#[test]
fn a_package_that_is_recorded_twice() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0").install("Thing", "2.0.0");
    fs::write(fixture.site().join("thing.py"), "VERSION = '2.0.0'\n").unwrap();
    // The second one's files are there; the first one's are not as it recorded them.
    fixture.is_free_of(&["package-twice"]);
    assert!(fixture.site().join("Thing-2.0.0.dist-info").exists());
    assert!(!fixture.site().join("thing-1.0.dist-info").exists());
}

#[test]
fn a_package_that_is_recorded_twice_with_the_same_files() {
    let fixture = Fixture::with_pip();
    fixture.install("thing", "1.0").install("thing", "2.0");
    // Both are right about them: none is stale.
    let module = format!("thing.py,{},16\n", super::hash(b"VERSION = '2.0'\n"));
    let record = fixture.site().join("thing-1.0.dist-info/RECORD");
    let rows = fs::read_to_string(&record).unwrap();
    let rows = rows.lines().filter(|row| !row.starts_with("thing.py")).collect::<Vec<_>>();
    fs::write(&record, module + &rows.join("\n") + "\n").unwrap();
    let report = fixture.check(&[".venv", "--fix"]);
    assert_eq!(report.codes(), ["package-twice"]);
    let text = report.finds("package-twice")["fix"]["text"].as_str().unwrap();
    let python = fixture.bin("python");
    assert!(text.contains(&format!("{} -m pip uninstall thing`", python.display())), "{text}");
    for _ in 0..2 {
        fixture.pip(&["uninstall", "--yes", "thing"]).ok();
    }
    assert_eq!(fixture.faults(), [""; 0]);
}

#[test]
fn the_prompt_is_one_line() {
    let fixture = Fixture::new();
    fs::create_dir(fixture.site().join("a\n✓ all is well-1.0.dist-info")).unwrap();
    let ran = fixture.sandbox.run(["check", ".venv"]).code(1);
    assert!(ran.stdout.contains(r"a\n"), "{ran:#?}");
    assert!(!ran.stdout.contains("\n✓ all"), "{ran:#?}");
}

#[test]
fn paths_that_do_not_exist() {
    let fixture = Fixture::new();
    let lines = "# a comment\n\nimport os\n/nowhere/at/all\n.\n";
    fs::write(fixture.site().join("x.pth"), lines).unwrap();
    let report = fixture.check(&[".venv"]);
    assert_eq!(report.codes(), ["pth-dangling"]);
    assert!(report.findings()[0]["seen"].as_str().unwrap().contains("/nowhere/at/all"));
}

#[test]
fn an_editable_install_whose_project_is_gone() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0");
    let url = r#"{"dir_info": {"editable": true}, "url": "file:///no%20where"}"#;
    fs::write(fixture.site().join("thing-1.0.dist-info/direct_url.json"), url).unwrap();
    let report = fixture.check(&[".venv"]);
    assert_eq!(report.codes(), ["editable-gone"]);
    assert!(report.findings()[0]["seen"].as_str().unwrap().contains("/no where"));
}

/// Anybody may have given a package of the index the same name.
#[test]
fn packages_from_urls_are_not_reinstalled_from_the_index() {
    let fixture = Fixture::new();
    let project = fixture.sandbox.project();
    let editable =
        format!(r#"{{"dir_info": {{"editable": true}}, "url": "file://{}"}}"#, project.display());
    let archive = r#"{"archive_info": {}, "url": "https://example.org/two.whl"}"#;
    for (name, origin) in [("one", &*editable), ("two", archive)] {
        fixture.install(name, "1.0");
        let dist_info = fixture.site().join(format!("{name}-1.0.dist-info"));
        fs::write(dist_info.join("direct_url.json"), origin).unwrap();
        fs::remove_file(dist_info.join("RECORD")).unwrap();
    }
    let command = fixture.check(&[".venv"]).command("metadata-incomplete");
    let way = format!(
        "rvenv install --env {} --ignore-installed --no-deps -e file://{} \
         two @ https://example.org/two.whl",
        fixture.env().display(),
        project.display()
    );
    assert_eq!(command, way);
}

#[test]
fn packages_for_another_python() {
    let fixture = Fixture::new();
    Package { tag: "cp35-cp35m-manylinux1_x86_64", ..Package::new("thing", "1.0") }
        .install(&fixture.env());
    let report = fixture.check(&[".venv"]);
    assert_eq!(report.codes(), ["foreign-abi"]);
    assert!(report.command("foreign-abi").ends_with("thing==1.0"));

    let fixture = Fixture::new();
    fs::write(fixture.site().join("_x.cpython-35m-x86_64-linux-gnu.so"), "").unwrap();
    assert_eq!(fixture.faults(), ["foreign-abi"]);
}

#[test]
fn deep_counts_the_files_that_it_reads() {
    let fixture = Fixture::new();
    for name in ["one", "two", "three"] {
        fixture.install(name, "1.0");
    }
    let host = Host::new([("PATH", "/usr/bin:/bin")], fixture.sandbox.project());
    let (cache, interrupt) = (&Cache::none(), &Interrupt::default());
    let session = Session { host: &host, cache, interrupt };
    let (env, starts) = (fixture.env(), Starts::Everything);
    let check = Check { session, named: Some(&env), deep: true, starts, ignored: &[] };
    let counted = Mutex::new(Vec::new());
    check.report_showing(&|done, all| counted.lock().unwrap().push((done, all))).unwrap();
    // The module and three files of metadata of each.
    assert_eq!(counted.into_inner().unwrap(), [(12, 12)]);
}

#[test]
fn deep_reads_every_file() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0").install("other", "1.0");
    let module = fixture.site().join("thing.py");
    fs::write(&module, "VERSION = '9.9'\n").unwrap();
    assert_eq!(fixture.faults(), [""; 0]);
    assert_eq!(fixture.check(&[".venv", "--deep"]).codes(), ["package-altered"]);
    append(&module, "# longer\n");
    let report = fixture.check(&[".venv", "--deep"]);
    assert_eq!(report.codes(), ["package-altered"]);
    assert!(report.command("package-altered").ends_with("thing==1.0"));
    fs::remove_file(module).unwrap();
    assert_eq!(fixture.check(&[".venv", "--deep"]).codes(), ["package-damaged"]);
}
