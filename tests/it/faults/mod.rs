//! Fault injection: every fault at every system call of rvenv loses no file and leaves no partial environment.
//!
//! A run without faults, under strace, lists the calls; then there is a run for each call and fault.
//! After each, the disk contains the old state or the new one, an error was reported, and the same command
//! ends in the new state without leftovers. `RVENV_FAULTS=all` takes every point; without it, the tests take
//! a sample that is spread over all.

mod interrupts;
mod state;
mod stress;
mod trace;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::pip::Maker;
use crate::sandbox::{Ran, Sandbox, has_strace, real_pythons};
use state::State;
use trace::{Point, Tracer, points};

/// The directories of persistent state, which may differ after every run.
const REMEMBERED: [&str; 2] = ["cache", "home"];

/// The number of points that a scenario takes if it does not take all.
const SAMPLE: usize = 24;

/// The same for a scenario in which most faults make pip run, which takes a second.
const SAMPLE_WITH_PIP: usize = 6;

/// The order in which a command changes the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    /// All in one step.
    AtOnce,
    /// In two steps, between which the old state is in a staging area until the next run.
    InTwoSteps,
    /// File by file, `pyvenv.cfg` last; an error takes back what is new.
    Merge,
    /// File by file, each as it was or as it will be.
    Mend,
}

/// A command, and the sandbox in which it starts.
struct Scenario {
    name: &'static str,
    args: Vec<String>,
    change: Change,
    /// Whether it starts without a cache.
    cold: bool,
    always: Option<&'static str>,
    /// The number of points that are taken without `RVENV_FAULTS=all`.
    sample: usize,
    /// The environment, in the project.
    target: &'static str,
    sandbox: Sandbox,
}

impl Scenario {
    /// `rvenv create ARGS` with the newest Python, in an empty project with a warm cache.
    fn create(name: &'static str, args: &[&str], change: Change) -> Self {
        let sandbox = Sandbox::new();
        let python = real_pythons().pop().unwrap();
        let mut words = vec!["create", "--offline", "--without-setuptools", "--python"];
        words.push(python.to_str().unwrap());
        words.extend(args);
        let args = words.into_iter().map(str::to_owned).collect();
        fs::write(sandbox.project().join("kept.txt"), "mine\n").unwrap();
        let (cold, always, sample) = (false, None, SAMPLE);
        Self { name, args, change, cold, always, sample, target: ".venv", sandbox }
    }

    fn state(&self) -> State {
        State::of(&self.sandbox.root(), &REMEMBERED)
    }

    /// Tries every point, or a sample, and prints the number of points that were survived.
    fn prove(&self) {
        if !has_strace() {
            return;
        }
        let tracer = Tracer { sandbox: &self.sandbox, args: &self.args, always: self.always };
        let old = self.state();
        let root = self.sandbox.root();
        let reset = || {
            old.put_back(&root, &REMEMBERED);
            let _ = fs::remove_dir_all(root.join("home/.local"));
            if self.cold {
                State::default().put_back(&root.join("cache"), &[trace::LOG]);
            }
        };
        // From here on, caches and records are those of every warm run.
        self.run().ok();
        reset();
        let calls = tracer.calls();
        let new = self.state();
        assert!(old != new, "{}: the command changes nothing", self.name);
        assert!(
            self.args[0] == "remove" || self.works(),
            "{}: not whole without faults",
            self.name
        );
        let (mut survived, mut broken) = (0, Vec::new());
        let mut reached = 0;
        for point in spread(points(&calls), self.sample) {
            reset();
            let Some(ran) = tracer.run(&point) else { continue };
            reached += 1;
            if reached % 500 == 0 {
                tell(&format!("{}: {reached} points so far", self.name));
            }
            match self.judge(&point, &ran, &old, &new) {
                Ok(()) => survived += 1,
                Err(complaint) => {
                    tell(&format!("{}: broken by {point}", self.name));
                    broken.push(format!("{point}: {complaint}"));
                }
            }
        }
        tell(&format!("{}: {survived} of {reached} fault points survived", self.name));
        assert!(broken.is_empty(), "{}:\n{}", self.name, broken.join("\n"));
        assert!(reached > 0, "{}: no fault was reached", self.name);
    }

