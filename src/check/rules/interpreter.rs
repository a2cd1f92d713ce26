//! `pyvenv.cfg`, the base and the interpreter: what makes a directory an environment.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::check::code::Code;
use crate::check::repairs::{Diagnosis, Repair, interpreter_names};
use crate::check::snapshot::Snapshot;
use crate::dist::LibrarySeries;
use crate::fs::names_in;
use crate::python;
use crate::python::{Implementation, Interpreter, Reason};
use crate::support::dirs;
use crate::support::executable::is_executable;
use crate::support::host::{Host, Platform};
use crate::support::path::is_same_file;
use crate::venv::base::{Base, InterpreterLink};
use crate::venv::compare::is_copy;
use crate::venv::repair::Step;
use crate::venv::state::{Configuration, Maker};
use crate::venv::{Content, Difference, Entry};

/// Everything that is wrong with them.
pub(crate) fn findings(snapshot: &Snapshot<'_>) -> Vec<Diagnosis> {
    if snapshot.cfg().packed().is_some() {
        return packed(snapshot);
    }
    let mut findings: Vec<Diagnosis> = configuration(snapshot).into_iter().collect();
    if let Base::NotStarted(path) = &snapshot.base {
        findings.push(not_started(snapshot, path));
    }
    let broken = base(snapshot).or_else(|| interpreter(snapshot));
    match broken {
        // Consequences of it are not reported.
        Some(finding) => findings.push(finding),
        None => {
            if let Some(interpreter) = snapshot.base.interpreter() {
                findings.extend(site_packages(snapshot, interpreter));
                findings.extend(stale_keys(snapshot, interpreter));
                findings.extend(aliases(snapshot, interpreter));
                findings.extend(foreign_launchers(snapshot, interpreter));
                findings.extend(stale_aliases(snapshot, interpreter));
                findings.extend(ephemeral(snapshot, interpreter));
                findings.extend(incomplete(snapshot, interpreter));
            }
        }
    }
    findings
}

/// The faults of the Python of an environment as `rvenv pack` wrote it: the launcher, and keys that
/// `pyvenv.cfg` lacks, are as they should be.
fn packed(snapshot: &Snapshot<'_>) -> Vec<Diagnosis> {
    if let InterpreterLink::Missing | InterpreterLink::Dangling(_) | InterpreterLink::Loop =
        snapshot.way
    {
        let seen = format!("there is no `{}`", snapshot.python().display());
        return vec![Diagnosis::new(Code::InterpreterMissing, seen, Repair::SameSeries)];
    }
    if let Some(finding) = interpreter_not_executable(snapshot) {
        return vec![finding];
    }
    match &snapshot.base {
        Base::Sound(interpreter) => {
            let python = interpreter.executable.display();
            let seen = format!("its base is not fixed, and is `{python}` now");
            let unbound = Diagnosis::new(Code::BaseUnbound, seen, Repair::Base);
            let mut findings = site_packages(snapshot, interpreter);
            findings.push(unbound);
            findings
        }
        Base::NotStarted(_) => Vec::new(),
        _ => {
            let series = snapshot.series().map(|series| series.to_string()).unwrap_or_default();
            let seen = format!("this machine has no Python {series} that its launcher finds");
            let advice =
                format!("install Python {series}, or name one with `RVENV_PACK_PYTHON=PATH`");
            vec![Diagnosis::new(Code::BaseGone, seen, Repair::advice(advice))]
        }
    }
}

