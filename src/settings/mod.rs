//! The settings of the user and of the project.
//!
//! Four sources, each with precedence over the one before: the user's file, the project's file, variables,
//! flags. An unknown key in a file is an error. A project's file may set only some keys and values
//! ([`Key::refusal`]), because it comes with a clone.

mod error;
mod key;
pub mod project;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

use toml::Table;

pub(crate) use error::shortened;
pub use error::{Error, Result};
pub use key::{Key, Kind, Value};

use crate::fs::LinkMode;
use crate::settings::project::{Document, Project};
use crate::support::dirs;
use crate::support::host::{Host, Platform};
use crate::support::path::is_permission_denied;
use crate::support::suggest::similar;

/// The source of a value, in the order of increasing precedence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The user's file.
    User(PathBuf),
    /// The project's `rvenv.toml` or `pyproject.toml`.
    Project(PathBuf),
    /// The variable of this name.
    Variable(String),
    /// The command line.
    Flag,
}

/// The use of the package store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreUse {
    /// Neither read nor written.
    Off,
    /// Files are linked or cloned; without that, nothing is stored.
    Link,
    /// Files are copied where they cannot be linked.
    Copy,
}

/// A value and its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The value.
    pub value: Value,
    /// Its source.
    pub source: Source,
}

/// All values.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    set: BTreeMap<Key, Setting>,
}

impl Settings {
    /// The values of the user's file and of the variables.
    ///
    /// # Errors
    /// If the file cannot be read, contains an unknown key, or if it or a variable has an invalid value.
    pub fn of_user(host: &Host) -> Result<Self> {
        let mut settings = Self::default();
        if let Some(path) = user_file(host) {
            match Document::read(path.clone()) {
                Ok(None) => {}
                Ok(Some(document)) => {
                    settings.take_table(&document.table, &Source::User(document.path))?;
                }
                // The home belongs to another user, as in a container that runs as another user.
                Err(_) if is_permission_denied(&path) => {}
                Err(error) => return Err(error),
            }
        }
        settings.take_variables(host)?;
        Ok(settings)
    }

    /// Adds the values of the project.
    ///
    /// # Errors
    /// If its file contains an unknown key, an invalid value, or a key that a project may not set, or if two
    /// files of one directory contain settings.
    pub fn with_project(mut self, project: &Project) -> Result<Self> {
        if let Some((document, table)) = of_project(project)? {
            self.take_table(table, &Source::Project(document.path.clone()))?;
        }
        Ok(self)
    }

    /// Adds a value of the command line.
    #[must_use]
    pub fn with_flags(mut self, flags: impl IntoIterator<Item = (Key, Value)>) -> Self {
        for (key, value) in flags {
            self.take(key, value, Source::Flag);
        }
        self
    }

    /// Sets a key, unless a source with precedence has set it.
    fn take(&mut self, key: Key, value: Value, source: Source) {
        if self.get(key).is_none_or(|set| set.source.layer() <= source.layer()) {
            self.set.insert(key, Setting { value, source });
        }
    }

    /// The value of a key and its source; `None` if it is not set.
    pub fn get(&self, key: Key) -> Option<&Setting> {
        self.set.get(&key)
    }

    /// Whether a switch is on.
    pub fn is_on(&self, key: Key) -> bool {
        self.get(key).is_some_and(|setting| setting.value == Value::Switch(true))
    }

    /// The text of a key.
    pub fn text(&self, key: Key) -> Option<&OsStr> {
        match &self.get(key)?.value {
            Value::Text(text) => Some(text),
            Value::Switch(_) | Value::Names(_) => None,
        }
    }

    /// The names of a key and their source.
    pub fn names(&self, key: Key) -> Option<(&[String], &Source)> {
        match self.get(key)? {
            Setting { value: Value::Names(names), source } => Some((names, source)),
            _ => None,
        }
    }

    /// Whether the interpreter is copied: `copies`, unless a source with precedence sets `symlinks`. On Windows,
    /// where links require a privilege that users do not have, always, unless `symlinks` is set.
    pub fn copies(&self, platform: Platform) -> bool {
        let is_default = platform == Platform::Windows && !self.is_on(Key::Symlinks);
        is_default || (self.is_on(Key::Copies) && !self.is_overruled(Key::Copies, &[Key::Symlinks]))
    }

    /// Whether pip is left out: `without-pip`, unless a source with precedence chooses a pip.
    pub fn without_pip(&self) -> bool {
        self.is_on(Key::WithoutPip)
            && !self.is_overruled(Key::WithoutPip, &[Key::Pip, Key::UpgradeDeps])
    }

    /// The method by which an environment shares files of the cache, if it is set.
    pub fn link_mode(&self) -> Option<LinkMode> {
        match self.text(Key::LinkMode).and_then(OsStr::to_str)? {
            "hardlink" => Some(LinkMode::Hardlink),
            "copy" => Some(LinkMode::Copy),
            "symlink" => Some(LinkMode::Symlink),
            "clone" => Some(LinkMode::Clone),
            _ => None,
        }
    }

    /// The use of the package store.
    pub fn store(&self) -> StoreUse {
        match self.text(Key::Store).and_then(OsStr::to_str) {
            Some("false") => StoreUse::Off,
            Some("copy") => StoreUse::Copy,
            _ => StoreUse::Link,
        }
    }

    /// Whether a source with precedence set one of `others`, which have the opposite meaning.
    fn is_overruled(&self, key: Key, others: &[Key]) -> bool {
        let layer = |key: Key| self.get(key).map(|setting| setting.source.layer());
        others.iter().any(|other| {
            let is_off = self.get(*other).is_none_or(|it| it.value == Value::Switch(false));
            !is_off && layer(*other) > layer(key)
        })
    }

