//! stub
use super::Context;
pub(super) fn run(
    _: &crate::cli::Check,
    _: &Context<'_>,
) -> anyhow::Result<std::process::ExitCode> {
    anyhow::bail!("not yet")
}
