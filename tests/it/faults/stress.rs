//! Concurrent commands on one target.

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::pip::Maker;
use crate::sandbox::{Ran, Sandbox, real_pythons, runs_long_variants};

const PROCESSES: usize = 16;

/// The duration: `RVENV_STRESS_SECONDS`, or a few seconds.
fn duration() -> Duration {
    let seconds = std::env::var("RVENV_STRESS_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(4))
}

#[test]
fn sixteen_at_once_on_one_target() {
    let sandbox = Sandbox::new();
    let python = real_pythons().pop().unwrap();
    let wheel = Maker::new("24.2").write(&sandbox.root());
    let create = [
        "create",
        "--offline",
        "--without-setuptools",
        "--pip",
        wheel.to_str().unwrap(),
        "-p",
        python.to_str().unwrap(),
    ];
    let commands = [
        create.to_vec(),
        [create.as_slice(), &["--clear"]].concat(),
        vec!["remove", ".venv"],
        create.to_vec(),
        vec!["check", ".venv", "--json"],
        [create.as_slice(), &["--clear"]].concat(),
        vec!["check", ".venv", "--fix"],
        vec!["cache", "clean"],
    ];
    let target = sandbox.project().join(".venv");
    let (ran, seen) = run_at_once(&sandbox, &commands, &target);
    assert!(seen > 0, "the reader never saw an environment");
    sandbox.run(create).ok();
    sandbox.run(["check", ".venv"]).ok();
    assert!(look(&target));
    let names = |dir: PathBuf| -> Vec<_> {
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    };
    assert_eq!(names(sandbox.project()), [".venv"]);
    let litter = super::litter(&sandbox);
    assert!(litter.is_empty(), "left where things are remembered: {litter:?}");
    super::tell(&format!("stress: {ran} runs, {seen} looks at a whole environment"));
}

/// Runs the commands in all processes for the [`duration`], while a thread looks at `target`. Returns the
/// number of runs, and of looks at a complete environment.
fn run_at_once(sandbox: &Sandbox, commands: &[Vec<&str>], target: &Path) -> (usize, usize) {
    let (ended, ran, seen) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let end = Instant::now() + duration();
    let work = |worker: usize| {
        for round in worker.. {
            if Instant::now() >= end {
                return;
            }
            let args = &commands[round % commands.len()];
            fair(&sandbox.run(args), args);
            ran.fetch_add(1, Ordering::Relaxed);
        }
    };
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                seen.fetch_add(usize::from(look(target)), Ordering::Relaxed);
            }
        });
        let work = &work;
        let workers: Vec<_> =
            (0..PROCESSES).map(|worker| scope.spawn(move || work(worker))).collect();
        let results: Vec<_> = workers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        ended.store(true, Ordering::Relaxed);
        reader.join().unwrap();
        for result in results {
            result.unwrap();
        }
    });
    (ran.into_inner(), seen.into_inner())
}

/// On a busy machine a probe waits for processor time; `create` must then not use another Python.
#[test]
fn sixty_at_once_use_the_first_python_of_path() {
    if !runs_long_variants("60 processes that probe Pythons at once") {
        return;
    }
    let mut sandbox = Sandbox::new();
    let pythons = real_pythons();
    let first = pythons.first().and_then(|python| python.parent()).unwrap();
    sandbox.set("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", first.display()));
    let home = format!("home = {}\n", first.display());
    let end = Instant::now() + duration();
    let create = |worker: usize| {
        let mut others = Vec::new();
        let mut count = 0;
        while Instant::now() < end {
            let env = format!("{worker}-{count}");
            let mut command = sandbox.rvenv();
            // With an empty cache, so that the Python is probed.
            command.env("RVENV_CACHE_DIR", sandbox.root().join("cache").join(&env));
            let ran = Ran::of(command.args(["create", "--without-pip", &env])).ok();
            let cfg = sandbox.project().join(&env).join("pyvenv.cfg");
            let cfg = fs::read_to_string(cfg).unwrap();
            others.extend((!cfg.contains(&home)).then(|| ran.stderr + &cfg));
            count += 1;
        }
        (count, others)
    };
    let create = &create;
    let results: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..60).map(|worker| scope.spawn(move || create(worker))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let count: usize = results.iter().map(|(count, _)| count).sum();
    let others: Vec<_> = results.into_iter().flat_map(|(_, others)| others).collect();
    super::tell(&format!("load: {count} environments, {} with another Python", others.len()));
    assert!(others.is_empty(), "{} of {count} have another Python: {}", others.len(), others[0]);
}

/// Asserts that each command succeeds or prints a clear error.
fn fair(ran: &Ran, args: &[&str]) {
    let has_failed = ran.stderr.lines().any(|line| line.starts_with("error: "));
    let is_fair = match ran.code {
        Some(0) => true,
        // The environment may be removed while it is checked.
        Some(1) => has_failed || args[0] == "check",
        _ => false,
    };
    assert!(is_fair && !ran.stderr.contains("panicked"), "{args:?}: {ran:#?}");
}

/// Asserts that an environment at `target` is complete, if there is one.
fn look(target: &Path) -> bool {
    let Ok(directory) = File::open(target) else { return false };
    // By way of the open directory: at its name, another may stand at any moment.
    let root = PathBuf::from(format!("/proc/self/fd/{}", directory.as_raw_fd()));
    if !root.join("pyvenv.cfg").exists() {
        return false;
    }
    let fault = fault(&root);
    let is_there = fs::metadata(target)
        .is_ok_and(|meta| directory.metadata().is_ok_and(|open| open.ino() == meta.ino()));
    // An environment that was removed meanwhile is being deleted under another name.
    if !is_there {
        return false;
    }
    assert_eq!(fault, None, "half an environment");
    true
}

fn fault(root: &Path) -> Option<String> {
    let cfg = fs::read_to_string(root.join("pyvenv.cfg")).unwrap_or_default();
    if !cfg.contains("home = ") || !cfg.ends_with('\n') {
        return Some(format!("pyvenv.cfg: {cfg:?}"));
    }
    if let Err(error) = fs::metadata(root.join("bin/python")) {
        return Some(format!("bin/python: {error}"));
    }
    let mut libs = fs::read_dir(root.join("lib")).into_iter().flatten().flatten();
    let Some(lib) = libs.next() else { return Some("lib: nothing is in it".to_owned()) };
    let site = lib.path().join("site-packages");
    let record = match fs::read_to_string(site.join("pip-24.2.dist-info/RECORD")) {
        Ok(record) => record,
        Err(error) => return Some(format!("RECORD: {error}")),
    };
    let paths = record.lines().filter_map(|line| line.split(',').next());
    let missing = paths.map(|path| site.join(path.trim_matches('"'))).find(|path| !path.exists());
    missing.map(|path| format!("{} is not there", path.display()))
}
