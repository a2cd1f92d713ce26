//! From `/proc`, which may be hidden.

use std::cell::LazyCell;
use std::path::{Path, PathBuf};

use super::Process;
use crate::support::processes::{Stat, read_once};

/// Mostly the first one is the shell, so nothing is read before it is asked for.
pub(super) fn parents() -> impl Iterator<Item = Process> {
    let mut last: Option<PathBuf> = None;
    std::iter::from_fn(move || {
        let id = match &last {
            None => rustix::process::getppid()?.as_raw_nonzero().get(),
            Some(directory) => parent(directory)?,
        };
        process(last.insert(Path::new("/proc").join(id.to_string())))
    })
}

/// The process of a directory below `/proc`; `None` where it is hidden.
fn process(directory: &Path) -> Option<Process> {
    let executable = std::fs::read_link(directory.join("exe")).ok();
    let cmdline = directory.join("cmdline");
    let arguments = LazyCell::new(Box::new(move || arguments(&cmdline)) as Box<_>);
    // Of another user's process the file that it runs is hidden, but not the rest.
    let shown = executable.is_some() || parent(directory).is_some();
    shown.then_some(Process { executable, arguments })
}

/// The number of a process's parent.
fn parent(directory: &Path) -> Option<i32> {
    Stat::read(directory).map(|stat| stat.parent).filter(|&parent| parent > 0)
}

/// The words that a process was called with, as many as 4 KiB contain: a shell is known by the first ones.
fn arguments(cmdline: &Path) -> Vec<Vec<u8>> {
    let arguments = read_once(cmdline).unwrap_or_default();
    arguments.split(|&byte| byte == 0).map(<[u8]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_hides_no_parent() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("stat"), "7 (a) R 1) S 42 7 7 0 -1 0 0 0 0 0 1 1")
            .unwrap();
        std::fs::write(directory.path().join("cmdline"), "zsh\0-i\0").unwrap();
        assert_eq!(parent(directory.path()), Some(42));
        let process = process(directory.path()).unwrap();
        assert_eq!(process.arguments[..2], [b"zsh".to_vec(), b"-i".to_vec()]);
    }

    #[test]
    fn a_process_that_is_hidden_is_none() {
        let directory = tempfile::tempdir().unwrap();
        assert!(process(directory.path()).is_none());
    }
}
