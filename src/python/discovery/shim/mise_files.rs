//! The files that mise reads, and their order.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::Unchosen;
use crate::fs;
use crate::support::host::Host;
use crate::support::limits;

/// The configuration files of a directory, the last decides. `{}` is the name of an environment.
const FILES: [&str; 17] = [
    ".config/mise/conf.d/*.toml",
    ".config/mise/config.toml",
    ".config/mise/mise.toml",
    ".config/mise.toml",
    ".mise/conf.d/*.toml",
    ".mise/config.toml",
    "mise/conf.d/*.toml",
    "mise/config.toml",
    DEFAULT_FILE,
    ".mise.toml",
    ".config/mise/config.local.toml",
    ".config/mise/mise.local.toml",
    ".config/mise.local.toml",
    ".mise/config.local.toml",
    "mise/config.local.toml",
    "mise.local.toml",
    ".mise.local.toml",
];
const DEFAULT_FILE: &str = "mise.toml";
/// Those of one environment in `MISE_ENV`; they follow the others.
const ENVIRONMENT_FILES: [&str; 12] = [
    ".config/mise/config.{}.toml",
    ".config/mise.{}.toml",
    "mise/config.{}.toml",
    "mise.{}.toml",
    ".mise/config.{}.toml",
    ".mise.{}.toml",
    ".config/mise/config.{}.local.toml",
    ".config/mise.{}.local.toml",
    "mise/config.{}.local.toml",
    "mise.{}.local.toml",
    ".mise/config.{}.local.toml",
    ".mise.{}.local.toml",
];
/// The same in the user's and the system's directory of configuration.
const GLOBAL_FILES: [&str; 9] = [
    "conf.d/*.toml",
    "config.toml",
    "mise.toml",
    "config.{}.toml",
    "mise.{}.toml",
    "config.local.toml",
    "mise.local.toml",
    "config.{}.local.toml",
    "mise.{}.local.toml",
];

/// The directories whose files count, from `start` upwards to `MISE_CEILING_PATHS`.
pub(super) fn directories(start: &Path, host: &Host) -> Vec<PathBuf> {
    let ceilings = path_list(host, "MISE_CEILING_PATHS");
    let is_ceiling = |dir: &Path| ceilings.iter().any(|ceiling| ceiling == dir);
    start.ancestors().take_while(|dir| !is_ceiling(dir)).map(Path::to_owned).collect()
}

/// The names in `MISE_ENV` or in `.miserc.toml`.
pub(super) fn environments(dirs: &[PathBuf], user: Option<&Path>, host: &Host) -> Vec<String> {
    let variables = ["MISE_ENV", "MISE_ENVIRONMENT", "MISE_PROFILE"];
    if let Some(value) = variables.into_iter().find_map(|name| host.var(name)?.to_str()) {
        let names = value.split(',').map(str::trim).filter(|name| !name.is_empty());
        return names.map(str::to_owned).collect();
    }
    let of_dirs = dirs.iter().map(|dir| dir.join(".miserc.toml"));
    let files = of_dirs.chain(user.map(|user| user.join("miserc.toml")));
    let of_file = |file: PathBuf| {
        let (_, table) = read_toml(&file).ok()??;
        let names = table.get("env")?.as_array()?.iter().filter_map(Value::as_str);
        Some(names.map(str::to_owned).collect())
    };
    files.into_iter().find_map(of_file).unwrap_or_default()
}

/// The names of the configuration files in a directory.
pub(super) fn names(environments: &[String], host: &Host) -> Vec<String> {
    if let Some(names) =
        host.var("MISE_OVERRIDE_CONFIG_FILENAMES").filter(|names| !names.is_empty())
    {
        let names = names.to_string_lossy();
        return names.split(host.platform().path_separator()).map(str::to_owned).collect();
    }
    let default = host.var("MISE_DEFAULT_CONFIG_FILENAME").and_then(|name| name.to_str());
    let with_default = |name: &&str| match default.filter(|_| *name == DEFAULT_FILE) {
        Some(default) => vec![DEFAULT_FILE.to_owned(), default.to_owned()],
        None => vec![(*name).to_owned()],
    };
    let of_environment =
        |name: &String| ENVIRONMENT_FILES.map(|file| file.replace("{}", name)).into_iter();
    FILES
        .iter()
        .flat_map(with_default)
        .chain(environments.iter().flat_map(of_environment))
        .collect()
}

/// The configuration files in `dir`, that of the user or of the system.
pub(super) fn global(dir: &Path, environments: &[String]) -> Vec<PathBuf> {
    let names = GLOBAL_FILES.iter().flat_map(|name| with_environment(name, environments));
    names.flat_map(|name| matching(dir, &name)).collect()
}

/// `name` for each environment, or `name` alone if it is not of an environment.
fn with_environment(name: &str, environments: &[String]) -> Vec<String> {
    if !name.contains("{}") {
        return vec![name.to_owned()];
    }
    environments.iter().map(|environment| name.replace("{}", environment)).collect()
}

/// The names of `.tool-versions` in a directory.
pub(super) fn tool_versions_names(host: &Host) -> Vec<String> {
    let list = host.var("MISE_OVERRIDE_TOOL_VERSIONS_FILENAMES").and_then(|names| names.to_str());
    if let Some(names) = list {
        return names.split(host.platform().path_separator()).map(str::to_owned).collect();
    }
    let default = host.var("MISE_DEFAULT_TOOL_VERSIONS_FILENAME").and_then(|name| name.to_str());
    vec![default.unwrap_or(".tool-versions").to_owned()]
}

/// `DIR/NAME`, or the files of a `conf.d` in the order of their names.
pub(super) fn matching(dir: &Path, name: &str) -> Vec<PathBuf> {
    let Some(parent) = name.strip_suffix("/*.toml") else { return vec![dir.join(name)] };
    let entries = std::fs::read_dir(dir.join(parent)).into_iter().flatten().flatten();
    let is_toml = |path: &PathBuf| path.extension().is_some_and(|end| end == "toml");
    let mut files: Vec<_> = entries.map(|entry| entry.path()).filter(is_toml).collect();
    files.sort();
    files
}

/// The text and the content of a file; `None` if it does not exist.
pub(super) fn read_toml(path: &Path) -> Result<Option<(String, Table)>, Unchosen> {
    if !path.is_file() {
        return Ok(None);
    }
    let unfollowed = |line: Option<usize>, why: &str| {
        let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
        Unchosen::Unfollowed(format!("cannot read `{}`{line}: {why}", path.display()))
    };
    let bytes = fs::read_bounded(path, limits::VERSION_FILE);
    let bytes = bytes.map_err(|error| Unchosen::unread(&error))?;
    let text = String::from_utf8(bytes).map_err(|_| unfollowed(None, "it is not UTF-8"))?;
    let table = text.trim_start_matches('\u{feff}').parse().map_err(|error: toml::de::Error| {
        let start = error.span().map(|span| line_at(&text, span.start));
        unfollowed(start, error.message())
    })?;
    Ok(Some((text, table)))
}

/// The number of the line that contains the byte at `offset`, counted from 1.
fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

pub(super) fn path_list(host: &Host, name: &str) -> Vec<PathBuf> {
    host.var(name).map(|paths| std::env::split_paths(paths).collect()).unwrap_or_default()
}

/// Whether a variable has one of mise's words for true.
pub(super) fn is_set(host: &Host, name: &str) -> bool {
    let value = host.var(name).and_then(|value| value.to_str());
    value.is_some_and(|value| {
        ["1", "true", "yes", "on", "y"].contains(&value.to_lowercase().as_str())
    })
}
