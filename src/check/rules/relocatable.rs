//! The promise of `relocatable = true` in `pyvenv.cfg`.

use crate::check::code::Code;
use crate::check::repairs::{Diagnosis, Repair};
use crate::check::snapshot::Snapshot;
use crate::relocate;

/// The commands with absolute shebangs: pip, which does not know the key, wrote them.
pub(crate) fn finding(snapshot: &Snapshot<'_>) -> Option<Diagnosis> {
    if !snapshot.cfg().is_relocatable() {
        return None;
    }
    let absolute = snapshot.scripts.iter().filter(|script| relocate::is_absolute(snapshot, script));
    let scripts: Vec<_> = absolute.collect();
    let name = scripts.first()?.name.to_string_lossy();
    let seen = match scripts.len() {
        1 => format!("`{name}` names its Python by an absolute path"),
        n => format!("`{name}` (and {} more) name their Python by an absolute path", n - 1),
    };
    let names = scripts.iter().map(|script| script.name.clone()).collect();
    Some(Diagnosis::new(Code::ShebangAbsolute, seen, Repair::FirstLines(names)))
}
