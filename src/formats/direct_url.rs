//! `direct_url.json` (PEP 610): the source of a distribution that did not come from an index.

use std::path::PathBuf;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;

/// The fields of the file that rvenv uses.
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
    /// Parses the file; `None` if it is invalid.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// The project of an editable install.
    pub(crate) fn editable(&self) -> Option<PathBuf> {
        let path = self.url.strip_prefix("file://").filter(|_| self.dir_info.editable)?;
        let path = percent_decoded(path);
        // `file:///C:/x` has one slash more than the path.
        let is_drive = path.as_bytes().get(2) == Some(&b':');
        Some(PathBuf::from(if is_drive { &path[1..] } else { &path }))
    }

    /// Whether it is a path of this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.url.starts_with("file:")
    }

    /// The URL as one word of a requirements file, with the commit that was checked out.
    ///
    /// Characters with a meaning in such a file are percent-encoded: white space, `\`, and the `$` of `${NAME}`,
    /// which pip replaces by the variable (`ENV_VAR_RE` in pip's `req_file.py`).
    pub(crate) fn url(&self) -> String {
        let mut url = match &self.vcs_info {
            Some(VcsInfo { vcs, commit_id }) => format!("{vcs}+{}@{commit_id}", self.url),
            None => self.url.clone(),
        };
        if let Some(subdirectory) = &self.subdirectory {
            url.push_str("#subdirectory=");
            url.push_str(subdirectory);
        }
        encode_special(&url)
    }

    /// The requirement of the distribution `name` in a form that every pip accepts. Before 24.1, which
    /// took over packaging 22, `NAME @ git+file:///DIRECTORY` was an invalid URL, as it has no host.
    pub(crate) fn requirement(&self, name: &str) -> String {
        let url = self.url();
        if self.vcs_info.is_none() || !self.url.starts_with("file:///") {
            return format!("{name} @ {url}");
        }
        let separator = if url.contains('#') { '&' } else { '#' };
        format!("{url}{separator}egg={name}")
    }
}

fn encode_special(url: &str) -> String {
    let mut encoded = String::with_capacity(url.len());
    for c in url.chars() {
        if c.is_whitespace() || c.is_control() || matches!(c, '$' | '\\') {
            let mut buffer = [0; 4];
            encoded.extend(utf8_percent_encode(c.encode_utf8(&mut buffer), NON_ALPHANUMERIC));
        } else {
            encoded.push(c);
        }
    }
    encoded
}

/// A requirement for messages, without the credentials and the query of its URL: both can contain
/// secrets.
pub(crate) fn without_secrets(requirement: &str) -> String {
    let Some((start, rest)) = requirement.split_once("://") else { return requirement.to_owned() };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let path = path.split('?').next().unwrap_or(path);
    format!("{start}://{host}{path}")
}

/// The characters of a path that are not percent-encoded in a URL: `/` and the unreserved ones of
/// RFC 3986, section 2.3.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The path of a URL for a path.
pub(crate) fn percent_encoded(path: &str) -> String {
    utf8_percent_encode(path, ENCODED).to_string()
}

fn percent_decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
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
        assert_eq!(plain.url(), "file:///dir");
        let archive =
            parsed(r#"{"url": "https://x.org/a.zip", "archive_info": {}, "subdirectory": "b"}"#);
        assert_eq!(archive.url(), "https://x.org/a.zip#subdirectory=b");
        let git =
            r#"{"url": "https://x.org/a.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}}"#;
        assert_eq!(parsed(git).url(), "git+https://x.org/a.git@abc");
        assert_eq!(parsed(git).requirement("a"), "a @ git+https://x.org/a.git@abc");
        let local = git.replace("https://x.org", "file:///r");
        assert_eq!(parsed(&local).requirement("a"), "git+file:///r/a.git@abc#egg=a");
        let part = local.replace("\"vcs_info\"", "\"subdirectory\": \"b\", \"vcs_info\"");
        assert_eq!(parsed(&part).requirement("a"), "git+file:///r/a.git@abc#subdirectory=b&egg=a");
    }

    #[test]
    fn a_url_is_one_word_without_variables() {
        for (url, word) in [
            ("https://x.org/${SECRET}/a.zip", "https://x.org/%24{SECRET}/a.zip"),
            ("https://x.org/a.zip --index-url=y", "https://x.org/a.zip%20--index-url=y"),
            ("https://x.org/a.zip\\", "https://x.org/a.zip%5C"),
            ("https://x.org/a\nb\u{2028}c", "https://x.org/a%0Ab%E2%80%A8c"),
            ("https://x.org/a%20b?c=d&e#f", "https://x.org/a%20b?c=d&e#f"),
        ] {
            assert_eq!(parsed(&serde_json::json!({ "url": url }).to_string()).url(), word);
        }
        let git = serde_json::json!({
            "url": "https://x.org/a", "vcs_info": {"vcs": "git", "commit_id": "a ${B}"},
            "subdirectory": "c ${D}",
        });
        let word = "git+https://x.org/a@a%20%24{B}#subdirectory=c%20%24{D}";
        assert_eq!(parsed(&git.to_string()).url(), word);
    }

    #[test]
    fn messages_have_no_secrets() {
        for (requirement, shown) in [
            ("a @ https://me:pw@x.org/a.zip?token=1#c", "a @ https://x.org/a.zip"),
            ("a @ git+ssh://git@x.org/a@v1", "a @ git+ssh://x.org/a@v1"),
            ("-e file:///a@b/c", "-e file:///a@b/c"),
            ("a==1", "a==1"),
        ] {
            assert_eq!(without_secrets(requirement), shown);
        }
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

    proptest::proptest! {
        #[test]
        fn a_path_is_decoded_as_it_was_encoded(path in proptest::arbitrary::any::<String>()) {
            proptest::prop_assert_eq!(percent_decoded(&percent_encoded(&path)), path);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::arbitrary::any::<u8>(), 0..200), url in ".*") {
            let _ = DirectUrl::parse(&bytes);
            let editable = serde_json::json!({"url": url, "dir_info": {"editable": true}});
            let parsed = DirectUrl::parse(editable.to_string().as_bytes());
            let _ = parsed.map(|parsed| (parsed.editable(), parsed.url()));
        }
    }
}
