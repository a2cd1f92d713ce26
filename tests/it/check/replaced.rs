//! An environment that another process replaces between the look and the mending.

use std::fs;

use rvenv::Error;
use rvenv::cache::Cache;
use rvenv::env::check::Check;
use rvenv::env::fix::Fixer;
use rvenv::{Host, Interrupt};

use crate::sandbox::Sandbox;

/// The stress test saw pip's files vanish from a whole environment: what was seen of the old one, half
/// deleted by then, was mended in the new one.
#[test]
fn what_was_seen_of_another_directory_is_not_mended() {
    let sandbox = Sandbox::new();
    sandbox.run(["create", "--without-pip"]).ok();
    let venv = sandbox.project().join(".venv");
    fs::remove_file(venv.join("bin/activate")).unwrap();
    let host = Host::new([("PATH", "/usr/bin:/bin")], sandbox.project());
    let cache = Cache::none();
    let report =
        Check { host: &host, cache: &cache, named: Some(&venv), deep: false }.report().unwrap();
    let steps = report.steps();
    assert!(!steps.is_empty());

    fs::rename(&venv, sandbox.project().join("old")).unwrap();
    sandbox.run(["create", "--without-pip"]).ok();
    let before = fs::read(venv.join("bin/activate")).unwrap();
    let interrupt = Interrupt::default();
    let judged = report.judged.as_ref();
    let fixer = Fixer { root: &venv, judged, host: &host, cache: &cache, interrupt: &interrupt };
    let taken = fixer.take(&steps, &mut |step| panic!("{step} was taken"));
    assert!(matches!(taken, Err(Error::Changed { .. })), "{taken:?}");
    assert_eq!(fs::read(venv.join("bin/activate")).unwrap(), before);
}
