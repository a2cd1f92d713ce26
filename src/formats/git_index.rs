//! The paths in a git index ("index-format" in git's documentation), versions 2 to 4.

use std::borrow::Cow;

/// Before the name of the object: times, device, inode, mode, owner, size.
const STAT: usize = 40;
/// After it.
const FLAGS: usize = 2;
/// Two more bytes of flags follow.
const EXTENDED: u16 = 0x4000;

/// How objects are named, by how many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Sha1 = 20,
    Sha256 = 32,
}

/// Every path, in the index's order; nothing more after bytes that are no index.
pub(crate) fn paths(bytes: &[u8], format: Format) -> impl Iterator<Item = Cow<'_, [u8]>> {
    let header = bytes.get(..12).filter(|header| header.starts_with(b"DIRC"));
    let number = |at: usize| header.map_or(0, |header| u32_at(header, at));
    let version = number(4);
    let mut left = number(8);
    let fixed = STAT + format as usize + FLAGS;
    let mut at = 12;
    let mut previous = Vec::new();
    std::iter::from_fn(move || {
        left = left.checked_sub(1)?;
        let entry = bytes.get(at..)?;
        let flags = u16::from_be_bytes(entry.get(fixed - FLAGS..fixed)?.try_into().ok()?);
        let start = fixed + if flags & EXTENDED == 0 { 0 } else { 2 };
        let rest = entry.get(start..)?;
        if version == 4 {
            let (cut, used) = offset(rest)?;
            let name = rest.get(used..)?;
            let name = &name[..name.iter().position(|byte| *byte == 0)?];
            previous.truncate(previous.len().checked_sub(cut)?);
            previous.extend_from_slice(name);
            at += start + used + name.len() + 1;
            return Some(Cow::Owned(previous.clone()));
        }
        let name = &rest[..rest.iter().position(|byte| *byte == 0)?];
        // One to eight zeros, to a multiple of eight.
        at += (start + name.len() + 8) & !7;
        Some(Cow::Borrowed(name))
    })
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes)
}

/// A number of variable length, as in pack files, and how many bytes it takes.
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
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::arbitrary::any::<u8>(), 0..300)) {
            for version in [2, 4] {
                let mut index = b"DIRC\0\0\0".to_vec();
                index.push(version);
                index.extend(&bytes);
                for format in [Format::Sha1, Format::Sha256] {
                    let _ = paths(&index, format).count();
                }
            }
        }
    }
}
