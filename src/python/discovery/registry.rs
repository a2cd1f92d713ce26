//! The installations in Windows' registry (PEP 514): installers record them there, and the `py` launcher
//! lists them.

#[cfg(windows)]
use std::path::Path;

use super::managers::Installation;
#[cfg(windows)]
use crate::python::{Installer, Wanted};

/// The recorded installations, those of the user before those of all users.
#[cfg(windows)]
pub(super) fn installations() -> Vec<Installation> {
    use windows_registry::{CURRENT_USER, LOCAL_MACHINE};
    [
        (CURRENT_USER, r"Software\Python"),
        (LOCAL_MACHINE, r"Software\Python"),
        // The keys of 32-bit installers on 64-bit systems.
        (LOCAL_MACHINE, r"Software\WOW6432Node\Python"),
    ]
    .into_iter()
    .filter_map(|(root, path)| companies(&root.open(path).ok()?))
    .flatten()
    .collect()
}

/// Other systems have no registry.
#[cfg(not(windows))]
pub(super) fn installations() -> Vec<Installation> {
    Vec::new()
}

/// `Python\COMPANY\TAG\InstallPath`, newest tags last, as the registry sorts them.
#[cfg(windows)]
fn companies(python: &windows_registry::Key) -> Option<Vec<Installation>> {
    let mut found = Vec::new();
    for company in python.keys().ok()? {
        // The launcher's settings, which PEP 514 excludes from the companies.
        if company.eq_ignore_ascii_case("PyLauncher") {
            continue;
        }
        let Ok(key) = python.open(&company) else { continue };
        let tags = key.keys().into_iter().flatten();
        found.extend(tags.filter_map(|tag| installation(&key, &company, &tag)));
    }
    Some(found)
}

#[cfg(windows)]
fn installation(company: &windows_registry::Key, name: &str, tag: &str) -> Option<Installation> {
    let key = company.open(format!(r"{tag}\InstallPath")).ok()?;
    // Older installers do not record the executable.
    let path = key.get_string("ExecutablePath").or_else(|_| key.get_string("")).ok()?;
    // Only python.org's tags are versions by the PEP's rule: `3.12`, `3.13t`, `3.11-32`.
    let told = (name == "PythonCore").then(|| tag.split('-').next().and_then(Wanted::parse));
    let path = Path::new(path.trim_end_matches('\\'));
    path.is_absolute().then(|| Installation {
        place: Installer::Registry,
        dir: path.to_owned(),
        told: told.flatten(),
    })
}
