//! Placeholders for a Python that is not installed: their start opens a window.

use std::ffi::OsStr;
use std::path::Path;

use crate::python::Reason;
use crate::support::host::{Host, Platform};

/// The kind of placeholder at `path`, if it is one.
pub(super) fn reason(path: &Path, host: &Host) -> Option<Reason> {
    match host.platform() {
        Platform::MacOs if is_apple_stub(path) => Some(Reason::AppleStub),
        Platform::Windows if is_store_stub(path, host) => Some(Reason::StoreStub),
        _ => None,
    }
}

/// Whether running `path` would offer to install Apple's developer tools.
fn is_apple_stub(path: &Path) -> bool {
    let tools = [
        "/Library/Developer/CommandLineTools/usr/bin/python3",
        "/Applications/Xcode.app",
        // The developer directory that `xcode-select` chose.
        "/var/db/xcode_select_link/usr/bin/python3",
    ];
    path == Path::new("/usr/bin/python3") && !tools.iter().any(|tool| Path::new(tool).exists())
}

/// Whether `path` is an alias that opens the Store or starts an installation. Aliases of installed programs
/// are empty files, too, but have the directory of the program's package beside them.
fn is_store_stub(path: &Path, host: &Host) -> bool {
    let Some(dir) = path.parent() else { return false };
    let is_named = |name: &OsStr, expected| name.eq_ignore_ascii_case(expected);
    let in_apps = dir.file_name().is_some_and(|name| is_named(name, "WindowsApps"));
    if !in_apps || !path.metadata().is_ok_and(|meta| meta.len() == 0) {
        return false;
    }
    // The install manager has aliases of the same names, which install a missing Python.
    let managed = || {
        let data = host.path_var("LOCALAPPDATA").map(|data| data.join("Python"));
        data.is_some_and(|dir| holds(&dir, "pythoncore-"))
    };
    let is_python = holds(dir, "PythonSoftwareFoundation.Python.");
    !(is_python || holds(dir, "PythonSoftwareFoundation.PythonManager_") && managed())
}

/// Whether an entry of `dir` has this prefix.
fn holds(dir: &Path, start: &str) -> bool {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name()).any(|name| name.to_string_lossy().starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_without_its_package_leads_to_the_store() {
        let dir = tempfile::tempdir().unwrap();
        let apps = dir.path().join("WindowsApps");
        let make = |path: &Path| std::fs::create_dir_all(path).unwrap();
        make(&apps);
        let alias = apps.join("python.exe");
        std::fs::write(&alias, "").unwrap();
        let host = Host::new([("LOCALAPPDATA", dir.path())], dir.path()).on(Platform::Windows);
        assert!(is_store_stub(&alias, &host));
        make(&apps.join("PythonSoftwareFoundation.PythonManager_qbz5n2kfra8p0"));
        assert!(is_store_stub(&alias, &host), "there is a manager, and no Python yet");
        make(&dir.path().join("Python/pythoncore-3.14-64"));
        assert!(!is_store_stub(&alias, &host));
        std::fs::remove_dir_all(dir.path().join("Python")).unwrap();
        make(&apps.join("PythonSoftwareFoundation.Python.3.12_qbz5n2kfra8p0"));
        assert!(!is_store_stub(&alias, &host));
        let elsewhere = dir.path().join("python.exe");
        std::fs::write(&elsewhere, "").unwrap();
        assert!(!is_store_stub(&elsewhere, &host));
    }
}
