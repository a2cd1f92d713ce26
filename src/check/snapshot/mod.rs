//! What was read, before any rule looks at it.

pub(super) mod git;
pub(super) mod processes;
pub(super) mod session;

use std::ops::Deref;
use std::path::Path;

use crate::relocate::Origin;
use crate::support::cache::Cache;
use crate::support::host::Host;
use crate::support::program::Starts;
use crate::venv::state::State;

/// An environment as it was when `check` began.
#[derive(Debug)]
pub(super) struct Snapshot<'a> {
    pub(super) state: State<'a>,
    /// Where it was made, if that is elsewhere.
    pub(super) origin: Option<Origin>,
}

impl<'a> Snapshot<'a> {
    pub(super) fn read(root: &Path, starts: Starts, host: &'a Host, cache: &'a Cache) -> Self {
        let state = State::read(root, starts, host, cache);
        Self { origin: Origin::of(&state), state }
    }
}

impl<'a> Deref for Snapshot<'a> {
    type Target = State<'a>;

    fn deref(&self) -> &Self::Target {
        &self.state
    }
}
