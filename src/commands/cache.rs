//! `rvenv cache`: where it is, and away with it.

use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

use anyhow::bail;

use super::Context;
use crate::cli::{Cache, CacheAction};
use crate::ui;

/// Prints the directory, or removes it.
pub(super) fn run(args: &Cache, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let Some(root) = context.cache.root() else {
        bail!("there is no cache: no directory for it that can be trusted");
    };
    match args.action {
        CacheAction::Dir => ui::print([root.as_os_str().as_bytes(), b"\n"].concat())?,
        CacheAction::Clean => todo!(),
    }
    Ok(ExitCode::SUCCESS)
}
