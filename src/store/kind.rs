//! The kinds of Python that installed distributions are exchangeable between.

use sha2::{Digest, Sha256};

use super::entry::{Entry, FORMAT};
use crate::python::{Interpreter, WheelTags};
use crate::support::hex::hex;
use crate::support::host::Platform;
use crate::support::users::umask;

/// Everything about a Python, and about this process, that decides which files pip installs, where,
/// and with which modes and bytecode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PythonKind {
    name: String,
    tags: WheelTags,
    /// The machine and the C library, for what is built here.
    built_on: String,
    /// The hexadecimal digits of the bytecode's magic number.
    pub(super) magic: String,
}

impl PythonKind {
    /// That of `interpreter`; `None` where its wheel tags are not known, and on Windows, where the
    /// commands of an environment are programs that contain its path.
    pub fn of(interpreter: &Interpreter) -> Option<Self> {
        let tags = WheelTags::of(interpreter)?;
        if interpreter.platform == Platform::Windows || interpreter.bytecode_magic.is_empty() {
            return None;
        }
        let library = interpreter.wheel_platform.as_ref()?;
        let built_on = format!("{} {library:?}", interpreter.machine);
        let mut digest = Sha256::new();
        for part in [
            FORMAT.to_string(),
            interpreter.implementation.name().to_owned(),
            interpreter.version.short(),
            interpreter.cache_tag.clone(),
            interpreter.bytecode_magic.clone(),
            format!("{:?}", interpreter.scheme),
            format!("{:o}", umask()),
        ] {
            digest.update(part);
            digest.update([0]);
        }
        for tag in tags.all() {
            digest.update(tag);
            digest.update([0]);
        }
        let name = format!("{}-{}", interpreter.cache_tag, hex(&digest.finalize()[..8]));
        Some(Self { name, tags, built_on, magic: interpreter.bytecode_magic.clone() })
    }

    /// The name of its directory.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The machine and the C library that something built for it depends on.
    pub(super) fn built_on(&self) -> &str {
        &self.built_on
    }

    /// Whether an entry can be used with it.
    pub(super) fn accepts(&self, entry: &Entry) -> bool {
        entry.tags.iter().any(|tag| self.tags.accept(tag))
            && entry.built_on.as_ref().is_none_or(|on| *on == self.built_on)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::{Build, Implementation, Scheme, Version, WheelPlatform};

    fn kind_of(change: impl FnOnce(&mut Interpreter)) -> PythonKind {
        let library = Some(("glibc".to_owned(), 2, 36));
        let mut interpreter = Interpreter {
            executable: "/opt/bin/python3".into(),
            real_executable: "/opt/bin/python3.13".into(),
            prefix: "/opt".into(),
            version: Version::new(3, 13, 0),
            implementation: Implementation::CPython,
            build: Build::default(),
            platform: Platform::Linux,
            machine: "x86_64".into(),
            pointer_bits: 64,
            cache_tag: "cpython-313".into(),
            bytecode_magic: "f30d0d0a".into(),
            extension_suffix: ".cpython-313-x86_64-linux-gnu.so".into(),
            wheel_platform: Some(WheelPlatform { name: "linux_x86_64".into(), library }),
            scheme: Scheme {
                scripts: "bin".into(),
                include: "include".into(),
                purelib: "lib/python3.13/site-packages".into(),
                platlib: "lib/python3.13/site-packages".into(),
            },
            stdlib: "/opt/lib/python3.13".into(),
            shared_library: None,
            companions: Vec::new(),
            wheels: Vec::new(),
            has_zlib: true,
            missing_modules: Vec::new(),
        };
        change(&mut interpreter);
        PythonKind::of(&interpreter).expect("a kind")
    }

    #[test]
    fn each_kind_of_python_has_entries_of_its_own() {
        let plain = kind_of(|_| {});
        let patch = kind_of(|python| {
            python.version = Version::new(3, 13, 9);
            python.prefix = "/usr".into();
            python.executable = "/usr/bin/python3".into();
        });
        assert_eq!(plain.name(), patch.name());
        let changes: [fn(&mut Interpreter); 8] = [
            |python| python.build.free_threaded = true,
            |python| python.build.debug = true,
            |python| python.version = Version::new(3, 12, 0),
            |python| python.cache_tag = "cpython-313d".into(),
            |python| python.bytecode_magic = "f40d0d0a".into(),
            |python| python.scheme.platlib = "lib64/python3.13/site-packages".into(),
            |python| python.pointer_bits = 32,
            |python| {
                python.implementation = Implementation::PyPy;
                python.extension_suffix = ".pypy313-pp80-x86_64-linux-gnu.so".into();
            },
        ];
        for (index, change) in changes.into_iter().enumerate() {
            assert_ne!(plain.name(), kind_of(change).name(), "change {index}");
        }
        for library in [("glibc", 2, 31), ("musl", 1, 2)] {
            let other = kind_of(|python| {
                let library = Some((library.0.to_owned(), library.1, library.2));
                python.wheel_platform =
                    Some(WheelPlatform { name: "linux_x86_64".into(), library });
            });
            assert_ne!((plain.name(), plain.built_on()), (other.name(), other.built_on()));
        }
    }

    #[test]
    fn the_stable_abi_is_not_for_free_threaded_builds() {
        let free = kind_of(|python| python.build.free_threaded = true);
        for (tag, is_accepted) in [
            ("cp313-cp313t-linux_x86_64", true),
            ("py3-none-any", true),
            ("cp38-abi3-linux_x86_64", false),
            ("cp313-cp313-linux_x86_64", false),
        ] {
            assert_eq!(free.tags.accept(tag), is_accepted, "{tag}");
            assert_ne!(kind_of(|_| {}).tags.accept(tag), tag.contains("cp313t"), "{tag}");
        }
    }
}