fn configuration(snapshot: &Snapshot<'_>) -> Option<Diagnosis> {
    match &snapshot.configuration {
        Configuration::Missing => Some(Diagnosis::new(
            Code::CfgMissing,
            "there is no `pyvenv.cfg`",
            Repair::Configuration,
        )),
        Configuration::Unreadable(cause) => {
            let seen = format!("`pyvenv.cfg` cannot be read: {cause}");
            Some(Diagnosis::new(Code::CfgUnreadable, seen, Repair::Configuration))
        }
        Configuration::PermissionDenied => {
            let root = snapshot.root().display();
            let advice = format!("have the right to read `{root}` given to you");
            let seen = "you may not read `pyvenv.cfg`";
            Some(Diagnosis::new(Code::CfgUnreadable, seen, Repair::advice(advice)))
        }
        Configuration::Read(cfg) => {
            let home = cfg.get("home");
            let mut code = Code::CfgKeyMissing;
            let seen = match home {
                None | Some("") => "`pyvenv.cfg` has no `home`".to_owned(),
                Some(home) if !Path::new(home).is_absolute() => {
                    format!("`home` in `pyvenv.cfg` is `{home}`, which is not an absolute path")
                }
                Some(_) if cfg.version().is_none() => {
                    code = Code::CfgIncomplete;
                    "`pyvenv.cfg` has neither `version` nor `version_info`".to_owned()
                }
                Some(_) if cfg.get("include-system-site-packages").is_none() => {
                    code = Code::CfgIncomplete;
                    "`pyvenv.cfg` has no `include-system-site-packages`, which Python takes for `true`".to_owned()
                }
                Some(_) => return None,
            };
            Some(Diagnosis::new(code, seen, Repair::Configuration))
        }
    }
}

/// The faults of the base.
fn base(snapshot: &Snapshot<'_>) -> Option<Diagnosis> {
    match &snapshot.base {
        Base::Gone(place) => {
            let seen = match &snapshot.way {
                InterpreterLink::Dangling(target) => format!(
                    "`{}` leads to `{}`, which is gone",
                    snapshot.python().display(),
                    target.display()
                ),
                _ if place.as_os_str().is_empty() => {
                    "neither a link nor `pyvenv.cfg` names its Python".to_owned()
                }
                _ => format!("there is no Python in `{}`", place.display()),
            };
            Some(Diagnosis::new(Code::BaseGone, seen, Repair::SameSeries))
        }
        Base::Broken { error, .. } => {
            let code = match error {
                python::Error::UnusablePython {
                    reason: Reason::TooOld(..) | Reason::Ancient,
                    ..
                } => Code::BaseUnsupported,
                _ => Code::BaseBroken,
            };
            Some(Diagnosis::new(code, error.to_string(), Repair::SameSeries))
        }
        Base::NotStarted(_) => None,
        Base::PermissionDenied(path) => barred(snapshot, path),
        Base::Sound(interpreter) => changed(snapshot, interpreter),
    }
}

/// That the base was not started, so that only files tell what it is.
fn not_started(snapshot: &Snapshot<'_>, path: &Path) -> Diagnosis {
    let version = snapshot.cfg().version().map(|version| format!("Python {version}"));
    let version = version.unwrap_or_else(|| "a Python of an unknown version".to_owned());
    let seen = format!("`{}`, by `pyvenv.cfg` {version}, was not started", path.display());
    let root = snapshot.root().to_string_lossy();
    Diagnosis::new(
        Code::BaseNotStarted,
        seen,
        Repair::command(["rvenv", "check", "--deep", &*root]),
    )
}

/// That the way to the base ends at a directory of somebody else's.
fn barred(snapshot: &Snapshot<'_>, path: &Path) -> Option<Diagnosis> {
    // That the environment itself is closed was said.
    if matches!(snapshot.configuration, Configuration::PermissionDenied) {
        return None;
    }
    let entered = |dir: &&Path| dir.symlink_metadata().is_ok();
    let dir = snapshot.shown(path.ancestors().skip(1).find(entered)?);
    let seen = format!("`{}` is in `{dir}`, which you may not enter", snapshot.shown(path));
    let advice = format!(
        "have the right to enter `{dir}` given to you, or make the environment anew from a Python \
         that you may run"
    );
    Some(Diagnosis::new(Code::BaseBroken, seen, Repair::advice(advice)))
}

/// Whether the base is another Python than the packages were installed for.
fn changed(snapshot: &Snapshot<'_>, interpreter: &Interpreter) -> Option<Diagnosis> {
    let site = snapshot.site();
    if site.is_some_and(|site| site.series.is_some()) {
        return None;
    }
    let (now, was) = (LibrarySeries::of_interpreter(interpreter), snapshot.series()?);
    // Windows' directory is there whatever the packages are for, and has no name that tells. What
    // `pyvenv.cfg` does not tell either is no fault.
    let is_told = site.is_none();
    let other_threads = now.free_threaded != was.free_threaded && (is_told || was.free_threaded);
    let code = if is_told && now.implementation != was.implementation {
        Code::InterpreterElsewhere
    } else if (now.major, now.minor) != (was.major, was.minor)
        || other_threads && !snapshot.sites.is_empty()
    {
        Code::BaseMinorChanged
    } else {
        return None;
    };
    let seen = format!(
        "the environment was made for Python {was}, and `{}` is now {}",
        interpreter.executable.display(),
        interpreter
    );
    Some(Diagnosis::new(code, seen, Repair::SameSeries))
}

