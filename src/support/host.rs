//! The library's only view of the process it runs in.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::support::found::Permits;
use crate::support::path::strip_verbatim_prefix;
use crate::support::{Error, Result};

/// The kind of system that an environment is made for.
///
/// A value and not a `cfg`, so that every platform's layout can be planned and tested on any machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// Linux, and every other Unix but macOS.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

impl Platform {
    /// The platform that this program was built for.
    pub const fn current() -> Self {
        if cfg!(windows) {
            Self::Windows
        } else if cfg!(target_os = "macos") {
            Self::MacOs
        } else {
            Self::Linux
        }
    }

    /// The character between the entries of PATH, which no entry can contain.
    pub const fn path_separator(self) -> char {
        match self {
            Self::Windows => ';',
            Self::Linux | Self::MacOs => ':',
        }
    }

    /// The directory and the name of a path of this platform's, on whatever platform this runs.
    pub fn split(self, path: &Path) -> (PathBuf, OsString) {
        let separators: &[char] = if self == Self::Windows { &['\\', '/'] } else { &['/'] };
        let Some(text) = path.to_str() else {
            // Only a path of the running platform can contain bytes that are not text.
            let dir = path.parent().unwrap_or(path).to_owned();
            return (dir, path.file_name().unwrap_or_default().to_owned());
        };
        let at = text.rfind(separators).map_or(0, |at| at + 1);
        let (dir, name) = text.split_at(at);
        let parent = dir.trim_end_matches(separators);
        // `/` is the root, and `C:` alone would be the drive's current directory.
        let is_root = parent.is_empty() || parent.ends_with(':');
        let dir = if is_root { dir } else { parent };
        (dir.into(), name.into())
    }
}

/// The directory of Windows' drives in Cygwin.
const CYGDRIVE: &str = "/cygdrive/";

/// Variables, directories and platform of the process, as a value.
///
/// Tests build one with [`Host::new`]; the program takes its own with [`Host::from_process`].
#[derive(Clone, Debug)]
pub struct Host {
    vars: BTreeMap<OsString, OsString>,
    cwd: PathBuf,
    platform: Platform,
    permits: Permits,
}

impl Host {
    /// A host with the given variables and current directory.
    pub fn new<K, V>(vars: impl IntoIterator<Item = (K, V)>, cwd: impl Into<PathBuf>) -> Self
    where
        K: Into<OsString>,
        V: Into<OsString>,
    {
        let vars = vars.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let permits = Permits::default();
        Self { vars, cwd: cwd.into(), platform: Platform::current(), permits }
    }

