//! The options of `pip install` whose effect on the result is known.

use super::reason::{Reason, Setting};

/// The meaning of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meaning {
    Requirement,
    IndexUrl,
    ExtraIndexUrl,
    FindLinks,
    NoIndex,
    NoBinary,
    OnlyBinary,
    PreferBinary,
    Pre,
    RequireHashes,
    NoDeps,
    Upgrade,
    TrustedHost,
    /// Changes only messages, credentials, connections or caches.
    NoEffect,
}

/// The kind of value that an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    Text,
    /// A number of seconds or attempts.
    Number,
    /// `on` or `off`, which every release of pip accepts.
    OnOrOff,
}

/// A known option.
#[derive(Debug)]
pub(super) struct Known {
    /// Without `--`; all spellings.
    pub(super) names: &'static [&'static str],
    pub(super) short: Option<char>,
    pub(super) takes: Takes,
    pub(super) meaning: Meaning,
}

const fn option(
    names: &'static [&'static str],
    short: Option<char>,
    takes: Takes,
    meaning: Meaning,
) -> Known {
    Known { names, short, takes, meaning }
}

/// The options that every pip from 20.3 on has (`pip/_internal/cli/cmdoptions.py`), with the same
/// meaning. An option that is not listed makes pip run.
const KNOWN: &[Known] = &[
    option(&["requirement"], Some('r'), Takes::Text, Meaning::Requirement),
    option(&["index-url", "pypi-url"], Some('i'), Takes::Text, Meaning::IndexUrl),
    option(&["extra-index-url"], None, Takes::Text, Meaning::ExtraIndexUrl),
    option(&["find-links"], Some('f'), Takes::Text, Meaning::FindLinks),
    option(&["no-index"], None, Takes::Nothing, Meaning::NoIndex),
    option(&["no-binary"], None, Takes::Text, Meaning::NoBinary),
    option(&["only-binary"], None, Takes::Text, Meaning::OnlyBinary),
    option(&["prefer-binary"], None, Takes::Nothing, Meaning::PreferBinary),
    option(&["pre"], None, Takes::Nothing, Meaning::Pre),
    option(&["require-hashes"], None, Takes::Nothing, Meaning::RequireHashes),
    option(&["no-deps", "no-dependencies"], None, Takes::Nothing, Meaning::NoDeps),
    option(&["upgrade"], Some('U'), Takes::Nothing, Meaning::Upgrade),
    option(&["quiet"], Some('q'), Takes::Nothing, Meaning::NoEffect),
    option(&["verbose"], Some('v'), Takes::Nothing, Meaning::NoEffect),
    option(&["no-input"], None, Takes::Nothing, Meaning::NoEffect),
    option(&["no-color"], None, Takes::Nothing, Meaning::NoEffect),
    option(&["no-cache-dir"], None, Takes::Nothing, Meaning::NoEffect),
    option(&["disable-pip-version-check"], None, Takes::Nothing, Meaning::NoEffect),
    option(&["no-python-version-warning"], None, Takes::Nothing, Meaning::NoEffect),
    option(&["no-warn-script-location"], None, Takes::Nothing, Meaning::NoEffect),
    option(&["no-warn-conflicts"], None, Takes::Nothing, Meaning::NoEffect),
    option(&["progress-bar"], None, Takes::OnOrOff, Meaning::NoEffect),
    option(&["cache-dir"], None, Takes::Text, Meaning::NoEffect),
    option(&["trusted-host"], None, Takes::Text, Meaning::TrustedHost),
    option(&["cert"], None, Takes::Text, Meaning::NoEffect),
    option(&["client-cert"], None, Takes::Text, Meaning::NoEffect),
    option(&["proxy"], None, Takes::Text, Meaning::NoEffect),
    option(&["timeout", "default-timeout"], None, Takes::Number, Meaning::NoEffect),
    option(&["retries"], None, Takes::Number, Meaning::NoEffect),
];

/// Variables and keys of configuration files that pip ignores if its release does not know them, and
/// what has no effect in an environment or is overridden by `rvenv install`.
const HARMLESS_SETTINGS: &[&str] = &[
    "break-system-packages",
    "config-file",
    "keyring-provider",
    "prefix",
    "python",
    "require-virtualenv",
    "root",
    "root-user-action",
    "user",
];

/// The option of a long name.
pub(super) fn by_name(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.names.contains(&name))
}

/// The option of a letter.
pub(super) fn by_letter(letter: char) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.short == Some(letter))
}

/// Whether a variable or a key has no effect on the result, and any value is accepted.
pub(super) fn is_harmless_setting(name: &str) -> bool {
    HARMLESS_SETTINGS.contains(&name)
}

impl Meaning {
    /// Whether a line of a requirements file can have the option (`pip/_internal/req/req_file.py`).
    pub(super) fn is_for_files(self) -> bool {
        !matches!(self, Self::NoDeps | Self::Upgrade | Self::NoEffect)
    }
}

/// An option that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) meaning: Meaning,
    /// Empty for one that takes none.
    pub(super) value: String,
}

impl Known {
    /// The option with this value.
    ///
    /// # Errors
    /// [`Reason::Value`] when pip could refuse the value.
    pub(super) fn given(
        &self,
        value: &str,
        setting: impl FnOnce() -> Setting,
    ) -> Result<Given, Reason> {
        let is_valid = match self.takes {
            Takes::Nothing => true,
            Takes::Text => !value.is_empty() && !value.starts_with('-'),
            Takes::Number => value.len() < 6 && value.bytes().all(|byte| byte.is_ascii_digit()),
            Takes::OnOrOff => matches!(value, "on" | "off"),
        };
        // An empty number is refused too.
        if !is_valid || (self.takes == Takes::Number && value.is_empty()) {
            return Err(Reason::Value(setting()));
        }
        Ok(Given { meaning: self.meaning, value: value.to_owned() })
    }
}
