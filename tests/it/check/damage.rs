//! Damage that an earlier version called healthy, or repaired at the cost of something else.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use super::{Fixture, Package, cpythons, site};
use crate::sandbox::{Ran, skip_unless_required, write_program};

/// The lines for people.
fn shown(fixture: &Fixture) -> String {
    fixture.sandbox.run(["check", ".venv"]).stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn commands_that_cannot_start() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0");
    let command = fixture.bin("thing");
    let whole = fs::read(&command).unwrap();

    fs::set_permissions(&command, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(shown(&fixture).contains("`thing` is not executable"));
    fixture.is_free_of(&["command-broken"]);
    Ran::of(&mut fixture.sandbox.command(&command)).ok();

    fs::write(&command, String::from_utf8(whole.clone()).unwrap().replace('\n', "\r\n")).unwrap();
    assert!(shown(&fixture).contains("`thing` has Windows line ends"));
    fixture.is_free_of(&["command-broken"]);
    assert_eq!(fs::read(&command).unwrap(), whole);

    for broken in [&whole[whole.iter().position(|&byte| byte == b'\n').unwrap()..], &[0; 64]] {
        fs::write(&command, broken).unwrap();
        assert!(shown(&fixture).contains("`thing` does not begin with its interpreter"));
    }
    // A compiled program without its debug symbols has another size, too.
    fs::write(&command, b"\x7fELF\x02\x01\0\0\0").unwrap();
    assert_eq!(fixture.faults(), [""; 0]);

    fs::write(&command, "").unwrap();
    assert!(shown(&fixture).contains("`thing` is empty"));
    fs::remove_file(&command).unwrap();
    fs::create_dir(&command).unwrap();
    assert!(shown(&fixture).contains("`thing` is not a file"));
    fs::remove_dir(&command).unwrap();
    assert!(shown(&fixture).contains("`thing` is missing"));
    let report = fixture.check(&[".venv", "--fix"]);
    assert_eq!(report.codes(), ["command-broken"]);
    let way = report.command("command-broken");
    assert!(way.ends_with(" --force-reinstall --no-deps thing==1.0"), "{way}");
}

#[test]
fn commands_of_pip_are_seeded_again() {
    let fixture = Fixture::with_pip();
    fs::remove_file(fixture.bin("pip")).unwrap();
    fixture.is_free_of(&["command-broken"]);
    Ran::of(fixture.sandbox.command(fixture.bin("pip")).arg("--version")).ok();
}

#[test]
fn compiled_modules_of_another_machine() {
    let fixture = Fixture::new();
    let elf = |machine: u8| {
        let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
        bytes.resize(18, 0);
        bytes.extend([machine, 0, 1, 0, 0, 0]);
        bytes
    };
    let (own, other) = if cfg!(target_arch = "aarch64") { (183, 62) } else { (62, 183) };
    for (bytes, codes) in [
        (elf(own), &[][..]),
        (elf(other), &["foreign-abi"]),
        (b"\xcf\xfa\xed\xfe\x07\0\0\x01\x03\0\0\0\0\0\0\0\0\0\0\0".to_vec(), &["foreign-abi"]),
    ] {
        fixture.install("thing", "1.0");
        fs::write(fixture.site().join("_thing.so"), &bytes).unwrap();
        let record = fixture.site().join("thing-1.0.dist-info/RECORD");
        super::append(&record, &format!("_thing.so,{},{}\n", super::hash(&bytes), bytes.len()));
        assert_eq!(fixture.faults(), codes);
        fs::write(fixture.site().join("_thing.so"), &bytes[..10]).unwrap();
        // The head of Mach-O is shorter, and still tells the system.
        assert_eq!(fixture.faults()[0], "package-damaged");
    }
}

#[test]
fn a_directory_of_a_package_is_gone() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0");
    let site = fixture.site();
    fs::create_dir_all(site.join("things/core")).unwrap();
    fs::write(site.join("things/core/a.py"), "").unwrap();
    let record = site.join("thing-1.0.dist-info/RECORD");
    super::append(&record, &format!("things/core/a.py,{},0\n", super::hash(b"")));
    assert_eq!(fixture.faults(), [""; 0]);
    super::append(&record, &format!("things/__init__.py,{},600\n", super::hash(b"")));
    assert!(shown(&fixture).contains("`things/__init__.py` of thing 1.0 is missing"));
    // Python imports the bytecode, too.
    fs::write(site.join("things/__init__.pyc"), "").unwrap();
    assert_eq!(fixture.faults(), [""; 0]);
    fs::remove_dir_all(site.join("things/core")).unwrap();
    assert!(shown(&fixture).contains("the directory `things/core` of thing 1.0 is missing"));
    fs::remove_dir_all(site.join("things")).unwrap();
    assert!(shown(&fixture).contains("the directory `things` of thing 1.0 is missing"));
}

