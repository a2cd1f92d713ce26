//! What rvenv starts and uses, and what it does not: `start` for programs, `found` for directories and
//! files that were not named.

mod start;
