//! The setting `check-ignore`: codes whose findings become notes.

use rvenv::check::{Code, FORMER_NAMES, Severity};
use rvenv::settings::project::Project;
use rvenv::settings::{Key, Source};
use rvenv::support::suggest::similar;

use crate::commands::Context;

/// The codes, checked: each exists, and a project's file names no error.
pub(super) fn codes(context: &Context<'_>) -> anyhow::Result<Vec<Code>> {
    let settings = match Project::find(&context.host) {
        Ok(project) => context.settings.clone().with_project(&project)?,
        // The environment can be checked all the same, with the user's own settings.
        Err(error) => {
            context.ui.warn(format_args!("the project's settings are left out: {error}"));
            context.settings.clone()
        }
    };
    let Some((names, source)) = settings.names(Key::CheckIgnore) else { return Ok(Vec::new()) };
    names.iter().map(|name| code(name, source)).collect()
}

fn code(name: &str, source: &Source) -> anyhow::Result<Code> {
    let Some(code) = Code::named(name) else {
        let former = FORMER_NAMES.iter().map(|(name, _)| *name);
        let near = similar(name, Code::ALL.iter().map(|code| code.name()).chain(former));
        let hint = match near.first() {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`rvenv help findings` lists all codes".to_owned(),
        };
        anyhow::bail!(
            "{source} sets `check-ignore` to `{name}`, which `check` does not report\n\
             hint: {hint}"
        );
    };
    if matches!(source, Source::Project(_)) && code.severity() == Severity::Error {
        anyhow::bail!(
            "{source} sets `check-ignore` to `{name}`: a project can make warnings notes, not errors\n\
             hint: set it in your own configuration or in `RVENV_CHECK_IGNORE`"
        );
    }
    Ok(code)
}
