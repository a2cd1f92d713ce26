//! Which Python is meant, which ones there are, and what each of them is.

mod demand;
mod finder;
mod fixture;
mod managers;
mod memory;
mod mise;
mod probe;
mod shims;
