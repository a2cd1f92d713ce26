//! pip in an environment: where it comes from, how it stands, and that it behaves.

mod behaviour;
pub(crate) mod fixture;
mod images;
mod index;
mod layouts;
mod maker;
mod redirects;
mod scripts;
mod wheels;

#[cfg(target_os = "linux")]
pub(crate) use maker::Maker;
