//! Shims: the small programs that a version manager puts on PATH, which start another Python in every
//! directory. They are resolved by their manager's own rule and never run: one that has nothing to
//! start fails or hangs, and takes the search with it (uv#21047).

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::{Place, Reason, managers};
use crate::host::Host;

mod rules;

/// The managers that put shims on PATH.
const MANAGERS: [Place; 4] = [Place::Pyenv, Place::Mise, Place::Asdf, Place::Rye];

/// What a shim would start now, if `path` is a shim.
pub(super) fn resolve(path: &Path, host: &Host) -> Option<(Place, Result<PathBuf, Reason>)> {
    let (place, root) = by_place(path, host).or_else(|| by_content(path, host))?;
    let program = path.file_name()?.to_str()?;
    let chosen = rules::chosen(place, &root, host)
        .and_then(|names| start(place, &root, &names, program))
        .map_err(|outcome| Reason::Shim { manager: place.name(), outcome });
    Some((place, chosen))
}

/// The manager in whose directory of shims `path` lies, and the manager's root.
fn by_place(path: &Path, host: &Host) -> Option<(Place, PathBuf)> {
    let dir = path.parent()?;
    MANAGERS.into_iter().find_map(|place| {
        let root = managers::root(place, host)?;
        (root.join("shims") == dir).then_some((place, root))
    })
}

/// The manager whose shim `path` is by what it is: a link to the manager's own program, or a script that
/// calls it.
fn by_content(path: &Path, host: &Host) -> Option<(Place, PathBuf)> {
    let real = dunce::canonicalize(path).ok()?;
    let place = match real.file_name()?.to_str()? {
        "mise" | "rtx" => Place::Mise,
        "rye" => Place::Rye,
        _ => by_script(&real)?,
    };
    let shims = path.parent().filter(|dir| dir.ends_with("shims"));
    let root = shims.and_then(Path::parent).map(Path::to_owned);
    Some((place, root.or_else(|| managers::root(place, host))?))
}

/// The manager that a script calls.
fn by_script(path: &Path) -> Option<Place> {
    let mut start = Vec::new();
    File::open(path).ok()?.take(1024).read_to_end(&mut start).ok()?;
    let text = String::from_utf8(start).ok().filter(|text| text.starts_with("#!"))?;
    let calls = |program: &str| {
        text.lines().any(|line| {
            let line = line.trim().trim_start_matches("exec ").replace(['"', '\''], "");
            let mut words = line.split_whitespace();
            let called = words.next().is_some_and(|word| Path::new(word).ends_with(program));
            called && words.next().is_some_and(|verb| ["exec", "x"].contains(&verb))
        })
    };
    [("pyenv", Place::Pyenv), ("asdf", Place::Asdf), ("mise", Place::Mise), ("rtx", Place::Mise)]
        .into_iter()
        .find_map(|(program, place)| calls(program).then_some(place))
}

/// The executable `program` of the first installation that is chosen and has one.
fn start(place: Place, root: &Path, names: &[String], program: &str) -> Result<PathBuf, String> {
    let mut outcome = format!("`{}` is chosen, which is not installed", names.join(" "));
    for name in names {
        if name == "system" {
            return Err("it leaves the choice to the rest of PATH".to_owned());
        }
        // These files travel with a project, which may name a version and not a program to run.
        let name = name.strip_prefix("prefix:").unwrap_or(name);
        if name.contains(['/', '\\', ':']) || name.starts_with('.') {
            return Err(format!("`{name}` is chosen, which is no version"));
        }
        let Some(dir) = managers::installed(place, root, name) else { continue };
        let executables = ["bin", "install/bin"].map(|bin| dir.join(bin).join(program));
        if let Some(executable) = executables.into_iter().find(|path| path.is_file()) {
            return Ok(executable);
        }
        outcome = format!("`{}` is chosen, which has no {program}", names.join(" "));
    }
    Err(outcome)
}
