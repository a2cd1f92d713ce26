//! The activation of a Python that is running.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::Fixture;
use crate::sandbox::{Ran, Sandbox, for_each_python};

for_each_python!(activate_this_activates_the_running_python);

fn activate_this_activates_the_running_python(python: &Path) {
    let fixture = Fixture::new();
    let root = fixture.environment("env", "na'me");
    let script = root.join("bin/activate_this.py");
    let program = "import os, sys; path = sys.argv[1]; exec(open(path).read(), {'__file__': path}); \
                   print(sys.prefix, os.environ['VIRTUAL_ENV'], os.environ['VIRTUAL_ENV_PROMPT'], os.environ['PATH'])";
    let mut command = Command::new(python);
    command.env_clear().env("PATH", "/usr/bin").args(["-c", program]).arg(&script);
    let shown = Ran::of(&mut command).ok();
    let root = root.display();
    assert_eq!(
        shown.stdout,
        format!("{root} {root} na'me {root}/bin:/usr/bin\n"),
        "{}",
        python.display()
    );
    assert_eq!(shown.stderr, "");
}

for_each_python!(all_that_is_derived_from_the_prefix_is_the_environments);

fn all_that_is_derived_from_the_prefix_is_the_environments(python: &Path) {
    for option in [None, Some("--system-site-packages")] {
        let sandbox = Sandbox::new();
        let mut create = sandbox.rvenv();
        create.args(["create", "--quiet", "--without-pip"]).args(option).arg("-p").arg(python);
        Ran::of(create.arg("env")).ok();
        let root = sandbox.project().join("env");
        // Python caches these at their first use, so they are used before the activation.
        let program = "import json, os, sys, sysconfig\n\
            sysconfig.get_config_vars()\n\
            if sys.argv[1:]: exec(open(sys.argv[1]).read(), {'__file__': sys.argv[1]})\n\
            import site\n\
            names = 'prefix', 'exec_prefix', 'base', 'platbase', 'installed_base'\n\
            print(json.dumps([sys.prefix, sys.exec_prefix, site.PREFIXES, site.ENABLE_USER_SITE, site.getsitepackages(),\n\
            sysconfig.get_paths(), sysconfig.get_path('purelib'), {name: sysconfig.get_config_var(name) for name in names}]))";
        let mut own = sandbox.command(root.join("bin/python"));
        let own = Ran::of(own.args(["-c", program])).ok().stdout;
        let mut this = sandbox.command(python);
        let this = Ran::of(this.args(["-c", program]).arg(root.join("bin/activate_this.py")));
        assert_eq!(this.ok().stdout, own, "{} {option:?}", python.display());
    }
}

/// Without its own name it would take the directory of the calling program for the environment's.
#[test]
fn activate_this_refuses_a_call_without_its_own_name() {
    let fixture = Fixture::new();
    let script = fixture.environment("env", "name").join("bin/activate_this.py");
    for variables in ["{}", "{'__file__': '/srv/app/main.py'}"] {
        let program = format!(
            "import os, sys; path = sys.argv[1]\n\
             try: exec(open(path).read(), {variables})\n\
             except RuntimeError as error: print(error, 'VIRTUAL_ENV' in os.environ)"
        );
        let mut command = Command::new("/usr/bin/python3");
        command.env_clear().args(["-c", &program]).arg(&script);
        let shown = Ran::of(&mut command).ok().stdout;
        assert_eq!(shown, "You must use import runpy; runpy.run_path(this_file) False\n");
    }
}

#[test]
fn activate_this_refuses_another_version_before_it_changes_anything() {
    let fixture = Fixture::new();
    let root = fixture.environment("env", "name");
    fs::write(root.join("pyvenv.cfg"), "home = /usr/bin\nversion = 3.1.4\n").unwrap();
    let script = root.join("bin/activate_this.py");
    let program = "import os, sys; path = sys.argv[1]\n\
                   try: exec(open(path).read(), {'__file__': path})\n\
                   except RuntimeError as error: print(error, 'VIRTUAL_ENV' in os.environ)";
    let mut command = Command::new("/usr/bin/python3");
    command.env_clear().args(["-c", program]).arg(script);
    let shown = Ran::of(&mut command).ok().stdout;
    assert!(
        shown.contains("Python 3.1, and this is Python 3.") && shown.ends_with(" False\n"),
        "{shown}"
    );
}
