//! pip in an environment: where it comes from, how it stands, and that it behaves.

mod behaviour;
mod images;
mod index;
mod layouts;
mod maker;
mod redirects;
mod scripts;
mod wheels;
pub(crate) mod world;

#[cfg(target_os = "linux")]
pub(crate) use maker::Maker;
