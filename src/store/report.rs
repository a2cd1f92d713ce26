//! pip's report on an installation (`--report`, `PIP_REPORT`; "installation report" in pip's
//! documentation).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::entry::Archive;

/// The first pip with a report of this form, which it writes also when it installs: 22.2 and 22.3
/// have an experimental one and warn of it.
const FIRST_PIP: (u32, u32) = (23, 0);

/// Whether pip of this version can write a report.
pub fn writes_report(pip_version: &str) -> bool {
    let mut parts = pip_version.split('.').map(|part| part.parse().ok());
    let version = parts.next().flatten().zip(parts.next().unwrap_or(Some(0)));
    version.is_some_and(|version: (u32, u32)| version >= FIRST_PIP)
}

/// The report of an installation by pip.
#[derive(Debug, Deserialize)]
pub(super) struct Report {
    pub(super) install: Vec<Item>,
}

/// One distribution that pip installed.
#[derive(Debug, Deserialize)]
pub(super) struct Item {
    download_info: DownloadInfo,
    /// Whether the user gave its URL or path.
    pub(super) is_direct: bool,
    #[serde(default)]
    is_yanked: bool,
    pub(super) metadata: Metadata,
}

/// The metadata of a distribution in the report.
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    pub(super) name: String,
    pub(super) version: String,
}

#[derive(Debug, Deserialize)]
struct DownloadInfo {
    url: String,
    archive_info: Option<ArchiveInfo>,
}

#[derive(Debug, Deserialize)]
struct ArchiveInfo {
    /// `sha256=…`, of pips that do not write `hashes`.
    hash: Option<String>,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
}

impl Report {
    /// Reads a report; `None` if it is not one.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

impl Item {
    /// The archive that it was installed from; `None` if it was none, or has no hash.
    pub(super) fn archive(&self) -> Option<Archive> {
        let DownloadInfo { url, archive_info } = &self.download_info;
        let info = archive_info.as_ref()?;
        let single = info.hash.as_ref().and_then(|hash| hash.split_once('='));
        let mut hashes: BTreeMap<_, _> =
            single.into_iter().map(|(name, hash)| (name.to_owned(), hash.to_owned())).collect();
        hashes.extend(info.hashes.clone());
        let path = url.split(['?', '#']).next().unwrap_or(url);
        let is_wheel = path.to_ascii_lowercase().ends_with(".whl");
        let (url, is_yanked) = (url.clone(), self.is_yanked);
        Some(Archive { url, hashes, is_wheel, is_yanked })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_names_archive_and_hash() {
        let text = r#"{"version": "1", "pip_version": "23.2.1", "install": [
            {"download_info": {"url": "https://x.org/a-1-py3-none-any.whl",
                               "archive_info": {"hash": "sha256=ab", "hashes": {"sha256": "ab"}}},
             "is_direct": false, "is_yanked": true, "requested": true,
             "metadata": {"metadata_version": "2.1", "name": "A", "version": "1"}},
            {"download_info": {"url": "file:///src", "dir_info": {"editable": true}},
             "is_direct": true, "requested": true, "metadata": {"name": "b", "version": "2"}}]}"#;
        let report = Report::parse(text.as_bytes()).unwrap();
        let archive = report.install[0].archive().unwrap();
        assert!(archive.is_wheel && archive.is_yanked && !report.install[0].is_direct);
        assert_eq!(archive.hashes, BTreeMap::from([("sha256".to_owned(), "ab".to_owned())]));
        assert!(report.install[1].is_direct && report.install[1].archive().is_none());
    }

    #[test]
    fn old_pips_write_no_report() {
        for (version, expected) in [
            ("23.2.1", true),
            ("23.0", true),
            ("26.1.dev0", true),
            ("24", true),
            ("22.3.1", false),
            ("x", false),
        ] {
            assert_eq!(writes_report(version), expected, "{version}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(text in ".*", url in ".*") {
            let item = serde_json::json!({"download_info": {"url": url, "archive_info": {"hash": text}},
                "is_direct": false, "metadata": {"name": text, "version": text}});
            let report = serde_json::json!({"install": [item]}).to_string();
            let _ = Report::parse(report.as_bytes()).map(|report| report.install[0].archive());
            let _ = (Report::parse(text.as_bytes()).is_some(), writes_report(&text));
        }
    }
}