    fn run(&self) -> Ran {
        self.sandbox.run(&self.args)
    }

    /// The violated rule after a fault, if any.
    fn judge(&self, point: &Point, ran: &Ran, old: &State, new: &State) -> Result<(), String> {
        let found = self.state();
        let fail = |what: &str, state: &State| {
            let (from_old, from_new) = (state.difference(old), state.difference(new));
            let Ran { code, stderr, .. } = ran;
            Err(format!(
                "{what}\n  code {code:?}: {stderr}  from the old state:{from_old}\n  from the new:{from_new}"
            ))
        };
        if ran.stderr.contains("panicked") {
            return fail("a panic", &found);
        }
        if point.kills() {
            let seen = found.clone().without_yards();
            let seen = if seen == *new { seen } else { seen.without_new_parents(old) };
            let is_whole = seen == *old
                || seen == *new
                || match self.change {
                    Change::AtOnce => false,
                    // Between the steps, the target is in the staging area and the rest is old.
                    Change::InTwoSteps => {
                        let target = Path::new("project").join(self.target);
                        found != seen && seen == old.clone().without(&target)
                    }
                    Change::Merge | Change::Mend => seen.is_between(old, new),
                };
            if !is_whole {
                return fail("half made by a kill", &seen);
            }
        } else {
            match ran.code {
                Some(0) if found == *new => {}
                // A file that cannot be read is ignored or written again, perhaps with other bytes.
                Some(0) if !point.changes() && self.works() => return Ok(()),
                Some(0) if point.prevents_a_symlink() && self.works() => return Ok(()),
                Some(0) => return fail("success is told of something else", &found),
                Some(1) if !is_told(ran) => {
                    return fail("a silent error", &found);
                }
                Some(1) if found == *old || found == *new => {}
                Some(1) if self.change == Change::Mend && found.is_between(old, new) => {}
                _ => return fail("not the old state, nor the new", &found),
            }
            let litter = litter(&self.sandbox);
            if !litter.is_empty() {
                return fail(&format!("left where things are remembered: {litter:?}"), &found);
            }
        }
        self.rerun(&fail, new)
    }

    /// Whether there is an environment whose Python and pip run, and no leftover of rvenv beside it.
    fn works(&self) -> bool {
        let python = self.sandbox.project().join(self.target).join("bin/python");
        if !python.exists() {
            return false;
        }
        let mut pip = self.sandbox.command(python);
        Ran::of(pip.args(["-I", "-m", "pip", "--version"])).code == Some(0)
            && self.state().without_yards() == self.state()
    }

    /// Creates another environment, which is recorded, and removes it, which sweeps leftovers.
    fn make_another(&self) {
        self.sandbox.run(["create", "--without-pip", "another"]).ok();
        self.sandbox.run(["remove", "another"]).ok();
    }

    /// Runs the same command again, which creates the new state and sweeps leftovers.
    fn rerun(
        &self,
        fail: &dyn Fn(&str, &State) -> Result<(), String>,
        new: &State,
    ) -> Result<(), String> {
        let was_done = self.state().without_yards() == *new;
        // Files that are younger than a second may belong to a living process.
        if !litter(&self.sandbox).is_empty() || has_temporary_file(&self.sandbox) {
            std::thread::sleep(Duration::from_millis(1100));
        }
        let again = self.run();
        let found = self.state();
        // A run that finds all done remembers nothing, and sweeps there only when it does.
        if !litter(&self.sandbox).is_empty() {
            self.make_another();
        }
        // An environment that was removed cannot be removed again.
        let is_fine = again.code == Some(0) || (was_done && again.stderr.contains("error: "));
        let litter = litter(&self.sandbox);
        if !is_fine || found != *new || !litter.is_empty() {
            let said =
                format!("the next run: {again:?} leaves {litter:?} where things are remembered");
            return fail(&said, &found);
        }
        Ok(())
    }
}

