//! Each hint typed as it is shown, in a real shell: then `check` is clean or shows the next cause.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::upgrade::wheel;
use super::{Fixture, Package, append};
use crate::sandbox::Ran;

/// More hints than any chain of causes has.
const MOST: usize = 6;

/// With pip, a package, and the wheels that the hints install.
fn fixture() -> Fixture {
    let mut fixture = Fixture::with_pip();
    for (name, version) in [("thing", "1.0"), ("other", "1.0"), ("other", "2.0"), ("two", "1.0")] {
        wheel(&mut fixture, &Package::new(name, version));
    }
    let programs = Path::new(env!("CARGO_BIN_EXE_rvenv")).parent().unwrap().display().to_string();
    fixture.sandbox.set("PATH", format!("{programs}:/usr/local/bin:/usr/bin:/bin"));
    fixture.install("thing", "1.0");
    fixture
}

/// The first hint of the page for people, and the code that it is for.
fn first_hint(fixture: &Fixture) -> Option<(String, String)> {
    let page = fixture.sandbox.run(["check", ".venv"]).stdout;
    let mut lines = page.lines().skip_while(|line| !line.starts_with(['✗', '!'])).peekable();
    lines.peek()?;
    let hint = lines.find(|line| line.trim_start().starts_with('→'))?;
    let command = hint.split('`').nth(1).unwrap_or_else(|| panic!("no command: {page}"));
    let code = fixture.faults().remove(0);
    Some((code, command.to_owned()))
}

/// Types the first hint until nothing is wrong; the codes on the way.
#[track_caller]
fn typed(fixture: &Fixture) -> Vec<String> {
    let mut codes = Vec::new();
    while let Some((code, line)) = first_hint(fixture) {
        assert!(codes.len() < MOST && codes.last() != Some(&code), "`{code}` stays after `{line}`");
        Ran::of(fixture.sandbox.command("sh").args(["-c", &line]));
        codes.push(code);
    }
    fixture.check(&[".venv"]).is_healthy();
    fixture.runs("import thing");
    codes
}

#[test]
fn of_the_configuration_and_the_interpreter() {
    let fixture = fixture();
    fs::remove_file(fixture.env().join("pyvenv.cfg")).unwrap();
    assert_eq!(typed(&fixture), ["cfg-missing"]);
    fs::remove_file(fixture.bin("python")).unwrap();
    assert_eq!(typed(&fixture), ["interpreter-missing"]);
    fs::write(fixture.bin("activate"), "").unwrap();
    fs::remove_file(fixture.bin("activate.fish")).unwrap();
    assert_eq!(typed(&fixture), ["activation-broken"]);
    fs::remove_file(fixture.bin("python")).unwrap();
    fs::create_dir(fixture.bin("python")).unwrap();
    assert_eq!(typed(&fixture).first().unwrap(), "interpreter-not-executable");
}

