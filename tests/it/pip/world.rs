//! Environments with a pip that the library placed, without the rest of `create`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rvenv::cache::Cache;
use rvenv::env::{Content, Entry};
use rvenv::pip::{self, Event, Options, Seed, Target};
use rvenv::python::Interpreter;
use rvenv::{Error, Host};

use crate::sandbox::{Ran, Sandbox};

/// What the library's own probe finds out, in its serialized form.
const PROBE: &str = r#"
import importlib.util, json, os, platform, struct, sys, sysconfig
site = "lib/%s%d.%d/site-packages" % (("pypy" if sys.implementation.name == "pypy" else "python",) + sys.version_info[:2])
def wheels():
    try:
        import ensurepip
        names = [(p, "") if isinstance(p, str) else p[:2] for p in ensurepip._PROJECTS] if hasattr(ensurepip, "_PROJECTS") else [("pip", ensurepip.version())]
        folder = getattr(ensurepip, "_WHEEL_PKG_DIR", None) or sysconfig.get_config_var("WHEEL_PKG_DIR")
    except ImportError:
        return []
    folders = [f for f in (folder, os.path.join(os.path.dirname(ensurepip.__file__), "_bundled"), "/usr/share/python-wheels") if f]
    found = []
    for name, version in names:
        for folder in folders:
            files = sorted(f for f in (os.listdir(folder) if os.path.isdir(folder) else []) if f.startswith(name + "-") and f.endswith(".whl"))
            files = [f for f in files if version in f] or files
            if files:
                found.append({"project": name, "version": files[-1].split("-")[1], "path": os.path.join(folder, files[-1])})
                break
    return found
try:
    import zlib
except ImportError:
    zlib = None
v = sys.version_info
print(json.dumps({
    "executable": sys.executable, "real_executable": os.path.realpath(sys.executable), "prefix": sys.base_prefix,
    "version": {"major": v[0], "minor": v[1], "micro": v[2], "level": v[3], "serial": v[4]},
    "implementation": sys.implementation.name, "build": {"free_threaded": False, "debug": False},
    "platform": "linux", "machine": platform.machine(), "pointer_bits": struct.calcsize("P") * 8,
    "cache_tag": sys.implementation.cache_tag, "bytecode_magic": importlib.util.MAGIC_NUMBER.hex(),
    "extension_suffix": sysconfig.get_config_var("EXT_SUFFIX") or "",
    "scheme": {"scripts": "bin", "include": "include", "purelib": site, "platlib": site},
    "stdlib": sysconfig.get_path("stdlib"), "wheels": wheels(), "has_zlib": zlib is not None,
}))
"#;

/// The facts about a real Python.
pub(crate) fn interpreter(python: &Path) -> Interpreter {
    let ran = Ran::of(Command::new(python).args(["-I", "-c", PROBE])).ok();
    serde_json::from_str(&ran.stdout).expect("the probe's answer")
}

/// The host of a sandbox, as the library sees it.
pub(crate) fn host(sandbox: &Sandbox) -> Host {
    let root = sandbox.root();
    Host::new(
        [
            ("HOME", root.join("home").into_os_string()),
            ("RVENV_CACHE_DIR", root.join("cache").into_os_string()),
            ("PATH", "/usr/bin:/bin".into()),
        ],
        sandbox.project(),
    )
}

/// The cache of a sandbox.
pub(crate) fn cache(sandbox: &Sandbox) -> Cache {
    Cache::of(&host(sandbox))
}

/// [`pip::prepare`] in a sandbox, with the events that it told.
pub(crate) fn prepare(
    sandbox: &Sandbox,
    python: &Interpreter,
    options: &Options,
) -> Result<(Seed, Vec<Event>), Error> {
    let mut events = Vec::new();
    let seed = pip::prepare(python, options, &cache(sandbox), &host(sandbox), &mut |event| {
        events.push(event)
    })?;
    Ok((seed, events))
}

/// An environment at `root` with what `seed` places.
pub(crate) fn place(seed: &Seed, python: &Interpreter, root: &Path) {
    let made =
        Command::new(&python.executable).args(["-m", "venv", "--without-pip"]).arg(root).output();
    assert!(made.expect("python -m venv").status.success());
    apply(
        root,
        &seed.entries(&Target { root, interpreter: python, python: "python", relocatable: false }),
    );
}

/// Makes entries, as `create` does.
pub(crate) fn apply(root: &Path, entries: &[Entry]) {
    for Entry { path, content } in entries {
        let path = root.join(path);
        match content {
            Content::Directory => fs::create_dir(&path).expect("a new directory"),
            Content::Link(_) | Content::Copy(_) => panic!("pip has none: {}", path.display()),
            Content::Share(shared) => fs::hard_link(shared, &path).expect("a link to the image"),
            Content::Text(text) => fs::write(&path, text).expect("a file"),
            Content::Script(text) => {
                fs::write(&path, text).expect("a script");
                make_executable(&path);
            }
        }
    }
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("an executable script");
}

/// Every file below `root`, relative, sorted.
pub(crate) fn tree(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![root.to_owned()];
    while let Some(dir) = todo.pop() {
        for entry in fs::read_dir(&dir).expect("a directory").flatten() {
            let path = entry.path();
            if entry.file_type().expect("a type").is_dir() {
                todo.push(path);
            } else {
                found.push(path.strip_prefix(root).expect("a path below").to_owned());
            }
        }
    }
    found.sort();
    found
}
