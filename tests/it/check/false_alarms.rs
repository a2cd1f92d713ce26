//! Healthy environments that an earlier version reported.

use std::fs;

use super::{Fixture, Package, hash};
use crate::sandbox::write_program;

#[test]
fn own_scripts_without_activation_scripts_do_not_make_it_moved() {
    let fixture = Fixture::new();
    for entry in fs::read_dir(fixture.env().join("bin")).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.to_lowercase().contains("activate") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    let script = fixture.bin("s");
    let text = "#!/usr/bin/python3\nimport apt_pkg\n";
    write_program(&script, text);
    let report = fixture.check(&[".venv", "--fix"]);
    assert_eq!(report.codes(), [""; 0]);
    assert_eq!(fs::read_to_string(&script).unwrap(), text);
}

/// Debian's packages, and wheels of tools of the system, contain such scripts.
#[test]
fn a_script_of_a_wheel_for_the_python_of_the_system() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0");
    let text = "#!/usr/bin/python3\nimport apt_pkg\n";
    write_program(&fixture.bin("tool"), text);
    let record = fixture.site().join("thing-1.0.dist-info/RECORD");
    let row = |text: &str| format!("../../../bin/tool,{},{}\n", hash(text.as_bytes()), text.len());
    super::append(&record, &row(text));
    assert_eq!(fixture.faults(), [""; 0]);
    // With another first line than it was installed with.
    fs::write(
        fixture.bin("tool"),
        text.replace("/usr/bin/python3", fixture.python.to_str().unwrap()),
    )
    .unwrap();
    assert_eq!(fixture.faults(), ["shebang-foreign"]);
}

#[test]
fn site_packages_that_pip_emptied_and_removed() {
    let fixture = Fixture::new();
    fs::remove_dir(fixture.site()).unwrap();
    fixture.check(&[".venv"]).is_healthy();
}

/// Namespaces and tests of several distributions.
#[test]
fn files_that_several_packages_list() {
    let fixture = Fixture::new();
    for name in ["one", "two"] {
        Package::new(name, "1.0").install(&fixture.env());
        for file in ["names/__init__.py", "tests/test_all.py"] {
            let text =
                format!("# {name}\n").repeat(if file.starts_with("tests") { 200 } else { 1 });
            fs::create_dir_all(fixture.site().join(file).parent().unwrap()).unwrap();
            fs::write(fixture.site().join(file), &text).unwrap();
            let record = fixture.site().join(format!("{name}-1.0.dist-info/RECORD"));
            super::append(&record, &format!("{file},{},{}\n", hash(text.as_bytes()), text.len()));
        }
    }
    for depth in [&[".venv"][..], &[".venv", "--deep"]] {
        assert_eq!(fixture.check(depth).is_healthy().codes(), [""; 0]);
    }
    fs::write(fixture.site().join("names/__init__.py"), "# other\n").unwrap();
    assert!(!fixture.check(&[".venv", "--deep"]).codes().is_empty());
}

#[test]
fn hashes_of_other_installers() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0");
    let record = fixture.site().join("thing-1.0.dist-info/RECORD");
    let module = fs::read(fixture.site().join("thing.py")).unwrap();
    let digest = hash(&module);
    let hex = {
        use sha2::{Digest, Sha256};
        let bytes = Sha256::digest(&module);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let text = fs::read_to_string(&record).unwrap();
    for form in [format!("sha256={hex}"), format!("{digest}="), "sha256=unknown".to_owned()] {
        fs::write(&record, text.replace(&digest, &form)).unwrap();
        assert_eq!(fixture.check(&[".venv", "--deep"]).codes(), [""; 0], "{form}");
    }
    let absolute = text.replace("../../../bin/thing", &fixture.bin("thing").display().to_string());
    fs::write(&record, absolute).unwrap();
    assert_eq!(fixture.check(&[".venv", "--deep"]).codes(), [""; 0]);
}

#[test]
fn no_record_of_an_installer_that_writes_none() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0");
    let dist_info = fixture.site().join("thing-1.0.dist-info");
    fs::remove_file(dist_info.join("RECORD")).unwrap();
    assert_eq!(fixture.faults(), ["metadata-incomplete"]);
    for installer in ["conda\n", "debian"] {
        fs::write(dist_info.join("INSTALLER"), installer).unwrap();
        assert_eq!(fixture.faults(), [""; 0], "{installer}");
    }
}

