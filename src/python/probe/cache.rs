//! The properties of interpreters, stored between runs.
//!
//! Each executable has one small file. Its name is a digest of the executable's absolute path, of the
//! variables of the dynamic linker (`LD_*`, `DYLD_*`; ld.so(8), dyld(1)) and of the machine that the kernel
//! reports, which personality(2) changes: they determine the code that runs. The file contains the
//! properties and the identity (device, inode, size in bytes, time of change) of every file that they
//! depend on: the executable and its real path, the `pyvenv.cfg` of an environment, a shared library, the
//! directories of wheels. The properties are valid as long as all of these are unchanged, which takes a few
//! `stat` calls and no process. An unreadable file, or one of another owner, is ignored.
//!
//! Of the failures only a hang is stored, because it costs the whole time limit, and for an hour at most,
//! because its cause (a network drive, a busy machine) may not change a file. Other failures are fast, and
//! their repair (an installed library, a permission) may not change a file either.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{ProbeOutcome, SCRIPT};
use crate::fs::{read_bounded, write_whole};
use crate::python::{Interpreter, Reason};
use crate::support::cache::{Cache, INTERPRETERS};
use crate::support::hex::hex;
use crate::support::host::Host;
use crate::support::identity::FileVersion;
use crate::support::limits;
use crate::support::private_dir::create_private_dir;

/// The version of the records: it changes with the probe.
const FORM: u64 = checksum(SCRIPT.as_bytes());

/// The time for which an interpreter that hung is not started again.
const HANGS_FOR: Duration = Duration::from_secs(60 * 60);

/// The stored properties of interpreters.
#[derive(Debug)]
pub(crate) struct ProbeCache {
    dir: Option<PathBuf>,
    /// The inputs besides the executable that determine the code that runs.
    conditions: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Record {
    path: PathBuf,
    depends_on: Vec<(PathBuf, Option<FileVersion>)>,
    outcome: Outcome,
}

/// The outcome of a probe.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Answered(Box<Interpreter>),
    Hung { limit: Duration, since: SystemTime },
}

impl ProbeCache {
    pub(crate) fn new(cache: &Cache, host: &Host) -> Self {
        let dir = cache.root().map(|root| root.join(INTERPRETERS).join(format!("{FORM:016x}")));
        let conditions = dir.as_ref().map(|_| conditions(host)).unwrap_or_default();
        Self { dir, conditions }
    }

    /// The stored outcome for the executable at `path`, if it is still valid.
    pub(crate) fn get(&self, path: &Path) -> Option<Result<Interpreter, Reason>> {
        let record = read_bounded(&self.file(path)?, limits::PROBE_RECORD).ok()?;
        let record: Record = serde_json::from_slice(&record).ok()?;
        let holds = record.path == path
            && record.depends_on.iter().all(|(path, identity)| FileVersion::of(path) == *identity);
        match record.outcome {
            _ if !holds => None,
            Outcome::Answered(interpreter) => Some(Ok(*interpreter)),
            Outcome::Hung { limit, since } => since
                .elapsed()
                .is_ok_and(|age| age < HANGS_FOR)
                .then_some(Err(Reason::Hangs(limit))),
        }
    }

    /// Stores an outcome. A failure to do so costs time later, and is not an error.
    pub(crate) fn put(&self, probed: &ProbeOutcome) {
        let outcome = match &probed.outcome {
            Ok(interpreter) => Outcome::Answered(Box::new(interpreter.clone())),
            Err(Reason::Hangs(limit)) => Outcome::Hung { limit: *limit, since: SystemTime::now() },
            Err(_) => return,
        };
        if let Some(path) = &probed.determined_by {
            let _ = self.write(path, &probed.depends_on, outcome);
        }
    }

    fn write(&self, path: &Path, depends_on: &[PathBuf], outcome: Outcome) -> Option<()> {
        let file = self.file(path)?;
        let depends_on =
            depends_on.iter().map(|path| (path.clone(), FileVersion::of(path))).collect();
        let record = Record { path: path.to_owned(), depends_on, outcome };
        create_private_dir(file.parent()?).ok()?;
        // Atomically, because another process may be reading it.
        write_whole(&file, &serde_json::to_vec(&record).ok()?, false).ok()?;
        Some(())
    }

    fn file(&self, path: &Path) -> Option<PathBuf> {
        let path = path.as_os_str().as_encoded_bytes();
        let digest = Sha256::digest([path, &self.conditions].concat());
        Some(self.dir.as_ref()?.join(hex(&digest[..16]) + ".json"))
    }
}

/// The variables of the dynamic linker and the machine that the kernel reports.
fn conditions(host: &Host) -> Vec<u8> {
    let is_linkers = |name: &[u8]| name.starts_with(b"LD_") || name.starts_with(b"DYLD_");
    let mut conditions = Vec::new();
    for (name, value) in host.vars() {
        let name = name.as_encoded_bytes();
        if is_linkers(name) {
            for part in [b"\0".as_slice(), name, b"=", value.as_encoded_bytes()] {
                conditions.extend_from_slice(part);
            }
        }
    }
    #[cfg(unix)]
    {
        conditions.push(0);
        conditions.extend_from_slice(rustix::system::uname().machine().to_bytes());
    }
    conditions
}

/// FNV-1a, which the compiler can evaluate: a changed probe invalidates the stored answers.
const fn checksum(bytes: &[u8]) -> u64 {
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    let mut index = 0;
    while index < bytes.len() {
        sum = (sum ^ bytes[index] as u64).wrapping_mul(0x0100_0000_01b3);
        index += 1;
    }
    sum
}