#[test]
fn of_packages() {
    let fixture = fixture();
    let site = fixture.site();
    let metadata = site.join("thing-1.0.dist-info");
    fs::remove_file(metadata.join("RECORD")).unwrap();
    assert_eq!(typed(&fixture), ["metadata-incomplete"]);
    fs::write(metadata.join("METADATA"), "").unwrap();
    assert_eq!(typed(&fixture), ["metadata-incomplete"]);
    fs::write(fixture.bin("thing"), "").unwrap();
    assert_eq!(typed(&fixture), ["command-broken"]);
    fs::set_permissions(fixture.bin("thing"), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(typed(&fixture), ["command-broken"]);
    append(&metadata.join("METADATA"), "Requires-Dist: other<2\n");
    // The body of METADATA is empty, so the header is one.
    let text = fs::read_to_string(metadata.join("METADATA")).unwrap();
    fs::write(metadata.join("METADATA"), text.replace("\n\n", "\n")).unwrap();
    assert_eq!(typed(&fixture), ["requirement-missing"]);
    let text = fs::read_to_string(metadata.join("METADATA")).unwrap();
    fs::write(metadata.join("METADATA"), text.replace("other<2", "other>=2")).unwrap();
    assert_eq!(typed(&fixture), ["requirement-conflict"]);
}

#[test]
fn of_files_of_no_package() {
    let fixture = fixture();
    let site = fixture.site();
    fs::write(site.join("gone.pth"), "/no/such/directory\n").unwrap();
    assert_eq!(typed(&fixture), ["pth-dangling"]);
    fs::write(site.join("fails.pth"), "import gone_module\n").unwrap();
    assert_eq!(typed(&fixture), ["startup-fails"]);
    fs::create_dir(site.join("half.libs")).unwrap();
    assert_eq!(typed(&fixture), ["files-unowned"]);
    // Two packages with different code in one file.
    let code = |name: &str| format!("# {name}\n").repeat(200);
    fixture.install("two", "1.0");
    fs::create_dir(site.join("both")).unwrap();
    for name in ["two", "thing"] {
        let text = code(name);
        fs::write(site.join("both/a.py"), &text).unwrap();
        let row = format!("both/a.py,{},{}\n", super::hash(text.as_bytes()), text.len());
        append(&site.join(format!("{name}-1.0.dist-info/RECORD")), &row);
    }
    let codes = typed(&fixture);
    assert_eq!(codes[0], "file-shared", "{codes:?}");
}

#[test]
fn of_pip() {
    let fixture = fixture();
    fs::remove_dir_all(fixture.site().join("pip")).unwrap();
    assert_eq!(typed(&fixture), ["pip-damaged"]);
    fs::remove_file(fixture.bin("pip3")).unwrap();
    assert_eq!(typed(&fixture), ["command-broken"]);
}

#[test]
fn packages_are_repaired_at_once_where_the_user_permits_it() {
    let fixture = fixture();
    let site = fixture.site();
    fs::remove_file(site.join("thing-1.0.dist-info/RECORD")).unwrap();
    fs::remove_file(fixture.bin("activate")).unwrap();
    // Without the permission it ends with what is left, and how to do it.
    let ran = fixture.sandbox.run(["check", "--fix", ".venv"]).code(1);
    let last = ran.stdout.lines().last().unwrap();
    assert!(last.contains("`rvenv check --fix --packages .venv`"), "{ran:#?}");
    assert!(fixture.bin("activate").exists());
    let ran = fixture.sandbox.run(["check", "--fix", "--packages", ".venv"]).ok();
    assert!(ran.stdout.contains("pip install --ignore-installed --no-deps thing==1.0"), "{ran:#?}");
    fixture.check(&[".venv", "--deep"]).is_healthy();
    fs::remove_file(site.join("thing-1.0.dist-info/RECORD")).unwrap();
    let ran = fixture.sandbox.run(["check", "--quiet", "--fix", "--packages", ".venv"]).ok();
    assert!(!ran.stdout.contains("pip install"), "{ran:#?}");
    // A repair by pip that fails is tried once.
    append(&site.join("thing-1.0.dist-info/METADATA"), "");
    let metadata = site.join("thing-1.0.dist-info/METADATA");
    fs::write(
        &metadata,
        "Metadata-Version: 2.1\nName: thing\nVersion: 1.0\nRequires-Dist: nowhere\n",
    )
    .unwrap();
    let ran = fixture.sandbox.run(["check", "--fix", "--packages", ".venv"]).code(1);
    assert_eq!(ran.stdout.matches("pip install nowhere").count(), 1, "{ran:#?}");
    assert!(ran.stdout.contains("pip could not repair 1 of them"), "{ran:#?}");
}

#[test]
fn of_what_is_in_the_place_of_an_environment() {
    let fixture = fixture();
    let python = fixture.python.parent().unwrap().parent().unwrap();
    let files = fixture.sandbox.root().join("files");
    fs::create_dir_all(files.join("lib/python3.12/site-packages/x")).unwrap();
    fs::write(files.join("lib/python3.12/os.py"), "").unwrap();
    let place = fixture.env();
    let obstacles: [(&str, &dyn Fn()); 7] = [
        ("a link to files", &|| symlink(&files, &place).unwrap()),
        ("a link to a Python", &|| symlink(python, &place).unwrap()),
        ("a link to itself", &|| symlink(&place, &place).unwrap()),
        ("a link to /", &|| symlink("/", &place).unwrap()),
        ("a file", &|| fs::write(&place, "nowhere\n").unwrap()),
        ("files", &|| {
            fs::create_dir_all(place.join("bin")).unwrap();
            fs::write(place.join("bin/activate"), "mine").unwrap();
        }),
        ("an installation", &|| {
            fs::create_dir_all(place.join("lib/python3.12/site-packages/x")).unwrap();
            fs::write(place.join("lib/python3.12/os.py"), "").unwrap();
        }),
    ];
    for (name, put) in obstacles {
        fs::remove_dir_all(&place).unwrap();
        put();
        // Nothing of it is repaired.
        fixture.sandbox.run(["check", "--fix"]).code(1);
        assert!(!place.join("pyvenv.cfg").exists(), "{name}");
        for command in ["mv ", "rvenv create"] {
            let page = fixture.sandbox.run(["check"]).code(1).stdout;
            let hint = page.lines().find(|line| line.trim_start().starts_with('→')).unwrap();
            let line = hint.split('`').nth(1).unwrap();
            assert!(line.starts_with(command), "{name}: {page}");
            Ran::of(fixture.sandbox.command("sh").args(["-c", line])).ok();
        }
        fixture.check(&[".venv"]).is_healthy();
        let renamed = place.with_extension("old");
        renamed.symlink_metadata().unwrap();
        Ran::of(fixture.sandbox.command("rm").arg("-r").arg(renamed)).ok();
    }
    assert!(!files.join("pyvenv.cfg").exists() && !python.join("pyvenv.cfg").exists());
}
