//! The commits of a repository, in files of their own or in packs.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::super::{names_in, open_regular, read_bounded};
use crate::formats::git_object::{self, Stored};
use crate::support::limits;

/// The most bytes of a commit, as it is stored.
const STORED: u64 = 64 << 10;
/// The longest chain of changes that is followed. `git gc --aggressive` made chains of 250; `pack.depth` is 50.
const DEPTH: usize = 256;

/// The name of the tree of the commit `id`, both in hexadecimal digits.
pub(super) fn tree_of(git_dir: &Path, id: &str) -> Option<String> {
    let commit = loose(git_dir, id).or_else(|| in_packs(git_dir, &bytes_of(id)?, DEPTH))?;
    let tree = git_object::tree_of_commit(&commit)?;
    Some(String::from_utf8_lossy(tree).into_owned())
}

fn loose(git_dir: &Path, id: &str) -> Option<Vec<u8>> {
    let (start, rest) = id.split_at_checked(2)?;
    let file = git_dir.join("objects").join(start).join(rest);
    git_object::loose(&read_bounded(&file, STORED).ok()?)
}

fn in_packs(git_dir: &Path, id: &[u8], depth: usize) -> Option<Vec<u8>> {
    let packs = git_dir.join("objects/pack");
    names_in(&packs).into_iter().find_map(|name| {
        let index = packs.join(name);
        if index.extension()? != "idx" {
            return None;
        }
        let bytes = read_bounded(&index, limits::GIT_INDEX).ok()?;
        let offset = git_object::offset_in_pack(&bytes, id)?;
        at(&index.with_extension("pack"), offset, git_dir, id.len(), depth)
    })
}

/// The object that begins at `offset` of a pack.
fn at(
    pack: &Path,
    offset: u64,
    git_dir: &Path,
    name_length: usize,
    depth: usize,
) -> Option<Vec<u8>> {
    let depth = depth.checked_sub(1)?;
    let mut file = open_regular(pack).ok()?;
    file.seek(SeekFrom::Start(offset)).ok()?;
    let mut bytes = Vec::new();
    file.take(STORED).read_to_end(&mut bytes).ok()?;
    let stored = git_object::packed(&bytes, name_length)?;
    drop(bytes);
    match stored {
        Stored::Whole(object) => Some(object),
        Stored::DeltaOfOffset(distance, delta) => {
            let base = at(pack, offset.checked_sub(distance)?, git_dir, name_length, depth)?;
            git_object::changed(&base, &delta)
        }
        Stored::DeltaOfObject(id, delta) => {
            git_object::changed(&in_packs(git_dir, &id, depth)?, &delta)
        }
    }
}

fn bytes_of(id: &str) -> Option<Vec<u8>> {
    let digits = id.as_bytes().chunks(2);
    digits.map(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok()).collect()
}
