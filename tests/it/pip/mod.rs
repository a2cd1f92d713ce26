//! pip in an environment: where it comes from, how it stands, and that it behaves.

mod behaviour;
mod images;
mod index;
mod layouts;
mod maker;
mod wheels;
mod world;
