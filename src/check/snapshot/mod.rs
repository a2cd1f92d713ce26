//! The facts that are read before the rules judge them.

pub(super) mod asides;
pub(super) mod git;
pub(super) mod processes;
pub(super) mod session;

use std::cell::OnceCell;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use crate::dist::info::DistInfos;
use crate::dist::site::{Dist, Site};
use crate::relocate::Origin;
use crate::support::cache::Cache;
use crate::support::host::Host;
use crate::support::program::Starts;
use crate::venv::state::State;
use asides::Asides;

/// An environment as it was when `check` began.
#[derive(Debug)]
pub(super) struct Snapshot<'a> {
    pub(super) state: State<'a>,
    /// The path at which it was created, if it was moved.
    pub(super) origin: Option<Origin>,
    /// The metadata of each distribution, read when the first rule asks for it.
    infos: OnceCell<DistInfos>,
    /// The files that pip moved aside, read when the first rule needs them.
    asides: OnceCell<Asides>,
}

impl<'a> Snapshot<'a> {
    pub(super) fn read(root: &Path, starts: Starts, host: &'a Host, cache: &'a Cache) -> Self {
        let state = State::read(root, starts, host, cache);
        Self { origin: Origin::of(&state), state, infos: OnceCell::new(), asides: OnceCell::new() }
    }

    /// The files that pip moved aside in the `site-packages` that the environment's Python uses.
    pub(super) fn asides(&self) -> &Asides {
        self.asides.get_or_init(|| self.site().map(Asides::read).unwrap_or_default())
    }

    /// The projects of editable installs that do not exist any more.
    pub(super) fn gone_projects(&self) -> Vec<(Dist<'_>, PathBuf)> {
        let dists = self.site().into_iter().flat_map(Site::dists);
        let projects = dists.filter_map(|dist| Some((self.infos().editable(&dist)?, dist)));
        let gone = projects.filter(|(project, _)| !project.is_dir());
        gone.map(|(project, dist)| (dist, project)).collect()
    }

    /// The metadata of each distribution in the `site-packages` that the environment's Python uses.
    pub(super) fn infos(&self) -> &DistInfos {
        let read = |site| DistInfos::read(site, self.cache);
        self.infos.get_or_init(|| self.site().map(read).unwrap_or_default())
    }
}

impl<'a> Deref for Snapshot<'a> {
    type Target = State<'a>;

    fn deref(&self) -> &Self::Target {
        &self.state
    }
}
