//! A failure while packages are added to the store changes neither the environment nor the exit code.

use std::collections::BTreeMap;
use std::fs::DirEntry;

use super::fixture::{assert_same, contents};
use super::install::{by_pip, filled, store};
use crate::sandbox::{Ran, Sandbox, has_strace};

/// The number of system calls of which one fails, without `RVENV_FAULTS=all`. Each takes a run of pip.
const SAMPLE: usize = 5;

const CALLS: &str = "trace=mkdir,openat,openat2,read,write,linkat,link,rename,renameat,renameat2,unlink,\
     unlinkat,rmdir,chmod,fchmod,fchmodat,statx,newfstatat,getdents64,flock,ioctl,utimensat";

/// The file that pip writes last.
const REPORT: &str = "report.json";

const INSTALL: [&str; 4] = ["install", "--env", "two", "flat==1.0"];

/// An empty environment, and no store.
fn reset(sandbox: &Sandbox) {
    sandbox.run(["create", "--clear", "two"]).ok();
    let _ = std::fs::remove_dir_all(store(sandbox));
}

/// Runs [`INSTALL`] under strace, which follows no other process.
fn traced(sandbox: &Sandbox, option: &str) -> Ran {
    let mut strace = sandbox.command("strace");
    strace.args(["-y", "-qq", "-o"]).arg(sandbox.root().join("log")).args(["-e", CALLS]);
    Ran::of(strace.args(["-e", option]).arg(env!("CARGO_BIN_EXE_rvenv")).args(INSTALL))
}

/// The calls of the last run.
fn log(sandbox: &Sandbox) -> String {
    std::fs::read_to_string(sandbox.root().join("log")).unwrap()
}

/// The system calls from the one that opens pip's report to the last one in the store: names, each with its
/// number among the calls of that name.
fn calls_of_adding(sandbox: &Sandbox) -> Vec<(String, usize)> {
    reset(sandbox);
    traced(sandbox, "signal=none").ok();
    let log = log(sandbox);
    let lines: Vec<&str> = log.lines().collect();
    let first = lines.iter().position(|line| line.contains(REPORT)).unwrap();
    let last = lines.iter().rposition(|line| line.contains("/cache/store")).unwrap();
    let mut seen = BTreeMap::new();
    let mut calls = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some((name, _)) = line.split_once('(') else { continue };
        let number: &mut usize = seen.entry(name).or_default();
        *number += 1;
        if (first..=last).contains(&index) {
            calls.push((name.to_owned(), *number));
        }
    }
    calls
}

#[test]
fn a_fault_at_any_system_call_does_not_fail_the_command() {
    if !has_strace() {
        return;
    }
    let sandbox = filled(&["flat"]);
    let calls = calls_of_adding(&sandbox);
    assert!(calls.len() > 40, "{calls:?}");
    let environment = || {
        let mut found = contents(&sandbox.project().join("two"));
        found.retain(|path, _| !path.to_string_lossy().contains("__pycache__"));
        found
    };
    let expected = environment();
    let is_complete = std::env::var_os("RVENV_FAULTS").is_some_and(|value| value == "all");
    let step = if is_complete { 1 } else { calls.len() / SAMPLE };
    let mut killed = 0;
    for (index, (name, number)) in calls.iter().enumerate().step_by(step) {
        let error = ["EIO", "ENOSPC", "EACCES", "EMFILE", "EROFS"][index % 5];
        reset(&sandbox);
        let fault = format!("inject={name}:error={error}:when={number}");
        let ran = traced(&sandbox, &fault);
        assert_eq!(ran.code, Some(0), "{fault}: {ran:#?}");
        assert_same(&expected, &environment());
        if is_complete {
            let kill = format!("inject={name}:signal=KILL:when={number}");
            reset(&sandbox);
            traced(&sandbox, &kill);
            // What the previous runs left in the cache can delay pip beyond the call of this number.
            if log(&sandbox).contains(REPORT) {
                killed += 1;
                assert_same(&expected, &environment());
            }
        }
    }
    assert!(!is_complete || killed > calls.len() / 2, "{killed} of {}", calls.len());
    sandbox.write("lock.txt", "flat==1.0");
    sandbox.run(["create", "-r", "lock.txt", "three"]).ok();
    sandbox.run(["check", "three", "--deep"]).ok();
    // Leftovers without a lock are removed after some seconds.
    let leftovers = || {
        let entries = std::fs::read_dir(store(&sandbox)).unwrap().flatten();
        let is_leftover = |entry: &DirEntry| entry.file_name().to_string_lossy().starts_with('.');
        entries.filter(is_leftover).map(|entry| entry.path()).collect::<Vec<_>>()
    };
    for path in leftovers() {
        std::fs::File::open(path).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
    }
    by_pip(&sandbox, &["install", "--env", "three", "plain"]);
    assert_eq!(leftovers(), Vec::<std::path::PathBuf>::new());
}