#[test]
fn a_module_at_the_top_is_gone() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0");
    let module = fixture.site().join("thing.py");
    fs::rename(&module, fixture.site().join("thing.pyc")).unwrap();
    assert_eq!(fixture.faults(), [""; 0], "Python imports it from its bytecode");
    assert_eq!(fixture.check(&[".venv", "--deep"]).codes(), [""; 0]);
    fs::remove_file(fixture.site().join("thing.pyc")).unwrap();
    assert!(shown(&fixture).contains("`thing.py` of thing 1.0 is missing"));
    // One finding for one cause.
    assert_eq!(fixture.check(&[".venv", "--deep"]).codes(), ["package-damaged"]);
}

#[test]
fn a_file_in_the_place_of_a_directory_is_moved_first() {
    let fixture = Fixture::new();
    fs::remove_dir_all(fixture.env().join("lib")).unwrap();
    fs::write(fixture.env().join("lib"), "mine").unwrap();
    let lib = fixture.env().join("lib").display().to_string();
    let report = fixture.check(&[".venv", "--fix"]);
    assert_eq!(report.command("site-packages-missing"), format!("mv {lib} {lib}.old"));
    fs::rename(&lib, format!("{lib}.old")).unwrap();
    assert_eq!(fixture.check(&[".venv", "--fix"]).is_healthy().codes(), [""; 0]);
    assert_eq!(fs::read_to_string(format!("{lib}.old")).unwrap(), "mine");
}

#[test]
fn a_path_file_that_python_waits_for() {
    let fixture = Fixture::new();
    let pipe = fixture.site().join("x.pth");
    Ran::of(Command::new("mkfifo").arg(&pipe)).ok();
    let report = fixture.check(&[".venv"]);
    assert_eq!(report.codes(), ["startup-fails"]);
    assert_eq!(report.command("startup-fails"), format!("rm -- {}", pipe.display()));
}

#[test]
fn names_without_metadata_are_not_installed() {
    let fixture = Fixture::new();
    let site = fixture.site();
    fs::write(site.join(".wh.pip-19.2.3.dist-info"), "").unwrap();
    fs::write(site.join("bar-1.0.dist-info"), "").unwrap();
    symlink("/nowhere", site.join("foo-1.0.dist-info")).unwrap();
    fs::create_dir(site.join("empty-1.0.dist-info")).unwrap();
    fixture.is_free_of(&["install-leftover"]);
    // pip leaves this if the user put a file into the directory.
    let own = site.join("mine-1.0.dist-info/notes.txt");
    fs::create_dir(own.parent().unwrap()).unwrap();
    fs::write(&own, "x").unwrap();
    let report = fixture.check(&[".venv", "--fix"]);
    assert_eq!(report.codes(), ["install-leftover"]);
    assert_eq!(report.finds("install-leftover")["fix"]["kind"], "advice");
    assert!(own.exists());
}

#[test]
fn a_name_of_another_version_that_starts_this_one() {
    let fixture = Fixture::new();
    symlink("python", fixture.bin("python3.99")).unwrap();
    assert!(shown(&fixture).contains("`bin/python3.99` starts Python 3."));
    fixture.is_free_of(&["interpreter-alias"]);
}

