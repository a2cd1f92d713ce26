//! The rule by which each manager selects a version: a variable, a file in the current directory or above
//! it, a global file.

use std::path::Path;

use toml::Table;

use super::{Unchosen, mise};
use crate::python::Installer;
use crate::python::files::{python_version, read, tools, words};
use crate::support::host::Host;

/// The names of the selected versions, as the user wrote them.
pub(super) fn chosen(place: Installer, root: &Path, host: &Host) -> Result<Vec<String>, Unchosen> {
    let names = match place {
        Installer::Pyenv => pyenv(root, host),
        Installer::Asdf => asdf(host)?,
        Installer::Mise => Some(mise::chosen(host)?),
        Installer::Rye => rye(root, host),
        _ => None,
    };
    names.filter(|names| !names.is_empty()).ok_or(Unchosen::Nothing)
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
fn asdf(host: &Host) -> Result<Option<Vec<String>>, Unchosen> {
    if let Some(value) = host.var("ASDF_PYTHON_VERSION") {
        return Ok(value.to_str().map(words));
    }
    // asdf before 0.16 uses the second name (internal/config/config.go).
    let name = host
        .var("ASDF_TOOL_VERSIONS_FILENAME")
        .or_else(|| host.var("ASDF_DEFAULT_TOOL_VERSIONS_FILENAME"))
        .unwrap_or(".tool-versions".as_ref());
    let config = host.path_var("ASDF_CONFIG_FILE").map(|path| host.absolute(path));
    let config = config.or_else(|| Some(host.home()?.join(".asdfrc")));
    let legacy = config.and_then(|config| read(&config)).is_some_and(|text| {
        text.lines().any(|line| line.replace(' ', "") == "legacy_version_file=yes")
    });
    for dir in host.cwd().ancestors() {
        let names = tool_versions(&dir.join(name))?;
        if let Some(names) = names.or_else(|| python_version(dir).filter(|_| legacy)) {
            return Ok(Some(names));
        }
    }
    host.home().map_or(Ok(None), |home| tool_versions(&home.join(name)))
}

/// The nearest `.python-version`, rye's configured default.
fn rye(root: &Path, host: &Host) -> Option<Vec<String>> {
    host.cwd().ancestors().find_map(python_version).or_else(|| {
        let config: Table = read(&root.join("config.toml"))?.parse().ok()?;
        Some(vec![config.get("default")?.get("toolchain")?.as_str()?.to_owned()])
    })
}

/// The versions after `python` in a `.tool-versions`.
fn tool_versions(file: &Path) -> Result<Option<Vec<String>>, Unchosen> {
    let lines = tools(file, "python").map_err(|error| Unchosen::unread(&error))?;
    Ok(lines.into_iter().next().map(|(_, names)| names))
}
