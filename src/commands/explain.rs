//! `rvenv check --explain CODE`: what a code of a finding means.

use std::process::ExitCode;

use rvenv::check::Code;

use crate::ui;

/// Prints severity, meaning and consequence of a code.
pub(super) fn explain(code: Code) -> anyhow::Result<ExitCode> {
    let severity = code.severity().name();
    let (name, meaning, why) = (code.name(), code.meaning(), code.why());
    ui::show(format!("{name} ({severity}): {meaning}: {why}\n"))?;
    Ok(ExitCode::SUCCESS)
}