    fn take_table(&mut self, table: &Table, source: &Source) -> Result<()> {
        for (name, value) in table {
            let Some(key) = Key::ALL.into_iter().find(|key| key.name() == name) else {
                let near = similar(name, Key::ALL.map(Key::name));
                return Err(Error::UnknownSetting {
                    key: name.clone(),
                    origin: source.clone(),
                    near,
                });
            };
            let found = || value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let set = key.kind().of_toml(value);
            let set = set.ok_or_else(|| bad(key, source, &found()))?;
            if let Source::Project(file) = source
                && let Some(why) = key.refusal(&set)
            {
                let (key, file) = (key.name(), file.clone());
                return Err(Error::ForbiddenSetting { key, found: found(), file, why });
            }
            self.take(key, set, source.clone());
        }
        Ok(())
    }

    fn take_variables(&mut self, host: &Host) -> Result<()> {
        for key in Key::ALL {
            let name = key.variable();
            let Some(text) = host.var(&name) else { continue };
            let source = Source::Variable(name);
            let bad = || bad(key, &source, &text.to_string_lossy());
            let value = key.kind().of_text(text).ok_or_else(bad)?;
            self.take(key, value, source);
        }
        Ok(())
    }
}

/// Variables that are probably misspelled variables of rvenv, each with similar names.
pub fn misspelt_variables(host: &Host) -> Vec<(String, Vec<String>)> {
    let known = Key::ALL.map(|key| key.variable().replacen("RVENV_", "", 1));
    let names = host.vars().filter_map(|(name, _)| name.to_str()?.strip_prefix("RVENV_"));
    names
        .filter(|name| !known.iter().any(|known| known == name))
        .map(|name| (name, similar(name, known.iter().map(String::as_str))))
        .filter(|(_, near)| !near.is_empty())
        .map(|(name, near)| {
            let near = near.iter().map(|name| format!("RVENV_{name}")).collect();
            (format!("RVENV_{name}"), near)
        })
        .collect()
}

impl Source {
    /// The precedence: a source with a higher number overrides others.
    fn layer(&self) -> u8 {
        match self {
            Self::User(_) => 0,
            Self::Project(_) => 1,
            Self::Variable(_) => 2,
            Self::Flag => 3,
        }
    }

    /// The name of the source.
    pub fn name(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Project(_) => "project",
            Self::Variable(_) => "variable",
            Self::Flag => "flag",
        }
    }

    /// The file, if the source is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::User(file) | Self::Project(file) => Some(file),
            Self::Variable(_) | Self::Flag => None,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(file) | Self::Project(file) => write!(f, "`{}`", file.display()),
            Self::Variable(name) => write!(f, "`{name}`"),
            Self::Flag => f.write_str("the command line"),
        }
    }
}

impl Value {
    /// Text.
    pub fn text(text: impl Into<OsString>) -> Self {
        Self::Text(text.into())
    }
}

fn bad(key: Key, source: &Source, found: &str) -> Error {
    let expected = key.kind().expected();
    Error::BadSetting { key: key.name(), origin: source.clone(), found: found.into(), expected }
}

/// The path of the user's file, which need not exist: `rvenv/config.toml` in `XDG_CONFIG_HOME` or
/// `~/.config`, in `~/Library/Application Support`, in `%APPDATA%`.
pub fn user_file(host: &Host) -> Option<PathBuf> {
    dirs::config(host).map(|dir| dir.join("rvenv").join("config.toml"))
}

/// The project's settings: `rvenv.toml`, or `[tool.rvenv]`.
fn of_project(project: &Project) -> Result<Option<(&Document, &Table)>> {
    let section = match &project.manifest {
        Some(manifest) => section(manifest)?.map(|section| (manifest, section)),
        None => None,
    };
    let own = project.settings.as_ref().map(|own| (own, &own.table));
    match (own, section) {
        // A file in a subdirectory overrides one above; of two in one directory, the user has forgotten one.
        (Some((own, _)), Some((manifest, _))) if own.path.parent() == manifest.path.parent() => {
            Err(Error::TwoConfigurations { first: own.path.clone(), second: manifest.path.clone() })
        }
        (own, section) => Ok(own.or(section)),
    }
}

/// The table `[tool.rvenv]`.
fn section(manifest: &Document) -> Result<Option<&Table>> {
    let Some(tool) = manifest.table.get("tool") else { return Ok(None) };
    let tool = tool.as_table().ok_or_else(|| manifest.wrong("tool", "a table"))?;
    let Some(section) = tool.get("rvenv") else { return Ok(None) };
    section.as_table().ok_or_else(|| manifest.wrong("tool.rvenv", "a table")).map(Some)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn opposites_are_decided_by_the_stronger_layer() {
        let set = |key, source| (key, Setting { value: Value::Switch(true), source });
        let user = || Source::User("/config.toml".into());
        let settings = |rows: Vec<(Key, Setting)>| Settings { set: rows.into_iter().collect() };
        let weaker =
            settings(vec![set(Key::WithoutPip, user()), set(Key::UpgradeDeps, Source::Flag)]);
        assert!(!weaker.without_pip());
        let equal = settings(vec![set(Key::WithoutPip, user()), set(Key::UpgradeDeps, user())]);
        assert!(equal.without_pip());
        let stronger =
            settings(vec![set(Key::WithoutPip, Source::Flag), set(Key::UpgradeDeps, user())]);
        assert!(stronger.without_pip());
    }

    #[test]
    fn variables_are_named_like_the_flags() {
        assert_eq!(Key::WithoutScmIgnoreFiles.variable(), "RVENV_WITHOUT_SCM_IGNORE_FILES");
        for key in Key::ALL {
            assert_eq!(Key::ALL.iter().filter(|other| other.name() == key.name()).count(), 1);
        }
    }
}
