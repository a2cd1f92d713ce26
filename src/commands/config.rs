//! `rvenv config`: every setting, and who set it.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anstyle::Style;
use rvenv::project::Project;
use rvenv::settings::{self, Key, Kind, Setting, Settings, Value};
use serde_json::{Map, json};

use super::Context;
use crate::cli::Config;
use crate::ui;

/// The version of the JSON answer's form: another number, another form.
const SCHEMA: u32 = 1;
const FAINT: Style = Style::new().dimmed();

/// Prints the settings: in TOML, so that they can be kept, or in JSON.
pub(super) fn run(args: &Config, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let project = Project::find(&context.host)?;
    let settings = Settings::load(&context.host, &project)?;
    context.ui.warn_of_project(&project);
    let user = settings::user_file(&context.host);
    if args.json {
        ui::print(as_json(&settings, &project, user.as_deref())?)?;
    } else {
        ui::print(as_toml(&settings, user.as_deref()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn as_toml(settings: &Settings, user: Option<&Path>) -> String {
    let mut page = String::new();
    if let Some(user) = user {
        let path = ui::visible(&user.display().to_string());
        let _ = writeln!(page, "{FAINT}# yours: {path}{FAINT:#}");
    }
    for key in Key::ALL {
        let name = key.name();
        let line = match (settings.get(key), default(key)) {
            (Some(set), _) => format!("{name} = {}", literal(&set.value)),
            (None, Some(value)) => format!("{name} = {value}"),
            (None, None) => format!("# {name} ="),
        };
        let source = settings.get(key).map_or_else(
            || format!("the default; {} and --{name} set it", key.variable()),
            |set| format!("{}: {}", set.source.name(), set.source),
        );
        let source = ui::visible(&source);
        let _ = writeln!(page, "{line:<34} {FAINT}# {source}{FAINT:#}");
    }
    page
}

/// The value that holds where nobody set one, as a TOML literal.
fn default(key: Key) -> Option<String> {
    match key.kind() {
        Kind::Switch => Some("false".into()),
        Kind::Choice(names) => names.first().map(|name| format!("\"{name}\"")),
        Kind::Text => None,
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::Switch(on) => on.to_string(),
        Value::Text(text) => toml::Value::String(text.to_string_lossy().into_owned()).to_string(),
    }
}

fn as_json(
    settings: &Settings,
    project: &Project,
    user: Option<&Path>,
) -> Result<String, serde_json::Error> {
    let files = [&project.settings, &project.manifest].into_iter().flatten();
    let values: Map<_, _> = Key::ALL
        .into_iter()
        .map(|key| (key.name().to_owned(), settings.get(key).map_or_else(unset, set)))
        .collect();
    let page = json!({
        "version": SCHEMA,
        "user_file": user,
        "project_files": files.map(|file| &file.path).collect::<Vec<_>>(),
        "settings": values,
    });
    Ok(serde_json::to_string_pretty(&page)? + "\n")
}

fn unset() -> serde_json::Value {
    json!({ "value": null, "source": "default" })
}

fn set(setting: &Setting) -> serde_json::Value {
    let value = match &setting.value {
        Value::Switch(on) => json!(on),
        Value::Text(text) => json!(text.to_string_lossy()),
    };
    json!({ "value": value, "source": setting.source.name(), "file": setting.source.file() })
}
