//! Environments: what one holds, where one is, making one and judging one.

mod plan;

pub use plan::{Content, Entry, Plan};
