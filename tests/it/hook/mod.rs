//! The hook for a change of directory, in real shells on a pseudo-terminal.

mod coexistence;
mod fixture;
mod lifecycle;
mod manners;
mod trust;
mod wrappers;
