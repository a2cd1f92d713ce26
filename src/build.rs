//! Passes on the commit and the target that the program is built for, without starting git.

#![allow(clippy::disallowed_methods, reason = "cargo speaks to a build script by variables")]

use std::fs;
use std::path::{Path, PathBuf};

/// As many digits as git shows.
const SHORT: usize = 7;

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let release = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let commit = packaged(&root).or_else(|| checked_out(&root.join(".git")));
    let target = std::env::var("TARGET").unwrap_or_default();
    let version = match commit.as_deref().and_then(|commit| commit.get(..SHORT)) {
        Some(commit) => format!("{release} ({commit} {target})"),
        None => format!("{release} ({target})"),
    };
    println!("cargo::rustc-env=RVENV_VERSION={version}");
    watch(&root.join("src/build.rs"));
}

/// The commit that `cargo package` wrote down.
fn packaged(root: &Path) -> Option<String> {
    let text = read(&root.join(".cargo_vcs_info.json"))?;
    let rest = text.split_once("\"sha1\"")?.1.split_once(':')?.1;
    rest.split('"').nth(1).and_then(hash)
}

/// The commit of a repository's HEAD; `git` is a file in a linked worktree.
fn checked_out(git: &Path) -> Option<String> {
    let dir = match read(git) {
        Some(link) => git.parent()?.join(link.strip_prefix("gitdir:")?.trim()),
        None => git.to_owned(),
    };
    let head = read(&dir.join("HEAD"))?;
    // Grows with every commit, also where the branch's own file is packed away.
    let _ = read(&dir.join("logs/HEAD"));
    let Some(name) = head.strip_prefix("ref:").map(str::trim) else { return hash(&head) };
    let common = read(&dir.join("commondir")).map_or(dir.clone(), |path| dir.join(path.trim()));
    read(&common.join(name)).as_deref().and_then(hash).or_else(|| {
        let packed = read(&common.join("packed-refs"))?;
        packed.lines().find_map(|line| line.strip_suffix(name).and_then(hash))
    })
}

fn hash(text: &str) -> Option<String> {
    let text = text.trim();
    (text.len() >= 40 && text.bytes().all(|b| b.is_ascii_hexdigit())).then(|| text.to_owned())
}

/// Reads a file and has it watched. What is not there is not watched: cargo would build again
/// every time.
fn read(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    watch(path);
    Some(text)
}

fn watch(path: &Path) {
    println!("cargo::rerun-if-changed={}", path.display());
}
