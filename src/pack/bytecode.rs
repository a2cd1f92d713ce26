//! `--compile`: bytecode that is never compared with its source (PEP 552), as archives do not keep the
//! times that other bytecode depends on.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use serde::Serialize;

use super::archive::Content;
use super::contents::Contents;
use super::{Error, Result};
use crate::dist::record::BYTECODE;
use crate::python::isolated;
use crate::support::parallel;

/// Into how many processes the work is split, whatever the machine: what a process compiled before shows
/// in its next bytes (which strings are shared), and the archive is to be the same on each machine.
const PROCESSES: usize = 4;

/// Answers each source with a length of four bytes and the bytecode; nothing for what does not compile.
const SCRIPT: &str = "\
import importlib._bootstrap_external as b, importlib.util, json, sys
for name, path, text in json.loads(sys.stdin.buffer.read()):
    try:
        if path is None: source = bytes(text)
        else:
            with open(path, 'rb') as file: source = file.read()
        code = compile(source, name, 'exec', dont_inherit=True)
        data = b._code_to_hash_pyc(code, importlib.util.source_hash(source), False)
    except Exception: data = b''
    sys.stdout.buffer.write(len(data).to_bytes(4, 'little') + data)
";

/// A source: the name in tracebacks, and where its text is.
#[derive(Clone, Serialize)]
struct Source(String, Option<String>, Option<Vec<u8>>);

impl Contents<'_> {
    /// Adds the bytecode of each source in `lib`.
    pub(super) fn add_bytecode(&mut self) -> Result<()> {
        let sources: Vec<Source> = self.sources().collect();
        let size = sources.len().div_ceil(PROCESSES).max(1);
        let chunks: Vec<&[Source]> = sources.chunks(size).collect();
        let answers = parallel::map(&chunks, || PROCESSES, |chunk| self.compile(chunk));
        let answers = answers.into_iter().collect::<Result<Vec<_>>>()?;
        for (source, data) in sources.iter().zip(answers.concat()) {
            let (directory, name) = source.0.rsplit_once('/').unwrap_or(("", &source.0));
            let stem = name.trim_end_matches(".py");
            let tag = &self.base.cache_tag;
            let path = format!("{directory}/{BYTECODE}/{stem}.{tag}.pyc");
            if !data.is_empty() {
                self.add(path, Content::Bytes { data, executable: false });
            }
        }
        Ok(())
    }

    fn sources(&self) -> impl Iterator<Item = Source> {
        self.items.iter().filter_map(|(path, content)| {
            let is_source = path.starts_with("lib/")
                && Path::new(path).extension().is_some_and(|extension| extension == "py");
            match content {
                Content::Bytes { data, .. } if is_source => {
                    Some(Source(path.clone(), None, Some(data.clone())))
                }
                Content::File { from, .. } if is_source => {
                    Some(Source(path.clone(), Some(from.to_str()?.to_owned()), None))
                }
                Content::Directory | Content::Bytes { .. } | Content::File { .. } => None,
            }
        })
    }

    /// The bytecode of some sources, in their order.
    fn compile(&self, sources: &[Source]) -> Result<Vec<Vec<u8>>> {
        let python = &self.base.executable;
        let request = serde_json::to_vec(sources).map_err(super::ManifestError::from)?;
        let mut command = isolated(python, self.state.host);
        command.args(["-c", SCRIPT]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(Error::io("run", python))?;
        // A Python that ends early has its exit code as the error.
        let _ = child.stdin.take().map(|mut stdin| stdin.write_all(&request));
        let said = child.wait_with_output().map_err(Error::io("run", python))?;
        let answers = answers(&said.stdout);
        if said.status.success() && answers.len() == sources.len() {
            return Ok(answers);
        }
        Err(Error::NoPython { root: self.state.root().to_owned() })
    }
}

/// The parts of an answer, each after its length.
fn answers(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut answers = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let Some((data, rest)) = rest.split_at_checked(length) else { break };
        answers.push(data.to_vec());
        bytes = rest;
    }
    answers
}
