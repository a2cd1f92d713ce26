//! A lock file (PEP 751), for a pip that cannot read it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::Write as _;

use rvenv::python::{Finder, Interpreter, Request};
use rvenv::store::decision::{WithoutLockFile, pip_reads_lock_files};
use rvenv::store::{Snapshot, remove_direct_urls};
use rvenv::support::program::Program;
use rvenv::venv::Env;
use tempfile::NamedTempFile;

use crate::commands::Context;

/// The argument that replaces a lock file.
pub(super) struct LockFile {
    /// The arguments behind `install`.
    pub(super) words: Vec<OsString>,
    /// The projects whose `direct_url.json` is to be removed.
    pub(super) indexed: BTreeSet<String>,
    interpreter: Interpreter,
    before: Snapshot,
    _requirements: NamedTempFile,
}

impl LockFile {
    /// `None` if the arguments name no lock file, and if pip of this version reads it.
    ///
    /// # Errors
    /// If the lock file cannot be installed in the environment, and where PEP 751 demands an error.
    pub(super) fn of(
        env: &Env,
        words: &[OsString],
        pip_version: Option<&str>,
        context: &Context<'_>,
    ) -> anyhow::Result<Option<Self>> {
        // Most requests name none, and need not know the Python.
        let names_one = |word: &OsString| word.to_string_lossy().contains("pylock.");
        if pip_version.is_some_and(pip_reads_lock_files) || !words.iter().any(names_one) {
            return Ok(None);
        }
        let python = Request::Path(Program::typed(env.python()));
        let interpreter = Finder::new(&context.host, &context.cache).find(&python)?.interpreter;
        let found = WithoutLockFile::of(words, &context.host, &interpreter)?;
        let Some(WithoutLockFile { mut words, requirements, indexed }) = found else {
            return Ok(None);
        };
        context.ui.detail("this pip cannot read lock files: it gets the URLs of the archives");
        let mut file = NamedTempFile::with_suffix(".txt")?;
        file.write_all(requirements.as_bytes())?;
        words.extend(["-r".into(), file.path().into()]);
        let before = Snapshot::of(env.root(), &interpreter);
        Ok(Some(Self { words, indexed, interpreter, before, _requirements: file }))
    }

    /// Removes what the URLs caused, after a successful run of pip.
    ///
    /// # Errors
    /// If a file of the environment cannot be changed.
    pub(super) fn finish(&self, env: &Env) -> rvenv::fs::Result<()> {
        remove_direct_urls(env.root(), &self.interpreter, &self.before, &self.indexed)
    }
}
