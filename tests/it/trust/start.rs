//! Commands that only look start no program that only the inspected directory names.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::sandbox::{Ran, Sandbox, copy_program, skip, write_program};

/// The names of the program in the project.
const PROGRAMS: [&str; 3] = ["python3", "python3.11", "python"];

/// A project with an environment that names a program of the project.
struct Clone {
    sandbox: Sandbox,
    ran: PathBuf,
}

/// The way in which the environment names the program.
#[derive(Clone, Copy, Debug)]
enum Names {
    Link,
    Home(&'static str),
    LinkAndHome,
    LinkToEnvironment,
}

impl Clone {
    fn new(names: Names) -> Self {
        let sandbox = Sandbox::new();
        let ran = sandbox.root().join("ran");
        let tools = sandbox.project().join("tools");
        std::fs::create_dir_all(&tools).unwrap();
        let script = format!(
            "#!/bin/sh\necho \"$0\" >> '{}'\nexec /usr/bin/python3 \"$@\"\n",
            ran.display()
        );
        for name in PROGRAMS {
            write_program(&tools.join(name), &script);
        }
        let clone = Self { sandbox, ran };
        clone.plant(names);
        clone
    }

    fn plant(&self, names: Names) {
        let project = self.sandbox.project();
        let env = project.join(".venv");
        std::fs::create_dir_all(env.join("bin")).unwrap();
        let python = env.join("bin/python");
        let home = match names {
            Names::Home(home) => {
                copy_program(Path::new("/bin/true"), &python);
                home.replace("PROJECT", project.to_str().unwrap())
            }
            Names::Link => {
                symlink("../../tools/python3", &python).unwrap();
                "/usr/bin".to_owned()
            }
            Names::LinkAndHome => {
                symlink("../../tools/python3", &python).unwrap();
                format!("{}/tools", project.display())
            }
            Names::LinkToEnvironment => {
                let other = project.join("other");
                std::fs::create_dir_all(other.join("bin")).unwrap();
                symlink("../../tools/python3", other.join("bin/python3")).unwrap();
                let cfg = format!("home = {}/tools\nversion = 3.11.2\n", project.display());
                std::fs::write(other.join("pyvenv.cfg"), cfg).unwrap();
                symlink("../../other/bin/python3", &python).unwrap();
                format!("{}/other/bin", project.display())
            }
        };
        std::fs::write(env.join("pyvenv.cfg"), format!("home = {home}\nversion = 3.11.2\n"))
            .unwrap();
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.sandbox.run(args)
    }

