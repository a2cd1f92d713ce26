//! Prints what the integration tests skipped, as one line, after them: Cargo runs the test targets in
//! the order of their names, and libtest shows nothing of a test that passes.
#![allow(clippy::print_stdout, reason = "this program's work")]
#![allow(clippy::disallowed_methods, reason = "a test looks at the process it runs in")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn main() {
    let file = std::env::var_os("RVENV_TEST_SKIPPED")
        .map_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("skipped"), PathBuf::from);
    let lines = std::fs::read_to_string(&file).unwrap_or_default();
    // Lines of other runs, which did not come to their end, are of no interest.
    let run = run().to_string();
    let skipped: BTreeSet<_> = lines
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter(|(of, _)| *of == run)
        .map(|(_, why)| why)
        .collect();
    let skipped: Vec<_> = skipped.into_iter().collect();
    let all = if skipped.is_empty() { "nothing".to_owned() } else { skipped.join("; ") };
    println!("\nskipped by the integration tests: {all}");
    // A file that the caller named is the caller's, to print at the end of a longer run.
    if std::env::var_os("RVENV_TEST_SKIPPED").is_none() {
        let _ = std::fs::remove_file(file);
    }
}

/// The process that runs all test targets of one `cargo test`.
#[cfg(unix)]
fn run() -> u32 {
    std::os::unix::process::parent_id()
}

#[cfg(not(unix))]
fn run() -> u32 {
    0
}
