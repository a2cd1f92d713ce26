//! Files of which two distributions installed different contents.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::record::{Blocks, RowText, Text};

/// A file that two distributions list with different digests: the one that was installed last has replaced
/// that of the other one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct SharedFile {
    /// The dist-infos of the two, as places in the list of all.
    pub(crate) owners: (usize, usize),
    /// As RECORD has it.
    pub(crate) path: String,
}

/// The RECORD of a distribution, with its place in the list of all.
pub(super) struct Listed<'a> {
    pub(super) place: usize,
    pub(super) record: &'a Text,
    pub(super) blocks: &'a Blocks,
}

/// The shared files of code, in order. The rows of a file are compared only where several distributions have
/// files in its directory.
pub(super) fn shared(records: &[Listed<'_>]) -> Vec<SharedFile> {
    let (mut owners, mut shared) = (HashMap::new(), BTreeSet::new());
    let packages = shared_packages(records);
    for &Listed { place, record, blocks } in records {
        let code = record.code_in(blocks, |package| packages.contains(package));
        for RowText { path, hash, .. } in code.filter(|row| !row.hash.is_empty()) {
            let (first, known) = *owners.entry(path.clone()).or_insert((place, hash));
            if first != place && known != hash {
                shared.insert(SharedFile { owners: (first, place), path: path.into_owned() });
            }
        }
    }
    shared.into_iter().collect()
}

/// The directories in which several distributions have files.
fn shared_packages<'r>(records: &'r [Listed<'_>]) -> HashSet<&'r str> {
    let (mut first, mut shared) = (HashMap::new(), HashSet::new());
    for Listed { place, record, blocks } in records {
        for package in record.packages(blocks) {
            if first.entry(package).or_insert(place) != &place {
                shared.insert(package);
            }
        }
    }
    shared
}
