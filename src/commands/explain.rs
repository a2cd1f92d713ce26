//! `rvenv check --explain CODE`: what a code of a finding means.

use std::process::ExitCode;

use rvenv::check::Code;

use crate::ui;

/// Prints severity, meaning and consequence of a code.
pub(super) fn explain(code: Code) -> anyhow::Result<ExitCode> {
    let severity = format!("{:?}", code.severity()).to_lowercase();
    ui::show(format!("{} ({severity}): {}\n", code.name(), code.why()))?;
    Ok(ExitCode::SUCCESS)
}