/// The faults of `python`.
fn interpreter(snapshot: &Snapshot<'_>) -> Option<Diagnosis> {
    let base = snapshot.base.interpreter();
    if base.is_none() && !matches!(snapshot.base, Base::NotStarted(_)) {
        return None;
    }
    let python = snapshot.python();
    let shown = python.display();
    match &snapshot.way {
        InterpreterLink::Missing => {
            let seen = format!("there is no `{shown}`");
            Some(Diagnosis::new(Code::InterpreterMissing, seen, Repair::Base))
        }
        InterpreterLink::Loop => {
            let seen = format!("`{shown}` is a link that leads to itself");
            Some(Diagnosis::new(Code::InterpreterLoop, seen, Repair::Base))
        }
        // The base was found by `home`, which it does not lead to.
        InterpreterLink::Dangling(target) => {
            let code = if target.starts_with(snapshot.root()) {
                Code::InterpreterMissing
            } else {
                Code::BaseGone
            };
            let seen = format!("`{shown}` leads to `{}`, which is not there", target.display());
            Some(Diagnosis::new(code, seen, Repair::Base))
        }
        InterpreterLink::Inside(_) | InterpreterLink::Outside(_)
            if !is_executable(&snapshot.root().join(&python)) =>
        {
            let seen = format!("`{shown}` may not be executed");
            let remedy = match &snapshot.way {
                InterpreterLink::Inside(_) => Repair::Base,
                InterpreterLink::Outside(path) => {
                    let path = base.map_or(path, |base| &base.executable);
                    Repair::advice(format!("make `{}` executable", path.display()))
                }
                _ => return None,
            };
            Some(Diagnosis::new(Code::InterpreterNotExecutable, seen, remedy))
        }
        InterpreterLink::PermissionDenied(_) => None,
        InterpreterLink::Inside(_) => no_exec(snapshot).or_else(|| outdated(snapshot, base?)),
        InterpreterLink::Outside(_) => no_exec(snapshot).or_else(|| elsewhere(snapshot, base?)),
    }
}

/// That the launcher of a packed environment may not be executed: archivers that lose modes cause it.
fn interpreter_not_executable(snapshot: &Snapshot<'_>) -> Option<Diagnosis> {
    let python = snapshot.python();
    if is_executable(&snapshot.root().join(&python)) {
        return no_exec(snapshot);
    }
    let seen = format!("`{}` may not be executed", python.display());
    Some(Diagnosis::new(Code::InterpreterNotExecutable, seen, Repair::SameSeries))
}

/// Whether the file system of the environment, or of its base, is mounted with `noexec`.
fn no_exec(snapshot: &Snapshot<'_>) -> Option<Diagnosis> {
    let base = match &snapshot.way {
        InterpreterLink::Outside(path) => Some(path),
        _ => None,
    };
    let (place, advice) = if is_no_exec(&snapshot.scripts_dir()) {
        let place = snapshot.root().display().to_string();
        (place, "make the environment elsewhere, or mount it with `exec`")
    } else {
        let base = base.filter(|base| base.parent().is_some_and(is_no_exec))?;
        let place = base.display().to_string();
        (place, "mount it with `exec`, or upgrade the environment to another Python")
    };
    let mut seen = format!("`{place}` is on a file system that is mounted `noexec`");
    if base.is_some_and(|base| !base.parent().is_some_and(is_no_exec)) {
        seen += ", from where only links to other file systems start, such as `python`";
    }
    Some(Diagnosis::new(Code::InterpreterNotExecutable, seen, Repair::advice(advice)))
}