/// Whether a failure was reported. `check` reports on stdout.
fn is_told(ran: &Ran) -> bool {
    !ran.stdout.is_empty() || ran.stderr.lines().any(|line| line.starts_with("error: "))
}

/// The leftovers of killed or failed processes in the directories of persistent state.
fn litter(sandbox: &Sandbox) -> Vec<String> {
    let places = ["cache", "home/.local/state/rvenv"].map(|place| sandbox.root().join(place));
    let walk = places.iter().flat_map(|place| walkdir::WalkDir::new(place).max_depth(3));
    let names = walk.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with('.')).collect()
}

/// Whether a half-written file is in the project.
fn has_temporary_file(sandbox: &Sandbox) -> bool {
    let entries = fs::read_dir(sandbox.project()).unwrap().flatten();
    entries.into_iter().any(|entry| entry.file_name().to_string_lossy().ends_with(".tmp"))
}

/// Every point, or `sample` that are spread over all, the same in each run.
fn spread(points: Vec<Point>, sample: usize) -> Vec<Point> {
    let all = std::env::var_os("RVENV_FAULTS").is_some_and(|value| value == "all");
    if all || points.len() <= sample {
        return points;
    }
    // Multiples of the golden ratio are spread evenly, and fall into step with no period.
    let mut numbered: Vec<(u32, Point)> =
        (0_u32..).map(|number| number.wrapping_mul(0x9E37_79B9)).zip(points).collect();
    numbered.sort_unstable_by_key(|(number, _)| *number);
    numbered.into_iter().take(sample).map(|(_, point)| point).collect()
}

/// Prints a line that the test runner does not capture.
fn tell(text: &str) {
    let _ = writeln!(std::io::stderr(), "faults: {text}");
}

#[test]
fn create_where_nothing_is() {
    let mut scenario = Scenario::create("create", &["sub/env"], Change::AtOnce);
    scenario.target = "sub/env";
    scenario.prove();
}

#[test]
fn create_clear() {
    let scenario = Scenario::create("create --clear", &["--clear"], Change::AtOnce);
    scenario.run().ok();
    fs::write(scenario.sandbox.project().join(".venv/lib/stray"), "x").unwrap();
    scenario.prove();
}

#[test]
fn create_clear_where_names_cannot_be_exchanged() {
    let mut scenario =
        Scenario::create("create --clear in two steps", &["--clear"], Change::InTwoSteps);
    scenario.always = Some("renameat2:error=EINVAL");
    scenario.run().ok();
    fs::write(scenario.sandbox.project().join(".venv/lib/stray"), "x").unwrap();
    scenario.prove();
}

#[test]
fn create_in_the_current_directory() {
    let mut scenario = Scenario::create("create .", &["."], Change::Merge);
    scenario.target = ".";
    fs::create_dir(scenario.sandbox.project().join("bin")).unwrap();
    fs::write(scenario.sandbox.project().join("bin/tool"), "mine").unwrap();
    scenario.prove();
}

#[test]
fn create_behind_a_link() {
    let scenario = Scenario::create("create LINK", &[], Change::Merge);
    fs::create_dir(scenario.sandbox.root().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink("../elsewhere", scenario.sandbox.project().join(".venv")).unwrap();
    scenario.prove();
}

#[test]
fn refreshing_what_is_damaged() {
    let scenario = Scenario::create("create over a damaged one", &[], Change::Mend);
    scenario.run().ok();
    let venv = scenario.sandbox.project().join(".venv");
    fs::remove_file(venv.join("bin/python")).unwrap();
    fs::remove_file(venv.join("bin/activate")).unwrap();
    fs::write(venv.join("bin/activate.fish"), "half").unwrap();
    fs::write(venv.join("bin/tool"), "mine").unwrap();
    scenario.prove();
}

/// The entry of a directory whose name has this prefix.
fn entry_with_prefix(dir: &Path, prefix: &str) -> PathBuf {
    let mut entries = fs::read_dir(dir).unwrap().flatten().map(|entry| entry.path());
    let begins = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix))
    };
    entries.find(begins).expect("an entry")
}

