//! Wheels made to measure: whole ones, and each kind of broken one.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const COMMANDS: &str =
    "[console_scripts]\npip = pip._internal.cli.main:main\npip3 = pip._internal.cli.main:main\n";

/// A pip that can do nothing but tell its version.
pub(crate) struct Maker {
    name: String,
    version: String,
    requires: Option<String>,
    files: Vec<(String, Vec<u8>)>,
    unlisted: Vec<(String, Vec<u8>)>,
    record: Vec<String>,
    mode: u32,
}

impl Maker {
    /// A whole wheel of this version.
    pub(crate) fn new(version: &str) -> Self {
        let main =
            format!("def main():\n    print('pip {version} from', __file__)\n    return 0\n");
        let files = [
            ("pip/__init__.py", format!("__version__ = '{version}'\n")),
            ("pip/__main__.py", "from pip._internal.cli.main import main\nmain()\n".to_owned()),
            ("pip/__pip-runner__.py", String::new()),
            ("pip/py.typed", String::new()),
            ("pip/_internal/__init__.py", String::new()),
            ("pip/_internal/cli/__init__.py", String::new()),
            ("pip/_internal/cli/main.py", main),
            ("pip/_internal/data,1.txt", "data\n".to_owned()),
        ];
        Self {
            name: "pip".to_owned(),
            version: version.to_owned(),
            requires: None,
            files: files.map(|(path, text)| (path.to_owned(), text.into_bytes())).into(),
            unlisted: Vec::new(),
            record: Vec::new(),
            mode: 0o100_644,
        }
    }

    /// Of another project.
    pub(crate) fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// With the package `name` in place of the package `pip`.
    pub(crate) fn packaging(mut self, name: &str) -> Self {
        for (path, _) in &mut self.files {
            *path = path.replacen("pip/", &format!("{name}/"), 1);
        }
        self
    }

    /// For these Pythons.
    pub(crate) fn requiring(mut self, requires: &str) -> Self {
        self.requires = Some(requires.to_owned());
        self
    }

    /// With one more file, which RECORD lists.
    pub(crate) fn with(mut self, path: &str, data: impl Into<Vec<u8>>) -> Self {
        self.files.push((path.to_owned(), data.into()));
        self
    }

    /// With one more file, which RECORD does not list.
    pub(crate) fn with_unlisted(mut self, path: &str) -> Self {
        self.unlisted.push((path.to_owned(), b"x".to_vec()));
        self
    }

    /// With one more line in RECORD.
    pub(crate) fn recording(mut self, row: &str) -> Self {
        self.record.push(row.to_owned());
        self
    }

    /// With the Unix mode `mode` for the file that was added last.
    pub(crate) fn with_mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    /// Writes the wheel into `dir`.
    pub(crate) fn write(mut self, dir: &Path) -> PathBuf {
        let info = format!("{}-{}.dist-info", self.name, self.version);
        let requires =
            self.requires.as_ref().map_or(String::new(), |it| format!("Requires-Python: {it}\n"));
        let metadata = format!(
            "Metadata-Version: 2.1\nName: {}\nVersion: {}\n{requires}\n",
            self.name, self.version
        );
        let last = self.files.len() - 1;
        for (file, text) in [
            ("METADATA", metadata.as_str()),
            ("WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
            ("entry_points.txt", if self.name == "pip" { COMMANDS } else { "" }),
            ("LICENSE.txt", "free\n"),
        ] {
            self.files.push((format!("{info}/{file}"), text.as_bytes().to_vec()));
        }
        let mut record: String = self.record.iter().map(|row| format!("{row}\n")).collect();
        for (path, data) in &self.files {
            let hash = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(data));
            let path = if path.contains(',') { format!("\"{path}\"") } else { path.clone() };
            record += &format!("{path},sha256={hash},{}\n", data.len());
        }
        record += &format!("{info}/RECORD,,\n");
        self.unlisted.push((format!("{info}/RECORD"), record.into_bytes()));

        fs::create_dir_all(dir).expect("a directory for wheels");
        let path = dir.join(format!("{}-{}-py3-none-any.whl", self.name, self.version));
        let mut zip = ZipWriter::new(File::create(&path).expect("a new wheel"));
        for (index, (name, data)) in self.files.iter().chain(&self.unlisted).enumerate() {
            let mode = if index == last { self.mode } else { 0o100_644 };
            // The writer takes the permissions only; a link has a call of its own.
            if mode & 0o170_000 == 0o120_000 {
                let target = String::from_utf8_lossy(data);
                zip.add_symlink(name, target, SimpleFileOptions::default()).expect("a link");
                continue;
            }
            zip.start_file(name, SimpleFileOptions::default()).expect("an entry");
            zip.write_all(data).expect("its data");
        }
        zip.finish().expect("a whole archive");
        path
    }
}