#[cfg(all(unix, not(target_vendor = "apple")))]
fn is_no_exec(dir: &Path) -> bool {
    rustix::fs::statvfs(dir)
        .is_ok_and(|stat| stat.f_flag.contains(rustix::fs::StatVfsMountFlags::NOEXEC))
}

/// On macOS, `statvfs` reports only whether a file system is read-only.
#[cfg(target_vendor = "apple")]
fn is_no_exec(dir: &Path) -> bool {
    const MNT_NOEXEC: u32 = 4;
    rustix::fs::statfs(dir).is_ok_and(|stat| stat.f_flags & MNT_NOEXEC != 0)
}

/// Windows has no such rule.
#[cfg(not(unix))]
fn is_no_exec(_dir: &Path) -> bool {
    false
}

/// Whether `python` is another one than `home` says, from where Python takes its library.
fn elsewhere(snapshot: &Snapshot<'_>, base: &Interpreter) -> Option<Diagnosis> {
    let InterpreterLink::Outside(link) = &snapshot.way else { return None };
    let home = Some(Path::new(snapshot.cfg().get("home")?)).filter(|home| home.is_absolute())?;
    let leads_home = |path: &Path| path.parent().is_some_and(|parent| is_same_file(parent, home));
    let real = || crate::support::path::canonicalize(link);
    if leads_home(link) || is_same_file(&base.home(), home) || leads_home(&real().ok()?) {
        return None;
    }
    let seen = format!(
        "`{}` leads to `{}`, and `pyvenv.cfg` names `{}`",
        snapshot.python().display(),
        link.display(),
        home.display()
    );
    Some(Diagnosis::new(Code::InterpreterElsewhere, seen, Repair::SameSeries))
}

/// Whether `python` is to be a copy of its base's, byte by byte.
fn is_plain_copy(snapshot: &Snapshot<'_>, base: &Interpreter) -> bool {
    // Windows has launchers, which are judged with the other names, as GraalPy has; to run a copy on
    // macOS, virtualenv changes it.
    let is_plain = match snapshot.host.platform() {
        Platform::Linux => true,
        Platform::MacOs => snapshot.maker != Maker::Virtualenv,
        Platform::Windows => false,
    };
    let is_known = matches!(base.implementation, Implementation::CPython | Implementation::PyPy);
    is_plain && is_known && matches!(snapshot.way, InterpreterLink::Inside(_))
}

/// Whether `python` is a copy of another Python than the base, or of what that was before an upgrade.
fn outdated(snapshot: &Snapshot<'_>, base: &Interpreter) -> Option<Diagnosis> {
    let python = snapshot.python();
    let names = interpreter_names(snapshot, base);
    let planned =
        names.iter().find(|entry| is_plain_copy(snapshot, base) && entry.path == python)?;
    if planned.difference(snapshot.root())? != Difference::OtherBytes {
        return None;
    }
    let seen = format!(
        "`{}` differs from `{}`, of which it should be a copy",
        python.display(),
        base.executable.display()
    );
    Some(Diagnosis::new(Code::InterpreterElsewhere, seen, Repair::SameSeries))
}

/// Whether the base was built without a module that installers need.
fn incomplete(snapshot: &Snapshot<'_>, interpreter: &Interpreter) -> Option<Diagnosis> {
    let seen = interpreter.pip_obstacle()?;
    let advice = format!(
        "choose a Python that has it: `rvenv create --upgrade --python VERSION {}`",
        snapshot.root().display()
    );
    Some(Diagnosis::new(Code::BaseIncomplete, seen, Repair::advice(advice)))
}

fn site_packages(snapshot: &Snapshot<'_>, interpreter: &Interpreter) -> Vec<Diagnosis> {
    let purelib = &interpreter.scheme.purelib;
    let mut findings = Vec::new();
    if snapshot.site().is_none() {
        let seen = format!("there is no `{}`", purelib.display());
        let entry = crate::venv::Entry::new(purelib.clone(), Content::Directory);
        findings.push(Diagnosis::new(Code::SiteMissing, seen, Repair::put(entry)));
    }
    let own = snapshot.root().join(purelib);
    for other in snapshot.sites.iter().filter(|site| site.path != own && !site.names.is_empty()) {
        let seen = format!(
            "`{}` holds packages, and the environment's Python is {}",
            snapshot.shown(&other.path),
            interpreter.version.short()
        );
        let remedy = Repair::advice("install again what is still needed of it, and delete it");
        findings.push(Diagnosis::new(Code::SiteOther, seen, remedy));
    }
    findings
}

