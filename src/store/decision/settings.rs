//! The settings that decide which archive pip takes for a pinned requirement, and their digest.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};

use super::configuration;
use super::options::{Given, Meaning};
use super::reason::Reason;
use crate::store::SettingsKey;
use crate::support::hex::hex;
use crate::support::host::{Host, Platform};

/// The index that pip asks if none is named.
const PYPI: &str = "https://pypi.org/simple";

/// The settings of a run of `pip install`.
#[derive(Debug, Default)]
pub(super) struct Settings {
    index_url: Option<String>,
    extra_index_urls: Vec<String>,
    find_links: Vec<String>,
    /// The options without a value that are on.
    flags: BTreeSet<Meaning>,
    /// `--no-binary` and `--only-binary` in their order, which matters.
    formats: Vec<(Meaning, String)>,
    /// The options of requirements files in order, each with the directory of its file, to which
    /// find-links is relative.
    of_files: Vec<(Given, PathBuf)>,
}

impl Settings {
    /// The settings of configuration files, variables and arguments, in this order.
    pub(super) fn new(defaults: Vec<configuration::Default>, arguments: Vec<Given>) -> Self {
        let mut settings = Self::default();
        for default in defaults {
            // A variable replaces the list of a file; an argument adds to it.
            if let Some(list) = settings.list(default.given.meaning).filter(|_| default.is_first) {
                list.clear();
            }
            settings.set(default.given, default.is_on);
        }
        for given in arguments {
            settings.set(given, true);
        }
        settings
    }

    /// Adds what requirements files set.
    pub(super) fn add_files(&mut self, options: Vec<(Given, PathBuf)>) {
        let flags = options.iter().map(|(given, _)| given.meaning);
        self.flags.extend(flags.filter(|meaning| *meaning == Meaning::RequireHashes));
        self.of_files.extend(options);
    }

    /// Whether an option without a value is on.
    pub(super) fn has(&self, flag: Meaning) -> bool {
        self.flags.contains(&flag)
    }

    /// Whether pip may be kept from taking a wheel.
    pub(super) fn may_exclude_wheels(&self) -> bool {
        let meanings = self.formats.iter().map(|(meaning, _)| *meaning);
        let of_files = self.of_files.iter().map(|(given, _)| given.meaning);
        meanings.chain(of_files).any(|meaning| meaning == Meaning::NoBinary)
    }

    /// The digest. Credentials in URLs do not count.
    ///
    /// # Errors
    /// [`Reason::Source`] where the content of a source may change without a change of its name.
    pub(super) fn key(&self, host: &Host) -> Result<SettingsKey, Reason> {
        let mut parts = vec!["1".to_owned()];
        if !self.has(Meaning::NoIndex) {
            let index = self.index_url.as_deref().unwrap_or(PYPI);
            let urls = [index].into_iter().chain(self.extra_index_urls.iter().map(String::as_str));
            for url in urls {
                parts.push(format!("index {}", index_source(url)?));
            }
        }
        for link in &self.find_links {
            parts.push(format!("links {}", links_source(link, host.cwd(), host)?));
        }
        for (given, directory) in &self.of_files {
            parts.push(match given.meaning {
                Meaning::IndexUrl | Meaning::ExtraIndexUrl => {
                    format!("file {:?} {}", given.meaning, index_source(&given.value)?)
                }
                Meaning::FindLinks => {
                    let beside = directory.join(&given.value).exists();
                    let from = if beside { directory } else { host.cwd() };
                    format!("file links {}", links_source(&given.value, from, host)?)
                }
                Meaning::TrustedHost | Meaning::RequireHashes => continue,
                meaning => format!("file {meaning:?} {}", given.value),
            });
        }
        parts.extend(self.formats.iter().map(|(meaning, value)| format!("{meaning:?} {value}")));
        let flags =
            [Meaning::PreferBinary, Meaning::Pre].into_iter().filter(|flag| self.has(*flag));
        parts.extend(flags.map(|flag| format!("{flag:?}")));
        let mut digest = Sha256::new();
        for part in parts {
            digest.update(part.len().to_le_bytes());
            digest.update(part);
        }
        Ok(SettingsKey(hex(&digest.finalize()[..16])))
    }

    fn list(&mut self, meaning: Meaning) -> Option<&mut Vec<String>> {
        match meaning {
            Meaning::ExtraIndexUrl => Some(&mut self.extra_index_urls),
            Meaning::FindLinks => Some(&mut self.find_links),
            _ => None,
        }
    }

    fn set(&mut self, given: Given, is_on: bool) {
        let Given { meaning, value } = given;
        match meaning {
            Meaning::IndexUrl => self.index_url = Some(value),
            Meaning::ExtraIndexUrl => self.extra_index_urls.push(value),
            Meaning::FindLinks => self.find_links.push(value),
            Meaning::NoBinary | Meaning::OnlyBinary => self.formats.push((meaning, value)),
            Meaning::NoIndex
            | Meaning::PreferBinary
            | Meaning::Pre
            | Meaning::RequireHashes
            | Meaning::NoDeps
            | Meaning::Upgrade => {
                self.flags.remove(&meaning);
                self.flags.extend(is_on.then_some(meaning));
            }
            Meaning::Requirement | Meaning::TrustedHost | Meaning::NoEffect => {}
        }
    }
}

