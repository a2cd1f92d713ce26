//! Reads a child's output without blocking.

use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{ChildStderr, ChildStdout};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use super::Stream;

/// The maximum number of bytes that are read from a pipe after the child's exit: the capacity of a pipe
/// (`pipe-max-size`, see pipe(7)). A process that the child left can write without end.
const PIPE_CAPACITY: usize = 1024 * 1024;

/// Both pipes, non-blocking.
pub(super) struct Pipes {
    pipes: [Pipe; 2],
}

/// A pipe, `None` after its end, and the bytes that were read from it.
struct Pipe {
    file: Option<std::fs::File>,
    stream: Stream,
}

impl Pipes {
    pub(super) fn new(
        stdout: Option<ChildStdout>,
        stderr: Option<ChildStderr>,
        streams: [Stream; 2],
    ) -> io::Result<Self> {
        let [out, err] = streams;
        let stdout = Pipe::new(stdout.map(OwnedFd::from), out)?;
        let stderr = Pipe::new(stderr.map(OwnedFd::from), err)?;
        Ok(Self { pipes: [stdout, stderr] })
    }

    /// Reads the available bytes of both pipes. Returns whether one of them is still open.
    pub(super) fn read_available(&mut self) -> io::Result<bool> {
        for pipe in &mut self.pipes {
            pipe.read_available()?;
        }
        Ok(self.pipes.iter().any(|pipe| pipe.file.is_some()))
    }

    /// Waits until one of the pipes has data or ends, at most for `limit`.
    pub(super) fn wait(&self, limit: Duration) -> io::Result<()> {
        let open = self.pipes.iter().filter_map(|pipe| pipe.file.as_ref());
        let mut fds: Vec<_> = open.map(|file| PollFd::new(file, PollFlags::IN)).collect();
        let limit = Timespec::try_from(limit).map_err(io::Error::other)?;
        match poll(&mut fds, Some(&limit)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The bytes that were read, and those that are available now.
    pub(super) fn finish(mut self, _deadline: Option<Instant>) -> io::Result<[Vec<u8>; 2]> {
        self.read_available()?;
        Ok(self.pipes.map(|pipe| pipe.stream.bytes))
    }
}

impl Pipe {
    fn new(fd: Option<OwnedFd>, stream: Stream) -> io::Result<Self> {
        if let Some(fd) = &fd {
            // This changes only this end: the child's end has a separate open file description.
            fcntl_setfl(fd.as_fd(), fcntl_getfl(fd.as_fd())? | OFlags::NONBLOCK)?;
        }
        Ok(Self { file: fd.map(std::fs::File::from), stream })
    }

    fn read_available(&mut self) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let mut buffer = [0; 16 * 1024];
        let mut total = 0;
        while total < PIPE_CAPACITY {
            match file.read(&mut buffer) {
                Ok(0) => {
                    self.file = None;
                    return Ok(());
                }
                Ok(count) => {
                    self.stream.push(&buffer[..count])?;
                    total += count;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
