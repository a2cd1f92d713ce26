//! The processes that `/proc` shows (proc(5)). It can be hidden, and other systems have no such
//! directory: nothing is known then.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The directories of all processes.
pub(crate) fn directories() -> impl Iterator<Item = PathBuf> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter(|entry| id(&entry.path()).is_some()).map(|entry| entry.path())
}

/// The number of the process of `directory`.
pub(crate) fn id(directory: &Path) -> Option<u32> {
    directory.file_name()?.to_str()?.parse().ok()
}

/// The state of a process, from its file `stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    /// Whether it runs, or waits for a processor or a disk.
    pub(crate) is_busy: bool,
    /// The number of its parent.
    pub(crate) parent: i32,
    /// The number of its process group.
    pub(crate) group: i32,
    /// The time that processors spent on it, in ticks (`sysconf(_SC_CLK_TCK)`).
    pub(crate) ticks: u64,
}

impl Stat {
    /// Of the process of `directory`; `None` if it has ended or is hidden.
    pub(crate) fn read(directory: &Path) -> Option<Self> {
        Self::parse(&read_once(&directory.join("stat")).ok()?)
    }

    /// `1234 (name) S 1233 …`, where the name can contain anything, brackets too.
    fn parse(stat: &[u8]) -> Option<Self> {
        let after_name = &stat[stat.iter().rposition(|&byte| byte == b')')? + 1..];
        let mut fields = std::str::from_utf8(after_name).ok()?.split_ascii_whitespace();
        let is_busy = matches!(fields.next()?, "R" | "D");
        let parent = fields.next()?.parse().ok()?;
        let group = fields.next()?.parse().ok()?;
        // The fields 14 and 15: `utime` and `stime`.
        let times = fields.skip(8).take(2).map(|time| time.parse::<u64>().ok());
        Some(Self { is_busy, parent, group, ticks: times.sum::<Option<u64>>()? })
    }
}

/// The beginning of a file of `/proc`, which the system returns with one call, at most 4 KiB.
pub(crate) fn read_once(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 4096];
    let read = File::open(path)?.read(&mut bytes)?;
    bytes.truncate(read);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_hides_no_field() {
        let text = b"7 (a) R 1) D 42 40 7 0 -1 0 1 2 3 4 500 60 7 8 20 0 1 0 99 1 2";
        let expected = Stat { is_busy: true, parent: 42, group: 40, ticks: 560 };
        assert_eq!(Stat::parse(text), Some(expected));
        assert_eq!(Stat::parse(b"7 (a"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_among_all() {
        let own = directories().find(|path| id(path) == Some(std::process::id())).unwrap();
        let stat = Stat::read(&own).unwrap();
        let parent = rustix::process::getppid().map(|parent| parent.as_raw_nonzero().get());
        assert_eq!(Some(stat.parent), parent);
    }
}
