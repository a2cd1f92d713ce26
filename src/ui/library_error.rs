//! Finds the library's error among the causes of a failure.

use rvenv::{
    Hint, check, create, fs, pack, python, seed, settings, shell, support, trust, unpack, venv,
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
}

type Cause = dyn std::error::Error + 'static;

/// The facts in the chain of causes.
pub(super) fn find(error: &anyhow::Error) -> LibraryError {
    LibraryError {
        hint: error.chain().find_map(hint),
        signal: error.chain().find_map(signal),
        code: error.chain().find_map(code),
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

fn signal(cause: &Cause) -> Option<usize> {
    macro_rules! wrapped_by {
        ($of:ident, $($module:ident),*) => {$(
            if let Some($module::Error::Support(error)) = cause.downcast_ref() {
                return $of(error);
            }
        )*};
    }
    let of = |error: &support::Error| match error {
        support::Error::Interrupted { signal } => Some(*signal),
        _ => None,
    };
    wrapped_by!(of, rvenv, fs, pack, python, settings, trust, venv, seed, create, check, unpack);
    cause.downcast_ref().and_then(of)
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
