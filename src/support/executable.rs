//! Programs: which files can be executed, and which one a name means.

use std::path::{Path, PathBuf};

use super::host::Platform;

/// The endings of programs on Windows, in the order in which `cmd.exe` tries them (PATHEXT).
const ENDINGS: [&str; 4] = ["com", "exe", "bat", "cmd"];

/// Whether a shell would run `path`, following links: a regular file with an execute bit. On
/// Windows any file.
#[cfg(unix)]
pub fn is_executable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && has_execute_bit(&meta))
}

/// Whether a shell would run `path`, following links: a regular file with an execute bit. On
/// Windows any file.
#[cfg(not(unix))]
pub fn is_executable(path: &Path) -> bool {
    path.is_file()
}

/// Whether the owner, the group or others may execute this file.
#[cfg(unix)]
pub(crate) fn has_execute_bit(meta: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o111 != 0
}

/// Windows has no such mode.
#[cfg(not(unix))]
pub(crate) fn has_execute_bit(_meta: &std::fs::Metadata) -> bool {
    false
}

/// Whether `path` is a command that can be started by its name: on Windows its extension decides.
pub(crate) fn is_command(path: &Path, platform: Platform) -> bool {
    match platform {
        Platform::Windows => path.extension().is_some_and(|end| {
            ENDINGS.iter().any(|known| end.eq_ignore_ascii_case(known)) && path.is_file()
        }),
        Platform::Linux | Platform::MacOs => is_executable(path),
    }
}

/// The program that `name` means in the first of these directories that has one. On Windows a name
/// without an ending gets each of PATHEXT's.
pub(crate) fn find_in(
    dirs: impl IntoIterator<Item = PathBuf>,
    name: &Path,
    platform: Platform,
) -> Option<PathBuf> {
    dirs.into_iter().find_map(|dir| {
        let path = dir.join(name);
        if is_command(&path, platform) {
            return Some(path);
        }
        let endings = if platform == Platform::Windows { &ENDINGS[..] } else { &[] };
        endings.iter().find_map(|ending| {
            let mut file = path.clone().into_os_string();
            file.push(".");
            file.push(ending);
            Some(PathBuf::from(file)).filter(|file| is_executable(file))
        })
    })
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn file(path: &Path, mode: u32) {
        std::fs::write(path, "").expect("the directory is ours");
        let mode = PermissionsExt::from_mode(mode);
        std::fs::set_permissions(path, mode).expect("the file is ours");
    }

    #[test]
    fn a_program_is_a_regular_file_that_somebody_may_execute() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for (name, mode, expected) in
            [("plain", 0o644, false), ("owner", 0o744, true), ("others", 0o645, true)]
        {
            file(&at(name), mode);
            assert_eq!(is_executable(&at(name)), expected, "{name}");
        }
        symlink("owner", at("link")).unwrap();
        symlink("nothing", at("dangling")).unwrap();
        assert!(is_executable(&at("link")));
        assert!(!is_executable(&at("dangling")));
        assert!(!is_executable(dir.path()));
    }

    #[test]
    fn the_first_directory_with_a_program_decides() {
        let dir = tempfile::tempdir().unwrap();
        let dirs = ["a", "b", "c"].map(|name| dir.path().join(name));
        for dir in &dirs {
            std::fs::create_dir(dir).unwrap();
        }
        file(&dirs[0].join("tool"), 0o644);
        file(&dirs[1].join("tool"), 0o755);
        file(&dirs[2].join("tool.exe"), 0o755);
        let find = |platform| find_in(dirs.clone(), Path::new("tool"), platform);
        assert_eq!(find(Platform::Linux), Some(dirs[1].join("tool")));
        assert_eq!(find(Platform::Windows), Some(dirs[2].join("tool.exe")));
        assert_eq!(find_in(dirs.clone(), Path::new("none"), Platform::Linux), None);
    }
}
