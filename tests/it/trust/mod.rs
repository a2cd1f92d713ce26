//! The programs and files that rvenv uses, and those that it does not: `start` for programs, `found` for what was
//! not named, `hook` for what is activated, `upgrade` for what is built.

mod found;
#[cfg(target_os = "linux")]
mod fuzz;
mod hook;
#[cfg(target_os = "linux")]
mod legitimate;
mod machine;
mod privilege;
mod start;
mod upgrade;