    /// The host that this process runs on.
    ///
    /// # Errors
    /// When the current directory is gone or cannot be read.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that looks at the process"
    )]
    pub fn from_process() -> Result<Self> {
        let cwd = std::env::current_dir().map_err(|source| Error::NoCurrentDirectory { source })?;
        Ok(Self::new(std::env::vars_os(), cwd))
    }

    /// As [`Self::from_process`], but uses `PWD` if the current directory was deleted: for commands
    /// that read no files there.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that looks at the process"
    )]
    pub fn from_process_anywhere() -> Self {
        Self::from_process().unwrap_or_else(|_| {
            let named = std::env::var_os("PWD").map(PathBuf::from).filter(|dir| dir.is_absolute());
            Self::new(std::env::vars_os(), named.unwrap_or_else(|| "/".into()))
        })
    }

    /// This host as if it were another platform.
    #[cfg(test)]
    #[must_use]
    pub(crate) fn on(self, platform: Platform) -> Self {
        Self { platform, ..self }
    }

    /// This host, where the user permits the use of more files than their owners do.
    #[must_use]
    pub fn permitting(self, permits: Permits) -> Self {
        Self { permits, ..self }
    }

    /// The user's permissions.
    pub(crate) fn permits(&self) -> Permits {
        self.permits
    }

    /// The directories whose files may be used whoever owns them: `RVENV_TRUSTED`, else the user's
    /// setting.
    pub(crate) fn trusted(&self) -> OsString {
        let variable = self.var("RVENV_TRUSTED").map(OsStr::to_owned);
        let configured = || self.permits.trusted.map(|trusted| trusted(self));
        variable.or_else(configured).unwrap_or_default()
    }

    /// The value of a variable; an empty one counts as unset, as shells' users mean it.
    pub fn var(&self, name: &str) -> Option<&OsStr> {
        let value = if self.platform == Platform::Windows {
            // Windows compares the names of variables without case.
            self.vars.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        } else {
            self.vars.get(OsStr::new(name))
        };
        value.map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// The value of a variable as a path.
    pub fn path_var(&self, name: &str) -> Option<&Path> {
        self.var(name).map(Path::new)
    }

    /// Every variable.
    pub fn vars(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.vars.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// The current directory, as the process knows it.
    pub fn cwd(&self) -> &Path {
        &self.cwd
    }

    /// The platform that this host is.
    pub fn platform(&self) -> Platform {
        self.platform
    }

    /// The user's home, when a variable names one that is absolute.
    pub fn home(&self) -> Option<&Path> {
        let name = if self.platform == Platform::Windows { "USERPROFILE" } else { "HOME" };
        self.path_var(name).filter(|home| home.is_absolute())
    }

    /// The directories of PATH in order. Empty and relative entries are left out, and those below
    /// `/proc` and `/dev/fd`, such as `/proc/self/cwd`: all depend on the current directory, where a
    /// program can be anybody's.
    pub fn search_path(&self) -> impl Iterator<Item = PathBuf> {
        let path = self.var("PATH").unwrap_or_default();
        let is_of_process = |dir: &Path| dir.starts_with("/proc") || dir.starts_with("/dev/fd");
        std::env::split_paths(path).filter(move |dir| dir.is_absolute() && !is_of_process(dir))
    }

    /// `path` as Windows has it, where Cygwin or MSYS2 wrote it: `/cygdrive/c/x`, `/c/x`. Not all that
    /// they hand on to Windows' programs do they translate.
    pub(crate) fn native<'p>(&self, path: &'p Path) -> Cow<'p, Path> {
        let on_drive = || {
            let text = path.to_str()?;
            let (drive, rest) =
                text.strip_prefix(CYGDRIVE).or(text.strip_prefix('/'))?.split_at_checked(1)?;
            let is_drive = drive.chars().all(|letter| letter.is_ascii_alphabetic());
            let rest = rest.strip_prefix('/').or(rest.is_empty().then_some(""))?;
            is_drive
                .then(|| format!(r"{}:\{}", drive.to_ascii_uppercase(), rest.replace('/', r"\")))
        };
        let native = if self.platform == Platform::Windows { on_drive() } else { None };
        native.map_or(path.into(), |native| PathBuf::from(native).into())
    }

    /// Makes `path` absolute and removes `.` and `..` lexically, without resolving links.
    pub fn absolute(&self, path: &Path) -> PathBuf {
        let mut out = PathBuf::new();
        // Cygwin translates no arguments. `/c/x`, in turn, may be meant as it stands.
        let native = path.starts_with(CYGDRIVE).then(|| self.native(path));
        let path = native.as_deref().unwrap_or(path);
        // The current directory may have the prefix, too.
        for part in strip_verbatim_prefix(&self.on_drive(&strip_verbatim_prefix(path))).components()
        {
            match part {
                Component::CurDir => {}
                Component::ParentDir => {
                    out.pop();
                }
                part => out.push(part),
            }
        }
        out
    }

    /// `path` seen from the current directory; `C:path`, which only Windows knows, from that of its
    /// drive, which hidden variables such as `=C:` hold.
    fn on_drive(&self, path: &Path) -> PathBuf {
        let mut parts = path.components();
        match parts.next() {
            Some(Component::Prefix(drive)) if !path.has_root() => {
                let drive = drive.as_os_str();
                let is_current = self
                    .cwd
                    .components()
                    .next()
                    .is_some_and(|first| first.as_os_str().eq_ignore_ascii_case(drive));
                let variable = format!("={}", drive.to_string_lossy());
                let root = || Path::new(drive).join(std::path::MAIN_SEPARATOR_STR);
                let directory = if is_current {
                    self.cwd.clone()
                } else {
                    self.path_var(&variable).map_or_else(root, Path::to_owned)
                };
                directory.join(parts.as_path())
            }
            _ => self.cwd.join(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_is_by_text_alone() {
        let host = Host::new([("HOME", "/home/u")], "/work/project");
        assert_eq!(host.absolute(Path::new(".venv")), Path::new("/work/project/.venv"));
        assert_eq!(host.absolute(Path::new("./a/../b/")), Path::new("/work/project/b"));
        assert_eq!(host.absolute(Path::new("/x/../../y")), Path::new("/y"));
    }

    #[test]
    fn paths_of_cygwin_and_msys2_are_converted() {
        let host = Host::new([("HOME", "")], "/work").on(Platform::Windows);
        for (path, native) in [
            ("/cygdrive/c/a b/.venv", r"C:\a b\.venv"),
            ("/cygdrive/d", r"D:\"),
            ("/c/proj/.venv", r"C:\proj\.venv"),
            ("/home/u/.venv", "/home/u/.venv"),
            ("/cygdrive/", "/cygdrive/"),
            (r"C:\proj", r"C:\proj"),
            ("/", "/"),
            ("", ""),
        ] {
            assert_eq!(&*host.native(Path::new(path)), Path::new(native), "{path}");
        }
        let linux = Host::new([("HOME", "")], "/work").on(Platform::Linux);
        assert_eq!(&*linux.native(Path::new("/c/proj")), Path::new("/c/proj"));
        assert_eq!(linux.absolute(Path::new("/cygdrive/c")), Path::new("/cygdrive/c"));
    }

    #[cfg(windows)]
    #[test]
    fn a_path_on_a_drive_is_seen_from_the_drives_own_directory() {
        let host = Host::new([("=D:", r"D:\other")], r"C:\work");
        for (path, absolute) in [
            ("c:env", r"C:\work\env"),
            ("D:env", r"D:\other\env"),
            ("E:env", r"E:\env"),
            (r"\env", r"C:\env"),
            ("./a/../env", r"C:\work\env"),
            (r"\\server\share\env", r"\\server\share\env"),
            (r"\\?\C:\env", r"C:\env"),
            ("/cygdrive/d/env", r"D:\env"),
            ("/d/env", r"C:\d\env"),
        ] {
            assert_eq!(host.absolute(Path::new(path)), Path::new(absolute), "{path}");
        }
    }

    #[test]
    fn paths_of_any_platform_are_split_on_every_platform() {
        for (platform, path, dir, name) in [
            (Platform::Linux, "/usr/bin/python3", "/usr/bin", "python3"),
            (Platform::Linux, r"/a\b", "/", r"a\b"),
            (Platform::Windows, r"C:\Py 3\python.exe", r"C:\Py 3", "python.exe"),
            (Platform::Windows, r"C:\python.exe", r"C:\", "python.exe"),
            (Platform::Windows, "C:/Py/python.exe", "C:/Py", "python.exe"),
            (Platform::Windows, r"\\server\share\python.exe", r"\\server\share", "python.exe"),
        ] {
            assert_eq!(platform.split(Path::new(path)), (dir.into(), name.into()), "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn empty_variables_count_as_unset() {
        let path = "/a::rel:/proc/self/cwd:/b:.:/dev/fd/../cwd://proc/1/cwd/bin:";
        let host = Host::new([("HOME", ""), ("PATH", path)], "/");
        assert_eq!(host.home(), None);
        assert_eq!(host.search_path().collect::<Vec<_>>(), [Path::new("/a"), Path::new("/b")]);
    }
}
