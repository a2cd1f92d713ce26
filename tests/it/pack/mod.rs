//! `rvenv pack`: archives of environments that work on other machines.

mod contents;
mod elsewhere;
mod launcher;
mod refusals;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::sandbox::{Ran, Sandbox, known_python, real_pythons};

/// A sandbox with environments that have no pip, for speed.
struct Fixture {
    sandbox: Sandbox,
    python: PathBuf,
}

impl Fixture {
    fn new() -> Self {
        Self::of(&real_pythons().pop().unwrap())
    }

    fn of(python: &Path) -> Self {
        Self { sandbox: Sandbox::new(), python: python.to_owned() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.sandbox.project().join(name)
    }

    /// An environment with the distribution `hi` in it.
    fn create(&self, name: &str) -> PathBuf {
        let mut command = self.sandbox.rvenv();
        command.args(["create", "--without-pip", "-p"]).arg(&self.python).arg(name);
        Ran::of(&mut command).ok();
        let env = self.path(name);
        install(&env, "hi", "def main():\n    import sys\n    print(sys.prefix)\n");
        env
    }

    fn pack(&self, args: &[&str]) -> Ran {
        self.sandbox.run([&["pack"], args].concat())
    }

    /// Unpacks a `.tar.gz` into a directory, as every tool does.
    fn unpack(&self, archive: &str, directory: &str) -> PathBuf {
        let to = self.path(directory);
        fs::create_dir_all(&to).unwrap();
        let mut tar = self.sandbox.command("tar");
        Ran::of(tar.arg("xzf").arg(archive).arg("-C").arg(&to)).ok();
        to
    }

    /// Runs the Python of an environment.
    fn python_of(&self, env: &Path, code: &str) -> Ran {
        Ran::of(self.sandbox.command(env.join("bin/python")).args(["-c", code]))
    }
}

/// The directory of packages in an environment.
fn site(env: &Path) -> PathBuf {
    let lib = fs::read_dir(env.join("lib")).unwrap().flatten();
    let mut sites = lib.map(|entry| entry.path().join("site-packages"));
    sites.find(|site| site.is_dir()).unwrap()
}

fn write(path: &Path, text: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A RECORD row with hash and length.
fn row(path: &str, data: &[u8]) -> String {
    format!(
        "{path},sha256={},{}\r\n",
        BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(data)),
        data.len()
    )
}

/// Installs a distribution with one module, a command and bytecode, as pip does.
fn install(env: &Path, name: &str, module: &str) {
    let site = site(env);
    let python = env.join("bin/python");
    let command = format!("#!{}\nimport {name}\n{name}.main()\n", python.display());
    let info = format!("{name}-1.0.dist-info");
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n");
    let entries = format!("[console_scripts]\n{name} = {name}:main\n");
    write(&env.join("bin").join(name), &command);
    fs::set_permissions(env.join("bin").join(name), fs::Permissions::from_mode(0o755)).unwrap();
    write(&site.join(format!("__pycache__/{name}.cpython-3.pyc")), "bytecode");
    let mut record = row(&format!("../../../bin/{name}"), command.as_bytes());
    record += &format!("__pycache__/{name}.cpython-3.pyc,,\r\n");
    for (path, text) in [
        (format!("{name}.py"), module),
        (format!("{info}/METADATA"), &metadata),
        (format!("{info}/INSTALLER"), "pip\n"),
        (format!("{info}/entry_points.txt"), &entries),
    ] {
        write(&site.join(&path), text);
        record += &row(&path, text.as_bytes());
    }
    record += &format!("{info}/RECORD,,\r\n");
    let mut rows: Vec<_> = record.split_inclusive('\n').collect();
    rows.sort_unstable();
    write(&site.join(&info).join("RECORD"), rows.concat());
}

/// Asserts that every row of every RECORD is a file with these bytes.
#[track_caller]
fn records_are_right(env: &Path) -> usize {
    let site = site(env);
    let mut checked = 0;
    for entry in fs::read_dir(&site).unwrap() {
        let Ok(text) = fs::read_to_string(entry.unwrap().path().join("RECORD")) else { continue };
        for line in text.lines() {
            let (path, _) = line.split_once(',').unwrap();
            let data = fs::read(site.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
            if !line.ends_with(",,") {
                assert_eq!(format!("{line}\r\n"), row(path, &data));
                checked += 1;
            }
        }
    }
    checked
}

/// The files below a directory, with their bytes.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let walk = walkdir::WalkDir::new(root).into_iter().map(Result::unwrap);
    let files = walk.filter(|entry| entry.file_type().is_file());
    let file = |entry: walkdir::DirEntry| {
        let name = entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        (name, fs::read(entry.path()).unwrap())
    };
    files.map(file).collect()
}
