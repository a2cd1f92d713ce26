//! `rvenv unpack` and `rvenv check FILE`: as a whole or not at all, and nothing outside.

pub(crate) mod archives;
mod fit;
mod hostile;
mod packed;
mod place;

use std::fs;
use std::path::{Path, PathBuf};

use rvenv::pack::{FORMAT, Libc, LibcFamily, Manifest, Mode, PackedPython, System};
use rvenv::python::Interpreter;
use rvenv::support::cache::Cache;
use rvenv::{Host, Platform};

use crate::sandbox::{Ran, Sandbox, real_pythons};
use archives::{Item, directory, file, gzip, program, tar, zip, zstd};

/// The start of a launcher's second line.
const LAUNCHER: &str = "#!/bin/sh\n# rvenv pack: launcher\nexit 127\n";

/// A sandbox, and an archive of an environment for its Python.
struct Fixture {
    sandbox: Sandbox,
    manifest: Manifest,
    items: Vec<Item>,
}

impl Fixture {
    fn new() -> Self {
        let mut sandbox = Sandbox::new();
        let python = real_pythons().pop().unwrap();
        sandbox.set("RVENV_PACK_PYTHON", &python);
        let interpreter = describe(&python);
        let items = items(&interpreter);
        let mut fixture = Self { sandbox, manifest: manifest(&interpreter), items };
        fixture.count();
        fixture
    }

    /// Has the manifest count what there is.
    fn count(&mut self) -> &mut Self {
        let files = self.items.iter().filter(|item| item.kind != b'5');
        self.manifest.files = files.clone().count() as u64;
        self.manifest.bytes = files.map(|item| item.data.len() as u64).sum();
        self
    }

    fn with(mut self, items: impl IntoIterator<Item = Item>) -> Self {
        self.items.extend(items);
        self.count();
        self
    }

    /// All entries, the manifest first.
    fn all(&self) -> Vec<Item> {
        let manifest = file(rvenv::pack::MANIFEST, self.manifest.to_bytes().unwrap());
        [&[manifest], &*self.items].concat()
    }

    /// The archive in each format.
    fn archives(&self) -> Vec<(&'static str, Vec<u8>)> {
        let tar = tar(&self.all());
        let (gz, zst) = (gzip(&tar), zstd(&tar));
        vec![("a.tar.gz", gz), ("a.tar.zst", zst), ("a.tar", tar), ("a.zip", zip(&self.all()))]
    }

    /// Writes an archive into the project.
    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        self.sandbox.write(name, bytes)
    }

    /// Writes the archive as `.tar.gz`.
    fn tar_gz(&self) -> PathBuf {
        self.write("a.tar.gz", &gzip(&tar(&self.all())))
    }

    fn env(&self) -> PathBuf {
        self.sandbox.project().join(".venv")
    }

    /// Asserts that an environment in `dir` works, and is what `create` makes.
    #[track_caller]
    fn works(&self, dir: &Path) {
        let mut python = self.sandbox.command(dir.join("bin/python"));
        let ran = Ran::of(python.args(["-c", "import sys, thing; print(sys.prefix)"])).ok();
        assert_eq!(Path::new(ran.stdout.trim()), dir);
        let ran = Ran::of(&mut self.sandbox.command(dir.join("bin/thing"))).ok();
        assert_eq!(ran.stdout, "1.0\n");
        let cfg = fs::read_to_string(dir.join("pyvenv.cfg")).unwrap();
        assert!(cfg.contains("home = ") && cfg.contains("relocatable = true"), "{cfg}");
        assert!(!cfg.contains("packed"), "{cfg}");
        assert!(!dir.join(rvenv::pack::MANIFEST).exists());
        let mut check = self.sandbox.rvenv();
        let ran = Ran::of(check.arg("check").arg("--json").arg(dir)).ok();
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let codes: Vec<_> = report["findings"].as_array().unwrap().iter().collect();
        assert!(codes.iter().all(|finding| finding["code"] == "command-hidden"), "{codes:#?}");
        assert_eq!(report["environment"]["maker"], "rvenv");
    }

    /// Asserts that unpacking `archive` fails with `message` and leaves nothing behind.
    #[track_caller]
    fn refuses(&self, archive: &Path, message: &str) -> Ran {
        let before = listing(&self.sandbox.root());
        let ran = self.sandbox.run(["unpack".as_ref(), archive.as_os_str()]).code(1);
        assert!(ran.stderr.contains(message), "no `{message}`: {ran:#?}");
        assert!(!ran.stderr.contains("panicked"), "{ran:#?}");
        assert_eq!(listing(&self.sandbox.root()), before, "{ran:#?}");
        ran
    }
}

/// Everything in the sandbox but what is remembered.
fn listing(root: &Path) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(root).sort_by_file_name().into_iter();
    let kept = walk.filter_entry(|entry| entry.depth() != 1 || entry.file_name() != "cache");
    kept.flatten().map(walkdir::DirEntry::into_path).collect()
}

fn describe(python: &Path) -> Interpreter {
    let vars: Vec<(String, String)> = vec![("PATH".into(), "/usr/bin:/bin".into())];
    let host = Host::new(vars, "/");
    let request = rvenv::python::Request::parse(python, &host).unwrap();
    rvenv::python::Finder::new(&host, &Cache::none()).find(&request).unwrap().interpreter
}

