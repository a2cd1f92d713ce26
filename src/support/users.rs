//! The user for whom this process acts, and the home directories of this machine's users.

use std::path::{Path, PathBuf};

/// The user database, as passwd(5) describes it.
#[cfg(unix)]
const PASSWD: &str = "/etc/passwd";
/// The most that is read of it, in bytes.
#[cfg(unix)]
const PASSWD_LIMIT: u64 = 16 * 1024 * 1024;
/// The directories whose children are homes by convention (FHS 3.0, macOS).
#[cfg(unix)]
const HOMES: [&str; 2] = ["/home", "/Users"];
/// Homes from here on belong to people: `UID_MIN` of login.defs(5) is 1000, macOS begins at 501.
/// Those of services are directories such as `/`, `/bin` and `/var/lib/postgresql`.
#[cfg(unix)]
const FIRST_PERSON: u32 = 500;

/// A user, as one line of the user database has it.
#[cfg(unix)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) home: PathBuf,
}

/// The effective user of this process: who owns what it creates.
#[cfg(unix)]
pub(crate) fn effective_uid() -> u32 {
    // It does not change, and each question is a system call.
    static UID: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    *UID.get_or_init(|| rustix::process::geteuid().as_raw())
}

/// The mode bits that new files of this process lack (umask(2)).
#[cfg(unix)]
#[allow(clippy::useless_conversion, reason = "the type differs from system to system")]
pub(crate) fn umask() -> u32 {
    // It can only be read by setting it, which must not happen while another thread creates a file.
    static UMASK: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    *UMASK.get_or_init(|| {
        use rustix::fs::Mode;
        let mask = rustix::process::umask(Mode::from_raw_mode(0o077));
        rustix::process::umask(mask);
        u32::from(mask.as_raw_mode())
    })
}

/// Elsewhere files have no mode.
#[cfg(not(unix))]
pub(crate) fn umask() -> u32 {
    0
}

/// Every user that the machine's own database lists. A directory service's users are not in it.
#[cfg(unix)]
pub(crate) fn all() -> Vec<User> {
    use std::io::Read;
    // Large enough for most machines: an empty buffer would be read into in ever larger pieces.
    let mut text = Vec::with_capacity(8 << 10);
    let file = std::fs::File::open(PASSWD);
    let read = file.and_then(|file| file.take(PASSWD_LIMIT).read_to_end(&mut text));
    if read.is_ok() { parse(&text) } else { Vec::new() }
}

/// The users of a database; lines that are none are skipped.
#[cfg(unix)]
fn parse(text: &[u8]) -> Vec<User> {
    let user = |line: &[u8]| {
        let mut fields = line.split(|byte| *byte == b':').skip(2);
        let uid = std::str::from_utf8(fields.next()?).ok()?.parse().ok()?;
        let home = super::path::from_bytes(fields.nth(2)?);
        home.is_absolute().then_some(User { uid, home })
    };
    text.split(|byte| *byte == b'\n').filter_map(user).collect()
}

/// The home directories that are protected from deletion: root's and those of regular users in the
/// user database.
#[cfg(unix)]
pub(crate) fn homes() -> Vec<PathBuf> {
    let is_protected = |user: &User| user.uid == 0 || user.uid >= FIRST_PERSON;
    // `nobody` and the like have `/` or a directory that does not exist.
    let homes = all().into_iter().filter(is_protected).map(|user| user.home);
    homes.filter(|home| home.parent().is_some()).collect()
}

/// Whether a directory is the home of somebody else by where it is and whose it is: a child of
/// `/home`, of `/Users` or of the directory that holds the user's own home, that another uid owns. This
/// covers users of directory services, whom the database does not list.
#[cfg(unix)]
pub(crate) fn is_foreign_home(path: &Path, own_home: Option<&Path>) -> bool {
    use std::os::unix::fs::MetadataExt;
    let Some(parent) = path.parent() else { return false };
    let is_among_homes = HOMES.iter().any(|homes| parent == Path::new(homes))
        || own_home
            .and_then(Path::parent)
            .is_some_and(|homes| homes.parent().is_some() && super::path::same(homes, parent));
    let uid = |path: &Path| path.symlink_metadata().ok().map(|meta| meta.uid());
    is_among_homes && uid(path).is_some_and(|uid| uid != effective_uid())
}

/// Root's home where `dir` belongs to another user, as with `sudo` that keeps HOME.
#[cfg(unix)]
pub(crate) fn roots_own_home(dir: &Path) -> Option<PathBuf> {
    if effective_uid() != 0 || owner(dir)? == 0 {
        return None;
    }
    let root = all().into_iter().find(|user| user.uid == 0);
    Some(root.map_or_else(|| "/root".into(), |user| user.home))
}

/// The owner of a directory, or of the nearest one above it that exists.
#[cfg(unix)]
pub(crate) fn owner(dir: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    dir.ancestors().find_map(|dir| dir.metadata().ok()).map(|meta| meta.uid())
}

/// Whether `uid` represents all users that this user namespace does not map (`user_namespaces(7)`).
#[cfg(unix)]
pub(crate) fn is_unmapped(uid: u32) -> bool {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let overflow = read("/proc/sys/kernel/overflowuid").and_then(|text| text.trim().parse().ok());
    // The first namespace maps every number: `0 0 4294967295`.
    let maps_all = |map: String| map.split_whitespace().nth(2) == Some("4294967295");
    overflow == Some(uid) && read("/proc/self/uid_map").is_some_and(|map| !maps_all(map))
}

/// Elsewhere access lists keep users apart.
#[cfg(not(unix))]
pub(crate) fn homes() -> Vec<PathBuf> {
    Vec::new()
}

/// Elsewhere access lists keep users apart.
#[cfg(not(unix))]
pub(crate) fn is_foreign_home(_path: &Path, _own_home: Option<&Path>) -> bool {
    false
}

/// Other systems have no root user.
#[cfg(not(unix))]
pub(crate) fn roots_own_home(_dir: &Path) -> Option<PathBuf> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn users_are_read_from_the_database() {
        let text = b"root:x:0:0:root:/root:/bin/bash\n# comment\nbroken\n\
            daemon:*:1:1::/usr/sbin:\nada:x:1000:1000:Ada,,,:/home/a\xff:/bin/sh\n\
            rel:x:1001:1001::home:/bin/sh\nbad:x:-1:0::/x:\nlast:x:1002:1002::/srv/last";
        let found = parse(text);
        let uids: Vec<u32> = found.iter().map(|user| user.uid).collect();
        assert_eq!(uids, [0, 1, 1000, 1002]);
        assert_eq!(found[2].home, super::super::path::from_bytes(b"/home/a\xff"));
        assert_eq!(found[3].home, Path::new("/srv/last"));
    }

    #[test]
    fn the_owner_of_what_is_missing_is_that_of_what_is_above() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(owner(&dir.path().join("a/b/c")), Some(effective_uid()));
    }

    #[test]
    fn only_another_users_directory_among_homes_is_a_foreign_home() {
        let dir = tempfile::tempdir().unwrap();
        let [own, other] = ["own", "other"].map(|name| dir.path().join(name));
        for home in [&own, &other] {
            std::fs::create_dir(home).unwrap();
        }
        assert!(!is_foreign_home(&other, Some(&own)), "it is ours");
        if effective_uid() == 0 {
            std::os::unix::fs::chown(&other, Some(54_321), None).unwrap();
            assert!(is_foreign_home(&other, Some(&own)));
            assert!(!is_foreign_home(&other, None));
            assert!(!is_foreign_home(&other.join("below"), Some(&own)));
        }
    }
}
