//! `direct_url.json` (PEP 610): where a distribution came from, when not from an index.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::fs;
use crate::support::limits;

/// The file, as far as it matters here.
#[derive(Debug, Deserialize)]
pub(crate) struct DirectUrl {
    url: String,
    #[serde(default)]
    dir_info: DirInfo,
    vcs_info: Option<VcsInfo>,
    subdirectory: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct DirInfo {
    #[serde(default)]
    editable: bool,
}

#[derive(Debug, Deserialize)]
struct VcsInfo {
    vcs: String,
    commit_id: String,
}

impl DirectUrl {
    /// That of the distribution with this dist-info.
    pub(crate) fn of(dist_info: &Path) -> Option<Self> {
        let path = dist_info.join("direct_url.json");
        serde_json::from_slice(&fs::read_bounded(&path, limits::SITE_FILE).ok()?).ok()
    }

    /// The project of an editable install.
    pub(crate) fn editable(&self) -> Option<PathBuf> {
        let path = self.url.strip_prefix("file://").filter(|_| self.dir_info.editable)?;
        let path = percent_decoded(path);
        // `file:///C:/x` has one slash more than the path.
        let is_drive = path.as_bytes().get(2) == Some(&b':');
        Some(PathBuf::from(if is_drive { &path[1..] } else { &path }))
    }

    /// The URL as pip takes it: what was checked out, not what its branch is now.
    pub(crate) fn requirement(&self) -> String {
        let mut url = match &self.vcs_info {
            Some(VcsInfo { vcs, commit_id }) => format!("{vcs}+{}@{commit_id}", self.url),
            None => self.url.clone(),
        };
        if let Some(subdirectory) = &self.subdirectory {
            url.push_str("#subdirectory=");
            url.push_str(subdirectory);
        }
        url
    }
}

/// How pip is told to install a distribution again: from where it came, as an index may have a
/// stranger's of the same name; else by its name and version.
pub(crate) fn requirement(dist_info: &Path, name: &str, version: &str) -> Vec<String> {
    match DirectUrl::of(dist_info) {
        Some(origin) if origin.editable().is_some() => vec!["-e".to_owned(), origin.requirement()],
        Some(origin) => vec![format!("{name} @ {}", origin.requirement())],
        None => vec![format!("{name}=={version}")],
    }
}

/// A path as a URL has it (RFC 3986): only unreserved characters stand for themselves.
pub(super) fn percent_encoded(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).filter(|_| *first == b'%');
        let hex = hex.and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> DirectUrl {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn examples_of_the_specification() {
        let editable = parsed(r#"{"url": "file:///my%20dir", "dir_info": {"editable": true}}"#);
        assert_eq!(editable.editable(), Some("/my dir".into()));
        let plain = parsed(r#"{"url": "file:///dir", "dir_info": {}}"#);
        assert_eq!(plain.editable(), None);
        assert_eq!(plain.requirement(), "file:///dir");
        let archive =
            parsed(r#"{"url": "https://x.org/a.zip", "archive_info": {}, "subdirectory": "b"}"#);
        assert_eq!(archive.requirement(), "https://x.org/a.zip#subdirectory=b");
        let git =
            r#"{"url": "https://x.org/a.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}}"#;
        assert_eq!(parsed(git).requirement(), "git+https://x.org/a.git@abc");
    }

    #[test]
    fn percents_that_are_none() {
        for (text, decoded) in [("a%20b", "a b"), ("100%", "100%"), ("%zz", "%zz"), ("%C3%A9", "é")]
        {
            assert_eq!(percent_decoded(text), decoded);
        }
        for path in ["/a b/é", "/100%", "/plain-_.~"] {
            assert_eq!(percent_decoded(&percent_encoded(path)), path);
        }
    }
}
