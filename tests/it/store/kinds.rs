//! What pip installed for one kind of Python is used by no other one.

use super::fixture::{fixture, pins};
use crate::pip::fixture::modern;
use crate::sandbox::{Sandbox, known_python};

#[test]
fn another_kind_of_python_gets_its_packages_from_pip() {
    let maker = modern(&Sandbox::new()).executable;
    let sandbox = fixture(&maker);
    sandbox.write("lock.txt", pins(&["plain", "both"]).join("\n"));
    for name in ["3.12", "3.13", "pypy3"] {
        let Some(python) = known_python(name) else { continue };
        let create = |env: String| {
            let python = python.to_str().unwrap();
            sandbox.run(["create", "-p", python, "-r", "lock.txt", &env]).ok().stderr
        };
        let first = create(format!("{name}-one"));
        let second = create(format!("{name}-two"));
        assert!(!first.contains("from the store"), "{name}: {first}");
        // An older pip writes no report, so that nothing is stored.
        let has_report = second.contains("from the store");
        assert!(has_report || name == "pypy3", "{name}: {second}");
        let env = format!("{name}-two");
        let code = "import importlib.util, os, plain; \
                    print(os.path.exists(importlib.util.cache_from_source(plain.__file__)))";
        let ran = sandbox.run(["run", "--env", &env, "python", "-B", "-c", code]).ok();
        assert_eq!(ran.stdout, "True\n", "{name}");
        sandbox.run(["check", &env, "--deep"]).ok();
    }
}
