//! The names that pip gives to what it is going to delete (`AdjacentTempDirectory` in pip's
//! `_internal/utils/temp_dir.py`).

/// The characters with which pip replaces the first letters of a name, after a `~`, until the name is free.
const SIGNS: &[u8] = b"-~.=%0123456789";

/// Whether pip would call this so when it is about to delete it: signs for the first letters.
pub(crate) fn is_aside(leftover: &str, name: &str) -> bool {
    let (leftover, name) = (leftover.as_bytes(), name.as_bytes());
    let same = leftover.iter().rev().zip(name.iter().rev()).take_while(|(one, other)| one == other);
    let signs = leftover.len() - same.count();
    leftover.len() == name.len() && leftover[..signs].iter().all(|byte| SIGNS.contains(byte))
}
