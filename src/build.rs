//! Tells the program which commit it was built from, without starting git, and has it linked
//! without a dynamic linker where that can be.

#![allow(clippy::disallowed_methods, reason = "cargo speaks to a build script by variables")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

/// As many digits as git shows.
const SHORT: usize = 7;

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let release = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let commit = packaged(&root).or_else(|| checked_out(&root.join(".git")));
    let version = match commit.as_deref().and_then(|commit| commit.get(..SHORT)) {
        Some(commit) => format!("{release} ({commit})"),
        None => release,
    };
    println!("cargo::rustc-env=RVENV_VERSION={version}");
    watch(&root.join("src/build.rs"));
    if let Some(archives) = archives()
        && let Err(error) = link_statically(&archives)
    {
        println!("cargo::warning=the program is linked dynamically: {error}");
    }
}

/// The archives that GNU's C library and what comes with the compiler lie in, where the linker can
/// make a static program that may be loaded anywhere. Some distributions have no archives.
fn archives() -> Option<Vec<String>> {
    let cargo = |name: &str| std::env::var(name).unwrap_or_default();
    let system = [cargo("CARGO_CFG_TARGET_OS"), cargo("CARGO_CFG_TARGET_ENV")];
    let asked_for = cargo("CARGO_CFG_TARGET_FEATURE").contains("crt-static");
    if system != ["linux", "gnu"] || cargo("HOST") != cargo("TARGET") || asked_for {
        return None;
    }
    let linker = std::env::var_os("RUSTC_LINKER").unwrap_or_else(|| "cc".into());
    let find = |name: &str| {
        let mut command = Command::new(&linker);
        let output = command.arg(format!("-print-file-name={name}")).output().ok()?;
        let path = String::from_utf8(output.stdout).ok()?.trim().to_owned();
        // What is not found comes back as its name alone.
        Path::new(&path).is_absolute().then_some(path)
    };
    find("rcrt1.o")?;
    ["gcc_eh", "gcc", "util", "rt", "pthread", "m", "dl", "c"]
        .map(|name| find(&format!("lib{name}.a")))
        .into_iter()
        .collect()
}

/// Has the linker find `archives` wherever Rust's standard library names a shared library.
///
/// The dynamic linker takes 0.3 ms, more than all that `rvenv activate` does itself. The known way,
/// `-C target-feature=+crt-static`, is refused by procedural macros unless each build names its
/// target, and that moves the program to another directory.
fn link_statically(archives: &[String]) -> io::Result<()> {
    let dir = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let script = format!("GROUP ( {} )", archives.join(" "));
    for name in ["gcc_s", "util", "rt", "pthread", "m", "dl", "c"] {
        fs::write(dir.join(format!("lib{name}.so")), &script)?;
    }
    println!("cargo::rustc-link-arg-bins=-L{}", dir.display());
    println!("cargo::rustc-link-arg-bins=-static-pie");
    Ok(())
}

/// The commit that `cargo package` wrote down.
fn packaged(root: &Path) -> Option<String> {
    let text = read(&root.join(".cargo_vcs_info.json"))?;
    let rest = text.split_once("\"sha1\"")?.1.split_once(':')?.1;
    rest.split('"').nth(1).and_then(hash)
}

/// The commit that a repository stands at; `git` is a file in a linked worktree.
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
