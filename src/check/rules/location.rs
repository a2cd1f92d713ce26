//! The place of an environment: its path, and the entries beside it.

use crate::check::code::Code;
use crate::check::repairs::{Diagnosis, Repair};
use crate::check::snapshot::Snapshot;
use crate::fs;
use crate::relocate::Origin;
use crate::support::host::Platform;
use crate::support::limits;
use crate::venv::ensure_usable;
use crate::venv::repair::Step;

/// `MAX_PATH` without the zero at the end: what Windows starts programs from, whatever long paths are
/// allowed for files.
const MAX_PATH: usize = 259;

pub(crate) fn findings(snapshot: &Snapshot<'_>) -> Vec<Diagnosis> {
    let mut findings: Vec<_> = moved(snapshot).into_iter().chain(path(snapshot)).collect();
    if fs::has_stale_temp_files(snapshot.root()) {
        let seen = "a process that was killed left temporary files";
        let remedy = Repair::Steps(vec![Step::Sweep]);
        findings.push(Diagnosis::new(Code::CreateLeftover, seen, remedy));
    }
    findings
}

/// That the environment is not where it was made.
fn moved(snapshot: &Snapshot<'_>) -> Option<Diagnosis> {
    let origin = snapshot.origin.as_ref()?;
    let (code, seen) = match origin {
        Origin::Left(root) => {
            (Code::Moved, format!("the environment was made at `{}`", root.display()))
        }
        Origin::Copied(root) => {
            (Code::Copied, format!("the environment is a copy of `{}`", root.display()))
        }
    };
    Some(Diagnosis::new(code, seen, Repair::Relocation))
}

fn path(snapshot: &Snapshot<'_>) -> Option<Diagnosis> {
    let remedy = || Repair::advice("move it to another place, then run `rvenv check --fix`");
    if let Err(error) = ensure_usable(snapshot.root(), snapshot.host.platform()) {
        return Some(Diagnosis::new(Code::PathUnusable, error.to_string(), remedy()));
    }
    let python = snapshot.root().join(snapshot.python());
    let seen = awkward(&python.to_string_lossy(), snapshot.host.platform())?;
    Some(Diagnosis::new(Code::CommandHidden, seen, remedy()))
}

/// The property of the path of an environment's Python that prevents its use in scripts, if it has one.
fn awkward(python: &str, platform: Platform) -> Option<&'static str> {
    if platform == Platform::Windows {
        // Its scripts have launchers, which quote the path.
        let is_long = python.encode_utf16().count() > MAX_PATH;
        return is_long.then_some("its path is too long for Windows to start its Python");
    }
    if python.contains(char::is_whitespace) {
        Some("there is a space in its path")
    } else if python.len() + "#!\n".len() > limits::SHEBANG_ANY_LINUX {
        Some("its path is too long for the first line of a script")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn awkward_characters_depend_on_the_system() {
        let path = |length| "x".repeat(length);
        for (python, linux, windows) in [
            (path(124), false, false),
            (path(125), true, false),
            (path(259), true, false),
            (path(260), true, true),
            ("a b".to_owned(), true, false),
        ] {
            assert_eq!(awkward(&python, Platform::Linux).is_some(), linux, "{python}");
            assert_eq!(awkward(&python, Platform::Windows).is_some(), windows, "{python}");
        }
    }
}
