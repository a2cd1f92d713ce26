//! What rvenv starts and uses, and what it does not: `start` for programs, `hook` for what is activated.

mod hook;
mod start;
