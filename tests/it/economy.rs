//! A warm command starts no process, and makes few system calls.
//!
//! Time differs from run to run; the number of system calls does not. What every start of the program
//! takes is left out, as that depends on how it was linked.

use crate::sandbox::{Ran, Sandbox, has_strace, real_pythons};

/// A project with an environment and a warm cache.
struct Fixture {
    sandbox: Sandbox,
    python: String,
}

impl Fixture {
    /// `None`, and said, where strace is not installed.
    fn new() -> Option<Self> {
        if !has_strace() {
            return None;
        }
        let python = real_pythons().pop().unwrap();
        let mut sandbox = Sandbox::new();
        sandbox.set("PATH", format!("{}:/usr/bin:/bin", python.parent().unwrap().display()));
        let python = python.to_str().unwrap().to_owned();
        sandbox.run(["create", "--without-setuptools", "-p", &python]).ok();
        sandbox.run(["python", "find", "3"]).ok();
        Some(Self { sandbox, python })
    }

    /// As after `eval "$(rvenv activate)"`.
    fn activated(mut self) -> Self {
        let env = self.sandbox.project().join(".venv");
        self.sandbox.set("PATH", format!("{}:/usr/bin:/bin", env.join("bin").display()));
        self.sandbox.set("VIRTUAL_ENV", &env);
        self
    }

    /// Asserts that `rvenv ARGS` starts no process and makes no more than `most` system calls beyond
    /// those of a start.
    fn costs(&self, args: &[&str], most: usize) {
        let calls = self.calls(args);
        let starts = ["clone", "clone3", "fork", "vfork", "execve"];
        let started = calls.iter().filter(|call| starts.contains(&call.as_str())).count();
        assert_eq!(started, 1, "{args:?} starts a process");
        let beyond = calls.len() - self.calls(&["--version"]).len();
        eprintln!("economy: {args:?} makes {beyond} system calls beyond a start");
        assert!(beyond <= most, "{args:?}: {beyond} system calls are more than {most}");
    }

    fn calls(&self, args: &[&str]) -> Vec<String> {
        let log = self.sandbox.root().join("home/strace.log");
        let mut command = self.sandbox.command("strace");
        command.args(["-f", "-qq", "-s0", "-o"]).arg(&log);
        command.arg(env!("CARGO_BIN_EXE_rvenv")).args(args);
        Ran::of(&mut command).ok();
        let text = std::fs::read_to_string(log).unwrap();
        // A line is the process, the call's name, and its arguments in brackets.
        let names =
            text.lines().filter_map(|line| line.split_once('(')?.0.split_whitespace().nth(1));
        names.map(str::to_owned).collect()
    }
}

#[test]
fn activating() {
    let Some(fixture) = Fixture::new() else { return };
    fixture.costs(&["activate", "--shell", "bash"], 36);
}

#[test]
fn finding_a_python() {
    let Some(fixture) = Fixture::new() else { return };
    fixture.costs(&["python", "find", "3"], 40);
}

#[test]
fn checking() {
    let Some(fixture) = Fixture::new() else { return };
    fixture.activated().costs(&["check", "--quiet"], 280);
}

#[test]
fn creating() {
    let Some(fixture) = Fixture::new() else { return };
    let args = ["create", "--quiet", "--without-setuptools", "-p", &fixture.python, "another"];
    fixture.costs(&args, 200);
}
