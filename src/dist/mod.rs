//! Installed distributions: the `site-packages` that holds them, and what their metadata records.

pub(crate) mod aside;
pub(crate) mod direct_url;
pub(crate) mod eggs;
pub(crate) mod info;
pub(crate) mod markers;
mod memory;
pub(crate) mod metadata;
pub(crate) mod pth;
pub(crate) mod record;
mod seen;
mod series;
mod shared;
pub(crate) mod site;
pub(crate) mod verify;

pub(crate) use series::LibrarySeries;
