//! The source of a distribution, read from its dist-info.

use std::path::Path;

use crate::formats::direct_url::DirectUrl;
use crate::fs;
use crate::support::limits;

/// `direct_url.json` in a dist-info.
pub(crate) fn read(dist_info: &Path) -> Option<DirectUrl> {
    DirectUrl::parse(&fs::read_bounded(&dist_info.join("direct_url.json"), limits::SITE_FILE).ok()?)
}

/// The words by which pip installs a distribution again: from where it came, as an index may have
/// another one of the same name; else by its name and version.
pub(crate) fn requirement(dist_info: &Path, name: &str, version: &str) -> Vec<String> {
    match read(dist_info) {
        Some(origin) if origin.editable().is_some() => vec!["-e".to_owned(), origin.url()],
        Some(origin) => vec![origin.requirement(name)],
        None => vec![format!("{name}=={version}")],
    }
}