#[test]
fn a_directory_of_an_editable_install_that_is_generated_later() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0");
    let (site, project) = (fixture.site(), fixture.sandbox.project());
    let lines = format!("{}\n{}/generated\n", project.display(), project.display());
    fs::write(site.join("_thing.pth"), &lines).unwrap();
    assert_eq!(fixture.faults(), ["pth-dangling"]);
    let url =
        format!(r#"{{"dir_info": {{"editable": true}}, "url": "file://{}"}}"#, project.display());
    fs::write(site.join("thing-1.0.dist-info/direct_url.json"), url).unwrap();
    let record = site.join("thing-1.0.dist-info/RECORD");
    super::append(&record, &format!("_thing.pth,{},{}\n", hash(lines.as_bytes()), lines.len()));
    assert_eq!(fixture.faults(), [""; 0]);
}

#[test]
fn a_sitecustomize_that_prints_at_exit() {
    let fixture = Fixture::new();
    let text = "import atexit; atexit.register(lambda: print('bye'))\n";
    fs::write(fixture.site().join("sitecustomize.py"), text).unwrap();
    assert_eq!(fixture.check(&[".venv", "--deep"]).codes(), [""; 0]);
}

#[test]
fn a_configuration_with_home_alone() {
    let fixture = Fixture::new();
    let cfg = fixture.env().join("pyvenv.cfg");
    let text = fs::read_to_string(&cfg).unwrap();
    let home = text.lines().find(|line| line.starts_with("home")).unwrap();
    fs::write(&cfg, format!("{home}\ninclude-system-site-packages = false\n")).unwrap();
    assert_eq!(fixture.check(&[".venv"]).is_healthy().codes(), ["cfg-incomplete"]);
}

/// Each of them was installed by an installer that ended without an error.
#[test]
fn rare_rows_of_a_record() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0");
    let site = fixture.site();
    let (record, text) = (site.join("thing-1.0.dist-info/RECORD"), "y = 1\n");
    fs::create_dir_all(site.join("parts/one")).unwrap();
    fs::create_dir_all(site.join("x.data")).unwrap();
    for file in ["parts/one/a.py", "parts/one/b\nc.py", "x.data/a.py"] {
        fs::write(site.join(file), text).unwrap();
    }
    let installed = fs::read_to_string(&record).unwrap();
    let hashed = |path: &str| format!("{path},{},{}\n", hash(text.as_bytes()), text.len());
    let all = [
        "parts/one/,,\nparts/one,,\n".to_owned(),
        "parts/gone/,,\nparts/gone,,\n".to_owned(),
        "parts/gone.py,,\ngone.py,,\nthing-1.0.dist-info/RECORD.jws,,\n".to_owned(),
        hashed("parts/one/a.py") + &hashed(r"parts\one\a.py"),
        hashed("\"parts/one/b\nc.py\""),
        hashed("x.data/a.py"),
    ];
    let own = "thing-1.0.dist-info/RECORD,";
    let with_hash = installed.replace(own, &format!("{own}{}", hash(b"before")));
    for text in all.iter().map(|rows| installed.clone() + rows).chain([with_hash]) {
        fs::write(&record, &text).unwrap();
        for depth in [&[".venv"][..], &[".venv", "--deep"]] {
            let report = fixture.check(depth);
            assert!(
                report.codes().iter().all(|code| *code == "files-unowned"),
                "{text}: {report:#?}"
            );
            report.is_healthy();
        }
    }
}

#[test]
fn headers_in_lower_case() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0");
    let metadata = fixture.site().join("thing-1.0.dist-info/METADATA");
    let text = fs::read_to_string(&metadata).unwrap().to_lowercase();
    fs::write(&metadata, text + "requires-dist: other\n").unwrap();
    assert_eq!(fixture.faults(), ["requirement-missing"]);
}

#[test]
fn files_that_users_delete_on_purpose() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0");
    let site = fixture.site();
    let record = site.join("thing-1.0.dist-info/RECORD");
    let deleted = [
        "tests/test_thing.py",
        "thing_parts/tests/test_parts.py",
        "../../../share/jupyter/kernels/thing/kernel.json",
    ];
    let row = |path: &str| format!("{path},{},1\n", hash(b"x"));
    super::append(&record, &deleted.map(row).concat());
    super::append(&record, "__pycache__/thing.cpython-312.pyc,,\n");
    fs::create_dir(site.join("thing_parts")).unwrap();
    // `compileall -b`, and the source is deleted.
    fs::rename(site.join("thing.py"), site.join("thing.pyc")).unwrap();
    for depth in [&[".venv"][..], &[".venv", "--deep"]] {
        assert_eq!(fixture.check(depth).codes(), [""; 0]);
    }
    fs::remove_file(site.join("thing.pyc")).unwrap();
    for depth in [&[".venv"][..], &[".venv", "--deep"]] {
        assert_eq!(fixture.check(depth).codes(), ["package-damaged"]);
    }
}
