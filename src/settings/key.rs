//! The keys: one table of names, kinds and trust.

use std::ffi::{OsStr, OsString};

use pep440_rs::Version;

/// A setting, with the name of the long flag that overrides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Key {
    /// The requested Python.
    Python,
    /// The name in the prompt.
    Prompt,
    /// The requested pip.
    Pip,
    /// The layout of pip.
    PipLayout,
    /// The method by which an environment shares files of the cache.
    LinkMode,
    /// The packages of the base are visible.
    SystemSitePackages,
    /// The base interpreter is copied.
    Copies,
    /// The base interpreter is linked.
    Symlinks,
    /// pip is left out.
    WithoutPip,
    /// setuptools is left out.
    WithoutSetuptools,
    /// The newest pip is taken.
    UpgradeDeps,
    /// The `.gitignore` is left out.
    WithoutScmIgnoreFiles,
    /// The environment can be moved.
    Relocatable,
    /// No connection is opened.
    Offline,
    /// Whether packages are stored and linked from the store, and whether they may be copied there.
    Store,
    /// When colours are used.
    Color,
    /// The directories whose files are used regardless of their owners.
    Trusted,
    /// The codes of `check` whose findings become notes.
    CheckIgnore,
}

/// The kind of a key's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// On or off.
    Switch,
    /// Any text.
    Text,
    /// One of these words, the default first.
    Choice(&'static [&'static str]),
    /// Names: an array in files, separated by commas in variables.
    Names,
}

/// The value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// On or off.
    Switch(bool),
    /// Text; a variable or a flag can contain any bytes.
    Text(OsString),
    /// Names, in order.
    Names(Vec<String>),
}

/// The values that a project's file may set: it comes with a clone, and the user did not write it.
enum Trust {
    /// Anything.
    Any,
    /// The values that it accepts.
    If(fn(&str) -> bool, &'static str),
    /// Nothing.
    Never(&'static str),
}

impl Key {
    /// All keys, in the order of `rvenv config`.
    pub const ALL: [Self; 18] = [
        Self::Python,
        Self::Prompt,
        Self::Pip,
        Self::PipLayout,
        Self::LinkMode,
        Self::SystemSitePackages,
        Self::Copies,
        Self::Symlinks,
        Self::WithoutPip,
        Self::WithoutSetuptools,
        Self::UpgradeDeps,
        Self::WithoutScmIgnoreFiles,
        Self::Relocatable,
        Self::Offline,
        Self::Store,
        Self::Color,
        Self::Trusted,
        Self::CheckIgnore,
    ];

    /// The name in files, and after `--`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Prompt => "prompt",
            Self::Pip => "pip",
            Self::PipLayout => "pip-layout",
            Self::LinkMode => "link-mode",
            Self::SystemSitePackages => "system-site-packages",
            Self::Copies => "copies",
            Self::Symlinks => "symlinks",
            Self::WithoutPip => "without-pip",
            Self::WithoutSetuptools => "without-setuptools",
            Self::UpgradeDeps => "upgrade-deps",
            Self::WithoutScmIgnoreFiles => "without-scm-ignore-files",
            Self::Relocatable => "relocatable",
            Self::Offline => "offline",
            Self::Store => "store",
            Self::Color => "color",
            Self::Trusted => "trusted",
            Self::CheckIgnore => "check-ignore",
        }
    }

    /// The variable: `RVENV_LINK_MODE`.
    pub fn variable(self) -> String {
        format!("RVENV_{}", self.name().replace('-', "_").to_uppercase())
    }

