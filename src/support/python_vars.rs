//! The variables that make an environment's Python use another installation.

/// The variables that change which prefix, program or standard library Python takes, wherever its
/// executable is. Whatever starts an environment's Python removes them, and activation hides them.
///
/// - `PYTHONHOME`: the prefix of the standard library (`python --help-env`).
/// - `PYTHONEXECUTABLE`: `sys.executable`, from which `getpath.py` derives the prefix, on every
///   system since CPython 3.11.
/// - `__PYVENV_LAUNCHER__`: the same, set by the launchers of macOS and Windows for their own child.
/// - `PYTHONPLATLIBDIR`: `sys.platlibdir`, the directory that the standard library is in.
pub const MISLEADING: [&str; 4] =
    ["PYTHONHOME", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__", "PYTHONPLATLIBDIR"];

/// The variables in which activation saves the user's value of each of [`MISLEADING`], in the same order.
pub const SAVED: [&str; 4] = [
    "_OLD_VIRTUAL_PYTHONHOME",
    "_OLD_VIRTUAL_PYTHONEXECUTABLE",
    "_OLD_VIRTUAL___PYVENV_LAUNCHER__",
    "_OLD_VIRTUAL_PYTHONPLATLIBDIR",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_variable_is_saved_under_its_name() {
        for (name, saved) in MISLEADING.iter().zip(SAVED) {
            assert_eq!(format!("_OLD_VIRTUAL_{name}"), saved);
        }
    }
}
