//! From `/proc`, which may be hidden.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::Process;

pub(super) fn parents() -> impl Iterator<Item = Process> {
    let parent = rustix::process::getppid();
    let mut next = parent.and_then(|id| id.as_raw_nonzero().get().try_into().ok());
    std::iter::from_fn(move || {
        let (process, parent) = read(Path::new("/proc"), next?)?;
        next = (parent > 0).then_some(parent);
        Some(process)
    })
}

/// What `proc` has about a process, and its parent's number.
fn read(proc: &Path, id: u32) -> Option<(Process, u32)> {
    let directory = proc.join(id.to_string());
    let stat = read_once(&directory.join("stat")).ok()?;
    // `1234 (name) S 1233 …`, where the name can hold anything, brackets too: see proc(5).
    let after_name = &stat[stat.iter().rposition(|&byte| byte == b')')? + 1..];
    let parent =
        std::str::from_utf8(after_name).ok()?.split_ascii_whitespace().nth(1)?.parse().ok()?;
    let arguments = read_once(&directory.join("cmdline")).unwrap_or_default();
    let executable = std::fs::read_link(directory.join("exe")).ok();
    let arguments = arguments.split(|&byte| byte == 0).map(<[u8]>::to_vec).collect();
    Some((Process { executable, arguments }, parent))
}

/// The beginning of a file of `/proc`, which gives it in one call. A shell is known by the first
/// words that it was called with.
fn read_once(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 4096];
    let read = File::open(path)?.read(&mut bytes)?;
    bytes.truncate(read);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_hides_no_parent() {
        let proc = tempfile::tempdir().unwrap();
        let directory = proc.path().join("7");
        std::fs::create_dir(&directory).unwrap();
        std::fs::write(directory.join("stat"), "7 (a) R 1) S 42 7 7").unwrap();
        std::fs::write(directory.join("cmdline"), "zsh\0-i\0").unwrap();
        let (process, parent) = read(proc.path(), 7).unwrap();
        assert_eq!(parent, 42);
        assert_eq!(process.arguments[..2], [b"zsh".to_vec(), b"-i".to_vec()]);
    }
}
