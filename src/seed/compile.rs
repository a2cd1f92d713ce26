//! Compilation of Python sources to bytecode by the interpreter that will run them.

use std::io::{self, Write};
use std::process::{Child, Stdio};

use super::SeedContext;
use crate::python::wait_with_output;
use crate::seed::{Error, Result};

/// The largest number of processes, on every machine: the bytecode of a source depends on the sources that
/// the same process compiled before (interned strings), so a number of cores would change the image.
const PROCESSES: usize = 4;

/// The number of sources for which a further process is worth its start: 20 ms, in which ten are compiled.
const SOURCES_PER_PROCESS: usize = 32;

/// The method by which the import system validates the bytecode (PEP 552).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// By the hash of the source: an edited source is recompiled.
    Hash,
    /// Not at all: source and bytecode are in one archive.
    Nothing,
}

impl Check {
    fn flags(self) -> &'static str {
        match self {
            Self::Hash => "3",
            Self::Nothing => "1",
        }
    }
}

/// A source.
pub(crate) struct Source<'a> {
    /// Its path in the wheel.
    pub(crate) name: &'a str,
    /// The file name for its tracebacks if the import system sets none.
    pub(crate) file_name: String,
    /// The text.
    pub(crate) text: &'a [u8],
}

/// The bytecode of each source, in the same order; `None` for a source that this Python cannot compile
/// (a template, code for another version).
pub(crate) fn bytecode(
    job: &SeedContext<'_>,
    sources: &[Source<'_>],
    check: Check,
) -> Result<Vec<Option<Vec<u8>>>> {
    let python = &job.interpreter;
    let failed =
        |source| crate::fs::Error::Io { action: "run", path: python.executable.clone(), source };
    let mut workers = Vec::new();
    let processes = sources.len().div_ceil(SOURCES_PER_PROCESS).clamp(1, PROCESSES);
    for share in sources.chunks(sources.len().div_ceil(processes).max(1)) {
        workers.push(spawn(job, share, check).map_err(failed)?);
    }
    let mut compiled = Vec::with_capacity(sources.len());
    for worker in workers {
        let said = wait_with_output(worker).map_err(failed)?;
        if !said.status.success() {
            let stderr = String::from_utf8_lossy(&said.stderr).trim().to_owned();
            return Err(Error::PythonFailed {
                python: python.executable.clone(),
                task: "compile pip".to_owned(),
                stderr,
            });
        }
        split(&said.stdout, &mut compiled);
    }
    if compiled.len() == sources.len() {
        Ok(compiled)
    } else {
        let stderr = format!("{} of {} files came back", compiled.len(), sources.len());
        Err(Error::PythonFailed {
            python: python.executable.clone(),
            task: "compile pip".to_owned(),
            stderr,
        })
    }
}

fn spawn(job: &SeedContext<'_>, share: &[Source<'_>], check: Check) -> io::Result<Child> {
    let mut child = job
        .python()
        // Not `-I`, which ignores PYTHONHASHSEED: before 3.11 the order of sets in bytecode depends on it.
        .args([
            "-s",
            "-S",
            "-B",
            "-c",
            concat!("import sys; del sys.path[0]\n", include_str!("compile.py")),
        ])
        .arg(check.flags())
        .env("PYTHONHASHSEED", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // The child reads all input before it writes, so this cannot deadlock.
    if let Some(stdin) = child.stdin.take()
        && let Err(error) = feed(stdin, share)
        // A child that exited early explains this on its standard error.
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        return Err(error);
    }
    Ok(child)
}

fn feed(mut stdin: impl Write, share: &[Source<'_>]) -> io::Result<()> {
    let mut sent = Vec::new();
    for source in share {
        for length in [source.file_name.len(), source.text.len()] {
            let length = u32::try_from(length).map_err(|_| io::ErrorKind::FileTooLarge)?;
            sent.extend(length.to_le_bytes());
        }
        sent.extend(source.file_name.as_bytes());
        sent.extend(source.text);
    }
    stdin.write_all(&sent)
}

fn split(mut received: &[u8], compiled: &mut Vec<Option<Vec<u8>>>) {
    while let Some((length, rest)) = received.split_first_chunk::<4>() {
        let Some((pyc, rest)) = rest.split_at_checked(u32::from_le_bytes(*length) as usize) else {
            return;
        };
        compiled.push((!pyc.is_empty()).then(|| pyc.to_vec()));
        received = rest;
    }
}
