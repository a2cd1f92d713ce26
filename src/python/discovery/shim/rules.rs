//! How each manager chooses a version: by a variable, by a file in or above the current directory, by a
//! global file.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::python::Installer;
use crate::python::files::{read, words};
use crate::support::dirs;
use crate::support::host::Host;

/// The files in which mise looks for its tools, the first in a directory first.
const MISE_FILES: [&str; 8] = [
    "mise.local.toml",
    ".mise.local.toml",
    "mise.toml",
    ".mise.toml",
    "mise/config.toml",
    ".mise/config.toml",
    ".config/mise.toml",
    ".config/mise/config.toml",
];

/// The names of the versions that are chosen here and now, as the manager's user wrote them.
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

/// `ASDF_PYTHON_VERSION`, the nearest `.tool-versions` that names Python, the one of the home.
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
    let global = || -> Option<PathBuf> {
        let given = host.path_var("MISE_GLOBAL_CONFIG_FILE").map(Path::to_owned);
        given.or_else(|| Some(dirs::xdg_config(host)?.join("mise/config.toml")))
    };
    upward(host.cwd(), |dir| {
        let own = MISE_FILES.iter().find_map(|name| mise_tools(&dir.join(name)));
        own.or_else(|| tool_versions(&dir.join(".tool-versions"))).or_else(|| python_version(dir))
    })
    .or_else(|| mise_tools(&global()?))
}

/// The nearest `.python-version`, rye's configured default.
fn rye(root: &Path, host: &Host) -> Option<Vec<String>> {
    upward(host.cwd(), python_version).or_else(|| {
        let config: Table = read(&root.join("config.toml"))?.parse().ok()?;
        Some(vec![config.get("default")?.get("toolchain")?.as_str()?.to_owned()])
    })
}

/// What `look` finds in the nearest directory from `start` upward.
fn upward(start: &Path, look: impl Fn(&Path) -> Option<Vec<String>>) -> Option<Vec<String>> {
    start.ancestors().find_map(look)
}

/// The words of `DIR/.python-version`.
fn python_version(dir: &Path) -> Option<Vec<String>> {
    read(&dir.join(".python-version")).map(|text| words(&text)).filter(|names| !names.is_empty())
}

/// The versions behind `python` in a `.tool-versions`.
fn tool_versions(file: &Path) -> Option<Vec<String>> {
    let text = read(file)?;
    let line = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("python")?.strip_prefix([' ', '\t']))?;
    Some(words(line))
}

/// `[tools] python` of one of mise's files: a string, a table with `version`, or an array of these.
fn mise_tools(file: &Path) -> Option<Vec<String>> {
    let table: Table = read(file)?.parse().ok()?;
    let one = |value: &Value| {
        let version = value.as_table().and_then(|table| table.get("version")).unwrap_or(value);
        version.as_str().map(str::to_owned)
    };
    match table.get("tools")?.get("python")? {
        Value::Array(values) => Some(values.iter().filter_map(one).collect()),
        value => one(value).map(|name| vec![name]),
    }
}
