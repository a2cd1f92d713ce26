//! The README's journey, typed as a newcomer would, in bash, with every Python on the machine.

use std::path::Path;

use crate::sandbox::{Ran, Sandbox, for_each_python, real_pythons};

/// A package of one module with one command, as a source tree that needs no network to install.
fn write_project(dir: &Path) {
    let files = [
        ("greeting.py", "def main():\n    print('hello from greeting')\n"),
        (
            "setup.py",
            "from setuptools import setup\nsetup(name='greeting', version='1.0', py_modules=['greeting'],\n      \
             entry_points={'console_scripts': ['greet = greeting:main']})\n",
        ),
        ("main.py", "import greeting, sys\ngreeting.main()\nprint(sys.prefix)\n"),
        ("requirements.txt", "six\n"),
    ];
    for (name, text) in files {
        std::fs::write(dir.join(name), text).expect("a file of the project");
    }
}

/// bash, with rvenv and the chosen Python first on PATH, and every word of `script` checked.
fn bash(sandbox: &mut Sandbox, python: &Path, script: &str) -> Ran {
    let rvenv = Path::new(env!("CARGO_BIN_EXE_rvenv")).parent().expect("a directory");
    let bin = sandbox.root().join("bin");
    std::fs::create_dir_all(&bin).expect("a directory");
    let link = bin.join("python3");
    let _ = std::fs::remove_file(&link);
    std::os::unix::fs::symlink(python, link).expect("a link");
    sandbox.set("PATH", format!("{}:{}:/usr/bin:/bin", rvenv.display(), bin.display()));
    Ran::of(sandbox.command("bash").args(["-euo", "pipefail", "-c", script]))
}

for_each_python!(the_quick_start_of_the_readme_works_in_bash);

fn the_quick_start_of_the_readme_works_in_bash(python: &Path) {
    let mut sandbox = Sandbox::new();
    write_project(&sandbox.project());
    let script = r#"
            rvenv create .venv --python "$(command -v python3)"
            eval "$(rvenv activate)"
            rvenv check
            python -m pip --version
            rvenv install -r requirements.txt
            python -c 'import six'
            [ "$(command -v python)" = "$PWD/.venv/bin/python" ]
            deactivate
            [ "$(command -v python3)" != "$PWD/.venv/bin/python3" ]
        "#;
    let ran = bash(&mut sandbox, python, script).ok();
    assert!(ran.stderr.contains("created `.venv`"), "{ran:#?}");
    assert!(ran.stderr.contains("next: eval \"$(rvenv activate)\""), "{ran:#?}");
    assert!(ran.stderr.contains(".venv"), "{ran:#?}");
}

for_each_python!(sourcing_bin_activate_works_in_bash);

fn sourcing_bin_activate_works_in_bash(python: &Path) {
    let mut sandbox = Sandbox::new();
    sandbox.add_images(python, "archive");
    write_project(&sandbox.project());
    let script = r#"
            rvenv -q create .venv --python "$(command -v python3)"
            source .venv/bin/activate
            which python
            pip install -q six
            python -c 'import six, sys; print(sys.prefix)'
            deactivate
        "#;
    let ran = bash(&mut sandbox, python, script).ok();
    let venv = sandbox.project().join(".venv");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(
        lines,
        [venv.join("bin/python").to_str().unwrap(), venv.to_str().unwrap()],
        "{ran:#?}"
    );
}

#[test]
fn pip_upgrades_itself_and_is_complete_afterwards() {
    let mut sandbox = Sandbox::new();
    let python = real_pythons().pop().expect("a Python");
    let script = r#"
        rvenv -q create --python "$(command -v python3)"
        eval "$(rvenv activate)"
        python -m pip install -q --upgrade pip
        rvenv install -q six
        python -m pip check
        rvenv check
    "#;
    bash(&mut sandbox, &python, script).ok();
}
