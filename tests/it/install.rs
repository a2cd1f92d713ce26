//! `rvenv install`: into the right environment, and only there.

use std::io::Write;
use std::path::{Path, PathBuf};

use zip::write::{SimpleFileOptions, ZipWriter};

use crate::pip::fixture::interpreter;
#[cfg(target_os = "linux")]
use crate::sandbox::Running;
use crate::sandbox::{Ran, Sandbox, known_python, real_pythons, recent_cpython, skip};

const WHEEL: &str = "greeting-1.0-py3-none-any.whl";

/// A backend that builds the project without setuptools and without a network.
const BACKEND: &str = "
import os, zipfile

def build(directory, line):
    name = 'greeting-1.0-py3-none-any.whl'
    with zipfile.ZipFile(os.path.join(directory, name), 'w') as wheel:
        wheel.writestr(*line)
        info = 'greeting-1.0.dist-info/'
        wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: greeting\\nVersion: 1.0\\n')
        wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
        wheel.writestr(info + 'RECORD', '')
    return name

def build_wheel(directory, settings=None, metadata=None):
    return build(directory, ('greeting.py', 'how = 1'))

def build_editable(directory, settings=None, metadata=None):
    return build(directory, ('greeting.pth', os.getcwd()))
";

/// A fixture without an index, with an environment that has a pip unless `flags` say otherwise.
fn fixture(flags: &[&str]) -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.set("PIP_NO_INDEX", "1");
    sandbox.run([&["create"], flags].concat()).ok();
    sandbox
}

