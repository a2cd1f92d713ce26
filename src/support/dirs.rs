//! The directories of the user that programs keep their files in.
//!
//! Linux follows the XDG Base Directory Specification 0.8, which says that a relative value of one
//! of its variables is invalid and must be ignored. The same holds here for the variables of
//! Windows and of other tools.

use std::path::{Path, PathBuf};

use super::host::{Host, Platform};
use super::users;

/// The directory for files that programs can create again: `XDG_CACHE_HOME` or `~/.cache`,
/// `~/Library/Caches`, `%LOCALAPPDATA%`.
///
/// For root in another user's home (`sudo` with HOME kept), the directory of root's own home: the
/// user could otherwise no longer write into his own.
pub fn cache(host: &Host) -> Option<PathBuf> {
    let dir = match host.platform() {
        Platform::Linux => xdg(host, "XDG_CACHE_HOME", ".cache"),
        Platform::MacOs => in_home(host, "Library/Caches"),
        Platform::Windows => absolute(host, "LOCALAPPDATA"),
    }?;
    let below = if host.platform() == Platform::MacOs { "Library/Caches" } else { ".cache" };
    Some(own(dir, below))
}

/// The directory for settings: `XDG_CONFIG_HOME` or `~/.config`,
/// `~/Library/Application Support`, `%APPDATA%`.
pub fn config(host: &Host) -> Option<PathBuf> {
    match host.platform() {
        Platform::Linux => xdg_config(host),
        Platform::MacOs => in_home(host, "Library/Application Support"),
        Platform::Windows => absolute(host, "APPDATA"),
    }
}

/// The directory for persistent state: `XDG_STATE_HOME` or `~/.local/state`,
/// `~/Library/Application Support`, `%LOCALAPPDATA%`. For root in another user's home as [`cache`].
pub fn state(host: &Host) -> Option<PathBuf> {
    let dir = match host.platform() {
        Platform::Linux => xdg(host, "XDG_STATE_HOME", ".local/state"),
        Platform::MacOs => in_home(host, "Library/Application Support"),
        Platform::Windows => absolute(host, "LOCALAPPDATA"),
    }?;
    let is_mac = host.platform() == Platform::MacOs;
    let below = if is_mac { "Library/Application Support" } else { ".local/state" };
    Some(own(dir, below))
}

/// `dir`, or for root in another user's home `below` in root's own.
fn own(dir: PathBuf, below: &str) -> PathBuf {
    users::roots_own_home(&dir).map_or(dir, |home| home.join(below))
}

/// `XDG_CONFIG_HOME` or `~/.config`, which git and mise use on every platform.
pub fn xdg_config(host: &Host) -> Option<PathBuf> {
    xdg(host, "XDG_CONFIG_HOME", ".config")
}

/// `XDG_DATA_HOME`, else `%LOCALAPPDATA%` on Windows and `~/.local/share` elsewhere: where uv, mise
/// and hatch keep the Pythons that they install.
pub fn xdg_data(host: &Host) -> Option<PathBuf> {
    absolute(host, "XDG_DATA_HOME").or_else(|| match host.platform() {
        Platform::Windows => absolute(host, "LOCALAPPDATA"),
        Platform::Linux | Platform::MacOs => in_home(host, ".local/share"),
    })
}

fn xdg(host: &Host, variable: &str, default: &str) -> Option<PathBuf> {
    absolute(host, variable).or_else(|| in_home(host, default))
}

/// The value of a variable that names a directory; a relative one counts as unset.
pub fn absolute(host: &Host, variable: &str) -> Option<PathBuf> {
    host.path_var(variable).filter(|dir| dir.is_absolute()).map(Path::to_owned)
}

fn in_home(host: &Host, below: &str) -> Option<PathBuf> {
    host.home().map(|home| home.join(below))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const DIRS: [fn(&Host) -> Option<PathBuf>; 4] = [cache, config, state, xdg_data];

    #[test]
    fn each_platform_has_its_directories() {
        let vars =
            [("HOME", "/home/u"), ("USERPROFILE", "/u"), ("APPDATA", "/r"), ("LOCALAPPDATA", "/l")];
        for (platform, expected) in [
            (Platform::Linux, [".cache", ".config", ".local/state", ".local/share"]),
            (
                Platform::MacOs,
                [
                    "Library/Caches",
                    "Library/Application Support",
                    "Library/Application Support",
                    ".local/share",
                ],
            ),
        ] {
            let host = Host::new(vars, "/").on(platform);
            let expected = expected.map(|dir| Some(Path::new("/home/u").join(dir)));
            assert_eq!(DIRS.map(|dir| dir(&host)), expected, "{platform:?}");
        }
        let host = Host::new(vars, "/").on(Platform::Windows);
        let expected = ["/l", "/r", "/l", "/l"].map(|dir| Some(dir.into()));
        assert_eq!(DIRS.map(|dir| dir(&host)), expected);
    }

    #[test]
    fn relative_values_are_ignored() {
        let names = ["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"];
        let all = [cache, config, state, xdg_data];
        for (name, dir) in names.into_iter().zip(all) {
            let host = |value| Host::new([("HOME", "/home/u"), (name, value)], "/");
            let at = |value| dir(&host(value).on(Platform::Linux)).unwrap();
            assert_eq!(at("/elsewhere"), Path::new("/elsewhere"));
            for value in ["relative", "./x", "~/x", ""] {
                assert!(at(value).starts_with("/home/u"), "{name}={value}");
            }
        }
        let windows = Host::new([("LOCALAPPDATA", "l"), ("APPDATA", "r")], "/");
        let windows = windows.on(Platform::Windows);
        assert_eq!(DIRS.map(|dir| dir(&windows)), [None, None, None, None]);
    }

    #[test]
    fn there_is_no_directory_without_a_home() {
        let host = Host::new([("PATH", "/bin")], "/").on(Platform::Linux);
        assert_eq!(DIRS.map(|dir| dir(&host)), [None, None, None, None]);
    }
}
