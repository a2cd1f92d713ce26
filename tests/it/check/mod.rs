//! `rvenv check`: every fault made for real, found under its code, mended where that is promised.

mod session;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::sandbox::{Ran, Sandbox, real_pythons};

/// A sandbox with an environment at `project/.venv`.
struct World {
    sandbox: Sandbox,
}

impl World {
    /// With an environment of stdlib's, which takes no time without pip.
    fn new() -> Self {
        let world = Self { sandbox: Sandbox::new() };
        world.venv(&newest(), &world.env());
        world
    }

    fn env(&self) -> PathBuf {
        self.sandbox.project().join(".venv")
    }

    fn venv(&self, python: &Path, dir: &Path) {
        let mut command = self.sandbox.command(python);
        Ran::of(command.args(["-I", "-m", "venv", "--without-pip"]).arg(dir)).ok();
    }

    /// What activating `root` sets.
    fn activate(&mut self, root: &Path) -> &mut Self {
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", root.join("bin").display());
        self.sandbox.set("VIRTUAL_ENV", root).set("PATH", path);
        self
    }

    fn active() -> Self {
        let mut world = Self::new();
        let env = world.env();
        world.activate(&env);
        world
    }

    /// `rvenv check ARGS... --json`, which has to end with 0 or 1 as the report says.
    #[track_caller]
    fn check(&self, args: &[&str]) -> Report {
        let ran = self.sandbox.run(["check", "--json"].iter().chain(args));
        let json: Value = serde_json::from_str(&ran.stdout)
            .unwrap_or_else(|error| panic!("no report ({error}): {ran:#?}"));
        let healthy = json["healthy"].as_bool().expect("`healthy`");
        ran.code(i32::from(!healthy));
        Report(json)
    }
}

/// A report as a program reads it.
#[derive(Debug)]
struct Report(Value);

impl Report {
    /// The codes of all findings, in their order.
    fn codes(&self) -> Vec<&str> {
        let findings = self.0["findings"].as_array().expect("`findings`");
        findings.iter().filter_map(|finding| finding["code"].as_str()).collect()
    }

    #[track_caller]
    fn finds(&self, code: &str) -> &Value {
        let findings = self.0["findings"].as_array().expect("`findings`");
        let found = findings.iter().find(|finding| finding["code"] == code);
        found.unwrap_or_else(|| panic!("no `{code}`: {self:#?}"))
    }

    #[track_caller]
    fn is_healthy(&self) -> &Self {
        assert_eq!(self.0["healthy"], true, "{self:#?}");
        self
    }
}

fn newest() -> PathBuf {
    let mut pythons = real_pythons();
    // `3.9` sorts after `3.13`, which is as good here.
    pythons.pop().expect("a Python")
}
