//! The exit codes of rvenv itself; a program that it ran gives its own.

use std::process::ExitCode;

/// An exit code other than 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// The command failed, or `check` found a problem.
    Failure = 1,
    /// The command line is wrong, as in clap and argparse.
    Usage = 2,
    /// The program cannot be executed, as in POSIX shells.
    CannotExecute = 126,
    /// The program is not found, as in POSIX shells.
    NotFound = 127,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
