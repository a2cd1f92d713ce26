//! The list of tests that did not run, with reasons.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

/// A file beside the tests' build, to which each process of the tests appends. The test target
/// `skipped`, which Cargo runs after this one, prints it as one line. `RVENV_TEST_SKIPPED` names
/// another file.
fn file() -> std::ffi::OsString {
    std::env::var_os("RVENV_TEST_SKIPPED")
        .unwrap_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("skipped").into())
}

/// Reports that something is not tested here, and why. The runner captures `eprintln!` of tests that
/// pass, so this writes to stderr itself: once per reason.
pub(crate) fn skip(why: &str) {
    static REPORTED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if !REPORTED.lock().expect("no panic").insert(why.to_owned()) {
        return;
    }
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
    // Cargo is the parent of all test targets of one `cargo test`: it tells one run from another.
    #[cfg(unix)]
    let run = std::os::unix::process::parent_id();
    #[cfg(not(unix))]
    let run = 0;
    let open = std::fs::File::options().create(true).append(true).open(file());
    // One `write` of a short line: processes do not mix theirs.
    let written = open.and_then(|mut file| file.write_all(format!("{run}\t{why}\n").as_bytes()));
    written.expect("the list of what is skipped");
}

/// [`skip`], which is a failure where the variable `required` is `1`, as in CI.
#[track_caller]
pub(crate) fn skip_unless_required(required: &str, why: &str) {
    let is_required = std::env::var_os(required).is_some_and(|value| value == "1");
    assert!(!is_required, "{why}, and {required} is set");
    skip(why);
}

/// Whether long variants of tests run: where `RVENV_TEST_LONG` is `1`, as in `.ci/long variants`. Elsewhere,
/// `what` is reported as skipped.
pub(crate) fn runs_long_variants(what: &str) -> bool {
    let runs = std::env::var_os("RVENV_TEST_LONG").is_some_and(|value| value == "1");
    if !runs {
        skip(&format!("{what} (`.ci/long variants`)"));
    }
    runs
}
