//! An environment that another process replaces between the look and the mending.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rvenv::check::{Check, Report};
use rvenv::support::cache::Cache;
use rvenv::support::program::Starts;
use rvenv::support::session::Session;
use rvenv::venv::repair::Fixer;
use rvenv::{Host, Interrupt};

use super::site;
use crate::sandbox::Sandbox;

/// An environment, what its fixing takes, and what was seen of it before.
struct Judged {
    sandbox: Sandbox,
    venv: PathBuf,
    host: Host,
    report: Report,
}

impl Judged {
    fn after(fault: impl FnOnce(&Path)) -> Self {
        let sandbox = Sandbox::new();
        sandbox.run(["create", "--without-pip"]).ok();
        let venv = sandbox.project().join(".venv");
        fault(&venv);
        let host = Host::new([("PATH", "/usr/bin:/bin")], sandbox.project());
        let (cache, interrupt) = (&Cache::none(), &Interrupt::default());
        let session = Session { host: &host, cache, interrupt };
        let (named, starts) = (Some(&*venv), Starts::Allowed);
        let check = Check { session, named, deep: false, starts, ignored: &[] };
        let report = check.report().unwrap();
        assert!(!report.steps().is_empty());
        Self { sandbox, venv, host, report }
    }

    /// Takes the steps; none of them may be done.
    fn take(&self) -> rvenv::Result<()> {
        let Self { venv, host, report, .. } = self;
        let (cache, interrupt) = (&Cache::none(), &Interrupt::default());
        let session = Session { host, cache, interrupt };
        let seed = &|_: &_, _: &mut _| Ok::<_, rvenv::Error>(Vec::new());
        let fixer = Fixer { root: venv, judged: report.judged.as_ref(), session, seed };
        fixer.apply(&report.steps(), &mut |step| panic!("{step} was taken"))
    }
}

/// The stress test saw pip's files vanish from a whole environment: what was seen of the old one, half
/// deleted by then, was mended in the new one.
#[test]
fn findings_about_another_directory_are_not_repaired() {
    let judged = Judged::after(|venv| fs::remove_file(venv.join("bin/activate")).unwrap());
    let (sandbox, venv) = (&judged.sandbox, &judged.venv);
    fs::rename(venv, sandbox.project().join("old")).unwrap();
    sandbox.run(["create", "--without-pip"]).ok();
    let before = fs::read(venv.join("bin/activate")).unwrap();
    let taken = judged.take();
    assert!(matches!(taken, Err(rvenv::Error::Fs(rvenv::fs::Error::Changed { .. }))), "{taken:?}");
    assert_eq!(fs::read(venv.join("bin/activate")).unwrap(), before);
}

#[test]
fn nothing_is_removed_behind_a_link_that_was_put_on_the_way() {
    let mut leftover = PathBuf::new();
    let judged = Judged::after(|venv| {
        leftover = site(venv).join("~umpy-1.0.dist-info");
        fs::create_dir(&leftover).unwrap();
        fs::create_dir(site(venv).join("numpy-1.0.dist-info")).unwrap();
    });
    let (lib, elsewhere) = (judged.venv.join("lib"), judged.sandbox.project().join("elsewhere"));
    fs::rename(&lib, &elsewhere).unwrap();
    symlink(&elsewhere, &lib).unwrap();
    let taken = judged.take();
    assert!(
        matches!(taken, Err(rvenv::Error::Fs(rvenv::fs::Error::Io { action: "rename", .. }))),
        "{taken:?}"
    );
    assert!(leftover.is_dir(), "it is somebody else's now");
}

/// numpy's libraries were deleted when the step after that failed (a bind mount in the way of a name).
#[test]
fn a_step_that_fails_takes_back_those_before_it() {
    use rvenv::venv::repair::Step;

    let sandbox = Sandbox::new();
    sandbox.run(["create", "--without-pip"]).ok();
    let venv = sandbox.project().join(".venv");
    let names = ["numbers", "~umbers", "numbers.libs", "other"];
    let file = |name: &str| site(&venv).join(name).join("a.py");
    for name in names {
        fs::create_dir(site(&venv).join(name)).unwrap();
        fs::write(file(name), name).unwrap();
    }
    let place = |name: &str| site(&venv).join(name).strip_prefix(&venv).unwrap().to_owned();
    let steps = [
        Step::PutBack { from: place("~umbers"), to: place("numbers") },
        Step::Remove(place("numbers.libs")),
        Step::PutBack { from: place("~ther"), to: place("other") },
    ];
    let host = Host::new([("PATH", "/usr/bin:/bin")], sandbox.project());
    let (cache, interrupt) = (&Cache::none(), &Interrupt::default());
    let session = Session { host: &host, cache, interrupt };
    let seed = &|_: &_, _: &mut _| Ok::<_, rvenv::Error>(Vec::new());
    let fixer = Fixer { root: &venv, judged: None, session, seed };
    fixer.apply(&steps, &mut |_| {}).unwrap_err();
    for name in names {
        assert_eq!(fs::read_to_string(file(name)).unwrap(), name);
    }
    assert!(!venv.join(".rvenv").exists());
}
