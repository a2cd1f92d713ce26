//! The entries of a git index ("index-format" in git's documentation), versions 2 to 4.

use std::borrow::Cow;

/// Before the name of the object: times, device, inode, mode, owner, size.
const STAT: usize = 40;
/// After it.
const FLAGS: usize = 2;
/// Two more bytes of flags follow.
const EXTENDED: u16 = 0x4000;
/// The stage of a merge; 0 without a conflict.
const STAGE: u16 = 0x3000;
/// In the second two bytes: the file is not in the working tree, and one that is not in a commit yet.
const SKIP_WORKTREE: u16 = 0x4000;
const INTENT_TO_ADD: u16 = 0x2000;

/// The length of object names in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Sha1 = 20,
    Sha256 = 32,
}

/// The entry of one file. Numbers are those of stat(2), in 32 bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    pub(crate) path: Cow<'a, [u8]>,
    /// Seconds and nanoseconds.
    pub(crate) ctime: (u32, u32),
    /// Seconds and nanoseconds.
    pub(crate) mtime: (u32, u32),
    /// Type and permissions, as in a tree object: 0o100644, 0o100755, 0o120000, 0o160000.
    pub(crate) mode: u32,
    /// In bytes.
    pub(crate) size: u32,
    /// The name of the object.
    pub(crate) id: &'a [u8],
    flags: u16,
    more_flags: u16,
}

impl Entry<'_> {
    /// Whether it is as a commit has it: neither in conflict nor only intended to be added.
    pub(crate) fn is_settled(&self) -> bool {
        self.flags & STAGE == 0 && self.more_flags & INTENT_TO_ADD == 0
    }

    /// Whether the file need not be in the working tree (sparse checkout).
    pub(crate) fn is_skipped(&self) -> bool {
        self.more_flags & SKIP_WORKTREE != 0
    }
}

/// The entries of an index, in its order; nothing more after bytes that are not an index.
#[derive(Debug)]
pub(crate) struct Entries<'a> {
    bytes: &'a [u8],
    format: Format,
    version: u32,
    left: u32,
    at: usize,
    previous: Vec<u8>,
}

impl<'a> Entries<'a> {
    pub(crate) fn new(bytes: &'a [u8], format: Format) -> Self {
        let header = bytes.get(..12).filter(|header| header.starts_with(b"DIRC"));
        let number = |at: usize| header.map_or(0, |header| u32_at(header, at));
        let (version, left) = (number(4), number(8));
        Self { bytes, format, version, left, at: 12, previous: Vec::new() }
    }

    fn parse(&mut self) -> Option<Entry<'a>> {
        let bytes = self.bytes;
        let entry = bytes.get(self.at..)?;
        let fixed = STAT + self.format as usize + FLAGS;
        let number = |at: usize| u16::from_be_bytes([entry[at], entry[at + 1]]);
        entry.get(..fixed)?;
        let flags = number(fixed - FLAGS);
        let start = fixed + if flags & EXTENDED == 0 { 0 } else { 2 };
        let rest = entry.get(start..)?;
        let more_flags = if flags & EXTENDED == 0 { 0 } else { number(fixed) };
        let path = if self.version == 4 {
            let (cut, used) = offset(rest)?;
            let name = rest.get(used..)?;
            let name = &name[..name.iter().position(|byte| *byte == 0)?];
            self.previous.truncate(self.previous.len().checked_sub(cut)?);
            self.previous.extend_from_slice(name);
            self.at += start + used + name.len() + 1;
            Cow::Owned(self.previous.clone())
        } else {
            let name = &rest[..rest.iter().position(|byte| *byte == 0)?];
            // One to eight zeros, to a multiple of eight.
            self.at += (start + name.len() + 8) & !7;
            Cow::Borrowed(name)
        };
        Some(Entry {
            path,
            ctime: (u32_at(entry, 0), u32_at(entry, 4)),
            mtime: (u32_at(entry, 8), u32_at(entry, 12)),
            mode: u32_at(entry, 24),
            size: u32_at(entry, 36),
            id: &entry[STAT..STAT + self.format as usize],
            flags,
            more_flags,
        })
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let entry = self.parse();
        if entry.is_none() {
            self.left = 0;
            // No extension is read after that.
            self.at = self.bytes.len();
        }
        entry
    }
}

/// Every path, in the index's order.
pub(crate) fn paths(bytes: &[u8], format: Format) -> impl Iterator<Item = Cow<'_, [u8]>> {
    Entries::new(bytes, format).map(|entry| entry.path)
}

/// Whether most entries are in another file (`core.splitIndex`).
pub(crate) fn is_split(bytes: &[u8], format: Format) -> bool {
    extension(bytes, format, *b"link").is_some()
}

/// The name of the tree of the whole index, if it has been written as an object since the last change.
pub(crate) fn tree(bytes: &[u8], format: Format) -> Option<&[u8]> {
    // The first entry is the root's: its name is empty; then the number of entries, the number of
    // subtrees, and the object's name unless the first number is negative.
    let root = extension(bytes, format, *b"TREE")?.strip_prefix(b"\0")?;
    let end = root.iter().position(|byte| *byte == b'\n')?;
    let is_valid = !root.starts_with(b"-");
    is_valid.then(|| root.get(end + 1..end + 1 + format as usize))?
}

/// The content of an extension. Extensions follow the entries; the checksum of the file is the last.
fn extension(bytes: &[u8], format: Format, signature: [u8; 4]) -> Option<&[u8]> {
    let mut entries = Entries::new(bytes, format);
    entries.by_ref().for_each(drop);
    let mut rest = bytes.get(entries.at..bytes.len().checked_sub(format as usize)?)?;
    while rest.len() >= 8 {
        let size = usize::try_from(u32_at(rest, 4)).ok()?;
        let content = rest.get(8..size.checked_add(8)?)?;
        if rest.starts_with(&signature) {
            return Some(content);
        }
        rest = &rest[8 + size..];
    }
    None
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes)
}

/// Decodes a variable-length number, as in pack files; returns it and its length in bytes.
fn offset(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0_usize;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        value = (value << 7) | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
        value += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::arbitrary::any::<u8>(), 0..300), count in 0..9_u8) {
            for version in [2, 4] {
                let mut index = b"DIRC\0\0\0".to_vec();
                index.push(version);
                let counted = [&[0, 0, 0, count], &*bytes].concat();
                for rest in [&bytes, &counted] {
                    let index = [&*index, rest].concat();
                    for format in [Format::Sha1, Format::Sha256] {
                        let _ = paths(&index, format).count();
                        let _ = (is_split(&index, format), tree(&index, format));
                    }
                }
            }
        }
    }
}
