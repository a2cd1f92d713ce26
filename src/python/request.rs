//! What a user can ask for.

use super::Interpreter;

/// A request for a Python, as the user worded it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Any Python will do.
    Any,
}

impl Request {
    /// Whether `interpreter` is what was asked for.
    pub fn matches(&self, _interpreter: &Interpreter) -> bool {
        match self {
            Self::Any => true,
        }
    }
}