#[test]
fn an_environment_of_windows() {
    let fixture = Fixture::new();
    fs::remove_dir_all(fixture.env()).unwrap();
    fs::create_dir_all(fixture.env().join("Scripts")).unwrap();
    fs::create_dir_all(fixture.env().join("Lib/site-packages/six-1.0.dist-info")).unwrap();
    let cfg = "home = C:\\Python311\nversion = 3.11.7\n";
    fs::write(fixture.env().join("pyvenv.cfg"), cfg).unwrap();
    let report = fixture.check(&[".venv", "--fix"]);
    assert_eq!(report.codes(), ["other-system"]);
    assert!(!fixture.env().join("bin").exists());
}

#[test]
fn an_archive_of_pip_with_zeros_at_its_end() {
    let fixture = Fixture::with_pip();
    let archive = fixture.site().join("pip/_pip.zip");
    let mut bytes = fs::read(&archive).unwrap();
    let length = bytes.len();
    bytes[length - 4096..].fill(0);
    // Its own file: others may be linked to it.
    fs::remove_file(&archive).unwrap();
    fs::write(&archive, bytes).unwrap();
    fixture.is_free_of(&["pip-damaged"]);
    fixture.pip(&["--version"]).ok();
}

#[test]
fn an_upgrade_of_pip_that_was_killed() {
    let fixture = Fixture::with_pip();
    let site = fixture.site();
    let named = |start: &str| {
        let names = fs::read_dir(&site).unwrap().flatten().map(|entry| entry.file_name());
        let mut names = names.map(|name| name.into_string().unwrap());
        names.find(|name| name.starts_with(start)).unwrap()
    };
    let dist_info = named("pip-");
    fs::rename(site.join("pip"), site.join("~ip")).unwrap();
    fs::rename(site.join(&dist_info), site.join(format!("~{}", &dist_info[1..]))).unwrap();
    for entry in fs::read_dir(fixture.env().join("bin")).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with("pip") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    fs::create_dir_all(site.join("pip/_internal")).unwrap();
    for name in ["__init__.py", "__main__.py", "_internal/__init__.py"] {
        fs::write(site.join("pip").join(name), "").unwrap();
    }
    let report = fixture.check(&[".venv"]);
    assert!(report.findings().iter().all(|finding| finding["fix"]["kind"] != "run"), "{report:#?}");
    fixture.check(&[".venv", "--fix"]).is_healthy();
    fixture.pip(&["--version"]).ok();
}

#[test]
fn path_files_that_cannot_be_decoded() {
    let fixture = Fixture::new();
    let file = fixture.site().join("x.pth");
    for bytes in [&b"# caf\xe9\n/tmp\n"[..], b"\xff\xfe/\0t\0m\0p\0\n\0", b"/tmp\n\0\n"] {
        fs::write(&file, bytes).unwrap();
        let report = fixture.check(&[".venv"]);
        assert!(report.codes().contains(&"pth-unreadable"), "{report:#?}");
    }
    fs::write(&file, "# café\n/tmp\n").unwrap();
    assert_eq!(fixture.faults(), [""; 0]);
    let old = cpythons().into_iter().find(|python| python.minor == "3.11");
    let Some(old) = old else {
        return skip_unless_required("RVENV_REQUIRE_PYTHONS", "Python 3.11 is not installed");
    };
    let mut command = fixture.sandbox.rvenv();
    Ran::of(command.args(["create", "--without-pip", "old", "-p"]).arg(&old.path)).ok();
    fs::write(site(&fixture.sandbox.project().join("old")).join("x.pth"), "\u{feff}/tmp\n")
        .unwrap();
    assert!(fixture.check(&["old"]).codes().contains(&"pth-unreadable"));
}

#[test]
fn one_file_of_two_packages() {
    let fixture = Fixture::new();
    let code = |name: &str| format!("# {name}\n").repeat(200);
    for name in ["one", "two"] {
        Package::new(name, "1.0").install(&fixture.env());
        let text = code(name);
        fs::create_dir_all(fixture.site().join("both")).unwrap();
        fs::write(fixture.site().join("both/__init__.py"), &text).unwrap();
        let record = fixture.site().join(format!("{name}-1.0.dist-info/RECORD"));
        let row = format!("both/__init__.py,{},{}\n", super::hash(text.as_bytes()), text.len());
        super::append(&record, &row);
    }
    assert!(shown(&fixture).contains("one and two both installed `both/__init__.py`"));
    assert_eq!(fixture.faults(), ["file-shared"]);
    assert_eq!(fixture.check(&[".venv", "--deep"]).codes(), ["file-shared"]);
}

