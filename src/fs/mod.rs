//! File operations that name their path when they fail, never leave half a file, and cannot be led
//! astray by a directory that somebody swaps for a link meanwhile.
//!
//! Nothing is flushed to the disk (`fsync`): an environment can be made anew, a flush costs more
//! than all the rest of `create` together, and no peer does it. What a power cut may leave is
//! seen by `check`: the journalling file systems commit renames in their order, so a target is
//! either absent, or the whole directory tree with possibly empty files in it.
//!
//! | part | owns |
//! |---|---|
//! | [`open_regular`], [`read_bounded`], [`write_whole`] | one file by its path |
//! | [`Dir`] | an open directory, and everything made or replaced in it |
//! | [`LinkMode`], [`Linker`] | the same file twice, as cheaply as the file systems allow |
//! | [`Stage`], [`InPlace`], [`sweep`], [`is_unfinished`] | building beside a target, moving into place, cleaning up after the killed |
//! | [`Guard`], [`DeletionTarget`] | what may be deleted at all |
//! | [`remove_tree`] | deleting, without following a link or crossing a mount point |

mod deletion;
mod dir;
mod error;
mod file;
mod kind;
mod link;
mod remove;
mod root_entries;
mod stage;

mod staging_area;
mod sweep;
#[cfg_attr(unix, path = "sys/unix.rs")]
#[cfg_attr(not(unix), path = "sys/portable.rs")]
mod sys;
mod undo_log;

pub use deletion::{DeletionTarget, Guard, Refusal};
pub use dir::Dir;
pub use error::{Error, Result};
pub(crate) use file::{names_in, read_start, sweep_files};
pub use file::{open_regular, read_bounded, write_whole};
pub use link::{LinkMode, Linker};
pub use remove::remove_tree;
pub(crate) use root_entries::has_user_entries;
pub use stage::{InPlace, Stage, discard};
pub(crate) use sweep::is_staging_area;
pub use sweep::{Leftover, has_stale_temp_files, is_unfinished, sweep};

#[cfg(test)]
mod tests;
