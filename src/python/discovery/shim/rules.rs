//! The rule by which each manager selects a version: a variable, a file in the current directory or above
//! it, a global file.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::python::Installer;
use crate::python::files::{read, words};
use crate::support::dirs;
use crate::support::host::{Host, Platform};

/// The files of mise in a directory; the first decides (mise.jdx.dev/configuration.html). `{}` is the name
/// of an environment in `MISE_ENV`.
const MISE_ENV_FILES: [&str; 6] = [
    ".mise.{}.local.toml",
    "mise.{}.local.toml",
    ".mise.{}.toml",
    "mise.{}.toml",
    "mise/config.{}.toml",
    ".config/mise/config.{}.toml",
];
const MISE_FILES: [&str; 14] = [
    ".mise.local.toml",
    "mise.local.toml",
    ".mise.toml",
    "mise.toml",
    "mise/config.local.toml",
    "mise/config.toml",
    ".mise/config.local.toml",
    ".mise/config.toml",
    ".config/mise.local.toml",
    ".config/mise.toml",
    ".config/mise/config.local.toml",
    ".config/mise/config.toml",
    ".config/mise/mise.local.toml",
    ".config/mise/mise.toml",
];
/// The same below the user's directory of configuration.
const MISE_GLOBAL_FILES: [&str; 4] =
    ["config.local.toml", "config.toml", "mise.local.toml", "mise.toml"];

/// The names of the selected versions, as the user wrote them.
pub(super) fn chosen(place: Installer, root: &Path, host: &Host) -> Result<Vec<String>, String> {
    let names = match place {
        Installer::Pyenv => pyenv(root, host),
        Installer::Asdf => asdf(host),
        Installer::Mise => mise(host),
        Installer::Rye => rye(root, host),
        _ => None,
    };
    names.filter(|names| !names.is_empty()).ok_or_else(|| "no version is chosen".to_owned())
}

/// `PYENV_VERSION`, the nearest `.python-version`, pyenv's global file.
fn pyenv(root: &Path, host: &Host) -> Option<Vec<String>> {
    if let Some(value) = host.var("PYENV_VERSION") {
        return Some(colon_separated(value.to_str()?));
    }
    let start = host.path_var("PYENV_DIR").unwrap_or(host.cwd());
    // The nearest file decides, also an empty one (pyenv-version-file).
    let nearest = |dir: &Path| read(&dir.join(".python-version"));
    let text = start.ancestors().find_map(nearest).or_else(|| read(&root.join("version")))?;
    Some(colon_separated(&text))
}

/// The words of a version file of pyenv, which joins its lines with colons.
fn colon_separated(text: &str) -> Vec<String> {
    words(&text.replace(':', " "))
}

/// `ASDF_PYTHON_VERSION`, the nearest `.tool-versions` that names Python, the one in the home directory.
fn asdf(host: &Host) -> Option<Vec<String>> {
    if let Some(value) = host.var("ASDF_PYTHON_VERSION") {
        return Some(words(value.to_str()?));
    }
    // The second is the name before asdf 0.16 (internal/config/config.go).
    let name = host
        .var("ASDF_TOOL_VERSIONS_FILENAME")
        .or_else(|| host.var("ASDF_DEFAULT_TOOL_VERSIONS_FILENAME"))
        .unwrap_or(".tool-versions".as_ref());
    let config = host.path_var("ASDF_CONFIG_FILE").map(|path| host.absolute(path));
    let config = config.or_else(|| Some(host.home()?.join(".asdfrc")));
    let legacy = config.and_then(|config| read(&config)).is_some_and(|text| {
        text.lines().any(|line| line.replace(' ', "") == "legacy_version_file=yes")
    });
    upward(host.cwd(), |dir| {
        tool_versions(&dir.join(name)).or_else(|| python_version(dir).filter(|_| legacy))
    })
    .or_else(|| tool_versions(&host.home()?.join(name)))
}

/// `MISE_PYTHON_VERSION`, the nearest of mise's files or `.tool-versions` that names Python, the global
/// one.
fn mise(host: &Host) -> Option<Vec<String>> {
    if let Some(value) = host.var("MISE_PYTHON_VERSION") {
        return Some(words(value.to_str()?));
    }
    let is_disabled = |value: &str| value.split(',').any(|name| name.trim() == "python");
    if host.var("MISE_DISABLE_TOOLS").and_then(|value| value.to_str()).is_some_and(is_disabled) {
        return None;
    }
    let ceilings: Vec<PathBuf> = host
        .var("MISE_CEILING_PATHS")
        .map(|dirs| std::env::split_paths(dirs).collect())
        .unwrap_or_default();
    let names = mise_files(host);
    let dirs =
        host.cwd().ancestors().take_while(|dir| !ceilings.iter().any(|ceiling| ceiling == dir));
    let mut found = dirs.filter_map(|dir| {
        let files = names.iter().map(|name| dir.join(name));
        files
            .chain(conf_d(&dir.join(".config/mise/conf.d")))
            .find_map(|file| mise_tools(&file, host))
            .or_else(|| tool_versions(&dir.join(".tool-versions")))
            .or_else(|| python_version(dir))
    });
    found.next().or_else(|| mise_global(host))
}

