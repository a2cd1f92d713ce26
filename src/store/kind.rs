//! The kinds of Python that installed distributions are exchangeable between.

use sha2::{Digest, Sha256};

use super::entry::{Entry, FORMAT};
use crate::python::Interpreter;
use crate::support::hex::hex;

/// Everything about a Python that decides which files pip installs for it, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PythonKind {
    name: String,
    /// The machine and the C library, for what is built here.
    built_on: String,
}

impl PythonKind {
    /// That of `interpreter`; `None` where its wheel tags are not known.
    pub fn of(interpreter: &Interpreter) -> Option<Self> {
        let mut digest = Sha256::new();
        let parts = [
            FORMAT.to_string(),
            interpreter.implementation.name().to_owned(),
            interpreter.version.short(),
            interpreter.cache_tag.clone(),
            interpreter.bytecode_magic.clone(),
            format!("{:?}", interpreter.scheme),
        ];
        for part in &parts {
            digest.update(part);
            digest.update([0]);
        }
        let name = format!("{}-{}", interpreter.cache_tag, hex(&digest.finalize()[..8]));
        Some(Self { name, built_on: interpreter.machine.clone() })
    }

    /// The name of its directory.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether an entry can be used with it.
    pub(super) fn accepts(&self, entry: &Entry) -> bool {
        !entry.tags.is_empty() && entry.built_on.as_ref().is_none_or(|on| *on == self.built_on)
    }
}