#[test]
fn an_install_that_is_running_is_not_judged() {
    let fixture = Fixture::with_pip();
    fixture.install("thing", "1.0");
    fs::remove_file(fixture.site().join("thing-1.0.dist-info/RECORD")).unwrap();
    let wait = fixture.site().join("pip_wait.py");
    fs::write(&wait, "import sys; print(flush=True); sys.stdin.read()\n").unwrap();
    let mut command = fixture.sandbox.command(fixture.bin("python"));
    command.args(["-m", "pip_wait", "install", "x"]);
    let mut running = command
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = [0];
    std::io::Read::read_exact(running.stdout.as_mut().unwrap(), &mut line).unwrap();
    let report = fixture.check(&[".venv"]);
    assert_eq!(report.codes(), ["install-running"]);
    let seen = report.findings()[0]["seen"].as_str().unwrap();
    assert!(seen.contains(&running.id().to_string()), "{seen}");
    drop(running.stdin.take());
    running.wait().unwrap();
    assert_eq!(fixture.faults(), ["metadata-incomplete"]);
}

#[test]
fn requirements_that_are_missing_or_of_another_version() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0").install("other", "1.0");
    let metadata = fixture.site().join("thing-1.0.dist-info/METADATA");
    let text = fs::read_to_string(&metadata).unwrap();
    let requires = |lines: &str| fs::write(&metadata, format!("{text}{lines}")).unwrap();
    for satisfied in [
        "Requires-Dist: other>=1\n",
        "Requires-Dist: Other (==1.0)\n",
        "Requires-Dist: none; sys_platform == 'win32'\n",
        "Requires-Dist: none; extra == 'x'\n",
        "\nRequires-Dist: none\n",
    ] {
        requires(satisfied);
        assert_eq!(fixture.faults(), [""; 0], "{satisfied}");
    }
    requires("Requires-Dist: none>=2,<3; python_version >= '3'\n");
    let report = fixture.check(&[".venv"]);
    assert_eq!(report.codes(), ["requirement-missing"]);
    let way = report.command("requirement-missing");
    assert!(way.ends_with("none>=2,<3"), "{way}");
    requires("Requires-Dist: other>=2\n");
    assert_eq!(fixture.faults(), ["requirement-conflict"]);
    let other = fixture.site().join("other-1.0.dist-info/METADATA");
    super::append(&other, "Requires-Dist: socks; extra == 'proxy'\n");
    requires("Requires-Dist: other[proxy]\n");
    assert!(shown(&fixture).contains("thing needs other[proxy], which needs socks"));
    assert_eq!(fixture.faults(), ["requirement-conflict"]);
    for (versions, faults) in
        [(">=3.8", &[][..]), (">=2.7,!=3.0.*", &[]), (">=4", &["requirement-conflict"])]
    {
        requires(&format!("Requires-Python: {versions}\n"));
        assert_eq!(fixture.faults(), faults, "{versions}");
    }
    assert!(
        fixture.check(&[".venv"]).command("requirement-conflict").ends_with(" --no-deps thing")
    );
}

/// As pip leaves it when an upgrade of `pyparsing` 2 to 3 is killed.
#[test]
fn a_module_that_became_a_package_in_an_interrupted_upgrade() {
    let fixture = Fixture::new();
    fixture.install("thing", "1.0");
    let site = fixture.site();
    fs::remove_file(site.join("thing.py")).unwrap();
    fs::rename(site.join("thing-1.0.dist-info"), site.join("~hing-1.0.dist-info")).unwrap();
    fs::create_dir(site.join("thing")).unwrap();
    fs::write(site.join("thing/__init__.py"), "import thing.not_yet\n").unwrap();
    let report = fixture.check(&[".venv", "--fix"]);
    assert_eq!(report.codes(), ["install-leftover"]);
    assert!(report.command("install-leftover").ends_with("thing==1.0"));
    assert!(!site.join("thing").exists() && site.join("~hing").is_dir());
    // The effect of that command.
    fixture.install("thing", "1.0");
    fixture.is_free_of(&["install-leftover"]);
    fixture.runs("import thing; assert thing.VERSION == '1.0'");
    assert!(!site.join("~hing").exists());
}

