//! The content of an archive, which is the same in each run.

use super::*;

#[test]
fn equal_environments_give_equal_archives_in_every_format() {
    let fixture = Fixture::new();
    for name in ["one/.venv", "two/other"] {
        let env = fixture.create(name);
        // pip compiles at another time, and leaves other traces.
        write(&site(&env).join("__pycache__/x.pyc"), name);
        let info = site(&env).join("hi-1.0.dist-info");
        let origin = format!("{{\"url\": \"file:///wheels/{name}\", \"archive_info\": {{}}}}");
        let record = fs::read_to_string(info.join("RECORD")).unwrap();
        let row = row("hi-1.0.dist-info/direct_url.json", origin.as_bytes());
        write(&info.join("direct_url.json"), origin);
        write(
            &info.join("RECORD"),
            record.replace("hi-1.0.dist-info/entry", &format!("{row}hi-1.0.dist-info/entry")),
        );
    }
    for format in ["tar.gz", "zip", "tar.zst", "tar"] {
        let pack = |env: &str, name: &str, threads: &str| {
            let file = format!("{name}.{format}");
            fixture.pack(&[env, "-o", &file, "--threads", threads]).ok();
            fs::read(fixture.path(&file)).unwrap()
        };
        let one = pack("one/.venv", "one", "1");
        assert!(one == pack("one/.venv", "again", "3"), "{format}: threads");
        assert!(one == pack("two/other", "two", "2"), "{format}: created again");
    }
}

#[test]
fn nothing_of_this_machine_is_in_the_archive() {
    let fixture = Fixture::new();
    let env = fixture.create(".venv");
    write(&env.join(".lock"), "");
    write(
        &env.join("share/jupyter/kernels/k/kernel.json"),
        format!("{{\n \"argv\": [\"{}/bin/python\", \"-m\", \"k\"]\n}}", env.display()),
    );
    std::os::unix::fs::symlink("hi.py", site(&env).join("alias.py")).unwrap();
    write(&site(&env).join("inside.pth"), format!("{}/share/more\n", env.display()));
    fixture.pack(&["-o", "env.tar.gz"]).ok();
    let unpacked = fixture.unpack("env.tar.gz", "env");
    let files = files(&unpacked);
    let place = fixture.sandbox.root().to_str().unwrap().to_owned();
    for (name, data) in &files {
        assert!(!String::from_utf8_lossy(data).contains(&place), "{name}");
        assert!(!name.contains("__pycache__"), "{name}");
    }
    for name in [".gitignore", "CACHEDIR.TAG", ".lock"] {
        assert!(!files.contains_key(name), "{name}");
    }
    let kernel = String::from_utf8_lossy(&files["share/jupyter/kernels/k/kernel.json"]);
    assert_eq!(kernel, "{\n \"argv\": [\"python\", \"-m\", \"k\"]\n}");
    let text = |name: &str| {
        let path = site(&unpacked).join(name);
        fs::read_to_string(path).unwrap()
    };
    assert_eq!(text("inside.pth"), "../../../share/more\n");
    assert_eq!(text("alias.py"), text("hi.py"));
    assert_eq!(files["pyvenv.cfg"].split(|byte| *byte == b'\n').count(), 6);
    let manifest = rvenv::pack::Manifest::parse(&files[rvenv::pack::MANIFEST]).unwrap();
    let rest = files.iter().filter(|(name, _)| **name != rvenv::pack::MANIFEST);
    assert_eq!(manifest.files, rest.clone().count() as u64);
    assert_eq!(manifest.bytes, rest.map(|(_, data)| data.len() as u64).sum::<u64>());
}

#[test]
fn bytecode_is_used_where_sources_cannot_be_compared() {
    let fixture = Fixture::new();
    fixture.create(".venv");
    for name in ["env", "again"] {
        fixture.pack(&["--compile", "-o", &format!("{name}.tar.gz")]).ok();
    }
    assert!(
        fs::read(fixture.path("env.tar.gz")).unwrap()
            == fs::read(fixture.path("again.tar.gz")).unwrap()
    );
    let env = fixture.unpack("env.tar.gz", "env");
    // Unchecked bytecode counts, whatever is in the source.
    write(&site(&env).join("hi.py"), "raise SystemExit(3)\n");
    let said =
        fixture.python_of(&env, "import hi; hi.main(); print(hi.main.__code__.co_filename)").ok();
    let file = site(&env).join("hi.py");
    assert_eq!(said.stdout, format!("{}\n{}\n", env.display(), file.display()));
}

#[test]
fn excluded_files_are_in_no_record() {
    let fixture = Fixture::new();
    let env = fixture.create(".venv");
    write(&env.join("share/doc/a.txt"), "a");
    write(&env.join("share/b.txt"), "b");
    fixture.pack(&["-o", "env.tar.gz", "--exclude", "hi", "--exclude", "share/doc/"]).ok();
    let unpacked = fixture.unpack("env.tar.gz", "env");
    assert!(!unpacked.join("bin/hi").exists() && !unpacked.join("share/doc").exists());
    assert!(unpacked.join("share/b.txt").exists());
    assert_eq!(records_are_right(&unpacked), 4);
}

#[test]
fn a_dry_run_lists_the_entries_and_writes_nothing() {
    let fixture = Fixture::new();
    fixture.create(".venv");
    let ran = fixture.pack(&["-o", "env.tar.gz", "--dry-run"]).ok();
    assert!(!fixture.path("env.tar.gz").exists());
    let listed: Vec<_> = ran.stdout.lines().map(str::to_owned).collect();
    fixture.pack(&["-o", "env.tar.gz"]).ok();
    let tar = Ran::of(fixture.sandbox.command("tar").args(["tzf", "env.tar.gz"])).ok();
    let packed: Vec<_> =
        tar.stdout.lines().map(|line| line.trim_end_matches('/').to_owned()).collect();
    assert_eq!(listed, packed);
    assert_eq!(listed[0], ".rvenv-pack.json");
    let json = fixture.pack(&["-o", "env.tar.gz", "--dry-run", "--json"]).ok().stdout;
    let answer: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(answer["entries"].as_array().unwrap().len(), listed.len());
    assert_eq!(answer["manifest"]["python"]["mode"], "launcher");
    assert!(answer["length"].is_null());
}

#[test]
fn an_archive_in_the_environment_is_not_in_itself() {
    let fixture = Fixture::new();
    let env = fixture.create(".venv");
    fixture.pack(&["-o", ".venv/env.tar.gz"]).ok();
    let first = fs::read(env.join("env.tar.gz")).unwrap();
    fixture.pack(&["-o", ".venv/env.tar.gz"]).ok();
    assert!(fs::read(env.join("env.tar.gz")).unwrap() == first);
}

#[test]
fn engines_that_do_not_unpack_a_format_are_named() {
    let fixture = Fixture::new();
    fixture.create(".venv");
    for (format, note) in [
        ("tar", Some("Spark unpacks a .tar")),
        ("tar.zst", Some("Spark and Ray do not")),
        ("zip", None),
    ] {
        let ran = fixture.pack(&["-o", &format!("env.{format}")]).ok();
        match note {
            Some(note) => assert!(ran.stderr.contains(note), "{}", ran.stderr),
            None => assert!(!ran.stderr.contains("note:"), "{}", ran.stderr),
        }
    }
}
