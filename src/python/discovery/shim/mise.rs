//! The rule of mise, as mise 2026.9.15 decides (mise.jdx.dev/configuration.html, `mise config ls`): a variable,
//! the files of the current directory and those above it, the global files, those of the system.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::Unchosen;
use super::mise_files::{
    directories, environments, global, is_set, matching, names, path_list, read_toml,
    tool_versions_names,
};
use crate::python::files::{python_version, tools, words};
use crate::support::dirs;
use crate::support::host::{Host, Platform};

/// The names of the selected versions.
pub(super) fn chosen(host: &Host) -> Result<Vec<String>, Unchosen> {
    let configuration = Configuration::read(host)?;
    if configuration.is_disabled(host) {
        return Err(Unchosen::Nothing);
    }
    let variable = host.var("MISE_PYTHON_VERSION").and_then(|value| value.to_str());
    let names = variable.map(words).filter(|names| !names.is_empty());
    if let Some(names) = names {
        let place = "`MISE_PYTHON_VERSION`".to_owned();
        return names.into_iter().map(|name| configuration.version(&name, &place)).collect();
    }
    for source in configuration.sources.iter().rev() {
        if let Some(names) = configuration.selection(source, host)? {
            return Ok(names);
        }
    }
    Err(Unchosen::Nothing)
}

/// A file that can select versions.
enum Source {
    /// One in mise's format, with its text.
    Toml { path: PathBuf, text: String, table: Table },
    /// `.tool-versions`
    ToolVersions(PathBuf),
    /// `.python-version`, which mise reads if a setting permits it.
    PythonVersion(PathBuf),
}

/// All files that mise reads, the last decides.
#[derive(Default)]
struct Configuration {
    sources: Vec<Source>,
}

impl Configuration {
    fn read(host: &Host) -> Result<Self, Unchosen> {
        let mut configuration = Self::default();
        if is_set(host, "MISE_NO_CONFIG") {
            return Ok(configuration);
        }
        let start = host.path_var("MISE_CD").map(|dir| host.absolute(dir));
        let start = start.unwrap_or_else(|| host.cwd().to_owned());
        let dirs = directories(&start, host);
        let user = host.path_var("MISE_CONFIG_DIR").map(Path::to_owned);
        let user = user.or_else(|| Some(dirs::xdg_config(host)?.join("mise")));
        let environments = environments(&dirs, user.as_deref(), host);
        let system = ["MISE_SYSTEM_CONFIG_DIR", "MISE_SYSTEM_DIR"];
        let system = system.into_iter().find_map(|name| host.path_var(name));
        let system = system.unwrap_or(Path::new("/etc/mise"));
        let mut files = global(system, &environments);
        if let Some(file) = host.path_var("MISE_GLOBAL_CONFIG_FILE") {
            files.push(host.absolute(file));
        } else if let Some(user) = &user {
            files.extend(global(user, &environments));
        }
        configuration.add(files, host)?;
        let names = names(&environments, host);
        let tool_versions = tool_versions_names(host);
        for dir in dirs.iter().rev() {
            configuration.sources.push(Source::PythonVersion(dir.to_owned()));
            let versions = tool_versions.iter().map(|name| Source::ToolVersions(dir.join(name)));
            configuration.sources.extend(versions);
            let files = names.iter().flat_map(|name| matching(dir, name)).collect();
            configuration.add(files, host)?;
        }
        Ok(configuration)
    }

    fn add(&mut self, files: Vec<PathBuf>, host: &Host) -> Result<(), Unchosen> {
        let ignored = path_list(host, "MISE_IGNORED_CONFIG_PATHS");
        for path in files {
            if ignored.iter().any(|ignored| path.starts_with(ignored)) {
                continue;
            }
            if let Some((text, table)) = read_toml(&path)? {
                self.sources.push(Source::Toml { path, text, table });
            }
        }
        Ok(())
    }

    /// The tables in mise's format, the one that decides first.
    fn tables(&self) -> impl Iterator<Item = &Table> {
        self.sources.iter().rev().filter_map(|source| match source {
            Source::Toml { table, .. } => Some(table),
            Source::ToolVersions(_) | Source::PythonVersion(_) => None,
        })
    }

    /// Whether the list in the setting `name` contains Python; `None` if nothing sets it.
    fn is_listed(&self, name: &str, host: &Host) -> Option<bool> {
        let is_python = |name: &str| matches!(name.trim(), "python" | "core:python");
        if let Some(value) = host.var(&format!("MISE_{}", name.to_uppercase())) {
            return Some(value.to_str()?.split(',').any(is_python));
        }
        let mut of_files = self.tables().filter_map(|table| table.get("settings")?.get(name));
        let list = of_files.next()?.as_array()?;
        Some(list.iter().filter_map(Value::as_str).any(is_python))
    }

    /// Whether mise leaves Python to others.
    fn is_disabled(&self, host: &Host) -> bool {
        self.is_listed("disable_tools", host) == Some(true)
            || self.is_listed("enable_tools", host) == Some(false)
    }

