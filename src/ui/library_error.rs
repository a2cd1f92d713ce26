//! Finds the library's error among the causes of a failure.

use std::io::ErrorKind;

use rvenv::{
    Hint, check, create, fs, pack, python, seed, settings, shell, store, support, trust, unpack,
    venv,
};

use crate::process::Exit;

/// The facts about a library error that decide how the program reports it.
pub(super) struct LibraryError {
    /// The next step for the user.
    pub(super) hint: Option<Hint>,
    /// The number of the signal that interrupted the work.
    pub(super) signal: Option<usize>,
    /// The exit code of a command that did not start.
    pub(super) code: Option<Exit>,
    /// Whether a message states that a file does not exist.
    pub(super) states_absence: bool,
}

type Cause = dyn std::error::Error + 'static;

/// The facts in the chain of causes.
pub(super) fn find(error: &anyhow::Error) -> LibraryError {
    LibraryError {
        hint: error.chain().find_map(hint),
        signal: error.chain().find_map(signal),
        code: error.chain().find_map(code),
        states_absence: error.chain().any(states_absence),
    }
}

/// The hint of a library error; `None` for any other error.
fn hint(cause: &Cause) -> Option<Hint> {
    macro_rules! first_of {
        ($($error:ty),*) => {$(
            if let Some(error) = cause.downcast_ref::<$error>() {
                return error.hint();
            }
        )*};
    }
    first_of!(
        rvenv::Error,
        support::Error,
        fs::Error,
        python::Error,
        shell::Error,
        settings::Error,
        trust::Error,
        venv::Error,
        seed::Error,
        pack::Error,
        create::Error,
        check::Error,
        unpack::Error
    );
    None
}

/// The error of a lower module that a cause is, or that the variant of one of the modules wraps.
macro_rules! lower {
    ($cause:ident, $variant:ident, $($module:ident),*) => {{
        let mut found = $cause.downcast_ref();
        $(
            if let Some($module::Error::$variant(error)) = $cause.downcast_ref() {
                found = Some(error);
            }
        )*
        found
    }};
}

fn signal(cause: &Cause) -> Option<usize> {
    let error = lower!(
        cause, Support, rvenv, fs, pack, python, settings, trust, venv, seed, create, check, unpack
    );
    match error? {
        support::Error::Interrupted { signal } => Some(*signal),
        _ => None,
    }
}

/// Whether the message of a cause states that a file does not exist.
fn states_absence(cause: &Cause) -> bool {
    let error = lower!(
        cause, Fs, rvenv, pack, python, settings, trust, venv, seed, store, create, check, unpack
    );
    matches!(error, Some(fs::Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound)
}

/// As a POSIX shell reports it: 127 for a command that is not there, 126 for one that cannot be
/// executed.
fn code(cause: &Cause) -> Option<Exit> {
    let error = match cause.downcast_ref::<rvenv::Error>() {
        Some(rvenv::Error::Venv(error)) => Some(error),
        _ => cause.downcast_ref::<venv::Error>(),
    };
    match error? {
        venv::Error::NoCommand { .. } => Some(Exit::NotFound),
        venv::Error::NotExecutable { .. } => Some(Exit::CannotExecute),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_missing_file_is_stated_as_absent() {
        let absence = |kind: ErrorKind| find(&fs::Error::io("read", "none")(kind.into()).into());
        assert!(absence(ErrorKind::NotFound).states_absence);
        assert!(!absence(ErrorKind::PermissionDenied).states_absence);
        let missing = || fs::Error::io("read", "none")(ErrorKind::NotFound.into());
        for wrapped in [
            rvenv::Error::from(missing()).into(),
            anyhow::Error::from(store::Error::from(missing())).context("cannot install"),
        ] {
            assert!(find(&wrapped).states_absence, "{wrapped:?}");
        }
        assert!(!find(&anyhow::anyhow!("`a` does not exist")).states_absence);
    }
}
