//! The package store: what pip installed once is linked into the next environment.

mod filling;
mod tags;
mod world;