    /// The selection of a file; `None` if it has none.
    fn selection(&self, source: &Source, host: &Host) -> Result<Option<Vec<String>>, Unchosen> {
        match source {
            Source::Toml { path, text, table } => {
                let Some(tools) = table.get("tools") else { return Ok(None) };
                if !tools.is_table() {
                    let place = line_place(path, text, |line| {
                        line.trim_start().trim_start_matches('[').starts_with("tools")
                    });
                    let what = format!("{place}, has `tools = {tools}`, which is not a table");
                    return Err(Unchosen::Unfollowed(what));
                }
                let value = tools.get("python").or_else(|| tools.get("core:python"));
                let values = match value {
                    None => return Ok(None),
                    Some(Value::Array(values)) if values.is_empty() => return Ok(None),
                    Some(Value::Array(values)) => values.iter().collect(),
                    Some(value) => vec![value],
                };
                let place = place(path, text);
                let values = values.into_iter().filter(|value| is_for_this_system(value, host));
                let name = |value| self.version(&requested(value, &place)?, &place);
                values.map(name).collect::<Result<_, _>>().map(Some)
            }
            Source::ToolVersions(path) => {
                let last = |name| tools(path, name).map(|mut lines| lines.pop());
                let entry = |name| last(name).map_err(|error| Unchosen::unread(&error));
                let Some((line, names)) = entry("python")?.or(entry("core:python")?) else {
                    return Ok(None);
                };
                let place = format!("`{}`, line {line}", path.display());
                names
                    .iter()
                    .map(|name| self.version(name, &place))
                    .collect::<Result<_, _>>()
                    .map(Some)
            }
            Source::PythonVersion(dir) => {
                let setting = "idiomatic_version_file_enable_tools";
                Ok(python_version(dir).filter(|_| self.is_listed(setting, host) == Some(true)))
            }
        }
    }

    /// The version that the word at `place` means.
    fn version(&self, word: &str, place: &str) -> Result<String, Unchosen> {
        let alias = |table: &'_ Table, key: &str| -> Option<String> {
            let python = table.get(key)?.get("python")?;
            let alias = python.get("versions").and_then(|names| names.get(word));
            Some(alias.or_else(|| python.get(word))?.as_str()?.to_owned())
        };
        let mut of_tables = self
            .tables()
            .filter_map(|table| alias(table, "tool_alias").or_else(|| alias(table, "alias")));
        let name = of_tables.next().unwrap_or_else(|| word.to_owned());
        let refused = |why| Err(Unchosen::Unfollowed(format!("{place}, has `{name}`, {why}")));
        if name.contains("{{") || name.contains("{%") {
            return refused("a template, which rvenv does not evaluate");
        }
        match name.split_once(':') {
            Some(("prefix", _)) | None => {}
            Some(("path", _)) => {
                return refused("a path; rvenv starts only versions that mise installed");
            }
            Some(_) => return refused("which rvenv cannot follow"),
        }
        let without_v =
            name.strip_prefix('v').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        Ok(without_v.unwrap_or(&name).to_owned())
    }
}

/// The text of an entry of `[tools]`: a string, or a table with `version` or another kind of request.
fn requested(value: &Value, place: &str) -> Result<String, Unchosen> {
    let of_table = |table: &Table| {
        let kinds = ["prefix", "path", "ref"].into_iter();
        let version = table.get("version").and_then(Value::as_str).map(str::to_owned);
        version.or_else(|| {
            kinds
                .into_iter()
                .find_map(|kind| Some(format!("{kind}:{}", table.get(kind)?.as_str()?)))
        })
    };
    let text = match value {
        Value::String(text) => Some(text.clone()),
        Value::Table(table) => of_table(table),
        _ => None,
    };
    text.ok_or_else(|| {
        Unchosen::Unfollowed(format!("{place}, has `{value}`, which is not a string"))
    })
}

/// Whether an entry has no `os`, or this system is among those of `os`: `linux`, `macos/arm64`.
fn is_for_this_system(value: &Value, host: &Host) -> bool {
    let systems = match value.get("os") {
        None => return true,
        Some(Value::Array(systems)) => systems.iter().filter_map(Value::as_str).collect(),
        Some(system) => system.as_str().into_iter().collect::<Vec<_>>(),
    };
    let system = match host.platform() {
        Platform::Linux => "linux",
        Platform::MacOs => "macos",
        Platform::Windows => "windows",
    };
    let machines: &[&str] = match std::env::consts::ARCH {
        "x86_64" => &["x64", "amd64", "x86_64"],
        "aarch64" => &["arm64", "aarch64"],
        other => &[other],
    };
    systems.iter().any(|name| match name.split_once(['/', '-']) {
        Some((name, machine)) => name == system && machines.contains(&machine),
        None => *name == system,
    })
}

/// `FILE`, line N: that of the entry for Python.
fn place(path: &Path, text: &str) -> String {
    let is_entry = |line: &str| {
        let line = line.trim_start().trim_start_matches('[').trim_start_matches("tools");
        let line = line.trim_start_matches(['.', '=', '{', ' ', '"', '\'']);
        line.trim_start_matches("core:").starts_with("python")
    };
    line_place(path, text, is_entry)
}

/// `FILE`, line N: the first line of which `is_entry` is true.
fn line_place(path: &Path, text: &str, is_entry: impl FnMut(&str) -> bool) -> String {
    let line = text.lines().position(is_entry).map_or(1, |index| index + 1);
    format!("`{}`, line {line}", path.display())
}