    #[track_caller]
    fn assert_nothing_ran(&self, context: &str) {
        let ran = std::fs::read_to_string(&self.ran).unwrap_or_default();
        assert_eq!(ran, "", "{context}");
    }
}

const WAYS: [Names; 9] = [
    Names::Link,
    Names::LinkAndHome,
    Names::LinkToEnvironment,
    Names::Home("PROJECT/tools"),
    Names::Home("/proc/self/cwd/tools"),
    Names::Home("tools"),
    Names::Home("./tools"),
    Names::Home("../project/tools"),
    Names::Home("/dev/fd/../../self/cwd/tools"),
];

#[test]
fn a_program_of_a_clone_is_not_started() {
    for names in WAYS {
        let clone = Clone::new(names);
        for args in [
            &["check"][..],
            &["check", "--json"],
            &["check", "--fix", "--dry-run"],
            &["check", "--fix"],
            &["check", ".venv"],
            &["list"],
            &["list", "--json"],
            &["list", ".."],
            &["list", "--unhealthy"],
            &["activate", "--shell", "bash"],
            &["hook-env", "--shell", "bash"],
            &["config"],
            &["python", "find"],
            &["python", "list"],
            &["remove", "--dry-run", ".venv"],
            &["create", "--dry-run", "--without-pip"],
            &["deny"],
            &["allow"],
        ] {
            clone.run(args);
            clone.assert_nothing_ran(&format!("{names:?}, {args:?}"));
        }
        clone.run(&["deny"]);
        for args in [&["create", "--without-pip"][..], &["create", "--without-pip", "--clear"]] {
            clone.run(args);
            clone.assert_nothing_ran(&format!("{names:?}, {args:?}"));
        }
    }
}

#[test]
fn entries_of_path_that_mean_the_current_directory_are_skipped() {
    let mut clone = Clone::new(Names::Link);
    // Some of the entries mean the project itself.
    let project = clone.sandbox.project();
    for name in PROGRAMS {
        copy_program(&project.join("tools").join(name), &project.join(name));
    }
    for path in [
        ".",
        ":/usr/bin",
        "/usr/bin::",
        "tools:/usr/bin",
        "./tools",
        "../project/tools",
        "/proc/self/cwd/tools:/usr/bin",
        "/proc/thread-self/cwd/tools",
        "//proc/self/cwd/tools",
        "/dev/fd/../cwd/tools",
    ] {
        clone.sandbox.set("PATH", path);
        for args in [
            &["python", "list"][..],
            &["python", "find"],
            &["create", "--dry-run", "--without-pip"],
            &["create", "--dry-run", "--without-pip", "-p", "python3"],
            &["check"],
        ] {
            clone.run(args);
            clone.assert_nothing_ran(&format!("{path}, {args:?}"));
        }
    }
}

#[test]
fn check_reports_programs_that_it_did_not_start_and_deep_starts_them() {
    let clone = Clone::new(Names::Link);
    let shown = clone.run(&["check", ".venv"]).stdout;
    assert!(shown.contains("base-not-started"), "{shown}");
    assert!(
        shown.contains("tools/python3`, by `pyvenv.cfg` Python 3.11.2, was not started"),
        "{shown}"
    );
    assert!(shown.contains("rvenv check --deep"), "{shown}");
    clone.assert_nothing_ran("check");
    let row =
        &serde_json::from_str::<serde_json::Value>(&clone.run(&["list", "--json"]).ok().stdout)
            .unwrap()["environments"][0];
    assert_eq!(row["python"], "3.11.2", "{row}");
    clone.run(&["check", "--deep", ".venv"]);
    assert_ne!(std::fs::read_to_string(&clone.ran).unwrap_or_default(), "");
}

#[test]
fn the_base_of_an_allowed_environment_is_started() {
    let clone = Clone::new(Names::LinkAndHome);
    clone.run(&["allow"]).ok();
    clone.assert_nothing_ran("allow");
    let shown = clone.run(&["check", ".venv"]).stdout;
    assert!(!shown.contains("base-not-started"), "{shown}");
    assert_ne!(std::fs::read_to_string(&clone.ran).unwrap_or_default(), "");
}

#[test]
fn an_environment_of_the_system_python_is_judged_completely() {
    let sandbox = Sandbox::new();
    let ran =
        Ran::of(sandbox.command("/usr/bin/python3").args(["-m", "venv", "--without-pip", ".venv"]));
    if ran.code != Some(0) {
        return skip("the system's Python has no venv");
    }
    let report: serde_json::Value =
        serde_json::from_str(&sandbox.run(["check", "--json", ".venv"]).stdout).unwrap();
    assert!(report["environment"]["python"]["version"].is_string(), "{report:#}");
}

#[test]
fn a_python_that_the_user_typed_before_is_remembered() {
    let sandbox = Sandbox::new();
    let python = sandbox.root().join("own/bin");
    std::fs::create_dir_all(&python).unwrap();
    symlink("/usr/bin/python3", python.join("python3")).unwrap();
    let python = python.join("python3");
    sandbox.run(["create", "--without-pip", "-p", python.to_str().unwrap()]).ok();
    let report: serde_json::Value =
        serde_json::from_str(&sandbox.run(["check", "--json", ".venv"]).stdout).unwrap();
    assert!(report["environment"]["python"]["version"].is_string(), "{report:#}");
}

/// CPython 3.8+ puts the current directory first on the module path of `python -m pip`.
#[test]
fn pip_does_not_import_a_module_of_the_current_directory() {
    let sandbox = Sandbox::new();
    sandbox.run(["create", "../own"]).ok();
    let ran = sandbox.root().join("ran");
    let hostile = format!("open({:?}, 'w')\nraise SystemExit(0)\n", ran.to_str().unwrap());
    // The standard library's modules that Python has not loaded when a program starts.
    let modules = ["pip", "runpy", "encodings", "logging", "importlib", "json", "re", "email"];
    let modules = modules.iter().chain(&["zipfile", "compileall", "py_compile", "ssl", "urllib"]);
    for name in modules.map(|name| format!("{name}.py")) {
        sandbox.write(&name, &hostile);
    }
    for name in ["pip/__init__.py", "pip/__main__.py", "importlib/metadata.py"] {
        sandbox.write(name, &hostile);
    }
    sandbox.write("empty.txt", "");
    for args in [
        &["install", "--env", "../own", "--dry-run", "--no-index", "absent"][..],
        &["install", "--env", "../own", "--version"],
        &["install", "--env", "../own", "-r", "empty.txt"],
        &["uninstall", "--env", "../own", "-y", "absent"],
        &["freeze", "--env", "../own"],
        &["check", "--deep", "../own"],
        &["pack", "../own", "-o", "../own.tar.gz"],
    ] {
        sandbox.run(args);
        assert!(!ran.exists(), "{args:?}");
    }
    sandbox.run(["create", ".venv", "-r", "empty.txt"]).ok();
    assert!(!ran.exists());
    // A `setup.py` still imports its neighbours.
    let shown = sandbox.run(["install", "--env", "../own", "--help"]).ok().stdout;
    assert!(shown.contains("pip install"), "{shown}");
}