    /// The kind of its values.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Python | Self::Prompt | Self::Pip | Self::Trusted => Kind::Text,
            Self::PipLayout => Kind::Choice(&["archive", "files"]),
            Self::LinkMode => Kind::Choice(&["clone", "hardlink", "copy", "symlink"]),
            Self::Color => Kind::Choice(&["auto", "always", "never"]),
            Self::CheckIgnore => Kind::Names,
            Self::Store => Kind::Choice(&["true", "false", "copy"]),
            Self::SystemSitePackages
            | Self::Copies
            | Self::Symlinks
            | Self::WithoutPip
            | Self::WithoutSetuptools
            | Self::UpgradeDeps
            | Self::WithoutScmIgnoreFiles
            | Self::Relocatable
            | Self::Offline => Kind::Switch,
        }
    }

    /// The default value.
    pub fn default_value(self) -> Option<Value> {
        match self.kind() {
            Kind::Switch => Some(Value::Switch(false)),
            Kind::Choice(names) => names.first().map(|name| Value::Text(name.into())),
            Kind::Text => None,
            Kind::Names => Some(Value::Names(Vec::new())),
        }
    }

    /// The reason that a project's file may not set the key to `value`; `None` if it may.
    pub fn refusal(self, value: &Value) -> Option<&'static str> {
        match (self.trust(), value) {
            (Trust::Any, _) => None,
            (Trust::If(allows, _), Value::Text(text)) if text.to_str().is_some_and(allows) => None,
            (Trust::If(_, why) | Trust::Never(why), _) => Some(why),
        }
    }

    fn trust(self) -> Trust {
        match self {
            Self::Python => Trust::If(
                names_version,
                "a project can ask for a version, but not choose a program that is run",
            ),
            Self::Pip => Trust::If(
                is_version,
                "a project can ask for a version, but not choose a wheel whose code is run",
            ),
            Self::Color | Self::Trusted => Trust::Never("it is for the user to choose"),
            Self::Prompt
            | Self::PipLayout
            | Self::LinkMode
            | Self::SystemSitePackages
            | Self::Copies
            | Self::Symlinks
            | Self::WithoutPip
            | Self::WithoutSetuptools
            | Self::UpgradeDeps
            | Self::WithoutScmIgnoreFiles
            | Self::Relocatable
            | Self::Offline
            | Self::Store
            // `check` rejects a project's values that only the user may set.
            | Self::CheckIgnore => Trust::Any,
        }
    }
}

fn is_version(text: &str) -> bool {
    text == "latest" || text.parse::<Version>().is_ok()
}

fn names_version(text: &str) -> bool {
    crate::python::Wanted::parse(text).is_some()
}

impl Kind {
    /// A description of the valid values.
    pub(super) fn expected(self) -> String {
        match self {
            Self::Switch => "true or false".into(),
            Self::Text => "text between quotes".into(),
            Self::Choice(names) => names.join(", "),
            Self::Names => "an array of names".into(),
        }
    }

    /// The value in a file.
    pub(super) fn of_toml(self, value: &toml::Value) -> Option<Value> {
        match (self, value) {
            (Self::Switch, toml::Value::Boolean(on)) => Some(Value::Switch(*on)),
            (Self::Text | Self::Choice(_), toml::Value::String(text)) => {
                self.of_text(text.as_ref())
            }
            (Self::Choice(_), toml::Value::Boolean(on)) => self.of_text(on.to_string().as_ref()),
            (Self::Names, toml::Value::Array(values)) => {
                let names = values.iter().map(|value| value.as_str().map(str::to_owned));
                names.collect::<Option<_>>().map(Value::Names)
            }
            _ => None,
        }
    }

    /// The value in a variable.
    pub(super) fn of_text(self, text: &OsStr) -> Option<Value> {
        let value = || Value::Text(text.to_owned());
        match self {
            Self::Text => Some(value()),
            Self::Choice(names) => {
                let has = |text: &OsStr| names.iter().any(|name| text == *name);
                // One that can be on or off is switched in every way that a switch is.
                let switch = || match Self::Switch.of_text(text)? {
                    Value::Switch(on) => Some(OsString::from(on.to_string())),
                    Value::Text(_) | Value::Names(_) => None,
                };
                if has(text) {
                    Some(value())
                } else {
                    switch().filter(|on| has(on)).map(Value::Text)
                }
            }
            Self::Names => {
                let names = text.to_str()?.split([',', ' ']).filter(|name| !name.is_empty());
                Some(Value::Names(names.map(str::to_owned).collect()))
            }
            Self::Switch => match text.to_str()?.to_ascii_lowercase().as_str() {
                "1" | "true" | "yes" | "on" => Some(Value::Switch(true)),
                "0" | "false" | "no" | "off" => Some(Value::Switch(false)),
                _ => None,
            },
        }
    }
}
