//! pip in an environment: where it comes from, how it stands, and that it behaves.

mod layouts;
mod world;