/// The names of mise's files in a directory, the first decides.
fn mise_files(host: &Host) -> Vec<String> {
    if let Some(names) = host.var("MISE_OVERRIDE_CONFIG_FILENAMES").and_then(|names| names.to_str())
    {
        return names.split(host.platform().path_separator()).map(str::to_owned).collect();
    }
    let environments = host.var("MISE_ENV").and_then(|names| names.to_str()).unwrap_or_default();
    let environments = environments.split(',').map(str::trim).filter(|name| !name.is_empty()).rev();
    let of_environment = |name: &str| {
        MISE_ENV_FILES.map(|file| file.replace("{}", name)).into_iter().collect::<Vec<_>>()
    };
    let default = host.var("MISE_DEFAULT_CONFIG_FILENAME").and_then(|name| name.to_str());
    environments
        .flat_map(of_environment)
        .chain(default.map(str::to_owned))
        .chain(MISE_FILES.map(str::to_owned))
        .collect()
}

/// The selection of mise's global files.
fn mise_global(host: &Host) -> Option<Vec<String>> {
    if let Some(file) = host.path_var("MISE_GLOBAL_CONFIG_FILE") {
        return mise_tools(file, host);
    }
    let dir = host.path_var("MISE_CONFIG_DIR").map(Path::to_owned);
    let dir = dir.or_else(|| Some(dirs::xdg_config(host)?.join("mise")))?;
    let files = MISE_GLOBAL_FILES.iter().map(|name| dir.join(name));
    files.chain(conf_d(&dir.join("conf.d"))).find_map(|file| mise_tools(&file, host))
}

/// The files of a `conf.d`, the last in the order of names first.
fn conf_d(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    files.sort();
    files.reverse();
    files
}

/// The nearest `.python-version`, rye's configured default.
fn rye(root: &Path, host: &Host) -> Option<Vec<String>> {
    upward(host.cwd(), python_version).or_else(|| {
        let config: Table = read(&root.join("config.toml"))?.parse().ok()?;
        Some(vec![config.get("default")?.get("toolchain")?.as_str()?.to_owned()])
    })
}

/// The result of `look` for the nearest directory from `start` upwards.
fn upward(start: &Path, look: impl Fn(&Path) -> Option<Vec<String>>) -> Option<Vec<String>> {
    start.ancestors().find_map(look)
}

/// The words of `DIR/.python-version`.
fn python_version(dir: &Path) -> Option<Vec<String>> {
    read(&dir.join(".python-version")).map(|text| words(&text)).filter(|names| !names.is_empty())
}

/// The versions after `python` in a `.tool-versions`.
fn tool_versions(file: &Path) -> Option<Vec<String>> {
    let text = read(file)?;
    let line = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("python")?.strip_prefix([' ', '\t']))?;
    Some(words(line))
}

/// `[tools] python` of one of mise's files: a string, a table with `version`, or an array of these. An entry
/// for other systems, or a disabled one, selects nothing and ends the search.
fn mise_tools(file: &Path, host: &Host) -> Option<Vec<String>> {
    let table: Table = read(file)?.parse().ok()?;
    let disabled = table.get("settings").and_then(|settings| settings.get("disable_tools"));
    let disabled = disabled.and_then(Value::as_array);
    if disabled.is_some_and(|names| names.iter().any(|name| name.as_str() == Some("python"))) {
        return Some(Vec::new());
    }
    let one = |value: &Value| {
        let systems = value.get("os").and_then(Value::as_array);
        let is_here = systems.is_none_or(|systems| {
            systems.iter().filter_map(Value::as_str).any(|name| is_this_system(name, host))
        });
        let version = value.as_table().and_then(|table| table.get("version")).unwrap_or(value);
        version.as_str().filter(|_| is_here).map(|name| mise_alias(&table, name))
    };
    let tools = table.get("tools")?;
    Some(match tools.get("python").or_else(|| tools.get("core:python"))? {
        Value::Array(values) => values.iter().filter_map(one).collect(),
        value => one(value).into_iter().collect(),
    })
}

/// Whether mise's name of a system, with or without a machine behind a slash, is this one.
fn is_this_system(name: &str, host: &Host) -> bool {
    let system = name.split(['/', '-']).next().unwrap_or_default();
    match host.platform() {
        Platform::Linux => system == "linux",
        Platform::MacOs => system == "macos",
        Platform::Windows => system == "windows",
    }
}

/// The version of a name in `[tool_alias.python.versions]` or `[alias.python]` of a file.
fn mise_alias(table: &Table, name: &str) -> String {
    let of = |key: &str| {
        let python = table.get(key)?.get("python")?;
        let alias = python.get("versions").and_then(|names| names.get(name));
        alias.or_else(|| python.get(name))?.as_str()
    };
    of("tool_alias").or_else(|| of("alias")).unwrap_or(name).to_owned()
}
