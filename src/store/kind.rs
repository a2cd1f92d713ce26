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
