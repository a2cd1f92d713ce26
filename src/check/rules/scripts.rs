//! The commands of an environment, by their first lines.

use std::collections::BTreeMap;
use std::path::Path;

use super::unowned::imported_module;
use crate::check::code::Code;
use crate::check::repairs::{Diagnosis, Repair};
use crate::check::snapshot::Snapshot;
use crate::dist::record::Text;
use crate::dist::site::Site;
use crate::formats::record;
use crate::formats::shebang::limit;
use crate::relocate::Origin;
use crate::support::executable::is_executable;
use crate::support::path::is_same_file;
use crate::venv::script::Script;

/// Scripts whose interpreter is not the environment's. Those of a moved environment are one fault
/// together, reported by `location`.
pub(crate) fn findings(snapshot: &Snapshot<'_>) -> Vec<Diagnosis> {
    let elsewhere = snapshot.origin.as_ref().map(Origin::root);
    // Most scripts have the same interpreter.
    let mut known = BTreeMap::new();
    let faults = snapshot.scripts.iter().filter_map(|script| {
        let line = script.python.as_ref()?;
        let interpreter = line.interpreter.as_path();
        if elsewhere.is_some() && interpreter.ancestors().nth(2) == elsewhere {
            return None;
        }
        let is_long = line.direct && line.length - 1 > limit(snapshot.host.platform());
        let mut fault =
            || *known.entry(interpreter).or_insert_with(|| fault(snapshot, interpreter));
        let code = if is_long { Code::ShebangTooLong } else { fault()? };
        let is_own = code == Code::ShebangForeign && !is_of_an_installer(snapshot, script);
        (!is_own).then_some((code, script))
    });
    let faults: Vec<_> = faults.collect();
    let finding = |code| {
        let scripts = faults.iter().filter(|(found, _)| *found == code);
        finding(code, &scripts.map(|(_, script)| *script).collect::<Vec<_>>())
    };
    let codes = [Code::ShebangDead, Code::ShebangForeign, Code::ShebangTooLong];
    codes.into_iter().filter_map(finding).collect()
}

/// Whether an installer wrote the first line of a script. A wheel can contain scripts for the system's
/// Python, which are installed as they are, and the user can have own ones.
fn is_of_an_installer(snapshot: &Snapshot<'_>, script: &Script) -> bool {
    let (Some(text), Some(name)) = (script.text(), script.name.to_str()) else { return false };
    let path = format!("{}/{name}", snapshot.recorded(snapshot.scripts_name()));
    let dists = snapshot.site().into_iter().flat_map(Site::dists);
    let records = dists.filter_map(|dist| snapshot.infos().record(&dist));
    let row = records.flat_map(Text::outside).find(|row| row.path == path);
    row.is_some_and(|row| imported_module(text).is_some() || record::hash(text) != row.hash)
}

/// The fault of an interpreter of scripts.
fn fault(snapshot: &Snapshot<'_>, interpreter: &Path) -> Option<Code> {
    if !is_executable(interpreter) {
        // When the environment's own Python does not start, that is the fault.
        let is_own = interpreter.parent() == Some(&snapshot.scripts_dir());
        let starts = || is_executable(&snapshot.root().join(snapshot.python()));
        return (!is_own || starts()).then_some(Code::ShebangDead);
    }
    let dir = interpreter.parent()?;
    (!is_same_file(dir, &snapshot.scripts_dir())).then_some(Code::ShebangForeign)
}

fn finding(code: Code, scripts: &[&Script]) -> Option<Diagnosis> {
    let first = scripts.first()?;
    let interpreter = first.python.as_ref()?.interpreter.display();
    let name = first.name.to_string_lossy();
    let more = match scripts.len() {
        1 => String::new(),
        n => format!(" (and {} more)", n - 1),
    };
    let what = match code {
        Code::ShebangDead => "which is not there",
        Code::ShebangForeign => "which is outside of the environment",
        _ => "by a line that is too long",
    };
    let seen = format!("`{name}`{more} is run by `{interpreter}`, {what}");
    let names = scripts.iter().map(|script| script.name.clone()).collect();
    Some(Diagnosis::new(code, seen, Repair::FirstLines(names)))
}