fn manifest(python: &Interpreter) -> Manifest {
    Manifest {
        format: FORMAT,
        creator: "rvenv 0.1.0".into(),
        python: PackedPython {
            implementation: python.implementation.clone(),
            version: python.version.release(),
            build: python.build,
            cache_tag: python.cache_tag.clone(),
            mode: Mode::Launcher,
            base: "/nowhere/bin/python3".into(),
            named: None,
        },
        system: System {
            platform: Platform::Linux,
            machine: Some(python.machine.clone()),
            libc: Some(Libc { family: LibcFamily::Glibc, version: vec![2, 17] }),
            libraries: Vec::new(),
        },
        files: 0,
        bytes: 0,
    }
}

/// An environment with one package.
fn items(python: &Interpreter) -> Vec<Item> {
    let short = python.version.short();
    let site = format!("lib/python{short}/site-packages");
    let relative = "#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python' \"$0\" \"$@\"\n' '''\n";
    let script = format!("{relative}import thing\nprint(thing.VERSION)\n");
    let metadata = "Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n";
    let cfg = format!(
        "include-system-site-packages = false\nversion = {}\nrelocatable = true\nrvenv = 0.1.0\npacked = launcher\n",
        python.version.release()
    );
    vec![
        directory("bin/"),
        program("bin/python", LAUNCHER),
        program("bin/python3", LAUNCHER),
        program(&format!("bin/python{short}"), LAUNCHER),
        program("bin/thing", script),
        directory("lib/"),
        directory(&format!("lib/python{short}/")),
        directory(&format!("{site}/")),
        directory(&format!("{site}/thing-1.0.dist-info/")),
        file(format!("{site}/thing-1.0.dist-info/INSTALLER"), "pip\n"),
        file(format!("{site}/thing-1.0.dist-info/METADATA"), metadata),
        file(
            format!("{site}/thing-1.0.dist-info/RECORD"),
            "../../../bin/thing,,\nthing.py,,\nthing-1.0.dist-info/METADATA,,\nthing-1.0.dist-info/RECORD,,\n",
        ),
        file(format!("{site}/thing.py"), "VERSION = '1.0'\n"),
        file("pyvenv.cfg", cfg),
    ]
}

#[test]
fn every_format_is_unpacked_and_works() {
    let fixture = Fixture::new();
    for (name, bytes) in fixture.archives() {
        let archive = fixture.write(name, &bytes);
        let ran = Ran::of(fixture.sandbox.rvenv().arg("unpack").arg(&archive)).ok();
        assert!(ran.stderr.contains("unpacked `"), "{name}: {ran:#?}");
        fixture.works(&fixture.env());
        fs::remove_dir_all(fixture.env()).unwrap();
        // The name says nothing.
        let other = fixture.write("other.bin", &bytes);
        Ran::of(fixture.sandbox.rvenv().args(["-q", "unpack"]).arg(&other).arg("a b")).ok();
        fixture.works(&fixture.sandbox.project().join("a b"));
        fs::remove_dir_all(fixture.sandbox.project().join("a b")).unwrap();
    }
}

#[test]
fn names_of_any_length_and_bytes_arrive() {
    let long = format!("share/{}/{}", "d".repeat(120), "f".repeat(200));
    let fixture = Fixture::new().with([
        directory("share/"),
        file(&long, "long"),
        file("share/é ü\u{1f40d}", "text"),
        file("share/Case", "1"),
        file("share/case", "2"),
        file("share/a\\b", "3"),
    ]);
    for (name, bytes) in fixture.archives() {
        let archive = fixture.write(name, &bytes);
        Ran::of(fixture.sandbox.rvenv().args(["-q", "unpack"]).arg(archive)).ok();
        let read = |name: &str| fs::read_to_string(fixture.env().join(name)).unwrap();
        assert_eq!(read(&long), "long");
        assert_eq!(read("share/é ü\u{1f40d}"), "text");
        assert_eq!(read("share/Case") + &read("share/case") + &read("share/a\\b"), "123");
        fs::remove_dir_all(fixture.env()).unwrap();
    }
    let fixture = Fixture::new().with([file(b"share-\xff", "bytes")]);
    Ran::of(fixture.sandbox.rvenv().args(["-q", "unpack"]).arg(fixture.tar_gz())).ok();
    let names = fs::read_dir(fixture.env()).unwrap().flatten().map(|entry| entry.file_name());
    use std::os::unix::ffi::OsStrExt;
    assert!(names.into_iter().any(|name| name.as_bytes() == b"share-\xff"));
}

#[test]
fn a_script_that_the_user_changed_stays_as_it_was() {
    let fixture = Fixture::new().with([file("bin/activate.fish", "# mine\n")]);
    Ran::of(fixture.sandbox.rvenv().args(["-q", "unpack"]).arg(fixture.tar_gz())).ok();
    let text = fs::read_to_string(fixture.env().join("bin/activate.fish")).unwrap();
    assert_eq!(text, "# mine\n");
    let text = fs::read_to_string(fixture.env().join("bin/activate")).unwrap();
    assert!(text.contains(fixture.env().to_str().unwrap()), "{text}");
}