#[test]
fn giving_an_environment_its_pip() {
    let scenario = Scenario::create("create over one without pip", &[], Change::Mend);
    scenario.run().ok();
    let venv = scenario.sandbox.project().join(".venv");
    let site = entry_with_prefix(&venv.join("lib"), "python3").join("site-packages");
    for entry in fs::read_dir(site).unwrap().flatten() {
        fs::remove_dir_all(entry.path()).unwrap();
    }
    scenario.prove();
}

#[test]
fn packing_over_an_older_archive() {
    let mut scenario = Scenario::create("pack", &[], Change::AtOnce);
    scenario.run().ok();
    fs::write(scenario.sandbox.project().join("env.tar"), "old").unwrap();
    scenario.args = ["pack", ".venv", "-o", "env.tar", "--threads", "1"].map(str::to_owned).into();
    scenario.prove();
}

#[test]
fn mending() {
    let mut scenario = Scenario::create("check --fix", &[], Change::Mend);
    scenario.run().ok();
    let venv = scenario.sandbox.project().join(".venv");
    fs::remove_file(venv.join("bin/python")).unwrap();
    fs::write(venv.join("bin/activate.fish"), "half").unwrap();
    scenario.args = ["check", "--fix", ".venv"].map(str::to_owned).into();
    scenario.prove();
}

#[test]
fn remove() {
    let mut scenario = Scenario::create("remove", &[], Change::AtOnce);
    scenario.run().ok();
    scenario.args = vec!["remove".into(), ".venv".into()];
    scenario.prove();
}

#[test]
fn unpack() {
    let mut scenario = Scenario::create("unpack", &["../made"], Change::AtOnce);
    scenario.sandbox.set("RVENV_PACK_PYTHON", real_pythons().pop().unwrap());
    scenario.run().ok();
    scenario.sandbox.run(["pack", "-q", "../made", "-o", "a.tar.gz"]).ok();
    fs::remove_dir_all(scenario.sandbox.root().join("made")).unwrap();
    scenario.args = ["unpack", "a.tar.gz"].map(str::to_owned).into();
    scenario.prove();
}

#[test]
fn unpack_in_the_current_directory() {
    let mut scenario = Scenario::create("unpack .", &["../made"], Change::Merge);
    scenario.sandbox.set("RVENV_PACK_PYTHON", real_pythons().pop().unwrap());
    scenario.run().ok();
    scenario.sandbox.run(["pack", "-q", "../made", "-o", "../a.tar.gz"]).ok();
    fs::remove_dir_all(scenario.sandbox.root().join("made")).unwrap();
    fs::remove_file(scenario.sandbox.project().join("kept.txt")).unwrap();
    scenario.args = ["unpack", "../a.tar.gz", "."].map(str::to_owned).into();
    scenario.target = ".";
    scenario.prove();
}

#[test]
fn create_with_a_cold_cache() {
    let mut scenario = Scenario::create("create, cold", &[], Change::AtOnce);
    let wheel = Maker::new("24.2").write(&scenario.sandbox.root());
    scenario.args.extend(["--pip".to_owned(), wheel.to_str().unwrap().to_owned()]);
    scenario.cold = true;
    scenario.prove();
}

#[test]
fn create_filled_from_the_store() {
    let python = real_pythons().pop().unwrap();
    let mut sandbox = crate::store::fixture::fixture(&python);
    sandbox.set("PATH", format!("{}:/usr/bin:/bin", python.parent().unwrap().display()));
    // Where pip has to run because of a fault, it leaves nothing of its own.
    sandbox.set("PYTHONDONTWRITEBYTECODE", "1");
    sandbox.write("lock.txt", "flat==1.0\n");
    sandbox.run(["create", "--offline", "-r", "lock.txt", "first"]).ok();
    sandbox.run(["remove", "first"]).ok();
    let args = ["create", "--offline", "-r", "lock.txt"].map(str::to_owned).into();
    let (name, change) = ("create -r from the store", Change::AtOnce);
    let (cold, always, sample) = (false, None, SAMPLE_WITH_PIP);
    Scenario { name, args, change, cold, always, sample, target: ".venv", sandbox }.prove();
}
