//! `rvenv config`: every setting, and who set it.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anstyle::Style;
use rvenv::create::python_choice::{Origin, ResolvedRequest};
use rvenv::settings;
use rvenv::settings::project::Project;
use rvenv::settings::{Key, Settings, Value};
use serde_json::{Map, json};

use super::Context;
use crate::cli::Config;
use crate::ui;

/// The version of the JSON schema; it changes when a field is removed or changes its meaning.
const SCHEMA: u32 = 1;
const FAINT: Style = Style::new().dimmed();

/// Prints the settings: in TOML, so that they can be kept, or in JSON.
pub(super) fn run(args: &Config, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let project = Project::find(&context.host)?;
    let settings = context.settings.clone().with_project(&project)?;
    context.ui.report_settings(&context.host, &project, &settings);
    let user = settings::user_file(&context.host);
    let file = FileRequest::of(&settings, &project, context);
    if args.json {
        ui::print_json(&as_json(&settings, &project, user.as_deref(), file.as_ref()))?;
    } else {
        ui::show(as_toml(&settings, user.as_deref(), file.as_ref()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The Python that a file of the project asks for where no setting decides: `.python-version`, or
/// `requires-python`.
struct FileRequest {
    request: String,
    origin: String,
}

impl FileRequest {
    fn of(settings: &Settings, project: &Project, context: &Context<'_>) -> Option<Self> {
        match ResolvedRequest::of(settings, project, &context.host) {
            Ok(found) if matches!(found.origin, Origin::Default | Origin::Setting(_)) => None,
            Ok(found) => {
                Some(Self { request: found.request.to_string(), origin: found.origin.to_string() })
            }
            Err(error) => {
                context.ui.warn(error);
                None
            }
        }
    }
}

fn as_toml(settings: &Settings, user: Option<&Path>, file: Option<&FileRequest>) -> String {
    let mut page = String::new();
    if let Some(user) = user {
        let path = ui::visible(&user.display().to_string());
        let _ = writeln!(page, "{FAINT}# yours: {path}{FAINT:#}");
    }
    for key in Key::ALL {
        let name = key.name();
        let set = settings.get(key);
        let line = match set.map(|set| set.value.clone()).or_else(|| key.default_value()) {
            Some(value) => format!("{name} = {}", literal(&value)),
            None => format!("# {name} ="),
        };
        let (line, source) = match (key, file) {
            (Key::Python, Some(FileRequest { request, origin })) => {
                (format!("# {name} = {}", literal(&Value::text(request.clone()))), origin.clone())
            }
            _ => (line, set.map_or_else(|| "default".into(), |set| set.source.to_string())),
        };
        let _ = writeln!(page, "{line:<34} {FAINT}# {}{FAINT:#}", ui::visible(&source));
    }
    page
}

fn literal(value: &Value) -> String {
    match value {
        Value::Switch(on) => on.to_string(),
        Value::Text(text) => {
            ui::visible_toml(&toml::Value::String(text.to_string_lossy().into_owned()).to_string())
        }
        Value::Names(names) => ui::visible_toml(&toml::Value::from(names.clone()).to_string()),
    }
}

fn as_json(
    settings: &Settings,
    project: &Project,
    user: Option<&Path>,
    file: Option<&FileRequest>,
) -> serde_json::Value {
    let files = [&project.settings, &project.manifest].into_iter().flatten();
    let values: Map<_, _> =
        Key::ALL.into_iter().map(|key| (key.name().to_owned(), row(key, settings))).collect();
    json!({
        "version": SCHEMA,
        "user_file": user,
        "project_files": files.map(|file| &file.path).collect::<Vec<_>>(),
        "python_request": file.map(|file| json!({ "request": file.request, "origin": file.origin })),
        "settings": values,
    })
}

fn row(key: Key, settings: &Settings) -> serde_json::Value {
    let set = settings.get(key);
    let value = set.map(|set| set.value.clone()).or_else(|| key.default_value());
    json!({
        "value": value.map(|value| match value {
            Value::Switch(on) => json!(on),
            Value::Text(text) => json!(text.to_string_lossy()),
            Value::Names(names) => json!(names),
        }),
        "source": set.map_or("default", |set| set.source.name()),
        "file": set.and_then(|set| set.source.file()),
        "variable": key.variable(),
    })
}