/// An index by its URL, without credentials.
fn index_source(url: &str) -> Result<String, Reason> {
    let unknown = || Reason::Source(without_credentials(url));
    let is_remote = ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
    is_remote.then(|| without_credentials(url.trim_end_matches('/'))).ok_or_else(unknown)
}

/// A page of links by its URL, or a local directory with its files.
fn links_source(link: &str, from: &Path, host: &Host) -> Result<String, Reason> {
    if let Ok(url) = index_source(link) {
        return Ok(url);
    }
    let unknown = || Reason::Source(without_credentials(link));
    let path = match link.strip_prefix("file://") {
        Some(path) if path.starts_with('/') && host.platform() != Platform::Windows => {
            percent_decode_str(path).decode_utf8().map_err(|_| unknown())?.into_owned()
        }
        None if !link.starts_with('~') && !link.contains("://") => link.to_owned(),
        _ => return Err(unknown()),
    };
    let directory = from.join(path);
    let listing = listing(&directory).ok_or_else(unknown)?;
    Ok(format!("{}\n{listing}", directory.display()))
}

/// Names, sizes in bytes and times of change of a directory's files; `None` where it cannot be listed.
fn listing(directory: &Path) -> Option<String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).ok()? {
        let entry = entry.ok()?;
        let meta = std::fs::metadata(entry.path()).ok()?;
        let age = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        let name = hex(entry.file_name().as_encoded_bytes());
        files.push(format!("{name} {} {}", meta.len(), age.as_nanos()));
    }
    files.sort_unstable();
    Some(files.join("\n"))
}

/// A URL without user and password.
fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::super::arguments;
    use super::*;

    fn key(host: &Host, words: &[&str]) -> Result<SettingsKey, Reason> {
        let words: Vec<_> = words.iter().map(std::ffi::OsString::from).collect();
        let defaults = configuration::read(host, Path::new("/env"))?;
        Settings::new(defaults, arguments::parse(&words)?.options).key(host)
    }

    fn host(vars: &[(&str, &str)]) -> Host {
        Host::new(vars.iter().copied().chain([("PIP_CONFIG_FILE", "/dev/null")]), "/")
    }

    #[test]
    fn equal_settings_have_one_key_however_they_are_made() {
        let plain = host(&[]);
        for (vars, words) in [
            (&[][..], &["-q"][..]),
            (&[], &["-i", "https://pypi.org/simple/"]),
            (&[], &["--index-url=https://user:secret@pypi.org/simple"]),
            (&[("PIP_INDEX_URL", "https://other.org/simple")], &["-ihttps://pypi.org/simple"]),
            (&[("PIP_NO_INDEX", "0"), ("PIP_TIMEOUT", "9")], &["--no-deps", "-U"]),
        ] {
            assert_eq!(key(&host(vars), words), key(&plain, &[]), "{vars:?} {words:?}");
        }
    }

    #[test]
    fn other_settings_have_another_key() {
        let mut keys = Vec::new();
        for (vars, words) in [
            (&[][..], &[][..]),
            (&[], &["-i", "https://x.org/simple"]),
            (&[], &["-i", "http://x.org/simple"]),
            (&[], &["--extra-index-url", "https://x.org/simple"]),
            (&[("PIP_EXTRA_INDEX_URL", "https://x.org/simple https://y.org/simple")], &[]),
            (&[], &["-f", "https://x.org/simple"]),
            (&[], &["--no-index"]),
            (&[], &["--pre"]),
            (&[], &["--prefer-binary"]),
            (&[], &["--no-binary", ":all:"]),
            (&[], &["--only-binary", ":all:"]),
            (&[], &["--only-binary", ":all:", "--no-binary", "x"]),
            (&[], &["--no-binary", "x", "--only-binary", ":all:"]),
        ] {
            let key = key(&host(vars), words).unwrap();
            assert!(!keys.contains(&key), "{vars:?} {words:?}");
            keys.push(key);
        }
    }

    #[test]
    fn a_directory_of_links_counts_with_its_files() {
        let dir = tempfile::tempdir().unwrap();
        let host = Host::new([("PIP_CONFIG_FILE", "/dev/null")], dir.path());
        std::fs::write(dir.path().join("a.whl"), "x").unwrap();
        let first = key(&host, &["-f", "."]).unwrap();
        assert_eq!(key(&host, &["-f", "."]), Ok(first.clone()));
        std::fs::write(dir.path().join("b.whl"), "x").unwrap();
        let second = key(&host, &["-f", "."]).unwrap();
        assert_ne!(first, second);
        std::fs::write(dir.path().join("b.whl"), "xy").unwrap();
        assert_ne!(key(&host, &["-f", "."]), Ok(second));
        for words in [["-f", "absent"], ["-f", "~/x"], ["-i", "./simple"], ["-i", "file:///simple"]]
        {
            assert!(matches!(key(&host, &words), Err(Reason::Source(_))), "{words:?}");
        }
    }

    #[test]
    fn no_message_shows_credentials() {
        for (url, shown) in [
            ("ftp://u:p@x.org/a", "ftp://x.org/a"),
            ("https://u:p%40q@x.org", "https://x.org"),
            ("https://u@p@x.org/?q", "https://x.org/?q"),
            ("https://x.org/a@b", "https://x.org/a@b"),
        ] {
            assert_eq!(without_credentials(url), shown);
        }
    }
}