#[test]
fn files_of_no_package() {
    let fixture = Fixture::new();
    let site = fixture.site();
    // Leftovers of a killed install of a wheel with compiled modules.
    fs::create_dir_all(site.join("numbers_/_core")).unwrap();
    fs::write(site.join("numbers_/__init__.py"), "").unwrap();
    fs::write(site.join("numbers_/_core/x.cpython-312-x86_64-linux-gnu.so"), "").unwrap();
    let report = fixture.check(&[".venv"]);
    assert_eq!(report.codes(), ["files-unowned"]);
    assert_eq!(report.finds("files-unowned")["severity"], "warning");
    let line = report.command("files-unowned");
    Ran::of(fixture.sandbox.command("sh").args(["-c", &line])).ok();
    assert_eq!(fixture.faults(), [""; 0]);
    // It can be the user's own.
    fs::write(site.join("mine.py"), "").unwrap();
    let report = fixture.check(&[".venv"]);
    report.is_healthy();
    assert_eq!(report.finds("files-unowned")["severity"], "note");
    fs::remove_file(site.join("mine.py")).unwrap();
    // Configuration of `site`, and what other tools leave.
    for name in ["own.pth", "sitecustomize.py", "_virtualenv.py", ".lock"] {
        fs::write(site.join(name), "").unwrap();
    }
    assert_eq!(fixture.faults(), [""; 0]);
    // A command of a package that is gone.
    let text = "import sys\nfrom gone.cli import main\nsys.exit(main())\n";
    write_program(&fixture.bin("gone"), &(super::first_line(&fixture.bin("python")) + text));
    assert_eq!(fixture.faults(), ["files-unowned"]);
}

/// A RECORD that was cut off still says which modules it lists.
#[test]
fn files_of_no_package_beside_a_record_that_is_not_whole() {
    let fixture = Fixture::new();
    let site = fixture.site();
    fixture.install("thing", "1.0");
    let record = site.join("thing-1.0.dist-info/RECORD");
    fs::write(&record, "thing.py,,\nthing_too/a.py,,\nthi").unwrap();
    fs::create_dir(site.join("thing_too")).unwrap();
    fs::create_dir(site.join("other.libs")).unwrap();
    let shown = shown(&fixture);
    assert!(shown.contains("`other.libs`") && !shown.contains("`thing_too`"), "{shown}");
    // Without a row, any file can be one of its own.
    fs::write(&record, "").unwrap();
    assert_eq!(fixture.faults(), ["metadata-incomplete"]);
}

#[test]
fn path_files_that_import_what_is_gone() {
    let fixture = Fixture::new();
    let file = fixture.site().join("left.pth");
    let line = "import os; on = True; on and __import__('_gone_hack').add()\n";
    for text in ["import gone_module\n", line] {
        fs::write(&file, text).unwrap();
        let report = fixture.check(&[".venv"]);
        assert_eq!(report.codes(), ["startup-fails"]);
        assert_eq!(fixture.check(&[".venv", "--deep"]).codes(), ["startup-fails"], "one cause");
        let line = report.command("startup-fails");
        Ran::of(fixture.sandbox.command("sh").args(["-c", &line])).ok();
        assert_eq!(fixture.faults(), [""; 0]);
    }
    // If a package is damaged, that is the cause.
    fixture.install("thing", "1.0");
    let record = fixture.site().join("thing-1.0.dist-info/RECORD");
    for (path, text) in [("_hack/__init__.py", ""), ("left.pth", "import _hack\n")] {
        fs::create_dir_all(fixture.site().join(path).parent().unwrap()).unwrap();
        fs::write(fixture.site().join(path), text).unwrap();
        let row = format!("{path},{},{}\n", super::hash(text.as_bytes()), text.len());
        super::append(&record, &row);
    }
    assert_eq!(fixture.faults(), [""; 0]);
    fs::remove_dir_all(fixture.site().join("_hack")).unwrap();
    assert_eq!(fixture.faults(), ["package-damaged"]);
    fs::create_dir(fixture.site().join("_hack")).unwrap();
    fs::write(fixture.site().join("_hack/__init__.py"), "").unwrap();
    fs::write(&file, "import sys, os.path; import json\nimport _mine\n").unwrap();
    fs::write(fixture.site().join("_mine.py"), "").unwrap();
    assert!(!fixture.faults().contains(&"startup-fails".to_owned()));
}

