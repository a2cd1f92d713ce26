//! Files that stand for a Python that is not there: to run one opens a window.

use std::ffi::OsStr;
use std::path::Path;

use super::Reason;
use crate::host::{Host, Platform};

/// What `path` stands for, if it is such a file.
pub(super) fn reason(path: &Path, host: &Host) -> Option<Reason> {
    match host.platform() {
        Platform::MacOs if is_apple_stub(path) => Some(Reason::AppleStub),
        Platform::Windows if is_store_stub(path) => Some(Reason::StoreStub),
        _ => None,
    }
}

/// Whether running `path` would offer to install Apple's developer tools.
fn is_apple_stub(path: &Path) -> bool {
    let tools = ["/Library/Developer/CommandLineTools/usr/bin/python3", "/Applications/Xcode.app"];
    path == Path::new("/usr/bin/python3") && !tools.iter().any(|tool| Path::new(tool).exists())
}

/// Whether `path` is an alias that leads to the Store. Those of programs that are installed are empty
/// files too, but then there is a directory of the program's package beside them.
fn is_store_stub(path: &Path) -> bool {
    let Some(dir) = path.parent() else { return false };
    let is_named = |name: &OsStr, expected| name.eq_ignore_ascii_case(expected);
    let in_apps = dir.file_name().is_some_and(|name| is_named(name, "WindowsApps"));
    if !in_apps || !path.metadata().is_ok_and(|meta| meta.len() == 0) {
        return false;
    }
    let packages = std::fs::read_dir(dir).into_iter().flatten().flatten();
    !packages.map(|entry| entry.file_name()).any(|name| {
        // Python itself, and the install manager that brings aliases of the same names.
        name.to_string_lossy().starts_with("PythonSoftwareFoundation.Python")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_without_its_package_leads_to_the_store() {
        let dir = tempfile::tempdir().unwrap();
        let apps = dir.path().join("WindowsApps");
        std::fs::create_dir(&apps).unwrap();
        let alias = apps.join("python.exe");
        std::fs::write(&alias, "").unwrap();
        assert!(is_store_stub(&alias));
        let package = apps.join("PythonSoftwareFoundation.Python.3.12_qbz5n2kfra8p0");
        std::fs::create_dir(package).unwrap();
        assert!(!is_store_stub(&alias));
        let elsewhere = dir.path().join("python.exe");
        std::fs::write(&elsewhere, "").unwrap();
        assert!(!is_store_stub(&elsewhere));
    }
}
