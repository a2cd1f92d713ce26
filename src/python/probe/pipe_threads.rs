//! Reads a child's output with a thread for each pipe, for systems without non-blocking pipes.

#![allow(
    clippy::unnecessary_wraps,
    clippy::unused_self,
    reason = "the functions have the signatures of the module for non-blocking pipes"
)]

use std::io::{self, Read};
use std::process::{ChildStderr, ChildStdout};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::Stream;

/// The time limit for the end of a pipe after the child's exit: a process that it left may keep the pipe
/// open.
const END_LIMIT: Duration = Duration::from_secs(10);

/// Both pipes, each with its thread.
pub(super) struct Pipes {
    readers: [Reader; 2],
}

struct Reader {
    read: Arc<Mutex<(Stream, io::Result<()>)>>,
    ended: mpsc::Receiver<()>,
}

impl Pipes {
    pub(super) fn new(
        stdout: Option<ChildStdout>,
        stderr: Option<ChildStderr>,
        streams: [Stream; 2],
    ) -> io::Result<Self> {
        let [out, err] = streams;
        Ok(Self { readers: [Reader::new(stdout, out)?, Reader::new(stderr, err)?] })
    }

    /// Does nothing: the threads read.
    pub(super) fn read_available(&mut self) -> io::Result<bool> {
        Ok(false)
    }

    pub(super) fn wait(&self, limit: Duration) -> io::Result<()> {
        thread::sleep(limit);
        Ok(())
    }

    /// The bytes up to the end of both pipes, or up to `deadline`.
    pub(super) fn finish(self, deadline: Option<Instant>) -> io::Result<[Vec<u8>; 2]> {
        let [stdout, stderr] = self.readers.map(|reader| reader.finish(deadline));
        Ok([stdout?, stderr?])
    }
}

impl Reader {
    fn new(pipe: Option<impl Read + Send + 'static>, stream: Stream) -> io::Result<Self> {
        let read = Arc::new(Mutex::new((stream, Ok(()))));
        let (sender, ended) = mpsc::channel();
        let shared = Arc::clone(&read);
        // `thread::spawn` panics at the limit of threads.
        thread::Builder::new().spawn(move || {
            let mut buffer = [0; 8192];
            let mut pipe = pipe;
            while let Some(Ok(count @ 1..)) = pipe.as_mut().map(|pipe| pipe.read(&mut buffer)) {
                let mut read = shared.lock().unwrap_or_else(PoisonError::into_inner);
                if read.1.is_ok() {
                    read.1 = read.0.push(&buffer[..count]);
                }
            }
            drop(sender);
        })?;
        Ok(Self { read, ended })
    }

    fn finish(self, deadline: Option<Instant>) -> io::Result<Vec<u8>> {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let _ = self.ended.recv_timeout(left.unwrap_or(END_LIMIT).max(END_LIMIT / 5));
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut read.1, Ok(()))?;
        Ok(std::mem::take(&mut read.0.bytes))
    }
}
