//! File formats: bytes in, values out.

pub(crate) mod direct_url;
pub(crate) mod dist_info;
pub(crate) mod elf;
pub(crate) mod entry_points;
pub(crate) mod git_index;
pub(crate) mod git_object;
pub(crate) mod gitignore;
pub(crate) mod launcher;
pub(crate) mod metadata;
pub(crate) mod object_file;
pub(crate) mod pylock;
mod pyvenv_cfg;
pub(crate) mod record;
pub(crate) mod requirement;
pub(crate) mod shebang;
pub(crate) mod wheel_tags;

pub use pyvenv_cfg::PyvenvCfg;
pub(crate) use pyvenv_cfg::{is_one_line, python_repr};
pub use requirement::normalized as normalized_name;
