use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rvenv::python::{Finder, Interpreter, Reason, Request, probe};
use rvenv::support::program::Program;

use super::fixture::Fixture;
use crate::sandbox::{Ran, copy_program, for_each_python, real_pythons, skip};
#[cfg(target_os = "linux")]
use crate::sandbox::{Sandbox, has_strace};

#[track_caller]
fn reason(fixture: &Fixture, path: &Path) -> Reason {
    match probe(path, &fixture.host()) {
        Err(rvenv::python::Error::UnusablePython { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

/// The Pythons that have a directory of their own, which can be linked and copied about.
fn movable() -> Vec<PathBuf> {
    let found: Vec<_> =
        real_pythons().into_iter().filter(|python| !python.starts_with("/usr")).collect();
    if found.is_empty() {
        skip("there is no Python with a directory of its own");
    }
    found
}

for_each_python!(the_probe_of_a_python_agrees_with_its_venv);

fn the_probe_of_a_python_agrees_with_its_venv(python: &Path) {
    let fixture = Fixture::new();
    let env = fixture.at(python.display().to_string().replace('/', "_"));
    Ran::of(Command::new(python).args(["-I", "-m", "venv", "--without-pip"]).arg(&env)).ok();
    let told = probe(python, &fixture.host()).unwrap();

    let cfg = fs::read_to_string(env.join("pyvenv.cfg")).unwrap();
    let value = |key: &str| cfg.lines().find_map(|line| line.strip_prefix(&format!("{key} = ")));
    assert_eq!(value("home").map(PathBuf::from), Some(told.home()));
    assert_eq!(value("version"), Some(&*told.version.release()));
    assert!(
        value("executable").is_none_or(|path| Path::new(path) == told.real_executable),
        "{cfg}"
    );

    let scheme = &told.scheme;
    // Since 3.14 `venv` does not create the directory of this Python in `include`.
    let is_older = told.version < rvenv::python::Version::new(3, 14, 0);
    let include = if is_older { &*scheme.include } else { Path::new("include") };
    for dir in [&*scheme.scripts, include, &*scheme.purelib, &*scheme.platlib] {
        assert!(env.join(dir).is_dir(), "{}: {}", python.display(), dir.display());
    }
    // One link is absolute, the others lead to it.
    let mut links = fs::read_dir(env.join(&scheme.scripts)).unwrap().flatten();
    assert!(
        links.any(|link| fs::read_link(link.path()).is_ok_and(|target| target == told.executable))
    );

    let show = "import sys, sysconfig, importlib.util as i; print(sys.implementation.cache_tag, i.MAGIC_NUMBER.hex(), sysconfig.get_config_var('EXT_SUFFIX'), sysconfig.get_path('stdlib'), sys.base_prefix)";
    let shown = Ran::of(Command::new(env.join("bin/python")).args(["-I", "-c", show])).ok().stdout;
    let Interpreter { cache_tag, bytecode_magic, extension_suffix, stdlib, prefix, .. } = &told;
    let expected = format!(
        "{cache_tag} {bytecode_magic} {extension_suffix} {} {}",
        stdlib.display(),
        prefix.display()
    );
    assert_eq!(shown.trim(), expected);
    assert!(told.has_zlib);
}

for_each_python!(the_probe_of_a_python_lists_the_wheels_of_its_ensurepip);

fn the_probe_of_a_python_lists_the_wheels_of_its_ensurepip(python: &Path) {
    let fixture = Fixture::new();
    let told = probe(python, &fixture.host()).unwrap();
    let version = Ran::of(Command::new(python).args(["-I", "-m", "ensurepip", "--version"]));
    if version.code != Some(0) {
        skip(&format!("{} has no ensurepip", python.display()));
        return;
    }
    let pip = told.wheels.last().expect("a wheel of pip");
    // Debian's says what it was built with, and installs what is in its directory of wheels.
    let system = pip.path.starts_with("/usr/share/python-wheels");
    assert!(
        system || version.stdout.trim() == format!("pip {}", pip.version),
        "{version:?} {pip:?}"
    );
    let projects: Vec<_> = told.wheels.iter().map(|wheel| wheel.project.as_str()).collect();
    let expected: &[&str] =
        if told.version.at_least(3, 12) { &["pip"] } else { &["setuptools", "pip"] };
    assert_eq!(projects, expected);
    assert!(told.wheels.iter().all(|wheel| wheel.path.is_file()), "{:?}", told.wheels);
}

#[test]
fn the_library_of_a_framework_is_found() {
    let fixture = Fixture::new();
    let name = "Python.framework/Versions/3.99/Python";
    let library = fixture.write(&format!("Library/Frameworks/{name}"), "");
    let ask = format!(
        "import runpy; probe = runpy.run_path({script:?}); print(); \
         print(probe['shared_library']({{'INSTSONAME': {name:?}, 'PYTHONFRAMEWORKPREFIX': {prefix:?}}}.get))",
        script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/python/probe/probe.py"),
        prefix = fixture.at("Library/Frameworks"),
    );
    let python = real_pythons().pop().unwrap();
    let told = Ran::of(Command::new(python).args(["-I", "-c", &ask])).ok().stdout;
    assert_eq!(told.lines().last(), library.to_str());
}

#[test]
fn a_python_that_is_too_old_is_reported() {
    let fixture = Fixture::new();
    let versions =
        real_pythons().iter().find_map(|python| Some(python.ancestors().nth(3)?.to_owned()));
    let mut old = 0;
    for entry in fs::read_dir(versions.unwrap()).into_iter().flatten().flatten() {
        let python = entry.path().join("bin/python");
        let name = entry.file_name().to_string_lossy().into_owned();
        let expected = match name.get(..3) {
            Some("2.7") => "is older than 3.4, and rvenv needs 3.8 or later".to_owned(),
            Some("3.6" | "3.7") => format!("is CPython {name}, and rvenv needs 3.8 or later"),
            _ => continue,
        };
        assert_eq!(reason(&fixture, &python).to_string(), expected);
        old += 1;
    }
    if old == 0 {
        skip("there is no Python older than 3.8");
    }
}

#[test]
fn an_executable_that_is_a_link_out_of_its_tree_is_resolved_and_a_linked_tree_is_kept() {
    for python in movable() {
        let tree = python.ancestors().nth(2).unwrap();
        let fixture = Fixture::new();
        let found = |path: &str| probe(&fixture.at(path), &fixture.host()).unwrap().executable;

        fixture.link("links/python3", &python);
        fixture.link("more/python", "../links/python3");
        assert_eq!(found("links/python3"), python);
        assert_eq!(found("more/python"), python);

        fixture.link("current", tree);
        fixture.link("links/python4", "../current/bin/python3");
        assert_eq!(found("current/bin/python3"), fixture.at("current/bin/python3"));
        assert_eq!(found("links/python4"), fixture.at("current/bin/python3"));

        // Each entry linked, as stow does it.
        let version = probe(&python, &fixture.host()).unwrap().version.short();
        for entry in [format!("bin/python{version}"), format!("lib/python{version}")] {
            fixture.link(&format!("stow/{entry}"), tree.join(&entry));
        }
        fixture.link("stow/bin/python3", format!("python{version}"));
        assert_eq!(found("stow/bin/python3"), fixture.at("stow/bin/python3"));
    }
}

#[test]
fn homebrews_opt_link_outlives_a_patch_release() {
    for python in movable() {
        let tree = python.ancestors().nth(2).unwrap();
        let fixture = Fixture::new();
        fixture.link("brew/Cellar/python@3.99/3.99.1_2", tree);
        fixture.link("brew/opt/python@3.99", "../Cellar/python@3.99/3.99.1_2");
        fixture.link("brew/bin/python3", "../Cellar/python@3.99/3.99.1_2/bin/python3");
        let found = |path: &str| probe(&fixture.at(path), &fixture.host()).unwrap().executable;
        assert_eq!(found("brew/bin/python3"), fixture.at("brew/opt/python@3.99/bin/python3"));
        // Another release is not the same Python.
        fs::remove_file(fixture.at("brew/opt/python@3.99")).unwrap();
        fs::create_dir_all(fixture.at("brew/Cellar/python@3.99/3.99.0/bin")).unwrap();
        fixture.link("brew/opt/python@3.99", "../Cellar/python@3.99/3.99.0");
        assert_eq!(
            found("brew/bin/python3"),
            fixture.at("brew/Cellar/python@3.99/3.99.1_2/bin/python3")
        );
    }
}

/// As on macOS, where the formula's `bin` holds links into a framework.
#[test]
fn homebrews_framework_is_called_by_the_link_that_lasts() {
    for python in movable() {
        let (tree, name) = (python.ancestors().nth(2).unwrap(), python.file_name().unwrap());
        let name = name.to_str().unwrap();
        let fixture = Fixture::new();
        let framework = "Frameworks/Python.framework/Versions/3.99";
        let formula = "Cellar/python@3.99/3.99.1_2";
        fixture.link(&format!("brew/{formula}/{framework}"), tree);
        fixture.link(&format!("brew/{formula}/bin/{name}"), format!("../{framework}/bin/{name}"));
        fixture.link("brew/opt/python@3.99", format!("../{formula}"));
        fixture.link(&format!("brew/bin/{name}"), format!("../{formula}/bin/{name}"));
        let found = |path: String| probe(&fixture.at(path), &fixture.host()).unwrap().executable;
        let lasting = fixture.at(format!("brew/opt/python@3.99/bin/{name}"));
        assert_eq!(found(format!("brew/bin/{name}")), lasting);
        assert_eq!(found(format!("brew/opt/python@3.99/bin/{name}")), lasting);
        assert_eq!(found(format!("brew/{formula}/{framework}/bin/{name}")), lasting);
        // One that only lies in such a directory is no formula's.
        fixture.link(&format!("mine/{framework}"), tree);
        fixture.link(&format!("mine/bin/{name}"), format!("../{framework}/bin/{name}"));
        let mine = fixture.at(format!("mine/{framework}/bin/{name}"));
        assert_eq!(found(format!("mine/bin/{name}")), mine);
    }
}

/// Copies the executable of `python` into a tree of its own whose library is linked entry by entry, and
/// gives its site-packages.
fn moved(fixture: &Fixture, python: &Path) -> (PathBuf, PathBuf) {
    let short = probe(python, &fixture.host()).unwrap().version.short();
    let library = python.ancestors().nth(2).unwrap().join(format!("lib/python{short}"));
    let executable = fixture.at(format!("moved/bin/python{short}"));
    fs::create_dir_all(executable.parent().unwrap()).unwrap();
    copy_program(python, &executable);
    for entry in fs::read_dir(library)
        .unwrap()
        .flatten()
        .filter(|entry| entry.file_name() != "site-packages")
    {
        let name = entry.file_name();
        fixture.link(&format!("moved/lib/python{short}/{}", name.display()), entry.path());
    }
    (executable, fixture.at(format!("moved/lib/python{short}/site-packages")))
}

#[test]
fn an_installation_that_was_moved_and_talks_at_its_start() {
    for python in movable() {
        let fixture = Fixture::new();
        let (executable, site) = moved(&fixture, &python);
        let chatty = "import sys, atexit\nprint('hello' * 20000)\nprint('{}<<<rvenv-probe', file=sys.stderr)\natexit.register(print, 'bye')\n";
        fs::create_dir(&site).unwrap();
        fs::write(site.join("sitecustomize.py"), chatty).unwrap();
        let told = probe(&executable, &fixture.host()).unwrap();
        assert_eq!(told.prefix, fixture.at("moved"));
        assert_eq!(told.executable, executable);
        assert!(told.stdlib.starts_with(fixture.at("moved")), "{told:?}");
        assert!(!site.join("__pycache__").exists(), "a probe leaves no bytecode behind");
    }
}

#[test]
fn one_that_hangs_is_ended_with_all_that_it_started() {
    let fixture = Fixture::new();
    let pid = fixture.at("pid");
    let hanging = fixture.script(
        "hangs/bin/python3",
        &format!("/bin/sleep 1000 & echo $! > '{}'\nwait", pid.display()),
    );
    let (host, cache) = (fixture.host(), fixture.cache());
    let mut finder = Finder::new(&host, &cache).time_limit(Duration::from_millis(500));
    let Err(rvenv::python::Error::UnusablePython { reason, .. }) =
        finder.find(&Request::Path(Program::typed(hanging)))
    else {
        panic!("it found it")
    };
    assert_eq!(reason, Reason::Hangs(Duration::from_millis(500)));
    let child = fs::read_to_string(pid).unwrap();
    let gone = || {
        if !cfg!(target_os = "linux") {
            return Ran::of(Command::new("/bin/kill").args(["-0", child.trim()])).code != Some(0);
        }
        !fs::read_to_string(format!("/proc/{}/stat", child.trim()))
            .is_ok_and(|stat| !stat.contains(") Z "))
    };
    for _ in 0..500 {
        if gone() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{child} is still there");
}

#[test]
fn one_that_leaves_a_process_behind_is_not_waited_for() {
    let fixture = Fixture::new();
    let path = "bin/python3";
    let answer = super::fixture::saying(&fixture.answer(path, "3.17.0"));
    fs::create_dir_all(fixture.at("lib/python3.17")).unwrap();
    let python = fixture.script(
        path,
        &format!("/bin/sleep 30 & echo $! > '{}'\n{answer}", fixture.at("pid").display()),
    );
    assert_eq!(probe(&python, &fixture.host()).unwrap().version.to_string(), "3.17.0");
    let pid = fs::read_to_string(fixture.at("pid")).unwrap();
    Ran::of(Command::new("kill").arg(pid.trim())).ok();
}

/// The delay of `read` is that of a busy machine: a process that has data, and no processor time.
#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_is_read_late_counts() {
    let mut sandbox = Sandbox::new();
    if !has_strace() {
        return;
    }
    let rvenv = sandbox.rvenv().get_program().to_owned();
    let python = real_pythons().pop().unwrap();
    sandbox.set("PATH", format!("{}:/usr/bin:/bin", python.parent().unwrap().display()));
    let mut strace = sandbox.command("strace");
    strace
        .args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=read"])
        .args(["-e", "inject=read:delay_exit=600000:when=1"])
        .arg(rvenv)
        .args(["python", "find"])
        .arg(&python);
    let found = Ran::of(&mut strace).ok().stdout;
    assert_eq!(found.trim(), python.to_str().unwrap());
}

#[test]
fn a_python_that_wrote_nothing_is_asked_again() {
    let fixture = Fixture::new();
    let python = fixture.fake("real/bin/python3", "3.17.0");
    let silent = fixture.at("silent");
    let script = format!(
        "[ -e '{0}' ] || {{ : > '{0}'; exit 0; }}\nexec '{1}' \"$@\"",
        silent.display(),
        python.display()
    );
    let python = fixture.script("bin/python3", &script);
    assert_eq!(probe(&python, &fixture.host()).unwrap().version.to_string(), "3.17.0");
}

#[test]
fn more_output_than_is_kept_before_the_answer() {
    let fixture = Fixture::new();
    let answer = super::fixture::saying(&fixture.answer("bin/python3", "3.17.0"));
    fs::create_dir_all(fixture.at("lib/python3.17")).unwrap();
    let noise = "i=0; while [ $i -lt 3000 ]; do printf '%01000d\\n' 0; i=$((i+1)); done";
    let python = fixture.script("bin/python3", &format!("{noise}\n{answer}"));
    assert_eq!(probe(&python, &fixture.host()).unwrap().version.to_string(), "3.17.0");
}

#[test]
fn a_process_that_was_left_behind_and_writes_without_end_is_not_waited_for() {
    let fixture = Fixture::new();
    let answer = super::fixture::saying(&fixture.answer("bin/python3", "3.17.0"));
    fs::create_dir_all(fixture.at("lib/python3.17")).unwrap();
    let pid = fixture.at("pid");
    let python = fixture.script(
        "bin/python3",
        &format!(
            "{answer}\n(while :; do printf '%01000d' 0; done) 2>/dev/null & echo $! > '{}'",
            pid.display()
        ),
    );
    let found = probe(&python, &fixture.host());
    let _ = Command::new("kill").arg(fs::read_to_string(pid).unwrap().trim()).output();
    assert_eq!(found.unwrap().version.to_string(), "3.17.0");
}

#[test]
fn an_environment_whose_base_is_gone_is_reported() {
    let fixture = Fixture::new();
    fixture.write("env/pyvenv.cfg", "home = /no/such/bin\nversion = 3.12.1\n");
    fixture.link("env/bin/python3", "/no/such/bin/python3");
    assert_eq!(
        reason(&fixture, &fixture.at("env/bin/python3")),
        Reason::BaseMissing("/no/such/bin".into())
    );
    // One that is its own base goes round in a circle.
    let home = format!("home = {}\n", fixture.at("env/bin").display());
    fixture.write("env/pyvenv.cfg", &home);
    fs::remove_file(fixture.at("env/bin/python3")).unwrap();
    fixture.fake("env/bin/python3", "3.17.0");
    assert!(matches!(reason(&fixture, &fixture.at("env/bin/python3")), Reason::Impossible(_)));
    assert_eq!(fixture.runs().len(), 0);
}

#[test]
fn a_python_that_is_one_in_a_conda_environment_is_its_own_base() {
    let fixture = Fixture::new();
    fixture.write("conda/envs/x/conda-meta/history", "");
    let python = fixture.fake("conda/envs/x/bin/python3", "3.17.0");
    assert_eq!(probe(&python, &fixture.host()).unwrap().executable, python);
}

// macOS' file system takes no such name.
#[cfg(target_os = "linux")]
#[test]
fn a_python_in_a_path_that_is_no_unicode_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    let fixture = Fixture::new();
    let tree = fixture.at(std::ffi::OsStr::from_bytes(b"\xff"));
    for python in movable() {
        std::os::unix::fs::symlink(python.ancestors().nth(2).unwrap(), &tree).unwrap();
        // 3.13 cannot import its own modules from there.
        let reason = reason(&fixture, &tree.join("bin/python3"));
        assert!(matches!(reason, Reason::NotUnicode | Reason::Failed { .. }), "{reason}");
        fs::remove_file(&tree).unwrap();
    }
    let escaped = fixture.answer("bin/python3", "3.17.0").to_string().replace("bin/", r"\udcff/");
    let told = format!("/bin/cat <<'END'\n<<<rvenv-probe\n{escaped}\nrvenv-probe>>>\nEND");
    let python = fixture.script("bin/python3", &told);
    assert_eq!(reason(&fixture, &python), Reason::NotUnicode);
}

#[test]
fn a_python_in_a_path_with_a_line_break_is_refused() {
    let fixture = Fixture::new();
    for dir in ["a\nhome = x", "a\rb", "a\u{2028}b"] {
        let python = fixture.fake(&format!("{dir}/bin/python3"), "3.17.0");
        assert_eq!(reason(&fixture, &python), Reason::LineEnd, "{dir:?}");
        // Python looks for its library where the link leads.
        let link = fixture.link("bin/python3", &python);
        assert_eq!(reason(&fixture, &link), Reason::LineEnd, "{dir:?}");
        fs::remove_file(link).unwrap();
    }
    let python = fixture.fake("a b\u{1f}c/bin/python3", "3.17.0");
    assert_eq!(found(&fixture, &python).executable, python);
}

/// Runs `find` for `request`, with a cache that lasts as long as the fixture.
fn found(fixture: &Fixture, path: &Path) -> Interpreter {
    let (host, cache) = (fixture.host(), fixture.cache());
    Finder::new(&host, &cache)
        .find(&Request::Path(rvenv::support::program::Program::typed(path)))
        .unwrap()
        .interpreter
}

/// Two Pythons of different minor versions with directories of their own.
fn two() -> Option<[PathBuf; 2]> {
    let found = movable();
    let [first, .., last] = &found[..] else {
        skip("fewer than two Pythons of their own directories");
        return None;
    };
    Some([first.clone(), last.clone()])
}

#[test]
fn a_wrapper_that_keeps_its_name_is_asked_each_time_and_its_interpreter_is_the_base() {
    let Some([one, other]) = two() else { return };
    for starter in ["exec -a \"$0\"", "exec"] {
        let mut fixture = Fixture::new();
        let script = format!("#!/bin/bash\n{starter} \"${{SITE_PY:-{}}}\" \"$@\"\n", one.display());
        let wrapper = fixture.script("w/python3", "");
        fs::write(&wrapper, script).unwrap();
        let version = |python: &Path| probe(python, &fixture.host()).unwrap().version;
        let [first, second] = [version(&one), version(&other)];
        let mut get = |choice: Option<&Path>| {
            fixture.set("SITE_PY", choice.unwrap_or(Path::new("")));
            found(&fixture, &wrapper)
        };
        let python = get(None);
        assert_eq!(python.version, first);
        assert!(python.executable.starts_with(one.ancestors().nth(2).unwrap()), "{python:?}");
        assert_eq!(get(Some(&other)).version, second);
        assert_eq!(get(None).version, first);
    }
}

/// As `python.withPackages` of Nix makes it: the wrapper's own prefix has the packages.
#[cfg(target_os = "linux")]
#[test]
fn a_wrapper_that_gives_another_prefix_stays_the_base_and_is_not_stored() {
    for python in movable() {
        let fixture = Fixture::new();
        let tree = python.ancestors().nth(2).unwrap();
        let told = probe(&python, &fixture.host()).unwrap();
        let short = told.version.short();
        fixture.link(&format!("farm/lib/python{short}"), tree.join(format!("lib/python{short}")));
        let wrapper = fixture.script("farm/bin/python3", "");
        let text =
            format!("#!/bin/bash\nexec -a \"$0\" {} \"$@\"\n", told.real_executable.display());
        fs::write(&wrapper, text).unwrap();
        let farm = found(&fixture, &wrapper);
        assert_eq!((&farm.executable, &farm.prefix), (&wrapper, &fixture.at("farm")));
        let records = walkdir::WalkDir::new(fixture.at("cache")).into_iter().flatten();
        let of_wrapper =
            |path: &Path| fs::read_to_string(path).is_ok_and(|text| text.contains("farm"));
        assert!(!records.into_iter().any(|entry| of_wrapper(entry.path())));
    }
}

#[test]
fn a_relative_executable_is_made_absolute_and_a_bare_name_is_not_searched_for() {
    for python in movable() {
        let mut fixture = Fixture::new();
        fixture.set("PATH", "/usr/bin:/bin");
        let version = probe(&python, &fixture.host()).unwrap().version;
        let (executable, site) = moved(&fixture, &python);
        fs::create_dir_all(&site).unwrap();
        fixture.cd("moved");
        let name = executable.file_name().unwrap().to_str().unwrap();
        for claim in
            ["python3".to_owned(), name.to_owned(), format!("bin/{name}"), "no/such".into()]
        {
            let text = format!("import sys\nsys.executable = sys._base_executable = {claim:?}\n");
            fs::write(site.join("sitecustomize.py"), text).unwrap();
            let told = probe(&executable, &fixture.host());
            if cfg!(target_os = "linux") {
                let told = told.unwrap();
                assert_eq!((told.version, &told.executable), (version, &executable), "{claim}");
            } else if claim != format!("bin/{name}") {
                assert!(told.is_err(), "{claim}: {told:?}");
            }
        }
    }
}

/// Makes an environment with the `venv` of `python`.
fn environment(fixture: &Fixture, python: &Path) -> (PathBuf, PathBuf) {
    let env = fixture.at("env");
    Ran::of(Command::new(python).args(["-I", "-m", "venv", "--without-pip"]).arg(&env)).ok();
    (env.join("bin/python3"), env.join("pyvenv.cfg"))
}

#[test]
fn the_link_of_an_environment_counts_where_its_home_is_of_no_use() {
    for python in movable() {
        let fixture = Fixture::new();
        let home = python.parent().unwrap().display().to_string();
        let (executable, cfg) = environment(&fixture, &python);
        let real = fs::canonicalize(&python).unwrap();
        for text in [
            String::new(),
            "version = 3.12\n".into(),
            "home =\n".into(),
            "home = /opt/gone/bin\n".into(),
            "home = opt/gone\n".into(),
            format!("home = \"{home}\"\n"),
            format!("home = '{home}'\n"),
            format!("\u{feff}home = {home}\n"),
            "home = .\n".into(),
        ] {
            fs::write(&cfg, &text).unwrap();
            let told = probe(&executable, &fixture.host())
                .unwrap_or_else(|error| panic!("{text:?}: {error:?}"));
            assert_eq!(told.real_executable, real, "{text:?}");
            assert!(told.executable.starts_with(python.ancestors().nth(2).unwrap()), "{text:?}");
        }
        // Nothing is left of it: only then the base is missing.
        fs::remove_file(&executable).unwrap();
        fixture.link("env/bin/python3", "/opt/gone/bin/python3");
        fs::write(&cfg, "home = /opt/gone/bin\n").unwrap();
        assert_eq!(reason(&fixture, &executable), Reason::BaseMissing("/opt/gone/bin".into()));
    }
}

#[test]
fn the_link_of_an_environment_counts_where_its_home_has_another_minor_version() {
    let Some([python, other]) = two() else { return };
    let fixture = Fixture::new();
    let (executable, cfg) = environment(&fixture, &python);
    fs::write(&cfg, format!("home = {}\n", other.parent().unwrap().display())).unwrap();
    let told = probe(&executable, &fixture.host()).unwrap();
    assert_eq!(told.real_executable, fs::canonicalize(&python).unwrap());
}

#[test]
fn a_relative_home_is_seen_from_its_file_whatever_the_current_directory_is() {
    for python in movable() {
        let mut fixture = Fixture::new();
        let tree = python.ancestors().nth(2).unwrap();
        fixture.link("relbase", tree);
        let (executable, cfg) = environment(&fixture, &python);
        // A copy leads nowhere, so that `home` alone tells.
        fs::remove_file(&executable).unwrap();
        copy_program(&python, &executable);
        for home in ["../relbase/bin", "./../relbase/bin"] {
            fs::write(&cfg, format!("home = {home}\n")).unwrap();
            for cwd in ["env", "elsewhere"] {
                fixture.cd(cwd);
                let told = probe(&executable, &fixture.host()).unwrap();
                assert!(told.executable.is_absolute() && told.executable.is_file(), "{told:?}");
                assert_eq!(told.real_executable, fs::canonicalize(&python).unwrap());
            }
        }
    }
}

#[test]
fn a_start_up_file_may_move_the_prefix_and_replace_stdout() {
    for python in movable() {
        let fixture = Fixture::new();
        let (executable, site) = moved(&fixture, &python);
        fs::create_dir_all(&site).unwrap();
        for text in [
            "import sys\nsys.prefix = '/'\n",
            "import sys\nsys.stdout = sys.stderr\n",
            "import sys\nsys.stdout = None\n",
            "import sys\nsys.stdout = open(1, 'w', encoding='utf-16', closefd=False)\n",
            "import sys\nprint('x' * (3 << 20))\n",
            "import atexit, time\natexit.register(time.sleep, 1000)\n",
        ] {
            fs::write(site.join("sitecustomize.py"), text).unwrap();
            let told = probe(&executable, &fixture.host())
                .unwrap_or_else(|error| panic!("{text}: {error:?}"));
            assert_eq!(told.executable, executable, "{text}");
        }
    }
}

/// An executable in a build directory, as `make` leaves it before `make install`: its library is the
/// source's, and sysconfig names the place that it would be installed to.
#[cfg(target_os = "linux")]
#[test]
fn a_build_directory_is_an_installation() {
    for python in movable() {
        let fixture = Fixture::new();
        let told = probe(&python, &fixture.host()).unwrap();
        if !told.version.at_least(3, 11) {
            // Before, the place of the source is compiled in.
            continue;
        }
        let executable = super::super::zoo::build_directory(&python, &fixture.at("build"));
        let built = probe(&executable, &fixture.host()).unwrap();
        assert_eq!(built.executable, executable);
        assert!(built.stdlib.starts_with(fixture.at("build")), "{built:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_locale_does_not_change_the_answer() {
    let locales = tempfile::tempdir().unwrap();
    for (name, language, charset) in
        [("de_DE.ISO-8859-1", "de_DE", "ISO-8859-1"), ("ja_JP.eucJP", "ja_JP", "EUC-JP")]
    {
        let mut made = Command::new("localedef");
        made.args(["-c", "-i", language, "-f", charset]).arg(locales.path().join(name));
        if made.output().is_err() || !locales.path().join(name).is_dir() {
            skip("localedef cannot make a locale");
            continue;
        }
        for python in movable() {
            let mut fixture = Fixture::new();
            fixture.link("jürgen", python.ancestors().nth(2).unwrap());
            let path = fixture.at("jürgen/bin/python3");
            let expected = probe(&path, &fixture.host()).unwrap();
            fixture.set("LOCPATH", locales.path());
            fixture.set("LC_ALL", name);
            assert_eq!(probe(&path, &fixture.host()).unwrap(), expected, "{name}");
        }
    }
}
