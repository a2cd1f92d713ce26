//! What was found out about interpreters, kept between runs.
//!
//! One small file an executable, named after its absolute path. It holds the facts and the identity
//! (device, inode, size, time of change) of everything that they rest on: the executable and the
//! canonical file behind it, the `pyvenv.cfg` of an environment, a shared library, the directories
//! that wheels are taken from. The facts hold as long as each of these is what it was; that takes a
//! few `stat` calls and no process. A file that cannot be read, or is not ours, counts as no file.
//!
//! Of the failures only that one is kept which costs the whole time limit each time: that it hangs. It
//! holds in the same way, but not for longer than an hour, as it may lie in what no file shows: a network
//! drive, a busy machine. The others show at once, and many end without a trace in the file: by
//! installing a library, by granting a right, by going to another directory.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ProbeOutcome;
use crate::fs::{read_bounded, write_whole};
use crate::python::probe;
use crate::python::{Interpreter, Reason};
use crate::support::cache::{Cache, create_private_dir};
use crate::support::hex::hex;
use crate::support::identity::FileVersion;
use crate::support::limits;

/// Names the form of the records. What the probe asks and what its answers mean is part of it.
const FORM: u64 = checksum(probe::SCRIPT.as_bytes());

/// How long one that hung is taken for one that hangs.
const HANGS_FOR: Duration = Duration::from_secs(60 * 60);

/// What was found out about interpreters.
#[derive(Debug)]
pub(crate) struct ProbeCache {
    dir: Option<PathBuf>,
}

#[derive(Serialize, Deserialize)]
struct Record {
    path: PathBuf,
    rests_on: Vec<(PathBuf, Option<FileVersion>)>,
    outcome: Outcome,
}

/// What came of asking.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Answered(Box<Interpreter>),
    Hung { limit: Duration, since: SystemTime },
}

impl ProbeCache {
    pub(crate) fn of(cache: &Cache) -> Self {
        Self {
            dir: cache.root().map(|root| root.join("interpreters").join(format!("{FORM:016x}"))),
        }
    }

    /// What is known about the executable at `path`, if it still holds.
    pub(crate) fn recall(&self, path: &Path) -> Option<Result<Interpreter, Reason>> {
        let record = read_bounded(&self.file(path)?, limits::PROBE_RECORD).ok()?;
        let record: Record = serde_json::from_slice(&record).ok()?;
        let holds = record.path == path
            && record.rests_on.iter().all(|(path, identity)| FileVersion::of(path) == *identity);
        match record.outcome {
            _ if !holds => None,
            Outcome::Answered(interpreter) => Some(Ok(*interpreter)),
            Outcome::Hung { limit, since } => since
                .elapsed()
                .is_ok_and(|age| age < HANGS_FOR)
                .then_some(Err(Reason::Hangs(limit))),
        }
    }

    /// Keeps what was found out about `path`. That it cannot be kept costs time, and is no error.
    pub(crate) fn keep(&self, path: &Path, examined: &ProbeOutcome) {
        if examined.lasting {
            let _ = self.write(path, examined);
        }
    }

    fn write(&self, path: &Path, examined: &ProbeOutcome) -> Option<()> {
        let outcome = match &examined.outcome {
            Ok(interpreter) => Outcome::Answered(Box::new(interpreter.clone())),
            Err(Reason::Hangs(limit)) => Outcome::Hung { limit: *limit, since: SystemTime::now() },
            Err(_) => return None,
        };
        let file = self.file(path)?;
        let rests_on =
            examined.rests_on.iter().map(|path| (path.clone(), FileVersion::of(path))).collect();
        let record = Record { path: path.to_owned(), rests_on, outcome };
        create_private_dir(file.parent()?).ok()?;
        // Whole or not at all: somebody else may be reading it.
        write_whole(&file, &serde_json::to_vec(&record).ok()?, false).ok()?;
        Some(())
    }

    fn file(&self, path: &Path) -> Option<PathBuf> {
        let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
        Some(self.dir.as_ref()?.join(hex(&digest[..16]) + ".json"))
    }
}

/// FNV-1a, which can be computed when rvenv is built: a changed probe leaves no old answer standing.
const fn checksum(bytes: &[u8]) -> u64 {
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    let mut index = 0;
    while index < bytes.len() {
        sum = (sum ^ bytes[index] as u64).wrapping_mul(0x0100_0000_01b3);
        index += 1;
    }
    sum
}
