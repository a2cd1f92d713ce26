//! Objects of a git repository ("pack-format" in git's documentation): commits, as they are stored.

use std::io::Read;

use flate2::bufread::ZlibDecoder;

/// The most bytes of a commit that are read: a message and a signature.
const LIMIT: u64 = 4 << 20;

/// The form of an object in a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    /// Whole.
    Whole(Vec<u8>),
    /// As changes of the object that begins this many bytes before it.
    DeltaOfOffset(u64, Vec<u8>),
    /// As changes of the object of this name.
    DeltaOfObject(Vec<u8>, Vec<u8>),
}

/// The object in a file of its own.
pub(crate) fn loose(bytes: &[u8]) -> Option<Vec<u8>> {
    let object = inflate(bytes)?;
    let start = object.iter().position(|byte| *byte == 0)? + 1;
    Some(object[start..].to_owned())
}

/// The offset of the object `id` in the pack with the index (version 2) `index`.
pub(crate) fn offset_in_pack(index: &[u8], id: &[u8]) -> Option<u64> {
    const FANOUT: usize = 8;
    const NAMES: usize = FANOUT + 256 * 4;
    index.strip_prefix(b"\xfftOc\0\0\0\x02")?;
    let number = |at: usize| -> Option<usize> {
        let bytes = index.get(at..at.checked_add(4)?)?.try_into().ok()?;
        usize::try_from(u32::from_be_bytes(bytes)).ok()
    };
    let count = number(NAMES - 4)?;
    let name = |at: usize| index.get(NAMES + at * id.len()..NAMES + (at + 1) * id.len());
    let first = usize::from(*id.first()?);
    let mut low = if first == 0 { 0 } else { number(FANOUT + (first - 1) * 4)? };
    let mut high = number(FANOUT + first * 4)?.min(count);
    while low < high {
        let middle = low + (high - low) / 2;
        match name(middle)?.cmp(id) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => {
                // After the names: a checksum of four bytes each, then the offsets.
                let offset = number(NAMES + count * (id.len() + 4) + middle * 4)?;
                // Larger ones are in a further table, for packs above 2 GiB.
                return (offset < 1 << 31).then_some(offset as u64);
            }
        }
    }
    None
}

/// The object that begins where `bytes` begin; names have `name_length` bytes.
pub(crate) fn packed(bytes: &[u8], name_length: usize) -> Option<Stored> {
    const OFFSET_DELTA: u8 = 6;
    const OBJECT_DELTA: u8 = 7;
    let kind = bytes.first()? >> 4 & 7;
    let header = bytes.iter().position(|byte| byte & 0x80 == 0)? + 1;
    let rest = &bytes[header..];
    match kind {
        1..=4 => Some(Stored::Whole(inflate(rest)?)),
        OFFSET_DELTA => {
            let mut distance = 0_u64;
            let length = rest.iter().position(|byte| byte & 0x80 == 0)? + 1;
            for (index, byte) in rest[..length].iter().enumerate() {
                distance = distance.checked_add(u64::from(index > 0))?.checked_mul(128)?;
                distance |= u64::from(byte & 0x7f);
            }
            Some(Stored::DeltaOfOffset(distance, inflate(&rest[length..])?))
        }
        OBJECT_DELTA => {
            let name = rest.get(..name_length)?.to_owned();
            Some(Stored::DeltaOfObject(name, inflate(&rest[name_length..])?))
        }
        _ => None,
    }
}

/// The object that the changes `delta` make of `base`.
pub(crate) fn changed(base: &[u8], delta: &[u8]) -> Option<Vec<u8>> {
    let mut rest = delta;
    let mut byte = || {
        let (first, others) = rest.split_first()?;
        rest = others;
        Some(*first)
    };
    // The sizes of both objects.
    for _ in 0..2 {
        while byte()? & 0x80 != 0 {}
    }
    let mut object = Vec::new();
    while let Some(code) = byte() {
        if code & 0x80 == 0 {
            for _ in 0..code {
                object.push(byte()?);
            }
            continue;
        }
        let mut numbers = [0_usize; 2];
        for bit in 0..7 {
            if code & 1 << bit != 0 {
                // Four bytes of the offset, three of the size, the lowest first.
                let (number, shift) = if bit < 4 { (0, bit * 8) } else { (1, (bit - 4) * 8) };
                numbers[number] |= usize::from(byte()?) << shift;
            }
        }
        let [offset, size] = numbers;
        let size = if size == 0 { 0x10000 } else { size };
        object.extend_from_slice(base.get(offset..offset.checked_add(size)?)?);
        if object.len() as u64 > LIMIT {
            return None;
        }
    }
    Some(object)
}

/// The name of the tree of a commit, in hexadecimal digits.
pub(crate) fn tree_of_commit(commit: &[u8]) -> Option<&[u8]> {
    commit.strip_prefix(b"tree ")?.split(|byte| *byte == b'\n').next()
}

fn inflate(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    ZlibDecoder::new(bytes).take(LIMIT).read_to_end(&mut content).ok()?;
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_copy_and_insert() {
        // Copy 5 bytes from 0, insert `!!`, copy 3 bytes from 6.
        let delta = [11, 10, 0x90, 5, 2, b'!', b'!', 0x91, 6, 3];
        assert_eq!(changed(b"hello world", &delta).as_deref(), Some(&b"hello!!wor"[..]));
        assert_eq!(changed(b"short", &[5, 9, 0x91, 6, 3]), None);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::arbitrary::any::<u8>(), 0..300)) {
            let _ = (loose(&bytes), packed(&bytes, 20), changed(b"base", &bytes));
            let index = [&b"\xfftOc\0\0\0\x02"[..], &bytes].concat();
            let _ = (offset_in_pack(&index, &[0; 20]), offset_in_pack(&bytes, &[1; 20]));
        }
    }
}
