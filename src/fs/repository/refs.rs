//! The refs of a repository.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use walkdir::WalkDir;

use super::text;

/// A merge, rebase or bisection that is not finished, and what keeps refs or working trees elsewhere.
const OTHER_STATE: [&str; 9] = [
    "MERGE_HEAD",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "BISECT_LOG",
    "rebase-merge",
    "rebase-apply",
    "sequencer",
    "worktrees",
    "reftable",
];

/// The objects that all refs of a repository point to, as hexadecimal digits.
pub(super) struct Refs {
    /// The commit of `HEAD`.
    pub(super) head: String,
    /// By their full names: `refs/heads/main`.
    values: HashMap<String, String>,
    /// The objects that annotated tags point to, if `packed-refs` records them.
    peeled: HashSet<String>,
}

impl Refs {
    /// `None` where one cannot be read, or `HEAD` has no commit.
    pub(super) fn read(git_dir: &Path) -> Option<Self> {
        if OTHER_STATE.iter().any(|name| git_dir.join(name).symlink_metadata().is_ok()) {
            return None;
        }
        let (mut values, mut peeled) = (HashMap::new(), HashSet::new());
        for line in text(&git_dir.join("packed-refs")).lines() {
            if let Some(commit) = line.strip_prefix('^') {
                peeled.insert(commit.to_owned());
            } else if let Some((value, name)) =
                line.split_once(' ').filter(|_| !line.starts_with('#'))
            {
                values.insert(name.to_owned(), value.to_owned());
            }
        }
        // A ref in a file takes precedence over a packed one.
        for entry in WalkDir::new(git_dir.join("refs")) {
            let entry = entry.ok()?;
            if entry.file_type().is_dir() {
                continue;
            }
            let name = entry.path().strip_prefix(git_dir).ok()?.to_str()?.replace('\\', "/");
            let value = text(entry.path()).trim().to_owned();
            // `refs/remotes/origin/HEAD` names another one.
            if !value.starts_with("ref: ") {
                values.insert(name, value);
            }
        }
        let head = text(&git_dir.join("HEAD"));
        let head = match head.trim().strip_prefix("ref: ") {
            Some(name) => values.get(name)?.clone(),
            None => head.trim().to_owned(),
        };
        let is_id = |value: &String| value.bytes().all(|byte| byte.is_ascii_hexdigit());
        (is_id(&head) && values.values().all(is_id)).then_some(Self { head, values, peeled })
    }

    /// Whether each commit of `HEAD` and the branches is that of a remote or a tag, or came by a clone; and
    /// nothing is stashed or kept in another way.
    pub(super) fn are_published(&self, git_dir: &Path) -> bool {
        let is_of = |name: &str, kinds: &[&str]| {
            kinds.iter().any(|kind| name.starts_with(&format!("refs/{kind}/")))
        };
        let published: HashSet<&String> = self
            .values
            .iter()
            .filter(|(name, _)| is_of(name, &["remotes", "tags"]))
            .map(|(_, value)| value)
            .chain(&self.peeled)
            .collect();
        let is_published = |name: &str, value: &String| {
            published.contains(value) || came_by_clone(&git_dir.join("logs").join(name), value)
        };
        self.values.keys().all(|name| is_of(name, &["remotes", "tags", "heads"]))
            && is_published("HEAD", &self.head)
            && self
                .values
                .iter()
                .filter(|(name, _)| is_of(name, &["heads"]))
                .all(|(name, value)| is_published(name, value))
    }
}

/// Whether the log of a ref has nothing but clones, checkouts and resets, the last of them to `value`. A
/// line is `OLD NEW NAME <MAIL> SECONDS ZONE<tab>MESSAGE`.
fn came_by_clone(log: &Path, value: &str) -> bool {
    let log = text(log);
    let is_harmless = |line: &str| {
        let message = line.split_once('\t').map_or("", |(_, message)| message);
        ["clone:", "checkout:", "reset:"].iter().any(|start| message.starts_with(start))
    };
    let last = log.lines().last().and_then(|line| line.split(' ').nth(1));
    last == Some(value) && log.lines().all(is_harmless)
}