/// Keys that tools read and that are not so any more.
fn stale_keys(snapshot: &Snapshot<'_>, interpreter: &Interpreter) -> Option<Diagnosis> {
    let written = snapshot.cfg().version()?;
    let actual = interpreter.version.release();
    // uv writes no more than `3.12` where it follows a link that moves with each patch release,
    // virtualenv adds the level: `3.12.1.final.0`.
    let is_prefix = |short: &str, long: &str| {
        long.strip_prefix(short)
            .is_some_and(|rest| rest.is_empty() || !rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    if is_prefix(written, &actual) || is_prefix(&actual, written) {
        return None;
    }
    let seen = format!("`pyvenv.cfg` says Python {written}, and it is {actual}");
    // Of the same size a copy may still be the old release's.
    let remedy =
        if is_plain_copy(snapshot, interpreter) { Repair::Copies } else { Repair::Configuration };
    Some(Diagnosis::new(Code::CfgKeyWrong, seen, remedy))
}

/// The further names of the interpreter.
fn aliases(snapshot: &Snapshot<'_>, interpreter: &Interpreter) -> Option<Diagnosis> {
    let python = snapshot.root().join(snapshot.python());
    let is_windows = snapshot.host.platform() == Platform::Windows;
    // A copy does not tell what the base was called when it was made.
    let is_base_told = is_windows || !matches!(snapshot.way, InterpreterLink::Inside(_));
    let is_meant = |name: &OsStr| {
        is_base_told || crate::venv::aliases(interpreter).iter().any(|known| known == name)
    };
    let mut wrong = interpreter_names(snapshot, interpreter);
    wrong.retain(|entry| match entry.difference(snapshot.root()) {
        None | Some(Difference::NotExecutable) => false,
        Some(Difference::OtherBytes) if is_windows => false,
        // Other tools make fewer names and link them otherwise: what counts is what runs.
        Some(Difference::Missing) => {
            let is_made = snapshot.maker == Maker::Rvenv || entry.path.ends_with("python3");
            is_made && entry.path.file_name().is_some_and(is_meant)
        }
        Some(Difference::OtherBytes | Difference::OtherKind | Difference::OtherTarget(_)) => {
            let path = snapshot.root().join(&entry.path);
            !is_same_file(&path, &python) && !is_copy(&path, &python)
        }
    });
    alias(wrong, "lead to the environment's Python")
}

/// Names with another version than the environment's Python has: `python3.12` that starts 3.11. Two
/// runs of `python -m venv` with two Pythons leave one.
fn stale_aliases(snapshot: &Snapshot<'_>, interpreter: &Interpreter) -> Option<Diagnosis> {
    let names = names_in(&snapshot.scripts_dir());
    let is_stale = |name: &&OsString| {
        let version = name.to_str().and_then(|name| {
            let name = name.strip_prefix("python")?;
            let (major, minor) = name.strip_suffix(".exe").unwrap_or(name).split_once('.')?;
            Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
        });
        let own = (interpreter.version.major, interpreter.version.minor);
        version.is_some_and(|version| version != own)
            && snapshot.scripts_dir().join(name).symlink_metadata().is_ok_and(|meta| !meta.is_dir())
    };
    let stale: Vec<_> =
        names.iter().filter(is_stale).map(|name| snapshot.scripts_name().join(name)).collect();
    let first = stale.first()?;
    let seen = format!("`{}` starts Python {}", first.display(), interpreter.version.short());
    let steps = stale.into_iter().map(Step::Remove).collect();
    Some(Diagnosis::new(Code::InterpreterAlias, seen, Repair::Steps(steps)))
}

/// Whether the environment is one of Windows on another system, or the reverse.
pub(crate) fn other_system(snapshot: &Snapshot<'_>) -> Option<Diagnosis> {
    let root = snapshot.root();
    let is_windows = snapshot.host.platform() == Platform::Windows;
    let (own, other) = if is_windows { ("Scripts", "bin") } else { ("bin", "Scripts") };
    let home = snapshot.cfg().get("home")?;
    let is_windows_home = home.as_bytes().get(1..3).is_some_and(|start| start == b":\\");
    let is_other = root.join(other).is_dir()
        && !root.join(own).exists()
        && is_windows_home != is_windows
        && !home.is_empty();
    let seen = format!("`home` is `{home}`, and the commands are in `{other}`");
    let remedy = || Repair::advice("create an environment on this system in another directory");
    is_other.then(|| Diagnosis::new(Code::OtherSystem, seen, remedy()))
}

/// Launchers that are not the base's: they may start another build's executable, or none. Other tools
/// than stdlib's `venv` bring their own.
fn foreign_launchers(snapshot: &Snapshot<'_>, interpreter: &Interpreter) -> Option<Diagnosis> {
    let is_theirs = matches!(snapshot.maker, Maker::Rvenv | Maker::Venv);
    if snapshot.host.platform() != Platform::Windows || !is_theirs {
        return None;
    }
    let mut entries = interpreter_names(snapshot, interpreter);
    entries.retain(|entry| entry.difference(snapshot.root()) == Some(Difference::OtherBytes));
    alias(entries, &format!("come from `{}`", interpreter.home().display()))
}

/// That these names of the interpreter do not do what they should.
fn alias(wrong: Vec<Entry>, should: &str) -> Option<Diagnosis> {
    let names: Vec<_> = wrong.iter().map(|entry| format!("`{}`", entry.path.display())).collect();
    let do_not = if names.len() == 1 { "does not" } else { "do not" };
    let seen = format!("{} {do_not} {should}", names.join(", "));
    (!names.is_empty()).then(|| Diagnosis::new(Code::InterpreterAlias, seen, Repair::Put(wrong)))
}

/// Whether the base is where things do not last: by its lasting path, or by those that the environment
/// has for it.
fn ephemeral(snapshot: &Snapshot<'_>, interpreter: &Interpreter) -> Option<Diagnosis> {
    let lasting = &interpreter.executable;
    let linked = match &snapshot.way {
        InterpreterLink::Outside(path) => Some(path.clone()),
        _ => None,
    };
    let home = snapshot.cfg().get("home").zip(lasting.file_name());
    let home = home.map(|(home, name)| Path::new(home).join(name));
    let own = linked.into_iter().chain(home).filter(|path| path != lasting);
    let mut paths = std::iter::once(lasting.clone()).chain(own);
    let (path, what) = paths.find_map(|path| {
        let what = passing(&path, snapshot.root(), snapshot.host)?;
        Some((path, what))
    })?;
    let seen = format!("the base `{}` is in {what}", path.display());
    let remedy = if path == *lasting {
        Repair::advice("make the environment anew from a Python that stays")
    } else {
        Repair::LastingPath
    };
    Some(Diagnosis::new(Code::BaseEphemeral, seen, remedy))
}

/// The kind of the temporary or cache directory that contains a path, if one does.
fn passing(path: &Path, root: &Path, host: &Host) -> Option<&'static str> {
    let mut temporary: Vec<PathBuf> = ["/tmp", "/var/tmp", "/dev/shm"].map(PathBuf::from).into();
    temporary.extend(
        ["TMPDIR", "TEMP", "TMP"].iter().filter_map(|name| host.path_var(name)).map(Path::to_owned),
    );
    // An environment that is itself temporary may well rest on a temporary Python.
    if temporary.iter().any(|dir| path.starts_with(dir) && !root.starts_with(dir)) {
        return Some("a temporary directory");
    }
    let caches =
        host.home().into_iter().flat_map(|home| [home.join(".cache"), home.join("Library/Caches")]);
    if caches.chain(dirs::absolute(host, "XDG_CACHE_HOME")).any(|dir| path.starts_with(dir)) {
        return Some("a cache");
    }
    if path.components().any(|part| part.as_os_str() == "Cellar") {
        return Some("a versioned directory of Homebrew's Cellar");
    }
    path.ancestors()
        .skip(2)
        .take(1)
        .any(|dir| dir.join("pyvenv.cfg").is_file())
        .then_some("another environment")
}
