//! File operations. Their errors name the path, files are written whole or not at all, and a directory
//! that another process replaces by a link does not redirect them.
//!
//! Nothing is flushed to the disk (fsync(2)): an environment can be created again, a flush costs more
//! than the rest of `create`, and no other tool does it. `check` detects the result of a power failure:
//! journalling filesystems commit renames in order, so the target is absent or complete except for empty
//! files.
//!
//! | part | owns |
//! |---|---|
//! | [`open_regular`], [`read_bounded`], [`write_whole`] | one file by its path |
//! | [`Dir`] | an open directory and the changes in it |
//! | [`LinkMode`], [`Linker`] | sharing of files between the cache and environments |
//! | [`Stage`], [`InPlace`], [`sweep()`], [`is_unfinished`] | staging areas, changes in place, removal of the files of killed processes |
//! | [`Guard`], [`DeletionTarget`] | the rules of deletion |
//! | [`remove_tree`] | deletion that follows no link and crosses no mount point |

mod deletion;
mod dir;
mod error;
mod facts;
mod file;
mod kind;
mod link;
mod pair;
mod remove;
mod repository;
mod root_entries;
mod stage;

mod staging_area;
mod sweep;
#[cfg_attr(unix, path = "sys/unix.rs")]
#[cfg_attr(not(unix), path = "sys/portable.rs")]
mod sys;
mod undo_log;
mod view;

pub(crate) use deletion::is_mount_point;
pub use deletion::{DeletionTarget, Guard, Refusal};
pub use dir::Dir;
pub(crate) use dir::{BLOCK, is_normal};
pub use error::{Error, Result};
pub(crate) use facts::FileFacts;
pub(crate) use file::{NewFile, names_in, read_start, sweep_files};
pub use file::{open_regular, read_bounded, write_whole};
pub(crate) use kind::Kind;
pub use link::{LinkMode, Linker};
pub(crate) use pair::DirPair;
pub use remove::remove_tree;
pub(crate) use root_entries::has_user_entries;
pub use stage::{InPlace, Stage, discard};
pub(crate) use sweep::is_staging_area;
pub use sweep::{Leftover, has_stale_temp_files, is_unfinished, sweep};
pub(crate) use view::DirView;

#[cfg(test)]
mod tests;