/// A wheel with one module.
fn write_wheel(sandbox: &Sandbox) -> PathBuf {
    let path = sandbox.write(WHEEL, "");
    let mut zip = ZipWriter::new(std::fs::File::create(&path).unwrap());
    let files = [
        ("greeting.py", "how = 'hello'\n"),
        (
            "greeting-1.0.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n",
        ),
        (
            "greeting-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        ),
        ("greeting-1.0.dist-info/RECORD", ""),
    ];
    for (name, text) in files {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    path
}

/// The path of `module` in the environment `dir`.
fn origin(sandbox: &Sandbox, dir: &str, module: &str) -> Ran {
    let code = format!("import {module}; print({module}.__file__)");
    sandbox.run(["run", "--env", dir, "python", "-c", &code])
}

#[test]
fn the_target_is_printed_first_and_pips_exit_code_is_returned() {
    let sandbox = fixture(&[]);
    write_wheel(&sandbox);
    let ran = sandbox.run(["install", "-q", &format!("./{WHEEL}")]).ok();
    let venv = sandbox.project().join(".venv");
    assert_eq!(ran.stderr, format!("installing into `{}`\n", venv.display()));
    let from = origin(&sandbox, ".venv", "greeting").ok().stdout;
    assert!(from.starts_with(venv.to_str().unwrap()), "{from}");
    sandbox.run(["install", "--no-such-flag"]).code(2);
    sandbox.run(["install", "no-such-package"]).code(1);
}

/// Whether the pip that `python` bundles is older than 22.3; `None` if it bundles none.
fn is_pip_before_22_3(sandbox: &Sandbox, python: &Path) -> Option<bool> {
    let wheels = interpreter(sandbox, python).wheels;
    let pip = wheels.iter().find(|wheel| wheel.project == "pip")?;
    let mut parts = pip.version.split('.').map(|part| part.parse::<u32>().unwrap());
    Some((parts.next()?, parts.next().unwrap_or(0)) < (22, 3))
}

#[test]
fn an_environment_without_pip_is_filled_from_outside_and_stays_without() {
    // One of each kind is enough: the way of pip 22.3 and later, and of those before.
    for is_older in [false, true] {
        let mut sandbox = Sandbox::new();
        let is_of_kind = |python: &PathBuf| is_pip_before_22_3(&sandbox, python) == Some(is_older);
        let Some(python) = real_pythons().into_iter().find(is_of_kind) else {
            let kind = if is_older { "older than 22.3" } else { "22.3 or later" };
            skip(&format!("no Python bundles a pip that is {kind}"));
            continue;
        };
        sandbox.set("PIP_NO_INDEX", "1");
        sandbox.add_images(&python, "archive");
        let python = python.to_str().unwrap();
        sandbox.run(["create", "--without-pip", "--python", python]).ok();
        write_wheel(&sandbox);
        let ran = sandbox.run(["install", "-q", &format!("./{WHEEL}")]).ok();
        assert!(ran.stderr.contains("of the cache, because it has none"), "{ran:#?}");
        origin(&sandbox, ".venv", "greeting").ok();
        // The pip that did it is no part of the environment.
        let ran = sandbox.run(["run", "python", "-m", "pip", "--version"]).code(1);
        assert!(ran.stderr.contains("No module named pip"), "{ran:#?}");
        let ran = sandbox.run(["install", "pip"]).code(1);
        assert!(!ran.stdout.contains("already satisfied"), "{ran:#?}");
    }
}

#[test]
fn without_a_cache_it_works_too_and_leaves_nothing() {
    let mut sandbox = fixture(&["--without-pip"]);
    let scratch = sandbox.root().join("scratch");
    std::fs::create_dir(&scratch).unwrap();
    // A directory that cannot be made, as a file is in the way.
    let cache = sandbox.write("file", "");
    sandbox.set("RVENV_CACHE_DIR", cache.join("cache")).set("TMPDIR", &scratch);
    write_wheel(&sandbox);
    sandbox.run(["install", "-q", &format!("./{WHEEL}")]).ok();
    origin(&sandbox, ".venv", "greeting").ok();
    assert_eq!(std::fs::read_dir(scratch).unwrap().count(), 0);
}

#[test]
fn settings_that_redirect_pip_are_overridden() {
    let mut sandbox = fixture(&[]);
    write_wheel(&sandbox);
    let elsewhere = sandbox.root().join("elsewhere");
    sandbox
        .set("PIP_TARGET", &elsewhere)
        .set("PIP_USER", "1")
        .set("PIP_PREFIX", &elsewhere)
        .set("PIP_PYTHON", "/usr/bin/python3")
        .set("PYTHONHOME", "/nowhere");
    sandbox.run(["install", "-q", &format!("./{WHEEL}")]).ok();
    assert!(!elsewhere.exists());
    origin(&sandbox, ".venv", "greeting").ok();
}

#[test]
fn a_forgotten_activation_is_reported() {
    let mut sandbox = fixture(&[]);
    sandbox.run(["create", "../other"]).ok();
    write_wheel(&sandbox);
    let other = sandbox.root().join("other");
    let own = sandbox.project().join(".venv");
    sandbox.set("VIRTUAL_ENV", &other);
    let ran = sandbox.run(["install", "-q", &format!("./{WHEEL}")]).ok();
    let (other, own) = (other.display(), own.display());
    assert_eq!(
        ran.stderr,
        format!(
            "warning: `{other}` is active, and the project here has `{own}`\n\
             hint: for that one: `rvenv install --env {own} ...`\n\
             installing into `{other}`\n"
        )
    );
    origin(&sandbox, "../other", "greeting").ok();
    origin(&sandbox, ".venv", "greeting").code(1);
    // Named, it is no slip.
    let ran = sandbox.run(["install", "--env", "../other", "-q", &format!("./{WHEEL}")]).ok();
    assert_eq!(ran.stderr.lines().count(), 1, "{ran:#?}");
}

#[test]
fn an_active_directory_that_is_not_an_environment_is_refused() {
    let mut sandbox = fixture(&[]);
    sandbox.write("plain/file", "");
    for gone in ["plain", "gone"] {
        sandbox.set("VIRTUAL_ENV", sandbox.project().join(gone));
        let ran = sandbox.run(["install", "six"]).code(1);
        assert!(ran.stderr.contains("is not a virtual environment"), "{ran:#?}");
    }
}

#[test]
fn without_arguments_the_requirements_are_installed() {
    let sandbox = fixture(&[]);
    write_wheel(&sandbox);
    sandbox.write("requirements.txt", format!("./{WHEEL}\n"));
    sandbox.write("pyproject.toml", "[project]\nname = 'other'\n");
    let ran = sandbox.run(["install"]).ok();
    assert!(ran.stderr.starts_with("installing `requirements.txt` into `"), "{ran:#?}");
    origin(&sandbox, ".venv", "greeting").ok();
}

#[test]
fn without_requirements_the_project_itself_is_installed() {
    let sandbox = fixture(&[]);
    sandbox.write("backend.py", BACKEND);
    sandbox.write("greeting.py", "");
    let manifest =
        "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n";
    sandbox.write("pyproject.toml", manifest);
    let ran = sandbox.run(["install", "--env", ".venv"]).ok();
    assert!(ran.stderr.starts_with("installing the project `.` into `"), "{ran:#?}");
    std::fs::create_dir(sandbox.project().join("below")).unwrap();
    let mut command = sandbox.rvenv();
    command.current_dir(sandbox.project().join("below"));
    let code = "import greeting; print(greeting.__file__)";
    let from = Ran::of(command.args(["run", "python", "-c", code])).ok().stdout;
    let own = sandbox.project().join("greeting.py");
    assert_eq!(from, format!("{}\n", own.display()), "it is editable");
}

#[test]
fn nothing_to_install_is_reported() {
    let sandbox = fixture(&["--without-pip"]);
    sandbox.write("pyproject.toml", "[tool.black]\n");
    let ran = sandbox.run(["install"]).code(1);
    assert!(ran.stderr.starts_with("error: nothing to install"), "{ran:#?}");
    assert!(ran.stderr.contains("\nhint: name packages"), "{ran:#?}");
}

#[test]
fn a_new_environment_is_filled_in_one_go() {
    let mut sandbox = Sandbox::new();
    sandbox.set("PIP_NO_INDEX", "1");
    write_wheel(&sandbox);
    sandbox.write("needs.txt", format!("./{WHEEL}\n"));
    let ran = sandbox.run(["create", "-r", "needs.txt"]).ok();
    assert!(ran.stderr.contains("next: "), "{ran:#?}");
    origin(&sandbox, ".venv", "greeting").ok();

    // A pip from outside does it too, and nothing but the answer is on stdout.
    let args = ["create", "--without-pip", "--json", "--install", &format!("./{WHEEL}"), "a", "b"];
    let answer: serde_json::Value = serde_json::from_str(&sandbox.run(args).ok().stdout).unwrap();
    assert_eq!(answer["environments"].as_array().unwrap().len(), 2);
    for dir in ["a", "b"] {
        origin(&sandbox, dir, "greeting").ok();
    }
    let ran = sandbox.run(["create", "-q", "--install", &format!("./{WHEEL}"), "c"]).ok();
    assert_eq!(ran.stdout + &ran.stderr, "");
}

#[test]
fn if_installing_fails_nothing_is_created_and_pips_code_is_returned() {
    let mut sandbox = Sandbox::new();
    sandbox.set("PIP_NO_INDEX", "1");
    for (args, code, told) in [
        (["create", "--install", "no-such-package", ".venv"], 1, "No matching distribution"),
        (
            ["create", "--clear", "--install=no-such-package", ".venv"],
            1,
            "No matching distribution",
        ),
        (["create", "--clear", "--install=--no-such-flag", "deep/below"], 2, "no such option"),
        // Reported before anything is created.
        (["create", "-r", "nowhere.txt", "third"], 1, "cannot read `nowhere.txt`"),
    ] {
        let ran = sandbox.run(args).code(code);
        assert!(ran.stderr.contains(told), "{ran:#?}");
        assert!(!ran.stderr.contains("next: ") && !ran.stderr.contains("created `"), "{ran:#?}");
        let is_told = ran.stderr.contains("was not created");
        assert!(is_told || told.starts_with("cannot read"), "{ran:#?}");
        assert_eq!(std::fs::read_dir(sandbox.project()).unwrap().count(), 0, "{ran:#?}");
    }
    // An existing environment stays as it is.
    sandbox.run(["create"]).ok();
    sandbox.run(["create", "--install", "no-such-package"]).code(1);
    sandbox.run(["run", "python", "-m", "pip", "--version"]).ok();
}

/// A backend that notes whether `env` exists, writes the environment's path into the package if `EMBED` is
/// set, and creates an environment at `env` if `OCCUPY` is set.
#[cfg(unix)]
const BACKEND_THAT_LOOKS: &str = "
import os, subprocess, sys, zipfile

def build_wheel(directory, settings=None, metadata=None):
    with open('seen', 'a') as seen:
        seen.write('%s ' % os.path.exists('env'))
    if 'OCCUPY' in os.environ and not os.path.exists('env'):
        subprocess.check_call([sys._base_executable, '-m', 'venv', '--without-pip', 'env'])
    name = 'greeting-1.0-py3-none-any.whl'
    prefix = sys.prefix if 'EMBED' in os.environ else ''
    with zipfile.ZipFile(os.path.join(directory, name), 'w') as wheel:
        wheel.writestr('greeting.py', 'import sys\\nmade = %r\\ndef main(): print(sys.prefix)\\n' % prefix)
        info = 'greeting-1.0.dist-info/'
        wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: greeting\\nVersion: 1.0\\n')
        wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
        wheel.writestr(info + 'entry_points.txt', '[console_scripts]\\ngreet = greeting:main\\n')
        wheel.writestr(info + 'RECORD', '')
    return name
";

/// A new environment appears with its packages. If one of them contains the path of the staging area, or
/// another process creates an environment there in the meantime, pip installs at the final path.
#[cfg(unix)]
#[test]
fn a_new_environment_appears_with_its_packages() {
    for (variable, seen) in
        [("NOTHING", "False "), ("EMBED", "False True "), ("OCCUPY", "False True ")]
    {
        let mut sandbox = Sandbox::new();
        sandbox.set("PIP_NO_INDEX", "1").set(variable, "1");
        sandbox.write("backend.py", BACKEND_THAT_LOOKS);
        let manifest =
            "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n";
        sandbox.write("pyproject.toml", manifest);
        let ran = sandbox.run(["create", "--install", ".", "env"]).ok();
        let told = if variable == "OCCUPY" { "`env` exists" } else { "created `env`" };
        assert!(ran.stderr.contains(told), "{ran:#?}");
        let project = sandbox.project();
        assert_eq!(std::fs::read_to_string(project.join("seen")).unwrap(), seen);
        let env = project.join("env");
        let greet = Ran::of(&mut sandbox.command(env.join("bin/greet"))).ok();
        assert_eq!(greet.stdout.trim(), env.to_str().unwrap());
        let code = "import greeting; print(greeting.made)";
        let made = Ran::of(sandbox.command(env.join("bin/python")).args(["-c", code])).ok();
        let expected = if variable == "EMBED" { env.to_str().unwrap() } else { "" };
        assert_eq!(made.stdout.trim(), expected);
        sandbox.run(["check", "--deep", "env"]).ok();
        let left = std::fs::read_dir(&project).unwrap().flatten();
        assert!(
            left.into_iter().all(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
        );
    }
}

/// The path of the staging area remains in no environment: pip installs again at the final path, and an
/// upgrade, which would lose the old one by that, is refused.
#[cfg(unix)]
#[test]
fn a_replaced_environment_does_not_contain_the_path_of_its_staging_area() {
    let (Some(old), Some(new)) = (known_python("3.12"), known_python("3.13")) else { return };
    let (old, new) = (old.to_str().unwrap(), new.to_str().unwrap());
    let mut sandbox = Sandbox::new();
    sandbox.set("PIP_NO_INDEX", "1").set("EMBED", "1");
    sandbox.write("greeting/backend.py", BACKEND_THAT_LOOKS);
    let manifest =
        "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n";
    sandbox.write("greeting/pyproject.toml", manifest);
    sandbox.run(["create", "-p", old, "env"]).ok();
    sandbox.run(["create", "-p", old, "--clear", "--install", "./greeting", "env"]).ok();
    let env = sandbox.project().join("env");
    let made = || {
        let code = "import greeting; print(greeting.made)";
        Ran::of(sandbox.command(env.join("bin/python")).args(["-c", code])).ok().stdout
    };
    assert_eq!(made().trim(), env.to_str().unwrap());
    let ran = sandbox.run(["create", "-p", new, "--upgrade", "--build", "env"]).code(1);
    let told = "`lib/python3.13/site-packages/greeting.py`, installed again, contains the path";
    assert!(ran.stderr.contains(told) && ran.stderr.contains("/env` is unchanged"), "{ran:#?}");
    assert_eq!(made().trim(), env.to_str().unwrap());
}

// The processes that pip started are found by `/proc`.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_to_rvenv_reaches_pip_and_its_end_is_ours() {
    let mut sandbox = Sandbox::new();
    sandbox.set("PIP_NO_INDEX", "1");
    // A build that never ends, and says that it has begun.
    let backend = "import time, pathlib\n\
                   def build_wheel(*args):\n    pathlib.Path('begun').touch()\n    time.sleep(600)\n";
    sandbox.write("slow/backend.py", backend);
    let manifest =
        "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n";
    sandbox.write("slow/pyproject.toml", manifest);
    let mut command = sandbox.rvenv();
    command.args(["create", "-q", "--install", "./slow"]);
    let mut child = Running::start(&mut command);
    let begun = sandbox.project().join("slow/begun");
    child.wait_until("the build began", || begun.exists());
    let id = child.id().to_string();
    Ran::of(sandbox.command("kill").args(["-TERM", &id])).ok();
    let status = child.wait_for_exit();
    assert_eq!(status.code(), Some(128 + 15), "{status:?}");
    // Nothing is left of the environment or its staging area.
    let left = std::fs::read_dir(sandbox.project()).unwrap().flatten();
    let left: Vec<_> = left.map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["slow"]);
    // The build is a child of pip's, which a signal to pip does not end.
    let code = "import os, signal, sys\n\
                for pid in filter(str.isdigit, os.listdir('/proc')):\n    \
                    try:\n        cwd = os.readlink(f'/proc/{pid}/cwd')\n    \
                    except OSError:\n        continue\n    \
                    if cwd.startswith(sys.argv[1]) and int(pid) != os.getpid():\n        \
                        os.kill(int(pid), signal.SIGKILL)\n";
    let slow = sandbox.project().join("slow");
    Ran::of(sandbox.command("/usr/bin/python3").args(["-c", code]).arg(slow)).ok();
}

/// CPython obeys `PYTHONEXECUTABLE` on every system since 3.11.
#[cfg(unix)]
#[test]
fn variables_of_another_python_do_not_redirect_an_installation() {
    let Some(python) = recent_cpython() else { return };
    let python = python.to_str().unwrap();
    let mut sandbox = fixture(&["--python", python]);
    write_wheel(&sandbox);
    let wheel = format!("./{WHEEL}");
    // All at once, because each installation takes a second: any of them alone would redirect it.
    for (variable, value) in [
        ("PYTHONEXECUTABLE", python),
        ("__PYVENV_LAUNCHER__", python),
        ("PYTHONHOME", "/usr"),
        ("PYTHONPLATLIBDIR", "lib64"),
        ("PIP_TARGET", "elsewhere"),
        ("PIP_target", "elsewhere"),
        ("PIP___PREFIX", "elsewhere"),
        ("PIP_USER", "1"),
    ] {
        sandbox.set(variable, value);
    }
    sandbox.run(["install", "-q", "--force-reinstall", &wheel]).ok();
    let create = ["create", "-q", "--clear", "--python", python, "--install", &wheel, "new"];
    sandbox.run(create).ok();
    for env in [".venv", "new"] {
        let root = sandbox.project().join(env);
        let found = origin(&sandbox, env, "greeting").ok().stdout;
        assert!(found.starts_with(root.to_str().unwrap()), "{found}");
    }
}

#[cfg(unix)]
#[test]
fn keys_of_pips_configuration_files_do_not_redirect_an_installation() {
    let mut sandbox = fixture(&[]);
    write_wheel(&sandbox);
    let elsewhere = sandbox.project().join("elsewhere");
    let file = sandbox.root().join("home/.config/pip/pip.conf");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let keys = "user = true\nprefix = DIR\nroot = DIR\npython = /usr/bin/python3\n";
    for (keys, args) in [
        (keys, &["install"][..]),
        (keys, &["create", "--clear", "--install"]),
        ("Prefix=DIR", &["install", "--force-reinstall"]),
    ] {
        let keys = keys.replace("DIR", elsewhere.to_str().unwrap());
        std::fs::write(&file, format!("[install]\n{keys}\n")).unwrap();
        let wheel = format!("./{WHEEL}");
        let args: Vec<&str> = args.iter().copied().chain([wheel.as_str()]).collect();
        sandbox.run(&args).ok();
        let found = origin(&sandbox, ".venv", "greeting").ok().stdout;
        assert!(found.starts_with(sandbox.project().join(".venv").to_str().unwrap()), "{keys}");
        assert!(!elsewhere.exists(), "{keys}");
    }
    // No variable overrides `target`, nor any key with `--isolated`.
    std::fs::write(&file, "# mine\n[global]\ntarget = elsewhere\n").unwrap();
    let ran = sandbox.run(["install", WHEEL]).code(1);
    let told = format!("`target` in `{}`, line 3, makes pip install elsewhere", file.display());
    assert!(ran.stderr.contains(&told), "{ran:#?}");
    assert!(!elsewhere.exists());
    sandbox.run(["install", "--isolated", &format!("./{WHEEL}")]).ok();
    sandbox.write(".venv/pip.conf", "[global]\nprefix = elsewhere\n");
    std::fs::remove_file(&file).unwrap();
    let ran = sandbox.run(["install", "--isolated", &format!("./{WHEEL}")]).code(1);
    assert!(ran.stderr.contains("`prefix` in `"), "{ran:#?}");
    // The hint works, and what the user typed counts.
    sandbox.set("PIP_CONFIG_FILE", "/dev/null");
    sandbox.run(["install", "--isolated", &format!("./{WHEEL}")]).ok();
    sandbox.set("PIP_CONFIG_FILE", "");
    sandbox.write(".venv/pip.conf", "[global]\ntarget = unused\n");
    sandbox.run(["install", "--target", "elsewhere", &format!("./{WHEEL}")]).ok();
    assert!(elsewhere.join("greeting.py").is_file());
}

#[cfg(unix)]
#[test]
fn packages_that_pip_installed_elsewhere_are_an_error() {
    for flags in [&[][..], &["--without-pip"]] {
        let mut sandbox = fixture(flags);
        write_wheel(&sandbox);
        sandbox.write("needs.txt", "greeting >= 0.5 # a comment\nabsent; python_version < '3'\n");
        let elsewhere = sandbox.project().join("elsewhere");
        let here = ["--find-links", "."];
        sandbox
            .run([&["install", "--target", "elsewhere"], &here[..], &["greeting"]].concat())
            .ok();
        sandbox.run([&["install", "--dry-run"], &here[..], &["greeting"]].concat()).ok();
        sandbox.run(["install", "--help"]).ok();
        sandbox.set("PYTHONPATH", &elsewhere);
        let requests = [&["greeting"][..], &["greeting>=1"], &["-r", "needs.txt"]];
        // The pip of the cache differs from that of the environment only in what it starts.
        let requests = if flags.is_empty() { &requests[..] } else { &requests[2..] };
        for what in requests {
            let ran = sandbox.run([&["install"], &here[..], what].concat()).code(1);
            assert!(ran.stderr.contains("does not have `greeting"), "{ran:#?}");
            assert!(ran.stderr.contains("a directory of PYTHONPATH has it"), "{ran:#?}");
        }
        sandbox.set("PYTHONPATH", "");
        let requests =
            [&["greeting"][..], &["Greeting>=1"], &["greeting[x]==1.0"], &["-r", "needs.txt"]];
        let requests = if flags.is_empty() { &requests[..] } else { &requests[3..] };
        for what in requests {
            sandbox.run([&["install"], &here[..], what].concat()).ok();
        }
    }
}

/// pip alone: no second Python finds out whether pip installed what was named.
#[cfg(target_os = "linux")]
#[test]
fn an_installation_starts_python_once() {
    if !crate::sandbox::has_strace() {
        return;
    }
    let sandbox = fixture(&[]);
    write_wheel(&sandbox);
    sandbox.write("needs.txt", "greeting >= 0.5\nabsent; python_version < '3'\n");
    sandbox.run(["install", "-q", "--find-links", ".", "-r", "needs.txt"]).ok();
    let log = sandbox.root().join("strace.log");
    let mut command = sandbox.command("strace");
    command.args(["-f", "-qq", "-e", "trace=execve", "-o"]).arg(&log);
    command.arg(env!("CARGO_BIN_EXE_rvenv"));
    Ran::of(command.args(["install", "--no-store", "-q", "-f", ".", "-r", "needs.txt"])).ok();
    let log = std::fs::read_to_string(log).unwrap();
    let python = format!("execve(\"{}/.venv/bin/python", sandbox.project().display());
    assert_eq!(log.matches(&python).count(), 1, "{log}");
}

/// The arguments behind `install`; whether the environment certainly has what they name; and whether pip's own
/// parser finds that it has, which is unknown where it refuses the arguments.
const REQUESTS: [(&[&str], bool, Option<bool>); 27] = [
    (&["demo"], true, Some(true)),
    (&["Demo==1"], true, Some(true)),
    (&["demo >= 0.5, < 2"], true, Some(true)),
    (&["demo[x]==1.0"], true, Some(true)),
    (&["demo>1"], false, Some(false)),
    (&["demo!=1.0"], false, Some(false)),
    (&["demo", "absent"], false, Some(false)),
    (&["absent; python_version < '3'"], true, Some(true)),
    (&["absent; os_name == 'nt'", "demo; os_name == 'posix'"], true, Some(true)),
    (&["demo>1; python_version >= '3'"], false, Some(false)),
    (&["demo; nonsense"], false, Some(true)),
    (&["pre"], true, Some(true)),
    (&["pre>=2.0rc1"], true, Some(true)),
    (&["pre>=2.0"], false, Some(false)),
    (&["local.name==1.0"], true, Some(true)),
    (&["local-name==1.0+other"], false, Some(false)),
    (&["twice==1.0"], false, None),
    (&["demo @ file:///demo.whl"], false, Some(true)),
    (&["./demo-2.0-py3-none-any.whl"], true, Some(true)),
    (&["-r", "needs.txt"], true, Some(true)),
    (&["-U", "--no-index", "-f", ".", "-rneeds.txt"], true, Some(true)),
    (&["-r", "other.txt"], false, Some(false)),
    (&["-r", "absent.txt"], false, None),
    (&["-r", "pylock.toml"], false, None),
    (&["-e", "."], false, Some(true)),
    (&["--target", "elsewhere", "demo"], false, Some(true)),
    (&["--dry-run", "absent"], false, Some(true)),
];

#[cfg(unix)]
#[test]
fn a_request_counts_as_satisfied_only_where_pip_agrees() {
    let Some(python) = recent_cpython() else { return };
    let python = python.to_str().unwrap();
    let sandbox = fixture(&["-p", python]);
    let root = sandbox.project().join(".venv");
    let host = rvenv::Host::new(sandbox.vars().clone(), sandbox.project());
    let interpreter = rvenv::python::probe(&root.join("bin/python"), &host).unwrap();
    let env = rvenv::venv::Env::open(&root, host.platform()).unwrap();
    let site = env.site_packages().unwrap();
    for (name, version) in [
        ("demo", "1.0"),
        ("pre", "2.0rc1"),
        ("local_name", "1.0+abc"),
        ("twice", "1.0"),
        ("twice", "2.0"),
    ] {
        let info = site.join(format!("{name}-{version}.dist-info"));
        std::fs::create_dir(&info).unwrap();
        let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n");
        std::fs::write(info.join("METADATA"), metadata).unwrap();
    }
    sandbox.write(
        "needs.txt",
        "demo >= 0.5 # a comment\nabsent; python_version < '3'\n-i https://a\n",
    );
    sandbox.write("other.txt", "demo==1.0\nabsent==1.0\n");
    sandbox.write("pylock.toml", "lock-version = '1.0'\ncreated-by = 'x'\npackages = []\n");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/commands/pip/unsatisfied.py");
    let code = "import json, runpy, sys\n\
                check = runpy.run_path(sys.argv[1], run_name='check')['main']\n\
                for words in json.loads(sys.argv[2]):\n    \
                    try: print('answer', not check('', words))\n    \
                    except (SystemExit, Exception): print('answer', None)\n";
    let words: Vec<_> = REQUESTS.iter().map(|(words, ..)| words).collect();
    let mut run = sandbox.command(root.join("bin/python"));
    run.args(["-E", "-B", "-c", code, script, &serde_json::to_string(&words).unwrap()]);
    let answers = Ran::of(&mut run).ok().stdout;
    let mut answers = answers.lines().filter_map(|line| line.strip_prefix("answer "));
    for (words, is_certain, pip) in REQUESTS {
        let arguments: Vec<_> = words.iter().map(Into::into).collect();
        let found = rvenv::store::decision::is_satisfied(&arguments, &env, &interpreter, &host);
        assert_eq!(found, is_certain, "{words:?}");
        let answer = answers.next().unwrap();
        if let Some(pip) = pip {
            assert_eq!(answer, if pip { "True" } else { "False" }, "{words:?}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_python_without_a_module_that_pip_needs_is_named() {
    let Some(python) = recent_cpython() else { return };
    let python = python.to_str().unwrap();
    for (module, told) in [
        ("zlib", "without `zlib`: pip does not start"),
        ("pyexpat", "without `pyexpat`: pip does not start"),
        ("select", "without `select`: pip does not start"),
        ("unicodedata", "without `unicodedata`: pip does not start"),
        ("_ssl", "without `ssl`: pip cannot download"),
    ] {
        let mut sandbox = Sandbox::new();
        sandbox.set("PIP_NO_INDEX", "1");
        let base = sandbox.root().join("base");
        let code = "import sys, os, shutil\n\
                    base, module = sys.argv[1:]\n\
                    library = os.path.dirname(os.__file__); own = base + '/lib/' + os.path.basename(library)\n\
                    os.makedirs(own + '/lib-dynload'); os.makedirs(base + '/bin')\n\
                    shutil.copy(os.path.realpath(sys.executable), base + '/bin/python3')\n\
                    for name in os.listdir(library):\n    \
                        if name != 'lib-dynload': os.symlink(library + '/' + name, own + '/' + name)\n\
                    for name in os.listdir(library + '/lib-dynload'):\n    \
                        if name.split('.')[0] != module:\n        \
                            os.symlink(library + '/lib-dynload/' + name, own + '/lib-dynload/' + name)\n\
                    print(module in sys.builtin_module_names)\n";
        let mut make = sandbox.command(python);
        let ran = Ran::of(make.args(["-I", "-c", code]).arg(&base).arg(module)).ok();
        if ran.stdout.trim() == "True" {
            continue;
        }
        let python = base.join("bin/python3");
        if told.ends_with("does not start") {
            // Before anything is built, and with the directory that was typed.
            let create = ["create", "-p", python.to_str().unwrap(), "--install", "x", "new"];
            let ran = sandbox.run(create).code(1);
            assert!(ran.stderr.contains(told) && ran.stderr.contains("... new`"), "{ran:#?}");
            assert!(!ran.stderr.contains("created `"), "{ran:#?}");
            assert!(!sandbox.project().join("new").exists());
        }
        let ran = sandbox.run(["create", "-p", python.to_str().unwrap()]).ok();
        assert!(ran.stderr.contains(told), "{ran:#?}");
        let ran = sandbox.run(["check", ".venv"]).code(1);
        assert!(
            ran.stdout.contains("[base-incomplete]")
                && ran.stdout.contains(told.split(':').next().unwrap()),
            "{ran:#?}"
        );
        let ran = sandbox.run(["install", "no-such-package"]).code(1);
        assert!(ran.stderr.contains(told), "{ran:#?}");
        if told.ends_with("does not start") {
            let lines: Vec<_> = ran.stderr.lines().collect();
            assert!(
                matches!(lines[..], [_, error, hint]
                if error.starts_with("error: CPython") && hint.starts_with("hint: choose")),
                "{ran:#?}"
            );
        }
    }
}