#[test]
fn failures_at_every_start_of_python() {
    let fixture = Fixture::new();
    let site = fixture.site();
    fs::write(site.join("x.pth"), "import os; raise ValueError('no')\n").unwrap();
    let report = fixture.check(&[".venv", "--deep"]);
    let seen = report.finds("startup-fails")["seen"].as_str().unwrap();
    assert!(seen.contains("x.pth` fails: ValueError: no"), "{seen}");
    fs::remove_file(site.join("x.pth")).unwrap();
    fs::write(site.join("sitecustomize.py"), "import nothing_of_this_name\n").unwrap();
    let report = fixture.check(&[".venv", "--deep"]);
    assert_eq!(report.codes(), ["startup-fails"]);
    let seen = report.finds("startup-fails")["seen"].as_str().unwrap();
    assert!(seen.contains("`sitecustomize` fails: ModuleNotFoundError"), "{seen}");
}

#[test]
fn deep_distinguishes_damaged_from_altered_files() {
    let fixture = Fixture::new();
    for (bytes, code) in [
        (&b"VERSION = '1.0'  # mine\n"[..], "package-altered"),
        (b"VERSION = (\n", "package-damaged"),
        (b"", "package-damaged"),
        (b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "package-damaged"),
    ] {
        fixture.install("thing", "1.0");
        fs::write(fixture.site().join("thing.py"), bytes).unwrap();
        assert_eq!(fixture.faults(), [""; 0]);
        assert_eq!(fixture.check(&[".venv", "--deep"]).codes(), [code], "{bytes:?}");
    }
    // A company's certificates, and tests that were deleted to save space.
    fixture.install("thing", "1.0");
    fs::create_dir_all(fixture.site().join("certifi")).unwrap();
    fs::write(fixture.site().join("certifi/cacert.pem"), "one\n").unwrap();
    let record = fixture.site().join("thing-1.0.dist-info/RECORD");
    let row = |path: &str, bytes: &[u8]| format!("{path},{},{}\n", super::hash(bytes), bytes.len());
    super::append(&record, &row("certifi/cacert.pem", b"one\n"));
    super::append(&record, &row("certifi/tests/a.py", b"x = 1\n"));
    assert_eq!(fixture.check(&[".venv", "--deep"]).codes(), [""; 0]);
    super::append(&fixture.site().join("certifi/cacert.pem"), "two\n");
    let report = fixture.check(&[".venv", "--deep"]);
    assert_eq!(report.is_healthy().codes(), ["package-altered"]);
}

#[test]
fn activation_scripts_that_cannot_work() {
    let fixture = Fixture::new();
    let activate = fixture.bin("activate");
    let whole = fs::read_to_string(&activate).unwrap();
    for text in ["".to_owned(), "\0".repeat(100), whole.replace('\n', "\r\n")] {
        fs::write(&activate, text).unwrap();
        fixture.is_free_of(&["activation-broken"]);
        assert_eq!(fs::read_to_string(&activate).unwrap(), whole);
    }
    // The user's lines stay.
    fs::write(&activate, format!("{whole}export MINE=1\n").replace('\n', "\r\n")).unwrap();
    assert_eq!(fixture.check(&[".venv", "--fix"]).is_healthy().codes(), ["activation-altered"]);
    assert_eq!(fs::read_to_string(&activate).unwrap(), format!("{whole}export MINE=1\n"));
}
